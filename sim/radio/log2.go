package radio

import "math"

// log2Table holds, for the middle c of each of 64 equal parts of [1, 2), 1/c
// and log2(c).
var log2Table = func() (t [64]struct{ inverse, log2 float64 }) {
	for i := range t {
		c := 1 + (float64(i)+0.5)/64
		t[i].inverse, t[i].log2 = 1/c, math.Log2(c)
	}
	return t
}()

// log2 returns the binary logarithm of y >= 1 to 2e-11, which is seven digits
// of log2(1 + SINR) down to -35 dB: a table and the series of log(1+r),
// |r| <= 1/129, instead of a call that took half of a coupling pass.
func log2(y float64) float64 {
	bits := math.Float64bits(y)
	e := log2Table[bits>>46&63]
	// The mantissa with the exponent of 1: in [1, 2).
	r := math.Float64frombits(bits&(1<<52-1)|1023<<52)*e.inverse - 1
	const c1, c2, c3, c4 = 1 / math.Ln2, -1 / (2 * math.Ln2), 1 / (3 * math.Ln2), -1 / (4 * math.Ln2)
	return float64(int(bits>>52)-1023) + e.log2 + r*(c1+r*(c2+r*(c3+r*c4)))
}
