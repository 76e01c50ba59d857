package fit

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/interp"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Bin is a range of distances in units, and what was found in it.
type Bin struct {
	From, To float64 // From <= distance < To
	Distance float64 // mean over the pairs
	Pairs    float64
	Value    float64
}

// edges are the bounds of the bins of distance. On a grid the first three hold
// neighbours by a side, by a corner, and those two squares away.
var edges = []float64{0.5, 1.2, 1.7, 2.12, 3, 4, 4.5, 5.5, 7.5, 10, 14, 20}

// pairs are the pairs of places in the same patch, with their bins.
type pairs struct {
	i, j []int32
	bin  []uint8
	bins []Bin // From, To, Distance and Pairs; those without pairs are there too
}

// pairsUpTo returns the pairs less than reach units apart that count. Reach
// must be an edge of a bin.
func (c *City) pairsUpTo(reach float64, counts func(i, j int) bool) *pairs {
	p := new(pairs)
	for k := 1; k < len(edges) && edges[k] <= reach; k++ {
		p.bins = append(p.bins, Bin{From: edges[k-1], To: edges[k]})
	}
	for i := range c.Places() {
		for j := range i {
			d := c.distance(i, j)
			if c.Patch[i] != c.Patch[j] || d < edges[0] || d >= reach || !counts(i, j) {
				continue
			}
			k := floats.Within(edges, d)
			p.i, p.j, p.bin = append(p.i, int32(i)), append(p.j, int32(j)), append(p.bin, uint8(k))
			p.bins[k].Pairs++
			p.bins[k].Distance += d
		}
	}
	for k := range p.bins {
		p.bins[k].Distance /= max(p.bins[k].Pairs, 1)
	}
	return p
}

func allPairs(int, int) bool { return true }

// mean returns the mean of f over the pairs of each bin that has any.
func (p *pairs) mean(f func(i, j int32) float64) []Bin {
	sum := slices.Clone(p.bins)
	for n, k := range p.bin {
		sum[k].Value += f(p.i[n], p.j[n])
	}
	for k := range sum {
		sum[k].Value /= sum[k].Pairs
	}
	return slices.DeleteFunc(sum, func(b Bin) bool { return b.Pairs == 0 })
}

// correlogram returns the correlation of values, about their mean and
// variance.
func (p *pairs) correlogram(values []float64) []Bin {
	m, sd := stat.PopMeanStdDev(values, nil)
	return p.mean(func(i, j int32) float64 { return (values[i] - m) * (values[j] - m) / (sd * sd) })
}

// sameClass returns the share of pairs in the same class.
func (p *pairs) sameClass(class []int) []Bin {
	return p.mean(func(i, j int32) float64 {
		if class[i] == class[j] {
			return 1
		}
		return 0
	})
}

// Correlogram returns the correlation of a value of each place by distance,
// about the city's mean and variance.
func (c *City) Correlogram(values []float64) []Bin {
	return c.pairsUpTo(edges[len(edges)-1], allPairs).correlogram(values)
}

// SameClass returns the share of pairs in the same class by distance.
func (c *City) SameClass(class []int) []Bin {
	return c.pairsUpTo(edges[len(edges)-1], allPairs).sameClass(class)
}

// enoughPairs is the least number of pairs that a bin is used with.
const enoughPairs = 30

// at returns the value of the bin that holds a distance, and whether it rests
// on pairs enough.
func at(bins []Bin, d float64) (float64, bool) {
	for _, b := range bins {
		if d >= b.From && d < b.To {
			return b.Value, b.Pairs >= enoughPairs
		}
	}
	return math.NaN(), false
}

// The bounds of a fitted field: those of the Spec's range_m in units of the
// city are wider.
const (
	minRange, maxRange = 0.5, 60.0
	// fitReach is the distance, in units, up to which a field is fitted: the
	// generator's purpose is the likeness of cells that can take over from one
	// another, and far pairs are so many that they would decide alone.
	fitReach = 7.5
)

// fitted says whether a bin counts in the fit of a field.
func (b Bin) fitted() bool { return b.To <= fitReach && b.Pairs >= enoughPairs }

// fieldNearest fits nugget and range, in units, of a field of unit variance whose
// correlation is (1-nugget) exp(-d/range) to correlations by distance that
// were taken about the city's own mean. These are
//
//	((1-nugget) exp(-d/range) - m) / (1 - m)
//
// with m = (1-nugget) times meanOf, the mean of exp(-d/range) over all pairs.
func fieldNearest(bins []Bin, meanOf *rangeTable) (nugget, rangeU float64) {
	loss := func(nugget, rangeU float64) float64 {
		m := (1 - nugget) * meanOf.at(rangeU)
		sum := 0.0
		for _, b := range bins {
			if b.fitted() {
				e := ((1-nugget)*math.Exp(-b.Distance/rangeU)-m)/(1-m) - b.Value
				sum += e * e
			}
		}
		return sum
	}
	// Two parameters inside bounds: unbounded ones through the logistic.
	unpack := func(x []float64) (float64, float64) {
		return logistic(x[0]), minRange * math.Pow(maxRange/minRange, logistic(x[1]))
	}
	p := optimize.Problem{Func: func(x []float64) float64 { return loss(unpack(x)) }}
	best := math.Inf(1)
	for _, start := range [][]float64{{0, 0}, {0, 1}, {-1, -1}} {
		r, err := optimize.Minimize(p, start, &optimize.Settings{MajorIterations: 200}, &optimize.NelderMead{})
		if r == nil || err != nil && math.IsNaN(r.F) {
			continue
		}
		if r.F < best {
			best = r.F
			nugget, rangeU = unpack(r.X)
		}
	}
	return nugget, rangeU
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// rangeTable holds the mean over all pairs of places of exp(-d/range), at
// ranges that are evenly spaced in their logarithm.
type rangeTable struct{ mean interp.PiecewiseLinear }

// rangeTable makes the table from some of the pairs, spread evenly over all. A
// place paired with itself counts, as it does in a mean over the city.
func (c *City) rangeTable() (*rangeTable, error) {
	const points = 100
	n := c.Places()
	// An odd step favours no column over the thousands of pairs.
	step := max(1, n*n/8192) | 1
	logs, means := make([]float64, points), make([]float64, points)
	floats.Span(logs, math.Log(minRange), math.Log(maxRange))
	for k, l := range logs {
		count := 0.0
		for p := 0; p < n*n; p += step {
			means[k] += math.Exp(-c.distance(p/n, p%n) / math.Exp(l))
			count++
		}
		means[k] /= count
	}
	t := new(rangeTable)
	if err := t.mean.Fit(logs, means); err != nil {
		return nil, fmt.Errorf("table of mean correlations: %w", err)
	}
	return t, nil
}

func (t *rangeTable) at(rangeU float64) float64 { return t.mean.Predict(math.Log(rangeU)) }

// latentCorrelation turns shares of pairs in the same class into the
// correlation of the normal values that are cut into classes at the cumulated
// shares.
func latentCorrelation(bins []Bin, shares []float64) []Bin {
	const steps = 50
	same := make([]float64, steps)
	for k := range same {
		same[k] = sameProbability(float64(k)/steps, shares)
	}
	out := make([]Bin, len(bins))
	for i, b := range bins {
		out[i] = b
		k := 0
		for k+1 < steps && same[k+1] < b.Value {
			k++
		}
		out[i].Value = float64(k) / steps
		if k+1 < steps {
			out[i].Value += (b.Value - same[k]) / (same[k+1] - same[k]) / steps
		}
	}
	return out
}

// sameProbability returns the probability that two standard normal values of
// correlation rho in [0, 1) fall between the same cuts.
func sameProbability(rho float64, shares []float64) float64 {
	std := distuv.UnitNormal
	cut := []float64{math.Inf(-1)}
	cum := 0.0
	for _, s := range shares[:len(shares)-1] {
		cum += s
		cut = append(cut, std.Quantile(min(cum, 1)))
	}
	cut = append(cut, math.Inf(1))
	const points = 400
	sum := 0.0
	rest := math.Sqrt(1 - rho*rho)
	for k := range points {
		z := std.Quantile((float64(k) + 0.5) / points)
		c := 1
		for z > cut[c] {
			c++
		}
		sum += std.CDF((cut[c]-rho*z)/rest) - std.CDF((cut[c-1]-rho*z)/rest)
	}
	return sum / points
}
