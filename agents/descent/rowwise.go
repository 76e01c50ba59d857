package descent

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var (
	_ G.SDOp = (*rowwise)(nil)
	_ G.Op   = (*slopes)(nil)
)

// Rowwise computes from each row of x, [rows x width], a loss [rows] and its
// slope by that row, [rows x width].
type Rowwise func(loss, slope, x []float32)

// rowwise is a column of losses that a learner computes with their slopes in
// one pass. Composed of gorgonia's operations, a loss of a few dozen of them
// takes as long as the networks, mostly for the machine that runs them.
type rowwise struct {
	operation
	width int
	of    Rowwise
	slope []float32 // [rows x width] of the last run
}

// Rows returns the losses [rows x 1] that f computes from x, which has the
// given width. f may read what the learner fills before Run and write what it
// reads afterwards; slopes of slopes there are none. Names must differ.
func (e *Expr) Rows(name string, x Node, width int, f Rowwise) Node {
	op := &rowwise{operation: operation{name: "rows " + name, arity: 1}, width: width, of: f}
	return e.unary(func(x Node) (Node, error) { return apply(op, x) }, x)
}

// InferShape implements gorgonia.Op.
func (o *rowwise) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	rows, err := in[0].DimSize(0)
	return tensor.Shape{rows, 1}, err
}

// Do implements gorgonia.Op.
func (o *rowwise) Do(in ...G.Value) (G.Value, error) {
	x := floats(in[0])
	result, loss := o.matrix(in[0].Shape()[0], 1)
	if len(x) != len(loss)*o.width {
		return nil, fmt.Errorf("descent: %s of %d values a row, got %d values in %d rows", o.name, o.width, len(x), len(loss))
	}
	if len(o.slope) != len(x) {
		o.slope = make([]float32, len(x))
	}
	o.of(loss, o.slope, x)
	return result, nil
}

// DiffWRT implements gorgonia.SDOp.
func (*rowwise) DiffWRT(int) []bool { return []bool{true} }

// SymDiff implements gorgonia.SDOp. The loss is an operand of the gradient so
// that it is computed first.
func (o *rowwise) SymDiff(_ G.Nodes, y, grad *G.Node) (G.Nodes, error) {
	x, err := G.ApplyOp(&slopes{operation{name: "slopes of " + o.name, arity: 2}, o}, y, grad)
	return G.Nodes{x}, err
}

// slopes is the gradient of the rows that a rowwise loss is computed from.
type slopes struct {
	operation
	from *rowwise
}

// InferShape implements gorgonia.Op.
func (o *slopes) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	rows, err := in[0].DimSize(0)
	return tensor.Shape{rows, o.from.width}, err
}

// Do implements gorgonia.Op.
func (o *slopes) Do(in ...G.Value) (G.Value, error) {
	grad, width := floats(in[1]), o.from.width
	result, d := o.matrix(len(grad), width)
	for r, g := range grad {
		row := d[r*width : (r+1)*width]
		for j, v := range o.from.slope[r*width : (r+1)*width] {
			row[j] = v * g
		}
	}
	return result, nil
}
