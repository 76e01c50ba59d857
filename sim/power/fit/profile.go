package fit

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"hibernet/sim/power"
)

// StateOf says which energy-saving mode of the readings is which power state.
type StateOf struct {
	State power.State // DTX, Sleep, DeepSleep or Dormant
	Mode  string
}

// ProfileOptions are what profiles need beside the fit.
type ProfileOptions struct {
	Prefix      string // of the profiles' names
	Source      string // where the readings come from
	States      []StateOf
	MinStations int // a type with fewer gets no profile

	// AnchorType and AnchorW give readings without a unit their scale: the power
	// of a radio unit of that type at full load.
	AnchorType string
	AnchorW    float64
	WholeSite  bool // the meters took in baseband, rectifier and cooling

	// Times of waking and of the control plane in s by power state: meters do not
	// show them.
	WakeS, ControlS [power.NumStates]float64
}

// DefaultProfileOptions returns the transition times of the field profiles of
// package power, which their file explains, and no states.
func DefaultProfileOptions() ProfileOptions {
	o := ProfileOptions{Prefix: "fit-", MinStations: 3}
	o.WakeS[power.Sleep], o.WakeS[power.DeepSleep], o.WakeS[power.Dormant] = 1, 50, 180
	o.ControlS[power.Sleep], o.ControlS[power.DeepSleep], o.ControlS[power.Dormant] = 2, 10, 10
	return o
}

// slopeStatic is the share of the slope that does not follow the transmit
// power: A of 3GPP TR 38.864 clause 5.1, as quoted by the energy model of ns-3
// 5G-LENA (secondary source), taken over to field hardware (assumption).
const slopeStatic = 0.4

// Pattern of cell DTX that profiles offer where a mode is mapped to it: values
// of TS 38.331 CellDTX-DRX-Config-r18 (assumption, as for the field profiles).
const (
	dtxCycleMs = 160
	dtxOnMs    = 80
)

// LeftOut is a type without a profile.
type LeftOut struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

// ErrNoScale says that readings without a unit need an anchor.
var ErrNoScale = errors.New("the readings have no unit and there is no anchor, so that powers in watt are not known")

// The file as package power reads it.
type profileFile struct {
	Profiles []profileEntry `yaml:"profiles"`
}

type profileEntry struct {
	Name      string                `yaml:"name"`
	Family    string                `yaml:"family"`
	Source    string                `yaml:"source"`
	TRX       int                   `yaml:"trx"`
	BaseCV    float64               `yaml:"base_cv"`
	WholeSite bool                  `yaml:"whole_site,omitempty"`
	ControlS  map[string]float64    `yaml:"control_s,omitempty,flow"`
	Linear    *linearEntry          `yaml:"linear,omitempty"`
	States    map[string]stateEntry `yaml:"states,omitempty"`
}

type linearEntry struct {
	IdleW       float64            `yaml:"idle_w"`
	FullW       float64            `yaml:"full_w"`
	SlopeStatic float64            `yaml:"slope_static_share"`
	IdleShare   map[string]float64 `yaml:"idle_share,flow"`
	WakeS       map[string]float64 `yaml:"wake_s,omitempty,flow"`
	DTX         map[string]float64 `yaml:"dtx,omitempty,flow"`
	DTXOff      float64            `yaml:"dtx_off_share,omitempty"`
}

type stateEntry struct {
	BaseW         float64 `yaml:"base_w"`
	SlopeW        float64 `yaml:"slope_w"`
	CapacityShare float64 `yaml:"capacity_share,omitempty"`
}

// Profiles writes the types as power profiles, which power.Decode reads, and
// lists the types that got none.
func (r *Result) Profiles(o ProfileOptions) ([]byte, []LeftOut, error) {
	if err := r.checkProfiles(&o); err != nil {
		return nil, nil, err
	}
	scale, err := r.wattScale(&o)
	if err != nil {
		return nil, nil, err
	}
	var f profileFile
	left := []LeftOut{}
	for i := range r.Types {
		t := &r.Types[i]
		entry, reason := r.entryOf(t, scale, &o)
		if reason == "" {
			reason = refused(entry)
		}
		if reason == "" && slices.ContainsFunc(f.Profiles, func(e profileEntry) bool { return e.Name == entry.Name }) {
			reason = "another type's profile is named " + entry.Name
		}
		if reason != "" {
			left = append(left, LeftOut{t.Name, reason})
			continue
		}
		f.Profiles = append(f.Profiles, entry)
	}
	if len(f.Profiles) == 0 {
		return nil, left, fmt.Errorf("no type can be given a profile; the first, %s: %s", left[0].Type, left[0].Reason)
	}
	body, err := yaml.Marshal(f)
	if err != nil {
		return nil, left, fmt.Errorf("write profiles: %w", err)
	}
	return append([]byte(r.preface(scale, &o)), body...), left, nil
}

// refused returns why package power does not take a profile, or nothing.
func refused(e profileEntry) string {
	text, err := yaml.Marshal(profileFile{[]profileEntry{e}})
	if err == nil {
		_, err = power.Decode("profile", text)
	}
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), "profile: profiles[0] ", "")
}

// checkProfiles returns the first fault of the options.
func (r *Result) checkProfiles(o *ProfileOptions) error {
	for i, s := range o.States {
		if s.State != power.DTX && s.State.Awake() {
			return badSetting("state", "%v cannot be told from a meter, allowed dtx, carrier_sleep, deep_sleep, dormant", s.State)
		}
		for _, other := range o.States[:i] {
			if other.State == s.State {
				return badSetting("state", "%v is given twice", s.State)
			}
		}
		found := false
		for _, t := range r.Types {
			found = found || t.term(s.Mode) != nil
		}
		if !found {
			return badSetting("state", "the effect of mode %q was fitted for no type, allowed %s", s.Mode, strings.Join(r.fittedModes(), ", "))
		}
	}
	if o.AnchorType == "" {
		return nil
	}
	if !(o.AnchorW > 0 && o.AnchorW <= 1e5) {
		return badSetting("anchor-w", "must be above 0 and at most 1e5, got %g", o.AnchorW)
	}
	if r.typeNamed(o.AnchorType) == nil {
		var names []string
		for _, t := range r.Types {
			names = append(names, t.Name)
		}
		return badSetting("anchor-w", "there is no type %q, allowed %s", o.AnchorType, strings.Join(names, ", "))
	}
	return nil
}

func (r *Result) typeNamed(name string) *Type {
	for i := range r.Types {
		if r.Types[i].Name == name {
			return &r.Types[i]
		}
	}
	return nil
}

func (r *Result) fittedModes() []string {
	var out []string
	for _, t := range r.Types {
		for _, m := range t.Terms {
			out = append(out, m.Modes...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// term returns the fitted term of a mode in the first cell, or nil.
func (t *Type) term(mode string) *Term {
	for i := range t.Terms {
		if t.Terms[i].Cell == 0 && slices.Contains(t.Terms[i].Modes, mode) {
			return &t.Terms[i]
		}
	}
	return nil
}

// wattScale returns the watts of one unit of the readings.
func (r *Result) wattScale(o *ProfileOptions) (float64, error) {
	step := float64(r.StepS)
	switch {
	case o.AnchorType != "" && r.Unit != Relative:
		return 0, badSetting("anchor-w", "readings in %s need no anchor", r.Unit)
	case r.Unit == KWh:
		return 3.6e6 / step, nil
	case r.Unit == Wh:
		return 3600 / step, nil
	case r.Unit == Joule:
		return 1 / step, nil
	case r.Unit == Watt:
		return 1, nil
	case o.AnchorType == "":
		return 0, ErrNoScale
	}
	t := r.typeNamed(o.AnchorType)
	idle, slope, reason := t.unit()
	if reason != "" {
		return 0, badSetting("anchor-w", "%s: %s", t.Name, reason)
	}
	return o.AnchorW / (idle + slope), nil
}

// unit returns the mean idle energy and the slope of one radio unit of a type.
// Units of one kind behind one meter share its level; of different kinds, the
// meter does not tell whose it is.
func (t *Type) unit() (idle, slope float64, reason string) {
	kinds := strings.Split(t.Name, " + ")
	for _, k := range kinds {
		if k != kinds[0] {
			return 0, 0, "cells of different kinds share a meter, which does not tell their idle powers apart"
		}
	}
	for _, e := range t.Slope {
		slope += e.Value / float64(t.Cells)
	}
	return t.Mean / float64(t.Cells), slope, ""
}

// entryOf makes the profile of a type, or says why there is none.
func (r *Result) entryOf(t *Type, scale float64, o *ProfileOptions) (profileEntry, string) {
	idle, slope, reason := t.unit()
	e := profileEntry{
		Name: o.Prefix + slug(strings.Split(t.Name, " + ")[0]), Family: power.Field, TRX: max(t.Chains, 1),
		BaseCV: round(r.spreadOf(t)), WholeSite: o.WholeSite,
	}
	if t.Cells > 1 {
		e.Name += fmt.Sprintf("-x%d", t.Cells)
	}
	switch {
	case reason != "":
		return e, reason
	case t.Stations < o.MinStations:
		return e, fmt.Sprintf("%d stations, fewer than %d", t.Stations, o.MinStations)
	case !(idle > 0):
		return e, fmt.Sprintf("the fit gives an idle energy of %.3g", idle)
	case !(slope >= 0):
		return e, fmt.Sprintf("the fit gives a slope of %.3g", slope)
	}
	e.Source = fmt.Sprintf("%s, type %s: %d stations, %d readings, robust fit with a level of each station; transition times are assumptions", o.Source, t.Name, t.Stations, t.Rows)
	idleW, slopeW := idle*scale, slope*scale
	share := [power.NumStates]float64{}
	for _, s := range o.States {
		if m := t.term(s.Mode); m != nil {
			share[s.State] = min(max(m.left(t.Mean), 0.01), 1)
		}
	}
	// A silent unit cannot draw less than one whose carrier is off.
	if share[power.DTX] > 0 {
		share[power.DTX] = max(share[power.DTX], share[power.Sleep])
	}
	if share[power.Sleep] > 0 {
		e.asLine(idleW, slopeW, &share, o)
	} else {
		e.asStates(idleW, slopeW, &share)
	}
	return e, ""
}

// left returns the share of the idle energy that a term at full activation
// leaves.
func (m *Term) left(level float64) float64 {
	if m.Additive {
		return 1 + m.Effect.Value/level
	}
	return 1 - m.Effect.Value
}

// asLine states the profile in the linear form, whose carrier sleep also tells
// what follows the number of chains.
func (e *profileEntry) asLine(idleW, slopeW float64, share *[power.NumStates]float64, o *ProfileOptions) {
	e.Linear = &linearEntry{
		IdleW: round(idleW), FullW: round(idleW + slopeW), SlopeStatic: slopeStatic,
		IdleShare: map[string]float64{}, WakeS: map[string]float64{},
	}
	e.ControlS = map[string]float64{}
	for _, s := range []power.State{power.Sleep, power.DeepSleep, power.Dormant} {
		if share[s] > 0 {
			e.Linear.IdleShare[s.String()] = round(share[s])
			e.Linear.WakeS[s.String()] = o.WakeS[s]
			e.ControlS[s.String()] = o.ControlS[s]
		}
	}
	if share[power.DTX] > 0 {
		e.Linear.DTX = map[string]float64{"cycle_ms": dtxCycleMs, "on_ms": dtxOnMs, "ssb_period_ms": dtxCycleMs}
		e.Linear.DTXOff = round(share[power.DTX])
	}
}

// asStates states the profile by its states: without carrier sleep only what
// was measured.
func (e *profileEntry) asStates(idleW, slopeW float64, share *[power.NumStates]float64) {
	e.States = map[string]stateEntry{power.Full.String(): {BaseW: round(idleW), SlopeW: round(slopeW)}}
	if share[power.DTX] > 0 {
		const duty = float64(dtxOnMs) / dtxCycleMs
		e.States[power.DTX.String()] = stateEntry{
			BaseW: round(idleW * (duty + (1-duty)*share[power.DTX])), SlopeW: round(slopeW * duty), CapacityShare: duty,
		}
	}
}

// spreadOf returns the coefficient of variation of a type's levels; for few
// stations the usual one of all types, as their own says little.
func (r *Result) spreadOf(t *Type) float64 {
	if t.Stations >= leastResampled {
		return min(math.Abs(t.LevelCV), 1)
	}
	var all []float64
	for _, u := range r.Types {
		if u.Stations >= leastResampled {
			all = append(all, math.Abs(u.LevelCV))
		}
	}
	if len(all) == 0 {
		return 0
	}
	return min(median(all), 1)
}

// round keeps four digits: more are noise and would differ between machines.
func round(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return v
	}
	f := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*f) / f
}

// slug makes a name of letters, digits and dashes.
func slug(name string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
	return strings.Trim(out, "-")
}

// preface explains the file.
func (r *Result) preface(scale float64, o *ProfileOptions) string {
	var b strings.Builder
	line := func(format string, a ...any) {
		b.WriteString("# " + strings.ReplaceAll(fmt.Sprintf(format, a...), "\n", " ") + "\n")
	}
	line("Power profiles fitted to meter readings: %s.", o.Source)
	line("idle_w is the mean over stations, base_cv their spread; a type is %s.", cmp.Or(strings.Join(r.Columns, "/"), "every station"))
	if r.Unit == Relative {
		line("The readings have no unit. Scale (assumption): %s draws %g W at full load, so 1 is %.4g W.", o.AnchorType, o.AnchorW, scale)
	}
	for _, s := range o.States {
		line("%v is mode %s at full activation.", s.State, s.Mode)
	}
	line("Not measured, hence assumptions: slope_static_share (A of TR 38.864), wake_s, control_s, the cycle of DTX.")
	return b.String()
}
