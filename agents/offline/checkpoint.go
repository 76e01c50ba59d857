package offline

import (
	"errors"
	"fmt"
	"slices"

	"hibernet/agents/descent"
	"hibernet/agents/mlp"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/sim/rng"
)

var _ train.Checkpoint = (*Checkpoint)(nil)

// Checkpoint is the whole state of a training between two iterations, but for
// the log.
type Checkpoint struct {
	Algorithm   string
	Spec        Spec
	Seed        uint64
	Schema      env.Schema
	Iteration   int     // completed
	Transitions int     // of the log
	parts       []state // in the order of outputs
	target      []float32
}

// state is that of a network that is learned.
type state struct {
	theta []float32
	adam  *descent.Adam
}

// names of the parts in files, in the order of outputs.
var names = [...]string{"value", "state", "policy"}

// outputs returns the number of outputs of each network that is learned: values
// of actions and, for IQL, the value of the state and the policy.
func outputs(algorithm string, actions int) []int {
	if algorithm == CQL {
		return []int{actions}
	}
	return []int{actions, 1, actions}
}

// begin is the state before the first iteration.
func begin(algorithm string, spec Spec, seed uint64, s env.Schema, transitions int) *Checkpoint {
	c := &Checkpoint{Algorithm: algorithm, Spec: spec, Seed: seed, Schema: s, Transitions: transitions}
	key := rng.Root(seed).Named(algorithm).Named("weights")
	for i, out := range outputs(algorithm, len(s.Actions)) {
		theta := mlp.New(spec.sizes(len(s.Fields), out), spec.Activation, 0.01, key.Named(names[i])).AppendTo(nil)
		c.parts = append(c.parts, state{theta, descent.NewAdam(len(theta))})
	}
	c.target = slices.Clone(c.parts[0].theta)
	return c
}

// resumes returns an error unless a training with these settings can go on
// from c.
func (c *Checkpoint) resumes(algorithm string, spec Spec, seed uint64, s env.Schema, transitions int) error {
	if c.Algorithm != algorithm || c.Transitions != transitions {
		return fmt.Errorf("the checkpoint was made by %s from %d transitions, got %s and %d", c.Algorithm, c.Transitions, algorithm, transitions)
	}
	return c.file().Resumes(spec, seed, s)
}

// Checkpoint implements train.Learner.
func (l *learner) Checkpoint() train.Checkpoint {
	c := &Checkpoint{Algorithm: l.algorithm, Spec: l.spec, Seed: l.seed, Schema: l.schema, Iteration: l.iteration, Transitions: l.memory.Len(), target: slices.Clone(l.target)}
	for _, p := range []*part{l.value, l.state, l.policy} {
		if p != nil {
			c.parts = append(c.parts, state{slices.Clone(p.theta), p.adam.Clone()})
		}
	}
	return c
}

// Completed implements train.Checkpoint.
func (c *Checkpoint) Completed() int { return c.Iteration }

// Policy implements train.Checkpoint: CQL's network gives values of actions,
// IQL's logits.
func (c *Checkpoint) Policy() train.Policy {
	last := c.parts[len(c.parts)-1]
	sizes := c.Spec.sizes(len(c.Schema.Fields), len(c.Schema.Actions))
	return &mlp.Policy{Actor: mlp.View(sizes, c.Spec.Activation, slices.Clone(last.theta)), Schema: c.Schema, Label: c.Algorithm, Greedy: true, Workers: 1}
}

func (c *Checkpoint) file() *train.State {
	s := &train.State{
		Algorithm: c.Algorithm, Seed: c.Seed, Iteration: c.Iteration, Spec: c.Spec, Schema: c.Schema,
		Numbers: map[string]float64{"transitions": float64(c.Transitions)}, Arrays: map[string][]float32{"target": c.target},
	}
	for i, p := range c.parts {
		s.Numbers[names[i]+"_steps"] = float64(p.adam.Steps)
		s.Arrays[names[i]], s.Arrays[names[i]+"_m1"], s.Arrays[names[i]+"_m2"] = p.theta, p.adam.M1, p.adam.M2
	}
	return s
}

// Encode implements train.Checkpoint.
func (c *Checkpoint) Encode() ([]byte, error) { return c.file().Encode() }

// DecodeCheckpoint reads what Encode wrote for an algorithm. Broken settings,
// arrays that do not fit them and numbers that are not finite are errors.
func DecodeCheckpoint(algorithm string, data []byte) (*Checkpoint, error) {
	var spec Spec
	s, err := train.DecodeState(data, algorithm, &spec)
	if err == nil {
		err = errors.Join(spec.Validate()...)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: checkpoint: %w", algorithm, err)
	}
	c := &Checkpoint{Algorithm: algorithm, Spec: spec, Seed: s.Seed, Schema: s.Schema, Iteration: s.Iteration}
	if err := c.decode(s); err != nil {
		return nil, fmt.Errorf("%s: checkpoint: %w", algorithm, err)
	}
	return c, nil
}

func (c *Checkpoint) decode(s *train.State) error {
	var errs [4]error
	if c.Transitions, errs[0] = s.Count("transitions"); errs[0] != nil {
		return errs[0]
	}
	for i, out := range outputs(c.Algorithm, len(s.Schema.Actions)) {
		sizes := c.Spec.sizes(len(s.Schema.Fields), out)
		if err := mlp.CheckShape(sizes, c.Spec.Activation); err != nil {
			return err
		}
		p, n := state{adam: &descent.Adam{}}, mlp.Len(sizes)
		p.theta, errs[0] = s.Array(names[i], n)
		p.adam.M1, errs[1] = s.Array(names[i]+"_m1", n)
		p.adam.M2, errs[2] = s.Array(names[i]+"_m2", n)
		p.adam.Steps, errs[3] = s.Count(names[i] + "_steps")
		if err := errors.Join(errs[:]...); err != nil {
			return err
		}
		c.parts = append(c.parts, p)
	}
	var err error
	if c.target, err = s.Array("target", len(c.parts[0].theta)); err != nil {
		return err
	}
	if c.Iteration > c.Spec.Iterations {
		return fmt.Errorf("iteration: allowed 0 to %d, got %d", c.Spec.Iterations, c.Iteration)
	}
	return nil
}
