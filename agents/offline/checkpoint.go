package offline

import (
	"errors"
	"fmt"
	"math"
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
	Algorithm string
	Spec      Spec
	Seed      uint64
	Schema    env.Schema
	Iteration int     // completed
	Log       uint32  // checksum of the memory that is learned from
	parts     []state // in the order of outputs
	target    []float32
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
func begin(algorithm string, spec Spec, seed uint64, s env.Schema) *Checkpoint {
	c := &Checkpoint{Algorithm: algorithm, Spec: spec, Seed: seed, Schema: s}
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
func (c *Checkpoint) resumes(algorithm string, spec Spec, seed uint64, s env.Schema, log uint32) error {
	if c.Algorithm != algorithm {
		return fmt.Errorf("the checkpoint was made by %s, got %s", c.Algorithm, algorithm)
	}
	if err := c.file().Resumes(spec, seed, s); err != nil {
		return err
	}
	if c.Iteration > 0 && c.Log != log {
		return fmt.Errorf("log: the checkpoint was made from another: its checksum was %08x, is %08x", c.Log, log)
	}
	return nil
}

// Checkpoint implements train.Learner.
func (l *learner) Checkpoint() train.Checkpoint {
	c := &Checkpoint{Algorithm: l.algorithm, Spec: l.spec, Seed: l.seed, Schema: l.schema, Iteration: l.iteration, Log: l.log, target: slices.Clone(l.target)}
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
		Numbers: map[string]float64{"log": float64(c.Log)}, Arrays: map[string][]float32{"target": c.target},
	}
	for i, p := range c.parts {
		s.Arrays[names[i]] = p.theta
		p.adam.PutIn(s.Arrays, s.Numbers, names[i])
	}
	return s
}

// Encode implements train.Checkpoint.
func (c *Checkpoint) Encode() ([]byte, error) { return c.file().Encode() }

// DecodeCheckpoint reads what Encode wrote for an algorithm. Broken settings,
// arrays that do not fit them and numbers that are not finite are errors.
func DecodeCheckpoint(algorithm string, data []byte) (*Checkpoint, error) {
	c := Checkpoint{Algorithm: algorithm}
	if err := train.Restore(data, algorithm, &c.Spec, c.take); err != nil {
		return nil, err
	}
	return &c, nil
}

// take reads all but the settings.
func (c *Checkpoint) take(s *train.State) error {
	c.Seed, c.Schema, c.Iteration = s.Seed, s.Schema, s.Iteration
	if err := s.Within(c.Spec.Iterations); err != nil {
		return err
	}
	log, err := s.Number("log", 0, math.MaxUint32)
	if err != nil {
		return err
	}
	c.Log = uint32(log)
	for i, out := range outputs(c.Algorithm, len(s.Schema.Actions)) {
		sizes := c.Spec.sizes(len(s.Schema.Fields), out)
		if err := mlp.CheckShape(sizes, c.Spec.Activation); err != nil {
			return err
		}
		theta, err1 := s.Array(names[i], mlp.Len(sizes))
		adam, err2 := descent.AdamIn(s, names[i], mlp.Len(sizes))
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		c.parts = append(c.parts, state{theta, adam})
	}
	c.target, err = s.Array("target", len(c.parts[0].theta))
	return err
}
