package simd

import (
	"math"
	"slices"
)

// Buckets is a row of intervals without gaps, from -Inf to +Inf, that values are
// counted in. Values of single precision that share their first 16 bits, their
// prefix, must lie in one bucket or in two neighbouring ones.
type Buckets struct {
	first  int32   // least prefix of starts; a smaller value is taken for it
	starts []start // [prefixes] the last of them also for what is larger
}

// start says where values with a prefix are.
type start struct {
	edge   float32 // from which on they are in the bucket after this one; no number if there is none
	bucket uint32  // of the least of them
}

// NewBuckets returns buckets between ascending edges, all above 0 and finite: one
// below the first edge, one from the last one up.
func NewBuckets(edges []float32) *Buckets {
	b, next := &Buckets{first: prefix(edges[0])}, 0
	edges = append(slices.Clone(edges), float32(math.NaN()))
	for p := b.first; p <= prefix(edges[len(edges)-2]); p++ {
		for least := math.Float32frombits(uint32(p) << 16); least >= edges[next]; {
			next++
		}
		b.starts = append(b.starts, start{edges[next], uint32(next)})
	}
	return b
}

// prefix returns the first 16 bits of a value, with its sign.
func prefix(x float32) int32 { return int32(math.Float32bits(x)) >> 16 }

// Of returns the bucket of a value.
func (b *Buckets) Of(x float32) uint16 {
	s := b.starts[min(max(prefix(x)-b.first, 0), int32(len(b.starts)-1))]
	if x >= s.edge {
		s.bucket++
	}
	return uint16(s.bucket)
}

// TallyTo finds the bucket of each value, and scales its weight. A value of
// weight 0 does not matter, whatever it is. All have the same length, a multiple
// of Lanes. It returns the sum of the scaled weights and of their products with
// the values, and whether all weights are finite and at least 0, and their values
// finite: if not, nothing that it has written is of use. The vector kernel and the
// portable one give the same bits.
func (b *Buckets) TallyTo(bucket []uint16, scaled []float64, values, weights []float32, scale float64) (total, sum float64, ok bool) {
	n := len(values)
	if n%Lanes != 0 || len(bucket) != n || len(scaled) != n || len(weights) != n {
		panic("simd: TallyTo with slices of other lengths")
	}
	if n == 0 {
		return 0, 0, true
	}
	return b.tally(bucket, scaled, values, weights, scale)
}

// tallyPortable is what the kernel computes, in the order of its sums.
func (b *Buckets) tallyPortable(bucket []uint16, scaled []float64, values, weights []float32, scale float64) (total, sum float64, ok bool) {
	var totals, sums [Lanes]float64
	ok = true
	for i, x := range values {
		bucket[i] = b.Of(x)
		if weights[i] == 0 {
			x = 0
		}
		w := float64(float64(weights[i]) * scale) // rounded: nothing is to be fused with it
		scaled[i] = w
		totals[i%Lanes] += w
		sums[i%Lanes] += float64(w * float64(x))
		ok = ok && weights[i] >= 0 && weights[i] <= math.MaxFloat32 && x >= -math.MaxFloat32 && x <= math.MaxFloat32
	}
	return crosswise(&totals), crosswise(&sums), ok
}

// crosswise adds up halves, then quarters.
func crosswise(x *[Lanes]float64) float64 {
	for half := Lanes / 2; half > 0; half /= 2 {
		for i := range half {
			x[i] += x[i+half]
		}
	}
	return x[0]
}
