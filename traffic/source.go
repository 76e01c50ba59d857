package traffic

import (
	"errors"
	"fmt"
	"math"

	"hibernet/sim/des"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
	"hibernet/traffic/trace"
)

// AreaNames are the area classes in the order of their indices.
var AreaNames = trace.AreaNames

// Places says where the sectors are, one entry a sector.
type Places struct {
	// X and Y are positions in metres.
	X, Y []float64
	// Area is an index into AreaNames.
	Area []uint8
	// Keep has a source without random surges remember the places, which
	// Surging needs; others let go of them.
	Keep bool
}

// validate reports the first fault.
func (p Places) validate() error {
	n := len(p.X)
	if n == 0 {
		return errors.New("places: there are no sectors")
	}
	if len(p.Y) != n || len(p.Area) != n {
		return fmt.Errorf("places: %d x, %d y and %d area values; must be equally many", n, len(p.Y), len(p.Area))
	}
	for i := range p.X {
		if !finite(p.X[i]) || !finite(p.Y[i]) {
			return fmt.Errorf("places: sector %d: position (%g, %g) must be finite", i, p.X[i], p.Y[i])
		}
		if int(p.Area[i]) >= len(AreaNames) {
			return fmt.Errorf("places: sector %d: area %d; allowed 0 to %d", i, p.Area[i], len(AreaNames)-1)
		}
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Source offers demand to sectors. It serves one goroutine at a time; Clone
// makes another for another goroutine at the cost of its caches only.
type Source struct {
	*plan
	noiseKey rng.Key
	scale    float64
	parts    []*player // each for a range of sectors; made at the first call of DemandTo
	random   *randomEvents
	pool     *shard.Pool

	// Of the present call of DemandTo.
	dst    []float32
	at     des.Time
	factor float64
	play   func(part int)
}

// partSize is how many sectors are played as one: their caches fit into a
// processor's.
const partSize = 8 * shard.Size

// begin readies a source that has a plan.
func (s *Source) begin(workers int) *Source {
	s.surge(s.spec.RandomSurges.PerDay)
	s.pool = shard.New(workers)
	s.play = func(part int) {
		p := s.parts[part]
		p.demandTo(s.dst[p.lo:p.hi], s.at, s.factor)
	}
	return s
}

// makeParts gives a source its caches, which one that is only cloned never
// needs.
func (s *Source) makeParts() {
	n := len(s.mean)
	size := partSize
	if s.overlay != nil {
		size = n // a place's traffic is dealt out to all of its sectors at once
	}
	for lo := 0; lo < n; lo += size {
		s.parts = append(s.parts, newPlayer(s.plan, s.noiseKey, lo, min(lo+size, n)))
	}
}

// SetWorkers has the demand of many sectors reckoned by so many goroutines. It
// does not change the demand.
func (s *Source) SetWorkers(workers int) { s.pool = shard.New(workers) }

// plan is what a Source and its clones share; it never changes.
type plan struct {
	spec     Spec
	places   Places // none without random surges
	prof     *profiles
	mean     []float64 // [sectors] long-run mean, bit/s
	class    []Class   // [sectors]
	lasting  *lasting  // nil for a trace
	overlay  *overlay  // nil for a synthetic city
	noiseCV  []float32 // [sectors] CV of the hourly noise at the mean hour
	noiseDay [hoursPerDay]float64
	fixed    []event
	slot     des.Time // length of a slot
	offset   des.Time // slots begin this long before the start of time
}

// New draws a Source. series is the trace, nil for a synthetic one. Equal
// arguments give equal demand, bit for bit. Places are not copied and must not
// change afterwards.
func New(spec Spec, p Places, series *trace.Series, key rng.Key) (*Source, error) {
	return NewOn(1, spec, p, series, key)
}

// NewOn is New on so many goroutines, which the Source keeps: see SetWorkers.
// They do not change the demand.
func NewOn(workers int, spec Spec, p Places, series *trace.Series, key rng.Key) (*Source, error) {
	if faults := spec.Validate(); len(faults) > 0 {
		return nil, fmt.Errorf("traffic: %w", errors.Join(faults...))
	}
	if err := p.validate(); err != nil {
		return nil, fmt.Errorf("traffic: %w", err)
	}
	switch {
	case spec.Source == "trace" && series == nil:
		return nil, errors.New(`traffic: source: is "trace", but no series was given`)
	case spec.Source == "synthetic" && series != nil:
		return nil, errors.New(`traffic: source: is "synthetic", but a series was given`)
	}
	prof, err := measuredProfiles()
	if err != nil {
		return nil, fmt.Errorf("traffic: %w", err)
	}
	prof = prof.with(spec.Profiles)
	g := &plan{spec: spec, places: p, prof: prof, fixed: fixedEvents(spec.Surges, p), slot: des.Hour}
	if series == nil {
		g.lasting = drawLasting(spec, p, prof, key.Named("lasting"), shard.New(workers))
		g.mean, g.class = g.lasting.mean, g.lasting.class
	} else if err := g.layTrace(series, key.Named("overlay")); err != nil {
		return nil, fmt.Errorf("traffic: %w", err)
	}
	g.setNoise()
	if spec.RandomSurges.PerDay == 0 && !p.Keep {
		g.places = Places{} // nobody asks for them again
	}
	s := &Source{plan: g, noiseKey: key.Named("noise"), scale: 1}
	return s.begin(workers), nil
}

// layTrace fills the plan from a trace.
func (g *plan) layTrace(series *trace.Series, key rng.Key) error {
	o, err := newOverlay(g.spec.Trace, series, g.places, key)
	if err != nil {
		return err
	}
	g.overlay, g.slot, g.offset = o, o.step, o.offset
	g.mean = make([]float64, len(g.places.X))
	for i := range g.mean {
		for e := o.off[i]; e < o.off[i+1]; e++ {
			g.mean[i] += o.weight[e] * o.volume[o.source[e]] * o.bps
		}
	}
	g.class = o.classify(g.prof)
	return nil
}

// maxLogSigma bounds the standard deviation of the logarithm of the hourly
// noise: the noisiest small LTE cells observed for a year and more read 1.06
// and 1.08.
const maxLogSigma = 1.1

// setNoise sets each sector's variation and its course over the day.
func (g *plan) setNoise() {
	spec := g.spec.Noise
	var busy []float64
	for _, m := range g.mean {
		if m > 0 {
			busy = append(busy, m)
		}
	}
	mid := median(busy)
	g.noiseCV = make([]float32, len(g.mean))
	for i, m := range g.mean {
		if m > 0 {
			g.noiseCV[i] = float32(spec.CV * math.Pow(m/mid, spec.MeanExponent))
		}
	}
	for h, v := range g.prof.noiseByHour {
		g.noiseDay[h] = math.Pow(v, spec.HourExponent)
	}
}

// Len returns the number of sectors.
func (s *Source) Len() int { return len(s.mean) }

// Class returns a sector's weekly profile class: drawn, or for a trace the
// class nearest to the profile of the sector's place.
func (s *Source) Class(sector int) Class { return s.class[sector] }

// Overlay says how the trace came to lie over the sectors; the zero value for
// a synthetic source.
func (s *Source) Overlay() Overlay {
	if s.overlay == nil {
		return Overlay{}
	}
	return s.overlay.report
}

// Place returns the place of the trace a sector lies in, -1 for a synthetic
// source.
func (s *Source) Place(sector int) int {
	if s.overlay == nil {
		return -1
	}
	return int(s.overlay.place[sector])
}

// MeanBps writes each sector's long-run mean in bit/s to dst [sectors]:
// without growth, surges and holidays.
func (s *Source) MeanBps(dst []float32) {
	if len(dst) != len(s.mean) {
		panic("traffic: MeanBps: dst has the wrong length")
	}
	for i, m := range s.mean {
		dst[i] = float32(m * s.scale)
	}
}

// Scaled returns a Source of k times the demand, with caches of its own. It
// panics unless k is finite and not negative.
func (s *Source) Scaled(k float64) *Source {
	if !(k >= 0) || math.IsInf(k, 0) {
		panic("traffic: Scaled: the factor must be finite and not negative")
	}
	c := s.Clone()
	c.scale *= k
	return c
}

// Reseeded returns a Source with the same means, classes, deviations and
// shares, and another realisation of the noise and of the random surges.
// Reseeded with the key given to New, it is the same Source again.
func (s *Source) Reseeded(key rng.Key) *Source {
	c := (&Source{plan: s.plan, noiseKey: key.Named("noise"), scale: s.scale}).begin(s.pool.Workers())
	c.surge(s.surgesPerDay())
	return c
}

// Surging returns the same Source with random surges of another mean number a
// day, of the sizes and lengths that its settings say. It panics unless the
// number is finite and not negative, and where there is nothing to draw surges
// around: see Places.Keep.
func (s *Source) Surging(perDay float64) *Source {
	if !(perDay >= 0) || math.IsInf(perDay, 0) {
		panic("traffic: Surging: the number must be finite and not negative")
	}
	if perDay > 0 && len(s.places.X) == 0 {
		panic("traffic: Surging: the source has let go of its places")
	}
	c := s.Clone()
	c.surge(perDay)
	return c
}

// surge sets the mean number of random surges a day.
func (s *Source) surge(perDay float64) {
	s.random = nil
	if spec := s.spec.RandomSurges; perDay > 0 {
		spec.PerDay = perDay
		s.random = &randomEvents{spec: spec, places: s.places, key: s.noiseKey.Named("surges")}
	}
}

// Clone returns the same Source with caches of its own, for another goroutine.
func (s *Source) Clone() *Source {
	c := (&Source{plan: s.plan, noiseKey: s.noiseKey, scale: s.scale}).begin(s.pool.Workers())
	c.surge(s.surgesPerDay())
	return c
}

// surgesPerDay returns the mean number of random surges a day.
func (s *Source) surgesPerDay() float64 {
	if s.random == nil {
		return 0
	}
	return s.random.spec.PerDay
}

// DemandTo writes the bit/s each sector is offered at a time to dst [sectors].
// It depends on nothing but the Source and the time. It panics if dst has the
// wrong length.
//
// It is the demand of the moment. Held over epochs that divide half an hour it
// keeps the week's volume (the course is linear between half hours); epochs
// longer than within_hour.step_min see only some of the steps.
func (s *Source) DemandTo(dst []float32, at des.Time) {
	if len(dst) != len(s.mean) {
		panic("traffic: DemandTo: dst has the wrong length")
	}
	if s.parts == nil {
		s.makeParts()
	}
	years := at.Hours() / (365 * hoursPerDay)
	growth := math.Exp(math.Log1p(s.spec.GrowthPerYear) * years)
	s.dst, s.at, s.factor = dst, at, s.scale*growth
	s.pool.Each(len(s.parts), s.play)
	s.dst = nil // it is the caller's
	if s.random != nil {
		s.random.load(floorDiv(int64(at), int64(des.Day)))
		for i := range s.random.events {
			s.random.events[i].applyTo(dst, at)
		}
	}
	for i := range s.fixed {
		s.fixed[i].applyTo(dst, at)
	}
}
