package power

import "fmt"

// SleepMode is one of the advanced sleep modes of the literature on sleep
// shorter than a second (Debaillie et al., "A flexible and future-proof power
// model for cellular base stations", VTC Spring 2015; Salem et al., VTC Fall
// 2018): the deeper, the more components are off and the longer it takes to
// switch them.
type SleepMode struct {
	PowerW   float64
	ChangeMs float64 // going down, and again coming up
}

// LeastMs returns the shortest gap that holds the mode: down and up.
func (m SleepMode) LeastMs() float64 { return 2 * m.ChangeMs }

// DeepestMode returns the index of the deepest of modes, ordered from light to
// deep, that a gap of the given length holds; -1 if none.
func DeepestMode(modes []SleepMode, gapMs float64) int {
	for i := len(modes) - 1; i >= 0; i-- {
		if gapMs >= modes[i].LeastMs() {
			return i
		}
	}
	return -1
}

// GapW returns the mean power in a silent gap spent in the deepest mode that it
// holds, idleW if none. While it changes, the station draws the mode's power
// already: no energy of transitions is published with the modes (the accounting
// of 3GPP TR 38.864 clause 5.1; an assumption), and the deepest mode that fits
// is then also the cheapest.
func GapW(idleW float64, modes []SleepMode, gapMs float64) float64 {
	if i := DeepestMode(modes, gapMs); i >= 0 {
		return modes[i].PowerW
	}
	return idleW
}

// SSBGapsW returns the mean power of a station that stays idle in a window of
// each SSB period and packs its traffic behind it, the share rho of the rest of
// the period at activeW; the gap left is slept (GapW).
func SSBGapsW(activeW, idleW float64, modes []SleepMode, periodMs, windowMs, rho float64) float64 {
	rest := periodMs - windowMs
	busy := clamp(rho) * rest
	gap := rest - busy
	// In the window the load takes the same share of the symbols.
	window := windowMs * (idleW + clamp(rho)*(activeW-idleW))
	return (window + busy*activeW + gap*GapW(idleW, modes, gap)) / periodMs
}

// SleepModes returns the advanced sleep modes SM1 to SM4 that a profile was made
// of, none for other profiles.
func (p *Profile) SleepModes() []SleepMode {
	if p.modes == nil {
		return nil
	}
	return append([]SleepMode(nil), p.modes[:]...)
}

// asmForm is a station with advanced sleep modes SM1, SM2, ...
type asmForm struct {
	ActiveW     float64    `yaml:"active_w"`
	IdleW       float64    `yaml:"idle_w"`
	SSBPeriodMs float64    `yaml:"ssb_period_ms"`
	SSBWindowMs float64    `yaml:"ssb_window_ms"`
	Modes       []modeForm `yaml:"modes"`
}

type modeForm struct {
	PowerW   float64 `yaml:"power_w"`
	ChangeMs float64 `yaml:"change_ms"`
}

// asmModes is the number of sleep modes: SM1 to SM4.
const asmModes = 4

func (t *asmForm) check(c *checker) {
	c.positive("asm.active_w", t.ActiveW, maxUnitW)
	c.in("asm.idle_w", t.IdleW, 0, t.ActiveW)
	checkSSBPeriod(c, "asm.ssb_period_ms", t.SSBPeriodMs)
	c.in("asm.ssb_window_ms", t.SSBWindowMs, 0, maxWindowMs)
	c.that(len(t.Modes) == asmModes, "asm.modes", "must be the four modes SM1 to SM4, got %d", len(t.Modes))
	watt, ms := t.IdleW, 0.0
	for i, m := range t.Modes {
		path := fmt.Sprintf("asm.modes[%d]", i)
		c.in(path+".power_w", m.PowerW, 0, watt)
		c.in(path+".change_ms", m.ChangeMs, ms, maxExitUs/1e3)
		watt, ms = m.PowerW, m.ChangeMs
	}
}

// fill maps the modes on the ladder. Full never sleeps; in DTX the cell serves,
// and the gaps of the SSB period are slept as deeply as they hold. The modes of
// a cell whose SSB is off are bound by no gap: carrier sleep is SM3 and deep
// sleep SM4, the only one that needs more than any SSB period leaves.
func (t *asmForm) fill(e *entry, p *Profile) {
	p.States = e.awakeStates()
	p.modes = new([asmModes]SleepMode)
	modes := p.modes[:]
	for i, m := range t.Modes {
		modes[i] = SleepMode(m)
	}
	for s := range State(NumStates) {
		if d := &p.States[s]; d.Available {
			d.BaseW = t.IdleW
			d.SlopeW = (t.ActiveW - t.IdleW) * d.ChainShare * d.PowerShare
		}
	}
	gaps := awake()
	gaps.BaseW = SSBGapsW(t.ActiveW, t.IdleW, modes, t.SSBPeriodMs, t.SSBWindowMs, 0)
	gaps.SlopeW = t.ActiveW - gaps.BaseW // no gap is left at full load
	p.States[DTX] = gaps
	for i, m := range t.Modes[2:] {
		us := microseconds(m.ChangeMs / 1e3)
		p.States[Sleep+State(i)] = StateData{Available: true, BaseW: m.PowerW, EntryUs: us, WakeUs: us}
	}
}
