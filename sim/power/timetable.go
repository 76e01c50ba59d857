package power

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"
)

// Signal is a periodic transmission that goes out whether or not there is
// data: a burst of SSBs, SIB1, paging. Its symbols are the first downlink
// symbols of its window, all through which the cell is awake.
type Signal struct {
	PeriodMs, OffsetMs float64 // windows begin at OffsetMs of each period
	WindowMs           float64 // at most PeriodMs - OffsetMs
	Symbols            float64 // of one window
	RBShare            float64 // resource blocks over the carrier's
}

// Signal returns the bursts as a signal without offset.
func (b SSB) Signal() Signal {
	return Signal{PeriodMs: b.PeriodMs, WindowMs: b.WindowMs, Symbols: b.Symbols, RBShare: b.RBShare}
}

// SymbolFrame returns the frame whose symbols are D (downlink), U (uplink) or
// anything else (guard), one letter each, repeated.
func SymbolFrame(symbols string, scsKHz float64) Frame {
	n := float64(len(symbols))
	return Frame{
		DLShare:  float64(strings.Count(symbols, "D")) / n,
		ULShare:  float64(strings.Count(symbols, "U")) / n,
		SymbolMs: 15 / scsKHz / 14,
		Symbols:  symbols,
	}
}

// Cheapest returns the depth of sleep, not beyond a limit, that costs least in
// a silent gap of known length among those whose transitions fit into it, and
// its energy in unit*ms. At equal cost the shallower is taken.
func (m *TR38864) Cheapest(gapMs float64, limit Depth) (Depth, float64) {
	best, least := MicroSleep, m.Micro*gapMs
	for d := LightSleep; d <= limit; d++ {
		if e, ok := m.GapEnergy(gapMs, d); ok && e < least {
			best, least = d, e
		}
	}
	return best, least
}

// Timetable is what a cell does by the clock: the signals that go out with or
// without data, and cell DTX.
type Timetable struct {
	Frame   Frame
	Signals []Signal // windows of two signals must not overlap
	// CycleMs and OnMs are a pattern of cell DTX (TS 38.331,
	// CellDTX-DRX-Config-r18) whose active part begins each cycle; CycleMs 0
	// means none. Signals go on in the silent part; data wait.
	CycleMs, OnMs float64
	Deepest       Depth // limit of the sleep in gaps
}

// errTimetable says that a timetable repeats too late to be gone through.
var errTimetable = errors.New("power: the periods of signals and cell DTX have no common multiple within an hour")

// nanosecond keeps 1/32 ms, the finest on-duration of cell DTX, whole.
const nanosecond = 1e-6 // ms

// span is a stretch of time in ns.
type span struct{ from, to int64 }

func ns(ms float64) int64 { return int64(math.Round(ms / nanosecond)) }

// hyperperiod returns after how many ns the timetable repeats.
func (t *Timetable) hyperperiod() (int64, error) {
	const hour = 3600e3 / nanosecond
	all := int64(1)
	join := func(ms float64) bool {
		p := ns(ms)
		if p <= 0 || p > hour {
			return false
		}
		a, b := all, p
		for b != 0 {
			a, b = b, a%b
		}
		all *= p / a
		return all <= hour
	}
	ok := true
	for _, s := range t.Signals {
		ok = ok && join(s.PeriodMs)
	}
	if t.CycleMs > 0 {
		ok = ok && join(t.CycleMs)
	}
	// Only where cell DTX cuts pieces out of the frame does it matter how they
	// lie to it.
	if t.CycleMs > 0 && t.Frame.Symbols != "" {
		ok = ok && join(t.Frame.SymbolMs*float64(len(t.Frame.Symbols)))
	}
	if !ok {
		return 0, errTimetable
	}
	return all, nil
}

// active returns the active parts of cell DTX within a hyperperiod.
func (t *Timetable) active(hyper int64) []span {
	var out []span
	for at := int64(0); t.CycleMs > 0 && at < hyper; at += ns(t.CycleMs) {
		out = append(out, span{at, at + ns(t.OnMs)})
	}
	return out
}

// windows returns a signal's windows within a hyperperiod.
func (s *Signal) windows(hyper int64) []span {
	var out []span
	for at := ns(s.OffsetMs); at < hyper; at += ns(s.PeriodMs) {
		out = append(out, span{at, at + ns(s.WindowMs)})
	}
	return out
}

// gaps returns the lengths in ms of what lies between the spans, which repeat
// after the hyperperiod and are sorted here.
func gaps(spans []span, hyper int64) []float64 {
	if len(spans) == 0 {
		return nil
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out []float64
	end := spans[0].to
	for _, s := range append(spans[1:], span{spans[0].from + hyper, 0}) {
		if s.from > end {
			out = append(out, float64(s.from-end)*nanosecond)
		}
		end = max(end, s.to)
	}
	return out
}

// LongestGapMs returns the longest stretch in which neither a signal nor data
// can be sent: the bound on an uninterrupted sleep. Without cell DTX data do
// not count, as in an empty cell. It is infinite if there is nothing at all.
func (t *Timetable) LongestGapMs() (float64, error) {
	hyper, err := t.hyperperiod()
	if err != nil {
		return 0, err
	}
	awake := t.active(hyper)
	for i := range t.Signals {
		awake = append(awake, t.Signals[i].windows(hyper)...)
	}
	if len(awake) == 0 {
		return math.Inf(1), nil
	}
	return slices.Max(append(gaps(awake, hyper), 0)), nil
}

// Room returns the downlink and uplink symbols a ms in which data may be
// served, less what signals take of them: the capacity that the load is a share
// of.
func (t *Timetable) Room() (dl, ul float64, err error) {
	hyper, err := t.hyperperiod()
	if err != nil {
		return 0, 0, err
	}
	ms := float64(hyper) * nanosecond
	dl, ul = t.served(hyper)
	for i := range t.Signals {
		s := &t.Signals[i]
		dl -= s.RBShare * t.covered(s, s.windows(hyper))
	}
	return dl / ms, ul / ms, nil
}

// served counts the downlink and uplink symbols of a hyperperiod in which data
// may be served.
func (t *Timetable) served(hyper int64) (dl, ul float64) {
	if t.CycleMs <= 0 {
		n := float64(hyper) * nanosecond / t.Frame.SymbolMs
		return n * t.Frame.DLShare, n * t.Frame.ULShare
	}
	for _, s := range t.active(hyper) {
		d, u := t.Frame.in(s)
		dl += d
		ul += u
	}
	return dl, ul
}

// covered counts the symbols of a signal in its windows that lie where data
// may be served.
func (t *Timetable) covered(s *Signal, windows []span) float64 {
	if t.CycleMs <= 0 {
		return s.Symbols * float64(len(windows))
	}
	sum := 0.0
	cycle, on := ns(t.CycleMs), ns(t.OnMs)
	for _, w := range windows {
		left := s.Symbols
		for at := w.from; at < w.to && left > 0; {
			phase := at % cycle
			end, served := at-phase+on, true
			if phase >= on {
				end, served = at-phase+cycle, false
			}
			end = min(end, w.to)
			dl, _ := t.Frame.in(span{at, end})
			if served {
				sum += min(left, dl)
			}
			left -= dl
			at = end
		}
	}
	return sum
}

// in returns how many downlink and uplink symbols lie in a span: counted if
// the frame says where they are, else by their shares.
func (f *Frame) in(s span) (dl, ul float64) {
	if f.Symbols == "" {
		n := float64(s.to-s.from) * nanosecond / f.SymbolMs
		return n * f.DLShare, n * f.ULShare
	}
	dl0, ul0 := f.until(s.from)
	dl1, ul1 := f.until(s.to)
	return dl1 - dl0, ul1 - ul0
}

// until counts the symbols from time 0 to a time.
func (f *Frame) until(at int64) (dl, ul float64) {
	n := int64(math.Round(float64(at) * nanosecond / f.SymbolMs))
	l := int64(len(f.Symbols))
	head := f.Symbols[:n%l]
	whole := float64(n / l)
	return whole*float64(strings.Count(f.Symbols, "D")) + float64(strings.Count(head, "D")),
		whole*float64(strings.Count(f.Symbols, "U")) + float64(strings.Count(head, "U"))
}
