package record_test

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"testing"

	"hibernet/results/record"
)

func sampleFrame(rows int) *record.Frame {
	f := &record.Frame{Name: "sweep", Columns: []record.Series{
		{Column: record.Column{Name: "run", Type: "string", Doc: "which run"}},
		{Column: record.Column{Name: "seed", Type: "uint64", Doc: "seed"}},
		{Column: record.Column{Name: "day", Type: "int64", Unit: "d", Doc: "day"}},
		{Column: record.Column{Name: "energy_kwh", Type: "float64", Unit: "kWh", Doc: "energy"}},
	}}
	for i := range rows {
		f.Columns[0].Text = append(f.Columns[0].Text, string(rune('a'+i%26)))
		f.Columns[1].Uint = append(f.Columns[1].Uint, math.MaxUint64-uint64(i))
		f.Columns[2].Int = append(f.Columns[2].Int, int64(-i))
		f.Columns[3].Float = append(f.Columns[3].Float, float64(i)/3)
	}
	return f
}

func TestFrameComesBack(t *testing.T) {
	for _, rows := range []int{0, 1, 3000} {
		f := sampleFrame(rows)
		data, err := f.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := sampleFrame(rows).Encode()
		if err != nil || !bytes.Equal(data, again) {
			t.Errorf("%d rows: equal frames give other bytes (%v)", rows, err)
		}
		back, err := record.DecodeFrame(data)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, f) {
			t.Errorf("%d rows: got %+v", rows, back.Columns)
		}
	}
	if f := sampleFrame(2); f.Find("day") == nil || f.Find("none") != nil || f.Rows() != 2 {
		t.Error("Find or Rows")
	}
}

func TestFrameRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*record.Frame){
		"lengths":   func(f *record.Frame) { f.Columns[3].Float = f.Columns[3].Float[:1] },
		"name":      func(f *record.Frame) { f.Columns[0].Name = `a"b` },
		"same name": func(f *record.Frame) { f.Columns[0].Name = "seed" },
		"type":      func(f *record.Frame) { f.Columns[0].Type = "complex128" },
		"none":      func(f *record.Frame) { f.Columns = nil },
	} {
		f := sampleFrame(2)
		spoil(f)
		if _, err := f.Encode(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Every byte that is changed or cut off is an error or leaves a table; never a
// panic.
func FuzzDecodeFrame(f *testing.F) {
	data, err := sampleFrame(5).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	for i := 0; i < len(data); i += 7 {
		other := slices.Clone(data)
		other[i] ^= 0xff
		f.Add(other)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if frame, err := record.DecodeFrame(data); err == nil {
			for i := range frame.Columns {
				if frame.Columns[i].Len() != frame.Rows() {
					t.Fatalf("column %s has %d values of %d", frame.Columns[i].Name, frame.Columns[i].Len(), frame.Rows())
				}
			}
		}
	})
}
