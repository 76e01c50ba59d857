package power

import (
	"fmt"
	"maps"
	"slices"
)

// Spec holds what a site adds to its radio units, and changes to profiles.
type Spec struct {
	SiteBasebandW       float64               `yaml:"site_baseband_w" doc:"power of a site's baseband, whatever the load" unit:"W" min:"0" max:"10000"`
	RectifierEfficiency float64               `yaml:"rectifier_efficiency" doc:"efficiency of the rectifier that feeds radio units and baseband" unit:"1" min:"0.5" max:"1"`
	CoolingShare        float64               `yaml:"cooling_share" doc:"power of cooling over that of the equipment" unit:"1" min:"0" max:"2"`
	UnitSpread          float64               `yaml:"unit_spread" doc:"factor on the measured spread of the idle power between units of one type; 0 makes them alike" unit:"1" min:"0" max:"3"`
	Target              map[string]Adaptation `yaml:"target" doc:"mechanisms of 5G-Advanced in use, by the name of a profile of TR 38.864"`
	Overrides           map[string]Override   `yaml:"overrides" doc:"changes to power profiles, by the profile's name"`
}

// Override changes a profile, for sensitivity studies and known deviations.
type Override struct {
	IdleScale  float64 `yaml:"idle_scale" doc:"factor on the power at no load of every state; 0 means 1" unit:"1" min:"0" max:"10"`
	SlopeScale float64 `yaml:"slope_scale" doc:"factor on the power that follows the load; 0 means 1" unit:"1" min:"0" max:"10"`
	ExitScale  float64 `yaml:"exit_scale" doc:"factor on the times of waking; 0 means 1" unit:"1" min:"0" max:"10"`
	// SymbolSleep is symbol shutdown, or the automatic SM1 of advanced sleep
	// modes, in closed form: it is no state of its own, as it costs no time
	// that a user would notice.
	SymbolSleep float64  `yaml:"symbol_sleep" doc:"share of the time without traffic that an awake unit spends at the power of carrier_sleep, between symbols; not in state dtx" unit:"1" min:"0" max:"1"`
	Disable     []string `yaml:"disable" doc:"power states that must not be used"`
}

// Site is what stands beside the radio units of a site.
type Site struct {
	BasebandW float64 // at the output of the rectifier
	Factor    float64 // power from the grid over power of the equipment
}

// DefaultSpec returns a macro site of China around 2020.
//
//   - Baseband 275 W: 255 and 293 W for two vendors, almost independent of load
//     (operators' test of 2019; recalled, unverified).
//   - Rectifier efficiency 0.96: usual for high-efficiency modules (recalled,
//     unverified).
//   - Cooling 0.10 of the equipment's power: EARTH's value for macro sites (Auer
//     et al. 2011, Table I; recalled, unverified).
func DefaultSpec() Spec {
	return Spec{SiteBasebandW: 275, RectifierEfficiency: 0.96, CoolingShare: 0.10, UnitSpread: 1}
}

// Validate returns every fault of the Spec, each beginning with its path.
// Target and Overrides must name embedded profiles; a caller with profiles of its own
// uses ValidateWith.
func (s Spec) Validate() []error { return s.ValidateWith(builtin()) }

// ValidateWith is Validate with the profiles that Target and Overrides may name.
// Of a profile with TRX 0 only the name is known.
func (s Spec) ValidateWith(profiles []Profile) []error {
	var c checker
	c.in("site_baseband_w", s.SiteBasebandW, 0, 10000)
	c.in("rectifier_efficiency", s.RectifierEfficiency, 0.5, 1)
	c.in("cooling_share", s.CoolingShare, 0, 2)
	c.in("unit_spread", s.UnitSpread, 0, 3)
	s.validateTargets(&c, profiles)
	for _, name := range slices.Sorted(maps.Keys(s.Overrides)) {
		o, path := s.Overrides[name], "overrides."+name
		c.in(path+".idle_scale", o.IdleScale, 0, 10)
		c.in(path+".slope_scale", o.SlopeScale, 0, 10)
		c.in(path+".exit_scale", o.ExitScale, 0, 10)
		c.in(path+".symbol_sleep", o.SymbolSleep, 0, 1)
		for i, state := range o.Disable {
			st, err := ParseState(state)
			if err != nil {
				c.errs = append(c.errs, fmt.Errorf("%s.disable[%d]: %w", path, i, err))
			} else if st == Full {
				c.errs = append(c.errs, fmt.Errorf("%s.disable[%d]: full cannot be disabled", path, i))
			}
		}
		p, err := Lookup(profiles, name)
		if err != nil {
			c.errs = append(c.errs, fmt.Errorf("%s: %w", path, err))
		} else if o.SymbolSleep > 0 && p.TRX > 0 && !p.States[Sleep].Available {
			c.errs = append(c.errs, fmt.Errorf("%s.symbol_sleep: profile %s has no state %s", path, name, Sleep))
		}
	}
	return c.errs
}

// Apply returns the profile with the mechanisms and the override that the Spec
// has for its name, if any, in this order. The energy of transitions is mostly idle power over the time of waking,
// so it is scaled by both factors. The Spec must be valid.
func (s Spec) Apply(p Profile) Profile {
	if t, ok := s.Target[p.Name]; ok {
		p, _ = t.build(p)
	}
	o, ok := s.Overrides[p.Name]
	if !ok {
		return p
	}
	idle, slope, exit := or(o.IdleScale), or(o.SlopeScale), or(o.ExitScale)
	asleep := 0.0
	if o.SymbolSleep > 0 {
		asleep = o.SymbolSleep * (1 - p.States[Sleep].BaseW/p.States[Full].BaseW)
	}
	if p.Shared != nil {
		scaled := *p.Shared
		scaled.CommonW *= idle
		for i := range scaled.StaticW {
			scaled.StaticW[i] *= idle
		}
		p.Shared = &scaled
	}
	for i := range p.States {
		d := &p.States[i]
		if slices.Contains(o.Disable, State(i).String()) {
			*d = StateData{}
			continue
		}
		d.BaseW *= idle
		d.SlopeW *= slope
		if State(i).Awake() && State(i) != DTX { // whose gaps are asleep already
			d.SlopeW += d.BaseW * asleep
			d.BaseW -= d.BaseW * asleep
		}
		d.WakeUs = int64(float64(d.WakeUs) * exit)
		d.ControlUs = int64(float64(d.ControlUs) * exit)
		d.ExitUs = d.WakeUs + d.ControlUs
		d.TransitionJ *= idle * exit
	}
	return p
}

// or returns the factor, 1 if it is left out.
func or(factor float64) float64 {
	if factor == 0 {
		return 1
	}
	return factor
}

// Overhead returns grid power over equipment power: the rectifier's loss, and
// the cooling beside it.
func (s Spec) Overhead() float64 { return 1/s.RectifierEfficiency + s.CoolingShare }

// Site returns the site's part.
func (s Spec) Site() Site { return Site{BasebandW: s.SiteBasebandW, Factor: s.Overhead()} }

// RadioFactor returns the factor on a radio unit's power: the overhead, or 1
// for a profile that includes it.
func (s Spec) RadioFactor(p *Profile) float64 {
	if p.WholeSite {
		return 1
	}
	return s.Overhead()
}

// SiteW returns the power that a site draws from the grid, with radioW that of
// its radio units: (radio units + baseband) * overhead. Units whose profile
// has WholeSite set are to be added to the result, not to radioW.
func (s Spec) SiteW(radioW float64) float64 {
	return (radioW + s.SiteBasebandW) * s.Overhead()
}
