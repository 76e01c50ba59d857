package analysis

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hibernet/results/record"
	"hibernet/results/sweep"
	"hibernet/scenarios/sweeps"
)

var update = flag.Bool("update", false, "rewrite the golden files; read the diff before you commit")

// run is a row of a made-up sweep.
type run struct {
	policy       string
	x            float64
	seed         uint64
	energy, drop float64
}

// made returns the data set of runs.
func made(runs []run) *Data {
	col := func(name, typ, unit string) record.Series {
		return record.Series{Column: record.Column{Name: name, Type: typ, Unit: unit}}
	}
	f := &record.Frame{Columns: []record.Series{col("policy", "string", ""), col("x", "float64", ""), col("seed", "uint64", ""),
		col("start_day", "int64", "d"), col("days", "float64", "d"), col("energy_kwh", "float64", "kWh"), col("dropped_pct", "float64", "%")}}
	d := &Data{frame: f, Settings: []string{"x"}, Header: sweep.Header{Name: "made", Policies: []string{"on", "off"}}}
	for i, r := range runs {
		f.Columns[0].Text = append(f.Columns[0].Text, r.policy)
		f.Columns[1].Float = append(f.Columns[1].Float, r.x)
		f.Columns[2].Uint = append(f.Columns[2].Uint, r.seed)
		f.Columns[3].Int = append(f.Columns[3].Int, 0)
		f.Columns[4].Float = append(f.Columns[4].Float, 1)
		f.Columns[5].Float = append(f.Columns[5].Float, r.energy)
		f.Columns[6].Float = append(f.Columns[6].Float, r.drop)
		d.rows = append(d.rows, i)
	}
	return d
}

// square has two policies, two settings and two seeds; its figures are chosen
// so that every result can be reckoned in the head.
func square() *Data {
	return made([]run{
		{"off", 1, 1, 6, 2}, {"off", 1, 2, 8, 4}, {"off", 2, 1, 14, 6}, {"off", 2, 2, 16, math.NaN()},
		{"on", 1, 1, 10, 1}, {"on", 1, 2, 12, 1}, {"on", 2, 1, 20, 1}, {"on", 2, 2, 22, 1},
	})
}

func text(t *testing.T, table *Table, format string) string {
	t.Helper()
	var b bytes.Buffer
	if err := table.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// quantile is Student's t at 97.5 % with one degree of freedom, whose last
// digits are those of the machine.
var quantile = regexp.MustCompile(`12\.70620473617[0-9]*`)

func TestMeans(t *testing.T) {
	table, err := square().Means([]string{"energy_kwh", "dropped_pct"})
	if err != nil {
		t.Fatal(err)
	}
	// Two runs 2 apart: standard error 1, times t = 12.706 with one degree of
	// freedom.
	want := `x,policy,runs,energy_kwh,energy_kwh_ci95,dropped_pct,dropped_pct_ci95
1,on,2,11,12.706,1,0
1,off,2,7,12.706,3,12.706
2,on,2,21,12.706,1,0
2,off,2,15,12.706,,
`
	if got := quantile.ReplaceAllString(text(t, table, FormatCSV), "12.706"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var all strings.Builder
	for _, f := range Formats() {
		all.WriteString("--- " + f + "\n" + text(t, table, f))
	}
	golden(t, "means.txt", quantile.ReplaceAllString(all.String(), "12.706"))
	if _, err := square().Means([]string{"none"}); err == nil {
		t.Error("a figure that is not there was accepted")
	}
	if err := table.Write(&bytes.Buffer{}, "html"); err == nil {
		t.Error("a format that is not there was accepted")
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// number returns a cell's mean.
func number(t *testing.T, table *Table, row int, column string) Estimate {
	t.Helper()
	for i, h := range table.Head {
		if h == column {
			return *table.Rows[row][i].Number
		}
	}
	t.Fatalf("no column %s in %v", column, table.Head)
	return Estimate{}
}

func TestCompare(t *testing.T) {
	d := square()
	table, unpaired, err := d.Compare("on", []string{"energy_kwh"})
	if err != nil || unpaired != 0 {
		t.Fatalf("%d unpaired, %v", unpaired, err)
	}
	for row, want := range []struct{ difference, saving float64 }{
		{-4, 100 * (1 - 14.0/22)}, {-6, 100 * (1 - 30.0/42)}, {-5, 100 * (1 - 44.0/64)},
	} {
		if e := number(t, table, row, "energy_kwh_difference"); e.Mean != want.difference {
			t.Errorf("row %d: difference %g, want %g", row, e.Mean, want.difference)
		}
		if e := number(t, table, row, "energy_saving_pct"); math.Abs(e.Mean-want.saving) > 1e-12 {
			t.Errorf("row %d: saving %g, want %g", row, e.Mean, want.saving)
		}
	}
	// The pairs of a group differ by the same: no spread.
	if e := number(t, table, 0, "energy_kwh_difference"); e.CI95 != 0 {
		t.Errorf("interval %g", e.CI95)
	}
	if len(table.Rows) != 3 || table.Rows[2][0].Text != "all" || table.Rows[2][2].Text != "4" {
		t.Errorf("rows %v", table.Rows)
	}
	d.rows = d.rows[:7] // the reference's last run is missing
	if _, unpaired, err = d.Compare("on", []string{"energy_kwh"}); err != nil || unpaired != 1 {
		t.Errorf("%d unpaired, %v", unpaired, err)
	}
	if _, _, err := d.Compare("none", nil); err == nil {
		t.Error("a reference that is not there was accepted")
	}
}

func TestFront(t *testing.T) {
	// off at 1: 7 kWh, 3 %. on at 1: 11, 1. on at 2: 21, 1, beaten by on at 1.
	// off at 2: NaN.
	goals := []Goal{{Figure: "energy_kwh"}, {Figure: "dropped_pct"}}
	table, without, err := square().Front(goals, nil)
	if err != nil || without != 1 || len(table.Rows) != 2 || table.Rows[0][1].Text != "on" || table.Rows[1][1].Text != "off" {
		t.Errorf("%v, %d without, %v", table.Rows, without, err)
	}
	gate, err := sweeps.ParseGate("dropped_pct <= 2")
	if err != nil {
		t.Fatal(err)
	}
	table, without, err = square().Front(goals, []sweeps.Condition{gate})
	if err != nil || without != 2 || len(table.Rows) != 1 || table.Rows[0][1].Text != "on" {
		t.Errorf("%v, %d without, %v", table.Rows, without, err)
	}
	// With energy to be large, on at 2 alone stands.
	table, _, _ = square().Front([]Goal{{Figure: "energy_kwh", Maximize: true}}, nil)
	if len(table.Rows) != 1 || table.Rows[0][0].Text != "2" || table.Rows[0][1].Text != "on" {
		t.Errorf("%v", table.Rows)
	}
	// Of equals, both stand.
	table, _, _ = made([]run{{"on", 1, 1, 5, 1}, {"off", 1, 1, 5, 1}}).Front(goals, nil)
	if len(table.Rows) != 2 {
		t.Errorf("%v", table.Rows)
	}
}

func TestEffects(t *testing.T) {
	table, balanced, err := square().Effects("energy_kwh")
	if err != nil || !balanced {
		t.Fatal(balanced, err)
	}
	// Mean 13.5; policies 11 and 16, settings 9 and 18. Sums of squares: 8 x
	// 2.5^2 = 50 and 8 x 4.5^2 = 162, interaction 2, seeds 8: 222 in all.
	for row, want := range [][2]float64{{-2.5, 100 * 50 / 222.0}, {2.5, 100 * 50 / 222.0}, {-4.5, 100 * 162 / 222.0}, {4.5, 100 * 162 / 222.0}} {
		effect, share := number(t, table, row, "effect").Mean, number(t, table, row, "explained_pct_of_variance").Mean
		if math.Abs(effect-want[0]) > 1e-12 || math.Abs(share-want[1]) > 1e-12 {
			t.Errorf("row %d: %g and %g, want %v", row, effect, share, want)
		}
	}
	d := square()
	d.rows = d.rows[1:]
	if _, balanced, _ := d.Effects("energy_kwh"); balanced {
		t.Error("a sweep with a run less is balanced")
	}
}

func TestSensitivity(t *testing.T) {
	curves, ok := square().Sensitivity("x", "energy_kwh")
	if !ok || len(curves) != 2 || curves[0].Policy != "on" || curves[1].Y[0] != 7 || curves[1].Y[1] != 15 || curves[0].X[1] != 2 {
		t.Errorf("%+v", curves)
	}
	if _, ok := square().Sensitivity("policy", "energy_kwh"); ok {
		t.Error("a policy is no number")
	}
}

func TestWhere(t *testing.T) {
	for text, want := range map[string]int{"x > 1": 4, "policy == on": 4, "seed == 2": 4, "policy != on": 4, "dropped_pct >= 0": 7, "energy_kwh < 10": 2, "start_day == 0": 8} {
		c, err := sweeps.ParseCondition(text)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := square().Where([]sweeps.Condition{c}); err != nil || d.Len() != want {
			t.Errorf("%s: %d rows, want %d (%v)", text, d.Len(), want, err)
		}
	}
	c, _ := sweeps.ParseCondition("none == 1")
	if _, err := square().Where([]sweeps.Condition{c}); err == nil {
		t.Error("a column that is not there was accepted")
	}
}
