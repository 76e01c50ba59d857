package topology

import "math"

// The survey of candidates works out some hundred paths a sector, each with a
// logarithm, an angle and an exponential for every cell. Their last digits do
// not matter: gains are kept to 0.4 %. These forms are plain Go and give the
// same bits everywhere.

// leastDB keeps the logarithms of gains within what dbToLinear takes; it is
// below minGain.
const leastDB = -300

// dbToLinear returns 10^(db/10) to a relative 1e-7, for |db| up to 3000.
func dbToLinear(db float64) float64 {
	const octaves = 1 / (10 * math.Log10E * math.Ln2) // log2 10^(1/10)
	x := db * octaves
	n := math.Floor(x + 0.5)
	f := (x - n) * math.Ln2 // within ln 2 / 2
	// The Taylor series of e^f; the first term left out is below 2e-9.
	p := 1 + f*(1+f*(1.0/2+f*(1.0/6+f*(1.0/24+f*(1.0/120+f*(1.0/720+f/5040))))))
	return p * math.Float64frombits(uint64(1023+int64(n))<<52)
}

// log10Of returns lg x to an absolute 1e-9, for normal x > 0.
func log10Of(x float64) float64 {
	// x = m 2^exponent with m from sqrt(1/2) to sqrt(2), without a branch.
	const rootHalf = 0x3FE6A09E667F3BCD
	raw := math.Float64bits(x)
	exponent := int64(raw-rootHalf) >> 52
	m := math.Float64frombits(raw - uint64(exponent)<<52)
	// ln m = 2 artanh t; |t| <= 0.1716.
	t := (m - 1) / (m + 1)
	t2 := t * t
	ln := 2 * t * (1 + t2*(1.0/3+t2*(1.0/5+t2*(1.0/7+t2*(1.0/9+t2/11)))))
	return (float64(exponent)*math.Ln2 + ln) * math.Log10E
}

// angleDeg returns the angle of (x, y), which is length from the origin, from
// the y axis towards x, in [-180, 180], to 1e-9 degrees: azimuthDeg, but
// faster. The angle of nothing is 0.
func angleDeg(x, y, length float64) float64 {
	// The tangent of half the angle to the nearer half of the y axis, at most
	// 1, then of a quarter of it, at most tan(pi/8).
	t := x / (length + math.Abs(y) + math.SmallestNonzeroFloat64)
	t /= 1 + math.Sqrt(1+t*t)
	// artan t / t, interpolated at the Chebyshev nodes in t2 of that range, to
	// 3e-13.
	u := t * t
	p := 0.9999999999992447 + u*(-0.33333333276922456+u*(0.1999999305355202+u*(-0.14285386553605597+
		u*(0.11103456906275322+u*(-0.08992552881325808+u*(0.06974197572958282-u*0.03765510398052598))))))
	a := 4 * (180 / math.Pi) * t * p
	// Where y < 0 it is half a turn less that, by the sign bits.
	const sign = 1 << 63
	below := math.Float64bits(y) & sign
	half := math.Float64bits(math.Copysign(180, x)) & uint64(int64(below)>>63)
	return math.Float64frombits(half) + math.Float64frombits(math.Float64bits(a)^below)
}

// halfTurn brings an angle into [-180, 180): radio.WrapDeg without a branch.
func halfTurn(deg float64) float64 { return deg - 360*math.Floor(deg*(1.0/360)+0.5) }
