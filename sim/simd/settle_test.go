package simd

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSettleByHand(t *testing.T) {
	offered := []float32{1, 2, 0, 0}
	load, weight := []float32{0.5, 0.5, 0.25, 1}, []float32{9, 9, 9, 9, 7}
	change, moved := Settle(offered, []float32{0.25, 1, 0.25, 0}, []float32{0.5, 0.5, 7, 1}, load, weight, []float32{2, 2, 4, 1}, []float32{1.5, 1.5, 1, 1e-9}, 0.5)
	// Only the last one counts as moved: it has fallen silent.
	if !slices.Equal(offered, []float32{0.75, 2, 0.25, 0}) || !slices.Equal(load, []float32{0.75, 1, 0.25, 0}) || !slices.Equal(weight, []float32{1.5, 2, 1, 0, 7}) || change != 1 || moved != 1 {
		t.Errorf("loads %v, weights %v, change %v, moved %d", load, weight, change, moved)
	}
}

func FuzzSettle(f *testing.F) {
	f.Add(uint64(1), uint8(3))
	f.Add(uint64(2), uint8(77))
	f.Fuzz(func(t *testing.T, seed uint64, length uint8) {
		r, n := rand.New(rand.NewPCG(seed, 2)), int(length)
		vector := func(most float32) []float32 {
			v := make([]float32, n)
			for i := range v {
				v[i] = most * r.Float32() * float32(r.IntN(3)) / 2
			}
			return v
		}
		offered, load, weight, full, known := vector(1.5), vector(1), vector(1), vector(5), vector(5)
		foreign, perHz := vector(0.5), vector(2)
		for i := range known {
			if r.IntN(2) == 0 { // about where it counts as moved
				known[i] = min(foreign[i]+offered[i]*perHz[i], 1)*full[i] + full[i]*(r.Float32()-0.5)/100
			}
		}
		twinOffered, twinLoad, twinWeight := slices.Clone(offered), slices.Clone(load), slices.Clone(weight)
		change, moved := Settle(offered, foreign, perHz, load, weight, full, known, 2e-3)
		twinChange, twinMoved := settlePortable(twinOffered, foreign, perHz, twinLoad, twinWeight, full, known, 2e-3)
		if !slices.Equal(offered, twinOffered) || !slices.Equal(load, twinLoad) || !slices.Equal(weight, twinWeight) || change != twinChange || moved != twinMoved {
			t.Fatalf("change %v, moved %d; the twin's are %v, %d", change, moved, twinChange, twinMoved)
		}
	})
}
