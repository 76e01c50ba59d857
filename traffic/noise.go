package traffic

import (
	"math"

	"hibernet/sim/rng"
)

// bank hands out rows of standard normal numbers, one row a step and one
// number a column, as numbers of normalStep, and keeps the last few rows. What a row holds depends only
// on the key and the step; the bank is a cache.
type bank struct {
	key  rng.Key
	span span
	rows [][]int16
	step []int64 // the step each row holds
	full []bool
}

func newBank(key rng.Key, at span, depth int) *bank {
	columns := at.columns()
	b := &bank{key: key, span: at, rows: make([][]int16, depth), step: make([]int64, depth), full: make([]bool, depth)}
	store := make([]int16, depth*columns)
	for i := range b.rows {
		b.rows[i] = store[i*columns : (i+1)*columns]
	}
	return b
}

// row returns the row of a step, valid until depth other steps were asked for.
func (b *bank) row(step int64) []int16 {
	slot := floorMod(step, int64(len(b.rows)))
	if !b.full[slot] || b.step[slot] != step {
		b.span.packTo(b.rows[slot], b.key, step)
		b.step[slot], b.full[slot] = step, true
	}
	return b.rows[slot]
}

// span is the columns of a step that are asked for: those of the sectors
// [lo, hi), and after them the city's, if there is one.
type span struct {
	lo, hi int
	city   int // its column, -1 if there is none
}

func (s span) columns() int {
	if s.city >= 0 {
		return s.hi - s.lo + 1
	}
	return s.hi - s.lo
}

// normalsTo fills dst with the normals of a step of the columns from first on.
func (s span) normalsTo(dst []float32, first int, key rng.Key, step int64) {
	at := key.At(uint64(step))
	sectors := min(len(dst), s.hi-s.lo-first)
	at.NormsTo(dst[:sectors], uint64(s.lo+first))
	if sectors < len(dst) {
		dst[sectors] = float32(at.Norm(uint64(s.city)))
	}
}

// packTo fills dst [columns] with the normals of a step, in steps of normalStep.
func (s span) packTo(dst []int16, key rng.Key, step int64) {
	at := key.At(uint64(step))
	packNormals(dst[:s.hi-s.lo], at, s.lo)
	if s.city >= 0 {
		dst[s.hi-s.lo] = packNormal(float32(at.Norm(uint64(s.city))))
	}
}

// arTail bounds what an ar1 leaves out: phi to the power of the number of
// terms is below it.
const arTail = 1e-3

// ar1 is a stationary AR(1) of unit variance that can be read at any step
// without the steps before it: the process's moving-average form
// sum phi^k e(step-k), cut after K terms and rescaled to unit variance. Its
// autocorrelation at lag j is phi^j (1-phi^2(K-j)) / (1-phi^2K) for j < K and
// 0 beyond, so it differs from phi^j by less than arTail at every lag.
type ar1 struct {
	bank *bank
	coef []float32
}

func newAR1(key rng.Key, at span, phi float64) *ar1 {
	terms := arTerms(phi)
	coef := make([]float32, terms)
	norm := math.Sqrt((1 - phi*phi) / (1 - math.Pow(phi, 2*float64(terms))))
	for k := range coef {
		coef[k] = float32(norm * math.Pow(phi, float64(k)))
	}
	return &ar1{bank: newBank(key, at, terms), coef: coef}
}

// arTerms returns the number of terms for a coefficient in [0, 1).
func arTerms(phi float64) int {
	if phi == 0 {
		return 1
	}
	return max(1, int(math.Ceil(math.Log(arTail)/math.Log(phi))))
}

// addTo adds gain times the process at a step to dst, of the columns from first on.
func (a *ar1) addTo(dst []float32, first int, step int64, gain float64) {
	for k, c := range a.coef {
		c *= float32(gain * normalStep)
		for i, e := range a.bank.row(step - int64(k))[first:][:len(dst)] {
			dst[i] += c * float32(e)
		}
	}
}

// driftDays is the time in which the drift of an hour of the day is replaced.
// Together with the default shares it gives the autocorrelation at 24, 48 and
// 168 h of LTE cells observed for 1 to 1.5 years (0.16-0.31, 0.17-0.26,
// 0.05-0.24; one cell of a public LTE record and two Brazilian cells with
// added noise).
const driftDays = 7

// hourNoise makes the standard normal logarithm of the hourly noise, one
// column a sector and a last one for the city.
type hourNoise struct {
	span      span
	hour, day *ar1
	drift     rng.Key
	// Square roots of the shares of variance.
	hourGain, dayGain, driftGain float64
}

func newHourNoise(spec NoiseSpec, key rng.Key, at span) *hourNoise {
	return &hourNoise{
		span:      at,
		hour:      newAR1(key.Named("hour"), at, spec.HourPhi),
		day:       newAR1(key.Named("day"), at, spec.DayPhi),
		drift:     key.Named("drift"),
		hourGain:  math.Sqrt(math.Max(0, 1-spec.DayShare-spec.DriftShare)),
		dayGain:   math.Sqrt(spec.DayShare),
		driftGain: math.Sqrt(spec.DriftShare),
	}
}

// noiseBlock is how many columns of the noise are made at a time: in the nearest
// cache, and nothing is kept of them.
const noiseBlock = 512

// zTo writes the noise of an hour, counted from the start of time, of the columns
// from first on to dst, at most noiseBlock.
func (n *hourNoise) zTo(dst []float32, first int, hour int64) {
	clear(dst)
	day, hourOfDay := floorDiv(hour, hoursPerDay), floorMod(hour, hoursPerDay)
	n.hour.addTo(dst, first, hour, n.hourGain)
	n.day.addTo(dst, first, day, n.dayGain)
	if n.driftGain == 0 {
		return
	}
	// A quarter turn from one independent pattern to the next: the variance
	// stays one, and the same hour of near days stays alike.
	block := floorDiv(day, driftDays)
	angle := math.Pi / 2 * float64(floorMod(day, driftDays)) / driftDays
	var old, next [noiseBlock]float32
	n.span.normalsTo(old[:len(dst)], first, n.drift.At(uint64(hourOfDay)), block)
	n.span.normalsTo(next[:len(dst)], first, n.drift.At(uint64(hourOfDay)), block+1)
	a, b := float32(n.driftGain*math.Cos(angle)), float32(n.driftGain*math.Sin(angle))
	for i := range dst {
		dst[i] += a*old[i] + b*next[i]
	}
}

// withinHour makes the factors inside an hour: log-normal AR(1) in steps,
// divided by their mean over the hour, so that the hour's volume is kept.
type withinHour struct {
	perHour int
	ar      *ar1
	sigma   float64
	rows    []float32 // [perHour*sectors], step-major
	sum     []float32 // scratch [sectors]
}

func newWithinHour(spec WithinSpec, key rng.Key, at span) *withinHour {
	sectors := at.columns()
	perHour := 60 / spec.StepMin
	// Dividing by the hour's mean takes out its share of the variance; the
	// parameter is what is left.
	meanVar := 1.0
	for lag := 1; lag < perHour; lag++ {
		meanVar += 2 * (1 - float64(lag)/float64(perHour)) * math.Pow(spec.Phi, float64(lag))
	}
	meanVar /= float64(perHour)
	cv := spec.CV / math.Sqrt(1-meanVar)
	return &withinHour{
		perHour: perHour,
		ar:      newAR1(key, at, spec.Phi),
		sigma:   math.Sqrt(math.Log1p(cv * cv)),
		rows:    make([]float32, perHour*sectors),
		sum:     make([]float32, sectors),
	}
}

// load computes the factors of an hour.
func (w *withinHour) load(hour int64) {
	n := len(w.sum)
	clear(w.sum)
	clear(w.rows)
	for s := range w.perHour {
		row := w.rows[s*n : (s+1)*n]
		w.ar.addTo(row, 0, hour*int64(w.perHour)+int64(s), w.sigma)
		for i, z := range row {
			row[i] = float32(math.Exp(float64(z)))
			w.sum[i] += row[i]
		}
	}
	for s := range w.perHour {
		row := w.rows[s*n : (s+1)*n]
		for i := range row {
			row[i] *= float32(w.perHour) / w.sum[i]
		}
	}
}

// row returns the factors of a step of the loaded hour.
func (w *withinHour) row(step int) []float32 {
	n := len(w.sum)
	return w.rows[step*n : (step+1)*n]
}

// floorDiv is a/b rounded down; b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// floorMod is the remainder of floorDiv, in [0, b).
func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }
