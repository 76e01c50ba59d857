package kpi

import (
	"math"

	"hibernet/sim/simd"
)

// Range and resolution of a Hist. With 128 bins a decade a bin is 1.8 % wide.
const (
	HistMin       = 1e-3 // lower end of the first bin, Mbit/s
	HistMax       = 1e6  // upper end of the last bin, Mbit/s
	BinsPerDecade = 128

	decades  = 9
	bins     = decades * BinsPerDecade
	under    = 0        // bucket of values below HistMin
	over     = bins + 1 // bucket of values from HistMax up
	logFirst = -3       // log10(HistMin)
)

// Hist is a histogram of positive values (user throughputs in Mbit/s) with
// weights, in bins of equal ratio. Values below HistMin, zero and negative
// ones among them, share one bucket that reads as 0; values from HistMax up
// share one that reads as HistMax. The weights and the mean are exact sums,
// the quantiles good to the width of a bin. The zero Hist is empty and ready
// to use.
type Hist struct {
	weight [bins + 2]float64
	total  float64 // sum of weights
	sum    float64 // sum of weight*value
}

// Add counts a value with a weight. It panics if the value or the weight is
// not finite, or the weight negative: one such value would spoil every figure
// of the run.
func (h *Hist) Add(value, weight float64) {
	if !(weight >= 0) || math.IsInf(weight, 1) || math.IsNaN(value) || math.IsInf(value, 0) {
		panic("kpi: Hist.Add needs a finite value and a finite weight >= 0")
	}
	h.weight[bucket(value)] += weight
	h.total += weight
	h.sum += weight * value
}

// AddAll counts values [n] with weights [n] times scale, finite and at least 0,
// like Add; a value of weight 0 is passed over.
func (h *Hist) AddAll(values, weights []float32, scale float64) {
	const most = 256 // at a time
	var bucket [most]uint16
	var scaled [most]float64
	for n := len(values) &^ (simd.Lanes - 1); n > 0; n = len(values) &^ (simd.Lanes - 1) {
		n = min(n, most)
		h.tally(bucket[:n], scaled[:n], values[:n], weights[:n], scale)
		values, weights = values[n:], weights[n:]
	}
	if len(values) > 0 {
		var last, its [simd.Lanes]float32
		copy(last[:], values)
		copy(its[:], weights[:len(values)])
		h.tally(bucket[:simd.Lanes], scaled[:simd.Lanes], last[:], its[:], scale)
	}
}

// tally counts a multiple of simd.Lanes values, with room for what it needs to know
// of them.
func (h *Hist) tally(bucket []uint16, scaled []float64, values, weights []float32, scale float64) {
	total, sum, ok := buckets.TallyTo(bucket, scaled, values, weights, scale)
	if !ok {
		panic("kpi: Hist.AddAll needs finite values and finite weights >= 0")
	}
	scaled = scaled[:len(bucket)]
	for i, b := range bucket {
		h.weight[b] += scaled[i]
	}
	h.total += total
	h.sum += sum
}

// buckets finds the bucket of a value of single precision, where the logarithm is
// too slow.
var buckets = func() *simd.Buckets {
	var edges [bins + 1]float32
	for b := range edges {
		edges[b] = float32(edge(float64(b)))
	}
	return simd.NewBuckets(edges[:])
}()

// bucket returns the index of a value's bucket.
func bucket(v float64) int {
	switch {
	case v < HistMin:
		return under
	case v >= HistMax:
		return over
	}
	// Rounding may put a value at a bin's very edge into the next bin; the
	// clamp keeps it out of the outer buckets.
	b := int((math.Log10(v) - logFirst) * BinsPerDecade)
	return 1 + min(max(b, 0), bins-1)
}

// edge returns the lower end of bin b, or its inside at b plus a fraction.
func edge(b float64) float64 { return math.Pow(10, logFirst+b/BinsPerDecade) }

// Merge adds what o has counted. Merging the same parts in the same order
// gives the same bits.
func (h *Hist) Merge(o *Hist) {
	for i, w := range o.weight {
		h.weight[i] += w
	}
	h.total += o.total
	h.sum += o.sum
}

// Reset empties the histogram.
func (h *Hist) Reset() { *h = Hist{} }

// Weight returns the sum of all weights.
func (h *Hist) Weight() float64 { return h.total }

// Mean returns the weighted mean of the values, NaN if nothing was counted.
func (h *Hist) Mean() float64 { return h.sum / h.total }

// Quantile returns the value below which lies the share q of the weight,
// interpolated geometrically inside its bin. It is NaN if nothing was counted
// or q lies outside [0, 1].
func (h *Hist) Quantile(q float64) float64 {
	if !(h.total > 0) || !(q >= 0 && q <= 1) {
		return math.NaN()
	}
	// The target is taken of the buckets' own sum: the running total may
	// differ from it in the last digits, and q=1 must not fall off the end.
	sum, last := 0.0, 0
	for i, w := range h.weight {
		sum += w
		if w > 0 {
			last = i
		}
	}
	target, below := q*sum, 0.0
	for i, w := range h.weight[:last+1] {
		if w > 0 && (below+w >= target || i == last) {
			return inside(i, (target-below)/w)
		}
		below += w
	}
	return math.NaN()
}

// inside returns the value at a fraction of bucket i.
func inside(i int, fraction float64) float64 {
	switch i {
	case under:
		return 0
	case over:
		return HistMax
	}
	return edge(float64(i-1) + min(max(fraction, 0), 1))
}
