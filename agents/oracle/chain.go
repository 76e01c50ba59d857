package oracle

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/combin"
)

// Chain is a Markov chain in the place of a stationary autoregression of order 1
// with unit variance: its values, the law of the first and that after each.
type Chain struct {
	Z           []float64 // [n] ascending
	First, Next []float64 // [n] and [n*n], as in Model
}

// NewChain returns the chain of n values, at least 2, that has the mean, the
// variance and the autocorrelation phi^k of the autoregression exactly, at all
// lags k (Rouwenhorst's method; Kopecky and Suen, Review of Economic Dynamics 13,
// 2010, sections 2 and 3). Its values reach to sqrt(n-1), their law is binomial.
func NewChain(phi float64, n int) (Chain, error) {
	if !(phi >= 0 && phi < 1) || n < 2 {
		return Chain{}, fmt.Errorf("oracle: chain: phi %g and %d values: allowed 0 to below 1, and at least 2", phi, n)
	}
	c := Chain{Z: make([]float64, n), First: make([]float64, n)}
	for i := range n {
		c.Z[i] = math.Sqrt(float64(n-1)) * (2*float64(i)/float64(n-1) - 1)
		c.First[i] = float64(combin.Binomial(n-1, i)) / math.Pow(2, float64(n-1))
	}
	p := (1 + phi) / 2
	c.Next = []float64{p, 1 - p, 1 - p, p}
	for size := 3; size <= n; size++ {
		c.Next = grown(c.Next, size, p)
	}
	return c, nil
}

// grown returns Rouwenhorst's matrix of a size from that of one less.
func grown(less []float64, size int, p float64) []float64 {
	out := make([]float64, size*size)
	for i := range size - 1 {
		for j := range size - 1 {
			v := less[i*(size-1)+j]
			out[i*size+j] += p * v
			out[i*size+j+1] += (1 - p) * v
			out[(i+1)*size+j] += (1 - p) * v
			out[(i+1)*size+j+1] += p * v
		}
	}
	for k := size; k < (size-1)*size; k++ { // the inner rows were written twice
		out[k] /= 2
	}
	return out
}

// Nearest returns the index of the value nearest to z.
func (c Chain) Nearest(z float64) int {
	best := 0
	for i, v := range c.Z {
		if math.Abs(v-z) < math.Abs(c.Z[best]-z) {
			best = i
		}
	}
	return best
}
