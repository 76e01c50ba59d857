package topology

import (
	"math"
	"slices"
	"testing"

	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// Restricted to its first squares the curve is a permutation whose successive
// squares share a side.
func TestHilbertIsACurve(t *testing.T) {
	const side = 64
	at := make([][2]int, side*side)
	seen := make([]bool, side*side)
	for x := range side {
		for y := range side {
			d := hilbert(uint32(x), uint32(y))
			if d >= side*side || seen[d] {
				t.Fatalf("(%d, %d): distance %d is out of range or taken", x, y, d)
			}
			seen[d], at[d] = true, [2]int{x, y}
		}
	}
	for d := range len(at) - 1 {
		if step := math.Abs(float64(at[d+1][0]-at[d][0])) + math.Abs(float64(at[d+1][1]-at[d][1])); step != 1 {
			t.Fatalf("from %v to %v at distance %d", at[d], at[d+1], d)
		}
	}
}

func TestOrderKeepsSitesAndPutsNeighboursTogether(t *testing.T) {
	spec := sized(LayoutPoissonDisc, 400)
	p, err := makePlan(&spec, rng.Root(2), &Options{}, shard.New(1))
	if err != nil {
		t.Fatal(err)
	}
	step := func() float64 {
		sum := 0.0
		for i := range len(p.sites) - 1 {
			sum += math.Hypot(p.sites[i+1].x-p.sites[i].x, p.sites[i+1].y-p.sites[i].y)
		}
		return sum / float64(len(p.sites)-1)
	}
	xs := func() []float64 {
		var out []float64
		for _, s := range p.sites {
			out = append(out, s.x)
		}
		return slices.Sorted(slices.Values(out))
	}
	before, was := step(), xs()
	orderSites(p)
	if !slices.Equal(was, xs()) {
		t.Error("sorting changed the set of sites")
	}
	// A tour of the nearest kind steps about one site distance, 500 m.
	if after := step(); after > 800 || after > before/5 {
		t.Errorf("mean step %g m after sorting, %g before", after, before)
	}
}
