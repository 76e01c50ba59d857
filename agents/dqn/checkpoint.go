package dqn

import (
	"errors"

	"hibernet/agents/descent"
	"hibernet/agents/mlp"
	"hibernet/agents/replay"
	"hibernet/agents/train"
	"hibernet/env"
)

var _ train.Checkpoint = (*Checkpoint)(nil)

// Checkpoint is the whole state of a training between two iterations, with all
// that it remembers. It shares nothing with the training that made it.
type Checkpoint struct {
	Spec        Spec
	Seed        uint64
	Schema      env.Schema
	Iteration   int     // completed
	Steps       int     // gradient steps taken
	RewardScale float64 // factor on rewards; 0 before the first iteration finds it
	Learned     *mlp.Net
	Target      *mlp.Net
	adam        *descent.Adam
	prices      *train.Prices
	memory      *replay.Memory
}

// Checkpoint implements train.Learner.
func (l *learner) Checkpoint() train.Checkpoint {
	return &Checkpoint{
		Spec: l.spec, Seed: l.seed, Schema: l.schema, Iteration: l.iteration, Steps: l.steps, RewardScale: l.scale,
		Learned: l.learned.Clone(), Target: l.target.Clone(), adam: l.adam.Clone(), prices: l.prices.Clone(), memory: l.memory.Clone(),
	}
}

// restore goes on from c.
func (l *learner) restore(c *Checkpoint) {
	l.iteration, l.steps, l.scale = c.Iteration, c.Steps, c.RewardScale
	l.theta = c.Learned.AppendTo(nil)
	l.view()
	foldTo(l.q, l.learned)
	l.target, l.adam, l.memory = c.Target.Clone(), c.adam.Clone(), c.memory.Clone()
	l.prices = c.prices.Clone()
}

// Completed implements train.Checkpoint.
func (c *Checkpoint) Completed() int { return c.Iteration }

// Policy implements train.Checkpoint: its network gives the values of actions.
func (c *Checkpoint) Policy() train.Policy {
	sizes := c.Target.Sizes
	q := mlp.View(sizes, c.Target.Activation, make([]float32, mlp.Len(sizes)))
	foldTo(q, c.Learned)
	return &mlp.Policy{Actor: q, Schema: c.Schema, Label: label(c.prices), Greedy: true, Workers: 1}
}

func (c *Checkpoint) state() *train.State {
	return &train.State{
		Algorithm: name, Seed: c.Seed, Iteration: c.Iteration, Spec: c.Spec, Schema: c.Schema, Prices: c.prices,
		Numbers: map[string]float64{"reward_scale": c.RewardScale, "gradient_steps": float64(c.Steps)},
	}
}

// Encode implements train.Checkpoint.
func (c *Checkpoint) Encode() ([]byte, error) {
	s := c.state()
	s.Arrays = map[string][]float32{"learned": c.Learned.AppendTo(nil), "target": c.Target.AppendTo(nil)}
	c.adam.PutIn(s.Arrays, s.Numbers, "adam")
	s.Memory = c.memory.AppendTo(nil)
	return s.Encode()
}

// DecodeCheckpoint reads what Encode wrote. Broken settings, arrays that do not
// fit them and numbers that are not finite are errors.
func DecodeCheckpoint(data []byte) (*Checkpoint, error) {
	var c Checkpoint
	if err := train.Restore(data, name, &c.Spec, c.take); err != nil {
		return nil, err
	}
	return &c, nil
}

// take reads all but the settings.
func (c *Checkpoint) take(s *train.State) error {
	c.Seed, c.Schema, c.Iteration, c.prices = s.Seed, s.Schema, s.Iteration, s.Prices
	if err := s.Within(c.Spec.Iterations); err != nil {
		return err
	}
	if err := c.prices.Check(c.Spec.Lagrangian, s.Schema, s.Iteration); err != nil {
		return err
	}
	learned := c.Spec.sizes(len(s.Schema.Fields), c.Spec.heads(len(s.Schema.Actions)))
	target := c.Spec.sizes(len(s.Schema.Fields), len(s.Schema.Actions))
	if err := errors.Join(mlp.CheckShape(learned, c.Spec.Activation), mlp.CheckShape(target, c.Spec.Activation)); err != nil {
		return err
	}
	online, err1 := s.Array("learned", mlp.Len(learned))
	late, err2 := s.Array("target", mlp.Len(target))
	var err3, err4, err5, err6 error
	c.adam, err3 = descent.AdamIn(s, "adam", mlp.Len(learned))
	c.RewardScale, err4 = s.Number("reward_scale", 0, replay.MaxRewardScale)
	c.Steps, err5 = s.Count("gradient_steps")
	c.memory, err6 = replay.Decode(c.Spec.Replay.Shape(s.Schema), s.Memory)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return err
	}
	c.Learned, c.Target = mlp.View(learned, c.Spec.Activation, online), mlp.View(target, c.Spec.Activation, late)
	return nil
}
