package radio

import "math"

// thermalNoiseDBmHz is kT at 290 K: 10 lg(1.380649e-23 J/K x 290 K / 1 mW).
const thermalNoiseDBmHz = -173.975

// SubcarriersPerPRB is N_sc^RB, 3GPP TS 38.211 clause 4.4.4.1.
const SubcarriersPerPRB = 12

// ThermalNoiseW returns the noise power in bandwidthHz of a receiver with the
// given noise figure.
func ThermalNoiseW(bandwidthHz, noiseFigureDB float64) float64 {
	return DBmToW(thermalNoiseDBmHz+noiseFigureDB) * bandwidthHz
}

// DBmToW returns the power in watt of a level in dBm.
func DBmToW(dBm float64) float64 { return math.Pow(10, dBm/10) * 1e-3 }

// WToDBm returns the level in dBm of a power in watt.
func WToDBm(w float64) float64 { return 10 * math.Log10(w/1e-3) }

// PRBBandwidthHz returns the width of a physical resource block.
func PRBBandwidthHz(scsKHz float64) float64 { return SubcarriersPerPRB * scsKHz * 1e3 }

// UsableBandwidthHz returns the downlink bandwidth that is left for user data:
// the resource blocks' width times the share of time that is downlink (TDD)
// and the share of resource elements that is not overhead (control channels
// and reference signals).
func UsableBandwidthHz(prbs, scsKHz, downlinkShare, overhead float64) float64 {
	return prbs * PRBBandwidthHz(scsKHz) * downlinkShare * (1 - overhead)
}

// RateCurve is the attenuated and truncated Shannon curve of 3GPP TR 36.942
// Annex A, without its cut at -10 dB: a cut on SINR inside the load coupling
// breaks its convergence, so outage is decided from received power instead.
type RateCurve struct {
	Alpha    float64 // implementation loss; 0.6 downlink in TR 36.942
	CapBpsHz float64 // spectral efficiency of the best modulation and coding; 4.4 in TR 36.942, 7.4063 for 256QAM in TS 38.214
}

// BpsHz returns the spectral efficiency of one spatial layer,
// min(alpha log2(1+sinr), cap), for a linear SINR.
func (r RateCurve) BpsHz(sinr float64) float64 {
	return min(r.Alpha*math.Log1p(sinr)/math.Ln2, r.CapBpsHz)
}

// LayersBpsHz returns the spectral efficiency of n spatial layers that share
// the transmit power: n min(alpha log2(1+sinr/n), cap).
func (r RateCurve) LayersBpsHz(sinr, layers float64) float64 {
	return layers * r.BpsHz(sinr/layers)
}
