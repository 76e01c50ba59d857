package power

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// Chain shares of the states with fewer chains.
const (
	halfChains    = 0.5
	quarterChains = 0.25
)

// awake returns the radio side of an awake state that changes nothing.
func awake() StateData {
	return StateData{Available: true, ChainShare: 1, PowerShare: 1, CapacityShare: 1}
}

// awakeStates returns the states that a unit can offer by the number of its
// chains and the entry's back-off, with their radio side but for DTX.
func (e *entry) awakeStates() [NumStates]StateData {
	var out [NumStates]StateData
	out[Full] = awake()
	if e.TRX >= 2 {
		out[HalfTRX] = awake()
		out[HalfTRX].ChainShare = halfChains
	}
	if e.TRX >= 4 {
		out[QuarterTRX] = awake()
		out[QuarterTRX].ChainShare = quarterChains
	}
	if e.BackoffDB > 0 {
		out[Backoff] = awake()
		out[Backoff].PowerShare = math.Pow(10, -e.BackoffDB/10)
	}
	return out
}

// dtxForm is a cell DTX pattern.
type dtxForm struct {
	CycleMs     float64 `yaml:"cycle_ms"`
	OnMs        float64 `yaml:"on_ms"`
	SSBPeriodMs float64 `yaml:"ssb_period_ms"`
}

func (d *dtxForm) check(c *checker, path string) {
	checkDTX(c, path+".cycle_ms", path+".on_ms", d.CycleMs, d.OnMs)
	checkSSBPeriod(c, path+".ssb_period_ms", d.SSBPeriodMs)
	c.that(math.Mod(d.SSBPeriodMs, d.CycleMs) == 0, path+".ssb_period_ms",
		"must be a multiple of cycle_ms (%g), so that bursts fall into the active part, got %g", d.CycleMs, d.SSBPeriodMs)
}

// trForm is the reference model of TR 38.864 with a Watt anchor.
type trForm struct {
	AnchorFullW float64 `yaml:"anchor_full_w"` // power at full load, which fixes the unit
	Deep        float64 `yaml:"deep"`
	Light       float64 `yaml:"light"`
	Micro       float64 `yaml:"micro"`
	DL          float64 `yaml:"active_dl"`
	UL          float64 `yaml:"active_ul"`
	LightMs     float64 `yaml:"light_ms"`
	LightE      float64 `yaml:"light_unit_ms"`
	DeepMs      float64 `yaml:"deep_ms"`
	DeepE       float64 `yaml:"deep_unit_ms"`
	A           float64 `yaml:"static_share"`
	DualEta     bool    `yaml:"dual_eta"`
	DLShare     float64 `yaml:"dl_share"`
	ULShare     float64 `yaml:"ul_share"`
	SCSkHz      float64 `yaml:"scs_khz"`
	SSBPeriodMs float64 `yaml:"ssb_period_ms"`
	SSBWindowMs float64 `yaml:"ssb_window_ms"`
	SSBSymbols  float64 `yaml:"ssb_symbols"`
	SSBRBShare  float64 `yaml:"ssb_rb_share"`

	DTX *dtxForm `yaml:"dtx"`

	// Mechanisms of Releases 18 and 19 (see Mechanisms).
	SIB1         *sib1Form `yaml:"sib1"`           // counted only if given
	OnDemandSIB1 bool      `yaml:"on_demand_sib1"` // not sent until asked for
	OnDemandSSB  bool      `yaml:"on_demand_ssb"`  // of a secondary cell: sent while it is awake, not while it sleeps
	SSBLess      bool      `yaml:"ssb_less"`       // a secondary cell that never sends one
}

// sib1Form is the first system information: a window after the SSB's in which
// each beam is sent once.
type sib1Form struct {
	PeriodMs float64 `yaml:"period_ms"`
	OffsetMs float64 `yaml:"offset_ms"` // of the window behind the SSB's begin
	WindowMs float64 `yaml:"window_ms"`
	Symbols  float64 `yaml:"symbols"`
	RBShare  float64 `yaml:"rb_share"`
}

// model returns the formulas' arguments.
func (t *trForm) model() (TR38864, Frame, SSB) {
	m := TR38864{
		Deep: t.Deep, Light: t.Light, Micro: t.Micro, DL: t.DL, UL: t.UL,
		LightMs: t.LightMs, LightE: t.LightE, DeepMs: t.DeepMs, DeepE: t.DeepE,
		A: t.A, DualEta: t.DualEta,
	}
	f := Frame{DLShare: t.DLShare, ULShare: t.ULShare, SymbolMs: 15 / t.SCSkHz / 14}
	b := SSB{PeriodMs: t.SSBPeriodMs, WindowMs: t.SSBWindowMs, Symbols: t.SSBSymbols, RBShare: t.SSBRBShare}
	return m, f, b
}

func (t *trForm) check(c *checker) {
	const most = 1e6
	c.positive("tr38864.anchor_full_w", t.AnchorFullW, maxUnitW)
	c.positive("tr38864.deep", t.Deep, most)
	c.in("tr38864.light", t.Light, t.Deep, most)
	c.in("tr38864.micro", t.Micro, t.Light, most)
	c.in("tr38864.active_dl", t.DL, t.Micro, most)
	c.in("tr38864.active_ul", t.UL, t.Micro, most)
	c.in("tr38864.light_ms", t.LightMs, 0, 3600e3)
	c.in("tr38864.deep_ms", t.DeepMs, t.LightMs, 3600e3)
	c.in("tr38864.light_unit_ms", t.LightE, 0, most)
	c.in("tr38864.deep_unit_ms", t.DeepE, t.LightE, most)
	c.in("tr38864.static_share", t.A, 0, 1)
	c.in("tr38864.dl_share", t.DLShare, 0.01, 1)
	c.in("tr38864.ul_share", t.ULShare, 0, 1-t.DLShare)
	c.that(slices.Contains([]float64{15, 30, 60, 120, 240}, t.SCSkHz), "tr38864.scs_khz", "must be 15, 30, 60, 120 or 240, got %g", t.SCSkHz)
	checkSSBPeriod(c, "tr38864.ssb_period_ms", t.SSBPeriodMs)
	c.in("tr38864.ssb_window_ms", t.SSBWindowMs, 0, maxWindowMs)
	c.in("tr38864.ssb_symbols", t.SSBSymbols, 0, t.SSBWindowMs*14*t.SCSkHz/15)
	c.in("tr38864.ssb_rb_share", t.SSBRBShare, 0, 1)
	c.that(t.SSBSymbols*15/t.SCSkHz/14 <= t.SSBPeriodMs*t.DLShare, "tr38864.ssb_symbols",
		"must fit into the downlink symbols of an SSB period, got %g", t.SSBSymbols)
	if t.SIB1 != nil {
		t.checkSIB1(c)
	}
	c.that(!(t.OnDemandSSB && t.SSBLess), "tr38864.on_demand_ssb", "belongs to cells that send an SSB when asked: not with ssb_less")
	c.that(!t.OnDemandSIB1 || t.SIB1 != nil && !t.secondary(), "tr38864.on_demand_sib1",
		"belongs to cells that send SIB1: give sib1, and neither on_demand_ssb nor ssb_less")
	if t.DTX != nil {
		t.checkDTX(c)
	}
}

// checkSIB1 checks the numbers, and that the window lies beside the SSB's.
func (t *trForm) checkSIB1(c *checker) {
	b := t.SIB1
	checkSIB1Period(c, "tr38864.sib1.period_ms", b.PeriodMs)
	c.in("tr38864.sib1.window_ms", b.WindowMs, 0, maxWindowMs)
	c.in("tr38864.sib1.symbols", b.Symbols, 0, b.WindowMs*14*t.SCSkHz/15*t.DLShare)
	c.in("tr38864.sib1.rb_share", b.RBShare, 0, 1)
	period := min(t.SSBPeriodMs, b.PeriodMs)
	c.that(b.OffsetMs >= t.SSBWindowMs && b.OffsetMs+b.WindowMs <= period, "tr38864.sib1.offset_ms",
		"the window must lie between ssb_window_ms (%g) and the next SSB or SIB1 (%g), got %g to %g",
		t.SSBWindowMs, period, b.OffsetMs, b.OffsetMs+b.WindowMs)
}

// checkDTX checks the cycle, and that a silent gap holds a light sleep.
func (t *trForm) checkDTX(c *checker) {
	before := len(c.errs)
	checkDTX(c, "tr38864.dtx.cycle_ms", "tr38864.dtx.on_ms", t.DTX.CycleMs, t.DTX.OnMs)
	checkSSBPeriod(c, "tr38864.dtx.ssb_period_ms", t.DTX.SSBPeriodMs)
	if len(c.errs) > before {
		return
	}
	cell := t.dtxCell()
	longest, err := cell.Time.LongestGapMs()
	c.that(err == nil && longest >= t.LightMs, "tr38864.dtx.on_ms",
		"must leave a silent gap of at least light_ms (%g), got %g of %g ms with gaps of %g ms at most",
		t.LightMs, t.DTX.OnMs, t.DTX.CycleMs, longest)
}

// secondary says whether the cell can only be a secondary one. It sends no SIB1:
// that comes from the primary cell.
func (t *trForm) secondary() bool { return t.OnDemandSSB || t.SSBLess }

// cell returns the form's cell at full power, always active.
func (t *trForm) cell() Cell {
	m, f, b := t.model()
	c := Cell{Model: m, Time: Timetable{Frame: f, Deepest: LightSleep}, ChainShare: 1, DataPower: 1, SignalPower: 1}
	if !t.SSBLess {
		c.Time.Signals = append(c.Time.Signals, b.Signal())
	}
	if t.SIB1 != nil && !t.OnDemandSIB1 && !t.secondary() {
		c.Time.Signals = append(c.Time.Signals, Signal(*t.SIB1))
	}
	return c
}

// dtxCell returns the form's cell in state DTX, which sleeps lightly in silent
// gaps: deeper, it would answer uplink too late.
func (t *trForm) dtxCell() Cell {
	c := t.cell()
	c.Time.CycleMs, c.Time.OnMs = t.DTX.CycleMs, t.DTX.OnMs
	if !t.SSBLess {
		c.Time.Signals[0].PeriodMs = t.DTX.SSBPeriodMs
	}
	return c
}

// Control time of a secondary cell that stays configured at its users while it
// sleeps, in place of control_s: without SSB a MAC command and a first channel
// report, with SSB on demand also a first burst, at the 20 ms at which it is then
// sent (orders of magnitude of TS 38.133 clause 8.3, recalled; assumptions).
const (
	ssbLessControlS  = 0.010
	onDemandControlS = 0.030
)

// unitW returns the watts of a unit.
func (t *trForm) unitW() float64 {
	m, f, b := t.model()
	c := t.cell()
	base, slope := m.Packed(f, b, c.ChainShare, c.DataPower)
	return t.AnchorFullW / (base + slope)
}

// fill computes the states in units and scales them by the anchor. Back-off, as
// a rung of the ladder, lowers the whole cell, its SSB too.
func (t *trForm) fill(e *entry, p *Profile) {
	p.States = e.awakeStates()
	unitW := t.unitW()
	for s := range State(NumStates) {
		if d := &p.States[s]; d.Available {
			c := t.cell()
			c.ChainShare, c.DataPower, c.SignalPower = d.ChainShare, d.PowerShare, d.PowerShare
			base, slope, _ := c.Line() // a period of signals repeats
			d.BaseW, d.SlopeW = base*unitW, slope*unitW
		}
	}
	if t.DTX != nil {
		c := t.dtxCell()
		base, slope, _ := c.Line() // checked: it repeats
		d := awake()
		d.BaseW, d.SlopeW = base*unitW, slope*unitW
		d.CapacityShare = c.CapacityShare()
		p.States[DTX] = d
	}
	if t.SSBLess {
		e.Control.Sleep, e.Control.DeepSleep = ssbLessControlS, ssbLessControlS
	}
	if t.OnDemandSSB {
		e.Control.Sleep, e.Control.DeepSleep = onDemandControlS, onDemandControlS
	}
	p.States[Sleep] = t.asleep(unitW, t.Light, t.LightMs, t.LightE)
	p.States[DeepSleep] = t.asleep(unitW, t.Deep, t.DeepMs, t.DeepE)
	kept := *e
	p.form = &kept
}

// asleep returns a sleep state. The report gives the time of going down and
// coming up together: half is taken for each way.
func (t *trForm) asleep(unitW, power, ms, unitMs float64) StateData {
	us := int64(ms * 1e3)
	return StateData{
		Available: true, BaseW: power * unitW, TransitionJ: unitMs / 1e3 * unitW,
		EntryUs: us / 2, WakeUs: us - us/2,
	}
}

// rawForm states everything directly, by the states' names.
type rawForm map[string]rawData

// rawData is a state as a user states it; omitted shares are 1.
type rawData struct {
	BaseW         float64  `yaml:"base_w"`
	SlopeW        float64  `yaml:"slope_w"`
	EntryMs       float64  `yaml:"entry_ms"`
	WakeMs        float64  `yaml:"wake_ms"`
	TransitionJ   float64  `yaml:"transition_j"`
	ChainShare    *float64 `yaml:"chain_share"`
	PowerShare    *float64 `yaml:"power_share"`
	CapacityShare *float64 `yaml:"capacity_share"`
	MaxLayers     float64  `yaml:"max_layers"`
}

// or1 returns the number, 1 if it was omitted.
func or1(v *float64) float64 {
	if v == nil {
		return 1
	}
	return *v
}

func (r rawForm) check(c *checker) {
	for _, name := range slices.Sorted(maps.Keys(r)) {
		s, err := ParseState(name)
		if err != nil {
			c.errs = append(c.errs, fmt.Errorf("states: %w", err))
			continue
		}
		d, path := r[name], "states."+name
		c.in(path+".entry_ms", d.EntryMs, 0, maxExitUs/1e3)
		c.in(path+".wake_ms", d.WakeMs, 0, maxExitUs/1e3)
		c.in(path+".base_w", d.BaseW, 0, maxUnitW)
		c.in(path+".transition_j", d.TransitionJ, 0, maxUnitW*maxExitUs/1e6)
		c.that(s.Awake() || d.ChainShare == nil && d.PowerShare == nil && d.CapacityShare == nil && d.MaxLayers == 0,
			path, "a sleep state has no chain_share, power_share, capacity_share or max_layers")
		c.that(s != Full || or1(d.ChainShare) == 1 && or1(d.PowerShare) == 1 && or1(d.CapacityShare) == 1 && d.MaxLayers == 0,
			path, "full is the reference: its shares are 1 and max_layers is 0")
	}
}

func (r rawForm) fill(_ *entry, p *Profile) {
	for s := range State(NumStates) {
		d, ok := r[s.String()]
		if !ok {
			continue
		}
		p.States[s] = StateData{
			Available: true, BaseW: d.BaseW, SlopeW: d.SlopeW, TransitionJ: d.TransitionJ,
			EntryUs: microseconds(d.EntryMs / 1e3), WakeUs: microseconds(d.WakeMs / 1e3),
		}
		if s.Awake() {
			o := &p.States[s]
			o.ChainShare, o.PowerShare, o.CapacityShare = or1(d.ChainShare), or1(d.PowerShare), or1(d.CapacityShare)
			o.MaxLayers = d.MaxLayers
		}
	}
}
