package traffic

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// event is a surge with the sectors it touches.
type event struct {
	start, ramp, plateau des.Time
	factor               float64
	sectors              []int32
}

// end returns the moment the event is over.
func (e *event) end() des.Time { return e.start + 2*e.ramp + e.plateau }

// gain returns the factor at a time: 1 outside, a linear rise, a plateau, a
// linear fall.
func (e *event) gain(at des.Time) float64 {
	if at < e.start || at >= e.end() {
		return 1
	}
	level := 1.0
	if up := at - e.start; up < e.ramp {
		level = float64(up) / float64(e.ramp)
	} else if down := e.end() - at; down < e.ramp {
		level = float64(down) / float64(e.ramp)
	}
	return 1 + (e.factor-1)*level
}

// applyTo multiplies the demand of the event's sectors.
func (e *event) applyTo(dst []float32, at des.Time) {
	g := float32(e.gain(at))
	if g == 1 {
		return
	}
	for _, i := range e.sectors {
		dst[i] *= g
	}
}

// fixedEvents places the scheduled surges.
func fixedEvents(specs []SurgeSpec, p Places) []event {
	events := make([]event, len(specs))
	for i, s := range specs {
		events[i] = event{
			start: des.FromSeconds(s.StartH * 3600), ramp: des.FromSeconds(s.RampMin * 60),
			plateau: des.FromSeconds(s.PlateauMin * 60), factor: s.Factor,
			sectors: appendWithin(nil, p, s.XM, s.YM, s.RadiusM),
		}
	}
	return events
}

// appendWithin appends the places inside a circle.
func appendWithin(dst []int32, p Places, x, y, radius float64) []int32 {
	for i := range p.X {
		if dx, dy := p.X[i]-x, p.Y[i]-y; dx*dx+dy*dy <= radius*radius {
			dst = append(dst, int32(i))
		}
	}
	return dst
}

// randomEvents draws the events of a day when it is first asked about them:
// those of the day and of the day before, which may last into it.
type randomEvents struct {
	spec   RandomSpec
	places Places
	key    rng.Key
	day    int64
	ready  bool
	events []event
	arena  []int32 // backing store of the events' sectors
}

// load makes the events that may touch a day available.
func (r *randomEvents) load(day int64) {
	if r.ready && r.day == day {
		return
	}
	r.events, r.arena = r.events[:0], r.arena[:0]
	r.draw(day - 1)
	r.draw(day)
	r.day, r.ready = day, true
}

// draw appends the events that begin on a day. Venues are where people are:
// each event is centred on a random sector.
func (r *randomEvents) draw(day int64) {
	key := r.key.At(uint64(day))
	count := int(distuv.Poisson{Lambda: r.spec.PerDay, Src: key.Named("count").Stream()}.Rand())
	for j := range count {
		k := key.At(uint64(j))
		span := func(lo, hi float64, word uint64) float64 { return lo + (hi-lo)*k.Float64(word) }
		hour := span(r.spec.FromHour, r.spec.ToHour, 0)
		plateau := span(r.spec.PlateauMinMin, r.spec.PlateauMaxMin, 1)
		// Factors are ratios: spread evenly on the logarithm.
		factor := math.Exp(span(math.Log(r.spec.FactorMin), math.Log(r.spec.FactorMax), 2))
		centre := min(int(k.Float64(3)*float64(len(r.places.X))), len(r.places.X)-1)
		first := len(r.arena)
		r.arena = appendWithin(r.arena, r.places, r.places.X[centre], r.places.Y[centre], r.spec.RadiusM)
		r.events = append(r.events, event{
			start: des.Time(day)*des.Day + des.FromSeconds(hour*3600),
			ramp:  des.FromSeconds(r.spec.RampMin * 60), plateau: des.FromSeconds(plateau * 60),
			factor: factor, sectors: r.arena[first:len(r.arena):len(r.arena)],
		})
	}
}
