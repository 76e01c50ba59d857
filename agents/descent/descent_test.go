package descent

import (
	"errors"
	"math"
	"slices"
	"testing"

	"hibernet/agents/mlp"
	"hibernet/sim/rng"
)

// squares is the squared error of a network with two outputs from a target, of
// the output that is chosen.
func squares(theta []float32) Loss {
	sizes := []int{3, 5, 2}
	net := mlp.View(sizes, mlp.Tanh, theta)
	return Loss{Name: "squares", Inputs: []Input{{"obs", 3}, {"chosen", 2}, {"target", 1}}, Nets: []*mlp.Net{net},
		Formula: func(e *Expr, in, out []Node) (Node, []Node) {
			q := e.Total(e.Mul(out[0], in[1]), 2)
			gap := e.Sub(q, in[2])
			return e.Square(gap), []Node{q}
		}}
}

func fill(d *Descent, rows int) {
	s := rng.Root(5).Stream()
	for i := range 3 * rows {
		d.In(0)[i] = float32(s.Norm())
	}
	for r := range rows {
		d.In(1)[2*r], d.In(1)[2*r+1] = 0, 0
		d.In(1)[2*r+r%2] = 1
		d.In(2)[r] = d.In(0)[3*r] * d.In(0)[3*r+1]
	}
}

func begin() []float32 {
	return mlp.New([]int{3, 5, 2}, mlp.Tanh, 1, rng.Root(1)).AppendTo(nil)
}

func descent(t *testing.T, theta []float32, rows, workers int) *Descent {
	t.Helper()
	d, err := New(squares(theta), theta, Settings{Rows: rows, MaxNorm: 10, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	fill(d, rows)
	return d
}

// The gradient over two shards and a bit against differences of the loss.
func TestGradientIsTheSlopeOfTheLoss(t *testing.T) {
	const rows, h = 2*shardRows + 7, 1e-2
	theta := begin()
	d := descent(t, theta, rows, 2)
	_, got, err := d.Gradient(rows)
	if err != nil {
		t.Fatal(err)
	}
	got = slices.Clone(got)
	for i := range theta {
		was := theta[i]
		theta[i] = was + h
		up, _, _ := d.Gradient(rows)
		theta[i] = was - h
		down, _, _ := d.Gradient(rows)
		theta[i] = was
		if want := (up - down) / (2 * h); math.Abs(want-float64(got[i])) > 2e-3*(1+math.Abs(want)) {
			t.Errorf("parameter %d: gradient %g, slope %g", i, got[i], want)
		}
	}
}

func TestStepsLowerTheLossInTheSameBitsForAnyWorkers(t *testing.T) {
	const rows = 3*shardRows - 5
	var first []float32
	for _, workers := range []int{1, 3} {
		theta := begin()
		d := descent(t, theta, rows, workers)
		adam := NewAdam(len(theta))
		before, _, err := d.Step(rows, adam, 1e-2)
		if err != nil {
			t.Fatal(err)
		}
		after := before
		for range 200 {
			after, _, _ = d.Step(rows, adam, 1e-2)
		}
		if after > before/2 {
			t.Errorf("loss %g after %g: want less than half", after, before)
		}
		if first == nil {
			first = theta
		} else if !slices.Equal(first, theta) {
			t.Errorf("%d workers give other bits", workers)
		}
	}
}

func TestToldIsWhatTheNetSaid(t *testing.T) {
	const rows = shardRows + 3
	theta := begin()
	d := descent(t, theta, rows, 1)
	if _, _, err := d.Gradient(rows); err != nil {
		t.Fatal(err)
	}
	net := squares(theta).Nets[0]
	want := make([]float32, 2*rows)
	net.ForwardTo(want, d.In(0), rows, mlp.NewScratch(1, net))
	for r := range rows {
		if got := d.Told(0)[r]; math.Abs(float64(got-want[2*r+r%2])) > 1e-5 {
			t.Fatalf("row %d: %g, inference says %g", r, got, want[2*r+r%2])
		}
	}
}

func TestNotFiniteLeavesTheParameters(t *testing.T) {
	theta := begin()
	d := descent(t, theta, 4, 1)
	d.In(2)[1] = float32(math.NaN())
	before := slices.Clone(theta)
	if _, _, err := d.Step(4, NewAdam(len(theta)), 1); !errors.Is(err, ErrNotFinite) || !slices.Equal(before, theta) {
		t.Errorf("error %v, parameters changed: %v", err, !slices.Equal(before, theta))
	}
}

// Adam's first steps for gradients 1 and -2 at rate 0.1: the first is nearly
// rate in size, whatever the gradient (Kingma and Ba, section 2.1).
func TestAdamByHand(t *testing.T) {
	theta, a := []float32{0, 0}, NewAdam(2)
	a.Move(theta, []float32{1, -2}, 0.1)
	for i, want := range []float64{-0.1 / (1 + 1e-5), 0.1 * 2 / (2 + 1e-5)} {
		if math.Abs(float64(theta[i])-want) > 1e-6 {
			t.Errorf("step 1: theta[%d] = %g, want %g", i, theta[i], want)
		}
	}
	// m1 = 0.19, m2 = 0.001999, both corrected to 1 again.
	a.Move(theta, []float32{1, -2}, 0.1)
	if math.Abs(float64(theta[0])+0.2) > 1e-5 {
		t.Errorf("step 2: theta[0] = %g, want -0.2", theta[0])
	}
}

func TestClipNorm(t *testing.T) {
	g := []float32{3, 4}
	if norm := ClipNorm(g, 10); norm != 5 || g[0] != 3 || g[1] != 4 {
		t.Errorf("a short gradient: norm %g, became %v", norm, g)
	}
	if norm := ClipNorm(g, 2.5); norm != 5 || g[0] != 1.5 || g[1] != 2 {
		t.Errorf("norm %g, clipped to %v; want 5, [1.5 2]", norm, g)
	}
}
