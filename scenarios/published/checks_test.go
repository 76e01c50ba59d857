package published

import (
	"context"
	"math"
	"slices"
	"testing"

	"hibernet/scenarios"
	"hibernet/sim/validation"
)

// row returns the row of a quantity.
func row(t *testing.T, rows []validation.Row, quantity string) validation.Row {
	t.Helper()
	i := slices.IndexFunc(rows, func(r validation.Row) bool { return r.Quantity == quantity })
	if i < 0 {
		t.Fatalf("no row %q", quantity)
	}
	return rows[i]
}

// Every check can be played, names its sources, and passes.
func TestChecks(t *testing.T) {
	if testing.Short() {
		t.Skip("plays whole scenarios")
	}
	table, err := validation.Run(validation.Context{Context: context.Background(), Workers: 2}, Checks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range table.Checks {
		if len(c.Rows) == 0 || len(c.Figures) == 0 || c.Doc == "" {
			t.Errorf("%s: %d rows, %d figures", c.Name, len(c.Rows), len(c.Figures))
		}
		for _, r := range c.Rows {
			t.Logf("%s: %s: expected %.4g, got %.4g, %.4g to %.4g %s", c.Name, r.Quantity, r.Expected, r.Got, r.Lo, r.Hi, r.Deviation)
			if !r.Pass || r.Source == "" || r.Trust == "" {
				t.Errorf("%s: %+v", c.Name, r)
			}
		}
	}
}

// A rule that takes half of the reference's energy for the same traffic saves
// half and doubles the bits a joule.
func TestCaiResult(t *testing.T) {
	var low, high [caiPolicies]outing
	for i := range low {
		low[i] = outing{EnergyJ: 100, OfferedBit: 10, ServedBit: 10}
		high[i] = low[i]
	}
	low[caiGapSM2].EnergyJ, high[caiThreshold].EnergyJ = 50, 50
	high[caiAntennas].LostBit, high[caiAntennas].SlowBit = 1, 0.5
	r := caiResult(low, high)
	for quantity, want := range map[string]float64{
		"power saved against Auto-SM1, low-traffic hours, SM2 between a station's own users": 0.5,
		"bits a joule gained on Auto-SM1, high-traffic hours, SM3 with users handed over":    1,
		"power saved against Auto-SM1, low-traffic hours, antenna switching":                 0,
		"bits a joule gained on Auto-SM1, high-traffic hours, antenna switching":             0,
		"largest share of the traffic lost, or slower than 10 Mbit/s, under any rule":        0.15,
	} {
		if got := row(t, r.Rows, quantity); math.Abs(got.Got-want) > 1e-12 || got.Pass {
			t.Errorf("%s: %v (pass %v), want %v and a failure", quantity, got.Got, got.Pass, want)
		}
	}
	if y := r.Figures[0].Series[0].Y; y[caiGapSM2] != 50 || y[caiAutoSM1] != 0 {
		t.Errorf("figure: %v", y)
	}
}

// Radio units at 10 J an hour, awake; asleep at 3 J for 12 hours: 35 % saved,
// 70 % while asleep.
func TestNightResult(t *testing.T) {
	var days [nightCount]outing
	for i := range days {
		days[i].EnergyJ = 480
		for h := range 24 {
			e := 10.0
			if i == nightDeep && (h < 9 || h >= 21) {
				e = 3
			}
			days[i].HourJ[h] = e
			days[i].UnitJ += e
		}
	}
	r := nightResult(days)
	near(t, "saved", row(t, r.Rows, "share of the radio units' day saved, deep sleep 21:00-09:00").Got, 84.0/240, 1e-12)
	near(t, "saved asleep", row(t, r.Rows, "power saved while in deep sleep, 01:00-05:00").Got, 0.7, 1e-12)
	if got := row(t, r.Rows, "share of the radio units' day saved, symbol shutdown"); got.Got != 0 || got.Pass {
		t.Errorf("symbol shutdown: %+v", got)
	}
	if y := r.Figures[0].Series[nightDeep].Y; y[3] != 0.3 || y[12] != 1 {
		t.Errorf("figure: %v", y)
	}
}

// A cell that clears 100 Mbit/s alone and is offered 40 leaves its users
// 60 Mbit/s.
func TestMeanThroughput(t *testing.T) {
	near(t, "user throughput", meanThroughput(40e6, 0.4), 60e6, 1e-12)
	if meanThroughput(1, 1) != 0 || !math.IsInf(meanThroughput(0, 0), 1) {
		t.Error("overloaded or empty")
	}
}

// What holds: a cell above the guarantee, one that never had it and is not
// overloaded, no new holes.
func TestHolds(t *testing.T) {
	s := search{all: quality{bps: []float64{50, 4, 30}, lost: 1}}
	for _, c := range []struct {
		now  quality
		want bool
	}{
		{quality{bps: []float64{20, 4, 12}, lost: 1}, true},
		{quality{bps: []float64{20, 4, 9}, lost: 1}, false},
		{quality{bps: []float64{20, 3, 30}, lost: 1}, true},
		{quality{bps: []float64{20, 0, 30}, lost: 1}, false},
		{quality{bps: []float64{50, 4, 30}, lost: 1.1}, false},
		{quality{bps: []float64{50, math.Inf(1), 30}, lost: 0}, true},
	} {
		s.now = c.now
		if got := s.holds(10); got != c.want {
			t.Errorf("%+v: %v", c.now, got)
		}
	}
}

// Without traffic every cell that others cover can sleep. Looser guarantees let
// no fewer sleep, and what was found holds when it is worked out anew.
func TestGreedy(t *testing.T) {
	find := func(sets ...string) (*search, []float64) {
		sc, err := scenarios.Preset("nsa-offload", append([]string{"topology.areas[0].sites=12"}, sets...))
		if err != nil {
			t.Fatal(err)
		}
		w, err := scenarios.Build(context.Background(), sc, scenarios.Inputs{}, 2)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newSearch(w, offloadHour, 2)
		if err != nil {
			t.Fatal(err)
		}
		return s, s.greedy([]float64{50e6, 5e6})
	}
	if _, got := find("traffic.mean.urban_mbps=0", "load.target_mean=0"); got[0] != 1 {
		t.Errorf("without traffic: %v", got)
	}
	s, got := find()
	if !slices.IsSorted(got) || got[1] < 0.3 || got[1] == 1 {
		t.Errorf("shares asleep: %v", got)
	}
	s.model.Reset()
	clear(s.load)
	s.solve(&s.now)
	asleep := 0
	for _, c := range s.capacity {
		if !s.state.Serving[c] {
			asleep++
		}
	}
	if share := float64(asleep) / float64(len(s.capacity)); !s.holds(5e6) || math.Abs(share-got[1]) > 1e-12 {
		t.Errorf("%g of the cells are asleep, said %g; the guarantee holds: %v", share, got[1], s.holds(5e6))
	}
}

// A site of 3 kW takes 26.28 MWh a year.
func TestMWhAYear(t *testing.T) {
	near(t, "energy", mwhAYear(2*3000*7*86400, 7, 2), 26.28, 1e-12)
}
