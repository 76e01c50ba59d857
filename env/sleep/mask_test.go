package sleep

import (
	"errors"
	"testing"

	"hibernet/env"
)

// TestWithoutTheMask plays wishes at random twice: in one environment the mask
// is told, and the test replaces forbidden wishes by the present state; in the
// other they are given as they are. Rewards, observations and what the shield
// did are the same, to the bit, and the forbidden wishes are counted.
func TestWithoutTheMask(t *testing.T) {
	for _, workers := range []int{1, 3} {
		told, untold := small(), small()
		told.workers, untold.workers = workers, workers
		untold.spec.Mask = false
		a, b := told.must(t), untold.must(t)
		ba, bb, seed := env.NewBatch(a), env.NewBatch(b), uint64(8)
		if err := errors.Join(a.Reset(&seed, ba), b.Reset(&seed, bb)); err != nil {
			t.Fatal(err)
		}
		choose, wishes, allowed := randomly(4), make([]int32, a.Rows()), make([]int32, a.Rows())
		var forbidden int64
		for step := range a.Steps() {
			for row := range wishes {
				wishes[row] = int32(choose(row, step))
				allowed[row] = wishes[row]
				if !ba.Mask[row*numActions+int(wishes[row])] {
					allowed[row] = int32(a.target[row])
					forbidden++
				}
				for _, ok := range bb.Mask[row*numActions : (row+1)*numActions] {
					if !ok {
						t.Fatalf("step %d: row %d is told a mask", step, row)
					}
				}
			}
			if err := errors.Join(a.Step(allowed, ba), b.Step(wishes, bb)); err != nil {
				t.Fatal(err)
			}
			for row := range ba.Reward {
				if ba.Reward[row] != bb.Reward[row] {
					t.Fatalf("step %d, row %d: rewards %v and %v", step, row, ba.Reward[row], bb.Reward[row])
				}
			}
			for i := range ba.Obs {
				if ba.Obs[i] != bb.Obs[i] {
					t.Fatalf("step %d: observation %d: %v and %v", step, i, ba.Obs[i], bb.Obs[i])
				}
			}
		}
		if forbidden == 0 {
			t.Fatal("nothing was forbidden: nothing was tested")
		}
		if got := figure(t, b, "shield_masked"); got != float64(forbidden) {
			t.Errorf("shield_masked %g, want %d", got, forbidden)
		}
		if x, y := figure(t, a, "shield_total"), figure(t, b, "shield_total"); y-x != float64(forbidden) {
			t.Errorf("interventions %g with the mask and %g without, want %d more", x, y, forbidden)
		}
		wishes[0] = int32(numActions)
		if err := b.Reset(&seed, bb); err != nil {
			t.Fatal(err)
		}
		if err := b.Step(wishes, bb); !errors.Is(err, env.ErrMasked) {
			t.Errorf("error %v for an action that there is not", err)
		}
	}
}
