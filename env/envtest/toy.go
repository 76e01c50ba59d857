package envtest

import (
	"errors"
	"fmt"

	"hibernet/env"
	"hibernet/sim/rng"
)

// Toy is a small environment whose best return is known: under its limit, if
// it has a guard. Its rows are
// independent copies of one game, so a learner's mean over rows estimates an
// expectation. It is in env.Disabled mode: wrap it with env.AutoReset.
//
// Figures: return_mean, the mean over rows of the undiscounted return of the
// episode so far, steps, and for the guard the mean over rows and steps of its
// cost, 0 before the first step.
type Toy struct {
	game    game
	schema  env.Schema
	rows    int
	horizon int
	ending  ending
	best    float64
	naive   float64
	limit   float64 // of the guard's figure

	root    rng.Key
	seeded  bool
	live    bool
	episode uint64
	step    int
	mask    []bool // the last one written, for CheckActions
	returns []float64
	spent   float64 // sum of the costs of the episode, over rows and steps
}

var _ env.Environment = (*Toy)(nil)

// ending says what the horizon of a toy means.
type ending uint8

const (
	terminates ending = iota // nothing follows
	truncates                // the task would go on
)

// game is the part that differs between toys. Row indices are 0..rows-1.
type game interface {
	begin(row int, key rng.Key)                        // the first state of an episode
	move(row, step, action int) (reward, cost float64) // one step; cost is of the guard, if there is one
	obsTo(row, step int, dst []float32)                // step: steps made so far
	maskTo(row, step int, dst []bool)
}

// newToy checks rows and gathers what all toys share.
func newToy(rows, horizon int, end ending, schema env.Schema, g game) (*Toy, error) {
	if rows < 1 {
		return nil, fmt.Errorf("envtest: rows: at least 1, got %d", rows)
	}
	schema.Version = 1
	return &Toy{game: g, schema: schema, rows: rows, horizon: horizon, ending: end,
		mask: make([]bool, rows*len(schema.Actions)), returns: make([]float64, rows)}, nil
}

// Best returns the expected undiscounted return of one row in one episode
// under the best policy: with a guard, the best that keeps the expected figure
// within Limit.
func (t *Toy) Best() float64 { return t.best }

// Naive returns the same of the simple policy named in the toy's constructor:
// what a learner that lacks the tested ability ends up with or starts from.
func (t *Toy) Naive() float64 { return t.naive }

// Limit returns what the guard's figure, its mean cost a row and step, must not
// exceed in expectation; 0 for a toy without a guard.
func (t *Toy) Limit() float64 { return t.limit }

// Horizon returns the number of steps in an episode.
func (t *Toy) Horizon() int { return t.horizon }

// Schema implements env.Environment.
func (t *Toy) Schema() env.Schema { return t.schema }

// Rows implements env.Environment.
func (t *Toy) Rows() int { return t.rows }

// ResetMode implements env.Environment.
func (t *Toy) ResetMode() env.ResetMode { return env.Disabled }

// Reset implements env.Environment.
func (t *Toy) Reset(seed *uint64, b *env.Batch) error {
	if err := b.Fits(t.schema, t.rows); err != nil {
		return err
	}
	switch {
	case seed != nil:
		t.root, t.episode, t.seeded = rng.Root(*seed).Named("envtest/"+t.schema.Environment), 0, true
	case !t.seeded:
		return env.ErrNoSeed
	default:
		t.episode++
	}
	t.step, t.live = 0, true
	key := t.root.At(t.episode)
	for row := range t.rows {
		t.game.begin(row, key.At(uint64(row)))
		t.returns[row] = 0
	}
	t.spent = 0
	clear(b.Reward)
	clear(b.Cost)
	t.write(b)
	return nil
}

// Step implements env.Environment.
func (t *Toy) Step(actions []int32, b *env.Batch) error {
	switch {
	case !t.seeded:
		return env.ErrNotReset
	case !t.live:
		return env.ErrEpisodeOver
	}
	err := errors.Join(b.Fits(t.schema, t.rows), env.CheckActions(actions, t.mask, len(t.schema.Actions)))
	if err != nil {
		return err
	}
	for row, a := range actions {
		reward, cost := t.game.move(row, t.step, int(a))
		t.returns[row] += reward
		t.spent += cost
		b.Reward[row] = float32(reward)
		if len(b.Cost) > 0 {
			b.Cost[row] = float32(cost)
		}
	}
	t.step++
	t.live = t.step < t.horizon
	t.write(b)
	return nil
}

// write fills everything but the rewards.
func (t *Toy) write(b *env.Batch) {
	fields, actions := len(t.schema.Fields), len(t.schema.Actions)
	for row := range t.rows {
		t.game.obsTo(row, t.step, b.Obs[row*fields:(row+1)*fields])
		t.game.maskTo(row, t.step, t.mask[row*actions:(row+1)*actions])
		b.Terminated[row] = !t.live && t.ending == terminates
		b.Truncated[row] = !t.live && t.ending == truncates
	}
	copy(b.Mask, t.mask)
}

// Figures implements env.Environment.
func (t *Toy) Figures(dst []env.Figure) []env.Figure {
	sum := 0.0
	for _, r := range t.returns {
		sum += r
	}
	dst = append(dst,
		env.Figure{Name: "return_mean", Unit: "1", Value: sum / float64(t.rows)},
		env.Figure{Name: "steps", Unit: "1", Value: float64(t.step)})
	for _, g := range t.schema.Guards {
		dst = append(dst, env.Figure{Name: g.Name, Unit: g.Unit, Value: t.spent / float64(t.rows*max(t.step, 1))})
	}
	return dst
}

// flag describes an observation column that is 0 or 1.
func flag(name, doc string) env.Field {
	return env.Field{Name: name, Unit: "1", Doc: doc, Scale: 1}
}

// allow permits every action.
func allow(dst []bool) {
	for i := range dst {
		dst[i] = true
	}
}

// oneHot writes 1 at i and 0 elsewhere.
func oneHot(dst []float32, i int) {
	clear(dst)
	dst[i] = 1
}
