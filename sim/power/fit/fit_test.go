package fit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"hibernet/sim/rng"
)

// additive are options for the plant of the tests.
func additive() Options {
	o := DefaultOptions()
	o.Additive = []string{"symbol"}
	o.Folds, o.Resamples = 3, 200
	return o
}

// TestExactReadings recovers every number of readings without noise.
func TestExactReadings(t *testing.T) {
	p := newPlant(6, 72)
	p.noise, p.lag = 0, 1
	r := mustFit(t, p.data(), additive())
	y := r.Types[0]
	near(t, "slope", y.Slope[0].Value, p.slope, 1e-6)
	near(t, "saving", y.Terms[0].Effect.Value, p.saving, 1e-8)
	near(t, "extra", y.Terms[1].Effect.Value, -p.extra, 1e-6)
	near(t, "bend", y.Terms[0].Bend, 0, 1e-8)
	for i, s := range r.Stations {
		near(t, "level of "+s.ID, s.Level, p.levelOf(i), 1e-6)
	}
	near(t, "own error", r.Own.P95, 0, 1e-6)
	if r.Table.Stations != 6 || r.Own.Stations != 6 || r.Own.Rows != 6*(71-24) {
		t.Errorf("judged %+v, %+v", r.Table, r.Own)
	}
}

// TestGrossErrorsDoNotCount spoils a tenth of the readings.
func TestGrossErrorsDoNotCount(t *testing.T) {
	p := newPlant(20, 96)
	d := p.data()
	for i := range d.Stations {
		for j := range d.Stations[i].Energy {
			if k := rng.Root(5).At(uint64(i)); k.Float64(uint64(j)) < 0.1 {
				d.Stations[i].Energy[j] *= 0.2 + 3*k.Named("by").Float64(uint64(j))
			}
		}
	}
	y := mustFit(t, d, additive()).Types[0]
	near(t, "slope", y.Slope[0].Value, p.slope, 0.01*p.slope)
	near(t, "saving", y.Terms[0].Effect.Value, p.saving, 0.01)
	if share := float64(y.Outliers) / float64(y.Rows); share < 0.05 || share > 0.13 {
		t.Errorf("%.3f of the rows are called outliers", share)
	}
}

// TestEliminationAgainstDummies compares the fit with its levels eliminated to
// least squares with a column for each station, at given weights.
func TestEliminationAgainstDummies(t *testing.T) {
	p := newPlant(5, 30)
	p.noise, p.saving = 0.1, 0
	d := p.data()
	lags := make([]Lag, len(d.Stations))
	groups, _ := d.groups(lags, 4)
	s := d.sampleOf(groups[0].members, lags, []term{{mode: 1, name: "symbol", additive: true}})
	f := newRegression(s)
	for i := range f.weight {
		f.weight[i] = 0.1 + rng.Root(4).Float64(uint64(i))
	}
	if f.round(); f.round() > 1e-9 {
		t.Error("a linear model needs one step")
	}
	n := len(d.Stations)
	a, y := mat.NewDense(s.rows(), n+2, nil), mat.NewVecDense(s.rows(), nil)
	for i := range n {
		for row := s.start[i]; row < s.start[i+1]; row++ {
			w := math.Sqrt(f.weight[row]) / f.scale[i]
			a.Set(row, i, w)
			a.Set(row, n, w*s.load[0][row])
			a.Set(row, n+1, w*s.act[0][row])
			y.SetVec(row, w*s.y[row])
		}
	}
	var x mat.VecDense
	if err := x.SolveVec(a, y); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		near(t, "level", f.m.level[i], x.AtVec(i), 1e-8)
	}
	near(t, "slope", f.m.slope[0], x.AtVec(n), 1e-8)
	near(t, "term", f.m.term[0], x.AtVec(n+1), 1e-8)
}

// TestUnitsDoNotMatter fits the same readings in another unit.
func TestUnitsDoNotMatter(t *testing.T) {
	p := newPlant(6, 60)
	d, e := p.data(), p.data()
	for i := range e.Stations {
		for j := range e.Stations[i].Energy {
			e.Stations[i].Energy[j] *= 1024
		}
	}
	a, b := mustFit(t, d, additive()).Types[0], mustFit(t, e, additive()).Types[0]
	near(t, "slope", b.Slope[0].Value/1024, a.Slope[0].Value, 1e-9)
	near(t, "lower bound", b.Slope[0].Lo/1024, a.Slope[0].Lo, 1e-9)
	near(t, "saving", b.Terms[0].Effect.Value, a.Terms[0].Effect.Value, 1e-9)
	near(t, "error", b.Table.Mean, a.Table.Mean, 1e-9)
}

// TestSameInputSameBits fits twice.
func TestSameInputSameBits(t *testing.T) {
	p := newPlant(9, 48)
	a, b := mustFit(t, p.data(), additive()), mustFit(t, p.data(), additive())
	// As text, since what was not held out is NaN, which is no equal of itself.
	if fmt.Sprint(*a.Types[0].Sketch) != fmt.Sprint(*b.Types[0].Sketch) {
		t.Error("two sketches differ")
	}
	a.Types[0].Sketch, b.Types[0].Sketch = nil, nil
	if !reflect.DeepEqual(a, b) {
		t.Error("two fits differ")
	}
	o := additive()
	o.Seed = 1
	if a, b := mustFit(t, p.data(), additive()), mustFit(t, p.data(), o); a.Types[0].Slope[0].Lo == b.Types[0].Slope[0].Lo {
		t.Error("another seed draws the same stations")
	}
}

// TestIntervalsHoldTheTruth counts how often, over plants whose stations also
// differ in their slopes.
func TestIntervalsHoldTheTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("fits forty plants")
	}
	held, plants := 0, 40
	for i := range plants {
		p := newPlant(16, 36)
		p.key = rng.Root(uint64(100 + i))
		d := p.data()
		for j := range d.Stations {
			st := &d.Stations[j]
			own := 4 * rng.Root(uint64(200+i)).Norm(uint64(j))
			for h := range st.Energy {
				st.Energy[h] += own * st.Load[h] * (1 - p.saving*st.Act[2*h])
			}
		}
		e := mustFit(t, d, additive()).Types[0].Slope[0]
		if e.Known && e.Lo <= p.slope && p.slope <= e.Hi {
			held++
		}
	}
	// 95 % are meant; 16 stations make a percentile interval a little narrow.
	if held < plants*80/100 {
		t.Errorf("%d of %d intervals hold the slope", held, plants)
	}
}

// TestLevelsOfTheTable holds the level of a type to the least mean relative
// error, by trying all.
func TestLevelsOfTheTable(t *testing.T) {
	s := rng.Root(2).Stream()
	for range 50 {
		var x, e []float64
		for range 9 {
			x, e = append(x, 1+9*s.Float64()), append(e, 5+20*s.Float64())
		}
		loss := func(v float64) float64 {
			sum := 0.0
			for i := range x {
				sum += math.Abs(x[i]-v) / e[i]
			}
			return sum
		}
		got := loss(leastRelative(x, e))
		for _, v := range x {
			if loss(v) < got-1e-12 {
				t.Fatalf("level %v is better than that found", v)
			}
		}
	}
}

// TestDetailsAreDrawnToTheType compares details of one and of many stations.
func TestDetailsAreDrawnToTheType(t *testing.T) {
	var level, energy []float64
	var detail []string
	for i := range 40 {
		k := rng.Root(6).At(uint64(i))
		d, m := "many", 10.0
		if i >= 20 {
			d, m = "other", 20
		}
		if i == 39 {
			d, m = "one", 40
		}
		level, energy, detail = append(level, m*math.Exp(0.1*k.Norm(0))), append(energy, m), append(detail, d)
	}
	table := newTypeTable(level, energy, detail)
	near(t, "many", table.of("many"), 10, 1)
	if one := table.of("one"); one >= level[39] || one <= table.level {
		t.Errorf("a detail of one station: level %v, between the type's %v and its own %v is meant", one, table.level, level[39])
	}
	if table.of("unheard of") != table.level {
		t.Error("an unknown detail has the level of the type")
	}
}

// TestTwoCells gives each cell its slope.
func TestTwoCells(t *testing.T) {
	p := newPlant(6, 60)
	p.noise = 0
	d := p.data()
	for i := range d.Stations {
		st := &d.Stations[i]
		st.Type, st.Cells = "a + b", []Cell{{Name: "1", Type: "a"}, {Name: "2", Type: "b"}}
		var load, act []float64
		for h, l := range st.Load {
			second := rng.Root(11).At(uint64(i)).Float64(uint64(h))
			load = append(load, l, second)
			act = append(act, 0, 0, 0, st.Act[2*h+1])
			st.Energy[h] = 10 + 20*l + 5*second - st.Act[2*h+1]
		}
		st.Load, st.Act = load, act
	}
	y := mustFit(t, d, additive()).Types[0]
	near(t, "first slope", y.Slope[0].Value, 20, 1e-6)
	near(t, "second slope", y.Slope[1].Value, 5, 1e-6)
	if len(y.Terms) != 1 || y.Terms[0].Cell != 1 || y.Terms[0].Name != "symbol of cell 2" {
		t.Fatalf("terms %+v", y.Terms)
	}
	near(t, "term", y.Terms[0].Effect.Value, -1, 1e-6)
}

// TestModesThatActTogether are one term.
func TestModesThatActTogether(t *testing.T) {
	p := newPlant(6, 48)
	p.extra = 0
	d := p.data()
	for i := range d.Stations {
		for h := range d.Stations[i].Energy {
			d.Stations[i].Act[2*h+1] = d.Stations[i].Act[2*h]
		}
	}
	y := mustFit(t, d, DefaultOptions()).Types[0]
	if len(y.Terms) != 1 || y.Terms[0].Name != "night+symbol" || y.term("symbol") == nil {
		t.Fatalf("terms %+v", y.Terms)
	}
	near(t, "saving", y.Terms[0].Effect.Value, p.saving, 0.01)
}

// TestRowsOfFits are all accounted for, those that aligning leaves out too.
func TestRowsOfFits(t *testing.T) {
	p := newPlant(4, 40)
	p.lag = 3
	d := p.data()
	few := &d.Stations[3]
	few.EnergyAt, few.Energy = few.EnergyAt[:6], few.Energy[:6]
	d.Tallies[1].Rows -= 34
	d.Tallies[1].Used -= 34
	r := mustFit(t, d, additive())
	for i := range r.Tallies {
		if !r.Tallies[i].Balanced() {
			t.Errorf("%s", &r.Tallies[i])
		}
	}
	// Three stations lose the 3 hours at either end to their lag; the fourth has
	// six readings.
	if got := r.Tallies[0].Used; got != 3*37 {
		t.Errorf("%d loads used", got)
	}
	if got := r.Tallies[1].Used; got != 3*37 {
		t.Errorf("%d energies used", got)
	}
	if len(d.Tallies[0].Dropped) != 0 {
		t.Error("fitting changed the data")
	}
}

func TestBadOptions(t *testing.T) {
	d := newPlant(3, 40).data()
	for _, tt := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.MaxLag = -1 }, "max-lag: must be from 0 to 48, got -1"},
		{func(o *Options) { o.Folds = 1 }, "folds: must be from 2 to 100, got 1"},
		{func(o *Options) { o.OwnRows = 0 }, "own-rows: must be from 2"},
		{func(o *Options) { o.Resamples = -5 }, "resamples: must be from 0"},
		{func(o *Options) { o.MinRows = 1 }, "min-rows: must be from 4"},
		{func(o *Options) { o.Additive = []string{"day"} }, `additive: there is no mode "day", allowed [night symbol]`},
		{func(o *Options) { o.MinRows = 100 }, "no station has 100 rows"},
	} {
		o := DefaultOptions()
		tt.change(&o)
		if _, err := Fit(context.Background(), d, o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Fit(ctx, d, DefaultOptions()); !errors.Is(err, context.Canceled) {
		t.Errorf("fit after the context's end: %v", err)
	}
}

// TestSilentCell has a cell that is never loaded: the others are fitted still.
func TestSilentCell(t *testing.T) {
	p := newPlant(6, 60)
	p.noise, p.extra = 0, 0
	d := p.data()
	for i := range d.Stations {
		st := &d.Stations[i]
		st.Cells = []Cell{{Name: "1"}, {Name: "2"}}
		var load, act []float64
		for h, l := range st.Load {
			load, act = append(load, l, 0), append(act, st.Act[2*h], 0, 0, 0)
		}
		st.Load, st.Act = load, act
	}
	y := mustFit(t, d, DefaultOptions()).Types[0]
	near(t, "slope", y.Slope[0].Value, p.slope, 1e-6)
	near(t, "slope of the silent cell", y.Slope[1].Value, 0, 1e-6)
	near(t, "saving", y.Terms[0].Effect.Value, p.saving, 1e-8)
	if !y.Slope[0].Known {
		t.Error("the slope has no interval")
	}
}

// TestOneStationOfFewRows judges a type of one station on hardly any rows.
func TestOneStationOfFewRows(t *testing.T) {
	p := newPlant(1, 40)
	o := additive()
	o.OwnRows, o.MinRows = 2, 4
	if r := mustFit(t, p.data(), o); r.Own.Stations != 1 || r.Own.Rows != 38 {
		t.Errorf("judged %+v", r.Own)
	}
}
