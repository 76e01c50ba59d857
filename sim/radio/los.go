package radio

import "math"

// LOSProbability returns the probability that a path of horizontal outdoor
// length dM to a terminal at height utM is in line of sight: TR 38.901 Table
// 7.4.2-1, with the mixed office for InH. Only UMa depends on the height, and
// only from 13 m to 23 m; a higher terminal counts as 23 m.
func LOSProbability(s Scenario, dM, utM float64) float64 {
	switch s {
	case UMa:
		if dM <= streetM {
			return 1
		}
		p := streetLOS(dM, macroDecayM)
		if utM > 13 {
			c := math.Pow((min(utM, 23)-13)/10, 1.5)
			p *= 1 + c*1.25*math.Pow(dM/100, 3)*math.Exp(-dM/150)
		}
		return min(p, 1)
	case UMi:
		if dM <= streetM {
			return 1
		}
		return streetLOS(dM, microDecayM)
	case RMa:
		return math.Exp(-max(dM-10, 0) / 1000)
	}
	switch {
	case dM <= 1.2:
		return 1
	case dM < 6.5:
		return math.Exp(-(dM - 1.2) / 4.7)
	}
	return 0.32 * math.Exp(-(dM-6.5)/32.6)
}

// Of the line of sight along streets (TR 38.901 Table 7.4.2-1), m: how far there
// always is one, and the decay beyond.
const (
	streetM     = 18.0
	macroDecayM = 63.0
	microDecayM = 36.0
)

func streetLOS(dM, decayM float64) float64 {
	near := streetM / dM
	return near + math.Exp(-dM/decayM)*(1-near)
}

// InLineOfSight returns whether draw, uniform on [0, 1), is below
// LOSProbability. It mostly knows without the exponential.
func InLineOfSight(s Scenario, dM, utM, draw float64) bool {
	if (s == UMa && utM <= 13 || s == UMi) && dM > streetM {
		near, x := streetM/dM, dM/macroDecayM
		if s == UMi {
			x = dM / microDecayM
		}
		// e^x is above the first terms of its series; the margin is far above
		// what rounding does to either side.
		const margin = 1 + 1e-9
		switch least := 1 + x*(1+x*(1.0/2+x*(1.0/6+x*(1.0/24)))); {
		case draw < near:
			return true
		case (draw-near)*least > (1-near)*margin:
			return false
		}
	}
	return draw < LOSProbability(s, dM, utM)
}
