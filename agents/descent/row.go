package descent

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var (
	_ G.SDOp = (*rowSum)(nil)
	_ G.SDOp = (*spread)(nil)
)

// rowSum is the sums of rows of a matrix of the given width, spread the column
// repeated over so many columns: each is the gradient of the other. As matrix
// products with ones, which gorgonia has, they cost more than the layers.
type (
	rowSum struct {
		operation
		width int
	}
	spread struct {
		operation
		width int
	}
)

func newRowSum(width int) *rowSum {
	return &rowSum{operation{name: fmt.Sprint("row sum ", width), arity: 1}, width}
}

func newSpread(width int) *spread {
	return &spread{operation{name: fmt.Sprint("spread ", width), arity: 1}, width}
}

func apply(op G.Op, x Node) (Node, error) { return G.ApplyOp(op, x) }

// InferShape implements gorgonia.Op.
func (o *rowSum) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	rows, err := in[0].DimSize(0)
	return tensor.Shape{rows, 1}, err
}

// Do implements gorgonia.Op.
func (o *rowSum) Do(in ...G.Value) (G.Value, error) {
	x := floats(in[0])
	result, sums := o.matrix(in[0].Shape()[0], 1)
	if len(x) != len(sums)*o.width {
		return nil, fmt.Errorf("descent: sums of rows of %d values, got %d values in %d rows", o.width, len(x), len(sums))
	}
	for i := range sums {
		var sum float32
		for _, v := range x[i*o.width : (i+1)*o.width] {
			sum += v
		}
		sums[i] = sum
	}
	return result, nil
}

// DiffWRT implements gorgonia.SDOp.
func (*rowSum) DiffWRT(int) []bool { return []bool{true} }

// SymDiff implements gorgonia.SDOp.
func (o *rowSum) SymDiff(_ G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	x, err := apply(newSpread(o.width), grad)
	return G.Nodes{x}, err
}

// InferShape implements gorgonia.Op.
func (o *spread) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	rows, err := in[0].DimSize(0)
	return tensor.Shape{rows, o.width}, err
}

// Do implements gorgonia.Op.
func (o *spread) Do(in ...G.Value) (G.Value, error) {
	x := floats(in[0])
	result, y := o.matrix(len(x), o.width)
	for i, v := range x {
		row := y[i*o.width : (i+1)*o.width]
		for j := range row {
			row[j] = v
		}
	}
	return result, nil
}

// DiffWRT implements gorgonia.SDOp.
func (*spread) DiffWRT(int) []bool { return []bool{true} }

// SymDiff implements gorgonia.SDOp.
func (o *spread) SymDiff(_ G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	x, err := apply(newRowSum(o.width), grad)
	return G.Nodes{x}, err
}
