package simd

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// someEdges are ascending, no two of them within a prefix.
var someEdges = func() (edges []float32) {
	for e := 0.01; e < 1000; e *= 1.02 {
		edges = append(edges, float32(e))
	}
	return append(edges, 1024)
}()

// A value is in the bucket whose edges enclose it.
func TestBucketsOf(t *testing.T) {
	b, edges := NewBuckets(someEdges), someEdges
	check := func(x float32) {
		want := 0
		for want < len(edges) && x >= edges[want] {
			want++
		}
		if got := b.Of(x); int(got) != want {
			t.Errorf("%v is in bucket %d, want %d", x, got, want)
		}
	}
	for _, e := range edges {
		for _, x := range []float32{math.Nextafter32(e, 0), e, math.Nextafter32(e, 1e9), 1.01 * e} {
			check(x)
		}
	}
	for _, x := range []float32{0, float32(math.Copysign(0, -1)), -1, -1e30, 1e-40, 1e30, float32(math.Inf(1)), float32(math.Inf(-1))} {
		check(x)
	}
}

func FuzzTallyTo(f *testing.F) {
	f.Add(uint64(1), uint8(1), uint8(0))
	f.Add(uint64(2), uint8(33), uint8(0))
	f.Add(uint64(3), uint8(4), uint8(1))
	f.Add(uint64(4), uint8(0), uint8(1))
	b := NewBuckets(someEdges)
	f.Fuzz(func(t *testing.T, seed uint64, blocks, odd uint8) {
		r := rand.New(rand.NewPCG(seed, 4))
		n := int(blocks) * Lanes
		values, weights := make([]float32, n), make([]float32, n)
		for i := range values {
			values[i] = float32(math.Pow(10, 8*r.Float64()-4))
			if r.IntN(3) == 0 {
				values[i] = someEdges[r.IntN(len(someEdges))]
			}
			weights[i] = r.Float32() * float32(r.IntN(2))
		}
		wild := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), -1, 0, math.MaxFloat32}
		for range min(int(odd), n) {
			values[r.IntN(n)] = wild[r.IntN(len(wild))]
			weights[r.IntN(n)] = wild[r.IntN(len(wild))]
		}
		bucket, scaled := make([]uint16, n), make([]float64, n)
		twin, twinScaled := make([]uint16, n), make([]float64, n)
		total, sum, ok := b.TallyTo(bucket, scaled, values, weights, 900)
		twinTotal, twinSum, twinOK := b.tallyPortable(twin, twinScaled, values, weights, 900)
		if ok != twinOK {
			t.Fatalf("%v %v: in order %v, the twin says %v", values, weights, ok, twinOK)
		}
		if !slices.Equal(bucket, twin) {
			t.Fatalf("%v: buckets %v, the twin's are %v", values, bucket, twin)
		}
		if ok && (!slices.Equal(scaled, twinScaled) || total != twinTotal || sum != twinSum) {
			t.Fatalf("%v %v: %v, %v, %v, the twin's are %v, %v, %v", values, weights, scaled, total, sum, twinScaled, twinTotal, twinSum)
		}
	})
}

// Each value and each weight that is no use is found, in every lane.
func TestTallyToFindsFaults(t *testing.T) {
	b := NewBuckets(someEdges)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for lane := range Lanes {
		for _, c := range []struct {
			value, weight float32
			ok            bool
		}{{nan, 0, true}, {inf, 0, true}, {1, 0, true}, {-1, 2, true}, {nan, 1, false}, {inf, 1, false}, {-inf, 1, false}, {1, nan, false}, {1, inf, false}, {1, -1, false}} {
			values, weights := slices.Repeat([]float32{1}, 3*Lanes), slices.Repeat([]float32{1}, 3*Lanes)
			values[Lanes+lane], weights[Lanes+lane] = c.value, c.weight
			bucket, scaled := make([]uint16, len(values)), make([]float64, len(values))
			if _, _, ok := b.TallyTo(bucket, scaled, values, weights, 2); ok != c.ok {
				t.Errorf("lane %d, value %v, weight %v: in order %v", lane, c.value, c.weight, ok)
			}
		}
	}
}

func BenchmarkTallyTo(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 4))
	buckets, n := NewBuckets(someEdges), 256
	values, weights := make([]float32, n), make([]float32, n)
	for i := range values {
		values[i], weights[i] = float32(math.Pow(10, 2*r.Float64())), r.Float32()
	}
	bucket, scaled := make([]uint16, n), make([]float64, n)
	for b.Loop() {
		buckets.TallyTo(bucket, scaled, values, weights, 900)
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N*n), "ns/value")
}
