package validation

import (
	"math"

	"hibernet/sim/rng"
)

// dropSpec describes a layout of the kind that 3GPP calibrates simulators
// with: hexagonal sites on a torus, three sectors each, one carrier, users
// dropped at random. It shares no code with packages topology and radio: it is
// the independent computation that they are compared with. Every cell is an
// interferer and positions are continuous.
type dropSpec struct {
	Scenario   string // uma, umi, rma of TR 38.901; 3d-umi of TR 36.873
	FreqGHz    float64
	Rows, Cols int // of sites
	ISDM, BSM  float64
	TiltDeg    float64
	Antenna    dropAntenna
	PowerRBW   float64 // transmit power per resource block, W
	NoiseRBW   float64
	Indoor     float64 // share of users in buildings with a 20 dB wall
	Floors     bool    // indoor users are on the floors of 4- to 8-storey buildings, else at 1.5 m
	MinM       float64 // least distance of a user to a site
	MinLossDB  float64 // least coupling loss
}

// dropAntenna is the sector pattern of 3GPP TR 38.901 Table 7.3-1.
type dropAntenna struct{ maxDBi, hDeg, vDeg, sideDB, backDB float64 }

// gainDBi returns the gain offDeg in azimuth and downDeg below the boresight.
func (a dropAntenna) gainDBi(offDeg, downDeg float64) float64 {
	off := math.Remainder(offDeg, 360)
	h := -math.Min(12*math.Pow(off/a.hDeg, 2), a.backDB)
	v := -math.Min(12*math.Pow(downDeg/a.vDeg, 2), a.sideDB)
	return a.maxDBi - math.Min(-(h+v), a.backDB)
}

// Cells returns the number of cells.
func (d *dropSpec) Cells() int { return 3 * d.Rows * d.Cols }

// dropLossDB is the path loss of 3GPP TR 38.901 Table 7.4.1-1 with h_E = 1 m.
func dropLossDB(scenario string, los bool, fGHz, bsM, utM, d2M float64) float64 {
	return dropLossOverDB(scenario, los, fGHz, bsM, utM, d2M, 1)
}

// dropLossOverDB is dropLossDB above an environment of the given height (h_E).
func dropLossOverDB(scenario string, los bool, fGHz, bsM, utM, d2M, envM float64) float64 {
	dh := bsM - utM
	d3 := math.Sqrt(d2M*d2M + dh*dh)
	lgD, f20 := math.Log10(d3), 20*math.Log10(fGHz)
	breakM := 4 * (bsM - envM) * (utM - envM) * fGHz / 0.3
	var direct, hidden float64
	switch scenario {
	case "uma":
		direct = 28 + 22*lgD + f20
		if d2M > breakM {
			direct = 28 + 40*lgD + f20 - 9*math.Log10(breakM*breakM+dh*dh)
		}
		hidden = 13.54 + 39.08*lgD + f20 - 0.6*(utM-1.5)
	case "3d-umi": // TR 36.873 Table 7.2-1
		direct = 22*lgD + 28 + f20
		if d2M > breakM {
			direct = 40*lgD + 28 + f20 - 9*math.Log10(breakM*breakM+dh*dh)
		}
		hidden = 36.7*lgD + 22.7 + 26*math.Log10(fGHz) - 0.3*(utM-1.5)
	case "umi":
		direct = 32.4 + 21*lgD + f20
		if d2M > breakM {
			direct = 32.4 + 40*lgD + f20 - 9.5*math.Log10(breakM*breakM+dh*dh)
		}
		hidden = 22.4 + 35.3*lgD + 21.3*math.Log10(fGHz) - 0.3*(utM-1.5)
	default: // rma: h = 5 m, W = 20 m
		breakM = 2 * math.Pi * bsM * utM * fGHz / 0.3
		h := math.Pow(5, 1.72)
		near := func(d float64) float64 {
			return 20*math.Log10(40*math.Pi*d*fGHz/3) + 0.03*h*math.Log10(d) - 0.044*h + 0.002*math.Log10(5)*d
		}
		direct = near(d3)
		if d2M > breakM {
			direct = near(breakM) + 40*math.Log10(d3/breakM)
		}
		hidden = 161.04 - 7.1*math.Log10(20) + 7.5*math.Log10(5) - (24.37-3.7*25/(bsM*bsM))*math.Log10(bsM) +
			(43.42-3.1*math.Log10(bsM))*(lgD-3) + f20 - (3.2*math.Pow(math.Log10(11.75*utM), 2) - 4.97)
	}
	if los {
		return direct
	}
	return math.Max(direct, hidden)
}

// tallC is C' of the line-of-sight probability of UMa and, times its distance
// term, C of the effective height: it begins at 13 m.
func tallC(utM, d2M float64) float64 {
	if utM < 13 {
		return 0
	}
	return math.Pow((utM-13)/10, 1.5) * 1.25 * math.Pow(d2M/100, 3) * math.Exp(-d2M/150)
}

// dropLOS is the probability of line of sight of TR 38.901 Table 7.4.2-1.
func dropLOS(scenario string, utM, d2M float64) float64 {
	switch {
	case scenario == "rma" && d2M <= 10, scenario != "rma" && d2M <= 18:
		return 1
	case scenario == "rma":
		return math.Exp(-(d2M - 10) / 1000)
	case scenario == "umi", scenario == "3d-umi":
		return 18/d2M + math.Exp(-d2M/36)*(1-18/d2M)
	}
	return math.Min((18/d2M+math.Exp(-d2M/63)*(1-18/d2M))*(1+tallC(utM, d2M)), 1)
}

// user drops one user and sets gains [Cells], linear, to what it hears from
// each cell.
func (d *dropSpec) user(s *rng.Stream, gains []float64) {
	rowM := d.ISDM * math.Sqrt(3) / 2
	width, height := float64(d.Cols)*d.ISDM, float64(d.Rows)*rowM
	dx, dy := make([]float64, d.Rows*d.Cols), make([]float64, d.Rows*d.Cols)
	for near := true; near; {
		near = false
		x, y := s.Float64()*width, s.Float64()*height
		for i := range dx {
			row, col := i/d.Cols, i%d.Cols
			dx[i] = wrapped(x-(float64(col)+0.5*float64(row%2))*d.ISDM, width)
			dy[i] = wrapped(y-float64(row)*rowM, height)
			near = near || math.Hypot(dx[i], dy[i]) < d.MinM
		}
	}
	indoor := s.Float64() < d.Indoor
	utM, insideM, wallDB := 1.5, 0.0, 0.0
	if indoor {
		insideM = 25 * s.Float64()
		if d.Scenario == "rma" {
			insideM *= 0.4
		}
		wallDB = 20 + insideM/2
		if d.Floors {
			storeys := 4 + s.IntN(5)
			utM = 1.5 + 3*float64(s.IntN(storeys))
		}
	}
	common := s.Norm()
	for i := range dx {
		d2 := math.Hypot(dx[i], dy[i])
		los := s.Float64() < dropLOS(d.Scenario, utM, math.Max(d2-insideM, 0))
		env := d.environment(s, utM, d2)
		d2 = math.Max(d2, 10)
		sigma := dropSigma(d.Scenario, los, d2 > 2*math.Pi*d.BSM*utM*d.FreqGHz/0.3)
		if indoor {
			sigma = 7 // Table 7.4.3-3
		}
		loss := dropLossOverDB(d.Scenario, los, d.FreqGHz, d.BSM, utM, d2, env) + wallDB +
			sigma*(math.Sqrt(0.5)*common+math.Sqrt(0.5)*s.Norm())
		off, down := math.Atan2(dx[i], dy[i])*180/math.Pi, math.Atan2(d.BSM-utM, d2)*180/math.Pi
		for k := range 3 {
			db := d.Antenna.gainDBi(off-float64(30+120*k), down-d.TiltDeg) - loss
			gains[3*i+k] = math.Pow(10, math.Min(db, -d.MinLossDB)/10)
		}
	}
}

// environment draws h_E of note 1 of Table 7.4.1-1: 1 m, except for high
// terminals in UMa.
func (d *dropSpec) environment(s *rng.Stream, utM, d2M float64) float64 {
	u, v := s.Float64(), s.Float64()
	if d.Scenario != "uma" || d2M <= 18 || u < 1/(1+tallC(utM, d2M)) {
		return 1
	}
	heights := int((utM-1.5-12)/3) + 1 // 12, 15, ..., utM - 1.5
	return 12 + 3*math.Floor(v*float64(max(heights, 1)))
}

// dropSigma is the standard deviation of shadow fading, dB.
func dropSigma(scenario string, los, far bool) float64 {
	switch {
	case scenario == "rma" && los && far:
		return 6
	case scenario == "3d-umi":
		return map[bool]float64{true: 3, false: 4}[los]
	case los:
		return 4
	}
	return map[string]float64{"uma": 6, "umi": 7.82, "rma": 8}[scenario]
}

// dropped is what a population of users hears.
type dropped struct {
	spec  *dropSpec
	best  []int       // [users] strongest cell
	gains [][]float64 // [users][cells]
}

// dropUsers drops n users, each from a key of its own.
func (d *dropSpec) dropUsers(key rng.Key, n int) *dropped {
	out := &dropped{spec: d}
	for u := range n {
		gains := make([]float64, d.Cells())
		d.user(key.At(uint64(u)).Stream(), gains)
		best := 0
		for c, g := range gains {
			if g > gains[best] {
				best = c
			}
		}
		out.best, out.gains = append(out.best, best), append(out.gains, gains)
	}
	return out
}

// couplingLossDB returns each user's loss to its strongest cell.
func (p *dropped) couplingLossDB() []float64 {
	out := make([]float64, len(p.best))
	for u, b := range p.best {
		out[u] = -10 * math.Log10(p.gains[u][b])
	}
	return out
}

// sinr returns each user's SINR when all other cells transmit for the share
// load of the time; noise counts or not.
func (p *dropped) sinr(load float64, noise bool) []float64 {
	out := make([]float64, len(p.best))
	for u, b := range p.best {
		sum := 0.0
		for _, g := range p.gains[u] {
			sum += g
		}
		rest := load * (sum - p.gains[u][b]) * p.spec.PowerRBW
		if noise {
			rest += p.spec.NoiseRBW
		}
		out[u] = p.gains[u][b] * p.spec.PowerRBW / rest
	}
	return out
}
