package region

import (
	"errors"

	"hibernet/env"
	"hibernet/sim/rng"
)

// errResets is returned for an inner environment that resets itself.
var errResets = errors.New("region: the environment resets itself: it must be in mode Disabled")

// Cells is an environment with the coordinator at work in it: what the rows'
// policy learns in. Its observation has the column coordinator_target beside
// those of the inner environment; all else is the inner environment's.
type Cells struct {
	inner   env.Environment
	steer   *Steering
	batch   *env.Batch // of the inner environment
	cost    []float32  // its Cost, where that is asked for
	key     rng.Key    // of the coordinator's seeds
	episode uint64
}

var _ env.Environment = (*Cells)(nil)

// NewCells returns inner with a coordinator that decides at the first of every
// hold steps. workers is the number of goroutines of its own passes.
func NewCells(inner env.Environment, spec Spec, coordinator Actor, hold, workers int) (*Cells, error) {
	if inner.ResetMode() != env.Disabled {
		return nil, errResets
	}
	m, err := NewMap(inner.Schema(), inner.Rows(), spec, workers)
	if err != nil {
		return nil, err
	}
	s, err := NewSteering(m, coordinator, hold)
	if err != nil {
		return nil, err
	}
	batch := env.NewBatch(inner)
	return &Cells{inner: inner, steer: s, batch: batch, cost: batch.Cost}, nil
}

// Schema implements env.Environment.
func (c *Cells) Schema() env.Schema { return c.steer.RowSchema() }

// Rows implements env.Environment.
func (c *Cells) Rows() int { return c.inner.Rows() }

// ResetMode implements env.Environment.
func (c *Cells) ResetMode() env.ResetMode { return env.Disabled }

// Figures implements env.Environment.
func (c *Cells) Figures(dst []env.Figure) []env.Figure { return c.inner.Figures(dst) }

// Reset implements env.Environment.
func (c *Cells) Reset(seed *uint64, b *env.Batch) error {
	if err := b.Fits(c.Schema(), c.Rows()); err != nil {
		return err
	}
	c.batch.Cost = c.cost[:len(b.Cost)] // none is worked out if nobody reads it
	if err := c.inner.Reset(seed, c.batch); err != nil {
		return err
	}
	c.key, c.episode = nextEpisode(seed, c.key, c.episode)
	if err := c.steer.Begin(c.key.Uint64(c.episode)); err != nil {
		return err
	}
	return c.write(b)
}

// nextEpisode returns the key of the other level's seeds and the number of the
// episode that a Reset begins.
func nextEpisode(seed *uint64, key rng.Key, episode uint64) (rng.Key, uint64) {
	if seed != nil {
		return rng.Root(*seed).Named("region"), 0
	}
	return key, episode + 1
}

// Step implements env.Environment.
func (c *Cells) Step(actions []int32, b *env.Batch) error {
	if err := b.Fits(c.Schema(), c.Rows()); err != nil {
		return err
	}
	c.batch.Cost = c.cost[:len(b.Cost)]
	if err := c.inner.Step(actions, c.batch); err != nil {
		return err
	}
	return c.write(b)
}

// write has the coordinator decide and copies what the inner environment wrote.
func (c *Cells) write(b *env.Batch) error {
	if err := c.steer.Decide(c.batch.Obs); err != nil {
		return err
	}
	c.steer.TellTo(b.Obs, c.batch.Obs, c.steer.level)
	copy(b.Mask, c.batch.Mask)
	copy(b.Reward, c.batch.Reward)
	copy(b.Cost, c.batch.Cost)
	copy(b.Terminated, c.batch.Terminated)
	copy(b.Truncated, c.batch.Truncated)
	return nil
}
