package power

import (
	"fmt"
	"math"
)

// Families of profiles.
const (
	Target     = "target"     // what the standard's study assumes of coming hardware
	Field      = "field"      // fitted to measurements of deployed hardware
	Literature = "literature" // models that other publications use
)

// Profile is the power of one radio unit that serves one cell.
type Profile struct {
	Name   string // as the carriers of a topology refer to it
	Family string // Target, Field or Literature
	Source string // where the numbers come from, with their trust
	TRX    int    // transceiver chains in state Full
	States [NumStates]StateData

	// BaseCV is the coefficient of variation of BaseW between units of one
	// type: deployed units of the same configuration differ by more than
	// load explains. 0 if unknown.
	BaseCV float64
	// Shared says what the unit shares with the other carriers of one radio
	// unit; nil for a unit of one carrier.
	Shared *Shared
	// WholeSite says that baseband, rectifier and cooling are already in the
	// numbers, so that none must be added.
	WholeSite bool

	// form is what a profile of TR 38.864 was made of, from which Spec makes it
	// again with other mechanisms; nil for other profiles. It is not changed.
	form *entry
	// modes are the sleep modes that a profile was made of, or nil.
	modes *[asmModes]SleepMode
}

// Shared is a carrier's part in a radio unit of several: cells of one sector
// whose profiles name the same Unit stand on one. One of them, the anchor, bears
// what they share.
type Shared struct {
	Unit  string // name of the unit's type
	Added bool   // another cell, the anchor, bears what is shared
	// Of the anchor: what the unit draws for all carriers while at least one
	// is awake, without load and chains, W, and what the chains and amplifiers
	// that a state uses draw, W.
	CommonW float64
	StaticW [NumStates]float64
}

// StandInW returns what the anchor's unit draws above the anchor's own power for
// the sake of the carriers that share it: own and others are the states of the
// anchor and of the added carriers. The anchor's profile p must have Shared.
func (p *Profile) StandInW(own State, others []State) float64 {
	sh := p.Shared
	have, need, awake := 0.0, 0.0, false
	if own.Awake() {
		have = sh.StaticW[own]
	}
	for _, s := range others {
		if s.Awake() {
			need, awake = max(need, sh.StaticW[s]), true
		}
	}
	extra := max(need-have, 0)
	if awake && !own.Awake() {
		extra += sh.CommonW - p.States[own].BaseW
	}
	return extra
}

// StateData is what a state means for power and for the radio.
type StateData struct {
	Available bool // whether the unit offers the state; if not, all else is 0

	// Mean power is BaseW + SlopeW*rho; rho is the load as a share of the
	// capacity that this state leaves. SlopeW is 0 asleep.
	BaseW, SlopeW float64

	EntryUs int64 // from the decision to the state
	// ExitUs leads back to service: WakeUs of the hardware and then ControlUs
	// of the control plane (cell set-up, neighbour update), one after the
	// other.
	ExitUs, WakeUs, ControlUs int64
	// TransitionJ is charged once a sleep, at entry, on top of the state's
	// power during EntryUs and ExitUs. It includes what ControlUs costs more
	// than sleeping, as the unit then idles at Full's BaseW already.
	TransitionJ float64

	ChainShare    float64 // share of chains active (array gain 10*log10 of it, dB)
	PowerShare    float64 // transmit power over nominal, linear, at equal chains
	CapacityShare float64 // share of the time-frequency capacity left
	MaxLayers     float64 // spatial layers that can still be served, 0 = all
}

// PowerW returns the mean power in a state at a load rho in [0, 1]. It is NaN
// for a state that is not available.
func (p *Profile) PowerW(s State, rho float64) float64 {
	d := &p.States[s]
	if !d.Available {
		return math.NaN()
	}
	return d.BaseW + d.SlopeW*rho
}

// Offset returns one unit's factor on the BaseW of all its states, from the
// unit's standard normal number z: log-normal with mean 1 and the coefficient
// of variation spread*BaseCV. spread = 0 makes all units alike.
func (p *Profile) Offset(z, spread float64) float64 {
	v := math.Log1p(spread * p.BaseCV * spread * p.BaseCV)
	return math.Exp(math.Sqrt(v)*z - v/2)
}

// maxExitUs bounds transition times: an hour.
const maxExitUs = 3600 * 1000 * 1000

// maxUnitW bounds the power of one radio unit, against slips of the unit.
const maxUnitW = 100e3

// Validate returns every fault of the profile: what is missing, out of range,
// or against the order of the ladder. Each error begins with the path of the
// field.
func (p *Profile) Validate() []error {
	var errs []error
	fault := func(path, format string, a ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, a...)))
	}
	if p.Name == "" {
		fault("name", "must not be empty")
	}
	switch p.Family {
	case Target, Field, Literature:
	default:
		fault("family", "must be %s, %s or %s, got %q", Target, Field, Literature, p.Family)
	}
	if p.Source == "" {
		fault("source", "must say where the numbers come from")
	}
	if p.TRX < 1 || p.TRX > 1024 {
		fault("trx", "must be from 1 to 1024, got %d", p.TRX)
	}
	if p.Shared != nil && p.Shared.Unit == "" {
		fault("multicarrier.unit", "must not be empty: it tells which carriers share a radio unit")
	}
	if !(p.BaseCV >= 0 && p.BaseCV <= 1) {
		fault("base_cv", "must be from 0 to 1, got %g", p.BaseCV)
	}
	if !p.States[Full].Available {
		fault("states.full", "must be available")
	}
	for i := range p.States {
		if p.States[i].Available {
			errs = append(errs, p.States[i].validate(State(i))...)
		}
	}
	return append(errs, p.validateOrder()...)
}

// validate checks one state on its own.
func (d *StateData) validate(s State) []error {
	var errs []error
	in := func(field string, v, lo, hi float64) {
		if !(v >= lo && v <= hi) {
			errs = append(errs, fmt.Errorf("states.%v.%s: must be from %g to %g, got %g", s, field, lo, hi, v))
		}
	}
	in("base_w", d.BaseW, 0, maxUnitW)
	in("slope_w", d.SlopeW, 0, maxUnitW)
	in("entry_ms", float64(d.EntryUs)/1e3, 0, maxExitUs/1e3)
	in("wake_ms", float64(d.WakeUs)/1e3, 0, maxExitUs/1e3)
	in("control_ms", float64(d.ControlUs)/1e3, 0, maxExitUs/1e3)
	in("transition_j", d.TransitionJ, 0, maxUnitW*maxExitUs/1e6)
	if d.ExitUs != d.WakeUs+d.ControlUs {
		errs = append(errs, fmt.Errorf("states.%v.exit: must be wake + control", s))
	}
	if !s.Awake() {
		in("slope_w", d.SlopeW, 0, 0)
		return errs
	}
	// A thousandth is far below anything meant: it keeps gains finite in dB.
	in("chain_share", d.ChainShare, 1e-3, 1)
	in("power_share", d.PowerShare, 1e-3, 1)
	in("capacity_share", d.CapacityShare, 1e-3, 1)
	in("max_layers", d.MaxLayers, 0, 1024)
	return errs
}

// validateOrder checks what the ladder promises: no awake state draws more
// than Full when empty or when full; a sleep draws no more than any state
// before it on the ladder that keeps as many chains (a short sleep with all
// chains ready may draw more than a unit with most of them off) and takes no
// less time to leave than DTX and the lighter sleeps.
func (p *Profile) validateOrder() []error {
	var errs []error
	full := &p.States[Full]
	if !full.Available {
		return nil
	}
	least, slowest := Full, Full // of the states so far
	for i := HalfTRX; i < NumStates; i++ {
		d := &p.States[i]
		if !d.Available {
			continue
		}
		if i.Awake() && (d.BaseW > full.BaseW || d.BaseW+d.SlopeW > full.BaseW+full.SlopeW) {
			errs = append(errs, fmt.Errorf("states.%v: must not draw more than full (%g + %g*load W), got %g + %g*load W",
				i, full.BaseW, full.SlopeW, d.BaseW, d.SlopeW))
		}
		if w := p.States[least].BaseW; !i.Awake() && d.BaseW > w {
			errs = append(errs, fmt.Errorf("states.%v.base_w: must not exceed that of %v (%g), got %g", i, least, w, d.BaseW))
		}
		if us := p.States[slowest].ExitUs; !i.Awake() && d.ExitUs < us {
			errs = append(errs, fmt.Errorf("states.%v: must not wake faster than %v (%g ms), got %g ms",
				i, slowest, float64(us)/1e3, float64(d.ExitUs)/1e3))
		}
		if d.BaseW <= p.States[least].BaseW && !(i.Awake() && d.ChainShare < 1) {
			least = i
		}
		if i >= DTX && d.ExitUs >= p.States[slowest].ExitUs {
			slowest = i
		}
	}
	return errs
}
