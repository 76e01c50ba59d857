package trace

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// sample is a Series with all optional parts, or with none.
func sample(places, steps int, full bool) *Series {
	rng := rand.New(rand.NewPCG(3, uint64(places)))
	s := &Series{StepS: 900, Steps: steps, StartS: 86400 + 900, StartWeekday: 1, Unit: UnitBit}
	for p := range places {
		s.ID = append(s.ID, fmt.Sprintf("r%02dc%02d", p/10, p%10))
		if full {
			s.X, s.Y = append(s.X, rng.Float64()*1e4), append(s.Y, -rng.Float64()*1e4)
			s.Area = append(s.Area, uint8(rng.IntN(4)))
		}
		for range steps {
			s.Values = append(s.Values, float32(rng.ExpFloat64()))
		}
	}
	if full {
		s.HasPosition, s.SideM, s.Start, s.TimeZone = true, 250, "2023-01-03T00:15:00", "Europe/Madrid"
	}
	return s
}

func sampleSites(full bool) *Sites {
	s := &Sites{ID: []string{"a", "b", "ç"}, X: []float64{0, 1.5, -2}, Y: []float64{3, 4, 5}, Operator: []string{"", "x", "x"}, Technology: []string{"5G", "", "4G+5G"}}
	if full {
		s.Lat, s.Lon, s.Area = []float64{1, 2, 3}, []float64{-4, 5, 180}, []uint8{0, 3, 1}
		s.OriginLat, s.OriginLon = 2, 0.1
	}
	return s
}

func sampleMeta() Meta {
	rep := &Report{Source: "x.csv", SHA256: "00ff", Layout: LayoutLong, Rows: Tally{Read: 3, Used: 2, Dropped: []Cause{{BadTime, 1}}}}
	rep.defect(BadTime, ofRows, Drop, 1, Example{Line: 2, Column: "t", Value: "soon"})
	return MetaOf(rep, "hibernet import traffic x.csv")
}

func written(t testing.TB, s *Series, m Meta) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteParquet(&b, s, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writtenSites(t testing.TB, s *Sites, m Meta) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteSites(&b, s, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSeriesRoundTrip: what is read is what was written, and writing it again
// gives the same bytes.
func TestSeriesRoundTrip(t *testing.T) {
	for _, full := range []bool{false, true} {
		for _, n := range [][2]int{{1, 1}, {3, 7}, {40, 300}} {
			s, m := sample(n[0], n[1], full), sampleMeta()
			first := written(t, s, m)
			got, meta, err := ReadSeries("s.parquet", bytes.NewReader(first), int64(len(first)))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, s) || !reflect.DeepEqual(*meta, m) {
				t.Errorf("full %v, %v: another series or meta came back:\n%+v\n%+v", full, n, *meta, m)
			}
			if again := written(t, got, *meta); !bytes.Equal(again, first) {
				t.Errorf("full %v, %v: rewriting changed the bytes", full, n)
			}
		}
	}
}

func TestSitesRoundTrip(t *testing.T) {
	for _, full := range []bool{false, true} {
		s, m := sampleSites(full), Meta{Command: "c"}
		first := writtenSites(t, s, m)
		got, meta, err := ReadSites("s.parquet", bytes.NewReader(first), int64(len(first)))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, s) || !reflect.DeepEqual(*meta, m) {
			t.Errorf("full %v: other sites came back", full)
		}
		if !bytes.Equal(writtenSites(t, got, *meta), first) {
			t.Errorf("full %v: rewriting changed the bytes", full)
		}
	}
}

// TestManyRowGroups crosses the bound of a row group.
func TestManyRowGroups(t *testing.T) {
	s := sample(3, maxRowGroup/2, false)
	b := written(t, s, Meta{})
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(f.RowGroups()) != 2 {
		t.Fatalf("got %d row groups, %v", len(f.RowGroups()), err)
	}
	got, _, err := ReadSeries("s", bytes.NewReader(b), int64(len(b)))
	if err != nil || !equalFloats(got.Values, s.Values) {
		t.Errorf("other values came back: %v", err)
	}
}

// TestOpenToOthers reads the file as one who knows only Parquet would.
func TestOpenToOthers(t *testing.T) {
	s := sample(2, 3, true)
	b := written(t, s, sampleMeta())
	type row struct {
		Place string  `parquet:"place_id"`
		X     float64 `parquet:"x_m,optional"`
		Area  string  `parquet:"area,optional"`
		Step  int32   `parquet:"step"`
		Value float32 `parquet:"value"`
	}
	rows, err := parquet.Read[row](bytes.NewReader(b), int64(len(b)))
	if err != nil || len(rows) != 6 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, r := range rows {
		if want := (row{s.ID[i/3], s.X[i/3], AreaNames[s.Area[i/3]], int32(i % 3), s.Values[i]}); r != want {
			t.Errorf("row %d: got %+v, want %+v", i, r, want)
		}
	}
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if by := f.Metadata().CreatedBy; !strings.HasPrefix(by, "hibernet version 1") {
		t.Errorf("created by %v", by)
	}
	for key, want := range map[string]string{"version": "1", "kind": "traffic", "unit": "bit", "step_s": "900", "start": s.Start, "start_weekday": "1", "time_zone": "Europe/Madrid", "side_m": "250", "source_sha256": "00ff", "command": "hibernet import traffic x.csv"} {
		if got, _ := f.Lookup("hibernet." + key); got != want {
			t.Errorf("hibernet.%s: got %q, want %q", key, got, want)
		}
	}
}

// badFile is a file of the traffic schema with chosen metadata and rows.
func badFile(t *testing.T, rows []trafficRow, meta map[string]string) []byte {
	t.Helper()
	full := map[string]string{"version": "1", "kind": "traffic", "unit": "bit", "step_s": "3600", "steps": "2", "places": "1", "start": "", "start_weekday": "0", "start_s": "0", "time_zone": "", "side_m": "0"}
	for k, v := range meta {
		full[k] = v
	}
	var opts []parquet.WriterOption
	for k, v := range full {
		if v != "absent" {
			opts = append(opts, parquet.KeyValueMetadata("hibernet."+k, v))
		}
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[trafficRow](&b, opts...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBadFiles(t *testing.T) {
	good := written(t, sample(4, 50, true), sampleMeta())
	two := []trafficRow{{Place: "a", Step: 0, Value: 1}, {Place: "a", Step: 1, Value: 1}}
	x, area := 1.0, "moon"
	set := func(k, v string) []byte { return badFile(t, two, map[string]string{k: v}) }
	row := func(r trafficRow) []byte { return badFile(t, []trafficRow{two[0], r}, nil) }
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"nothing", nil, "0 bytes are too few"},
		{"text", []byte("id,time,value\na,b,c\n"), "no Parquet footer"},
		{"truncated", good[:len(good)-20], "no Parquet footer"},
		{"only the end", good[len(good)/2:], "magic"},
		{"long footer", append(append([]byte(nil), good[:len(good)-8]...), 0xff, 0xff, 0xff, 0x7f, 'P', 'A', 'R', '1'), "damaged Parquet footer"},
		{"sites", writtenSites(t, sampleSites(true), Meta{}), `kind "sites", allowed "traffic" here`},
		{"foreign", badFile(t, two, map[string]string{"version": "absent"}), "no hibernet.version in its metadata; import it first"},
		{"newer", set("version", "2"), `version "2", allowed 1`},
		{"no unit", set("unit", "absent"), "metadata hibernet.unit: missing"},
		{"bad unit", set("unit", "horses"), `unit "horses"`},
		{"bad step", set("step_s", "soon"), `metadata hibernet.step_s: "soon" is not a whole number`},
		{"no step", set("step_s", "0"), "step_s 0: allowed 1 to 604800"},
		{"places", set("places", "7"), "2 rows for 7 places of 2 steps"},
		{"weekday", set("start_weekday", "3"), "start_weekday 3 does not agree"},
		{"start", set("start", "2023-01-03T00:00:00"), "start_s says 0"},
		{"side", set("side_m", "NaN"), "side_m NaN"},
		{"report", set("report", "{"), "metadata hibernet.report"},
		{"order", row(trafficRow{Place: "a", Step: 0}), "row 2: column step: 0 where 1 belongs"},
		{"place", row(trafficRow{Place: "b", Step: 1}), "row 2: column place_id"},
		{"position", row(trafficRow{Place: "a", Step: 1, X: &x, Y: &x}), "row 2: column place_id: place, position or area changes"},
		{"not a number", row(trafficRow{Place: "a", Step: 1, Value: float32(math.NaN())}), "value NaN"},
		{"negative", row(trafficRow{Place: "a", Step: 1, Value: -1}), "value -1"},
		{"no id", badFile(t, []trafficRow{{Step: 0}, {Step: 1}}, nil), "empty id"},
		{"area", badFile(t, []trafficRow{{Place: "a", Step: 0, Area: &area}, {Place: "a", Step: 1, Area: &area}}, nil), `column area: "moon"`},
		{"half a position", badFile(t, []trafficRow{{Place: "a", Step: 0, X: &x}, {Place: "a", Step: 1, X: &x}}, nil), "only some of the places have it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := ReadSeries("s.parquet", bytes.NewReader(tt.file), int64(len(tt.file)))
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "s.parquet: ") {
				t.Errorf("got  %v\nwant s.parquet: … %s", err, tt.want)
			}
		})
	}
}

// TestEveryByteDamaged changes and cuts the file at many places: reading it
// gives an error or a valid Series, never a panic.
func TestEveryByteDamaged(t *testing.T) {
	good := written(t, sample(3, 20, true), sampleMeta())
	sites := writtenSites(t, sampleSites(true), sampleMeta())
	try := func(b []byte) {
		if s, _, err := ReadSeries("s", bytes.NewReader(b), int64(len(b))); err == nil && s.Validate() != nil {
			t.Errorf("an invalid series was read: %v", s.Validate())
		}
		if s, _, err := ReadSites("s", bytes.NewReader(b), int64(len(b))); err == nil && s.Validate() != nil {
			t.Errorf("invalid sites were read: %v", s.Validate())
		}
	}
	for _, file := range [][]byte{good, sites} {
		for i := range file {
			b := bytes.Clone(file)
			b[i] ^= 0x41
			try(b)
			if i%16 == 0 {
				try(file[:i])
			}
		}
	}
}

func TestInvalidIsNotWritten(t *testing.T) {
	s := sample(2, 2, true)
	s.Values[3] = float32(math.Inf(1))
	if err := WriteParquet(&bytes.Buffer{}, s, Meta{}); err == nil || !strings.Contains(err.Error(), `place "r00c01", step 1: value +Inf`) {
		t.Errorf("got %v", err)
	}
	q := sampleSites(true)
	q.ID[1] = "a"
	if err := WriteSites(&bytes.Buffer{}, q, Meta{}); err == nil || !strings.Contains(err.Error(), `id "a" comes twice`) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkReadSeries(b *testing.B) {
	file := written(b, sample(672, 168, true), Meta{})
	b.SetBytes(672 * 168 * 4)
	for b.Loop() {
		if _, _, err := ReadSeries("s", bytes.NewReader(file), int64(len(file))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteParquet(b *testing.B) {
	s := sample(672, 168, true)
	b.SetBytes(672 * 168 * 4)
	for b.Loop() {
		written(b, s, Meta{})
	}
}
