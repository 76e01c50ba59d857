package fit

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// distribution is what a family offers once its parameters are known.
type distribution interface {
	LogProb(x float64) float64
	CDF(x float64) float64
}

// families are those of traffic.MeanSpec.Family. Shape means what it means
// there; scale is the other parameter.
var families = [...]struct {
	name string
	of   func(shape, scale float64) distribution
}{
	{"weibull", func(shape, scale float64) distribution { return distuv.Weibull{K: shape, Lambda: scale} }},
	{"gamma", func(shape, scale float64) distribution { return distuv.Gamma{Alpha: shape, Beta: 1 / scale} }},
	{"lognormal", func(shape, scale float64) distribution {
		return distuv.LogNormal{Mu: math.Log(scale), Sigma: 1 / shape}
	}},
}

// The bounds of traffic.MeanSpec.Shape.
const minShape, maxShape = 0.3, 20

// Family is a distribution fitted to the means of places.
type Family struct {
	Name  string
	Shape float64
	// LogLikelihood is the mean over the places; KS the distance between
	// the places and the distribution.
	LogLikelihood, KS float64

	dist distribution
}

// fitFamily fits a family to positive values of mean one by maximum likelihood.
func fitFamily(k int, x []float64) (Family, error) {
	f := families[k]
	loss := func(p []float64) float64 {
		shape, scale := math.Exp(p[0]), math.Exp(p[1])
		if !(shape >= minShape && shape <= maxShape) || !(scale > 1e-6 && scale < 1e6) {
			return math.Inf(1)
		}
		d, sum := f.of(shape, scale), 0.0
		for _, v := range x {
			sum -= d.LogProb(v)
		}
		return sum / float64(len(x))
	}
	r, err := optimize.Minimize(optimize.Problem{Func: loss}, []float64{0.2, 0}, nil, &optimize.NelderMead{})
	if err != nil || math.IsInf(r.F, 0) || math.IsNaN(r.F) {
		return Family{}, fmt.Errorf("fit of a %s distribution to the means of %d places did not end (%v)", f.name, len(x), err)
	}
	shape, scale := math.Exp(r.X[0]), math.Exp(r.X[1])
	out := Family{Name: f.name, Shape: shape, LogLikelihood: -r.F, dist: f.of(shape, scale)}
	out.KS = distanceTo(x, out.dist)
	return out, nil
}

// bestFamily fits all families and returns the most likely one first.
func bestFamily(x []float64) (best Family, all []Family, err error) {
	for k := range families {
		f, err := fitFamily(k, x)
		if err != nil {
			return best, nil, err
		}
		if k == 0 || f.LogLikelihood > best.LogLikelihood {
			best = f
		}
		all = append(all, f)
	}
	return best, all, nil
}

// distanceTo returns the Kolmogorov-Smirnov distance of values from a
// distribution.
func distanceTo(x []float64, d distribution) float64 {
	s := sorted(x)
	worst := 0.0
	for i, v := range s {
		p := d.CDF(v)
		worst = max(worst, p-float64(i)/float64(len(s)), float64(i+1)/float64(len(s))-p)
	}
	return worst
}

// withoutClass returns each place's mean over the mean of its area and of its
// class, with mean one, and the classes' relative means (1 for one without
// members).
func withoutClass(means []float64, class []int, area []uint8, classes int) (rest, relative []float64) {
	rest = append([]float64(nil), means...)
	divideByGroup(rest, len(area), func(i int) int { return int(area[i]) })
	sum, n := make([]float64, classes), make([]float64, classes)
	for i, k := range class {
		sum[k] += rest[i]
		n[k]++
	}
	relative = make([]float64, classes)
	for k := range relative {
		relative[k] = 1
		if n[k] > 0 {
			relative[k] = sum[k] / n[k] / stat.Mean(rest, nil)
		}
	}
	for i, k := range class {
		rest[i] /= relative[k]
	}
	return unitMean(rest), relative
}

// divideByGroup divides x by the mean of each one's group.
func divideByGroup(x []float64, n int, group func(i int) int) {
	var sum, count [256]float64
	for i := range n {
		sum[group(i)] += x[i]
		count[group(i)]++
	}
	for i := range n {
		x[i] *= count[group(i)] / sum[group(i)]
	}
}
