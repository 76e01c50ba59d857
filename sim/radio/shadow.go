package radio

import "math"

// InterSiteCorrelation is the correlation of the shadow fading that one
// terminal sees to two sites; to the sectors of one site it is 1 (the usual
// 3GPP system-level assumption, TR 36.814 Table A.2.1.1-2; recalled).
const InterSiteCorrelation = 0.5

// SimpleO2ISigmaDB replaces the shadow-fading sigma of indoor terminals under
// the model of SimpleBelow6G (TR 38.901 Table 7.4.3-3).
const SimpleO2ISigmaDB = 7

// ShadowDistanceM returns the distance over which the shadow fading's
// autocorrelation falls to 1/e, TR 38.901 Table 7.5-6: UMa 37 m LOS, 50 m
// NLOS, RMa 37 m, 120 m; UMi 10 m, 13 m and InH 10 m, 6 m are recalled.
func ShadowDistanceM(s Scenario, los bool) float64 {
	if los {
		return [numScenarios]float64{UMa: 37, UMi: 10, RMa: 37, InH: 10}[s]
	}
	return [numScenarios]float64{UMa: 50, UMi: 13, RMa: 120, InH: 6}[s]
}

// ShadowAutocorrelation returns the correlation of shadow fading between two
// points apartM metres apart, e^(-apart/d_cor) (TR 38.901 Eq. 7.4-5).
func ShadowAutocorrelation(s Scenario, los bool, apartM float64) float64 {
	return math.Exp(-math.Abs(apartM) / ShadowDistanceM(s, los))
}

// JoinShadow mixes a standard normal common to all sites with one of the
// path's own, so that the results for two sites have correlation rho and each
// has variance 1.
func JoinShadow(rho, common, own float64) float64 {
	return math.Sqrt(rho)*common + math.Sqrt(1-rho)*own
}
