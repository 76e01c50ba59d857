package power

import (
	"math"
	"slices"
)

// SIB1 describes the transmissions of a cell's first system information.
type SIB1 struct {
	PeriodMs float64 // of repetition: 20, 40, 80 or 160 ms; 0 = none is sent
	Symbols  float64 // of one transmission on all beams, control and data
	RBShare  float64 // resource blocks over the carrier's
}

// Cell is a cell of the reference model with the mechanisms of Releases 18 and
// 19 that are in use, in closed form. Its time has active parts, in which it
// serves, and silent ones; each transmission of common signals needs a window
// in which the cell is awake even in a silent part. Traffic is packed as in
// TR38864.Packed. Powers are in the model's unit.
type Cell struct {
	Model TR38864
	Frame Frame
	// SSB with PeriodMs 0 stands for a secondary cell that sends none: SSB-less
	// (Release 18), or on demand and not asked for (Release 19).
	SSB  SSB
	SIB1 SIB1 // in the SSB's windows, where both are due; on demand: PeriodMs 0

	// Cell DTX with aligned DRX: active in the first DTXOnMs of each
	// DTXCycleMs; DTXCycleMs 0: always active.
	DTXCycleMs, DTXOnMs float64

	// Deepest is the deepest sleep of silent gaps.
	Deepest Depth

	ChainShare  float64 // spatial-domain adaptation: chains over the reference
	DataPower   float64 // power-domain adaptation: PDSCH over nominal, linear
	SignalPower float64 // of SSB and SIB1, likewise; the standard's adaptation leaves it at 1
}

// Line returns the mean power of the cell without load and its slope with the
// load rho in [0, 1], a share of the capacity that CapacityShare leaves. In
// active parts unused symbols are micro sleep; a silent gap is slept at the
// depth, down to Deepest, that costs least among those it holds.
func (c *Cell) Line() (base, slope float64) {
	m := &c.Model
	l := c.layout()
	base = m.Micro * l.awakeMs / l.lengthMs
	for _, gap := range l.gapsMs {
		e, _ := m.CheapestGap(gap, c.Deepest)
		base += e / l.lengthMs
	}
	busy := c.Frame.DLShare*(m.ActiveDL(c.ChainShare, 1, c.DataPower)-m.Micro) +
		c.Frame.ULShare*(m.ActiveUL(c.ChainShare)-m.Micro)
	slope = c.CapacityShare() * busy
	for _, s := range c.signals() {
		w := s.symbols * c.Frame.SymbolMs * (m.ActiveDL(c.ChainShare, s.rbShare, c.SignalPower) - m.Micro) / s.periodMs
		base += w
		slope -= w * c.insideShare(s.periodMs) // busy symbols carry them anyway
	}
	return base, slope
}

// IdleUnits returns the mean power of the cell while it has no users at all,
// when it may sleep between any two windows; with no common signals, the power
// of its deep sleep.
func (c *Cell) IdleUnits() float64 {
	idle := *c
	period := c.windowPeriodMs()
	if period == 0 {
		return c.Model.Deep
	}
	// One window each period is a cycle whose active part is the window.
	idle.DTXCycleMs, idle.DTXOnMs, idle.Deepest = period, c.SSB.WindowMs, DeeperSleep
	base, _ := idle.Line()
	return base
}

// CapacityShare returns the share of the capacity that cell DTX leaves.
func (c *Cell) CapacityShare() float64 {
	if c.DTXCycleMs == 0 {
		return 1
	}
	return c.DTXOnMs / c.DTXCycleMs
}

// LongestGapMs returns the longest time without transmission: 0 for a cell that
// is always active, as traffic may come in any symbol.
func (c *Cell) LongestGapMs() float64 {
	if l := c.layout(); len(l.gapsMs) > 0 {
		return slices.Max(l.gapsMs)
	}
	return 0
}

// CheapestGap returns the energy in unit*ms of a silent gap at the depth, down to
// deepest, that costs least among those it holds, and that depth.
func (m *TR38864) CheapestGap(gapMs float64, deepest Depth) (energy float64, depth Depth) {
	energy, _ = m.GapEnergy(gapMs, MicroSleep)
	for d := LightSleep; d <= deepest; d++ {
		if e, ok := m.GapEnergy(gapMs, d); ok && e < energy {
			energy, depth = e, d
		}
	}
	return energy, depth
}

// signal is one kind of common signal.
type signal struct{ periodMs, symbols, rbShare float64 }

// signals lists the common signals that the cell sends.
func (c *Cell) signals() []signal {
	var out []signal
	if b := c.SSB; b.PeriodMs > 0 {
		out = append(out, signal{b.PeriodMs, b.Symbols, b.RBShare})
	}
	if b := c.SIB1; b.PeriodMs > 0 {
		out = append(out, signal{b.PeriodMs, b.Symbols, b.RBShare})
	}
	return out
}

// windowPeriodMs returns how often a window is due, 0 for never. Periods are 5 ms
// times powers of two, so windows of the longer period are among the others'.
func (c *Cell) windowPeriodMs() float64 {
	period := 0.0
	for _, s := range c.signals() {
		if period == 0 || s.periodMs < period {
			period = s.periodMs
		}
	}
	return period
}

// insideShare returns the share of the windows of a period that lie wholly in
// active parts.
func (c *Cell) insideShare(periodMs float64) float64 {
	if c.DTXCycleMs == 0 {
		return 1
	}
	n := commonMs(c.DTXCycleMs, periodMs) / periodMs
	inside := 0.0
	for k := range int(n) {
		if math.Mod(float64(k)*periodMs, c.DTXCycleMs)+c.SSB.WindowMs <= c.DTXOnMs {
			inside++
		}
	}
	return inside / n
}

// layout is how the cell's time is divided over a length after which it repeats.
type layout struct {
	lengthMs, awakeMs float64
	gapsMs            []float64
}

// layout merges active parts and windows, and lists the gaps between them.
func (c *Cell) layout() layout {
	if c.DTXCycleMs == 0 {
		return layout{lengthMs: 1, awakeMs: 1}
	}
	period := c.windowPeriodMs()
	length := c.DTXCycleMs
	if period > 0 {
		length = commonMs(c.DTXCycleMs, period)
	}
	type span struct{ from, to float64 }
	var spans []span
	for at := 0.0; at < length; at += c.DTXCycleMs {
		spans = append(spans, span{at, at + c.DTXOnMs})
	}
	for at := 0.0; at < length && period > 0; at += period {
		spans = append(spans, span{at, at + c.SSB.WindowMs})
	}
	slices.SortFunc(spans, func(a, b span) int {
		switch {
		case a.from < b.from:
			return -1
		case a.from > b.from:
			return 1
		}
		return 0
	})
	l := layout{lengthMs: length}
	end := 0.0 // of what is awake so far; something is at 0
	for _, s := range append(spans, span{length, length}) {
		if s.from > end {
			l.gapsMs = append(l.gapsMs, s.from-end)
			l.awakeMs -= s.from - end
		}
		end = max(end, s.to)
	}
	l.awakeMs += length
	return l
}

// commonMs returns the least common multiple of two whole numbers of ms.
func commonMs(a, b float64) float64 {
	x, y := int64(a), int64(b)
	for y != 0 {
		x, y = y, x%y
	}
	return a / float64(x) * b
}

// Validate returns every fault of the cell's settings: values that the standard
// does not have, each named with what it allows.
func (c *Cell) Validate() []error {
	var k checker
	if c.SSB.PeriodMs != 0 {
		checkSSBPeriod(&k, "ssb_period_ms", c.SSB.PeriodMs)
	}
	if c.SIB1.PeriodMs != 0 {
		checkSIB1Period(&k, "sib1_period_ms", c.SIB1.PeriodMs)
	}
	k.in("ssb_window_ms", c.SSB.WindowMs, 0, maxWindowMs)
	k.in("chain_share", c.ChainShare, 1e-3, 1)
	k.in("data_power", c.DataPower, 1e-3, 1)
	k.in("signal_power", c.SignalPower, 1e-3, 1)
	if c.DTXCycleMs != 0 || c.DTXOnMs != 0 {
		checkDTX(&k, "dtx_cycle_ms", "dtx_on_ms", c.DTXCycleMs, c.DTXOnMs)
	}
	return k.errs
}

// Values that TS 38.331 allows in CellDTX-DRX-Config-r18 (as in a Go
// transcription of its ASN.1, secondary source), in ms; on-durations below a
// millisecond are 1/32 to 31/32. Periods of SSB (the same source), and of SIB1's
// repetition within its 160 ms (TS 38.331 clause 5.2.1; recalled). A burst lies in
// half a frame.
var (
	dtxCycles   = []float64{10, 20, 32, 40, 60, 64, 70, 80, 128, 160, 256, 320, 512, 640, 1024, 1280, 2048, 2560, 5120, 10240}
	dtxOn       = []float64{1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 40, 50, 60, 80, 100, 200, 300, 400, 500, 600, 800, 1000, 1200, 1600}
	ssbPeriods  = []float64{5, 10, 20, 40, 80, 160}
	sib1Periods = []float64{20, 40, 80, 160}
)

const (
	dtxOnParts  = 32 // on-durations below a millisecond are multiples of 1/32
	maxWindowMs = 5
)

// DTXCyclesMs returns the cycles that the standard allows for cell DTX.
func DTXCyclesMs() []float64 { return slices.Clone(dtxCycles) }

// DTXOnDurationsMs returns the on-durations that it allows, in rising order.
func DTXOnDurationsMs() []float64 {
	out := make([]float64, 0, dtxOnParts+len(dtxOn))
	for k := 1; k < dtxOnParts; k++ {
		out = append(out, float64(k)/dtxOnParts)
	}
	return append(out, dtxOn...)
}

// SSBPeriodsMs returns the periods of SSB bursts that the standard allows.
func SSBPeriodsMs() []float64 { return slices.Clone(ssbPeriods) }

// SIB1PeriodsMs returns the periods at which SIB1 may be repeated.
func SIB1PeriodsMs() []float64 { return slices.Clone(sib1Periods) }

func checkSSBPeriod(c *checker, path string, v float64) {
	c.that(slices.Contains(ssbPeriods, v), path, "must be one of %v, got %g", ssbPeriods, v)
}

func checkSIB1Period(c *checker, path string, v float64) {
	c.that(slices.Contains(sib1Periods, v), path, "must be one of %v, got %g", sib1Periods, v)
}

// checkDTX checks a cycle and an on-duration against the standard.
func checkDTX(c *checker, cyclePath, onPath string, cycle, on float64) {
	c.that(slices.Contains(dtxCycles, cycle), cyclePath, "must be a cycle of TS 38.331 %v, got %g", dtxCycles, cycle)
	parts := on < 1 && on > 0 && on*dtxOnParts == math.Trunc(on*dtxOnParts)
	c.that(parts || slices.Contains(dtxOn, on), onPath,
		"must be an on-duration of TS 38.331, 1/32 to 31/32 or one of %v, got %g", dtxOn, on)
	c.that(on < cycle, onPath, "must be below %s (%g), got %g", lastOf(cyclePath), cycle, on)
}

// lastOf returns the field's name at the end of a path.
func lastOf(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return path[i+1:]
		}
	}
	return path
}
