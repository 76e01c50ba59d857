package power

import (
	"math"
	"slices"
	"strings"
)

// Cell is a cell of the reference model with the mechanisms of Releases 18 and
// 19 that are in use (see Mechanisms), in closed form. Its timetable holds the
// common signals that it sends, none for a secondary cell that is SSB-less or
// not asked for its SSB, and cell DTX. Powers are in the model's unit.
type Cell struct {
	Model TR38864
	Time  Timetable

	ChainShare  float64 // spatial-domain adaptation: chains over the reference
	DataPower   float64 // power-domain adaptation: PDSCH over nominal, linear
	SignalPower float64 // of common signals, likewise; the standard's adaptation leaves it at 1
}

// Reference returns the cell of TR 38.864, always active at full power, that a
// profile was made of, and the watts of its unit before any override; ok is
// false for other profiles.
func (p *Profile) Reference() (c Cell, unitW float64, ok bool) {
	if p.form == nil {
		return Cell{}, 0, false
	}
	return p.form.TR38864.cell(), p.form.TR38864.unitW(), true
}

// Line returns the mean power of the cell without load and its slope with the
// load rho in [0, 1], a share of the capacity that CapacityShare leaves, as
// TR38864.Mean does, but with signals at a power of their own. An error says
// that the timetable does not repeat.
func (c *Cell) Line() (base, slope float64, err error) {
	bare := c.Time
	bare.Signals = slices.Clone(bare.Signals)
	for i := range bare.Signals {
		bare.Signals[i].Symbols = 0 // their windows stay
	}
	base, slope, err = c.Model.Mean(bare, c.ChainShare, c.DataPower)
	if err != nil {
		return 0, 0, err
	}
	base0, slope0, err := c.Model.Mean(bare, c.ChainShare, c.SignalPower)
	if err != nil {
		return 0, 0, err
	}
	base1, slope1, err := c.Model.Mean(c.Time, c.ChainShare, c.SignalPower)
	return base + base1 - base0, slope + slope1 - slope0, err
}

// EmptyUnits returns the mean power of the cell while it has no users at all and
// may sleep, as deeply as pays, between any two signals; without signals, the
// power of its deep sleep.
func (c *Cell) EmptyUnits() (float64, error) {
	if len(c.Time.Signals) == 0 {
		return c.Model.Deep, nil
	}
	t := c.Time
	t.Deepest = DeeperSleep
	return c.Model.Slept(t, c.ChainShare, c.SignalPower, 0, 0)
}

// CapacityShare returns the share of the capacity that cell DTX leaves.
func (c *Cell) CapacityShare() float64 {
	if c.Time.CycleMs == 0 {
		return 1
	}
	return c.Time.OnMs / c.Time.CycleMs
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
	c.that(on < cycle || cycle == 0, onPath, "must be below %s (%g), got %g", cyclePath[strings.LastIndexByte(cyclePath, '.')+1:], cycle, on)
}
