package record

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

var update = flag.Bool("update", false, "rewrite README.md and golden files")

var epoch = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// testInfo is a run with everything set.
func testInfo() Info {
	return Info{
		Kind: KindRun, ScenarioName: "tiny", Scenario: []byte("name: tiny\n"), Seed: math.MaxUint64, Workers: 2,
		Command: []string{"hibernet", "run", "tiny"}, Build: ReadBuild("abc"), Started: epoch,
		Notes: map[string]string{"environment": "sleep/1"},
	}
}

func create(t *testing.T, dir string) *Run {
	t.Helper()
	r, err := Create(dir, testInfo(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// put writes rows as a table of r.
func put[T Row](t *testing.T, r *Run, rows []T) {
	t.Helper()
	w, err := NewWriter[T](r)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(rows...), w.Close()); err != nil {
		t.Fatal(err)
	}
}

// fill sets every field of row i of a struct to a value of its own, so that a
// column that is lost or swapped shows.
func fill(v reflect.Value, i int) {
	for n := range v.NumField() {
		f := v.Field(n)
		switch f.Kind() {
		case reflect.Struct:
			fill(f, i+100*n)
		case reflect.String:
			f.SetString(fmt.Sprintf("name%d", n))
		case reflect.Float32, reflect.Float64:
			f.SetFloat(float64(i*1000+n) / 8)
		case reflect.Int32:
			f.SetInt(int64(i))
		case reflect.Uint64:
			f.SetUint(math.MaxUint64 - uint64(n))
		case reflect.Bool:
			f.SetBool(i%2 == 0)
		}
	}
}

func sample[T Row](n int) []T {
	rows := make([]T, n)
	for i := range rows {
		fill(reflect.ValueOf(&rows[i]).Elem(), i)
		if e, ok := any(&rows[i]).(interface{ oneEpisode() }); ok {
			e.oneEpisode()
		}
	}
	return rows
}

func (c *Cell) oneEpisode()     { c.Episode = 0 }
func (s *Step) oneEpisode()     { s.Episode = 0 }
func (e *Event) oneEpisode()    { e.Episode = 0 }
func (c *CellStep) oneEpisode() { c.Episode = 0 }

// writeSample writes n rows of every table.
func writeSample(t *testing.T, dir string, n int) *Manifest {
	t.Helper()
	r := create(t, dir)
	put(t, r, sample[Cell](n))
	put(t, r, sample[Step](n))
	put(t, r, sample[Event](n))
	put(t, r, sample[Episode](n))
	put(t, r, sample[Summary](n))
	put(t, r, sample[CellStep](n))
	put(t, r, sample[Validation](n))
	if err := r.WriteFile("policy/actor.json", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	m, err := r.Finish(epoch.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func roundTrip[T Row](t *testing.T, f *Folder, n int) {
	t.Helper()
	got, err := Read[T](f)
	if err != nil {
		t.Fatal(err)
	}
	if want := sample[T](n); !reflect.DeepEqual(got, want) {
		t.Errorf("%T: %d rows read differ from %d written", want, len(got), len(want))
	}
}

func TestEveryTableComesBack(t *testing.T) {
	dir := t.TempDir()
	const n = 3000 // beyond two batches
	want := writeSample(t, dir, n)
	f, err := Open(dir, OpenOptions{Hashes: true})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f.Manifest, want) {
		t.Errorf("manifest read %+v\nwritten %+v", f.Manifest, want)
	}
	roundTrip[Cell](t, f, n)
	roundTrip[Step](t, f, n)
	roundTrip[Event](t, f, n)
	roundTrip[Episode](t, f, n)
	roundTrip[Summary](t, f, n)
	roundTrip[CellStep](t, f, n)
	roundTrip[Validation](t, f, n)
	if left, _ := filepath.Glob(filepath.Join(dir, "*"+partialSuffix)); len(left) > 0 {
		t.Errorf("a finished run leaves %v", left)
	}
	if _, err := f.Path("policy/actor.json"); err != nil {
		t.Error(err)
	}
	if _, err := f.Path("policy"); err == nil {
		t.Error("Path of an unlisted file: no error")
	}
}

func TestColumnsAreAsDocumented(t *testing.T) {
	for _, table := range Tables() {
		fields := table.schema.Fields()
		if len(fields) != len(table.Columns) {
			t.Fatalf("%s: %d Parquet columns, %d documented", table.Name, len(fields), len(table.Columns))
		}
		for i, c := range table.Columns {
			if fields[i].Name() != c.Name || !fields[i].Leaf() {
				t.Errorf("%s: column %d is %s, documented as %s", table.Name, i, fields[i].Name(), c.Name)
			}
			if c.Doc == "" {
				t.Errorf("%s.%s: no meaning given", table.Name, c.Name)
			}
			for suffix, unit := range map[string]string{"_kwh": "kWh", "_w": "W", "_s": "s", "_m": "m", "_gbit": "Gbit", "_mbps": "Mbit/s", "_min": "min", "_h": "h"} {
				if strings.HasSuffix(c.Name, suffix) && c.Unit != unit {
					t.Errorf("%s.%s: unit %q, the name says %q", table.Name, c.Name, c.Unit, unit)
				}
			}
			if strings.HasPrefix(c.Type, "float") && c.Unit == "" {
				t.Errorf("%s.%s: no unit", table.Name, c.Name)
			}
		}
	}
}

func TestReadmeIsRendered(t *testing.T) {
	want := Markdown()
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("README.md")
	if err != nil || string(got) != want {
		t.Errorf("README.md is not what the schema renders to (err %v): run with -update and read the diff", err)
	}
}

func TestFileMetadata(t *testing.T) {
	dir := t.TempDir()
	writeSample(t, dir, 10)
	in, err := os.Open(filepath.Join(dir, "steps.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	st, _ := in.Stat()
	f, err := parquet.OpenFile(in, st.Size())
	if err != nil {
		t.Fatal(err)
	}
	columns, _ := f.Lookup(metaColumns)
	if !strings.Contains(columns, `{"name":"energy_kwh","type":"float64","unit":"kWh"`) {
		t.Errorf("units are not in the metadata: %s", columns)
	}
	if got := f.Metadata().CreatedBy; got != "hibernet version 2(build record)" {
		t.Errorf("created by %q", got)
	}
	group := f.Metadata().RowGroups[0]
	if len(group.SortingColumns) != 1 || group.Columns[group.SortingColumns[0].ColumnIdx].MetaData.PathInSchema[0] != "time_s" {
		t.Errorf("sorting columns %+v, want time_s", group.SortingColumns)
	}
}

func TestSameRowsSameBytes(t *testing.T) {
	rows := sample[CellStep](5000)
	write := func(cut int) []byte {
		dir := t.TempDir()
		r := create(t, dir)
		w, err := NewWriter[CellStep](r)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(rows); i += cut {
			if err := w.Write(rows[i:min(i+cut, len(rows))]...); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, "cell_steps.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	want := write(len(rows))
	for _, cut := range []int{1, 7, 1024, 1025, 5000} {
		if !bytes.Equal(write(cut), want) {
			t.Errorf("slices of %d rows give other bytes", cut)
		}
	}
}

func TestEpisodesAreRowGroups(t *testing.T) {
	dir := t.TempDir()
	r := create(t, dir)
	var rows []Step
	for _, policy := range []string{"b", "a"} {
		for e := range int32(2) {
			for i := range 5 {
				rows = append(rows, Step{Policy: policy, Episode: e, TimeS: float64(900 * i), Scope: ScopeNetwork, Name: "all"})
			}
		}
	}
	put(t, r, rows)
	b, err := os.ReadFile(filepath.Join(dir, "steps.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(f.RowGroups()); got != 4 {
		t.Errorf("%d row groups for 4 episodes, each sorted", got)
	}
}

func TestDisorderIsRefused(t *testing.T) {
	for name, rows := range map[string][]CellStep{
		"time falls": {{TimeS: 900}, {TimeS: 0}},
		"cell falls": {{TimeS: 900, Cell: 1}, {TimeS: 900, Cell: 0}},
		"repeated":   {{TimeS: 900, Cell: 1}, {TimeS: 900, Cell: 1}},
	} {
		dir := t.TempDir()
		r := create(t, dir)
		w, err := NewWriter[CellStep](r)
		if err != nil {
			t.Fatal(err)
		}
		err = w.Write(rows...)
		if err == nil || !strings.Contains(err.Error(), "table cell_steps: row 1 is out of order") {
			t.Errorf("%s: error %v", name, err)
		}
		if again := w.Write(CellStep{TimeS: 9000}); again != err {
			t.Errorf("%s: the writer forgot its error: %v", name, again)
		}
		if got := w.Close(); !errors.Is(got, err) {
			t.Errorf("%s: Close returned %v", name, got)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "cell_steps*")); len(left) > 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}

func TestStateArraysKeepTheOrder(t *testing.T) {
	v := [NumStates]float64{1, 2, 3, 4, 5, 6, 7, 8}
	if NewStateShares(v).Array() != v || NewStateCells(v).Array() != v || NewStatePower(v).Array() != v {
		t.Error("an array does not come back")
	}
	for _, rows := range []any{StateShares{}, StateCells{}, StatePower{}} {
		typ := reflect.TypeOf(rows)
		for i, name := range StateNames() {
			if tag := typ.Field(i).Tag.Get("parquet"); !strings.Contains(tag, "_"+name) {
				t.Errorf("%s: column %d is %s, want state %s", typ, i, tag, name)
			}
		}
	}
}

func BenchmarkWriteCellSteps(b *testing.B) {
	rows := sample[CellStep](20000)
	r, err := Create(b.TempDir(), testInfo(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	w, err := NewWriter[CellStep](r)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := int32(0)
	for b.Loop() {
		for i := range rows {
			rows[i].Episode = n
		}
		n++
		if err := w.Write(rows...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(rows)*b.N)/b.Elapsed().Seconds(), "rows/s")
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}
