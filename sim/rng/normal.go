package rng

import "math"

// centre is the range of |2u-1| in which a quantile is one rational function;
// it has 85 % of the values.
const centre = 0.85

// normsTo writes to dst the standard normal values of words of any keys, those
// that Norm makes of them. The rare tails do not disturb the others' row.
func normsTo(dst []float64, words []uint64) {
	if len(dst) != len(words) {
		panic("rng: normsTo: dst and words differ in length")
	}
	for i, w := range words {
		dst[i] = math.Sqrt2 * central(2*unit(w)-1)
	}
	for i, w := range words {
		if x := 2*unit(w) - 1; x > centre || x < -centre {
			dst[i] = math.Sqrt2 * math.Erfinv(x)
		}
	}
}

// central is math.Erfinv for |x| up to centre: M. J. Wichura, Algorithm AS 241:
// The percentage points of the normal distribution, Applied Statistics 37
// (1988), with the coefficients and in the order of the standard library, so
// that the bits are the same.
func central(x float64) float64 {
	r := 0.180625 - 0.25*x*x
	z1 := ((((((8.8709406962545514830200e2*r+1.1819493347062294404278e4)*r+2.3782041382114385731252e4)*r+1.6235862515167575384252e4)*r+
		4.8548868893843886794648e3)*r+6.9706266534389598238465e2)*r+4.7072688112383978012285e1)*r + 1.1975323115670912564578e0
	z2 := ((((((5.2264952788528545610e3*r+2.8729085735721942674e4)*r+3.9307895800092710610e4)*r+2.1213794301586595867e4)*r+
		5.3941960214247511077e3)*r+6.8718700749205790830e2)*r+4.2313330701600911252e1)*r + 1.0
	return (x * z1) / z2
}

// NormsTo fills dst with the standard normal values of the words from first on,
// those that Norm makes of them, rounded.
func (k Key) NormsTo(dst []float32, first uint64) {
	var words [64]uint64
	var values [64]float64
	for len(dst) > 0 {
		n, lead := 0, int(first&1) // a block of the generator is two words
		for i := first >> 1; n < len(words) && n < len(dst)+lead; i++ {
			words[n], words[n+1] = philox(i, k.lane, k.key)
			n += 2
		}
		n = min(n-lead, len(dst))
		normsTo(values[:n], words[lead:lead+n])
		for i, v := range values[:n] {
			dst[i] = float32(v)
		}
		dst, first = dst[n:], first+uint64(n)
	}
}
