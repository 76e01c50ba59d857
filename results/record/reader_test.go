package record

import (
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

var (
	readerDir = flag.String("hyparquet", "", "folder with read.mjs and its installed node_modules; without it the comparison with another Parquet reader is skipped")
	runDir    = flag.String("folder", "", "run folder to read with both; with -hyparquet")
)

// seen is what the other reader prints of a file.
type seen struct {
	Rows    int                `json:"rows"`
	Columns []string           `json:"columns"`
	Sums    map[string]float64 `json:"sums"`
}

// Another reader finds in a run folder's files what we wrote: rows, columns
// and the sums of the numbers.
func TestAnotherReaderSeesTheSame(t *testing.T) {
	if *readerDir == "" || *runDir == "" {
		t.Skip("no -hyparquet and -folder given; `make readers` installs the reader, makes a run and runs this test")
	}
	folder, err := Open(*runDir, OpenOptions{Hashes: true})
	if err != nil {
		t.Fatal(err)
	}
	steps, cells, rows := ours[Step](t, folder), ours[Cell](t, folder), ours[Validation](t, folder)
	if len(steps)+len(cells)+len(rows) == 0 {
		t.Fatal("none of the tables to compare")
	}
	want := map[string]float64{}
	for _, s := range steps {
		want["steps.energy_kwh"] += s.EnergyKWh
		want["steps.offered_gbit"] += s.OfferedGbit
		want["steps.cells"] += float64(s.Cells)
	}
	for _, c := range cells {
		want["cells.energy_kwh"] += c.EnergyKWh
		want["cells.x_m"] += c.XM
		want["cells.switches"] += float64(c.Switches)
	}
	for _, r := range rows {
		if !math.IsNaN(r.Got) {
			want["validation.got"] += r.Got
		}
		if r.Pass {
			want["validation.pass"]++
		}
	}
	got := map[string]seen{}
	for _, table := range Tables() {
		if folder.Has(table.Name) {
			got[table.Name] = readElsewhere(t, table)
		}
	}
	for name, n := range map[string]int{TableSteps: len(steps), TableCells: len(cells), TableValidation: len(rows)} {
		if got[name].Rows != n {
			t.Errorf("the other reader sees %d rows of %s, we %d", got[name].Rows, name, n)
		}
	}
	for _, name := range []string{"energy_kwh", "offered_gbit", "cells"} {
		compareSums(t, "steps."+name, got[TableSteps].Sums[name], want["steps."+name])
	}
	for _, name := range []string{"energy_kwh", "x_m", "switches"} {
		compareSums(t, "cells."+name, got[TableCells].Sums[name], want["cells."+name])
	}
	for _, name := range []string{"got", "pass"} {
		compareSums(t, "validation."+name, got[TableValidation].Sums[name], want["validation."+name])
	}
}

// ours reads a table that the folder may have.
func ours[T Row](t *testing.T, folder *Folder) []T {
	t.Helper()
	rows, err := Read[T](folder)
	if err != nil && !errors.Is(err, ErrNoTable) {
		t.Fatal(err)
	}
	return rows
}

func readElsewhere(t *testing.T, table Table) seen {
	t.Helper()
	out, err := exec.Command("node", filepath.Join(*readerDir, "read.mjs"), filepath.Join(*runDir, table.File())).Output()
	if err != nil {
		t.Fatalf("%s: %v", table.Name, err)
	}
	var s seen
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatalf("%s: %v", table.Name, err)
	}
	var columns []string
	for _, c := range table.Columns {
		columns = append(columns, c.Name)
	}
	if !slices.Equal(s.Columns, columns) {
		t.Errorf("%s: the other reader sees columns %v, documented are %v", table.Name, s.Columns, columns)
	}
	return s
}

func compareSums(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*math.Abs(want) {
		t.Errorf("%s: the other reader's sum is %v, ours %v", what, got, want)
	}
}
