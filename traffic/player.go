package traffic

import (
	"math"

	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// player turns a plan and a noise key into demand over time, for the sectors
// [lo, hi). All its fields
// but the plan are caches: they hold what was computed for the present slot,
// hour and day, each a pure function of its number.
type player struct {
	*plan
	lo, hi int
	noise  *hourNoise
	shared *float32 // noise of the city in every hour; nil for its own
	within *withinHour

	slotNow   int64
	slotReady bool
	values    [3]slotValues // of the slot before, this one and the next
	// With a trace: demand at the start, middle and end of the present slot [sectors].
	start, middle, end []float32
	places             [3][]float64 // knots by place of the trace

	hourNow   int64
	hourReady bool
	hourly    []float32 // [sectors] noise of the present hour, for a trace; else nil
}

// slotValues is the mean demand of a slot in every sector.
type slotValues struct {
	slot  int64
	ready bool
	bps   []float32
}

func newPlayer(g *plan, key rng.Key, lo, hi int) *player {
	n := hi - lo
	p := &player{plan: g, lo: lo, hi: hi}
	noisy := g.spec.Noise.CV > 0 && (g.overlay == nil || g.spec.Trace.HourlyNoise)
	if noisy {
		p.noise = newHourNoise(g.spec.Noise, key.Named("hourly"), span{lo, hi, len(g.mean)})
	}
	if w := g.spec.WithinHour; w.Enabled && w.CV > 0 {
		p.within = newWithinHour(w, key.Named("within"), span{lo, hi, -1})
	}
	if g.overlay == nil {
		for i := range p.values {
			p.values[i].bps = make([]float32, n)
		}
		return p
	}
	p.start, p.middle, p.end = make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range p.places {
		p.places[i] = make([]float64, g.overlay.series.Places())
	}
	if noisy {
		p.hourly = make([]float32, n)
	}
	return p
}

// demandTo writes the demand of the player's sectors at a time, dst [hi-lo],
// before surges, times scale.
func (p *player) demandTo(dst []float32, at des.Time, scale float64) {
	since := at + p.offset
	slot := floorDiv(int64(since), int64(p.slot))
	fraction := float64(since-des.Time(slot)*p.slot) / float64(p.slot)
	if p.overlay != nil {
		p.loadTraceSlot(slot)
		p.traceTo(dst, fraction, scale)
	} else {
		p.syntheticTo(dst, slot, fraction, scale)
	}
	hour := floorDiv(int64(at), int64(des.Hour))
	p.loadHour(hour)
	if p.within != nil {
		step := int(int64(at-des.Time(hour)*des.Hour) * int64(p.within.perHour) / int64(des.Hour))
		multiply(dst, p.within.row(step))
	}
	if p.hourly != nil {
		multiply(dst, p.hourly)
	}
	day := floorDiv(hour, hoursPerDay)
	if h := p.holiday(day); h != nil {
		factors := h.factors()
		for i, c := range p.class[p.lo:p.hi] {
			dst[i] *= float32(factors[c])
		}
	}
}

// multiply multiplies dst by f, element by element.
func multiply(dst, f []float32) {
	for i, v := range f[:len(dst)] {
		dst[i] *= v
	}
}

// part returns between which of a slot's knots a fraction of it lies, and the
// weights of the two there.
func part(fraction, scale float64) (second bool, a, b float32) {
	w := 2 * fraction
	if second = fraction >= 0.5; second {
		w--
	}
	return second, float32(scale * (1 - w)), float32(scale * w)
}

// traceTo writes the demand at a fraction of the slot of a trace that is loaded.
func (p *player) traceTo(dst []float32, fraction, scale float64) {
	second, a, b := part(fraction, scale)
	from, to := p.start, p.middle
	if second {
		from, to = p.middle, p.end
	}
	for i := range dst {
		dst[i] = a*from[i] + b*to[i]
	}
}

// syntheticTo writes the demand at a fraction of an hour. The knots are found
// anew each time: keeping them would take as much memory as the values.
func (p *player) syntheticTo(dst []float32, hour int64, fraction, scale float64) {
	second, a, b := part(fraction, scale)
	now := p.hourValues(hour)
	if p.spec.Interpolation == "step" {
		for i, v := range now[:len(dst)] {
			dst[i] = a*v + b*v
		}
		return
	}
	before, after := p.hourValues(hour - 1)[:len(dst)], p.hourValues(hour + 1)[:len(dst)]
	for i, v := range now[:len(dst)] {
		start, middle, end := knots(float64(before[i]), float64(v), float64(after[i]))
		if second {
			start, middle = middle, end
		}
		dst[i] = a*float32(start) + b*float32(middle)
	}
}

// holiday returns the holiday a day belongs to, or nil.
func (g *plan) holiday(day int64) *Holiday {
	for i := range g.spec.Holidays {
		h := &g.spec.Holidays[i]
		if d := day - int64(h.FirstDay); d >= 0 && d < int64(h.Days) {
			return h
		}
	}
	return nil
}

// loadHour makes the noise of an hour available.
func (p *player) loadHour(hour int64) {
	if p.hourReady && p.hourNow == hour {
		return
	}
	if p.within != nil {
		p.within.load(hour)
	}
	if p.hourly != nil {
		for i := range p.hourly {
			p.hourly[i] = 1
		}
		p.addNoise(p.hourly, hour)
	}
	p.hourNow, p.hourReady = hour, true
}

// addNoise multiplies values by the hourly noise, log-normal of mean 1.
func (p *player) addNoise(values []float32, hour int64) {
	if p.noise == nil {
		return
	}
	var z [noiseBlock]float32
	p.noise.zTo(z[:1], len(values), hour)
	common := z[0]
	if p.shared != nil {
		common = *p.shared
	}
	own := float32(math.Sqrt(1 - p.spec.Noise.CommonShare))
	city := float32(math.Sqrt(p.spec.Noise.CommonShare)) * common
	course := p.noiseDay[floorMod(hour, hoursPerDay)]
	for from := 0; from < len(values); from += noiseBlock {
		block := values[from:min(from+noiseBlock, len(values))]
		p.noise.zTo(z[:len(block)], from, hour)
		for i := range block {
			cv := float64(p.noiseCV[p.lo+from+i]) * course
			variance := math.Min(math.Log1p(cv*cv), maxLogSigma*maxLogSigma)
			block[i] *= float32(math.Exp(math.Sqrt(variance)*float64(own*z[i]+city) - variance/2))
		}
	}
}

// loadTraceSlot makes the knots of a slot of a trace available. It computes them by place and deals them out to the sectors, so
// that the sum over a place's sectors is the place's demand at every moment.
func (p *player) loadTraceSlot(slot int64) {
	if p.slotReady && p.slotNow == slot {
		return
	}
	p.slotNow, p.slotReady = slot, true
	before, now, after := p.places[0], p.places[1], p.places[2]
	p.overlay.placeTo(now, slot)
	if p.spec.Interpolation == "step" {
		p.overlay.spreadTo(p.middle, now)
		copy(p.start, p.middle)
		copy(p.end, p.middle)
		return
	}
	p.overlay.placeTo(before, slot-1)
	p.overlay.placeTo(after, slot+1)
	for i := range now {
		before[i], now[i], after[i] = knots(before[i], now[i], after[i])
	}
	p.overlay.spreadTo(p.start, before)
	p.overlay.spreadTo(p.middle, now)
	p.overlay.spreadTo(p.end, after)
}

// knots returns the values at the start, middle and end of a slot of the
// piecewise linear course that is continuous, never negative, and has the mean
// value of every slot. Neighbouring slots agree on their common end: the
// geometric mean of their values, but not above twice the smaller one, which
// is what leaves the middle not negative.
func knots(before, now, after float64) (start, middle, end float64) {
	start, end = meeting(before, now), meeting(now, after)
	return start, 2*now - (start+end)/2, end
}

// meeting returns the value where two slots meet.
func meeting(a, b float64) float64 {
	return min(math.Sqrt(a*b), 2*a, 2*b)
}

// hourValues returns the mean demand of an hour in every sector. Three hours
// are kept, so that moving on by one computes one.
func (p *player) hourValues(hour int64) []float32 {
	v := &p.values[floorMod(hour, int64(len(p.values)))]
	if v.ready && v.slot == hour {
		return v.bps
	}
	day, hourOfDay := floorDiv(hour, hoursPerDay), floorMod(hour, hoursPerDay)
	weekday := floorMod(day, daysPerWeek)
	if h := p.holiday(day); h != nil {
		switch h.Profile {
		case "saturday":
			weekday = 5
		case "sunday":
			weekday = 6
		}
	}
	hourOfWeek := weekday*hoursPerDay + hourOfDay
	var level [NumClasses]float64
	for c := range level {
		level[c] = p.prof.week[c][hourOfWeek]
	}
	mean, spread := p.mean[p.lo:p.hi], p.lasting.spread[hourOfDay][p.lo:p.hi]
	for i, c := range p.class[p.lo:p.hi] {
		v.bps[i] = float32(mean[i]*level[c]) * unpackFactor(spread[i])
	}
	p.addNoise(v.bps, hour)
	v.slot, v.ready = hour, true
	return v.bps
}
