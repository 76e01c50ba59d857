package simd

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSettleByHand(t *testing.T) {
	l := Loads{
		Offered: []float32{1, 2, 0, 0}, Foreign: []float32{0.25, 1, 0.25, 0}, PerHz: []float32{0.5, 0.5, 7, 1},
		Load: []float32{0.5, 0.5, 0.25, 1}, Weight: []float32{9, 9, 9, 9},
		Full: []float32{2, 2, 4, 1}, Known: []float32{1.5, 1.5, 1, 1e-9}, Moved: []uint8{7},
	}
	change, count := l.Settle(0.5)
	// Only the last one counts as moved: it has fallen silent.
	if !slices.Equal(l.Offered, []float32{0.75, 2, 0.25, 0}) || !slices.Equal(l.Load, []float32{0.75, 1, 0.25, 0}) ||
		!slices.Equal(l.Weight, []float32{1.5, 2, 1, 0}) || change != 1 || count != 1 || l.Moved[0] != 1<<3 {
		t.Errorf("%+v, change %v, %d moved", l, change, count)
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
		l := Loads{Offered: vector(1.5), Foreign: vector(0.5), PerHz: vector(2), Load: vector(1), Weight: vector(1), Full: vector(5), Known: vector(5),
			Moved: make([]uint8, (n+7)/8)}
		for i := range l.Known {
			if r.IntN(2) == 0 { // about where it counts as moved
				l.Known[i] = min(l.Foreign[i]+l.Offered[i]*l.PerHz[i], 1)*l.Full[i] + l.Full[i]*(r.Float32()-0.5)/100
			}
		}
		twin := l
		twin.Offered, twin.Load, twin.Weight, twin.Moved = slices.Clone(l.Offered), slices.Clone(l.Load), slices.Clone(l.Weight), slices.Clone(l.Moved)
		change, count := l.Settle(2e-3)
		twinChange, twinCount := twin.settlePortable(0, 2e-3)
		if !slices.Equal(l.Offered, twin.Offered) || !slices.Equal(l.Load, twin.Load) || !slices.Equal(l.Weight, twin.Weight) || !slices.Equal(l.Moved, twin.Moved) ||
			change != twinChange || count != twinCount {
			t.Fatalf("change %v, %d moved; the twin's are %v, %d", change, count, twinChange, twinCount)
		}
	})
}
