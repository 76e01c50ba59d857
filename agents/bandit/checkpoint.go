package bandit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"hibernet/agents/mlp"
	"hibernet/agents/train"
	"hibernet/env"
)

var _ train.Checkpoint = (*Checkpoint)(nil)

// Checkpoint is the whole state of a training between two iterations.
type Checkpoint struct {
	Spec      Spec
	Seed      uint64
	Schema    env.Schema
	Iteration int         // completed
	Moments   [][]float64 // [actions][size*size] sums of x x'; size: fields and a constant
	Credit    [][]float64 // [actions][size] sums of x r
	Weights   [][]float64 // [actions][size] that follow from them
	Squares   float64     // sum of r^2
	Count     int         // of transitions in the sums
}

// begin is the state before the first iteration.
func begin(spec Spec, seed uint64, s env.Schema) *Checkpoint {
	c := &Checkpoint{Spec: spec, Seed: seed, Schema: s}
	n := len(s.Fields) + 1
	for range s.Actions {
		c.Moments = append(c.Moments, make([]float64, n*n))
		c.Credit, c.Weights = append(c.Credit, make([]float64, n)), append(c.Weights, make([]float64, n))
	}
	return c
}

func (c *Checkpoint) clone() *Checkpoint {
	d := *c
	for _, list := range []*[][]float64{&d.Moments, &d.Credit, &d.Weights} {
		*list = slices.Clone(*list)
		for i, v := range *list {
			(*list)[i] = slices.Clone(v)
		}
	}
	return &d
}

// Completed implements train.Checkpoint.
func (c *Checkpoint) Completed() int { return c.Iteration }

// Policy implements train.Checkpoint: its network gives what actions are worth.
func (c *Checkpoint) Policy() train.Policy {
	fields, actions := len(c.Schema.Fields), len(c.Schema.Actions)
	sizes := []int{fields, actions}
	net := mlp.View(sizes, mlp.Tanh, make([]float32, mlp.Len(sizes)))
	for a, w := range c.Weights {
		for i := range fields {
			net.W[0][i*actions+a] = float32(w[i])
		}
		net.B[0][a] = float32(w[fields])
	}
	return &mlp.Policy{Actor: net, Schema: c.Schema, Label: name, Greedy: true, Workers: 1}
}

func (c *Checkpoint) state() *train.State {
	return &train.State{Algorithm: name, Seed: c.Seed, Iteration: c.Iteration, Spec: c.Spec, Schema: c.Schema,
		Numbers: map[string]float64{"squares": c.Squares, "count": float64(c.Count)}}
}

// Encode implements train.Checkpoint.
func (c *Checkpoint) Encode() ([]byte, error) {
	s := c.state()
	s.Memory = pack(c.Moments, c.Credit, c.Weights)
	return s.Encode()
}

// pack returns the values of all lists, little-endian float64.
func pack(groups ...[][]float64) []byte {
	var dst []byte
	for _, group := range groups {
		for _, list := range group {
			for _, v := range list {
				dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
			}
		}
	}
	return dst
}

// unpack reads what pack wrote into lists of the same lengths.
func unpack(data []byte, groups ...[][]float64) error {
	for _, group := range groups {
		for _, list := range group {
			for i := range list {
				if len(data) < 8 {
					return errors.New("memory: is too short for the schema")
				}
				list[i], data = math.Float64frombits(binary.LittleEndian.Uint64(data)), data[8:]
				if math.IsNaN(list[i]) || math.IsInf(list[i], 0) {
					return fmt.Errorf("memory: must be finite, got %g", list[i])
				}
			}
		}
	}
	if len(data) > 0 {
		return fmt.Errorf("memory: is %d bytes too long for the schema", len(data))
	}
	return nil
}

// DecodeCheckpoint reads what Encode wrote. Broken settings, sums that do not
// fit them and numbers that are not finite are errors.
func DecodeCheckpoint(data []byte) (*Checkpoint, error) {
	var spec Spec
	var c *Checkpoint
	err := train.Restore(data, name, &spec, func(s *train.State) error {
		c = begin(spec, s.Seed, s.Schema)
		var err1, err2 error
		c.Iteration = s.Iteration
		c.Squares, err1 = s.Number("squares", 0, math.MaxFloat64)
		c.Count, err2 = s.Count("count")
		return errors.Join(err1, err2, s.Within(spec.Iterations), unpack(s.Memory, c.Moments, c.Credit, c.Weights))
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}
