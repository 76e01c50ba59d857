package radio

import (
	"fmt"
	"math"
)

// Scenario is a propagation scenario of 3GPP TR 38.901 Table 7.4.1-1.
type Scenario uint8

// The scenarios.
const (
	UMa Scenario = iota // urban macro, antennas above the roofs
	UMi                 // urban micro, street canyon
	RMa                 // rural macro
	InH                 // indoor hotspot, office
	numScenarios
)

var scenarioNames = [numScenarios]string{"uma", "umi", "rma", "inh"}

// String returns the scenario's name: uma, umi, rma or inh.
func (s Scenario) String() string {
	if s >= numScenarios {
		return fmt.Sprintf("scenario(%d)", uint8(s))
	}
	return scenarioNames[s]
}

// ParseScenario returns the scenario of a name that String gives.
func ParseScenario(name string) (Scenario, error) {
	for i, n := range scenarioNames {
		if n == name {
			return Scenario(i), nil
		}
	}
	return 0, fmt.Errorf("radio: propagation scenario %q, allowed uma, umi, rma, inh", name)
}

const (
	// lightSpeed is the value that TR 38.901 uses in Table 7.4.1-1 note 1, m/s.
	lightSpeed = 3.0e8
	// environmentHeightM is h_E of Table 7.4.1-1 note 1: 1 m in UMi always
	// and in UMa with certainty for terminals below 13 m.
	environmentHeightM = 1.0
	// rmaBuildingM and rmaStreetM are the defaults h and W of Table 7.4.1-1, RMa.
	rmaBuildingM = 5.0
	rmaStreetM   = 20.0
)

// minDistance2DM is the least horizontal distance at which the formulas of
// Table 7.4.1-1 hold (10 m outdoors); shorter distances count as this one. The
// indoor formulas start at 1 m.
var minDistance2DM = [numScenarios]float64{UMa: 10, UMi: 10, RMa: 10, InH: 1}

// PathLoss is the path loss of TR 38.901 Table 7.4.1-1 for one scenario,
// frequency and pair of antenna heights, with all that does not depend on
// distance worked out. Each branch is a + b lg(d3D) + c d3D.
//
// The formulas hold from 10 m (InH: 1 m) to 5 km (RMa LOS 10 km, InH 150 m);
// shorter distances are raised to the lower limit and longer ones
// extrapolated. Terminals of 13 m and more would need the random effective
// height of note 1 in UMa, which is not modelled: heights below 13 m are
// exact.
type PathLoss struct {
	scenario          Scenario
	heightM           float64 // hBS - hUT
	breakM            float64
	near, far, hidden branch
}

type branch struct{ a, b, c float64 }

func (b branch) dB(lgD3D, d3DM float64) float64 { return b.a + b.b*lgD3D + b.c*d3DM }

// NewPathLoss prepares the path loss at carrier frequency fcGHz between a base
// station antenna at bsM and a terminal at utM above ground.
func NewPathLoss(s Scenario, fcGHz, bsM, utM float64) PathLoss {
	p := PathLoss{scenario: s, heightM: bsM - utM, breakM: BreakpointM(s, fcGHz, bsM, utM)}
	lgF := 20 * math.Log10(fcGHz)
	lgBreak := math.Log10(p.breakM*p.breakM + p.heightM*p.heightM)
	switch s {
	case UMa:
		p.near = branch{a: 28 + lgF, b: 22}
		p.far = branch{a: 28 + lgF - 9*lgBreak, b: 40}
		p.hidden = branch{a: 13.54 + lgF - 0.6*(utM-1.5), b: 39.08}
	case UMi:
		p.near = branch{a: 32.4 + lgF, b: 21}
		p.far = branch{a: 32.4 + lgF - 9.5*lgBreak, b: 40}
		p.hidden = branch{a: 22.4 + 21.3*math.Log10(fcGHz) - 0.3*(utM-1.5), b: 35.3}
	case RMa:
		p.near = rmaNear(fcGHz)
		p.far = branch{a: p.near.dB(math.Log10(p.breakM), p.breakM) - 40*math.Log10(p.breakM), b: 40}
		p.hidden = rmaHidden(fcGHz, bsM, utM)
	default: // InH has no breakpoint: its two LOS branches are one.
		p.near = branch{a: 32.4 + lgF, b: 17.3}
		p.far = p.near
		p.hidden = branch{a: 17.30 + 24.9*math.Log10(fcGHz), b: 38.3}
	}
	return p
}

// rmaNear is PL1 of RMa LOS. The limits of two of its terms, min(0.03 h^1.72,
// 10) and min(0.044 h^1.72, 14.77), begin to act at buildings of 29 m.
func rmaNear(fcGHz float64) branch {
	h := math.Pow(rmaBuildingM, 1.72)
	return branch{
		a: 20*math.Log10(40*math.Pi*fcGHz/3) - 0.044*h,
		b: 20 + 0.03*h,
		c: 0.002 * math.Log10(rmaBuildingM),
	}
}

// rmaHidden is PL' of RMa NLOS.
func rmaHidden(fcGHz, bsM, utM float64) branch {
	const h, w = rmaBuildingM, rmaStreetM
	slope := 43.42 - 3.1*math.Log10(bsM)
	lgUT := math.Log10(11.75 * utM)
	return branch{
		a: 161.04 - 7.1*math.Log10(w) + 7.5*math.Log10(h) -
			(24.37-3.7*(h/bsM)*(h/bsM))*math.Log10(bsM) - 3*slope +
			20*math.Log10(fcGHz) - (3.2*lgUT*lgUT - 4.97),
		b: slope,
	}
}

// BreakpointM returns the horizontal distance at which the LOS path loss turns
// from its near to its far branch: d'BP = 4 h'BS h'UT fc/c (Table 7.4.1-1
// note 1, with h' = h - 1 m) in UMa and UMi, dBP = 2 pi hBS hUT fc/c (note 5)
// in RMa, infinite in InH.
func BreakpointM(s Scenario, fcGHz, bsM, utM float64) float64 {
	perM := fcGHz * 1e9 / lightSpeed
	switch s {
	case UMa, UMi:
		return 4 * (bsM - environmentHeightM) * (utM - environmentHeightM) * perM
	case RMa:
		return 2 * math.Pi * bsM * utM * perM
	}
	return math.Inf(1)
}

// Distance3DM returns the straight distance for a horizontal one, after
// raising it to the least distance at which the formulas hold.
func (p *PathLoss) Distance3DM(d2DM float64) float64 {
	d := max(d2DM, minDistance2DM[p.scenario])
	return math.Sqrt(d*d + p.heightM*p.heightM)
}

// DB returns the path loss at horizontal distance d2DM.
func (p *PathLoss) DB(los bool, d2DM float64) float64 {
	d3DM := p.Distance3DM(d2DM)
	return p.AtDB(los, d2DM, d3DM, math.Log10(d3DM))
}

// AtDB is DB for a caller that has the straight distance and its decimal
// logarithm already, which are the same for all carriers of a site.
func (p *PathLoss) AtDB(los bool, d2DM, d3DM, lgD3D float64) float64 {
	loss := p.near.dB(lgD3D, d3DM)
	if d2DM > p.breakM {
		loss = p.far.dB(lgD3D, d3DM)
	}
	if los {
		return loss
	}
	return max(loss, p.hidden.dB(lgD3D, d3DM))
}

// SigmaDB returns the standard deviation of shadow fading in dB (Table
// 7.4.1-1) at horizontal distance d2DM, which matters in RMa only.
func (p *PathLoss) SigmaDB(los bool, d2DM float64) float64 {
	switch {
	case p.scenario == RMa && los && d2DM > p.breakM:
		return 6
	case los:
		return [numScenarios]float64{UMa: 4, UMi: 4, RMa: 4, InH: 3}[p.scenario]
	}
	return [numScenarios]float64{UMa: 6, UMi: 7.82, RMa: 8, InH: 8.03}[p.scenario]
}
