package traffic

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"hibernet/sim/des"
	"hibernet/sim/rng"
	"hibernet/traffic/trace"
)

// Overlay says how a trace came to lie over the sectors. Nothing of the
// trace's traffic is lost: what lies in places without a sector is moved to
// the nearest sector.
type Overlay struct {
	Places        int     // places of the trace
	SilentPlaces  int     // places without any traffic
	MovedPlaces   int     // places with traffic and without a sector
	MovedShare    float64 // their share of the traffic
	SilentSectors int     // sectors that are never offered anything
	Outside       int     // sectors in no place, given to the nearest one
	UnusedSteps   int     // steps after the last whole week (or day), not played
}

// overlay is a trace laid over sectors.
type overlay struct {
	series *trace.Series
	report Overlay
	volume []float64 // [places] mean over the steps played, in the series' unit
	place  []int32   // [sectors] the place a sector lies in
	// Entries of sector i are off[i] to off[i+1]: its share of its own place,
	// then whole places moved to it.
	off    []int32
	source []int32
	weight []float64
	bps    float64  // factor from the series' unit to bit/s
	step   des.Time // length of a step
	offset des.Time // time in the trace at the start of simulated time
	cycle  int64    // steps after which the trace begins again
}

// newOverlay lays the series over the places.
func newOverlay(spec TraceSpec, series *trace.Series, p Places, key rng.Key) (*overlay, error) {
	if err := series.Validate(); err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	finder, err := newPlaceFinder(spec, series)
	if err != nil {
		return nil, err
	}
	o := &overlay{series: series, place: make([]int32, len(p.X))}
	if err := o.setClock(); err != nil {
		return nil, err
	}
	if err := o.setVolumes(); err != nil {
		return nil, err
	}
	members := make([][]int32, series.Places())
	for i := range p.X {
		at, inside := finder.find(p.X[i], p.Y[i])
		if !inside {
			o.report.Outside++
		}
		o.place[i] = int32(at)
		members[at] = append(members[at], int32(i))
	}
	if err := o.share(spec, members, finder, p, key); err != nil {
		return nil, err
	}
	return o, o.setUnit(spec)
}

// setClock aligns the trace with the week and finds after how many steps it
// repeats: whole weeks if it has them, else whole days.
func (o *overlay) setClock() error {
	s := o.series
	const dayS, weekS = 86400, 7 * 86400
	span := s.Steps * s.StepS
	period := weekS
	if span < weekS {
		period = dayS
	}
	if span < dayS || dayS%s.StepS != 0 {
		return fmt.Errorf("trace: %d steps of %d s: the trace must cover at least a day, in steps that divide a day", s.Steps, s.StepS)
	}
	cycleS := span / period * period
	o.step = des.Time(s.StepS) * des.Second
	o.cycle = int64(cycleS / s.StepS)
	o.offset = des.Time(floorMod(int64(-s.StartS), int64(period))) * des.Second
	o.report.UnusedSteps = s.Steps - int(o.cycle)
	return nil
}

// setVolumes sets each place's mean over the steps that are played.
func (o *overlay) setVolumes() error {
	o.report.Places = o.series.Places()
	o.volume = make([]float64, o.series.Places())
	for p := range o.volume {
		for t, x := range o.series.Row(p)[:o.cycle] {
			if x < 0 {
				return fmt.Errorf("trace: place %q, step %d: value %g; demand must not be negative", o.series.ID[p], t, x)
			}
			o.volume[p] += float64(x) / float64(o.cycle)
		}
		if o.volume[p] == 0 {
			o.report.SilentPlaces++
		}
	}
	return nil
}

// share splits places over their sectors and moves the rest.
func (o *overlay) share(spec TraceSpec, members [][]int32, finder *placeFinder, p Places, key rng.Key) error {
	weight := make([]float64, len(p.X))
	moved := make([][]int32, len(p.X))
	total, movedVolume := 0.0, 0.0
	sectors := newNearest(p.X, p.Y)
	for at, m := range members {
		total += o.volume[at]
		if len(m) == 0 && o.volume[at] > 0 {
			x, y := finder.centre(at)
			i := sectors.find(x, y)
			moved[i] = append(moved[i], int32(at))
			movedVolume += o.volume[at]
			o.report.MovedPlaces++
		}
		gammaWeights(weight, m, spec.WithinShape, key)
	}
	if !(total > 0) {
		return fmt.Errorf("trace: no place carries traffic")
	}
	o.report.MovedShare = movedVolume / total
	o.off = make([]int32, 1, len(p.X)+1)
	for i := range p.X {
		if at := o.place[i]; o.volume[at] > 0 {
			o.source, o.weight = append(o.source, at), append(o.weight, weight[i])
		}
		for _, at := range moved[i] {
			o.source, o.weight = append(o.source, at), append(o.weight, 1)
		}
		o.off = append(o.off, int32(len(o.source)))
		if o.off[i] == o.off[i+1] {
			o.report.SilentSectors++
		}
	}
	return nil
}

// gammaWeights splits one among the members of a place.
func gammaWeights(weight []float64, members []int32, shape float64, key rng.Key) {
	sum := 0.0
	for _, i := range members {
		weight[i] = distuv.Gamma{Alpha: shape, Beta: 1, Src: key.At(uint64(i)).Stream()}.Rand()
		sum += weight[i]
	}
	for _, i := range members {
		if sum > 0 {
			weight[i] /= sum
		} else {
			// Very small shapes can round every weight to zero.
			weight[i] = 1 / float64(len(members))
		}
	}
}

// setUnit finds the factor to bit/s.
func (o *overlay) setUnit(spec TraceSpec) error {
	if spec.MeanMbps > 0 {
		total := 0.0
		for _, v := range o.volume {
			total += v
		}
		sectors := len(o.place) - o.report.SilentSectors
		o.bps = spec.MeanMbps * 1e6 * float64(sectors) / total
		return nil
	}
	switch o.series.Unit {
	case trace.UnitBitPerS:
		o.bps = 1
	case trace.UnitBit:
		o.bps = 1 / float64(o.series.StepS)
	default:
		return fmt.Errorf("trace.mean_mbps: must exceed 0 for a series in %q, which has no rate", o.series.Unit)
	}
	return nil
}

// placeTo writes every place's value in a slot, in bit/s.
func (o *overlay) placeTo(dst []float64, slot int64) {
	t := int(floorMod(slot, o.cycle))
	for p := range dst {
		dst[p] = float64(o.series.Values[p*o.series.Steps+t]) * o.bps
	}
}

// spreadTo turns values of places into values of sectors.
func (o *overlay) spreadTo(dst []float32, places []float64) {
	for i := range dst {
		v := 0.0
		for e := o.off[i]; e < o.off[i+1]; e++ {
			v += o.weight[e] * places[o.source[e]]
		}
		dst[i] = float32(v)
	}
}

// classify gives each sector the class whose weekly profile is nearest, in
// mean square, to that of its place. A trace shorter than a week is laid over
// every day alike.
func (o *overlay) classify(prof *profiles) []Class {
	byPlace := make([]Class, o.series.Places())
	for p := range byPlace {
		byPlace[p] = nearestClass(o.weekOf(p), prof)
	}
	class := make([]Class, len(o.place))
	for i, p := range o.place {
		class[i] = byPlace[p]
	}
	return class
}

// weekOf returns a place's mean profile by hour of simulated week, of mean 1,
// or zeros for a silent place.
func (o *overlay) weekOf(place int) (week [hoursPerWeek]float64) {
	row := o.series.Row(place)[:o.cycle]
	var count [hoursPerWeek]float64
	first := int64(o.offset / o.step)
	perWeek := int64(hoursPerWeek * des.Hour / o.step)
	// A trace of days is repeated until the week is full.
	for t := range max(o.cycle, perWeek) {
		h := floorMod(int64(des.Time(t)*o.step/des.Hour), hoursPerWeek)
		week[h] += float64(row[floorMod(first+t, o.cycle)])
		count[h]++
	}
	// Steps longer than an hour leave hours without a value: take the last.
	for h := range week {
		if count[h] > 0 {
			week[h] /= count[h]
		} else if h > 0 {
			week[h] = week[h-1]
		}
	}
	sum := 0.0
	for _, v := range week {
		sum += v
	}
	if sum > 0 {
		for h := range week {
			week[h] *= hoursPerWeek / sum
		}
	}
	return week
}

// nearestClass returns the class with the least squared distance.
func nearestClass(week [hoursPerWeek]float64, prof *profiles) Class {
	best, least := Class(0), math.Inf(1)
	for c := range prof.week {
		d := 0.0
		for h, v := range prof.week[c] {
			d += (week[h] - v) * (week[h] - v)
		}
		if d < least {
			best, least = Class(c), d
		}
	}
	return best
}

// Occupied tells which positions lie in places of the series that carry
// traffic, laid over the area as spec says. A position outside a grid is not
// occupied; without a grid the nearest place decides.
func Occupied(series *trace.Series, spec TraceSpec) (func(x, y float64) bool, error) {
	if err := series.Validate(); err != nil {
		return nil, fmt.Errorf("traffic: trace: %w", err)
	}
	finder, err := newPlaceFinder(spec, series)
	if err != nil {
		return nil, fmt.Errorf("traffic: %w", err)
	}
	o := &overlay{series: series}
	if err := o.setClock(); err != nil {
		return nil, fmt.Errorf("traffic: %w", err)
	}
	if err := o.setVolumes(); err != nil {
		return nil, fmt.Errorf("traffic: %w", err)
	}
	return func(x, y float64) bool {
		at, inside := finder.find(x, y)
		return inside && o.volume[at] > 0
	}, nil
}
