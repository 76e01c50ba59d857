package ppo

import (
	"errors"
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hibernet/agents/mlp"
)

var (
	_ G.SDOp            = biased{}
	_ G.UsePreallocDoer = biased{}
	_ G.UsePreallocDoer = slope{}
)

// elementwise is what the two operations below have in common: two float32
// matrices in, one of the shape of the first out.
type elementwise struct{ name, activation string }

func (elementwise) Arity() int           { return 2 }
func (elementwise) ReturnsPtr() bool     { return true }
func (elementwise) CallsExtern() bool    { return false }
func (elementwise) OverwritesInput() int { return -1 }
func (o elementwise) String() string     { return o.name + " " + o.activation }

func (elementwise) Type() hm.Type {
	matrix := G.TensorType{Dims: 2, Of: tensor.Float32}
	return hm.NewFnType(matrix, matrix, matrix)
}

func (elementwise) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	shape, ok := in[0].(tensor.Shape)
	if !ok || len(shape) != 2 {
		return nil, errors.New("ppo: an operand that is not a matrix")
	}
	return shape.Clone(), nil
}

// WriteHash lets gorgonia tell operations apart.
func (o elementwise) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }

func (o elementwise) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// biased is activation(z + b), with the row b added to each row of z: one pass
// over memory where gorgonia's own operations make up to five.
type biased struct {
	elementwise
	ones *G.Node // [1 x rows], to add up the gradient of b
}

func newBiased(activation string, ones *G.Node) biased {
	return biased{elementwise{"biased", activation}, ones}
}

// Do implements gorgonia.Op.
func (o biased) Do(in ...G.Value) (G.Value, error) {
	return o.UsePreallocDo(tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(in[0].Shape()...)), in...)
}

// UsePreallocDo implements gorgonia.UsePreallocDoer.
func (o biased) UsePreallocDo(dst G.Value, in ...G.Value) (G.Value, error) {
	y, z, b := floats(dst), floats(in[0]), floats(in[1])
	for i := 0; i < len(y); i += len(b) {
		row, from := y[i:i+len(b)], z[i:i+len(b)]
		for j, v := range b {
			row[j] = from[j] + v
		}
	}
	mlp.Activate(y, o.activation)
	return dst, nil
}

// DiffWRT implements gorgonia.SDOp.
func (biased) DiffWRT(int) []bool { return []bool{true, true} }

// SymDiff implements gorgonia.SDOp.
func (o biased) SymDiff(_ G.Nodes, y, grad *G.Node) (G.Nodes, error) {
	if o.activation != mlp.Linear {
		var err error
		if grad, err = G.ApplyOp(slope{elementwise{"slope", o.activation}}, y, grad); err != nil {
			return nil, err
		}
	}
	column, err := G.Mul(o.ones, grad)
	return G.Nodes{grad, column}, err
}

// slope is the gradient before an activation from its output y and the
// gradient after it.
type slope struct{ elementwise }

// Do implements gorgonia.Op.
func (o slope) Do(in ...G.Value) (G.Value, error) {
	return o.UsePreallocDo(tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(in[0].Shape()...)), in...)
}

// UsePreallocDo implements gorgonia.UsePreallocDoer.
func (o slope) UsePreallocDo(dst G.Value, in ...G.Value) (G.Value, error) {
	d, y, grad := floats(dst), floats(in[0]), floats(in[1])
	if o.activation == mlp.ReLU {
		for i, v := range y {
			d[i] = 0
			if v > 0 {
				d[i] = grad[i]
			}
		}
		return dst, nil
	}
	for i, v := range y {
		d[i] = grad[i] * (1 - v*v)
	}
	return dst, nil
}
