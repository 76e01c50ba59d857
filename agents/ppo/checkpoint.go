package ppo

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"hibernet/agents/descent"
	"hibernet/agents/mlp"
	"hibernet/agents/train"
	"hibernet/env"
)

// Format and version of checkpoint files.
const (
	checkpointFormat  = "hibernet-ppo-checkpoint"
	checkpointVersion = 3
)

// Checkpoint is the whole state of a training between two iterations. It
// shares nothing with the training that made it.
type Checkpoint struct {
	Spec        Spec
	Seed        uint64
	Schema      env.Schema
	Iteration   int     // completed
	RewardScale float64 // factor on rewards; 0 before the first iteration finds it
	Actor       *mlp.Net
	Critic      *mlp.Net     // with a shared trunk its hidden layers are the actor's
	Constraints *Constraints // nil without limits
	adam        *descent.Adam
}

// Completed implements train.Checkpoint.
func (c *Checkpoint) Completed() int { return c.Iteration }

// Policy returns the greedy policy of the checkpoint, named "ppo" or
// "ppo-lagrangian".
func (c *Checkpoint) Policy() train.Policy { return c.policy() }

func (c *Checkpoint) policy() *mlp.Policy {
	return &mlp.Policy{Actor: c.Actor.Clone(), Schema: c.Schema, Label: label(c.Constraints != nil), Greedy: true, Workers: 1}
}

// file is a checkpoint on disk. Arrays are base64 of little-endian float32,
// over the parameters of the actor and then of the critic or, with a shared
// trunk, of the hidden layers and then of the outputs of both.
type file struct {
	Format      string     `json:"format"`
	Version     int        `json:"version"`
	Seed        uint64     `json:"seed"`
	Iteration   int        `json:"iteration"`
	Spec        Spec       `json:"spec"`
	RewardScale float64    `json:"reward_scale"`
	SchemaHash  string     `json:"schema_hash"`
	Schema      env.Schema `json:"schema"`
	Parameters  string     `json:"parameters"`
	AdamSteps   int        `json:"adam_steps"`
	AdamM1      string     `json:"adam_m1"`
	AdamM2      string     `json:"adam_m2"`
	Constraints *limitFile `json:"constraints,omitempty"`
}

// limitFile is the state of the limits on disk; its arrays are over the
// parameters of the cost critic.
type limitFile struct {
	Limits      []train.Limit      `json:"limits"`
	Controllers []train.Controller `json:"controllers"`
	Scale       []float64          `json:"cost_scale"`
	Parameters  string             `json:"parameters"`
	AdamSteps   int                `json:"adam_steps"`
	AdamM1      string             `json:"adam_m1"`
	AdamM2      string             `json:"adam_m2"`
}

// Encode returns the checkpoint as indented JSON. Equal checkpoints give equal
// bytes.
func (c *Checkpoint) Encode() ([]byte, error) {
	f := file{
		Format: checkpointFormat, Version: checkpointVersion, Seed: c.Seed, Iteration: c.Iteration,
		Spec: c.Spec, RewardScale: c.RewardScale, SchemaHash: c.Schema.Hash(), Schema: c.Schema,
		Parameters: mlp.PackFloats(newNetworks(c.Spec, c.Actor, c.Critic).theta),
		AdamSteps:  c.adam.Steps, AdamM1: mlp.PackFloats(c.adam.M1), AdamM2: mlp.PackFloats(c.adam.M2),
	}
	if l := c.Constraints; l != nil {
		f.Constraints = &limitFile{Limits: l.Limits, Controllers: l.Controllers, Scale: l.Scale, Parameters: mlp.PackFloats(l.Critic.AppendTo(nil)),
			AdamSteps: l.adam.Steps, AdamM1: mlp.PackFloats(l.adam.M1), AdamM2: mlp.PackFloats(l.adam.M2)}
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("ppo: encode checkpoint: %w", err)
	}
	return append(text, '\n'), nil
}

// DecodeCheckpoint reads what Encode wrote. Unknown and repeated keys, broken
// settings, arrays that do not fit them and numbers that are not finite are
// errors.
func DecodeCheckpoint(data []byte) (*Checkpoint, error) {
	var f file
	if err := mlp.StrictJSON(data, &f); err != nil {
		return nil, fmt.Errorf("ppo: checkpoint: %w", err)
	}
	c, err := f.checkpoint()
	if err != nil {
		return nil, fmt.Errorf("ppo: checkpoint: %w", err)
	}
	return c, nil
}

func (f *file) checkpoint() (*Checkpoint, error) {
	if f.Format != checkpointFormat {
		return nil, fmt.Errorf("format: want %q, got %q", checkpointFormat, f.Format)
	}
	if f.Version != checkpointVersion {
		return nil, fmt.Errorf("version: this program reads %d, got %d", checkpointVersion, f.Version)
	}
	if err := errors.Join(f.Spec.Validate()...); err != nil {
		return nil, fmt.Errorf("spec.%w", err)
	}
	if got := f.Schema.Hash(); got != f.SchemaHash {
		return nil, fmt.Errorf("schema_hash: the schema hashes to %s, the file says %q", got, f.SchemaHash)
	}
	if f.Iteration < 0 || f.Iteration > f.Spec.Iterations {
		return nil, fmt.Errorf("iteration: allowed 0 to %d, got %d", f.Spec.Iterations, f.Iteration)
	}
	if want := f.Spec.RewardScale; !(f.RewardScale >= 0 && f.RewardScale <= maxRewardScale) || (want > 0 && f.RewardScale != want) || (f.RewardScale == 0 && f.Iteration > 0) {
		return nil, fmt.Errorf("reward_scale: not possible after %d iterations under a spec of %g: %g", f.Iteration, want, f.RewardScale)
	}
	if f.AdamSteps < 0 {
		return nil, fmt.Errorf("adam_steps: at least 0, got %d", f.AdamSteps)
	}
	fields, actions := len(f.Schema.Fields), len(f.Schema.Actions)
	actor, critic := f.Spec.sizes(fields, actions), f.Spec.sizes(fields, 1)
	if err := mlp.CheckShape(actor, f.Spec.Activation); err != nil {
		return nil, err
	}
	c := &Checkpoint{Spec: f.Spec, Seed: f.Seed, Schema: f.Schema, Iteration: f.Iteration, RewardScale: f.RewardScale, adam: &descent.Adam{Steps: f.AdamSteps}}
	theta, err := unpack(c.adam, f.Parameters, f.AdamM1, f.AdamM2, f.Spec.parameters(fields, actions))
	if err != nil {
		return nil, err
	}
	if f.Spec.SharedTrunk {
		both := networks{actor: mlp.View(f.Spec.sizes(fields, actions+1), f.Spec.Activation, theta), actions: actions}
		c.Actor, c.Critic = both.split()
	} else {
		split := mlp.Len(actor)
		c.Actor = mlp.View(actor, f.Spec.Activation, theta[:split:split])
		c.Critic = mlp.View(critic, f.Spec.Activation, theta[split:])
	}
	if f.Constraints != nil {
		if c.Constraints, err = f.Constraints.constraints(f.Spec, f.Schema, f.Iteration); err != nil {
			return nil, fmt.Errorf("constraints.%w", err)
		}
	}
	return c, nil
}

// unpack reads n parameters and the optimiser's means of them.
func unpack(a *descent.Adam, parameters, m1, m2 string, n int) (theta []float32, err error) {
	for _, array := range []struct {
		name, text string
		dst        *[]float32
	}{{"parameters", parameters, &theta}, {"adam_m1", m1, &a.M1}, {"adam_m2", m2, &a.M2}} {
		if *array.dst, err = mlp.UnpackFloats(array.text, n); err != nil {
			return nil, fmt.Errorf("%s: %w", array.name, err)
		}
		for i, v := range *array.dst {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) || (v < 0 && array.name == "adam_m2") {
				return nil, fmt.Errorf("%s[%d]: not a possible value: %g", array.name, i, v)
			}
		}
	}
	return theta, nil
}

func (f *limitFile) constraints(spec Spec, s env.Schema, iteration int) (*Constraints, error) {
	k := len(f.Limits)
	if k == 0 || len(f.Controllers) != k || len(f.Scale) != k {
		return nil, fmt.Errorf("limits: at least one, with a controller and a scale each, got %d, %d, %d", k, len(f.Controllers), len(f.Scale))
	}
	for i, c := range f.Controllers {
		if !c.Possible(spec.Lagrangian, max(0, iteration-spec.taught())) {
			return nil, fmt.Errorf("controllers[%d]: not possible after %d iterations: %+v", i, iteration, c)
		}
		if !(f.Scale[i] >= 0 && f.Scale[i] <= maxRewardScale) || (f.Scale[i] == 0) != (iteration == 0) {
			return nil, fmt.Errorf("cost_scale[%d]: not possible after %d iterations: %g", i, iteration, f.Scale[i])
		}
	}
	if f.AdamSteps < 0 {
		return nil, fmt.Errorf("adam_steps: at least 0, got %d", f.AdamSteps)
	}
	sizes := spec.sizes(len(s.Fields), k)
	if err := mlp.CheckShape(sizes, spec.Activation); err != nil {
		return nil, err
	}
	c := &Constraints{Limits: f.Limits, Controllers: f.Controllers, Scale: f.Scale, adam: &descent.Adam{Steps: f.AdamSteps}}
	theta, err := unpack(c.adam, f.Parameters, f.AdamM1, f.AdamM2, mlp.Len(sizes))
	if err != nil {
		return nil, err
	}
	c.Critic = mlp.View(sizes, spec.Activation, theta)
	return c, nil
}

// Limits returns those of the training, nil if none.
func (c *Checkpoint) Limits() []train.Limit {
	if c.Constraints == nil {
		return nil
	}
	return c.Constraints.Limits
}

// resumes returns an error unless a training with these settings can go on
// from c.
func (c *Checkpoint) resumes(spec Spec, seed uint64, limits []train.Limit, s env.Schema) error {
	if had := c.Limits(); !slices.Equal(had, limits) {
		return fmt.Errorf("limits: the checkpoint was made under %v, got %v", had, limits)
	}
	if seed != c.Seed {
		return fmt.Errorf("seed: the checkpoint was made with %d, got %d", c.Seed, seed)
	}
	if got, want := s.Hash(), c.Schema.Hash(); got != want {
		return fmt.Errorf("schema: the checkpoint was made under %.12s of %s version %d, the environment has %.12s of %s version %d",
			want, c.Schema.Environment, c.Schema.Version, got, s.Environment, s.Version)
	}
	was, is := reflect.ValueOf(c.Spec), reflect.ValueOf(spec)
	for i := range is.NumField() {
		if a, b := was.Field(i).Interface(), is.Field(i).Interface(); !reflect.DeepEqual(a, b) {
			return fmt.Errorf("%s: the checkpoint was made with %v, got %v", is.Type().Field(i).Tag.Get("yaml"), a, b)
		}
	}
	return nil
}
