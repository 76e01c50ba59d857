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

// Values that TS 38.331 allows in CellDTX-DRX-Config-r18 (as in a Go
// transcription of its ASN.1, secondary source), in ms, without the fractions
// of a millisecond; and SSB periods.
var (
	dtxCycles  = []float64{10, 20, 32, 40, 60, 64, 70, 80, 128, 160, 256, 320, 512, 640, 1024, 1280, 2048, 2560, 5120, 10240}
	dtxOn      = []float64{1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 40, 50, 60, 80, 100, 200, 300, 400, 500, 600, 800, 1000, 1200, 1600}
	ssbPeriods = []float64{5, 10, 20, 40, 80, 160}
)

func (d *dtxForm) check(c *checker, path string) {
	c.that(slices.Contains(dtxCycles, d.CycleMs), path+".cycle_ms", "must be a cycle of TS 38.331 %v, got %g", dtxCycles, d.CycleMs)
	c.that(slices.Contains(dtxOn, d.OnMs), path+".on_ms", "must be an on-duration of TS 38.331 %v, got %g", dtxOn, d.OnMs)
	c.that(d.OnMs < d.CycleMs, path+".on_ms", "must be below cycle_ms (%g), got %g", d.CycleMs, d.OnMs)
	c.that(slices.Contains(ssbPeriods, d.SSBPeriodMs), path+".ssb_period_ms", "must be one of %v, got %g", ssbPeriods, d.SSBPeriodMs)
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
	c.that(slices.Contains(ssbPeriods, t.SSBPeriodMs), "tr38864.ssb_period_ms", "must be one of %v, got %g", ssbPeriods, t.SSBPeriodMs)
	c.in("tr38864.ssb_window_ms", t.SSBWindowMs, 0, 5)
	c.in("tr38864.ssb_symbols", t.SSBSymbols, 0, t.SSBWindowMs*14*t.SCSkHz/15)
	c.in("tr38864.ssb_rb_share", t.SSBRBShare, 0, 1)
	c.that(t.SSBSymbols*15/t.SCSkHz/14 <= t.SSBPeriodMs*t.DLShare, "tr38864.ssb_symbols",
		"must fit into the downlink symbols of an SSB period, got %g", t.SSBSymbols)
	if t.DTX != nil {
		t.DTX.check(c, "tr38864.dtx")
		c.that(t.SSBWindowMs <= t.DTX.OnMs, "tr38864.dtx.on_ms", "must hold the SSB window (%g ms), got %g", t.SSBWindowMs, t.DTX.OnMs)
		c.that(t.DTX.CycleMs-t.DTX.OnMs >= t.LightMs, "tr38864.dtx.on_ms",
			"must leave a silent part of at least light_ms (%g), got %g of %g ms", t.LightMs, t.DTX.OnMs, t.DTX.CycleMs)
	}
}

// fill computes the states in units and scales them by the anchor.
func (t *trForm) fill(e *entry, p *Profile) {
	m, f, b := t.model()
	p.States = e.awakeStates()
	base, slope := m.Packed(f, b, 1, 1)
	unitW := t.AnchorFullW / (base + slope)
	for s := range State(NumStates) {
		if d := &p.States[s]; d.Available {
			base, slope := m.Packed(f, b, d.ChainShare, d.PowerShare)
			d.BaseW, d.SlopeW = base*unitW, slope*unitW
		}
	}
	if t.DTX != nil {
		base, slope, _ := m.DTX(f, b, CellDTX{CycleMs: t.DTX.CycleMs, OnMs: t.DTX.OnMs, SSBPeriodMs: t.DTX.SSBPeriodMs})
		d := awake()
		d.BaseW, d.SlopeW = base*unitW, slope*unitW
		d.CapacityShare = t.DTX.OnMs / t.DTX.CycleMs
		p.States[DTX] = d
	}
	p.States[Sleep] = t.asleep(unitW, t.Light, t.LightMs, t.LightE)
	p.States[DeepSleep] = t.asleep(unitW, t.Deep, t.DeepMs, t.DeepE)
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
