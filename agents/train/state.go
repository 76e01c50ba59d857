package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"

	"hibernet/agents/mlp"
	"hibernet/env"
)

// stateVersion is raised when an older reader would misread a newer file. In files
// of plainMemory, which are read too, the memory is as the learner gave it; since
// then it is a frame of zstd.
const (
	plainMemory  = 1
	stateVersion = 2
)

// State is a checkpoint as a file, whatever was learned by: the settings, what
// the training was made on and its numbers by name.
type State struct {
	Algorithm string
	Seed      uint64
	Iteration int // completed
	Spec      any // settings of the algorithm: a struct, or a pointer to it
	Schema    env.Schema
	Numbers   map[string]float64
	Arrays    map[string][]float32
	Prices    *Prices // of limits; nil without
	Memory    []byte  // what is remembered, in the learner's own way
}

// stateFile is a State on disk.
type stateFile struct {
	Format     string             `json:"format"`
	Version    int                `json:"version"`
	Seed       uint64             `json:"seed"`
	Iteration  int                `json:"iteration"`
	Spec       json.RawMessage    `json:"spec"`
	SchemaHash string             `json:"schema_hash"`
	Schema     env.Schema         `json:"schema"`
	Numbers    map[string]float64 `json:"numbers"`
	Arrays     map[string]packed  `json:"arrays"`
	Prices     *Prices            `json:"prices,omitempty"`
	Memory     []byte             `json:"memory"`
}

// packed is an array of a file: base64 of little-endian float32.
type packed struct {
	Count int    `json:"count"`
	Data  string `json:"data"`
}

func stateFormat(algorithm string) string { return "hibernet-" + algorithm + "-checkpoint" }

// Encode returns the state as indented JSON. Equal states give equal bytes. A
// number that is not finite is an error.
func (s State) Encode() ([]byte, error) {
	spec, err := json.Marshal(s.Spec)
	if err != nil {
		return nil, fmt.Errorf("%s: encode checkpoint: spec: %w", s.Algorithm, err)
	}
	arrays := map[string]packed{}
	for name, v := range s.Arrays {
		arrays[name] = packed{len(v), mlp.PackFloats(v)}
	}
	memory, err := packMemory(s.Memory)
	if err != nil {
		return nil, fmt.Errorf("%s: encode checkpoint: %w", s.Algorithm, err)
	}
	text, err := json.MarshalIndent(stateFile{
		Format: stateFormat(s.Algorithm), Version: stateVersion, Seed: s.Seed, Iteration: s.Iteration, Spec: spec,
		SchemaHash: s.Schema.Hash(), Schema: s.Schema, Numbers: s.Numbers, Arrays: arrays, Prices: s.Prices, Memory: memory,
	}, "", " ")
	if err != nil {
		return nil, fmt.Errorf("%s: encode checkpoint: %w", s.Algorithm, err)
	}
	return append(text, '\n'), nil
}

// Restore reads what Encode wrote for an algorithm: its settings to spec, a
// pointer to their struct, and the rest by take, which looks whether arrays and
// numbers fit the settings. Unknown and repeated keys, settings that are not
// possible and numbers that are not finite are errors.
func Restore(data []byte, algorithm string, spec Settings, take func(*State) error) error {
	s, err := decodeState(data, algorithm, spec)
	if err == nil {
		err = errors.Join(spec.Validate()...)
	}
	if err == nil {
		err = take(s)
	}
	if err != nil {
		return fmt.Errorf("%s: checkpoint: %w", algorithm, err)
	}
	return nil
}

func decodeState(data []byte, algorithm string, spec any) (*State, error) {
	var f stateFile
	if err := mlp.StrictJSON(data, &f); err != nil {
		return nil, err
	}
	if want := stateFormat(algorithm); f.Format != want {
		return nil, fmt.Errorf("format: want %q, got %q", want, f.Format)
	}
	if f.Version != plainMemory && f.Version != stateVersion {
		return nil, fmt.Errorf("version: this program reads %d and %d, got %d", plainMemory, stateVersion, f.Version)
	}
	if len(f.Spec) == 0 {
		return nil, errors.New("spec: is missing")
	}
	if err := mlp.StrictJSON(f.Spec, spec); err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	if got := f.Schema.Hash(); got != f.SchemaHash {
		return nil, fmt.Errorf("schema_hash: the schema hashes to %s, the file says %q", got, f.SchemaHash)
	}
	if f.Iteration < 0 {
		return nil, fmt.Errorf("iteration: at least 0, got %d", f.Iteration)
	}
	s := &State{Algorithm: algorithm, Seed: f.Seed, Iteration: f.Iteration, Spec: spec, Schema: f.Schema, Numbers: f.Numbers, Arrays: map[string][]float32{}, Prices: f.Prices, Memory: f.Memory}
	if f.Version != plainMemory {
		var err error
		if s.Memory, err = unpackMemory(f.Memory); err != nil {
			return nil, err
		}
	}
	for name, p := range f.Arrays {
		if p.Count < 0 || p.Count > len(p.Data) {
			return nil, fmt.Errorf("arrays.%s: count: %d values in %d characters", name, p.Count, len(p.Data))
		}
		v, err := mlp.UnpackFloats(p.Data, p.Count)
		if err != nil {
			return nil, fmt.Errorf("arrays.%s: %w", name, err)
		}
		for i, x := range v {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return nil, fmt.Errorf("arrays.%s[%d]: must be finite, got %g", name, i, x)
			}
		}
		s.Arrays[name] = v
	}
	return s, nil
}

// Within returns an error unless the state is one of a training of so many
// iterations.
func (s *State) Within(iterations int) error {
	if s.Iteration > iterations {
		return fmt.Errorf("iteration: allowed 0 to %d, got %d", iterations, s.Iteration)
	}
	return nil
}

// Array returns the named array, which must have the given length.
func (s *State) Array(name string, length int) ([]float32, error) {
	v, ok := s.Arrays[name]
	if !ok || len(v) != length {
		return nil, fmt.Errorf("arrays.%s: want %d values, got %d", name, length, len(v))
	}
	return v, nil
}

// Number returns the named number, which must be within bounds.
func (s *State) Number(name string, lo, hi float64) (float64, error) {
	v, ok := s.Numbers[name]
	if !ok || !(v >= lo && v <= hi) {
		return 0, fmt.Errorf("numbers.%s: allowed %g to %g, got %g", name, lo, hi, v)
	}
	return v, nil
}

// Count returns the named number, which must be a count.
func (s *State) Count(name string) (int, error) {
	v, err := s.Number(name, 0, 1<<53)
	if err == nil && v != math.Trunc(v) {
		err = fmt.Errorf("numbers.%s: must be whole, got %g", name, v)
	}
	return int(v), err
}

// Resumes returns an error unless a training with these settings, spec being a
// struct of the type that s has, can go on from s.
func (s *State) Resumes(spec any, seed uint64, schema env.Schema) error {
	if seed != s.Seed {
		return fmt.Errorf("seed: the checkpoint was made with %d, got %d", s.Seed, seed)
	}
	if got, want := schema.Hash(), s.Schema.Hash(); got != want {
		return fmt.Errorf("schema: the checkpoint was made under %.12s of %s version %d, the environment has %.12s of %s version %d",
			want, s.Schema.Environment, s.Schema.Version, got, schema.Environment, schema.Version)
	}
	was, is := reflect.Indirect(reflect.ValueOf(s.Spec)), reflect.ValueOf(spec)
	for i := range is.NumField() {
		if a, b := was.Field(i).Interface(), is.Field(i).Interface(); !reflect.DeepEqual(a, b) {
			return fmt.Errorf("%s: the checkpoint was made with %v, got %v", is.Type().Field(i).Tag.Get("yaml"), a, b)
		}
	}
	return nil
}
