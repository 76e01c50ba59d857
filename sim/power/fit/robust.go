package fit

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Tuning constants for 95 % efficiency under normal errors: Huber 1981 and
// Beaton and Tukey 1974, as in every textbook on robust regression (recalled).
const (
	huberK = 1.345
	tukeyC = 4.685
	// madToSigma turns the median of absolute values into the standard
	// deviation of a normal law: 1/quantile(0.75).
	madToSigma = 1.482602218505602
)

// model is the energy of a group's stations:
//
//	E = (a_s + sum_c b_c load_c) (1 - sum_m k_m act_m) + sum_n g_n act_n
//
// with a level a_s for each station, and slopes b, savings k and additive
// terms g common to the group.
type model struct {
	level []float64 // by station of the sample
	slope []float64 // by cell
	term  []float64 // k or g by term
}

// parts returns the energy without additive terms and without savings, and the
// share that the savings leave, of a row.
func (m *model) parts(s *sample, level float64, row int) (plain, left, add float64) {
	plain, left = level, 1
	for c, b := range m.slope {
		plain += b * s.load[c][row]
	}
	for i, t := range s.terms {
		if t.additive {
			add += m.term[i] * s.act[i][row]
		} else {
			left -= m.term[i] * s.act[i][row]
		}
	}
	return plain, left, add
}

// predict returns the energy of a row of a station with the given level.
func (m *model) predict(s *sample, level float64, row int) float64 {
	plain, left, add := m.parts(s, level, row)
	return plain*left + add
}

// regression is a robust fit under way.
type regression struct {
	s      *sample
	m      model
	scale  []float64 // of a station's residuals: its typical energy
	weight []float64 // by row
	res    []float64 // residual over scale, by row
}

// Iterations of a fit: Huber's weights first, which have one solution, then
// Tukey's from there, which give gross errors no weight at all.
const (
	huberRounds = 12
	tukeyRounds = 25
	settled     = 1e-7
)

// fitSample fits the model to a sample.
func fitSample(s *sample) *regression {
	f := newRegression(s)
	f.iterate(huberRounds, 100*settled, false)
	f.iterate(tukeyRounds, settled, true)
	return f
}

// iterate takes steps until they are small.
func (f *regression) iterate(rounds int, enough float64, tukey bool) {
	for range rounds {
		step := f.round()
		f.reweigh(tukey)
		if step < enough {
			return
		}
	}
}

func newRegression(s *sample) *regression {
	n := len(s.station)
	f := &regression{
		s: s, scale: make([]float64, n), weight: make([]float64, s.rows()), res: make([]float64, s.rows()),
		m: model{level: make([]float64, n), slope: make([]float64, len(s.load)), term: make([]float64, len(s.terms))},
	}
	for i := range n {
		y := s.y[s.start[i]:s.start[i+1]]
		f.scale[i] = median(y)
		f.m.level[i] = f.scale[i]
	}
	for i := range f.weight {
		f.weight[i] = 1
	}
	return f
}

// gradient writes what the prediction of a row gains with the common
// parameters, and returns what it gains with the level.
func (f *regression) gradient(dst []float64, station, row int) float64 {
	plain, left, _ := f.m.parts(f.s, f.m.level[station], row)
	for c := range f.m.slope {
		dst[c] = left * f.s.load[c][row]
	}
	for i, t := range f.s.terms {
		dst[len(f.m.slope)+i] = f.s.act[i][row]
		if !t.additive {
			dst[len(f.m.slope)+i] *= -plain
		}
	}
	return left
}

// faint is the weight of the rows that keep a step small in directions which the
// readings say nothing about: a cell that is never loaded, a mode that is never
// active in the stations at hand, or two that cannot be told apart.
const faint = 1e-6

// round takes one step of Gauss and Newton: all rows weighted, the levels
// eliminated station by station, the common parameters by QR. It returns the
// size of the step relative to the levels.
func (f *regression) round() float64 {
	p, n := len(f.m.slope)+len(f.m.term), f.s.rows()
	a := mat.NewDense(n+p, p, nil)
	r := make([]float64, n+p)
	lead := make([]float64, n)
	own := make([][]float64, len(f.scale)) // what a level gains with the common parameters
	shift := make([]float64, len(f.scale))
	for i := range f.scale {
		own[i], shift[i] = f.eliminate(a, r, lead, i, p)
	}
	for j := range p {
		norm := mat.Norm(a.ColView(j), 2)
		if norm == 0 {
			norm = 1
		}
		a.Set(n+j, j, faint*norm)
	}
	d := make([]float64, p)
	var qr mat.QR
	qr.Factorize(a)
	// The faint rows keep the rank full; a warning of a large condition number
	// is what they are for.
	var warning mat.Condition
	if err := qr.SolveVecTo(mat.NewVecDense(p, d), false, mat.NewVecDense(len(r), r)); err != nil && !errors.As(err, &warning) {
		clear(d)
	}
	return f.advance(d, own, shift)
}

// eliminate writes the weighted rows of a station, less what its level takes.
func (f *regression) eliminate(a *mat.Dense, r, lead []float64, station, p int) (own []float64, shift float64) {
	from, to := f.s.start[station], f.s.start[station+1]
	own = make([]float64, p)
	norm := 0.0
	for row := from; row < to; row++ {
		g := a.RawRowView(row)[:p]
		u := f.gradient(g, station, row)
		w := math.Sqrt(f.weight[row]) / f.scale[station]
		lead[row] = u * w
		r[row] = (f.s.y[row] - f.m.predict(f.s, f.m.level[station], row)) * w
		norm += lead[row] * lead[row]
		shift += lead[row] * r[row]
		for j := range g {
			g[j] *= w
			own[j] += lead[row] * g[j]
		}
	}
	if norm == 0 { // no row of the station has weight
		for row := from; row < to; row++ {
			clear(a.RawRowView(row))
			r[row] = 0
		}
		return own, 0
	}
	shift /= norm
	for j := range own {
		own[j] /= norm
	}
	for row := from; row < to; row++ {
		g := a.RawRowView(row)[:p]
		for j := range g {
			g[j] -= lead[row] * own[j]
		}
		r[row] -= lead[row] * shift
	}
	return own, shift
}

// advance applies a step and returns its relative size.
func (f *regression) advance(d []float64, own [][]float64, shift []float64) float64 {
	size := 0.0
	typical := median(f.scale)
	for c := range f.m.slope {
		f.m.slope[c] += d[c]
		size = max(size, math.Abs(d[c])/typical)
	}
	for i, t := range f.s.terms {
		v := d[len(f.m.slope)+i]
		f.m.term[i] += v
		if t.additive {
			v /= typical
		}
		size = max(size, math.Abs(v))
	}
	for i := range f.m.level {
		v := shift[i]
		for j := range d {
			v -= own[i][j] * d[j]
		}
		f.m.level[i] += v
		size = max(size, math.Abs(v)/f.scale[i])
	}
	return size
}

// reweigh gives the rows new weights from their residuals. The spread that counts
// as usual is that of the whole type, relative to the stations' energies, so
// that a station with few rows cannot call all of them exact.
func (f *regression) reweigh(tukey bool) {
	for i := range f.scale {
		for row := f.s.start[i]; row < f.s.start[i+1]; row++ {
			f.res[row] = (f.s.y[row] - f.m.predict(f.s, f.m.level[i], row)) / f.scale[i]
		}
	}
	sigma := spread(f.res)
	if sigma == 0 {
		return
	}
	for row, r := range f.res {
		f.weight[row] = robustWeight(math.Abs(r)/sigma, tukey)
	}
}

func robustWeight(z float64, tukey bool) float64 {
	switch {
	case !tukey && z <= huberK:
		return 1
	case !tukey:
		return huberK / z
	case z >= tukeyC:
		return 0
	}
	u := 1 - (z/tukeyC)*(z/tukeyC)
	return u * u
}

// spread is a robust standard deviation about 0.
func spread(res []float64) float64 {
	abs := make([]float64, len(res))
	for i, r := range res {
		abs[i] = math.Abs(r)
	}
	return madToSigma * median(abs)
}

// median returns the median; NaN of nothing.
func median(x []float64) float64 { return quantile(x, 0.5) }

// quantile returns a quantile by linear interpolation; NaN of nothing.
func quantile(x []float64, q float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	s := slices.Clone(x)
	slices.Sort(s)
	at := q * float64(len(s)-1)
	lo := int(at)
	if lo+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[lo] + (at-float64(lo))*(s[lo+1]-s[lo])
}
