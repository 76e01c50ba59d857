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
	_ G.SDOp = layer{}
	_ G.Op   = slope{}
	_ G.Op   = outer{}
	_ G.Op   = back{}
)

// operation is what the operations below have in common: float32 matrices in,
// one out. They exist because a layer made of gorgonia's own operations takes
// several passes over memory and matrix products that start goroutines for a
// few microseconds of work.
type operation struct {
	name  string
	arity int
}

func (o operation) Arity() int         { return o.arity }
func (operation) ReturnsPtr() bool     { return true }
func (operation) CallsExtern() bool    { return false }
func (operation) OverwritesInput() int { return -1 }
func (o operation) String() string     { return o.name }

func (o operation) Type() hm.Type {
	types := make([]hm.Type, o.arity+1)
	for i := range types {
		types[i] = G.TensorType{Dims: 2, Of: tensor.Float32}
	}
	return hm.NewFnType(types...)
}

// WriteHash lets gorgonia tell operations apart.
func (o operation) WriteHash(h hash.Hash) { fmt.Fprint(h, o.name) }

func (o operation) Hashcode() uint32 {
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

func newMatrix(rows, columns int) (*tensor.Dense, []float32) {
	data := make([]float32, rows*columns)
	return tensor.New(tensor.WithShape(rows, columns), tensor.WithBacking(data)), data
}

// layer is activation(x*w + b), as mlp computes it.
type layer struct {
	operation
	activation string
	first      bool    // x is no parameter's output: its gradient is not needed
	ones       *G.Node // [1 x rows], to add up the gradient of b
}

func newLayer(activation string, first bool, ones *G.Node) layer {
	return layer{operation{fmt.Sprint("layer ", activation, first), 3}, activation, first, ones}
}

// InferShape implements gorgonia.Op.
func (layer) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return shapeOf(in, 0, 0, 1, 1) }

// Do implements gorgonia.Op.
func (o layer) Do(in ...G.Value) (G.Value, error) {
	rows, width, out := in[0].Shape()[0], in[1].Shape()[0], in[1].Shape()[1]
	y, data := newMatrix(rows, out)
	mlp.DenseTo(data, floats(in[0]), floats(in[1]), floats(in[2]), rows, width, out)
	mlp.Activate(data, o.activation)
	return y, nil
}

// DiffWRT implements gorgonia.SDOp.
func (o layer) DiffWRT(int) []bool { return []bool{!o.first, true, true} }

// SymDiff implements gorgonia.SDOp.
func (o layer) SymDiff(in G.Nodes, y, grad *G.Node) (G.Nodes, error) {
	var err error
	if o.activation != mlp.Linear {
		if grad, err = G.ApplyOp(slope{operation{"slope " + o.activation, 2}, o.activation}, y, grad); err != nil {
			return nil, err
		}
	}
	grads := make(G.Nodes, 3)
	if !o.first {
		if grads[0], err = G.ApplyOp(back{operation{"back", 2}}, grad, in[1]); err != nil {
			return nil, err
		}
	}
	if grads[1], err = G.ApplyOp(outer{operation{"outer", 2}}, in[0], grad); err != nil {
		return nil, err
	}
	grads[2], err = G.Mul(o.ones, grad)
	return grads, err
}

// slope is the gradient before an activation, from its output y and the
// gradient after it.
type slope struct {
	operation
	activation string
}

// InferShape implements gorgonia.Op.
func (slope) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return shapeOf(in, 0, 0, 0, 1) }

// Do implements gorgonia.Op.
func (o slope) Do(in ...G.Value) (G.Value, error) {
	y, grad := floats(in[0]), floats(in[1])
	result, d := newMatrix(in[0].Shape()[0], in[0].Shape()[1])
	if o.activation == mlp.ReLU {
		for i, v := range y {
			if v > 0 {
				d[i] = grad[i]
			}
		}
		return result, nil
	}
	for i, v := range y {
		d[i] = grad[i] * (1 - v*v)
	}
	return result, nil
}

// outer is the gradient of the weights, x transposed times the gradient d of
// the outputs: the sum over rows of the outer products of x and d.
type outer struct{ operation }

// InferShape implements gorgonia.Op.
func (outer) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return shapeOf(in, 0, 1, 1, 1) }

// Do implements gorgonia.Op.
func (outer) Do(in ...G.Value) (G.Value, error) {
	x, d := floats(in[0]), floats(in[1])
	rows, width, out := in[0].Shape()[0], in[0].Shape()[1], in[1].Shape()[1]
	result, sum := newMatrix(width, out)
	simd.MulAdd(
		simd.Matrix{Data: sum, Row: out, Col: 1},
		simd.Matrix{Data: x, Row: 1, Col: width},
		simd.Matrix{Data: d, Row: out, Col: 1}, width, out, rows)
	return result, nil
}

// back is the gradient of a layer's inputs: that of its outputs times the
// weights transposed.
type back struct{ operation }

// InferShape implements gorgonia.Op.
func (back) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return shapeOf(in, 0, 0, 1, 0) }

// Do implements gorgonia.Op.
func (back) Do(in ...G.Value) (G.Value, error) {
	d, w := floats(in[0]), floats(in[1])
	rows, width, out := in[0].Shape()[0], in[1].Shape()[0], in[1].Shape()[1]
	transposed := make([]float32, len(w))
	for i := range width {
		for j := range out {
			transposed[j*width+i] = w[i*out+j]
		}
	}
	result, data := newMatrix(rows, width)
	simd.MulAdd(
		simd.Matrix{Data: data, Row: width, Col: 1},
		simd.Matrix{Data: d, Row: out, Col: 1},
		simd.Matrix{Data: transposed, Row: width, Col: 1}, rows, width, out)
	return result, nil
}
