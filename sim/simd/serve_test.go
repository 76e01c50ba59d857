package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestServeTo compares the kernel with its twin, with equals, with cells that
// send nothing and cells out of reach.
func TestServeTo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	none, some := 0, 0
	for range 2000 {
		links, cells := r.IntN(30), 1+r.IntN(12)
		cell, gain := make([]int32, links), make([]uint16, links*Lanes)
		weight, least := make([]float32, cells), make([]float32, cells)
		for c := range weight {
			weight[c], least[c] = float32(r.IntN(3)), float32(r.IntN(4))/4
			if r.IntN(4) == 0 {
				least[c] = float32(math.Inf(1))
			}
		}
		for l := range cell {
			cell[l] = r.Int32N(int32(cells))
		}
		for i := range gain {
			gain[i] = ToBF16(float32(r.IntN(8)) / 8)
		}
		var got, want [Lanes]int32
		ServeTo(&got, cell, gain, weight, least)
		servePortable(&want, cell, gain, weight, least)
		if got != want {
			t.Fatalf("links %v, gains %v, weights %v, least %v: %v, want %v", cell, gain, weight, least, got, want)
		}
		for _, l := range got {
			if l < 0 {
				none++
			} else {
				some++
			}
		}
	}
	if none < 1000 || some < 1000 {
		t.Errorf("%d lanes without a link, %d with one: the test tests too little", none, some)
	}
}
