package fault

import (
	"fmt"
	"slices"
)

// Kind says what breaks.
type Kind uint8

// Kinds of faults.
const (
	RadioUnit Kind = iota // one radio unit: one cell
	Baseband              // the baseband unit of a site: all of its cells
	Mains                 // the mains of a site: all of its cells once the battery is empty
	NumKinds
)

var kindNames = [NumKinds]string{"radio_unit", "baseband", "mains"}

// String returns the kind's name as files and figures spell it.
func (k Kind) String() string {
	if k < NumKinds {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// ParseKind returns the kind of a name.
func ParseKind(name string) (Kind, error) {
	if i := slices.Index(kindNames[:], name); i >= 0 {
		return Kind(i), nil
	}
	return 0, fmt.Errorf("must be radio_unit, baseband or mains, got %q", name)
}

// Spec holds what breaks, what stands behind the mains, and what neighbours
// do about it. The zero Spec, too, is one of no faults.
type Spec struct {
	Random       bool         `yaml:"random" doc:"draw faults at random, by the times below"`
	RadioUnit    Rates        `yaml:"radio_unit" doc:"of each radio unit: its cell goes down"`
	Baseband     Rates        `yaml:"baseband" doc:"of each site's baseband unit: its cells go down"`
	Mains        Rates        `yaml:"mains" doc:"of each site's mains: its cells go down once the battery is empty"`
	FeederM      float64      `yaml:"feeder_m" doc:"side of the square areas whose sites lose the mains together; 0 = each site alone" unit:"m" min:"0" max:"100000"`
	Scheduled    []Scheduled  `yaml:"scheduled" doc:"faults at given times, beside the random ones"`
	RestartS     float64      `yaml:"restart_s" doc:"start of a unit's software after repair or return of power, before its cells are set up" unit:"s" min:"0" max:"86400"`
	Battery      Battery      `yaml:"battery" doc:"the battery of each site"`
	Compensation Compensation `yaml:"compensation" doc:"what neighbours do while cells are down"`
}

// Rates says how often something breaks and how long that lasts.
type Rates struct {
	MTBFH    float64 `yaml:"mtbf_h" doc:"mean time from repair to the next fault, exponential; 0 = it never breaks" unit:"h" min:"0" max:"100000000"`
	MTTRH    float64 `yaml:"mttr_h" doc:"mean time to repair, log-normal" unit:"h" gt:"0" max:"8760"`
	RepairCV float64 `yaml:"repair_cv" doc:"coefficient of variation of the time to repair; 0 = always the mean" unit:"1" min:"0" max:"10"`
}

// Scheduled is a fault at a given time.
type Scheduled struct {
	Kind      string  `yaml:"kind" doc:"what breaks" enum:"radio_unit,baseband,mains"`
	Site      int     `yaml:"site" doc:"with baseband and mains: index of the site" min:"0" max:"10000000"`
	RadiusM   float64 `yaml:"radius_m" doc:"with mains: the sites within this distance lose it too" unit:"m" min:"0" max:"1000000"`
	Sector    int     `yaml:"sector" doc:"with radio_unit: index of the sector" min:"0" max:"10000000"`
	Carrier   string  `yaml:"carrier" doc:"with radio_unit: carrier of the unit; empty = all units of the sector"`
	StartH    float64 `yaml:"start_h" doc:"when it breaks, after the start of the episode" unit:"h" min:"0" max:"876000"`
	DurationH float64 `yaml:"duration_h" doc:"how long until it is repaired" unit:"h" gt:"0" max:"876000"`
}

// Battery is what bridges an outage of the mains.
type Battery struct {
	CapacityKWh      float64 `yaml:"capacity_kwh" doc:"usable energy of a full battery; 0 = there is none" unit:"kWh" min:"0" max:"10000"`
	ChargeW          float64 `yaml:"charge_w" doc:"power taken from the mains while charging; 0 = it is never charged again" unit:"W" min:"0" max:"1000000"`
	ChargeEfficiency float64 `yaml:"charge_efficiency" doc:"energy that comes out of the battery over energy taken from the mains to charge it" unit:"1" min:"0.1" max:"1"`
	Shed             []Shed  `yaml:"shed" doc:"carriers that are disconnected to make the battery last, in this order"`
}

// Shed disconnects a carrier's radio units from the battery.
type Shed struct {
	Carrier string  `yaml:"carrier" doc:"carrier whose radio units are disconnected until the mains return" minlen:"1"`
	Below   float64 `yaml:"below" doc:"share of the capacity at which that happens; 1 = when the mains fail" unit:"1" gt:"0" max:"1"`
}

// Compensation says what neighbours do while cells are down.
type Compensation struct {
	Wake       bool    `yaml:"wake" doc:"cells that reach the positions that lost their cell, and do not live on a battery, go to the full state at once and may not sleep until it serves again"`
	Neighbours int     `yaml:"neighbours" doc:"for each such position, how many of the strongest cells of other sectors are steered by the two settings below" unit:"1" min:"0" max:"64"`
	CIODB      float64 `yaml:"cio_db" doc:"raise of their cell individual offset" unit:"dB" min:"0" max:"6"`
	PowerDB    float64 `yaml:"power_db" doc:"raise of their transmit power" unit:"dB" min:"0" max:"3"`
}

// DefaultSpec returns a Spec without faults. Its rates are for those who turn
// random ones on:
//
//   - Radio and baseband unit: 150,000 h between faults, the order that makers
//     state for a base station of a few modules (recalled, unverified; Samsung
//     states more than 2.5 years, 22,000 h, between critical failures of a
//     three-sector PicoBTS of 2003: primary source, another technology).
//   - Repair: 8 h where somebody must climb, 4 h at the foot of the mast
//     (assumptions: the usual terms of maintenance contracts), with a
//     coefficient of variation of 1. That repair is not exponential is measured
//     (Matz, Votta and Malkawi, DSN 2002, 1288 base stations in six months:
//     Weibull or two-stage hyper-exponential); log-normal is our stand-in.
//   - Mains: one interruption a year of 1.5 h, that is 90 min a year. National
//     means of unplanned minutes a year in Europe in 2016 ranged from 9 to 371
//     (CEER Benchmarking Report 6.1, 2018, as its announcement quotes it:
//     secondary source); the split into frequency and length is an assumption.
//   - Battery: 9.6 kWh, two 48 V modules of 100 Ah, about three hours of a
//     macro site (assumption; practice ranges from half an hour to the eight
//     hours that the FCC asked for in 2007: secondary source, press). Charging
//     takes 1.5 kW and gives 90 % back (assumptions).
//   - Restart: 180 s (assumption; a gNB takes minutes to boot).
//
// Neighbours wake and are not steered otherwise: whether an offset or more
// power helps depends on the layout. The bounds are those of the Ocn range in
// use, 6 dB, and 3 dB of power, which presumes that the units run below their
// rating (assumption).
func DefaultSpec() Spec {
	return Spec{
		RadioUnit: Rates{MTBFH: 150000, MTTRH: 8, RepairCV: 1},
		Baseband:  Rates{MTBFH: 150000, MTTRH: 4, RepairCV: 1},
		Mains:     Rates{MTBFH: 8760, MTTRH: 1.5, RepairCV: 1},
		RestartS:  180,
		Battery:   Battery{CapacityKWh: 9.6, ChargeW: 1500, ChargeEfficiency: 0.9},
		Compensation: Compensation{
			Wake: true, Neighbours: 3,
		},
	}
}

// Active says whether anything may break.
func (s Spec) Active() bool { return s.Random || len(s.Scheduled) > 0 }

// list collects the faults of a Spec.
type list []error

func (l *list) check(ok bool, format string, args ...any) {
	if !ok {
		*l = append(*l, fmt.Errorf(format, args...))
	}
}

// within reports a number outside [lo, hi]; NaN is outside.
func (l *list) within(path string, v, lo, hi float64) {
	l.check(v >= lo && v <= hi, "%s: must be in [%g, %g], got %g", path, lo, hi, v)
}

// Validate returns every fault of the settings, each beginning with the path
// of the field. Whether sites, sectors and carriers exist, New says.
func (s Spec) Validate() []error {
	var l list
	for k, r := range s.rates() {
		path := kindNames[k]
		l.within(path+".mtbf_h", r.MTBFH, 0, 1e8)
		l.check(r.MTTRH > 0 && r.MTTRH <= 8760, "%s.mttr_h: must be in (0, 8760] h, got %g", path, r.MTTRH)
		l.within(path+".repair_cv", r.RepairCV, 0, 10)
	}
	l.within("feeder_m", s.FeederM, 0, 1e5)
	l.within("restart_s", s.RestartS, 0, 86400)
	for i, f := range s.Scheduled {
		f.validate(fmt.Sprintf("scheduled[%d]", i), &l)
	}
	s.Battery.validate(&l)
	l.within("compensation.neighbours", float64(s.Compensation.Neighbours), 0, 64)
	l.within("compensation.cio_db", s.Compensation.CIODB, 0, 6)
	l.within("compensation.power_db", s.Compensation.PowerDB, 0, 3)
	return l
}

// rates returns the rates by kind.
func (s Spec) rates() [NumKinds]Rates { return [NumKinds]Rates{s.RadioUnit, s.Baseband, s.Mains} }

func (f Scheduled) validate(path string, l *list) {
	if _, err := ParseKind(f.Kind); err != nil {
		l.check(false, "%s.kind: %w", path, err)
	}
	unit, mains := f.Kind == kindNames[RadioUnit], f.Kind == kindNames[Mains]
	l.within(path+".site", float64(f.Site), 0, 1e7)
	l.within(path+".sector", float64(f.Sector), 0, 1e7)
	l.within(path+".radius_m", f.RadiusM, 0, 1e6)
	l.check(!unit || f.Site == 0, "%s.site: a radio unit is found by sector and carrier, leave it out", path)
	l.check(unit || f.Sector == 0 && f.Carrier == "", "%s.sector: only a radio unit is of a sector and carrier, leave both out", path)
	l.check(mains || f.RadiusM == 0, "%s.radius_m: is for mains only", path)
	l.within(path+".start_h", f.StartH, 0, 876000)
	l.check(f.DurationH > 0 && f.DurationH <= 876000, "%s.duration_h: must be in (0, 876000] h, got %g", path, f.DurationH)
}

func (b Battery) validate(l *list) {
	l.within("battery.capacity_kwh", b.CapacityKWh, 0, 1e4)
	l.within("battery.charge_w", b.ChargeW, 0, 1e6)
	l.within("battery.charge_efficiency", b.ChargeEfficiency, 0.1, 1)
	for i, s := range b.Shed {
		path := fmt.Sprintf("battery.shed[%d]", i)
		l.check(s.Carrier != "", "%s.carrier: must not be empty", path)
		l.check(s.Below > 0 && s.Below <= 1, "%s.below: must be in (0, 1], got %g", path, s.Below)
		l.check(i == 0 || s.Below <= b.Shed[i-1].Below, "%s.below: must not exceed that of the one before, got %g", path, s.Below)
	}
}
