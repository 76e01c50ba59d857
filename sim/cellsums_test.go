package sim

import (
	"math"
	"math/rand/v2"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/power"
)

// Six bytes hold a sum as well as its comment says: over a week and a year of
// quarter hours, of values that are alike and of such that differ by powers of ten.
func TestSumsAreNearlyThoseOfFloat64(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const cells = 200
	kept, exact := sums{newWords48(cells)}, make([]float64, cells)
	check := func(additions int, bound float64) {
		worst := 0.0
		for c, want := range exact {
			worst = max(worst, math.Abs(kept.of(c)/want-1))
		}
		t.Logf("%d additions: wrong by up to %.2g", additions, worst)
		if worst > bound || worst > float64(additions)*0x1p-37 {
			t.Errorf("%d additions: wrong by %.3g, allowed %g and %g", additions, worst, bound, float64(additions)*0x1p-37)
		}
	}
	for i := range 35_040 {
		for c := range exact {
			v := float64(float32(100 * r.Float64()))
			if c%2 == 1 {
				v = float64(float32(math.Pow(10, 6*r.Float64())))
			}
			kept.add(c, v)
			exact[c] += v
		}
		if i+1 == 672 {
			check(672, 1e-8)
		}
	}
	check(35_040, 1e-6)
	kept.clear()
	if kept.of(7) != 0 {
		t.Errorf("cleared: %g", kept.of(7))
	}
	// The nearest number above 1 that is kept, and one that rounds up into the
	// next power of two.
	for _, c := range []struct{ add, want float64 }{
		{1 + 0x1p-38, 1}, {1 + 0x1p-37, 1 + 0x1p-36}, {math.Nextafter(4, 0), 4},
	} {
		kept.clear()
		if kept.add(3, c.add); kept.of(3) != c.want {
			t.Errorf("%v is kept as %v, want %v", c.add, kept.of(3), c.want)
		}
	}
}

// Microseconds add up exactly, also beyond what 32 bits hold.
func TestTimesAreExact(t *testing.T) {
	var none times
	if none.of(3) != 0 {
		t.Error("there is time where none was kept")
	}
	kept, want := times{newWords48(2)}, des.Time(0)
	for us := des.Time(1); want+us < 8*365*des.Day; us = us*3 + 1 {
		kept.add(1, us)
		want += us
	}
	if kept.of(1) != want || kept.of(0) != 0 {
		t.Errorf("%d and %d us, want %d and 0", kept.of(1), kept.of(0), want)
	}
}

// sameStateTimes compares the times of the cells in each state with what the
// groups have summed up over each piece of time.
func sameStateTimes(t *testing.T, name string, n *Network) {
	t.Helper()
	var cells [numStates]float64
	for c := range n.until {
		for s, seconds := range n.CellTotals(c).StateS {
			if seconds < 0 || seconds > n.Seconds()*(1+1e-12) {
				t.Errorf("%scell %d: %g s of %g in %v", name, c, seconds, n.Seconds(), power.State(s))
			}
			cells[s] += seconds
		}
	}
	for s, want := range n.Totals().StateS {
		near(t, name+"time in "+power.State(s).String(), cells[s], want, 1e-9)
	}
}

// Wherever a run is looked at, in the middle of transitions and of intervals
// too, and in the run after it.
func TestStateTimesAreThoseOfTheGroups(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	n := network(t, DefaultSpec(), bare(), towers(20), 1)
	for range 2 {
		must(t, n.Start(des.Hour, make(constant, 20)))
		for at := des.Hour; at < 5*des.Hour; {
			for range 10 {
				_ = n.Request(r.IntN(40), power.State(r.IntN(numStates)))
			}
			sameStateTimes(t, "asked: ", n)
			at += des.Time(r.Int64N(int64(10 * des.Minute)))
			must(t, n.RunUntil(at))
			sameStateTimes(t, "later: ", n)
			if r.IntN(2) == 0 {
				n.BeginInterval()
			}
		}
		if n.CellTotals(1).StateS[power.Sleep] == 0 {
			t.Error("cell 1 has not slept")
		}
	}
}
