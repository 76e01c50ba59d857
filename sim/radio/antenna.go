package radio

import "math"

// SectorPattern is the radiation pattern of a sector antenna, a parabola in
// dB about the boresight in each plane, in the form of TR 38.901 Table 7.3-1:
//
//	A_V = -min(12 ((theta-theta_tilt)/VerticalDeg)^2, SideLobeDB)
//	A_H = -min(12 (phi/HorizontalDeg)^2, FrontBackDB)
//	A   = MaxGainDBi - min(-(A_V + A_H), FrontBackDB)
type SectorPattern struct {
	MaxGainDBi    float64
	HorizontalDeg float64 // half-power beam width in azimuth
	VerticalDeg   float64 // half-power beam width in elevation
	SideLobeDB    float64 // SLA_V, largest vertical attenuation
	FrontBackDB   float64 // A_max, largest attenuation
}

// ElementPattern returns the antenna element of TR 38.901 Table 7.3-1.
func ElementPattern() SectorPattern {
	const widthDeg, limitDB = 65, 30
	return SectorPattern{MaxGainDBi: 8, HorizontalDeg: widthDeg, VerticalDeg: widthDeg, SideLobeDB: limitDB, FrontBackDB: limitDB}
}

// GainDBi returns the gain towards a direction offAzimuthDeg from the
// boresight and downDeg below the horizon, for a boresight tiltDeg below it.
func (p *SectorPattern) GainDBi(offAzimuthDeg, downDeg, tiltDeg float64) float64 {
	return p.TowardsDBi(WrapDeg(offAzimuthDeg), p.VerticalDB(downDeg, tiltDeg))
}

// VerticalDB returns -A_V.
func (p *SectorPattern) VerticalDB(downDeg, tiltDeg float64) float64 {
	v := (downDeg - tiltDeg) / p.VerticalDeg
	return min(12*v*v, p.SideLobeDB)
}

// TowardsDBi is GainDBi for a caller that has -A_V already, which all sectors
// of a site have in common, and an azimuth within half a turn.
func (p *SectorPattern) TowardsDBi(offAzimuthDeg, verticalDB float64) float64 {
	h := offAzimuthDeg / p.HorizontalDeg
	return p.MaxGainDBi - min(min(12*h*h, p.FrontBackDB)+verticalDB, p.FrontBackDB)
}

// WrapDeg brings an angle into [-180, 180).
func WrapDeg(deg float64) float64 {
	if deg >= -180 && deg < 180 {
		return deg
	}
	deg = math.Mod(deg+180, 360)
	if deg < 0 {
		deg += 360
	}
	return deg - 180
}

// ArrayGainDB returns the gain of n equal antenna elements or transceiver
// chains added in phase, 10 lg n.
func ArrayGainDB(n float64) float64 { return 10 * math.Log10(n) }
