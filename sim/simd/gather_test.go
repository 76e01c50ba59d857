package simd

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestGatherTo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for width := 1; width < 70; width++ {
		const held = 40
		src := make([]float32, held*width)
		for i := range src {
			src[i] = r.Float32()
		}
		rows := make([]int32, r.IntN(60))
		for k := range rows {
			rows[k] = r.Int32N(held)
		}
		got, want := make([]float32, width*len(rows)+1), make([]float32, width*len(rows)+1)
		got[width*len(rows)], want[width*len(rows)] = 7, 7 // what lies after dst is left alone
		GatherTo(got[:width*len(rows)], src, width, rows)
		gatherPortable(want[:width*len(rows)], src, width, rows)
		if !slices.Equal(got, want) {
			t.Fatalf("width %d, rows %v: got %v, want %v", width, rows, got, want)
		}
	}
}

func TestGatherToPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"row":      func() { GatherTo(make([]float32, 8), make([]float32, 16), 8, []int32{2}) },
		"negative": func() { GatherTo(make([]float32, 8), make([]float32, 16), 8, []int32{-1}) },
		"length":   func() { GatherTo(make([]float32, 9), make([]float32, 16), 8, []int32{1}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// BenchmarkGatherTo copies random rows of 55 values out of more than any cache
// holds.
func BenchmarkGatherTo(b *testing.B) {
	const width, held, n = 55, 1 << 19, 512
	src, dst, rows := make([]float32, width*held), make([]float32, width*n), make([]int32, n)
	r := rand.New(rand.NewPCG(3, 4))
	for b.Loop() {
		for k := range rows {
			rows[k] = r.Int32N(held)
		}
		GatherTo(dst, src, width, rows)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
}
