package fit

import (
	"gonum.org/v1/gonum/mat"
)

// leastResampled is how many stations an interval needs: fewer say nothing of
// the others.
const leastResampled = 5

// estimates returns the common parameters with intervals over resampled
// stations (a bootstrap of clusters, Cameron, Gelbach and Miller, Review of
// Economics and Statistics 90(3), 2008). The robust weights are kept, so a
// resample costs the sum of the stations' cross products and one small system,
// and no new fit; that is exact for a linear model with given weights.
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

// common returns a common parameter: slopes, then terms.
func (f *regression) common(i int) float64 {
	if i < len(f.m.slope) {
		return f.m.slope[i]
	}
	return f.m.term[i-len(f.m.slope)]
}

// stationSums returns each station's cross products and scores at the fit,
// after its level is eliminated.
func (f *regression) stationSums(p int) ([]*mat.SymDense, []*mat.VecDense) {
	a := mat.NewDense(f.s.rows(), p, nil)
	r := make([]float64, f.s.rows())
	lead := make([]float64, f.s.rows())
	cross := make([]*mat.SymDense, len(f.s.station))
	score := make([]*mat.VecDense, len(f.s.station))
	for i := range f.s.station {
		f.eliminate(a, r, lead, i, p)
		cross[i], score[i] = mat.NewSymDense(p, nil), mat.NewVecDense(p, nil)
		part := a.Slice(f.s.start[i], f.s.start[i+1], 0, p)
		cross[i].SymOuterK(1, part.T())
		score[i].MulVec(part.T(), mat.NewVecDense(f.s.start[i+1]-f.s.start[i], r[f.s.start[i]:f.s.start[i+1]]))
	}
	return cross, score
}
