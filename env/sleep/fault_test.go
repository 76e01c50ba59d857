package sleep

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"hibernet/env"
	"hibernet/env/shield"
	"hibernet/sim/fault"
	"hibernet/sim/kpi"
)

// broken is a world in which things break often.
func broken(workers int) world {
	w := small()
	w.workers = workers
	w.faults = fault.DefaultSpec()
	w.faults.Random = true
	w.faults.RadioUnit = fault.Rates{MTBFH: 50, MTTRH: 3, RepairCV: 1}
	w.faults.Baseband = fault.Rates{MTBFH: 30, MTTRH: 2, RepairCV: 1}
	w.faults.Mains = fault.Rates{MTBFH: 20, MTTRH: 4, RepairCV: 1}
	w.faults.Battery.CapacityKWh = 3
	w.change = func(c *Config) { c.Shield.AlwaysOnCoverage, c.Shield.MinOffS = false, 3600 }
	return w
}

// An episode in which things break keeps the contract: cells that are down
// may only stay as they are, no request fails, the books close.
func TestEpisodeWithFaults(t *testing.T) {
	e := broken(1).must(t)
	down, held := 0, 0
	play(t, e, 5, randomly(1), func(step int, b *env.Batch) {
		v := e.net.View()
		for c, is := range v.Down {
			if allowed := b.Mask[c*numActions : c*numActions+numStates]; is && !slices.Equal(allowed, []bool{0: true, numStates - 1: false}) {
				t.Fatalf("step %d: cell %d is down, its mask %v", step, c, allowed)
			}
			if is {
				down++
			}
			if v.Helping[c] && !v.Target[c].Awake() && v.Until[c] == 0 {
				t.Errorf("step %d: cell %d should stand in and sleeps", step, c)
			}
			if v.Helping[c] {
				held++
			}
		}
		for i, x := range b.Obs {
			if math.IsNaN(float64(x)) || x < -ObsLimit || x > ObsLimit {
				t.Fatalf("step %d: observation %d is %v", step, i, x)
			}
		}
	})
	total := e.Totals()
	if down == 0 || held == 0 || total.Faults == nil || total.Faults.Wakes == 0 {
		t.Fatalf("%d cells down, %d standing in, %+v: the test is void", down, held, total.Faults)
	}
	if n := total.ShieldCounts[shield.EmergencyWake-1]; n < total.Faults.Wakes/2 {
		t.Errorf("%d emergency wakes counted, %d cells woken to stand in", n, total.Faults.Wakes)
	}
	names := map[string]bool{}
	for _, f := range e.Figures(nil) {
		names[f.Name] = true
	}
	for _, d := range kpi.FaultDefs(total.Faults.Kinds) {
		if !names[d.Name] {
			t.Errorf("no figure %s", d.Name)
		}
	}
}

// Which things break does not depend on the actions, nor on the workers.
func TestFaultsFollowTheSeed(t *testing.T) {
	faults := func(workers int, seed, actions uint64) *kpi.Totals {
		e := broken(workers).must(t)
		play(t, e, seed, randomly(actions), nil)
		return e.Totals()
	}
	a, b, other := faults(1, 5, 1), faults(1, 5, 2), faults(1, 6, 1)
	if !slices.Equal(a.Faults.Count, b.Faults.Count) {
		t.Errorf("faults %v under one policy, %v under another", a.Faults.Count, b.Faults.Count)
	}
	if reflect.DeepEqual(a.Faults, other.Faults) {
		t.Error("another seed gives the same faults")
	}
	if c := faults(3, 5, 1); !reflect.DeepEqual(a, c) {
		t.Error("three workers give other totals")
	}
}
