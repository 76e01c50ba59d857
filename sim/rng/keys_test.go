package rng

import (
	"math"
	"testing"
)

// Together, keys have the values that each has by itself: eights of them, which
// a kernel takes, and those that are left over.
func TestKeysHaveTheWordsOfEach(t *testing.T) {
	var together Keys
	for n := range 20 {
		together.Reset()
		var each []Key
		for i := range n {
			each = append(each, Root(uint64(n)).At(uint64(i)))
			together.Add(each[i])
		}
		uniform, normal := make([]float64, n), make([]float64, n)
		for _, word := range []uint64{0, 1, 2, 77, 1<<33 + 5, math.MaxUint64} {
			together.Float64sTo(uniform, word)
			together.NormsTo(normal, word)
			for i, k := range each {
				if uniform[i] != k.Float64(word) || normal[i] != k.Norm(word) {
					t.Fatalf("key %d of %d, word %d: %v and %v, want %v and %v", i, n, word, uniform[i], normal[i], k.Float64(word), k.Norm(word))
				}
			}
		}
	}
	u := make([]float64, 19)
	if n := testing.AllocsPerRun(10, func() { together.Float64sTo(u, 3) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkKeys(b *testing.B) {
	var k Keys
	for i := range 8 {
		k.Add(Root(1).At(uint64(i)))
	}
	var u [8]float64
	b.Run("together", func(b *testing.B) {
		for b.Loop() {
			k.Float64sTo(u[:], 7)
		}
	})
	b.Run("each", func(b *testing.B) {
		for b.Loop() {
			for i := range u {
				u[i] = Key{k.key[i], k.lane[i]}.Float64(7)
			}
		}
	})
}
