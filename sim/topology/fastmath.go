package topology

import "math"

// The survey of candidates works out some hundred paths a sector, each with a
// logarithm, an angle and an exponential for every cell. Their last digits do
// not matter: gains are kept to 0.4 %. These forms are plain Go and give the
// same bits everywhere.

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
	raw := math.Float64bits(x)
	exponent := int64(raw>>52) - 1023
	m := math.Float64frombits(raw&(1<<52-1) | 1023<<52) // in [1, 2)
	if m > math.Sqrt2 {
		m, exponent = m/2, exponent+1
	}
	// ln m = 2 artanh t; |t| <= 0.1716.
	t := (m - 1) / (m + 1)
	t2 := t * t
	ln := 2 * t * (1 + t2*(1.0/3+t2*(1.0/5+t2*(1.0/7+t2*(1.0/9+t2/11)))))
	return (float64(exponent)*math.Ln2 + ln) * math.Log10E
}

// angleDeg returns the angle of (x, y) from the y axis towards x, in
// [-180, 180], to 1e-6 degrees: azimuthDeg, but faster.
func angleDeg(x, y float64) float64 {
	ax, ay := math.Abs(x), math.Abs(y)
	low, high := ax, ay
	if ax > ay {
		low, high = ay, ax
	}
	if high == 0 {
		return 0
	}
	// artan of a ratio in [0, 1]: about tan(pi/8) the argument is turned by
	// pi/4, and the series converges fast.
	ratio, turn := low/high, 0.0
	if ratio > math.Sqrt2-1 {
		ratio, turn = (ratio-1)/(ratio+1), math.Pi/4
	}
	r2 := ratio * ratio
	a := turn + ratio*(1-r2*(1.0/3-r2*(1.0/5-r2*(1.0/7-r2*(1.0/9-r2*(1.0/11-r2*(1.0/13-r2*(1.0/15-r2/17))))))))
	if ax > ay {
		a = math.Pi/2 - a
	}
	if y < 0 {
		a = math.Pi - a
	}
	if x < 0 {
		a = -a
	}
	return a * (180 / math.Pi)
}
