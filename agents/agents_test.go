package agents_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"hibernet/agents"
	"hibernet/env"
)

// countdown ends after limit steps; row r is paid r+1 a step.
type countdown struct {
	rows, limit, steps int
	truncates          bool
	seeds              []uint64
}

func (c *countdown) Schema() env.Schema {
	return env.Schema{Environment: "countdown", Version: 1,
		Fields: []env.Field{{Name: "left", Scale: 1}}, Actions: []env.Action{{Name: "wait"}}}
}
func (c *countdown) Rows() int                { return c.rows }
func (c *countdown) ResetMode() env.ResetMode { return env.Disabled }

func (c *countdown) Reset(seed *uint64, b *env.Batch) error {
	if seed != nil {
		c.seeds = append(c.seeds, *seed)
	}
	c.steps = 0
	c.write(b)
	clear(b.Reward)
	return nil
}

func (c *countdown) write(b *env.Batch) {
	for r := range c.rows {
		b.Obs[r], b.Mask[r] = float32(c.limit-c.steps), true
		b.Terminated[r] = c.steps == c.limit && !c.truncates
		b.Truncated[r] = c.steps == c.limit && c.truncates
	}
}

func (c *countdown) Step(actions []int32, b *env.Batch) error {
	if err := env.CheckActions(actions, slices.Repeat([]bool{true}, c.rows), 1); err != nil {
		return err
	}
	if c.steps == c.limit {
		return env.ErrEpisodeOver
	}
	c.steps++
	c.write(b)
	for r := range c.rows {
		b.Reward[r] = float32(r + 1)
	}
	return nil
}

func (c *countdown) Figures(dst []env.Figure) []env.Figure {
	return append(dst, env.Figure{Name: "steps", Value: float64(c.steps)})
}

// constant answers the same action for all rows.
type constant struct {
	action int32
	seed   uint64
	fail   error
}

func (c *constant) Name() string { return "constant" }
func (c *constant) Reset(_ env.Schema, _ int, seed uint64) error {
	c.seed = seed
	return c.fail
}
func (c *constant) ActTo(dst []int32, _ *env.Batch) error {
	for i := range dst {
		dst[i] = c.action
	}
	return nil
}

func TestRolloutPlaysOneEpisode(t *testing.T) {
	for _, truncates := range []bool{false, true} {
		for _, mode := range []env.ResetMode{env.Disabled, env.NextStep, env.SameStep} {
			inner := &countdown{rows: 3, limit: 5, truncates: truncates}
			e := env.AutoReset(inner, mode)
			p, seed := &constant{}, uint64(42)
			got, err := agents.Rollout(context.Background(), e, p, env.NewBatch(e), &seed)
			if err != nil {
				t.Fatal(err)
			}
			if got.Steps != 5 || math.Abs(got.Return-10) > 1e-12 { // 5 steps of mean(1, 2, 3)
				t.Errorf("%v: %d steps and return %g, want 5 and 10", mode, got.Steps, got.Return)
			}
			if len(got.Figures) != 1 || (mode != env.SameStep && got.Figures[0].Value != 5) {
				t.Errorf("%v: figures %v, want steps = 5", mode, got.Figures)
			}
			if len(inner.seeds) != 1 || inner.seeds[0] != 42 || p.seed != 42 {
				t.Errorf("%v: seeds %v and %d, want 42 for both", mode, inner.seeds, p.seed)
			}
		}
	}
}

func TestRolloutWithoutSeedResetsThePolicyWithZero(t *testing.T) {
	e, p := &countdown{rows: 1, limit: 1}, &constant{seed: 9}
	if _, err := agents.Rollout(context.Background(), e, p, env.NewBatch(e), nil); err != nil {
		t.Fatal(err)
	}
	if len(e.seeds) != 0 || p.seed != 0 {
		t.Errorf("seeds %v and %d, want none and 0", e.seeds, p.seed)
	}
}

func TestRolloutErrors(t *testing.T) {
	e, seed := &countdown{rows: 2, limit: 3}, uint64(1)
	refused := errors.New("column missing")
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		p    *constant
		b    *env.Batch
		want string
	}{
		{"policy refuses", context.Background(), &constant{fail: refused}, env.NewBatch(e), "policy constant: column missing"},
		{"bad action", context.Background(), &constant{action: 7}, env.NewBatch(e), "policy constant: step 0: env: action not allowed by the mask: row 0: action 7"},
		{"batch too small", context.Background(), &constant{}, &env.Batch{}, "batch buffer Obs"},
		{"cancelled", cancelled, &constant{}, env.NewBatch(e), "context canceled"},
	} {
		_, err := agents.Rollout(c.ctx, e, c.p, c.b, &seed)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	if _, err := agents.Rollout(context.Background(), e, &constant{action: 7}, env.NewBatch(e), &seed); !errors.Is(err, env.ErrMasked) {
		t.Errorf("error %v does not wrap ErrMasked", err)
	}
}

// torn ends its rows one after the other.
type torn struct{ countdown }

func (c *torn) Step(actions []int32, b *env.Batch) error {
	err := c.countdown.Step(actions, b)
	b.Terminated[0] = true
	return err
}

func TestRolloutRefusesRowsThatEndApart(t *testing.T) {
	e, seed := &torn{countdown{rows: 2, limit: 3}}, uint64(1)
	if _, err := agents.Rollout(context.Background(), e, &constant{}, env.NewBatch(e), &seed); err == nil || !strings.Contains(err.Error(), "did not end together") {
		t.Errorf("error %v", err)
	}
}
