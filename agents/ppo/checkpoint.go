package ppo

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"

	"hibernet/agents/mlp"
	"hibernet/agents/train"
	"hibernet/env"
)

// Format and version of checkpoint files.
const (
	checkpointFormat  = "hibernet-ppo-checkpoint"
	checkpointVersion = 1
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
	Critic      *mlp.Net
	adam        adam
}

// Completed implements train.Checkpoint.
func (c *Checkpoint) Completed() int { return c.Iteration }

// Policy returns the greedy policy of the checkpoint, named "ppo".
func (c *Checkpoint) Policy() train.Policy { return c.policy() }

func (c *Checkpoint) policy() *mlp.Policy {
	return &mlp.Policy{Actor: c.Actor.Clone(), Schema: c.Schema, Label: "ppo", Greedy: true, Workers: 1}
}

// file is a checkpoint on disk. Arrays are base64 of little-endian float32,
// over the parameters of the actor and then of the critic.
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
}

// Encode returns the checkpoint as indented JSON. Equal checkpoints give equal
// bytes.
func (c *Checkpoint) Encode() ([]byte, error) {
	text, err := json.MarshalIndent(file{
		Format: checkpointFormat, Version: checkpointVersion, Seed: c.Seed, Iteration: c.Iteration,
		Spec: c.Spec, RewardScale: c.RewardScale, SchemaHash: c.Schema.Hash(), Schema: c.Schema,
		Parameters: mlp.PackFloats(c.Critic.AppendTo(c.Actor.AppendTo(nil))),
		AdamSteps:  c.adam.steps, AdamM1: mlp.PackFloats(c.adam.m1), AdamM2: mlp.PackFloats(c.adam.m2),
	}, "", "  ")
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
	actor := f.Spec.sizes(len(f.Schema.Fields), len(f.Schema.Actions))
	critic := f.Spec.sizes(len(f.Schema.Fields), 1)
	if err := mlp.CheckShape(actor, f.Spec.Activation); err != nil {
		return nil, err
	}
	split := mlp.Len(actor)
	c := &Checkpoint{Spec: f.Spec, Seed: f.Seed, Schema: f.Schema, Iteration: f.Iteration, RewardScale: f.RewardScale, adam: adam{steps: f.AdamSteps}}
	var theta []float32
	for _, a := range []struct {
		name, text string
		dst        *[]float32
	}{{"parameters", f.Parameters, &theta}, {"adam_m1", f.AdamM1, &c.adam.m1}, {"adam_m2", f.AdamM2, &c.adam.m2}} {
		var err error
		if *a.dst, err = mlp.UnpackFloats(a.text, split+mlp.Len(critic)); err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		for i, v := range *a.dst {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) || (v < 0 && a.name == "adam_m2") {
				return nil, fmt.Errorf("%s[%d]: not a possible value: %g", a.name, i, v)
			}
		}
	}
	c.Actor = mlp.View(actor, f.Spec.Activation, theta[:split:split])
	c.Critic = mlp.View(critic, f.Spec.Activation, theta[split:])
	return c, nil
}

// resumes returns an error unless a training with these settings can go on
// from c.
func (c *Checkpoint) resumes(spec Spec, seed uint64, s env.Schema) error {
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
