package fit

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// The three tables of two stations; the second has two cells.
const (
	smallCells = "BS,CellName,RUType,Bandwidth,Antennas\nB_1,c0,T1,20,2\nB_2,c0,T2,10,4\nB_2,c1,T1,20,2\n"
	smallLoads = "Time,BS,CellName,load,ESMode1\n" +
		"1/1/2023 1:00,B_1,c0,0.5,0\n1/1/2023 2:00,B_1,c0,0.25,1\n1/1/2023 1:00,B_2,c0,0.1,0\n1/1/2023 1:00,B_2,c1,0.2,0\n" +
		"1/13/2023 2:00,B_2,c0,0.3,0\n1/13/2023 2:00,B_2,c1,0.4,0.5\n"
	smallEnergy = "Time,BS,Energy\n1/1/2023 1:00,B_1,20\n1/1/2023 2:00,B_1,10\n1/1/2023 1:00,B_2,40\n1/13/2023 2:00,B_2,41\n"
)

func TestReadThreeTables(t *testing.T) {
	d := read(t, Mapping{}, smallLoads, smallEnergy, smallCells)
	if d.StepS != 3600 || d.TimeFormat != "1/2/2006 15:04" || len(d.Warnings) != 0 {
		t.Errorf("step %d, times %q, warnings %q", d.StepS, d.TimeFormat, d.Warnings)
	}
	if !reflect.DeepEqual(d.Columns, []string{"RUType", "Bandwidth", "Antennas"}) || !reflect.DeepEqual(d.Modes, []string{"ESMode1"}) {
		t.Errorf("columns %v, modes %v", d.Columns, d.Modes)
	}
	one, two := d.Stations[0], d.Stations[1]
	if one.Type != "T1/20/2" || !reflect.DeepEqual(one.Load, []float64{0.5, 0.25}) || !reflect.DeepEqual(one.Energy, []float64{20, 10}) || !reflect.DeepEqual(one.Act, []float64{0, 1}) {
		t.Errorf("station %+v", one)
	}
	// Cells are ordered by type, not as they stand in the tables.
	if two.Type != "T1/20/2 + T2/10/4" || two.Cells[0].Name != "c1" || !reflect.DeepEqual(two.Load, []float64{0.2, 0.1, 0.4, 0.3}) {
		t.Errorf("station %+v", two)
	}
	if two.At[1]-two.At[0] != 12*24+1 || two.Cells[1].Chains != 4 {
		t.Errorf("steps %v, cells %+v", two.At, two.Cells)
	}
}

// TestReadLayouts reads the same readings from every container and spelling.
func TestReadLayouts(t *testing.T) {
	p := newPlant(2, 30)
	text := p.table()
	want := read(t, Mapping{}, text)
	if len(want.Stations) != 2 || len(want.Stations[0].Energy) != 30 || want.Stations[0].Type != "unit/4" {
		t.Fatalf("read %+v", want)
	}
	percent := strings.Split(text, "\n")
	for i, line := range percent[1 : len(percent)-1] {
		f := strings.Split(line, ",")
		var v float64
		if _, err := fmt.Sscan(f[4], &v); err != nil {
			t.Fatal(err)
		}
		f[4] = fmt.Sprintf("%.4f", 100*v)
		percent[i+1] = strings.Join(f, ",")
	}
	for name, got := range map[string]*Data{
		"gzip":      read(t, Mapping{}, zipped(t, text)),
		"mark":      read(t, Mapping{}, "\xef\xbb\xbf"+text),
		"semicolon": read(t, Mapping{DecimalComma: true}, strings.NewReplacer(",", ";", ".", ",").Replace(text)),
		"tab":       read(t, Mapping{Delimiter: '\t'}, strings.ReplaceAll(text, ",", "\t")),
		"crlf":      read(t, Mapping{}, strings.ReplaceAll(text, "\n", "\r\n")),
		"named":     read(t, Mapping{Energy: "E", Load: "L", TimeFormat: "2006-01-02 15:04"}, strings.Replace(text, "load,ESMode1,energy", "L,ESMode1,E", 1)),
		"percent":   read(t, Mapping{LoadScale: Percent}, strings.Join(percent, "\n")),
	} {
		for i := range want.Stations {
			a, b := got.Stations[i], want.Stations[i]
			if !reflect.DeepEqual(a.At, b.At) || !reflect.DeepEqual(a.Energy, b.Energy) || len(a.Load) != len(b.Load) {
				t.Errorf("%s: station %+v, want %+v", name, a, b)
				continue
			}
			for j := range a.Load {
				near(t, name+": load", a.Load[j], b.Load[j], 1e-12)
			}
		}
	}
}

// TestEveryDefectIsCounted gives one row of each defect.
func TestEveryDefectIsCounted(t *testing.T) {
	loads := smallLoads + strings.Join([]string{
		"1/1/2023 3:00,B_1,c0,0.5",            // ragged
		"1/1/2023 3:00,,c0,0.5,0",             // no station
		"late,B_1,c0,0.5,0",                   // no time
		"1/1/2023 3:30,B_1,c0,0.5,0",          // between steps
		"1/1/2023 3:00,B_1,c0,,0",             // no number
		"1/1/2023 3:00,B_1,c0,much,0",         // not a number
		"1/1/2023 3:00,B_1,c0,NaN,0",          // not finite
		"1/1/2023 3:00,B_1,c0,1.5,0",          // out of range
		"1/1/2023 3:00,B_1,c0,0.5,-1",         // likewise
		"1/1/2023 1:00,B_1,c0,0.9,0",          // again
		"1/1/2023 3:00,B_9,c0,0.5,0",          // not listed
		"1/1/2023 3:00,B_2,c0,0.5,0",          // the other cell is missing
		"1/1/2023 3:00,B_1,c0,1e999,0" + "\n", // too large
	}, "\n")
	energy := smallEnergy + "1/1/2023 3:00,B_1,0\n1/1/2023 1:00,B_1,21\n1/1/2023 3:00,B_1,+Inf\n"
	cells := smallCells + "B_1,c0,T1,20,2\nB_3,c0,T1,20,many\n"
	d := read(t, Mapping{}, loads, energy, cells)
	want := []map[string]int{
		{Duplicate: 1, NonNumeric: 1},
		{Ragged: 1, EmptyID: 1, BadTime: 1, OffGrid: 1, Missing: 1, NonNumeric: 1, NonFinite: 2, OutOfRange: 2, Duplicate: 1, UnknownCell: 1, Incomplete: 1},
		{OutOfRange: 1, Duplicate: 1, NonFinite: 1},
	}
	for i, tally := range d.Tallies {
		got := map[string]int{}
		for _, drop := range tally.Dropped {
			got[drop.Cause] = drop.Rows
		}
		if !reflect.DeepEqual(got, want[i]) || !tally.Balanced() {
			t.Errorf("%s\nwant %v", &tally, want[i])
		}
	}
	for _, part := range []string{`loads: line 12, column "load": got "", allowed a number from 0 to 1`, `got "4 fields", allowed 5 fields`} {
		if !strings.Contains(d.Tallies[1].String(), part) {
			t.Errorf("%q is missing in\n%s", part, &d.Tallies[1])
		}
	}
	clean := read(t, Mapping{}, smallLoads, smallEnergy, smallCells)
	if !reflect.DeepEqual(d.Stations[0], clean.Stations[0]) || !reflect.DeepEqual(d.Stations[1], clean.Stations[1]) {
		t.Error("a bad row changed the readings")
	}
	var row *RowError
	_, err := Read(context.Background(), input(loads, energy, smallCells), Mapping{}, ReadOptions{Strict: true})
	if !errors.As(err, &row) || row.File != "loads" || row.Line != 8 || row.Cause != Ragged {
		t.Errorf("strict reading: %v", err)
	}
}

// TestOneTableConflicts holds one table to one energy a station and hour, and
// one type a cell.
func TestOneTableConflicts(t *testing.T) {
	d := read(t, Mapping{Modes: []string{"none"}}, "site;cell;time;type;load;energy\n"+
		"a;1;2024-01-01 00:00;x;0.1;5\na;2;2024-01-01 00:00;y;0.2;5\n"+
		"a;1;2024-01-01 01:00;x;0.1;6\na;2;2024-01-01 01:00;y;0.2;7\n"+
		"a;1;2024-01-01 02:00;z;0.1;6\n")
	causes := map[string]int{}
	for _, drop := range d.Tallies[0].Dropped {
		causes[drop.Cause] = drop.Rows
	}
	if !reflect.DeepEqual(causes, map[string]int{Conflict: 2, Incomplete: 1}) || !d.Tallies[0].Balanced() {
		t.Errorf("%s", &d.Tallies[0])
	}
	if st := d.Stations[0]; st.Type != "x + y" || len(st.At) != 1 {
		t.Errorf("station %+v", st)
	}
}

// TestAmbiguousTimes warns where month and day could be exchanged.
func TestAmbiguousTimes(t *testing.T) {
	const head = "station,time,load,energy\n"
	for text, want := range map[string]string{
		"a,1/2/2024 00:00,0.1,1\n":                          "1/2/2006 15:04 warned",
		"a,1/2/2024 00:00,0.1,1\na,1/13/2024 00:00,0.1,1\n": "1/2/2006 15:04",
		"a,1/2/2024 00:00,0.1,1\na,13/2/2024 00:00,0.1,1\n": "2/1/2006 15:04",
		"a,2024-01-02T03:04:05+08:00,0.1,1\n":               "2006-01-02T15:04:05Z07:00",
		"a,1/2/2024 00:00,0.1,1\na,1/3/2024 00:00,0.1,1\n":  "1/2/2006 15:04",
		"a,1/2/2024 00:00,0.1,1\na,2/2/2024 00:00,0.1,1\n":  "2/1/2006 15:04",
		"a,1704067200,0.1,1\n":                              "unix",
		"a,2.1.2024 03:00,0.1,1\n":                          "2.1.2006 15:04",
	} {
		d := read(t, Mapping{}, head+text)
		got := d.TimeFormat
		if len(d.Warnings) > 0 {
			got += " warned"
		}
		if got != want {
			t.Errorf("%q: times %s, want %s", text, got, want)
		}
	}
}

func TestBadTables(t *testing.T) {
	const head, row = "station,time,load,energy\n", "a,2024-01-01 00:00,0.1,1\n"
	for _, tt := range []struct {
		name, text string
		m          Mapping
		want       string
	}{
		{"empty", "", Mapping{}, "loads: the file is empty, allowed a header line and rows"},
		{"twice", "station,time,load,load\n", Mapping{}, `line 1: two columns are named "load"`},
		{"no load", "station,time,energy\n", Mapping{}, "load: loads: no column has a usual name"},
		{"named wrongly", head + row, Mapping{Energy: "kW"}, `energy: loads: there is no column "kW", allowed station, time, load, energy`},
		{"no such mode", head + row, Mapping{Modes: []string{"m"}}, `modes: loads: there is no column "m"`},
		{"unit", head + row, Mapping{EnergyUnit: "cal"}, `energy-unit: "cal" is not known, allowed kWh`},
		{"scale", head + row, Mapping{LoadScale: "permille"}, `load-scale: "permille" is not known, allowed share, percent`},
		{"step", head + row, Mapping{StepS: -1}, "step-s: must be from 0 to 86400, got -1"},
		{"delimiter", head + row, Mapping{Delimiter: '"'}, `delimiter: '"' cannot separate fields`},
		{"times", head + "a,noon,0.1,1\n", Mapping{}, `time-format: no time can be read, the first is "noon"`},
		{"gzip", "\x1f\x8bnot", Mapping{}, "loads: line 1: "},
		{"open quote", head + `a,"2024` + strings.Repeat("x", maxRecord+8192), Mapping{}, "a row of more than"},
		{"bare quote", head + "a,20\"24,0.1,1\n", Mapping{}, "loads: line 2: "},
	} {
		_, err := Read(context.Background(), input(tt.text), tt.m, ReadOptions{})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Read(ctx, input(head+row), Mapping{}, ReadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("reading after the context's end: %v", err)
	}
}

// FuzzRead feeds all three tables. Whatever they hold, every row is accounted
// for and every number is in its range.
func FuzzRead(f *testing.F) {
	f.Add(smallLoads, smallEnergy, smallCells)
	f.Add("station,time,load,energy\na,1,0.5,3\na,2,0.6,4\n", "", "")
	f.Add("station;time;load\n\"a;1;0,5\n", "station,time,energy\n", "BS\n")
	f.Fuzz(func(t *testing.T, loads, energy, cells string) {
		rest := []string{energy}
		if cells != "" {
			rest = append(rest, cells)
		}
		d, err := Read(context.Background(), input(loads, rest...), Mapping{}, ReadOptions{})
		if err != nil {
			return
		}
		for i := range d.Tallies {
			if !d.Tallies[i].Balanced() {
				t.Errorf("%s", &d.Tallies[i])
			}
		}
		for _, st := range d.Stations {
			if len(st.Load) != len(st.At)*len(st.Cells) || len(st.Act) != len(st.Load)*len(d.Modes) || len(st.Energy) != len(st.EnergyAt) {
				t.Fatalf("station %+v", st)
			}
			for _, v := range st.Load {
				if !(v >= 0 && v <= 1) {
					t.Errorf("load %v", v)
				}
			}
		}
		o := DefaultOptions()
		o.Resamples, o.MinRows = 5, 4
		if r, err := Fit(context.Background(), d, o); err == nil {
			for i := range r.Tallies {
				if !r.Tallies[i].Balanced() {
					t.Errorf("%s", &r.Tallies[i])
				}
			}
		}
	})
}
