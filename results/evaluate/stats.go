package evaluate

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// confidence is the coverage of every interval.
const confidence = 0.95

// tQuantile returns the factor by which the standard error of n independent
// values is multiplied for the half width of the interval.
func tQuantile(n int) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile(1 - (1-confidence)/2)
}

// MeanInterval returns the mean of x and the half width of its Student t
// interval, NaN below two values.
func MeanInterval(x []float64) (mean, half float64) {
	if len(x) == 0 {
		return math.NaN(), math.NaN()
	}
	mean, sd := stat.MeanStdDev(x, nil)
	if len(x) < 2 {
		return mean, math.NaN()
	}
	return mean, tQuantile(len(x)) * sd / math.Sqrt(float64(len(x)))
}

// RatioInterval returns sum(num)/sum(den) and the half width of its interval
// from the linearised variance of a ratio estimator (W. G. Cochran, Sampling
// Techniques, 3rd ed., 1977, section 6.4), with a t quantile for the few
// episodes of an evaluation. NaN below two values or where sum(den) is 0.
func RatioInterval(num, den []float64) (ratio, half float64) {
	n := float64(len(num))
	meanNum, meanDen := stat.Mean(num, nil), stat.Mean(den, nil)
	if len(num) == 0 || meanDen == 0 {
		return math.NaN(), math.NaN()
	}
	ratio = meanNum / meanDen
	if len(num) < 2 {
		return ratio, math.NaN()
	}
	rest := make([]float64, len(num))
	for i := range rest {
		rest[i] = num[i] - ratio*den[i]
	}
	// The residuals' mean is 0 by construction of ratio.
	return ratio, tQuantile(len(num)) * stat.StdDev(rest, nil) / math.Sqrt(n) / math.Abs(meanDen)
}
