package power

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
)

// Mean returns the mean power in units at load 0 and its slope with the load
// rho, of a cell that keeps a timetable and packs its traffic in time, awake
// wherever data may be served: the share rho of the downlink symbols there
// carries the whole bandwidth and the same share of the uplink symbols is
// received, all other symbols are micro sleep, but for the signals, of which
// the share rho falls into busy symbols. What cell DTX leaves silent between
// signals is spent in the cheapest sleep down to Deepest whose transitions
// fit. sa and sp are the shares of chains and of transmit power. An error says
// that the timetable does not repeat within an hour.
func (m *TR38864) Mean(t Timetable, sa, sp float64) (base, slope float64, err error) {
	hyper, err := t.hyperperiod()
	if err != nil {
		return 0, 0, err
	}
	ms := float64(hyper) * nanosecond
	energy, covered := 0.0, 0.0 // of signals above the floor; of those, what data cover
	awake := t.active(hyper)
	for i := range t.Signals {
		s := &t.Signals[i]
		above := t.Frame.SymbolMs * (m.ActiveDL(sa, s.RBShare, sp) - m.Micro)
		windows := s.windows(hyper)
		energy += above * s.Symbols * float64(len(windows))
		covered += above * t.covered(s, windows)
		awake = append(awake, windows...)
	}
	silent := 0.0
	if t.CycleMs > 0 {
		for _, gap := range gaps(awake, hyper) {
			_, e := m.Cheapest(gap, t.Deepest)
			energy += e
			silent += gap
		}
	}
	dl, ul := t.served(hyper)
	busy := t.Frame.SymbolMs * (dl*(m.ActiveDL(sa, 1, sp)-m.Micro) + ul*(m.ActiveUL(sa)-m.Micro))
	return (energy + m.Micro*(ms-silent)) / ms, (busy - covered) / ms, nil
}

// Slept returns the mean power in units at load rho of a cell without cell DTX
// that falls, whenever no file is queued, into the cheapest sleep for the gap
// up to its next signal, down to Deepest; a file that arrives meanwhile ends
// the sleep after the second half of the transition time, and never before
// both halves are over. Unlike with micro sleep only, it matters how many files
// make up the load: filesPerMs arrive a ms, by a Poisson process.
//
// It follows from rates: a file that finds the cell awake and empty begins a
// busy period, as does the first in a sleep; each busy period ends in a silence,
// and so does a window with probability 1 - rho; both are taken as spread over
// time without regard to the signals, and so is the work. That is exact for an
// empty cell and for one without signals; else an approximation, within 2 % for
// light sleep, and too low for deep sleep at low load (see validation). Loads at
// which the sleeps cost more than they save are no fault of the formula: a cell
// should then sleep so no more.
func (m *TR38864) Slept(t Timetable, sa, sp, rho, filesPerMs float64) (float64, error) {
	t.CycleMs = 0
	hyper, err := t.hyperperiod()
	if err != nil {
		return 0, err
	}
	ms := float64(hyper) * nanosecond
	var windows []span
	signals := 0.0
	for i := range t.Signals {
		s := &t.Signals[i]
		w := s.windows(hyper)
		windows = append(windows, w...)
		signals += t.Frame.SymbolMs * (m.ActiveDL(sa, s.RBShare, sp) - m.Micro) * s.Symbols * float64(len(w)) / ms
	}
	// Sums over the silences of a ms that begin with a window's end, and over
	// those that end a busy period, for one such period a ms.
	var first, later silence
	for _, gap := range gaps(windows, hyper) {
		first.add(m.silence(gap, t.Deepest, filesPerMs), 1/ms)
		later.add(m.silences(gap, t.Deepest, filesPerMs), 1/ms)
	}
	if len(windows) == 0 {
		later = m.silence(math.Inf(1), t.Deepest, filesPerMs)
		if filesPerMs == 0 {
			p, _, _ := m.sleep(t.Deepest)
			return p, nil
		}
	}
	// Busy periods a ms: begun awake, lambda times the time awake and empty, or
	// after a sleep. Each keeps the cell awake for half a frame more, as the
	// last uplink of a file waits for its symbols.
	tail := t.Frame.SymbolMs * float64(len(t.Frame.Symbols)) / 2
	begun := filesPerMs*(1-first.ms) + first.called
	periods := (1 - rho) * begun / (1 + filesPerMs*later.ms - later.called + tail*begun)
	var all silence
	all.add(first, 1-rho-tail*periods)
	all.add(later, periods)
	return m.Micro*(1-all.ms) + all.energy + rho*m.busy(t.Frame, sa, sp) + (1-rho)*signals, nil
}

// silence is what becomes of a silent gap: time asleep, energy of it, and the
// probability that a file ends the sleep.
type silence struct{ ms, energy, called float64 }

func (s *silence) add(o silence, weight float64) {
	s.ms += o.ms * weight
	s.energy += o.energy * weight
	s.called += o.called * weight
}

// silence returns the expected course of a gap of known length: none of it
// asleep if no sleep pays.
func (m *TR38864) silence(gapMs float64, limit Depth, filesPerMs float64) silence {
	d := limit // what is cheapest for ever
	if !math.IsInf(gapMs, 1) {
		d, _ = m.Cheapest(gapMs, limit)
	}
	if d == MicroSleep {
		return silence{}
	}
	power, t, e := m.sleep(d)
	if filesPerMs == 0 {
		return silence{ms: gapMs, energy: e + power*gapMs}
	}
	// The sleep lasts min(gap, max(t, u + t/2)) for a file after u.
	asleep := t + (math.Exp(-filesPerMs*t/2)-math.Exp(-filesPerMs*(gapMs-t/2)))/filesPerMs
	return silence{ms: asleep, energy: e + power*asleep, called: -math.Expm1(-filesPerMs * gapMs)}
}

// silences returns the integral of silence over all gaps up to a length: what
// becomes of silences that begin evenly in a gap, one a ms.
func (m *TR38864) silences(gapMs float64, limit Depth, filesPerMs float64) silence {
	// Between the lengths from which on another depth may be cheapest the
	// course is smooth.
	ends := []float64{0, gapMs}
	for d := LightSleep; d <= limit; d++ {
		_, ms, _ := m.sleep(d)
		ends = append(ends, min(ms, gapMs))
		for shallow := MicroSleep; shallow < d; shallow++ {
			ends = append(ends, min(max(m.BreakEvenMs(shallow, d), 0), gapMs))
		}
	}
	slices.Sort(ends) // a break-even that does not exist is NaN and comes first
	var sum silence
	x, weight := make([]float64, 24), make([]float64, 24)
	for i, to := range ends[1:] {
		if from := ends[i]; to > from {
			quad.Legendre{}.FixedLocations(x, weight, from, to)
			for j := range x {
				sum.add(m.silence(x[j], limit, filesPerMs), weight[j])
			}
		}
	}
	return sum
}
