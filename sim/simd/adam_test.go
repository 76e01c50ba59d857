package simd

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestAdamIsItsTwin to the bit, step after step, for every length about a block.
func TestAdamIsItsTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	by := AdamBy{Keep1: 0.9, Take1: 0.1, Keep2: 0.999, Take2: 0.001, Scale: 3e-4, Epsilon: 1e-5}
	for n := range 40 {
		var got, want [3][]float32
		for k := range got {
			got[k], want[k] = make([]float32, n), make([]float32, n)
		}
		gradient := make([]float32, n)
		for step := range 20 {
			for i := range gradient {
				gradient[i] = float32(r.NormFloat64() * math.Exp(4*r.NormFloat64()))
			}
			Adam(got[0], got[1], got[2], gradient, by)
			adamPortable(want[0], want[1], want[2], gradient, &by)
			for k := range got {
				if !slices.Equal(got[k], want[k]) {
					t.Fatalf("%d parameters, step %d, slice %d: %v, the twin's is %v", n, step, k, got[k], want[k])
				}
			}
		}
	}
}
