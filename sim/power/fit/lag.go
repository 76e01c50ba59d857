package fit

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// The search for the clocks' offset.
const (
	// minPairs is how many aligned rows a station must have at every lag.
	minPairs = 12
	// thinning divides the number of rows: readings an hour apart err alike
	// (the residuals' correlation is about 0.5 from hour to hour), so they are
	// worth fewer independent ones.
	thinning = 3
	// sureOdds is how much likelier than all others together a station's lag
	// must be to count as told by its readings.
	sureOdds = 20
	// oneDayS separates the batches: records of a day, and longer ones.
	oneDayS = 24 * 3600
)

// Lag is what is known of one station's clocks: its energy at label t belongs
// to the load at label t + Steps.
type Lag struct {
	Steps   int
	Odds    float64 // of Steps against all other lags together, by the station's own readings
	ByBatch bool    // these could not tell: the others of the batch did
	Batch   string
	score   []float64 // log-likelihood by lag, nil if too few readings
}

// batchOf names the stations that share a record pattern, and so the way their
// records were made.
func (st *Station) batchOf(stepS int) string {
	if n := len(st.EnergyAt); n > 0 && (st.EnergyAt[n-1]-st.EnergyAt[0])*stepS <= oneDayS {
		return "records of a day"
	}
	return "longer records"
}

// findLags searches each station's lag from -most to most steps. A station's
// likelihood of a lag is that of a robust straight fit of its energy on its
// loads and activations. Its prior is how often its batch has the lag, found
// with the stations' own posteriors in turn (an EM iteration for the shares of
// a mixture), so that stations with few readings follow the others of their
// batch, and a station with clear evidence does not.
//
// tell is told after each station; the search ends with ctx's error.
func findLags(ctx context.Context, d *Data, most int, tell func(done int)) ([]Lag, error) {
	lags := make([]Lag, len(d.Stations))
	batches := map[string][]int{}
	var names []string
	for i := range d.Stations {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		tell(i)
		st := &d.Stations[i]
		lags[i].Batch = st.batchOf(d.StepS)
		lags[i].score = st.scoreLags(most, len(d.Modes))
		if batches[lags[i].Batch] == nil {
			names = append(names, lags[i].Batch)
		}
		batches[lags[i].Batch] = append(batches[lags[i].Batch], i)
	}
	for _, name := range names {
		decideLags(lags, batches[name], most)
	}
	return lags, nil
}

// decideLags sets the lags of one batch.
func decideLags(lags []Lag, members []int, most int) {
	n := 2*most + 1
	flat := make([]float64, n)
	for k := range flat {
		flat[k] = 1 / float64(n)
	}
	prior := slices.Clone(flat)
	const rounds = 50
	for range rounds {
		next := make([]float64, n)
		total := 0.0
		for _, i := range members {
			if lags[i].score != nil {
				for k, p := range posterior(lags[i].score, prior) {
					next[k] += p
				}
				total++
			}
		}
		for k := range prior { // half a station spread over all lags keeps each possible
			prior[k] = (next[k] + 0.5/float64(n)) / (total + 0.5)
		}
	}
	usual := argmax(prior)
	if !informed(lags, members) {
		usual = most // nothing is known: as labelled
	}
	for _, i := range members {
		l := &lags[i]
		l.Steps, l.ByBatch = usual-most, true
		if l.score == nil {
			continue
		}
		p := posterior(l.score, prior)
		if best := argmax(p); odds(p[best]) >= sureOdds {
			l.Steps = best - most
		}
		l.Odds = odds(posterior(l.score, flat)[l.Steps+most])
		l.ByBatch = l.Odds < sureOdds
	}
}

// odds turns a probability into odds, bounded so that they can be written.
func odds(p float64) float64 { return p / max(1-p, 1e-12) }

func informed(lags []Lag, members []int) bool {
	for _, i := range members {
		if lags[i].score != nil {
			return true
		}
	}
	return false
}

// posterior returns the probabilities of the lags.
func posterior(score, prior []float64) []float64 {
	p := make([]float64, len(score))
	top := math.Inf(-1)
	for k := range p {
		p[k] = score[k] + math.Log(prior[k])
		top = max(top, p[k])
	}
	sum := 0.0
	for k := range p {
		p[k] = math.Exp(p[k] - top)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}

// argmax returns the index of the greatest, the middlemost of equals.
func argmax(x []float64) int {
	best := len(x) / 2
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// scoreLags returns the log-likelihood of each lag, or nil if some lag leaves
// too few rows. With Laplace errors of free size it is -n log(mean |residual|);
// n is the same for all lags, as the overlap must not decide.
func (st *Station) scoreLags(most, modes int) []float64 {
	score := make([]float64, 0, 2*most+1)
	least := len(st.Energy)
	for lag := -most; lag <= most; lag++ {
		pairs := st.pairs(lag)
		least = min(least, len(pairs))
		if least < minPairs {
			return nil
		}
		score = append(score, math.Log(st.straightError(pairs, modes)))
	}
	for k := range score {
		score[k] *= -float64(least) / thinning
	}
	return score
}

// straightError returns the mean size of the residuals of a robust straight
// fit of energy on loads and activations, relative to the spread of the
// energy itself in the same rows, so that lags that overlap in quiet hours are
// not favoured.
func (st *Station) straightError(pairs [][2]int, modes int) float64 {
	cells := len(st.Cells)
	use := st.activeColumns(pairs, modes)
	p := 1 + cells + len(use)
	a := mat.NewDense(len(pairs), p, nil)
	y := mat.NewVecDense(len(pairs), nil)
	for i, pr := range pairs {
		row := a.RawRowView(i)
		row[0] = 1
		copy(row[1:], st.Load[pr[1]*cells:(pr[1]+1)*cells])
		for j, c := range use {
			row[1+cells+j] = st.Act[pr[1]*cells*modes+c]
		}
		y.SetVec(i, st.Energy[pr[0]])
	}
	center := median(y.RawVector().Data)
	base := 0.0
	for _, v := range y.RawVector().Data {
		base += math.Abs(v - center)
	}
	err := robustLine(a, y)
	const exact = 1e-4 // readings are rounded: no fit counts as better than this
	return max(err/max(base, 1e-12*center), exact)
}

// activeColumns lists the activations (cell*modes+mode) that vary in the rows,
// each only once where several are the same.
func (st *Station) activeColumns(pairs [][2]int, modes int) []int {
	width := len(st.Cells) * modes
	var use []int
	for c := range width {
		on, kept := 0, true
		for _, pr := range pairs {
			if st.Act[pr[1]*width+c] > 0 {
				on++
			}
		}
		for _, u := range use {
			diff := 0.0
			for _, pr := range pairs {
				diff += math.Abs(st.Act[pr[1]*width+c] - st.Act[pr[1]*width+u])
			}
			kept = kept && diff > 0.01*float64(len(pairs))
		}
		if on >= 3 && kept && len(use) < len(pairs)/8 {
			use = append(use, c)
		}
	}
	return use
}

// robustLine returns the sum of absolute residuals of a fit of y on the columns
// of a, with weights that approach least absolute deviations.
func robustLine(a *mat.Dense, y *mat.VecDense) float64 {
	n, p := a.Dims()
	w := make([]float64, n)
	for i := range w {
		w[i] = 1
	}
	total := math.Inf(1)
	const rounds = 6
	for range rounds {
		x, ok := weighted(a, y, w, p)
		if !ok {
			return total
		}
		sum := 0.0
		res := make([]float64, n)
		for i := range n {
			res[i] = math.Abs(y.AtVec(i) - mat.Dot(a.RowView(i), x))
			sum += res[i]
		}
		total = min(total, sum)
		floor := max(median(res), 1e-9*math.Abs(y.AtVec(0)))
		for i := range w {
			w[i] = floor / max(res[i], floor)
		}
	}
	return total
}

// weighted solves the normal equations; a little on the diagonal keeps columns
// that do not vary out of it.
func weighted(a *mat.Dense, y *mat.VecDense, w []float64, p int) (*mat.VecDense, bool) {
	g := mat.NewSymDense(p, nil)
	b := mat.NewVecDense(p, nil)
	n, _ := a.Dims()
	for i := range n {
		row := a.RawRowView(i)
		for j, v := range row {
			b.SetVec(j, b.AtVec(j)+w[i]*v*y.AtVec(i))
			for k := j; k < p; k++ {
				g.SetSym(j, k, g.At(j, k)+w[i]*v*row[k])
			}
		}
	}
	for j := range p {
		g.SetSym(j, j, g.At(j, j)*(1+1e-9)+1e-9)
	}
	var c mat.Cholesky
	if !c.Factorize(g) {
		return nil, false
	}
	x := mat.NewVecDense(p, nil)
	return x, c.SolveVecTo(x, b) == nil
}
