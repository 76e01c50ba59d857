package descent

import (
	"math"
	"slices"
	"testing"

	"hibernet/agents/mlp"
)

// The loss of squares, written out with its slope.
func squaresByRow(theta []float32, target, chosen func() []float32) Loss {
	loss := squares(theta)
	loss.Formula = func(e *Expr, _, out []Node) (Node, []Node) {
		return e.Rows("squares", out[0], 2, func(loss, slope, x []float32) {
			for r := range loss {
				gap := x[2*r]*chosen()[2*r] + x[2*r+1]*chosen()[2*r+1] - target()[r]
				loss[r] = gap * gap
				slope[2*r], slope[2*r+1] = 2*gap*chosen()[2*r], 2*gap*chosen()[2*r+1]
			}
		}), nil
	}
	return loss
}

func TestRowsAreTheComposedLoss(t *testing.T) {
	const rows = 9
	theta := begin()
	composed := descent(t, theta, rows, 1)
	wantLoss, want, err := composed.Gradient(rows)
	if err != nil {
		t.Fatal(err)
	}
	want = slices.Clone(want)
	d, err := New(squaresByRow(theta, func() []float32 { return composed.In(2) }, func() []float32 { return composed.In(1) }), theta,
		Settings{Rows: rows, MaxNorm: 10, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	copy(d.In(0), composed.In(0))
	for range 2 { // the memory is used again
		loss, got, err := d.Gradient(rows)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(loss-wantLoss) > 1e-6*wantLoss {
			t.Errorf("loss %g, composed %g", loss, wantLoss)
		}
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-6 {
				t.Errorf("parameter %d: gradient %g, composed %g", i, got[i], want[i])
			}
		}
	}
}

func TestRowsOfAnotherWidthAreRefused(t *testing.T) {
	net := mlp.View([]int{3, 5, 2}, mlp.Tanh, begin())
	p, err := Compile(func(e *Expr) (cost Node, params, read []Node) {
		y, p := e.Net("net", net, e.Matrix("x", make([]float32, 12), 4))
		return e.Sum(e.Rows("wide", y, 3, func(_, _, _ []float32) {})), []Node{p}, nil
	})
	if err == nil {
		err = p.Run()
	}
	if err == nil {
		t.Error("rows of 2 values were taken for rows of 3")
	}
}
