package rng

import (
	"math"
	"testing"
)

// Values made in a row are those made one by one: to the bit where neither is
// fused, within a few units in the last place elsewhere.
func TestNormalsInARow(t *testing.T) {
	words := []uint64{0, math.MaxUint64, 1 << 63, 1<<63 - 1, 1 << 62, 3 << 62}
	for s := Root(8).Stream(); len(words) < 100_000; {
		words = append(words, s.Uint64())
	}
	got := make([]float64, len(words))
	normsTo(got, words)
	for i, w := range words {
		if want := normal(w); math.Abs(got[i]-want) > 1e-14*math.Abs(want) {
			t.Fatalf("word %#x: %v, want %v", w, got[i], want)
		}
	}
	k := Root(9).Named("row")
	for _, first := range []uint64{0, 3, 100, 1<<40 + 1} {
		for _, n := range []int{0, 1, 2, 62, 63, 64, 65, 200} {
			row := make([]float32, n)
			k.NormsTo(row, first)
			for i, v := range row {
				if want := float32(k.Norm(first + uint64(i))); math.Abs(float64(v-want)) > 1e-6 {
					t.Fatalf("%d from word %d on: value %d is %v, want %v", n, first, i, v, want)
				}
			}
		}
	}
	row := make([]float32, 100)
	if n := testing.AllocsPerRun(10, func() { k.NormsTo(row, 5) }); n != 0 {
		t.Errorf("%v allocations of a row of a key", n)
	}
	defer func() {
		if recover() == nil {
			t.Error("lengths that differ: no panic")
		}
	}()
	if n := testing.AllocsPerRun(10, func() { normsTo(got[:64], words[:64]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	normsTo(got[:1], words)
}
