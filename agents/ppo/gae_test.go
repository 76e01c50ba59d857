package ppo

import (
	"context"
	"math"
	"slices"
	"testing"
)

// Worked by hand with gamma = lambda = 1/2, so all values are exact.
func TestReturnsByHand(t *testing.T) {
	for _, c := range []struct {
		name                 string
		reward, value, after []float32
		ended, forced        []bool
		advantage            []float32
	}{{
		// delta = 1 + 4/2 - 2 = 1, 2 + 6/2 - 4 = 1, 3 + 8/2 - 6 = 1; A = delta + A'/4.
		name:   "the rollout stops: bootstrap from what follows",
		reward: []float32{1, 2, 3}, value: []float32{2, 4, 6}, after: []float32{0, 0, 8},
		ended: []bool{false, false, false}, forced: []bool{false, false, false},
		advantage: []float32{1.3125, 1.25, 1},
	}, {
		// The episode ends after the second step with nothing to follow: delta_1 = 2 - 4 = -2.
		name:   "termination",
		reward: []float32{1, 2, 3}, value: []float32{2, 4, 6}, after: []float32{0, 0, 8},
		ended: []bool{false, true, false}, forced: []bool{false, false, false},
		advantage: []float32{0.5, -2, 1},
	}, {
		// The same, truncated before a state of value 10: delta_1 = 2 + 5 - 4 = 3, not that of the next episode.
		name:   "truncation",
		reward: []float32{1, 2, 3}, value: []float32{2, 4, 6}, after: []float32{0, 10, 8},
		ended: []bool{false, true, false}, forced: []bool{false, false, false},
		advantage: []float32{1.75, 3, 1},
	}, {
		name:   "the rollout ends with a termination",
		reward: []float32{1, 2, 3}, value: []float32{2, 4, 6}, after: []float32{0, 0, 0},
		ended: []bool{false, false, true}, forced: []bool{false, false, false},
		advantage: []float32{1 + (1+(-3.)/4)/4, 1 + (-3.)/4, -3},
	}, {
		// No choice at the second step: G_2 = 7, G_1 = 2 + 7/2*(1/2) + 6/2*(1/2) = 5.25, G_0 = 1 + 5.25/2; V_1 = 100 is not used.
		name:   "no choice in between",
		reward: []float32{1, 2, 3}, value: []float32{2, 100, 6}, after: []float32{0, 0, 8},
		ended: []bool{false, false, false}, forced: []bool{false, true, false},
		advantage: []float32{1 + 5.25/2 - 2, 5.25 - 100, 1},
	}, {
		// An episode that begins without a choice tells nothing to the one before.
		name:   "no choice after the end",
		reward: []float32{1, 2, 3}, value: []float32{2, 4, 6}, after: []float32{6, 0, 8},
		ended: []bool{true, false, false}, forced: []bool{false, true, false},
		advantage: []float32{2, 5.25 - 4, 1},
	}} {
		// Two rows: the second is zero throughout and must stay so.
		r := rollout{steps: 3, rows: 2}
		for i := range 3 {
			r.reward = append(r.reward, c.reward[i], 0)
			r.value = append(r.value, c.value[i], 0)
			r.after = append(r.after, c.after[i], 0)
			r.ended = append(r.ended, c.ended[i], false)
			r.forced = append(r.forced, c.forced[i], false)
		}
		adv, returns := make([]float32, 6), make([]float32, 6)
		r.returnsTo(adv, returns, 0.5, 0.5)
		for i := range 3 {
			if adv[2*i] != c.advantage[i] || returns[2*i] != c.advantage[i]+c.value[i] {
				t.Errorf("%s: step %d: advantage %g, return %g, want %g, %g", c.name, i, adv[2*i], returns[2*i], c.advantage[i], c.advantage[i]+c.value[i])
			}
			if adv[2*i+1] != 0 || returns[2*i+1] != 0 {
				t.Errorf("%s: step %d: a row of zeros got advantage %g", c.name, i, adv[2*i+1])
			}
		}
	}
}

func TestNormaliseAndExplained(t *testing.T) {
	x := []float32{1, 100, 2, 3, 100, 4}
	some := []int32{0, 2, 3, 5}
	normalise(x, some)
	if x[1] != 100 || x[4] != 100 {
		t.Error("values that were not picked changed")
	}
	mean, deviation := moments(x, some)
	if math.Abs(mean) > 1e-6 || math.Abs(deviation-1) > 1e-6 {
		t.Errorf("mean %g, deviation %g, want 0, 1", mean, deviation)
	}
	equal := []float32{5, 5}
	normalise(equal, []int32{0, 1})
	if equal[0] != 0 || equal[1] != 0 {
		t.Errorf("equal values became %v, want zeros", equal)
	}
	for _, c := range []struct {
		adv, returns []float32
		want         float64
	}{
		{[]float32{0, 0, 0, 0}, []float32{1, 2, 3, 4}, 1},
		{[]float32{7, 7, 7, 7}, []float32{1, 2, 3, 4}, 1},  // a constant shift is no variance
		{[]float32{1, 2, 3, 4}, []float32{1, 2, 3, 4}, 0},  // values of zero
		{[]float32{2, 4, 6, 8}, []float32{1, 2, 3, 4}, -3}, // values of minus the return
		{[]float32{1, 2, 3, 4}, []float32{3, 3, 3, 3}, 0},
	} {
		if got := explained(c.adv, c.returns, []int32{0, 1, 2, 3}); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("explained(%v, %v) = %g, want %g", c.adv, c.returns, got, c.want)
		}
	}
}

// With gamma = 1/2 the sums are 3, 4, -4 in the first row, which ends after
// the first step, and 0 in the second: the mean of squares is 41/6.
func TestUnitScaleByHand(t *testing.T) {
	r := rollout{steps: 3, rows: 2, reward: []float32{3, 0, 6, 0, -4, 0}, ended: []bool{true, false, false, false, false, false}}
	if got, want := r.unitScale(0.5), 1/math.Sqrt(41./6); math.Abs(got-want) > 1e-12 {
		t.Errorf("scale %g, want %g", got, want)
	}
	clear(r.reward)
	if got := r.unitScale(0.5); got != 1 {
		t.Errorf("scale %g without rewards, want 1", got)
	}
}

func TestSymLogByHand(t *testing.T) {
	x := []float32{0, 1, -1, -1999}
	symlog(x)
	for i, want := range []float64{0, math.Ln2, -math.Ln2, -math.Log(2000)} {
		if math.Abs(float64(x[i])-want) > 1e-6 {
			t.Errorf("symlog %d = %v, want %v", i, x[i], want)
		}
	}
}

// One value far from all others, bounded at two deviations, no longer hides what
// sets the others apart.
func TestWinsorise(t *testing.T) {
	x, all := make([]float32, 101), make([]int32, 101)
	for i := range x {
		x[i], all[i] = float32(i%2), int32(i)
	}
	x[100] = 1000
	normalise(x, all)
	if apart := x[1] - x[0]; apart > 0.02 {
		t.Fatalf("values are %g apart before", apart)
	}
	for range 20 {
		winsorise(x, all, 2)
	}
	mean, deviation := moments(x, all)
	if apart := x[1] - x[0]; apart < 1 || math.Abs(mean) > 1e-6 || math.Abs(deviation-1) > 1e-5 || x[100] < x[1] {
		t.Errorf("values are %g apart, the far one at %g, mean %g, deviation %g", apart, x[100], mean, deviation)
	}
}

// The bound on advantages is part of learning.
func TestAdvantagesAreBoundedInLearning(t *testing.T) {
	learned := func(clip float64) []float32 {
		spec := shortSpec()
		spec.AdvantageClip = clip
		p, err := Train(context.Background(), spec, guardedCells.make(100), Options{Seed: 5, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		return p.Actor.AppendTo(nil)
	}
	if slices.Equal(learned(0.5), learned(0)) {
		t.Error("advantages bounded at half a deviation change nothing")
	}
}
