package region

import (
	"fmt"

	"hibernet/env"
	"hibernet/sim/rng"
)

// Regions is an environment of regions with the rows' policy at work in it:
// what the coordinator learns in. A row is a region, an action the level of its
// target, and a step the time until the next decision: hold steps of the inner
// environment, or fewer where the episode ends. The reward of a region is the
// mean of its rows' rewards, summed over these steps; a cost is the mean of its
// rows' costs over these steps.
type Regions struct {
	inner   env.Environment
	m       *Map
	rows    Actor
	hold    int
	batch   *env.Batch // of the inner environment
	told    env.Batch  // what the rows' policy sees
	actions []int32    // [rows of the inner environment]
	level   []int32    // [regions]
	reward  []float64  // [regions] of the present step
	cost    []float64  // [regions x guards] likewise
	costs   []float32  // the inner environment's Cost, where that is asked for
	key     rng.Key    // of the rows' policy's seeds
	episode uint64
	begun   bool // there was a Reset
	live    bool // an episode is under way
}

var _ env.Environment = (*Regions)(nil)

// NewRegions returns the environment of inner's regions, whose rows act by the
// policy rows. workers is the number of goroutines of its own passes.
func NewRegions(inner env.Environment, spec Spec, rows Actor, hold, workers int) (*Regions, error) {
	if inner.ResetMode() != env.Disabled {
		return nil, errResets
	}
	if hold < 1 {
		return nil, fmt.Errorf("region: a target is held for at least 1 step, got %d", hold)
	}
	m, err := NewMap(inner.Schema(), inner.Rows(), spec, workers)
	if err != nil {
		return nil, err
	}
	r := &Regions{
		inner: inner, m: m, rows: rows, hold: hold, batch: env.NewBatch(inner),
		actions: make([]int32, inner.Rows()), level: make([]int32, m.regions), reward: make([]float64, m.regions),
		cost: make([]float64, m.regions*len(m.view.Guards)),
	}
	r.costs = r.batch.Cost
	r.told = *r.batch
	r.told.Obs = make([]float32, inner.Rows()*len(m.rowView.Fields))
	return r, nil
}

// Schema implements env.Environment.
func (r *Regions) Schema() env.Schema { return r.m.Schema() }

// Rows implements env.Environment.
func (r *Regions) Rows() int { return r.m.regions }

// ResetMode implements env.Environment.
func (r *Regions) ResetMode() env.ResetMode { return env.Disabled }

// Figures implements env.Environment: those of the inner environment.
func (r *Regions) Figures(dst []env.Figure) []env.Figure { return r.inner.Figures(dst) }

// Reset implements env.Environment.
func (r *Regions) Reset(seed *uint64, b *env.Batch) error {
	if err := b.Fits(r.Schema(), r.Rows()); err != nil {
		return err
	}
	r.batch.Cost = r.costs[:0] // nothing has been done yet
	if err := r.inner.Reset(seed, r.batch); err != nil {
		return err
	}
	r.begun, r.live = true, true
	r.key, r.episode = nextEpisode(seed, r.key, r.episode)
	if err := r.rows.Reset(r.m.RowSchema(), r.inner.Rows(), r.key.Uint64(r.episode)); err != nil {
		return fmt.Errorf("region: policy of the rows: %w", err)
	}
	for i := range r.level {
		r.level[i] = r.m.Middle()
	}
	clear(r.reward)
	clear(r.cost)
	r.write(b, 1)
	return nil
}

// Step implements env.Environment. An error of the inner environment or of
// the rows' policy ends the episode.
func (r *Regions) Step(actions []int32, b *env.Batch) error {
	switch {
	case !r.begun:
		return env.ErrNotReset
	case !r.live:
		return env.ErrEpisodeOver
	}
	if err := b.Fits(r.Schema(), r.Rows()); err != nil {
		return err
	}
	if len(actions) != r.m.regions {
		return fmt.Errorf("region: %d actions for %d regions", len(actions), r.m.regions)
	}
	for i, a := range actions {
		if a < 0 || int(a) >= r.m.spec.Levels {
			return fmt.Errorf("%w: row %d: action %d, allowed 0..%d", env.ErrMasked, i, a, r.m.spec.Levels-1)
		}
	}
	copy(r.level, actions)
	clear(r.reward)
	clear(r.cost)
	r.batch.Cost = r.costs
	if len(b.Cost) == 0 { // none is worked out if nobody reads it
		r.batch.Cost = nil
	}
	r.live = false // should an error end the episode
	ended, steps := false, 0
	for ; steps < r.hold && !ended; steps++ {
		if err := r.step(); err != nil {
			return err
		}
		var err error
		if ended, err = r.batch.Ended(); err != nil {
			return fmt.Errorf("region: %w", err)
		}
	}
	r.live = !ended
	r.write(b, steps)
	return nil
}

// step has the rows act once.
func (r *Regions) step() error {
	r.m.TellTo(r.told.Obs, r.batch.Obs, r.level)
	if err := r.rows.ActTo(r.actions, &r.told); err != nil {
		return fmt.Errorf("region: policy of the rows: %w", err)
	}
	if err := r.inner.Step(r.actions, r.batch); err != nil {
		return err
	}
	for i := range r.reward {
		lo, hi := r.m.rowsOf(i)
		sum := 0.0
		for _, x := range r.batch.Reward[lo:hi] {
			sum += float64(x)
		}
		r.reward[i] += sum / float64(hi-lo)
	}
	r.addCosts()
	return nil
}

// addCosts adds the mean over each region's rows of the last step's costs.
func (r *Regions) addCosts() {
	guards := len(r.m.view.Guards)
	for row := 0; row*guards < len(r.batch.Cost); row++ {
		region := row / r.m.spec.Rows
		lo, hi := r.m.rowsOf(region)
		for g, x := range r.batch.Cost[row*guards : (row+1)*guards] {
			r.cost[region*guards+g] += float64(x) / float64(hi-lo)
		}
	}
}

// write fills the coordinator's batch after so many inner steps.
func (r *Regions) write(b *env.Batch, steps int) {
	for i := range b.Cost {
		b.Cost[i] = float32(r.cost[i] / float64(steps))
	}
	r.m.SeeTo(b.Obs, r.batch.Obs, r.level)
	for i := range b.Mask {
		b.Mask[i] = true
	}
	for i := range r.reward {
		lo, _ := r.m.rowsOf(i)
		b.Reward[i] = float32(r.reward[i])
		b.Terminated[i], b.Truncated[i] = r.batch.Terminated[lo], r.batch.Truncated[lo]
	}
}
