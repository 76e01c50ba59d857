package sac

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
	RewardScale float64 // factor on rewards; 0 before the first iteration finds it
	nets        networks
	prices      *train.Prices
	memory      *replay.Memory
}

// Checkpoint implements train.Learner.
func (l *learner) Checkpoint() train.Checkpoint {
	return &Checkpoint{
		Spec: l.spec, Seed: l.seed, Schema: l.schema, Iteration: l.iteration, RewardScale: l.scale,
		nets: l.networks.clone(), prices: l.prices.Clone(), memory: l.memory.Clone(),
	}
}

// restore goes on from c.
func (l *learner) restore(c *Checkpoint) {
	l.iteration, l.scale, l.networks, l.memory = c.Iteration, c.RewardScale, c.nets.clone(), c.memory.Clone()
	l.prices = c.prices.Clone()
}

// Completed implements train.Checkpoint.
func (c *Checkpoint) Completed() int { return c.Iteration }

// Policy implements train.Checkpoint.
func (c *Checkpoint) Policy() train.Policy {
	return &mlp.Policy{Actor: c.nets.policy.Clone(), Schema: c.Schema, Label: label(c.prices), Greedy: true, Workers: 1}
}

func (c *Checkpoint) state() *train.State {
	return &train.State{
		Algorithm: name, Seed: c.Seed, Iteration: c.Iteration, Spec: c.Spec, Schema: c.Schema, Prices: c.prices,
		Numbers: map[string]float64{"reward_scale": c.RewardScale},
	}
}

// Encode implements train.Checkpoint.
func (c *Checkpoint) Encode() ([]byte, error) {
	s, n := c.state(), &c.nets
	s.Arrays = map[string][]float32{"actor": n.actor, "critics": n.critics, "targets": n.targets, "log_temperature": n.worth}
	n.adamActor.PutIn(s.Arrays, s.Numbers, "actor")
	n.adamCritics.PutIn(s.Arrays, s.Numbers, "critics")
	n.adamWorth.PutIn(s.Arrays, s.Numbers, "temperature")
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
	sizes := c.Spec.sizes(len(s.Schema.Fields), len(s.Schema.Actions))
	if err := mlp.CheckShape(sizes, c.Spec.Activation); err != nil {
		return err
	}
	n, size := &c.nets, mlp.Len(sizes)
	var errs [9]error
	n.actor, errs[0] = s.Array("actor", size)
	n.critics, errs[1] = s.Array("critics", 2*size)
	n.targets, errs[2] = s.Array("targets", 2*size)
	n.worth, errs[3] = s.Array("log_temperature", 1)
	n.adamActor, errs[4] = descent.AdamIn(s, "actor", size)
	n.adamCritics, errs[5] = descent.AdamIn(s, "critics", 2*size)
	n.adamWorth, errs[6] = descent.AdamIn(s, "temperature", 1)
	c.RewardScale, errs[7] = s.Number("reward_scale", 0, replay.MaxRewardScale)
	c.memory, errs[8] = replay.Decode(c.Spec.Replay.Shape(s.Schema), s.Memory)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	n.view(sizes, c.Spec.Activation)
	return nil
}
