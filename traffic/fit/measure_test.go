package fit

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"hibernet/sim/rng"
)

func close(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %g, want %g within %g", what, got, want, tol)
	}
}

// noisy is a city of white log-normal noise about a flat course.
func noisy(rows, cols, days int, sigma float64) *City {
	c := Grid(rows, cols, days, 1000)
	for p := range c.Hours {
		key := rng.Root(5).At(uint64(p))
		for t := range c.Hours[p] {
			c.Hours[p][t] = float64(p+1) * math.Exp(sigma*key.Norm(uint64(t)))
		}
	}
	return c
}

func TestMeansWeighDaysByKind(t *testing.T) {
	c := Grid(1, 1, 7, 1000)
	for h := range c.Hours[0] {
		c.Hours[0][h] = 1
		if h/hoursPerDay >= firstWeekend {
			c.Hours[0][h] = 8
		}
	}
	close(t, "whole week", c.Means(c.AllDays())[0], 3, 1e-12)
	close(t, "Monday and Sunday", c.Means([]int{0, 6})[0], 3, 1e-12)
	close(t, "weekdays alone", c.Means([]int{0, 1})[0], 1, 1e-12)
	close(t, "weekend alone", c.Means([]int{5})[0], 8, 1e-12)
}

func TestShapesFillMissingDays(t *testing.T) {
	c := Grid(1, 1, 14, 1000)
	for h := range c.Hours[0] {
		c.Hours[0][h] = float64(1 + c.dayOfWeek(h/hoursPerDay)) // Monday 1 … Sunday 7
	}
	s := c.Shapes([]int{0, 3, 6, 10}, 1)[0] // Monday, Thursday twice, Sunday
	mean := (1 + 4 + 3*3.0 + 2*7) / 7       // Tuesday, Wednesday, Friday: the mean of 1, 4 and 4
	for d, want := range []float64{1, 3, 3, 4, 3, 7, 7} {
		close(t, "day", s[d*hoursPerDay+5], want/mean, 1e-12)
	}
	close(t, "mean", stat.Mean(s[:], nil), 1, 1e-12)
	pooled := c.usualShapes(c.AllDays())[0]
	close(t, "weekdays are taken together", pooled[0], pooled[4*hoursPerDay], 1e-12)
	close(t, "and days of the weekend", pooled[5*hoursPerDay], 6.5/4, 1e-12)
}

// TestNoiseOfWhiteNoise knows every figure.
func TestNoiseOfWhiteNoise(t *testing.T) {
	const sigma = 0.2
	n := noisy(10, 10, 28, sigma).Noise(noisy(1, 1, 28, 0).AllDays())
	close(t, "CV", n.CV, math.Sqrt(math.Expm1(sigma*sigma)), 0.01)
	close(t, "night over day", n.NightOverDay, 1, 0.03)
	close(t, "exponent", n.Exponent, 0, 0.02)
	close(t, "lag 0", n.ACF[0], 1, 1e-12)
	for lag := 1; lag < 24; lag++ {
		close(t, "autocorrelation", n.ACF[lag], 0, 0.02)
	}
	// About the mean of n days the residuals of two of them correlate by
	// -1/(n-1), over the n-4 pairs of neighbours among twenty weekdays.
	close(t, "lag 24", n.ACF[24], -1.0/19, 0.02)
	close(t, "common", n.Common, 0, 0.005)
	close(t, "neighbours", n.Neighbours, 0, 0.02)
}

func TestNoiseFindsWhatIsCommon(t *testing.T) {
	c := noisy(8, 8, 14, 0.2)
	common := rng.Root(77)
	for _, row := range c.Hours {
		for t := range row {
			row[t] *= math.Exp(0.1 * common.Norm(uint64(t)))
		}
	}
	n := c.Noise(c.AllDays())
	// A fifth of the variance: 0.01 of 0.05.
	close(t, "common", n.Common, 0.2, 0.03)
	close(t, "neighbours", n.Neighbours, 0.2, 0.03)
	close(t, "less the median", n.Own, 0, 0.03)
}

// TestMeanCorrelation compares with the mean over all pairs.
func TestMeanCorrelation(t *testing.T) {
	res := noisy(5, 6, 7, 0.3).residuals([]int{0, 1, 2})
	res[4] = nil
	sum, n := 0.0, 0.0
	for i := range res {
		for j := range i {
			if res[i] != nil && res[j] != nil {
				sum += stat.Correlation(res[i], res[j], nil)
				n++
			}
		}
	}
	close(t, "mean correlation", meanCorrelation(res), sum/n, 1e-12)
	if !math.IsNaN(meanCorrelation(res[:1])) {
		t.Error("one row has a mean correlation")
	}
}

// TestAutocorrelationAcrossGaps compares with a plain sum over hours that are
// in order but not all there.
func TestAutocorrelationAcrossGaps(t *testing.T) {
	days := []int{0, 1, 3}
	x := noisy(1, 1, 7, 0.5).residuals(days)[0]
	for _, lag := range []int{0, 1, 3, 23, 24} {
		num, den, m := 0.0, 0.0, stat.Mean(x, nil)
		for a, v := range x {
			den += (v - m) * (v - m)
			for b, w := range x {
				if days[b/24]*24+b%24 == days[a/24]*24+a%24+lag {
					num += (v - m) * (w - m)
				}
			}
		}
		close(t, "autocorrelation", autocorrelation(x, days, lag), num/den, 1e-12)
	}
}

func TestEmptyHourHasNoResidual(t *testing.T) {
	c := noisy(1, 2, 7, 0.1)
	c.Hours[0][30] = 0 // Tuesday
	if res := c.residuals([]int{0, 1}); res[0] != nil || res[1] == nil {
		t.Error("want a residual of the second place only")
	}
	if res := c.residuals([]int{0, 2}); res[0] == nil {
		t.Error("the empty hour lies on another day")
	}
}

func TestFamiliesAreFound(t *testing.T) {
	const n = 800
	for k, f := range families {
		for _, shape := range []float64{0.8, 2.5} {
			quantile := map[string]func(float64) float64{
				"weibull":   distuv.Weibull{K: shape, Lambda: 1}.Quantile,
				"gamma":     distuv.Gamma{Alpha: shape, Beta: 1}.Quantile,
				"lognormal": distuv.LogNormal{Sigma: 1 / shape}.Quantile,
			}[f.name]
			x := make([]float64, n)
			for i := range x {
				x[i] = quantile((float64(i) + 0.5) / n)
			}
			best, all, err := bestFamily(unitMean(x))
			if err != nil {
				t.Fatal(err)
			}
			if best.Name != f.name {
				t.Errorf("%s of shape %g was taken for %s", f.name, shape, best.Name)
			}
			close(t, f.name+" shape", all[k].Shape, shape, 0.03*shape)
			close(t, f.name+" distance", all[k].KS, 0, 0.01)
		}
	}
}

func TestWithoutClass(t *testing.T) {
	rest, relative := withoutClass([]float64{1, 2, 6, 30, 60}, []int{0, 0, 1, 0, 1}, []uint8{1, 1, 1, 2, 2}, 3)
	// Over their areas' means 3 and 45: 1/3, 2/3, 2, 2/3, 4/3, mean 1.
	close(t, "class 0", relative[0], 5.0/9, 1e-12)
	close(t, "class 1", relative[1], 5.0/3, 1e-12)
	close(t, "no member", relative[2], 1, 0)
	for i, want := range []float64{0.6, 1.2, 1.2, 1.2, 0.8} {
		close(t, "rest", rest[i], want, 1e-12)
	}
}
