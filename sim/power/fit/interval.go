package fit

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// leastResampled is how many stations an interval needs: fewer say nothing of
// the others.
const leastResampled = 5

// estimates returns the common parameters with intervals over resampled
// stations (a bootstrap of clusters, Cameron, Gelbach and Miller, Review of
// Economics and Statistics 90(3), 2008). A resample takes one Newton step from
// the fit and no new fit: it needs each station's slopes of the estimating
// equations only. These have the derivative of the robust score as weights, not
// the weights themselves: that a reading's weight falls as it moves away makes
// the estimate less certain.
func (f *regression) estimates(o *Options, name string) []Estimate {
	p := len(f.m.slope) + len(f.m.term)
	out := make([]Estimate, p)
	for i := range out {
		v := f.common(i)
		out[i] = Estimate{Value: v, Lo: v, Hi: v}
	}
	n := len(f.s.station)
	if n < leastResampled || p == 0 || o.Resamples == 0 {
		return out
	}
	cross, score := f.stationSums(p)
	draws := make([][]float64, p)
	for rep := range o.Resamples {
		stream := o.key("resamples", name).At(uint64(rep)).Stream()
		a, b := mat.NewSymDense(p, nil), mat.NewVecDense(p, nil)
		for range n {
			i := stream.IntN(n)
			a.AddSym(a, cross[i])
			b.AddVec(b, score[i])
		}
		steady(a)
		var c mat.Cholesky
		x := mat.NewVecDense(p, nil)
		if !c.Factorize(a) || c.SolveVecTo(x, b) != nil {
			continue // no load or mode varies among those drawn
		}
		for i := range draws {
			draws[i] = append(draws[i], f.common(i)+x.AtVec(i))
		}
	}
	for i, d := range draws {
		if 2*len(d) > o.Resamples {
			out[i].Lo, out[i].Hi, out[i].Known = quantile(d, 0.025), quantile(d, 0.975), true
		}
	}
	return out
}

// steady adds a trifle to the diagonal, so that a parameter which the stations at
// hand say nothing about does not stop the others.
func steady(a *mat.SymDense) {
	for i := range a.SymmetricDim() {
		v := a.At(i, i) * (1 + faint*faint)
		if v == 0 {
			v = 1
		}
		a.SetSym(i, i, v)
	}
}

// common returns a common parameter: slopes, then terms.
func (f *regression) common(i int) float64 {
	if i < len(f.m.slope) {
		return f.m.slope[i]
	}
	return f.m.term[i-len(f.m.slope)]
}

// stationSums returns each station's part of the slopes of the estimating
// equations and of their values at the fit, after its level is eliminated.
func (f *regression) stationSums(p int) ([]*mat.SymDense, []*mat.VecDense) {
	sigma := spread(f.res)
	cross := make([]*mat.SymDense, len(f.s.station))
	score := make([]*mat.VecDense, len(f.s.station))
	g := make([]float64, p+1)
	for i := range f.s.station {
		// Of all parameters, the level last.
		h, b := mat.NewSymDense(p+1, nil), mat.NewVecDense(p+1, nil)
		for row := f.s.start[i]; row < f.s.start[i+1]; row++ {
			g[p] = f.gradient(g[:p], i, row)
			floats.Scale(1/f.scale[i], g)
			d := 1.0
			if sigma > 0 {
				d = tukeySlope(math.Abs(f.res[row]) / sigma)
			}
			v := mat.NewVecDense(p+1, g)
			h.SymRankOne(h, d, v)
			b.AddScaledVec(b, f.weight[row]*f.res[row], v)
		}
		cross[i], score[i] = withoutLast(h, b, p)
	}
	return cross, score
}

// withoutLast eliminates the last parameter. One that the rows say nothing
// about is left as it is.
func withoutLast(h *mat.SymDense, b *mat.VecDense, p int) (*mat.SymDense, *mat.VecDense) {
	cross, score := mat.NewSymDense(p, nil), mat.NewVecDense(p, nil)
	own := h.At(p, p)
	for i := range p {
		share := 0.0
		if own > 0 {
			share = h.At(i, p) / own
		}
		for j := i; j < p; j++ {
			cross.SetSym(i, j, h.At(i, j)-share*h.At(j, p))
		}
		score.SetVec(i, b.AtVec(i)-share*b.AtVec(p))
	}
	return cross, score
}

// tukeySlope is the derivative of Tukey's score at z standard deviations.
func tukeySlope(z float64) float64 {
	if z >= tukeyC {
		return 0
	}
	u := (z / tukeyC) * (z / tukeyC)
	return (1 - u) * (1 - 5*u)
}
