package env

import (
	"errors"
	"reflect"
	"testing"
)

// counter is an environment whose every number says where it comes from:
// Obs = 100*episode + step, Reward = step. Episodes last 3 steps.
type counter struct {
	rows           int
	terminates     bool
	episode, step  int
	live           bool
	failReset      error
	resets         int
	splitRow       bool
	figureOfReturn float64
}

func (c *counter) Schema() Schema {
	return Schema{Environment: "counter", Version: 1,
		Fields:  []Field{{Name: "n", Unit: "1", Scale: 1}},
		Actions: []Action{{Name: "go"}, {Name: "never"}},
		Guards:  []Guard{{Name: "return", Unit: "1", Doc: "twice the reward"}}}
}
func (c *counter) Rows() int            { return c.rows }
func (c *counter) ResetMode() ResetMode { return Disabled }
func (c *counter) Figures(dst []Figure) []Figure {
	return append(dst, Figure{Name: "return", Unit: "1", Value: c.figureOfReturn})
}

func (c *counter) Reset(seed *uint64, b *Batch) error {
	if err := b.Fits(c.Schema(), c.rows); err != nil {
		return err
	}
	if c.failReset != nil {
		return c.failReset
	}
	if seed != nil {
		c.episode = int(*seed)
	} else {
		c.episode++
	}
	c.resets++
	c.step, c.live, c.figureOfReturn = 0, true, 0
	c.write(b, 0, false)
	return nil
}

func (c *counter) Step(actions []int32, b *Batch) error {
	if !c.live {
		return ErrEpisodeOver
	}
	mask := make([]bool, 0, 2*c.rows)
	for range c.rows {
		mask = append(mask, true, false)
	}
	if err := CheckActions(actions, mask, 2); err != nil {
		return err
	}
	c.step++
	c.figureOfReturn += float64(c.step)
	c.live = c.step < 3
	c.write(b, float32(c.step), !c.live)
	return nil
}

func (c *counter) write(b *Batch, reward float32, end bool) {
	for row := range c.rows {
		b.Obs[row] = float32(100*c.episode + c.step)
		b.Mask[2*row], b.Mask[2*row+1] = true, false
		b.Reward[row] = reward
		if len(b.Cost) > 0 {
			b.Cost[row] = 2 * reward
		}
		b.Terminated[row] = end && c.terminates
		b.Truncated[row] = end && !c.terminates
	}
	if c.splitRow && end {
		b.Terminated[0], b.Truncated[0] = false, false
	}
}

// moment is what one call gave in row 1.
type moment struct {
	obs, reward, final float32
	term, trunc        bool
	cost               float32
}

func drive(t *testing.T, e Environment, b *Batch, calls int) []moment {
	t.Helper()
	seed := uint64(1)
	if err := e.Reset(&seed, b); err != nil {
		t.Fatal(err)
	}
	var got []moment
	for range calls {
		final := float32(-1) // nothing written
		if e.ResetMode() == SameStep {
			b.FinalObs[1] = -1
		}
		if err := e.Step(make([]int32, e.Rows()), b); err != nil {
			t.Fatal(err)
		}
		if e.ResetMode() == SameStep {
			final = b.FinalObs[1]
		}
		m := moment{b.Obs[1], b.Reward[1], final, b.Terminated[1], b.Truncated[1], 0}
		if len(b.Cost) > 0 {
			m.cost = b.Cost[1]
		}
		got = append(got, m)
	}
	return got
}

// The tables are what Gymnasium 1.1's SyncVectorEnv returns for the same
// environment under AutoresetMode.NEXT_STEP and SAME_STEP.
func TestAutoResetSequence(t *testing.T) {
	for _, terminates := range []bool{false, true} {
		te, tr := terminates, !terminates
		for _, c := range []struct {
			mode ResetMode
			want []moment
		}{
			{NextStep, []moment{{101, 1, -1, false, false, 2}, {102, 2, -1, false, false, 4}, {103, 3, -1, te, tr, 6},
				{200, 0, -1, false, false, 0}, {201, 1, -1, false, false, 2}, {202, 2, -1, false, false, 4}, {203, 3, -1, te, tr, 6},
				{300, 0, -1, false, false, 0}}},
			{SameStep, []moment{{101, 1, -1, false, false, 2}, {102, 2, -1, false, false, 4}, {200, 3, 103, te, tr, 6},
				{201, 1, -1, false, false, 2}, {202, 2, -1, false, false, 4}, {300, 3, 203, te, tr, 6}}},
		} {
			e := AutoReset(&counter{rows: 2, terminates: terminates}, c.mode)
			if e.ResetMode() != c.mode {
				t.Errorf("mode %v, want %v", e.ResetMode(), c.mode)
			}
			if got := drive(t, e, NewBatch(e), len(c.want)); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%v, terminates %v:\n got %v\nwant %v", c.mode, terminates, got, c.want)
			}
		}
	}
}

func TestAutoResetDisabledIsInner(t *testing.T) {
	inner := &counter{rows: 1}
	if AutoReset(inner, Disabled) != Environment(inner) {
		t.Error("Disabled wrapped the environment")
	}
	defer func() {
		if recover() == nil {
			t.Error("wrapping a wrapper did not panic")
		}
	}()
	AutoReset(AutoReset(inner, SameStep), NextStep)
}

func TestNextStepIgnoresActionsAfterEnd(t *testing.T) {
	e := AutoReset(&counter{rows: 2}, NextStep)
	b := NewBatch(e)
	drive(t, e, b, 3)
	if err := e.Step([]int32{0}, b); err == nil {
		t.Error("one action for two rows was accepted")
	}
	if err := e.Step([]int32{1, 99}, b); err != nil {
		t.Fatalf("actions of the resetting step were read: %v", err)
	}
	if b.Obs[0] != 200 {
		t.Errorf("obs %v, want 200", b.Obs[0])
	}
	if err := e.Step([]int32{0, 1}, b); !errors.Is(err, ErrMasked) {
		t.Errorf("masked action: %v", err)
	}
}

func TestAutoResetFigures(t *testing.T) {
	e := AutoReset(&counter{rows: 2}, SameStep)
	b := NewBatch(e)
	drive(t, e, b, 3)
	if got := e.Figures(nil)[0].Value; got != 6 {
		t.Errorf("figures after the end: %v, want 6 (of the episode that ended)", got)
	}
	if err := e.Step([]int32{0, 0}, b); err != nil {
		t.Fatal(err)
	}
	if got := e.Figures(nil)[0].Value; got != 1 {
		t.Errorf("figures one step later: %v, want 1", got)
	}
}

func TestAutoResetRetriesFailedReset(t *testing.T) {
	broken := errors.New("broken")
	for _, mode := range []ResetMode{NextStep, SameStep} {
		inner := &counter{rows: 2}
		e := AutoReset(inner, mode)
		b := NewBatch(e)
		calls := map[ResetMode]int{NextStep: 3, SameStep: 2}[mode]
		drive(t, e, b, calls)
		before := *b
		before.Obs = append([]float32(nil), b.Obs...)
		inner.failReset = broken
		for range 2 {
			if err := e.Step([]int32{0, 0}, b); !errors.Is(err, broken) {
				t.Fatalf("%v: error %v", mode, err)
			}
			if !reflect.DeepEqual(b.Obs, before.Obs) {
				t.Fatalf("%v: a failed step wrote %v over %v", mode, b.Obs, before.Obs)
			}
		}
		inner.failReset = nil
		if err := e.Step([]int32{0, 0}, b); err != nil {
			t.Fatal(err)
		}
		if b.Obs[0] != 200 {
			t.Errorf("%v: obs %v, want 200", mode, b.Obs[0])
		}
		if mode == SameStep && (b.FinalObs[0] != 103 || !b.Truncated[0] || b.Reward[0] != 3) {
			t.Errorf("SameStep lost the end of the episode: %+v", b)
		}
	}
}

func TestExplicitResetAfterEnd(t *testing.T) {
	for _, mode := range []ResetMode{NextStep, SameStep} {
		e := AutoReset(&counter{rows: 2}, mode)
		b := NewBatch(e)
		drive(t, e, b, 3)
		seed := uint64(7)
		if err := e.Reset(&seed, b); err != nil {
			t.Fatal(err)
		}
		if got := e.Figures(nil)[0].Value; got != 0 {
			t.Errorf("%v: figures after an explicit reset: %v, want 0", mode, got)
		}
		if err := e.Step([]int32{0, 0}, b); err != nil {
			t.Fatal(err)
		}
		if b.Obs[0] != 701 {
			t.Errorf("%v: obs %v after an explicit reset and a step, want 701", mode, b.Obs[0])
		}
		if err := e.Reset(nil, b); err != nil {
			t.Fatal(err)
		}
		if b.Obs[0] != 800 {
			t.Errorf("%v: obs %v after Reset(nil), want 800", mode, b.Obs[0])
		}
	}
}

func TestAutoResetRefuses(t *testing.T) {
	for _, mode := range []ResetMode{NextStep, SameStep} {
		e := AutoReset(&counter{rows: 2, splitRow: true}, mode)
		b := NewBatch(e)
		drive(t, e, b, 2)
		if err := e.Step([]int32{0, 0}, b); err == nil {
			t.Errorf("%v: rows that end apart were accepted", mode)
		}
	}
	e := AutoReset(&counter{rows: 2}, SameStep)
	b := NewBatch(e)
	drive(t, e, b, 2)
	for n := range 2 {
		b.FinalObs = b.FinalObs[:n]
		if err := e.Step([]int32{0, 0}, b); err == nil {
			t.Errorf("Step accepted FinalObs of %d values", n)
		}
		if err := e.Reset(nil, b); err == nil {
			t.Errorf("Reset accepted FinalObs of %d values", n)
		}
	}
}
