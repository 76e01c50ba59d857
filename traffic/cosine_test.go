package traffic

import (
	"math"
	"testing"

	"hibernet/sim/rng"
)

func TestCosine(t *testing.T) {
	values := []float64{0, math.Pi / 4, math.Pi / 2, math.Pi, 2 * math.Pi, 1 << 29, 1<<29 - 1, 1e18, math.Inf(1), math.NaN()}
	for s := rng.Root(1).Stream(); len(values) < 200_000; {
		values = append(values, 20*s.Norm(), 1e5*s.Norm(), 1e9*s.Norm())
	}
	for _, v := range values {
		for _, x := range []float64{v, -v} {
			// One unit in the last place for platforms that fuse differently.
			got, want := cosine(x), math.Cos(x)
			if math.Abs(got-want) > 3e-16 || math.IsNaN(got) != math.IsNaN(want) {
				t.Fatalf("cos %v = %v, want %v", x, got, want)
			}
		}
	}
}
