package sleep

import (
	"hibernet/sim/des"
)

// Forecaster foretells the sectors' offered rates from those of the past. It
// serves one environment: the calls of an episode come in the order of time,
// one Observe each control interval and then any number of ForecastTo.
type Forecaster interface {
	// Begin starts an episode at a time, of whose day nothing is known yet.
	Begin(now des.Time)
	// Observe tells the mean rates offered [sectors] in the control interval
	// that ends at now, bit/s, as they were measured. The first call, right
	// after Begin, tells the rates of the moment. It must not keep the slice.
	Observe(now des.Time, offered []float32)
	// ForecastTo writes the mean rates [sectors] expected in the ahead-th
	// control interval from now, bit/s: 1 is the one that begins now.
	ForecastTo(dst []float32, ahead int)
}

var _ Forecaster = (*Seasonal)(nil)

// Seasonal forecasts a sector's usual rate at the time of day, scaled by how the
// last hours ran against the usual: the seasonal-naive forecast of a quantity
// whose level drifts.
type Seasonal struct {
	history []float32 // [24*sectors] hour-major
	control des.Time
	now     des.Time
	rate    []float32 // [sectors] weighted sum of the rates measured
	usual   []float32 // [sectors] the same of the usual ones
}

// seasonalKeep is the weight that the level keeps from one interval to the
// next, and seasonalRange how far a day may run from the usual in a forecast
// (ours: at 0.8 about the last five intervals count, which halves the noise of
// one; beyond three times the usual the ratio tells of a small denominator).
const (
	seasonalKeep  = 0.8
	seasonalRange = 3
)

// NewSeasonal returns a forecaster for control intervals of the given length.
// history [24*sectors] is what func History returns; it is kept.
func NewSeasonal(history []float32, control des.Time) *Seasonal {
	sectors := len(history) / 24
	return &Seasonal{history: history, control: control, rate: make([]float32, sectors), usual: make([]float32, sectors)}
}

// Begin implements Forecaster.
func (f *Seasonal) Begin(now des.Time) {
	f.now = now
	clear(f.rate)
	clear(f.usual)
}

// Observe implements Forecaster.
func (f *Seasonal) Observe(now des.Time, offered []float32) {
	f.now = now
	at := f.at(now - f.control/2)
	for s, x := range offered {
		f.rate[s] = seasonalKeep*f.rate[s] + x
		f.usual[s] = seasonalKeep*f.usual[s] + at.rate(s)
	}
}

// ForecastTo implements Forecaster.
func (f *Seasonal) ForecastTo(dst []float32, ahead int) {
	at := f.at(f.now + des.Time(2*ahead-1)*f.control/2)
	for s := range dst {
		dst[s] = at.rate(s)
		if f.usual[s] > 0 {
			dst[s] *= min(max(f.rate[s]/f.usual[s], 1.0/seasonalRange), seasonalRange)
		}
	}
}

// between is a moment between the middles of two hours, of which the history
// has the means.
type between struct {
	before, after []float32 // [sectors]
	weight        float32   // of the latter
}

func (f *Seasonal) at(t des.Time) between { return usualAt(f.history, len(f.rate), t) }

// UsualTo writes the sectors' usual rates at a time to dst [sectors], bit/s, from a
// history [24*sectors] as func History returns it.
func UsualTo(dst, history []float32, at des.Time) {
	b := usualAt(history, len(dst), at)
	for s := range dst {
		dst[s] = b.rate(s)
	}
}

func usualAt(history []float32, sectors int, t des.Time) between {
	ofDay := ((t-des.Hour/2)%des.Day + des.Day) % des.Day
	hour := int(ofDay / des.Hour)
	next := (hour + 1) % 24
	return between{
		before: history[hour*sectors : (hour+1)*sectors], after: history[next*sectors : (next+1)*sectors],
		weight: float32(ofDay%des.Hour) / float32(des.Hour),
	}
}

func (b between) rate(s int) float32 { return b.before[s] + b.weight*(b.after[s]-b.before[s]) }

// horizons are how many intervals ahead the observation has forecasts of, in the
// order of its columns from colForecast1 on.
var horizons = [3]int{1, 2, 4}

// foretell tells the forecaster of the last interval and writes the forecasts
// that are observed.
func (e *Env) foretell() {
	if !e.needs.forecast {
		return
	}
	e.forecaster.Observe(e.view.Now, e.offered)
	for i, rate := range e.forecast {
		if rate != nil {
			e.forecaster.ForecastTo(rate, horizons[i])
		}
	}
}

// forecastLoad returns how the i-th column of forecasts finds its raw value.
func forecastLoad(i int) func(*Env, int) float64 {
	return func(e *Env, s int) float64 {
		return float64(e.forecast[i][s]) / float64(e.plan.capacity[s])
	}
}
