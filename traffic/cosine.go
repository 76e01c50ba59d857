package traffic

import "math"

// cosine is math.Cos to the bit, without its branches: which of sine and cosine
// of the rest is wanted, and with which sign, is a toss for every wave of a
// field, and a field takes hundreds of them a place. The forms and coefficients
// are those of S. L. Moshier's Cephes library, as in the standard library.
func cosine(x float64) float64 {
	// From here on the standard library reduces the argument in another way.
	const far = 1 << 29
	if !(math.Abs(x) < far) {
		return math.Cos(x)
	}
	x = math.Abs(x)
	// The octants up to x, rounded up to an even number, and the rest.
	octants := int64(x * (4 / math.Pi))
	octants += octants & 1
	y := float64(octants)
	z := ((x - y*7.85398125648498535156e-1) - y*3.77489470793079817668e-8) - y*2.69515142907905952645e-15
	zz := z * z
	sin := z + z*zz*((((((1.58962301576546568060e-10*zz)-2.50507477628578072866e-8)*zz+2.75573136213857245213e-6)*zz-
		1.98412698295895385996e-4)*zz+8.33333333332211858878e-3)*zz-1.66666666666666307295e-1)
	cos := 1.0 - 0.5*zz + zz*zz*((((((-1.13585365213876817300e-11*zz)+2.08757008419747316778e-9)*zz-2.75573141792967388112e-7)*zz+
		2.48015872888517045348e-5)*zz-1.38888888888730564116e-3)*zz+4.16666666666665929218e-2)
	quarters := uint64(octants) >> 1
	odd := -(quarters & 1)                     // all bits, or none
	sign := (quarters ^ quarters>>1) & 1 << 63 // in the second and third quarter
	return math.Float64frombits((math.Float64bits(sin)&odd | math.Float64bits(cos)&^odd) ^ sign)
}
