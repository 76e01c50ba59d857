package sleep

import (
	"math"
	"slices"
	"testing"

	"hibernet/env"
	"hibernet/sim/power"
)

// wishing plays an episode in which every cell that may takes the action, and
// all others stay awake.
func wishing(t *testing.T, e *Env, action int, visit func(step int, b *env.Batch)) {
	t.Helper()
	b, seed := env.NewBatch(e), uint64(3)
	if err := e.Reset(&seed, b); err != nil {
		t.Fatal(err)
	}
	actions := make([]int32, e.Rows())
	for step := range e.Steps() {
		for c := range actions {
			actions[c] = int32(power.Full)
			if b.Mask[c*numActions+action] {
				actions[c] = int32(action)
			}
		}
		if err := e.Step(actions, b); err != nil {
			t.Fatal(err)
		}
		visit(step+1, b)
	}
}

func TestSteeringIsMaskedUnlessSet(t *testing.T) {
	play(t, small().must(t), 1, awakeAlways, func(_ int, b *env.Batch) {
		for row := range len(b.Reward) {
			if slices.Contains(b.Mask[row*numActions+numStates:(row+1)*numActions], true) {
				t.Fatalf("row %d: mask %v", row, b.Mask[row*numActions:(row+1)*numActions])
			}
		}
	})
}

// Steps add up to the limit and the mask keeps it; the network has what the
// column shows, and the next episode begins from the plan.
func TestStepsEndAtTheLimit(t *testing.T) {
	w := small()
	w.spec.CIOStepDB, w.spec.CIOLimitDB, w.spec.LayerStepDB, w.spec.LayerLimitDB, w.spec.EpisodeH = 2, 5, 10, 35, 2
	for _, c := range []struct {
		action    int
		cio, left []float64 // by step: offset and layer shift, dB
	}{
		{actCIODown, []float64{-2, -4, -4}, []float64{0, 0, 0}},
		{actCIOUp, []float64{2, 4, 4}, []float64{0, 0, 0}},
		{actLayerDown, []float64{0, 0, 0, 0}, []float64{-10, -20, -30, -30}},
		{actLayerUp, []float64{0, 0, 0, 0}, []float64{10, 20, 30, 30}},
	} {
		e := w.must(t)
		col, _ := e.schema.Column("cio_db")
		wishing(t, e, c.action, func(step int, b *env.Batch) {
			i := min(step, len(c.cio)) - 1
			for row := range e.Rows() {
				if e.net.CIO(row) != c.cio[i] || e.net.PriorityShift(row) != c.left[i] {
					t.Fatalf("action %d, step %d: %g and %g dB, want %g and %g", c.action, step, e.net.CIO(row), e.net.PriorityShift(row), c.cio[i], c.left[i])
				}
				if got := e.schema.Fields[col].Raw(b.Obs[row*numColumns+col]); math.Abs(got-c.cio[i]) > 1e-6 {
					t.Fatalf("column says %v dB, want %v", got, c.cio[i])
				}
			}
		})
		b := env.NewBatch(e)
		if err := e.Reset(nil, b); err != nil {
			t.Fatal(err)
		}
		if e.net.CIO(0) != 0 || e.net.PriorityShift(0) != 0 || b.Obs[col] != 0 || !b.Mask[c.action] {
			t.Errorf("action %d: the next episode begins with %g and %g dB", c.action, e.net.CIO(0), e.net.PriorityShift(0))
		}
	}
}

// What steering is for: with the array cells behind coverage, coverage carries
// more and they carry less, at the same power states; offsets alone do not
// reach from layer to layer.
func TestPriorityMovesLoadBetweenLayersAndOffsetsDoNot(t *testing.T) {
	w := small()
	w.spec.CIOStepDB, w.spec.LayerStepDB, w.spec.EpisodeH = 6, 40, 3
	coverageLoad := func(action int) (sum float64) {
		e := w.must(t)
		top := e.net.Topology()
		b, seed := env.NewBatch(e), uint64(3)
		if err := e.Reset(&seed, b); err != nil {
			t.Fatal(err)
		}
		actions := make([]int32, e.Rows())
		for range e.Steps() {
			for c, k := range top.CellCarrier {
				actions[c] = int32(power.Full)
				if !top.Carriers[k].Coverage && b.Mask[c*numActions+action] {
					actions[c] = int32(action)
				}
			}
			if err := e.Step(actions, b); err != nil {
				t.Fatal(err)
			}
		}
		for c, k := range top.CellCarrier {
			if top.Carriers[k].Coverage {
				sum += float64(e.load[c])
			}
		}
		return sum
	}
	plain, offset, priority := coverageLoad(int(power.Full)), coverageLoad(actCIODown), coverageLoad(actLayerDown)
	if !(priority > 1.5*plain) {
		t.Errorf("coverage carries %v as planned, %v with the arrays 40 dB down", plain, priority)
	}
	if math.Abs(offset-plain) > 0.05*plain {
		t.Errorf("coverage carries %v as planned, %v with the arrays' offsets 6 dB down", plain, offset)
	}
}

// A steering action leaves the power state, and one that is refused leaves the
// offset.
func TestSteeringLeavesTheState(t *testing.T) {
	w := small().steered()
	w.spec.EpisodeH = 6
	e := w.must(t)
	choose := randomly(4)
	var moves, asleep int
	b, seed := env.NewBatch(e), uint64(3)
	if err := e.Reset(&seed, b); err != nil {
		t.Fatal(err)
	}
	actions, before := make([]int32, e.Rows()), make([]power.State, e.Rows())
	for step := range e.Steps() {
		copy(before, e.view.Target)
		for c := range actions {
			actions[c] = int32(choose(c, step))
			for !b.Mask[c*numActions+int(actions[c])] {
				actions[c] = (actions[c] + 1) % int32(numActions)
			}
			if !e.view.Serving[c] && slices.Contains(b.Mask[c*numActions+numStates:(c+1)*numActions], true) {
				t.Fatalf("cell %d does not serve and may be steered", c)
			}
		}
		if err := e.Step(actions, b); err != nil {
			t.Fatal(err)
		}
		for c, a := range actions {
			if int(a) >= numStates {
				moves++
				if e.wish[c] != uint8(before[c]) {
					t.Fatalf("step %d, cell %d: steering wished for state %d in %d", step, c, e.wish[c], before[c])
				}
			} else if !power.State(a).Awake() {
				asleep++
			}
		}
	}
	if moves == 0 || asleep == 0 {
		t.Errorf("%d steps of offsets, %d wishes to sleep: nothing was tested", moves, asleep)
	}
}
