package descent

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hibernet/agents/mlp"
)

// Node is a matrix of a graph: [rows x width] where nothing else is said.
type Node = *G.Node

// Expr builds the graph of a loss and keeps the first error, so that formulas
// read as such.
type Expr struct {
	graph *G.ExprGraph
	err   error
}

// Matrix returns a node of the given rows that shares its memory with data,
// which is row-major. Names of matrices that differ must differ.
func (e *Expr) Matrix(name string, data []float32, rows int) Node {
	value := tensor.New(tensor.WithShape(rows, len(data)/rows), tensor.WithBacking(data))
	return G.NewMatrix(e.graph, tensor.Float32, G.WithShape(rows, len(data)/rows), G.WithName(name), G.WithValue(value))
}

// Net returns the outputs of n for the inputs x [rows x In], and its parameters
// [1 x Len]. x is data: it has no gradient.
func (e *Expr) Net(name string, n *mlp.Net, x Node) (y, params Node) {
	params = e.Matrix(name+" parameters", n.Parameters(), 1)
	op := &network{operation: operation{name: "network " + name, arity: 2}, net: n}
	return e.unary(func(x Node) (Node, error) { return G.ApplyOp(op, x, params) }, x), params
}

func (e *Expr) unary(op func(Node) (Node, error), x Node) Node {
	if e.err != nil {
		return x
	}
	y, err := op(x)
	e.err = err
	return y
}

func (e *Expr) binary(op func(a, b Node) (Node, error), a, b Node) Node {
	if e.err != nil {
		return a
	}
	y, err := op(a, b)
	e.err = err
	return y
}

// Constant returns a matrix that does not change: data is row-major.
func (e *Expr) Constant(name string, data []float32, rows int) Node {
	return e.Matrix("constant "+name, data, rows)
}

// Number returns a constant for Mul and Add with a matrix.
func (e *Expr) Number(v float64) Node { return G.NewConstant(float32(v)) }

// Add returns a + b.
func (e *Expr) Add(a, b Node) Node { return e.binary(G.Add, a, b) }

// Sub returns a - b.
func (e *Expr) Sub(a, b Node) Node { return e.binary(G.Sub, a, b) }

// Mul returns the products of elements.
func (e *Expr) Mul(a, b Node) Node { return e.binary(G.HadamardProd, a, b) }

// Dot returns the matrix product.
func (e *Expr) Dot(a, b Node) Node { return e.binary(G.Mul, a, b) }

// Exp returns the exponentials of elements.
func (e *Expr) Exp(x Node) Node { return e.unary(G.Exp, x) }

// Log returns the natural logarithms of elements.
func (e *Expr) Log(x Node) Node { return e.unary(G.Log, x) }

// Neg returns -x.
func (e *Expr) Neg(x Node) Node { return e.unary(G.Neg, x) }

// Sum returns the sum of all elements, a number.
func (e *Expr) Sum(x Node) Node {
	return e.unary(func(x Node) (Node, error) { return G.Sum(x) }, x)
}

// Square returns the squares of elements.
func (e *Expr) Square(x Node) Node { return e.unary(G.Square, x) }

// ReLU returns elements where they are above 0, else 0.
func (e *Expr) ReLU(x Node) Node { return e.unary(G.Rectify, x) }

// Clamp returns x held between lo and hi.
func (e *Expr) Clamp(x Node, lo, hi float64) Node { return e.Between(x, e.Number(lo), e.Number(hi)) }

// Huber returns the Huber loss of an error: with c the error held within -width
// and width it is c*(error - c/2), that is error^2/2 within and width*(|error| -
// width/2) beyond. An error that is rare and large then weighs less than its
// square, as where the gradient is clipped (Mnih et al., Nature 518, 2015).
func (e *Expr) Huber(err Node, width float64) Node {
	held := e.Clamp(err, -width, width)
	return e.Mul(held, e.Sub(err, e.Mul(held, e.Number(0.5))))
}

// Between returns x held between lo and hi, matrices or numbers:
// x - relu(x-hi) + relu(lo-x).
func (e *Expr) Between(x, lo, hi Node) Node {
	above := e.ReLU(e.Sub(x, hi))
	below := e.ReLU(e.Sub(lo, x))
	return e.Add(e.Sub(x, above), below)
}

// Total returns the sums of rows of x, which has the given width: [rows x 1].
func (e *Expr) Total(x Node, width int) Node {
	return e.unary(func(x Node) (Node, error) { return apply(newRowSum(width), x) }, x)
}

// Spread repeats the column x [rows x 1] over the given width.
func (e *Expr) Spread(x Node, width int) Node {
	return e.unary(func(x Node) (Node, error) { return apply(newSpread(width), x) }, x)
}

// LogSumExp returns the logarithm of the sum of exponentials of each row of z.
// The caller takes care that no row is large: see Offset.
func (e *Expr) LogSumExp(z Node, width int) Node { return e.Log(e.Total(e.Exp(z), width)) }

func floats(v G.Value) []float32 { return v.Data().([]float32) }
