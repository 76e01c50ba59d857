package descent

import (
	"errors"
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hibernet/agents/mlp"
	"hibernet/sim/simd"
)

var (
	_ G.SDOp = (*layer)(nil)
	_ G.Op   = (*slope)(nil)
	_ G.Op   = (*outer)(nil)
	_ G.Op   = (*back)(nil)
	_ G.Op   = (*total)(nil)
)

// operation is what the operations below have in common: float32 matrices in,
// one out. They exist because a layer made of gorgonia's own operations takes
// several passes over memory and matrix products that start goroutines for a
// few microseconds of work. An operation stands at one node of one graph and
// keeps its result's memory from run to run.
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

// shapeOf returns the shape of axis rowsAxis of operand rows by axis
// columnsAxis of operand columns.
func shapeOf(in []G.DimSizer, rows, rowsAxis, columns, columnsAxis int) (tensor.Shape, error) {
	r, err := in[rows].DimSize(rowsAxis)
	if err != nil {
		return nil, err
	}
	c, err := in[columns].DimSize(columnsAxis)
	return tensor.Shape{r, c}, errors.Join(err)
}

// matrix returns the result of the last run, to be written anew.
func (o *operation) matrix(rows, columns int) (*tensor.Dense, []float32) {
	if o.result == nil || o.result.Shape()[0] != rows || o.result.Shape()[1] != columns {
		o.data = make([]float32, rows*columns)
		o.result = tensor.New(tensor.WithShape(rows, columns), tensor.WithBacking(o.data))
	}
	return o.result, o.data
}

// layer is activation(x*w + b), as mlp computes it.
type layer struct {
	operation
	activation string
	first      bool    // x is no parameter's output: its gradient is not needed
	ones       *G.Node // [1 x rows], to add up the gradient of b
}

func newLayer(activation string, first bool, ones *G.Node) *layer {
	return &layer{operation{name: fmt.Sprint("layer ", activation, first), arity: 3}, activation, first, ones}
}

// InferShape implements gorgonia.Op.
func (*layer) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return shapeOf(in, 0, 0, 1, 1) }

// Do implements gorgonia.Op.
func (o *layer) Do(in ...G.Value) (G.Value, error) {
	rows, width, out := in[0].Shape()[0], in[1].Shape()[0], in[1].Shape()[1]
	y, data := o.matrix(rows, out)
	mlp.DenseTo(data, floats(in[0]), floats(in[1]), floats(in[2]), rows, width, out)
	mlp.Activate(data, o.activation)
	return y, nil
}

// DiffWRT implements gorgonia.SDOp.
func (o *layer) DiffWRT(int) []bool { return []bool{!o.first, true, true} }

// SymDiff implements gorgonia.SDOp.
func (o *layer) SymDiff(in G.Nodes, y, grad *G.Node) (G.Nodes, error) {
	var err error
	if o.activation != mlp.Linear {
		if grad, err = G.ApplyOp(&slope{operation{name: "slope " + o.activation, arity: 2}, o.activation}, y, grad); err != nil {
			return nil, err
		}
	}
	grads := make(G.Nodes, 3)
	if !o.first {
		if grads[0], err = G.ApplyOp(&back{operation: operation{name: "back", arity: 2}}, grad, in[1]); err != nil {
			return nil, err
		}
	}
	if grads[1], err = G.ApplyOp(&outer{operation{name: "outer", arity: 2}}, in[0], grad); err != nil {
		return nil, err
	}
	grads[2], err = G.ApplyOp(&total{operation{name: "total", arity: 2}}, o.ones, grad)
	return grads, err
}

// slope is the gradient before an activation, from its output y and the
// gradient after it.
type slope struct {
	operation
	activation string
}

// InferShape implements gorgonia.Op.
func (*slope) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return shapeOf(in, 0, 0, 0, 1) }

// Do implements gorgonia.Op.
func (o *slope) Do(in ...G.Value) (G.Value, error) {
	y, grad := floats(in[0]), floats(in[1])
	result, d := o.matrix(in[0].Shape()[0], in[0].Shape()[1])
	if o.activation == mlp.ReLU {
		simd.ReLUSlopeTo(d, y, grad)
	} else {
		simd.TanhSlopeTo(d, y, grad)
	}
	return result, nil
}

// outer is the gradient of the weights, x transposed times the gradient d of
// the outputs: the sum over rows of the outer products of x and d.
type outer struct{ operation }

// InferShape implements gorgonia.Op.
func (*outer) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return shapeOf(in, 0, 1, 1, 1) }

// Do implements gorgonia.Op.
func (o *outer) Do(in ...G.Value) (G.Value, error) {
	x, d := floats(in[0]), floats(in[1])
	rows, width, out := in[0].Shape()[0], in[0].Shape()[1], in[1].Shape()[1]
	result, sum := o.matrix(width, out)
	clear(sum)
	simd.MulAdd(
		simd.Matrix{Data: sum, Row: out, Col: 1},
		simd.Matrix{Data: x, Row: 1, Col: width},
		simd.Matrix{Data: d, Row: out, Col: 1}, width, out, rows)
	return result, nil
}

// back is the gradient of a layer's inputs: that of its outputs times the
// weights transposed.
type back struct {
	operation
	transposed []float32 // the weights, [out x in]
}

// InferShape implements gorgonia.Op.
func (*back) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return shapeOf(in, 0, 0, 1, 0) }

// Do implements gorgonia.Op.
func (o *back) Do(in ...G.Value) (G.Value, error) {
	d, w := floats(in[0]), floats(in[1])
	rows, width, out := in[0].Shape()[0], in[1].Shape()[0], in[1].Shape()[1]
	if len(o.transposed) != len(w) {
		o.transposed = make([]float32, len(w))
	}
	for i := range width {
		for j := range out {
			o.transposed[j*width+i] = w[i*out+j]
		}
	}
	result, data := o.matrix(rows, width)
	clear(data)
	simd.MulAdd(
		simd.Matrix{Data: data, Row: width, Col: 1},
		simd.Matrix{Data: d, Row: out, Col: 1},
		simd.Matrix{Data: o.transposed, Row: width, Col: 1}, rows, width, out)
	return result, nil
}

// total is the gradient of the biases, ones [1 x rows] times the gradient d of
// the outputs: the sum over rows.
type total struct{ operation }

// InferShape implements gorgonia.Op.
func (*total) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return shapeOf(in, 0, 0, 1, 1) }

// Do implements gorgonia.Op.
func (o *total) Do(in ...G.Value) (G.Value, error) {
	rows, out := in[1].Shape()[0], in[1].Shape()[1]
	result, sum := o.matrix(1, out)
	clear(sum)
	simd.MulAdd(
		simd.Matrix{Data: sum, Row: out, Col: 1},
		simd.Matrix{Data: floats(in[0]), Row: rows, Col: 1},
		simd.Matrix{Data: floats(in[1]), Row: out, Col: 1}, 1, out, rows)
	return result, nil
}
