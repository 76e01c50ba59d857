package descent

import (
	"errors"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hibernet/agents/mlp"
	"hibernet/sim/simd"
)

var (
	_ G.SDOp = (*network)(nil)
	_ G.Op   = (*networkSlope)(nil)
)

// blockRows rows go through all layers together, there and back, so that what
// a layer reads and writes (blockRows x width x 4 bytes, twice) and its weights
// stay in the nearest caches. Sums over rows are made block by block: the number
// is part of what fixes their bits.
const blockRows = 64

// network is the outputs of a dense network, as mlp computes them, of inputs
// [rows x In] and parameters [1 x Len]. The latter share their memory with the
// network. Inputs are data: they have no gradient.
type network struct {
	operation
	net    *mlp.Net
	x      []float32   // inputs of the last run
	hidden [][]float32 // [hidden layers][rows x width] what these gave in the last run
}

// InferShape implements gorgonia.Op.
func (o *network) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	rows, err := in[0].DimSize(0)
	return tensor.Shape{rows, o.net.Out()}, err
}

// Do implements gorgonia.Op.
func (o *network) Do(in ...G.Value) (G.Value, error) {
	rows := in[0].Shape()[0]
	result, y := o.matrix(rows, o.net.Out())
	o.x = floats(in[0])
	if len(o.x) != rows*o.net.In() {
		return nil, errors.New("descent: inputs of another width than the network's")
	}
	for l, width := range o.net.Sizes[1:len(o.net.W)] {
		if l == len(o.hidden) {
			o.hidden = append(o.hidden, nil)
		}
		if len(o.hidden[l]) != rows*width {
			o.hidden[l] = make([]float32, rows*width)
		}
	}
	for lo := 0; lo < rows; lo += blockRows {
		o.forward(y, lo, min(lo+blockRows, rows))
	}
	return result, nil
}

// forward computes the outputs y of the rows [lo, hi).
func (o *network) forward(y []float32, lo, hi int) {
	n := o.net
	for l := range n.W {
		in, out := n.Sizes[l], n.Sizes[l+1]
		to, activation := y, mlp.Linear
		if l < len(o.hidden) {
			to, activation = o.hidden[l], n.Activation
		}
		to = to[lo*out : hi*out]
		mlp.DenseTo(to, o.inputs(l)[lo*in:hi*in], n.W[l], n.B[l], hi-lo, in, out)
		mlp.Activate(to, activation)
	}
}

// inputs returns those of layer l in the last run.
func (o *network) inputs(l int) []float32 {
	if l == 0 {
		return o.x
	}
	return o.hidden[l-1]
}

// DiffWRT implements gorgonia.SDOp.
func (*network) DiffWRT(int) []bool { return []bool{false, true} }

// SymDiff implements gorgonia.SDOp. The outputs are an operand of the gradient
// so that they are computed first.
func (o *network) SymDiff(_ G.Nodes, y, grad *G.Node) (G.Nodes, error) {
	op := &networkSlope{operation: operation{name: "slope of " + o.name, arity: 2}, of: o}
	params, err := G.ApplyOp(op, y, grad)
	return G.Nodes{nil, params}, err
}

// networkSlope is the gradient of a network's parameters [1 x Len], from its
// outputs and the gradient of these.
type networkSlope struct {
	operation
	of         *network
	sum        *mlp.Net     // views the result
	transposed [][]float32  // [layers][out x in] weights; nil of the first, whose inputs have no gradient
	before     [2][]float32 // [blockRows x widest] gradient of a layer's outputs, in turns
	none       []float32    // [widest]
}

// InferShape implements gorgonia.Op.
func (o *networkSlope) InferShape(...G.DimSizer) (tensor.Shape, error) {
	return tensor.Shape{1, mlp.Len(o.of.net.Sizes)}, nil
}

// Do implements gorgonia.Op.
func (o *networkSlope) Do(in ...G.Value) (G.Value, error) {
	n := o.of.net
	result, sum := o.matrix(1, mlp.Len(n.Sizes))
	if o.sum == nil {
		o.prepare(sum)
	}
	clear(sum)
	for l := 1; l < len(n.W); l++ {
		transpose(o.transposed[l], n.W[l], n.Sizes[l], n.Sizes[l+1])
	}
	rows, grad := in[1].Shape()[0], floats(in[1])
	for lo := 0; lo < rows; lo += blockRows {
		o.backward(grad, lo, min(lo+blockRows, rows))
	}
	return result, nil
}

// prepare makes what is kept from run to run, for a result of this memory.
func (o *networkSlope) prepare(sum []float32) {
	n, widest := o.of.net, 0
	o.sum = mlp.View(n.Sizes, n.Activation, sum)
	o.transposed = make([][]float32, len(n.W))
	for l := 1; l < len(n.W); l++ {
		o.transposed[l] = make([]float32, len(n.W[l]))
		widest = max(widest, n.Sizes[l])
	}
	for i := range o.before {
		o.before[i] = make([]float32, blockRows*widest)
	}
	o.none = make([]float32, widest)
}

// transpose writes w [rows x columns] to dst with rows for columns.
func transpose(dst, w []float32, rows, columns int) {
	for i := range rows {
		for j, v := range w[i*columns : (i+1)*columns] {
			dst[j*rows+i] = v
		}
	}
}

// backward adds what the rows [lo, hi) add to the gradient: layer by layer from
// the last, inputs transposed times the gradient d of the outputs, and from d
// that of the layer before.
func (o *networkSlope) backward(grad []float32, lo, hi int) {
	n, rows := o.of.net, hi-lo
	d := grad[lo*n.Out() : hi*n.Out()]
	for l := len(n.W) - 1; l >= 0; l-- {
		in, out := n.Sizes[l], n.Sizes[l+1]
		x, slope := o.of.inputs(l)[lo*in:hi*in], simd.Matrix{Data: d, Row: out, Col: 1}
		simd.MulAdd(
			simd.Matrix{Data: o.sum.W[l], Row: out, Col: 1},
			simd.Matrix{Data: x, Row: 1, Col: in}, slope, in, out, rows)
		simd.MulAdd(simd.Matrix{Data: o.sum.B[l], Row: out, Col: 1}, one, slope, 1, out, rows)
		if l == 0 {
			return
		}
		before := o.before[l%2][:rows*in]
		simd.MulTo(
			simd.Matrix{Data: before, Row: in, Col: 1},
			simd.Matrix{Data: o.none, Row: 0, Col: 1}, slope,
			simd.Matrix{Data: o.transposed[l], Row: in, Col: 1}, rows, in, out)
		if n.Activation == mlp.ReLU {
			simd.ReLUSlopeTo(before, x, before)
		} else {
			simd.TanhSlopeTo(before, x, before)
		}
		d = before
	}
}
