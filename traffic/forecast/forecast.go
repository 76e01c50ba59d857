// Package forecast foretells the sectors' offered rates by a linear autoregression
// that is learned once, on past days: the small learned forecaster beside the
// seasonal-naive one of package env/sleep, whose Forecaster it is.
//
// What is foretold is how a sector will run against its usual rate at that time of
// day, ahead intervals from now, from how it ran in the last intervals, how it ran
// over the last hours, how all sectors run together, and the time of day (one and
// two waves a day). One set of coefficients for each horizon holds for all sectors,
// so that a network of any size costs a few numbers a sector.
//
// Way of the data: Past (a demand, the days, the usual rates) → Fit plays the days
// as an episode would, adds up the normal equations over sectors and intervals, and
// solves them with a ridge → Law, which does not change and is shared → Forecaster
// of each environment, which keeps the last ratios of each sector.
//
// Units: bit/s, des.Time. No call after NewForecaster allocates; sums run in the
// order of sectors, so that the result depends on no number of workers.
package forecast

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"hibernet/sim/des"
)

// Demand is what package traffic's Source is.
type Demand interface {
	DemandTo(dst []float32, at des.Time)
}

// Past is what is learned from.
type Past struct {
	Demand  Demand
	Sectors int
	Days    []int    // since the start of time, each an episode of 24 h
	Control des.Time // control interval; must divide a day
	// Usual writes the sectors' usual rates at a time to dst [sectors], bit/s.
	Usual func(dst []float32, at des.Time)
}

const (
	lags = 4 // ratios of the last intervals
	// horizons that have coefficients of their own: those beyond take the last
	// one's, of which the time of day is that foretold.
	horizons = 4
	features = 1 + lags + 2 + 4 // constant, lags, level, city, waves

	levelKeep = 0.9 // weight that the level keeps from interval to interval
	// greatest bounds ratios, where the usual rate is small.
	greatest = 4
	// ridge is the weight of the penalty beside the sum of squares, per sample:
	// it decides only what the data do not (ours).
	ridge = 1e-4
	// samplesPerInterval moments stand for the mean of an interval in the past.
	samplesPerInterval = 3
	// maxSectors bounds how many sectors, evenly spaced, are learned from: many
	// more samples than there are coefficients.
	maxSectors = 2000
)

// Law is what was learned.
type Law struct {
	past  Past
	coeff [horizons][features]float64
}

// Fit learns the law of the days of a past.
func Fit(p Past) (*Law, error) {
	switch {
	case p.Sectors < 1 || len(p.Days) == 0:
		return nil, fmt.Errorf("forecast: %d sectors and %d days: at least one of each", p.Sectors, len(p.Days))
	case p.Control <= 0 || des.Day%p.Control != 0:
		return nil, fmt.Errorf("forecast: a control interval of %g s does not divide a day", p.Control.Seconds())
	}
	l := &Law{past: p}
	f := l.Forecaster()
	var sums [horizons]normal
	for h := range sums {
		sums[h].init()
	}
	d := newDay(p)
	for _, day := range p.Days {
		start := des.Time(day) * des.Day
		d.play(f, start)
		for h := range sums {
			for t := 0; t+h+1 <= d.steps; t++ {
				for i := range d.picked {
					x := d.features[(t*d.picked+i)*features:][:features]
					f.wavesTo(x, start+des.Time(t)*p.Control, h+1)
					sums[h].add(x, float64(d.ratio[(t+h+1)*d.picked+i]))
				}
			}
		}
	}
	for h := range sums {
		if err := sums[h].solveTo(l.coeff[h][:]); err != nil {
			return nil, fmt.Errorf("forecast: horizon of %d intervals: %w", h+1, err)
		}
	}
	return l, nil
}

// day is a past day as it was measured, at the sectors that are learned from.
type day struct {
	past          Past
	steps         int
	picked, every int       // sectors learned from, and how far apart they are
	ratio         []float32 // [(steps+1)*picked] to the usual rate, that of the first moment before all
	features      []float64 // [(steps+1)*picked*features] what the next ratios are foretold from
	rate, now     []float32 // [sectors] scratch
}

func newDay(p Past) *day {
	d := &day{past: p, steps: int(des.Day / p.Control), every: (p.Sectors + maxSectors - 1) / maxSectors}
	d.picked = (p.Sectors + d.every - 1) / d.every
	d.ratio = make([]float32, (d.steps+1)*d.picked)
	d.features = make([]float64, len(d.ratio)*features)
	d.rate, d.now = make([]float32, p.Sectors), make([]float32, p.Sectors)
	return d
}

// play goes through the day that begins at start as an environment does.
func (d *day) play(f *Forecaster, start des.Time) {
	f.Begin(start)
	for t := range d.steps + 1 {
		at := start + des.Time(t)*d.past.Control
		if t == 0 {
			d.past.Demand.DemandTo(d.rate, at)
		} else {
			d.meanBefore(at)
		}
		f.Observe(at, d.rate)
		for i := range d.picked {
			k := t*d.picked + i
			d.ratio[k] = f.lag[0][i*d.every]
			f.featuresTo(d.features[k*features:][:features], i*d.every)
		}
	}
}

// meanBefore sets the rates to their mean over the interval before a time.
func (d *day) meanBefore(at des.Time) {
	clear(d.rate)
	for i := range samplesPerInterval {
		d.past.Demand.DemandTo(d.now, at-d.past.Control+des.Time(2*i+1)*d.past.Control/(2*samplesPerInterval))
		for s, r := range d.now {
			d.rate[s] += r / samplesPerInterval
		}
	}
}

// Forecaster foretells for one environment: see env/sleep.Forecaster.
type Forecaster struct {
	law   *Law
	now   des.Time
	first bool
	lag   [lags][]float32 // [sectors] ratios to the usual rate, the latest first
	level []float32       // [sectors] their weighted mean
	city  float64         // mean ratio over all sectors
	usual []float32       // [sectors] scratch
}

// Forecaster returns a new one.
func (l *Law) Forecaster() *Forecaster {
	f := &Forecaster{law: l, level: make([]float32, l.past.Sectors), usual: make([]float32, l.past.Sectors)}
	for k := range f.lag {
		f.lag[k] = make([]float32, l.past.Sectors)
	}
	return f
}

// Begin starts an episode, of which nothing is known yet.
func (f *Forecaster) Begin(now des.Time) {
	f.now, f.first, f.city = now, true, 1
	for s := range f.level {
		f.level[s] = 1
		for k := range f.lag {
			f.lag[k][s] = 1
		}
	}
}

// Observe tells the mean rates of the interval that ends at now, bit/s; the first
// call those of the moment.
func (f *Forecaster) Observe(now des.Time, offered []float32) {
	middle := now - f.law.past.Control/2
	if f.first {
		middle = now
	}
	f.now = now
	f.law.past.Usual(f.usual, middle)
	last := f.lag[lags-1]
	copy(f.lag[1:], f.lag[:lags-1])
	f.lag[0] = last
	sum := 0.0
	for s, x := range offered {
		r := ratioOf(x, f.usual[s])
		last[s] = r
		if f.first { // the best guess of what was before
			for k := 1; k < lags; k++ {
				f.lag[k][s] = r
			}
			f.level[s] = r
		}
		f.level[s] = levelKeep*f.level[s] + (1-levelKeep)*r
		sum += float64(r)
	}
	f.city, f.first = sum/float64(max(len(offered), 1)), false
}

// ForecastTo writes the mean rates expected in the ahead-th interval from now,
// bit/s, to dst [sectors].
func (f *Forecaster) ForecastTo(dst []float32, ahead int) {
	c := &f.law.coeff[min(max(ahead, 1), horizons)-1]
	f.law.past.Usual(dst, f.now+des.Time(2*ahead-1)*f.law.past.Control/2)
	var x [features]float64
	f.wavesTo(x[:], f.now, ahead)
	for s := range dst {
		f.featuresTo(x[:], s)
		sum := 0.0
		for i, v := range x {
			sum += c[i] * v
		}
		dst[s] *= float32(min(max(sum, 0), greatest))
	}
}

// ratioOf is how a rate stands to the usual one: 1 where nothing is usual.
func ratioOf(rate, usual float32) float32 {
	if !(usual > 0) {
		return 1
	}
	return min(max(rate/usual, 0), greatest)
}

// featuresTo writes a sector's part of what the forecast is made from.
func (f *Forecaster) featuresTo(x []float64, s int) {
	x[0] = 1
	for k := range f.lag {
		x[1+k] = float64(f.lag[k][s])
	}
	x[1+lags], x[2+lags] = float64(f.level[s]), f.city
}

// wavesTo writes the time of day that is foretold.
func (f *Forecaster) wavesTo(x []float64, now des.Time, ahead int) {
	at := now + des.Time(2*ahead-1)*f.law.past.Control/2
	phase := 2 * math.Pi * float64(at%des.Day) / float64(des.Day)
	for k := range 2 {
		sin, cos := math.Sincos(float64(k+1) * phase)
		x[3+lags+2*k], x[4+lags+2*k] = sin, cos
	}
}

// normal adds up the normal equations of least squares.
type normal struct {
	gram  *mat.SymDense
	right *mat.VecDense
	count float64
}

func (n *normal) init() {
	n.gram, n.right = mat.NewSymDense(features, nil), mat.NewVecDense(features, nil)
}

func (n *normal) add(x []float64, y float64) {
	data := n.gram.RawSymmetric().Data
	right := n.right.RawVector().Data
	for i, v := range x {
		for j := i; j < features; j++ {
			data[i*features+j] += v * x[j]
		}
		right[i] += v * y
	}
	n.count++
}

// solveTo writes the coefficients. The ridge draws them to those of a rate that
// stays as usual times the last ratio, which is what is known without data.
func (n *normal) solveTo(coeff []float64) error {
	weight := ridge * max(n.count, 1)
	for i := range features {
		n.gram.SetSym(i, i, n.gram.At(i, i)+weight)
	}
	n.right.SetVec(1, n.right.AtVec(1)+weight)
	var c mat.Cholesky
	if !c.Factorize(n.gram) {
		return errors.New("the rates are not finite")
	}
	return c.SolveVecTo(mat.NewVecDense(features, coeff), n.right)
}
