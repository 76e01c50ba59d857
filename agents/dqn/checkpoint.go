package dqn

import (
	"errors"
	"fmt"

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
	memory      *replay.Memory
}

// Checkpoint implements train.Learner.
func (l *learner) Checkpoint() train.Checkpoint {
	return &Checkpoint{
		Spec: l.spec, Seed: l.seed, Schema: l.schema, Iteration: l.iteration, Steps: l.steps, RewardScale: l.scale,
		Learned: l.learned.Clone(), Target: l.target.Clone(), adam: l.adam.Clone(), memory: l.memory.Clone(),
	}
}

// restore goes on from c.
func (l *learner) restore(c *Checkpoint) {
	l.iteration, l.steps, l.scale = c.Iteration, c.Steps, c.RewardScale
	l.theta = c.Learned.AppendTo(nil)
	l.view()
	foldTo(l.q, l.learned)
	l.target, l.adam, l.memory = c.Target.Clone(), c.adam.Clone(), c.memory.Clone()
}

// Completed implements train.Checkpoint.
func (c *Checkpoint) Completed() int { return c.Iteration }

// Policy implements train.Checkpoint: its network gives the values of actions.
func (c *Checkpoint) Policy() train.Policy {
	sizes := c.Target.Sizes
	q := mlp.View(sizes, c.Target.Activation, make([]float32, mlp.Len(sizes)))
	foldTo(q, c.Learned)
	return &mlp.Policy{Actor: q, Schema: c.Schema, Label: name, Greedy: true, Workers: 1}
}

func (c *Checkpoint) state() *train.State {
	return &train.State{
		Algorithm: name, Seed: c.Seed, Iteration: c.Iteration, Spec: c.Spec, Schema: c.Schema,
		Numbers: map[string]float64{"reward_scale": c.RewardScale, "gradient_steps": float64(c.Steps), "adam_steps": float64(c.adam.Steps)},
	}
}

// Encode implements train.Checkpoint.
func (c *Checkpoint) Encode() ([]byte, error) {
	s := c.state()
	s.Arrays = map[string][]float32{"learned": c.Learned.AppendTo(nil), "target": c.Target.AppendTo(nil), "adam_m1": c.adam.M1, "adam_m2": c.adam.M2}
	s.Memory = c.memory.AppendTo(nil)
	return s.Encode()
}

// DecodeCheckpoint reads what Encode wrote. Broken settings, arrays that do not
// fit them and numbers that are not finite are errors.
func DecodeCheckpoint(data []byte) (*Checkpoint, error) {
	var spec Spec
	s, err := train.DecodeState(data, name, &spec)
	if err == nil {
		err = errors.Join(spec.Validate()...)
	}
	if err != nil {
		return nil, fmt.Errorf("dqn: checkpoint: %w", err)
	}
	c := &Checkpoint{Spec: spec, Seed: s.Seed, Schema: s.Schema, Iteration: s.Iteration, adam: &descent.Adam{}}
	if err := c.decode(s); err != nil {
		return nil, fmt.Errorf("dqn: checkpoint: %w", err)
	}
	return c, nil
}

func (c *Checkpoint) decode(s *train.State) error {
	if s.Iteration > c.Spec.Iterations {
		return fmt.Errorf("iteration: allowed 0 to %d, got %d", c.Spec.Iterations, s.Iteration)
	}
	learned := c.Spec.sizes(len(s.Schema.Fields), c.Spec.heads(len(s.Schema.Actions)))
	target := c.Spec.sizes(len(s.Schema.Fields), len(s.Schema.Actions))
	if err := errors.Join(mlp.CheckShape(learned, c.Spec.Activation), mlp.CheckShape(target, c.Spec.Activation)); err != nil {
		return err
	}
	n := mlp.Len(learned)
	online, err1 := s.Array("learned", n)
	late, err2 := s.Array("target", mlp.Len(target))
	var err3, err4, err5, err6, err7, err8 error
	c.adam.M1, err3 = s.Array("adam_m1", n)
	c.adam.M2, err4 = s.Array("adam_m2", n)
	c.RewardScale, err5 = s.Number("reward_scale", 0, replay.MaxRewardScale)
	c.Steps, err6 = s.Count("gradient_steps")
	c.adam.Steps, err7 = s.Count("adam_steps")
	c.memory, err8 = replay.Decode(shape(c.Spec, s.Schema), s.Memory)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
		return err
	}
	c.Learned, c.Target = mlp.View(learned, c.Spec.Activation, online), mlp.View(target, c.Spec.Activation, late)
	return nil
}
