package simd

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The kernel's bits are those of its twin, for any number of keys. That these are
// Philox's, sim/rng compares with published vectors.
func TestPhilox(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for n := range 40 {
		dst, want := make([]uint64, n), make([]uint64, n)
		key, lane := make([]uint64, n), make([]uint64, n)
		for i := range key {
			key[i], lane[i] = r.Uint64(), r.Uint64()
		}
		counter := r.Uint64()
		for _, second := range []bool{false, true} {
			PhiloxTo(dst, key, lane, counter, second)
			philoxPortable(want, key, lane, counter, second)
			if !slices.Equal(dst, want) {
				t.Fatalf("%d keys, counter %x, second %v: %x, want %x", n, counter, second, dst, want)
			}
		}
	}
}

func BenchmarkPhilox(b *testing.B) {
	var dst, key, lane [8]uint64
	for b.Loop() {
		PhiloxTo(dst[:], key[:], lane[:], 7, false)
	}
}
