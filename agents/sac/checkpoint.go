package sac

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
	RewardScale float64 // factor on rewards; 0 before the first iteration finds it
	nets        networks
	memory      *replay.Memory
}

// Checkpoint implements train.Learner.
func (l *learner) Checkpoint() train.Checkpoint {
	return &Checkpoint{Spec: l.spec, Seed: l.seed, Schema: l.schema, Iteration: l.iteration, RewardScale: l.scale, nets: l.networks.clone(), memory: l.memory.Clone()}
}

// restore goes on from c.
func (l *learner) restore(c *Checkpoint) {
	l.iteration, l.scale, l.networks, l.memory = c.Iteration, c.RewardScale, c.nets.clone(), c.memory.Clone()
}

// Completed implements train.Checkpoint.
func (c *Checkpoint) Completed() int { return c.Iteration }

// Policy implements train.Checkpoint.
func (c *Checkpoint) Policy() train.Policy {
	return &mlp.Policy{Actor: c.nets.policy.Clone(), Schema: c.Schema, Label: name, Greedy: true, Workers: 1}
}

func (c *Checkpoint) state() *train.State {
	n := &c.nets
	return &train.State{
		Algorithm: name, Seed: c.Seed, Iteration: c.Iteration, Spec: c.Spec, Schema: c.Schema,
		Numbers: map[string]float64{
			"reward_scale": c.RewardScale, "actor_steps": float64(n.adamActor.Steps),
			"critics_steps": float64(n.adamCritics.Steps), "temperature_steps": float64(n.adamWorth.Steps),
		},
	}
}

// Encode implements train.Checkpoint.
func (c *Checkpoint) Encode() ([]byte, error) {
	s, n := c.state(), &c.nets
	s.Arrays = map[string][]float32{
		"actor": n.actor, "critics": n.critics, "targets": n.targets, "log_temperature": n.worth,
		"actor_m1": n.adamActor.M1, "actor_m2": n.adamActor.M2, "critics_m1": n.adamCritics.M1, "critics_m2": n.adamCritics.M2,
		"temperature_m1": n.adamWorth.M1, "temperature_m2": n.adamWorth.M2,
	}
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
		return nil, fmt.Errorf("sac: checkpoint: %w", err)
	}
	c := &Checkpoint{Spec: spec, Seed: s.Seed, Schema: s.Schema, Iteration: s.Iteration}
	if err := c.decode(s); err != nil {
		return nil, fmt.Errorf("sac: checkpoint: %w", err)
	}
	return c, nil
}

func (c *Checkpoint) decode(s *train.State) error {
	if s.Iteration > c.Spec.Iterations {
		return fmt.Errorf("iteration: allowed 0 to %d, got %d", c.Spec.Iterations, s.Iteration)
	}
	sizes := c.Spec.sizes(len(s.Schema.Fields), len(s.Schema.Actions))
	if err := mlp.CheckShape(sizes, c.Spec.Activation); err != nil {
		return err
	}
	n, size := &c.nets, mlp.Len(sizes)
	n.adamActor, n.adamCritics, n.adamWorth = &descent.Adam{}, &descent.Adam{}, &descent.Adam{}
	for _, a := range []struct {
		name   string
		length int
		dst    *[]float32
	}{
		{"actor", size, &n.actor}, {"critics", 2 * size, &n.critics}, {"targets", 2 * size, &n.targets}, {"log_temperature", 1, &n.worth},
		{"actor_m1", size, &n.adamActor.M1}, {"actor_m2", size, &n.adamActor.M2},
		{"critics_m1", 2 * size, &n.adamCritics.M1}, {"critics_m2", 2 * size, &n.adamCritics.M2},
		{"temperature_m1", 1, &n.adamWorth.M1}, {"temperature_m2", 1, &n.adamWorth.M2},
	} {
		var err error
		if *a.dst, err = s.Array(a.name, a.length); err != nil {
			return err
		}
	}
	for _, a := range []struct {
		name string
		dst  *int
	}{{"actor_steps", &n.adamActor.Steps}, {"critics_steps", &n.adamCritics.Steps}, {"temperature_steps", &n.adamWorth.Steps}} {
		var err error
		if *a.dst, err = s.Count(a.name); err != nil {
			return err
		}
	}
	var err error
	if c.RewardScale, err = s.Number("reward_scale", 0, replay.MaxRewardScale); err != nil {
		return err
	}
	if c.memory, err = replay.Decode(shape(c.Spec, s.Schema), s.Memory); err != nil {
		return err
	}
	n.view(sizes, c.Spec.Activation)
	return nil
}
