package power

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Adaptation chooses among the energy-saving mechanisms of 3GPP Releases 18 and 19
// (see Mechanisms) for one profile of TR 38.864. 0 and false leave the profile
// as it is.
type Adaptation struct {
	DTXCycleMs   float64 `yaml:"dtx_cycle_ms" doc:"cycle of cell DTX in state dtx: 10, 20, 32, 40, 60, 64, 70, 80, 128, 160, 256, 320, 512, 640, 1024, 1280, 2048, 2560, 5120 or 10240; 0 means the profile's" unit:"ms" min:"0" max:"10240"`
	DTXOnMs      float64 `yaml:"dtx_on_ms" doc:"active part of each cycle, an on-duration of TS 38.331 (1/32 to 31/32, or 1 to 1600); together with dtx_cycle_ms" unit:"ms" min:"0" max:"1600"`
	SSBPeriodMs  float64 `yaml:"ssb_period_ms" doc:"period of SSB bursts in every state: 5, 10, 20, 40, 80 or 160 (terminals that look for a cell assume 20); 0 means the profile's" unit:"ms" min:"0" max:"160"`
	SIB1PeriodMs float64 `yaml:"sib1_period_ms" doc:"repetition of SIB1: 20, 40, 80 or 160; 0 leaves it out of the account, unless the profile has it" unit:"ms" min:"0" max:"160"`
	OnDemandSIB1 bool    `yaml:"on_demand_sib1" doc:"SIB1 is sent when a terminal asks for it only (Release 19)"`
	OnDemandSSB  bool    `yaml:"on_demand_ssb" doc:"SSB is sent while the cell is awake, and a sleeping one wakes within 30 ms, as it stays configured (Release 19); secondary cells only"`
	SSBLess      bool    `yaml:"ssb_less_scell" doc:"no SSB is ever sent, and a sleeping cell wakes within 10 ms, as it stays configured (Release 18); secondary cells only"`
	BackoffDB    float64 `yaml:"backoff_db" doc:"reduction of transmit power in state backoff; 0 means the profile's" unit:"dB" min:"0" max:"30"`
}

// SIB1 where a profile says nothing of it: on each beam as many symbols as the
// SSB (two of control, two of data) over 48 resource blocks, against its 20 (a
// usual CORESET 0; assumption), in the half-frame after the SSB's (an offset of
// 5 ms, TS 38.213 clause 13, recalled).
const (
	sib1OverSSB  = 48.0 / 20
	sib1OffsetMs = 5
	sib1WindowMs = 5
)

// fill writes the settings into a form and its entry.
func (t Adaptation) fill(e *entry, f *trForm) {
	if t.BackoffDB > 0 {
		e.BackoffDB = t.BackoffDB
	}
	if t.SSBPeriodMs > 0 {
		f.SSBPeriodMs = t.SSBPeriodMs
	}
	if t.SIB1PeriodMs > 0 {
		sib1 := sib1Form{OffsetMs: sib1OffsetMs, WindowMs: sib1WindowMs, Symbols: f.SSBSymbols, RBShare: sib1OverSSB * f.SSBRBShare}
		if f.SIB1 != nil {
			sib1 = *f.SIB1
		}
		sib1.PeriodMs = t.SIB1PeriodMs
		f.SIB1 = &sib1
	}
	f.OnDemandSIB1 = f.OnDemandSIB1 || t.OnDemandSIB1
	f.OnDemandSSB = f.OnDemandSSB || t.OnDemandSSB
	f.SSBLess = f.SSBLess || t.SSBLess
	dtx := dtxForm{SSBPeriodMs: f.SSBPeriodMs}
	if f.DTX != nil {
		dtx = *f.DTX
	}
	if t.SSBPeriodMs > 0 {
		dtx.SSBPeriodMs = t.SSBPeriodMs
	}
	if t.DTXCycleMs > 0 {
		dtx.CycleMs, dtx.OnMs = t.DTXCycleMs, t.DTXOnMs
	}
	if dtx.CycleMs > 0 {
		f.DTX = &dtx
	}
}

// build makes the profile again with the settings; its faults are named by the
// form's fields.
func (t Adaptation) build(p Profile) (Profile, []error) {
	e, f := *p.form, *p.form.TR38864
	e.TR38864 = &f
	t.fill(&e, &f)
	return e.build()
}

// validate notes the faults of the settings for a profile.
func (t Adaptation) validate(c *checker, path string, p *Profile) {
	before := len(c.errs)
	if t.DTXCycleMs != 0 || t.DTXOnMs != 0 {
		checkDTX(c, path+".dtx_cycle_ms", path+".dtx_on_ms", t.DTXCycleMs, t.DTXOnMs)
	}
	if t.SSBPeriodMs != 0 {
		checkSSBPeriod(c, path+".ssb_period_ms", t.SSBPeriodMs)
	}
	if t.SIB1PeriodMs != 0 {
		checkSIB1Period(c, path+".sib1_period_ms", t.SIB1PeriodMs)
	}
	c.in(path+".backoff_db", t.BackoffDB, 0, 30)
	c.that(!(t.OnDemandSSB && t.SSBLess), path+".on_demand_ssb", "belongs to cells that send an SSB when asked: not with ssb_less_scell")
	c.that(!t.SSBLess || t.SSBPeriodMs == 0, path+".ssb_period_ms", "belongs to cells that send SSB: not with ssb_less_scell")
	secondary := t.OnDemandSSB || t.SSBLess
	c.that(!secondary || t.SIB1PeriodMs == 0 && !t.OnDemandSIB1, path+".sib1_period_ms",
		"belongs to cells that send SIB1, as on_demand_sib1 does: not with on_demand_ssb or ssb_less_scell, which are of secondary cells")
	if len(c.errs) > before || p.TRX == 0 { // a profile of which only the name is known
		return
	}
	if p.form == nil {
		c.errs = append(c.errs, fmt.Errorf("%s: these mechanisms need a profile of TR 38.864, and %s is none", path, p.Name))
		return
	}
	c.that(!t.OnDemandSIB1 || t.SIB1PeriodMs != 0 || p.form.TR38864.SIB1 != nil, path+".on_demand_sib1",
		"needs sib1_period_ms: without it SIB1 is not in the account")
	if len(c.errs) > before {
		return
	}
	_, errs := t.build(*p)
	for _, err := range errs {
		c.errs = append(c.errs, fmt.Errorf("%s.%w", path, renamed(err)))
	}
}

// renamed gives a fault of the form the names of the settings.
func renamed(err error) error {
	names := strings.NewReplacer("tr38864.dtx.on_ms", "dtx_on_ms", "tr38864.dtx.cycle_ms", "dtx_cycle_ms",
		"tr38864.dtx.ssb_period_ms", "ssb_period_ms", "tr38864.sib1.offset_ms", "sib1_period_ms", "tr38864.", "", "light_ms", "the profile's light sleep in ms")
	return errors.New(names.Replace(err.Error()))
}

// validateTargets notes the faults of all choices of mechanisms.
func (s Spec) validateTargets(c *checker, profiles []Profile) {
	for _, name := range slices.Sorted(maps.Keys(s.Target)) {
		path := "target." + name
		p, err := Lookup(profiles, name)
		if err != nil {
			c.errs = append(c.errs, fmt.Errorf("%s: %w", path, err))
			continue
		}
		s.Target[name].validate(c, path, &p)
	}
}
