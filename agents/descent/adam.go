package descent

import (
	"errors"
	"math"

	"hibernet/agents/train"
	"hibernet/sim/simd"
)

// Constants of Adam (Kingma and Ba, arXiv:1412.6980); epsilon is 1e-5, which
// keeps parameters whose gradient is nearly always 0 from leaping.
const (
	adamBeta1   = 0.9
	adamBeta2   = 0.999
	adamEpsilon = 1e-5
)

// Adam is the state of the optimiser. Its fields are exported for files.
type Adam struct {
	Steps  int       `json:"steps"`
	M1, M2 []float32 `json:"-"` // [parameters] decaying means of the gradient and its square
}

// NewAdam returns the state before the first step of n parameters.
func NewAdam(n int) *Adam { return &Adam{M1: make([]float32, n), M2: make([]float32, n)} }

// Clone returns a deep copy.
func (a *Adam) Clone() *Adam {
	return &Adam{Steps: a.Steps, M1: append([]float32(nil), a.M1...), M2: append([]float32(nil), a.M2...)}
}

// PutIn writes the state under a name to the arrays and numbers of a file.
func (a *Adam) PutIn(arrays map[string][]float32, numbers map[string]float64, name string) {
	arrays[name+"_m1"], arrays[name+"_m2"], numbers[name+"_steps"] = a.M1, a.M2, float64(a.Steps)
}

// AdamIn returns the state of n parameters that PutIn wrote under a name. What is
// not there, or of another length, is an error.
func AdamIn(s *train.State, name string, n int) (*Adam, error) {
	var a Adam
	var err1, err2, err3 error
	a.M1, err1 = s.Array(name+"_m1", n)
	a.M2, err2 = s.Array(name+"_m2", n)
	a.Steps, err3 = s.Count(name + "_steps")
	return &a, errors.Join(err1, err2, err3)
}

// Move moves theta against gradient.
func (a *Adam) Move(theta, gradient []float32, rate float64) {
	a.Steps++
	t := float64(a.Steps)
	scale := float32(rate * math.Sqrt(1-math.Pow(adamBeta2, t)) / (1 - math.Pow(adamBeta1, t)))
	epsilon := float32(adamEpsilon * math.Sqrt(1-math.Pow(adamBeta2, t)))
	simd.Adam(theta, a.M1, a.M2, gradient, simd.AdamBy{
		Keep1: adamBeta1, Take1: 1 - adamBeta1, Keep2: adamBeta2, Take2: 1 - adamBeta2, Scale: scale, Epsilon: epsilon,
	})
}

// ClipNorm scales gradient down to at most limit and returns its norm before.
func ClipNorm(gradient []float32, limit float64) float64 {
	norm := math.Sqrt(sumOfSquares(gradient))
	if norm > limit {
		factor := float32(limit / norm)
		for i := range gradient {
			gradient[i] *= factor
		}
	}
	return norm
}

// sumOfSquares returns the sum of the squares of x, of every fourth value first: one
// sum waits for the addition before it.
func sumOfSquares(x []float32) float64 {
	var a, b, c, d float64
	for ; len(x) >= 4; x = x[4:] {
		a += float64(x[0]) * float64(x[0])
		b += float64(x[1]) * float64(x[1])
		c += float64(x[2]) * float64(x[2])
		d += float64(x[3]) * float64(x[3])
	}
	for _, v := range x {
		a += float64(v) * float64(v)
	}
	return a + b + c + d
}

// one is a matrix of ones of any shape.
var one = simd.Matrix{Data: []float32{1}}

// Total writes the sum of the given number of parts, which stand one after the
// other, to dst, added in their order.
func Total(dst, parts []float32, count int) {
	n := len(dst)
	clear(dst)
	simd.MulAdd(simd.Matrix{Data: dst, Row: n, Col: 1}, one, simd.Matrix{Data: parts, Row: n, Col: 1}, 1, n, count)
}
