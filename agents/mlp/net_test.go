package mlp

import (
	"math"
	"slices"
	"testing"

	"hibernet/sim/rng"
)

func TestInitialWeightsAreOrthogonal(t *testing.T) {
	for _, sizes := range [][]int{{24, 64, 8}, {64, 24, 1}, {5, 5, 5}, {1, 3, 2}} {
		n := New(sizes, Tanh, 0.01, rng.Root(7))
		for l := range n.W {
			gain := math.Sqrt2
			if l == len(n.W)-1 {
				gain = 0.01
			}
			in, out := sizes[l], sizes[l+1]
			// The fewer of rows and columns are orthonormal, times the gain.
			at := func(i, j int) float64 { return float64(n.W[l][j*out+i]) } // column i
			count, length := out, in
			if in < out {
				at = func(i, j int) float64 { return float64(n.W[l][i*out+j]) } // row i
				count, length = in, out
			}
			for a := range count {
				for b := range count {
					dot, want := 0.0, 0.0
					for k := range length {
						dot += at(a, k) * at(b, k)
					}
					if a == b {
						want = gain * gain
					}
					if math.Abs(dot-want) > 1e-6*gain*gain {
						t.Fatalf("sizes %v, layer %d: <%d,%d> = %g, want %g", sizes, l, a, b, dot, want)
					}
				}
			}
		}
	}
}

// The sign fix makes the diagonal of a 1 x n weight as often positive as
// negative; without it LAPACK's convention gives one sign only.
func TestInitialWeightsHaveBothSigns(t *testing.T) {
	positive := 0
	const draws = 400
	for i := range draws {
		if New([]int{3, 3}, ReLU, 1, rng.Root(uint64(i))).W[0][0] > 0 {
			positive++
		}
	}
	if math.Abs(float64(positive)-draws/2) > 4*math.Sqrt(draws)/2 {
		t.Errorf("%d of %d first weights are positive, want about half", positive, draws)
	}
}

// forwardTwin computes one row in exact order with float64.
func forwardTwin(n *Net, x []float32) []float64 {
	h := make([]float64, len(x))
	for i, v := range x {
		h[i] = float64(v)
	}
	for l := range n.W {
		out := n.Sizes[l+1]
		y := make([]float64, out)
		for j := range y {
			y[j] = float64(n.B[l][j])
			for i, v := range h {
				y[j] += v * float64(n.W[l][i*out+j])
			}
			if l < len(n.W)-1 {
				if n.Activation == Tanh {
					y[j] = math.Tanh(y[j])
				} else {
					y[j] = math.Max(y[j], 0)
				}
			}
		}
		h = y
	}
	return h
}

func noise(n int, key rng.Key) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(key.Norm(uint64(i)))
	}
	return x
}

func TestForwardAgainstPlainTwin(t *testing.T) {
	for _, activation := range []string{Tanh, ReLU} {
		for _, sizes := range [][]int{{24, 64, 64, 8}, {3, 2}, {7, 300, 5}, {1, 1, 1}} {
			for _, rows := range []int{1, 63, 64, 65, 1000} {
				n := New(sizes, activation, 1, rng.Root(3))
				for l := range n.B {
					copy(n.B[l], noise(len(n.B[l]), rng.Root(4).At(uint64(l))))
				}
				x := noise(rows*n.In(), rng.Root(5))
				got := make([]float32, rows*n.Out())
				n.ForwardTo(got, x, rows, NewScratch(2, n))
				for _, row := range []int{0, rows / 2, rows - 1} {
					for j, want := range forwardTwin(n, x[row*n.In():(row+1)*n.In()]) {
						if v := float64(got[row*n.Out()+j]); math.Abs(v-want) > 2e-5*(1+math.Abs(want)) {
							t.Fatalf("%s %v, %d rows: row %d output %d is %g, want %g", activation, sizes, rows, row, j, v, want)
						}
					}
				}
			}
		}
	}
}

func TestForwardHasTheSameBitsForAnyWorkersAndRows(t *testing.T) {
	const rows = 3000
	n := New([]int{24, 64, 200, 8}, Tanh, 1, rng.Root(1))
	x := noise(rows*n.In(), rng.Root(2))
	want := make([]float32, rows*n.Out())
	n.ForwardTo(want, x, rows, NewScratch(1, n))
	for _, workers := range []int{2, 7} {
		got := make([]float32, rows*n.Out())
		n.ForwardTo(got, x, rows, NewScratch(workers, n))
		if !slices.Equal(got, want) {
			t.Errorf("%d workers: outputs differ from those of one", workers)
		}
	}
	// A row alone gives what it gives among others.
	alone, scratch := make([]float32, n.Out()), NewScratch(1, n)
	for row := range rows {
		n.ForwardTo(alone, x[row*n.In():(row+1)*n.In()], 1, scratch)
		if !slices.Equal(alone, want[row*n.Out():(row+1)*n.Out()]) {
			t.Fatalf("row %d alone differs from row %d among %d", row, row, rows)
		}
	}
}

func TestForwardAllocatesNothing(t *testing.T) {
	for _, sizes := range [][]int{{24, 64, 64, 8}, {24, 512, 512, 8}} {
		n := New(sizes, Tanh, 1, rng.Root(1))
		const rows = 600
		x, dst, s := noise(rows*n.In(), rng.Root(2)), make([]float32, rows*n.Out()), NewScratch(2, n)
		if got := testing.AllocsPerRun(20, func() { n.ForwardTo(dst, x, rows, s) }); got != 0 {
			t.Errorf("%v: ForwardTo allocates %g times a call, want 0", sizes, got)
		}
	}
}

func TestSetReversesAppendTo(t *testing.T) {
	n := New([]int{3, 4, 2}, ReLU, 1, rng.Root(1))
	params := n.AppendTo(nil)
	if len(params) != Len(n.Sizes) || len(params) != 3*4+4+4*2+2 {
		t.Fatalf("%d parameters, Len %d, want 26", len(params), Len(n.Sizes))
	}
	c := n.Clone()
	c.W[0][0]++
	if n.W[0][0] == c.W[0][0] {
		t.Error("a clone shares its weights")
	}
	c.Set(params)
	if !slices.Equal(c.AppendTo(nil), params) {
		t.Error("Set does not restore what AppendTo gave")
	}
	v := View(n.Sizes, n.Activation, params)
	params[0]++
	if v.W[0][0] != params[0] || n.W[0][0] == params[0] {
		t.Error("a view does not follow its parameters, or AppendTo shares them")
	}
}

func TestCheckNamesTheFault(t *testing.T) {
	for _, c := range []struct {
		spoil func(n *Net)
		want  string
	}{
		{func(n *Net) { n.Sizes = n.Sizes[:1] }, "sizes: a network has 2 to 17 widths, got 1"},
		{func(n *Net) { n.Sizes[1] = 0 }, "sizes[1]: allowed 1..16384, got 0"},
		{func(n *Net) { n.Activation = "gelu" }, `activation: allowed "tanh", "relu", got "gelu"`},
		{func(n *Net) { n.B = nil }, "3 widths need 2 weight and bias arrays, got 2 and 0"},
		{func(n *Net) { n.W[1] = n.W[1][1:] }, "weights of layer 1: want 8 values, got 7"},
		{func(n *Net) { n.B[0] = n.B[0][1:] }, "biases of layer 0: want 4 values, got 3"},
		{func(n *Net) { n.B[1][0] = float32(math.NaN()) }, "layer 1 holds a parameter that is not finite"},
	} {
		n := New([]int{3, 4, 2}, Tanh, 1, rng.Root(1))
		if err := n.Check(); err != nil {
			t.Fatal(err)
		}
		c.spoil(n)
		if err := n.Check(); err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// The two-by-two rotation group is small enough to see uniformity: the angle
// of the first column of Q is uniform, so its squared cosine has mean 1/2.
func TestOrthogonalIsUniform(t *testing.T) {
	sum := 0.0
	const draws = 2000
	for i := range draws {
		w := make([]float32, 4)
		orthogonalTo(w, 2, 2, 1, rng.Root(uint64(i)).Stream())
		sum += float64(w[0]) * float64(w[0])
	}
	mean := sum / draws
	if math.Abs(mean-0.5) > 4*math.Sqrt(0.125/draws) {
		t.Errorf("mean of cos^2 is %g, want 0.5", mean)
	}
}

func BenchmarkForward(b *testing.B) {
	for _, activation := range []string{Tanh, ReLU} {
		b.Run(activation, func(b *testing.B) {
			const rows = 16384
			n := New([]int{24, 64, 64, 8}, activation, 1, rng.Root(1))
			x, dst, s := noise(rows*n.In(), rng.Root(2)), make([]float32, rows*n.Out()), NewScratch(2, n)
			b.ReportAllocs()
			for b.Loop() {
				n.ForwardTo(dst, x, rows, s)
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
