package simd

import "math"

// Exp replaces each value of y by its exponential: Cody and Waite's reduction
// by powers of two and the polynomial of degree 5 of the Cephes library (expf),
// within 3e-7 of the exact value, relatively. Below -87.33 it is 0, above 88.02
// what it is there. NaN stays NaN. A value's result depends on nothing but the
// value.
func Exp(y []float32) {
	whole := len(y) &^ 7
	expBlocks(y[:whole])
	if rest := y[whole:]; len(rest) > 0 {
		var last [8]float32
		copy(last[:], rest)
		expBlocks(last[:])
		copy(rest, last[:])
	}
}

// expPortable is what the kernel computes.
func expPortable(y []float32) {
	const low, high = -87.33654, 88.02969 // 2^-126 and the largest whose power of two is in range
	for i, x := range y {
		switch {
		case x != x:
			continue
		case x < low:
			y[i] = 0
			continue
		case x > high:
			x = high
		}
		n := float32(math.RoundToEven(float64(x * 1.44269504088896341)))
		x -= n * 0.693359375
		x -= n * -2.12194440e-4
		p := x*1.9875691500e-4 + 1.3981999507e-3
		p = p*x + 8.3334519073e-3
		p = p*x + 4.1665795894e-2
		p = p*x + 1.6666665459e-1
		p = p*x + 5.0000001201e-1
		p = p*(x*x) + x + 1
		y[i] = p * math.Float32frombits(uint32(int32(n)+127)<<23)
	}
}
