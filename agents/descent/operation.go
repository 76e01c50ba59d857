package descent

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// operation is what the operations below have in common: float32 matrices in,
// one out. They exist because networks and losses made of gorgonia's own
// operations take many passes over memory and matrix products that start
// goroutines for a few microseconds of work. An operation stands at one node of
// one graph and keeps its result's memory from run to run.
type operation struct {
	name   string
	arity  int
	result *tensor.Dense
	data   []float32 // of result
}

func (o *operation) Arity() int         { return o.arity }
func (*operation) ReturnsPtr() bool     { return true }
func (*operation) CallsExtern() bool    { return false }
func (*operation) OverwritesInput() int { return -1 }
func (o *operation) String() string     { return o.name }

func (o *operation) Type() hm.Type {
	types := make([]hm.Type, o.arity+1)
	for i := range types {
		types[i] = G.TensorType{Dims: 2, Of: tensor.Float32}
	}
	return hm.NewFnType(types...)
}

// WriteHash lets gorgonia tell operations apart.
func (o *operation) WriteHash(h hash.Hash) { fmt.Fprint(h, o.name) }

func (o *operation) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// matrix returns the result of the last run, to be written anew.
func (o *operation) matrix(rows, columns int) (*tensor.Dense, []float32) {
	if o.result == nil || o.result.Shape()[0] != rows || o.result.Shape()[1] != columns {
		o.data = make([]float32, rows*columns)
		o.result = tensor.New(tensor.WithShape(rows, columns), tensor.WithBacking(o.data))
	}
	return o.result, o.data
}
