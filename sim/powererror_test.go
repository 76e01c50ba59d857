package sim

import (
	"math"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/power"
)

// TestPowerErrorByHand: two idle cells draw 100 W each for an hour, 0.2 kWh.
// With the first carrier at 1.5 and the second at 0.5 times their power without
// load, and no power for load, that is 150 W + 50 W; with the capacity cell
// asleep (50 W, 30 J for the transition) 150 W + 25 W + 30 J.
func TestPowerErrorByHand(t *testing.T) {
	n := network(t, DefaultSpec(), bare(), towers(1), 1)
	hour := func(asleep bool) (float64, float64) {
		t.Helper()
		must(t, n.Start(0, constant{0}))
		n.BeginInterval()
		if asleep {
			must(t, n.Request(1, power.Sleep))
		}
		must(t, n.RunUntil(des.Hour))
		traffic, energy := n.Totals().Imbalance()
		if math.Max(traffic, energy) > 1e-9 {
			t.Errorf("the books are off by %g and %g", traffic, energy)
		}
		v := n.View()
		return float64(v.EnergyJ[0]), float64(v.EnergyJ[1] + v.TransitionJ[1])
	}
	check := func(name string, asleep bool, want0, want1 float64) {
		t.Helper()
		a, b := hour(asleep)
		if math.Abs(a-want0) > 1e-6*want0 || math.Abs(b-want1) > 1e-6*want1 {
			t.Errorf("%s: %g J and %g J, want %g and %g", name, a, b, want0, want1)
		}
	}
	check("as the profile says", false, 100*3600, 100*3600)
	n.SetPowerError([]float64{1.5, 0.5}, []float64{0, 3})
	check("off by half", false, 150*3600, 50*3600)
	check("asleep", true, 150*3600, 25*3600+30)
	if w := n.Profile(0).PowerW(power.Full, 0); w != 100 {
		t.Errorf("the profile says %g W, want 100 as before", w)
	}
	n.SetPowerError(nil, nil)
	check("taken back", false, 100*3600, 100*3600)
}

// TestPowerErrorOfLoad: what load adds doubles, and nothing else moves.
func TestPowerErrorOfLoad(t *testing.T) {
	n := network(t, DefaultSpec(), bare(), towers(1), 1)
	run := func() float64 {
		must(t, n.Start(0, constant{2e8}))
		n.BeginInterval()
		must(t, n.RunUntil(des.Hour))
		return float64(n.View().EnergyJ[1]) - 100*3600
	}
	once := run()
	n.SetPowerError(nil, []float64{1, 2})
	if twice := run(); once < 1000 || math.Abs(twice-2*once) > 1e-6*twice {
		t.Errorf("load adds %g J, and %g J at a factor of 2", once, twice)
	}
	defer func() {
		if recover() == nil {
			t.Error("a factor that is not a number passes")
		}
	}()
	n.SetPowerError([]float64{1, math.NaN()}, nil)
}
