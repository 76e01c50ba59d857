package baseline

import (
	"errors"
	"fmt"
	"math"

	"hibernet/agents"
	"hibernet/env"
)

var _ agents.Policy = (*Threshold)(nil)

// ThresholdSpec holds the load thresholds of 3GPP TS 28.541 and TS 28.310
// (intraRatEsActivationOriginalCellLoadParameters,
// intraRatEsActivationCandidateCellsLoadParameters,
// intraRatEsDeactivationCandidateCellsLoadParameters: each a load threshold
// and a duration). The standard gives no values: the defaults are a coherent
// set used in a public prototype (secondary source).
type ThresholdSpec struct {
	OwnSleepBelow       float64 `yaml:"own_sleep_below" doc:"a cell may sleep while its own PRB utilisation is below" unit:"1" gt:"0" max:"1"`
	CandidateSleepBelow float64 `yaml:"candidate_sleep_below" doc:"and the load of the cells that would take over is below" unit:"1" gt:"0" max:"1"`
	SleepAfterS         float64 `yaml:"sleep_after_s" doc:"both held for" unit:"s" min:"0" max:"86400"`
	CandidateWakeAbove  float64 `yaml:"candidate_wake_above" doc:"a sleeping cell wakes when the load of the cells that took over is above" unit:"1" gt:"0" max:"1"`
	WakeAfterS          float64 `yaml:"wake_after_s" doc:"held for" unit:"s" min:"0" max:"86400"`
	DwellS              float64 `yaml:"dwell_s" doc:"least time in a state before the next switch" unit:"s" min:"0" max:"86400"`
	State               string  `yaml:"state" doc:"power state to sleep in" enum:"carrier_sleep,deep_sleep,dormant"`
}

// DefaultThresholdSpec returns 30 % own load and 70 % candidate load for 60 s
// to sleep, 80 % candidate load to wake, 120 s dwell, carrier sleep.
func DefaultThresholdSpec() ThresholdSpec {
	return ThresholdSpec{
		OwnSleepBelow: 0.30, CandidateSleepBelow: 0.70, SleepAfterS: 60,
		CandidateWakeAbove: 0.80, WakeAfterS: 0, DwellS: 120, State: "carrier_sleep",
	}
}

// Validate returns every broken relation, each named by its path.
func (s ThresholdSpec) Validate() []error {
	var errs []error
	for _, f := range []struct {
		path  string
		value float64
	}{
		{"own_sleep_below", s.OwnSleepBelow}, {"candidate_sleep_below", s.CandidateSleepBelow},
		{"candidate_wake_above", s.CandidateWakeAbove},
	} {
		if !(f.value > 0 && f.value <= 1) {
			errs = append(errs, fmt.Errorf("%s: allowed above 0 to 1, got %g", f.path, f.value))
		}
	}
	for _, f := range []struct {
		path  string
		value float64
	}{{"sleep_after_s", s.SleepAfterS}, {"wake_after_s", s.WakeAfterS}, {"dwell_s", s.DwellS}} {
		if !(f.value >= 0 && f.value <= 86400) {
			errs = append(errs, fmt.Errorf("%s: allowed 0 to 86400 s, got %g", f.path, f.value))
		}
	}
	if s.CandidateSleepBelow >= s.CandidateWakeAbove {
		errs = append(errs, fmt.Errorf("candidate_sleep_below: must be below candidate_wake_above (%g) or cells would fall asleep and wake at the same load, got %g",
			s.CandidateWakeAbove, s.CandidateSleepBelow))
	}
	return append(errs, checkSleep("state", s.State)...)
}

// Threshold is the rule of today's networks: a capacity cell sleeps when its
// own load and that of the cells that would take over have been low for a
// while, and wakes when the latter has been high. Hysteresis and a dwell time
// keep it from flapping. Coverage cells stay on.
//
// It reads the columns hour, own_load, candidate_load, time_in_state_min,
// is_coverage and state_<name> of the sleep states that the environment has.
// The loads are means over the last control interval, so a condition that
// such a mean meets counts as held for the whole interval; how long that was
// is read from the hour. At the first step nothing has been held yet.
type Threshold struct {
	spec  ThresholdSpec
	table table
	hour, own, candidate,
	sinceMin, coverage column
	sleep    int           // action to sleep with
	asleep   []sleepColumn // states that count as asleep
	held     []clocks      // [rows]
	lastHour float64       // NaN before the first step
}

type sleepColumn struct {
	column column
	action int // that keeps the cell there
}

// clocks is for how many seconds each condition has held.
type clocks struct{ sleepS, wakeS float64 }

// NewThreshold returns the rule, or all faults of its spec.
func NewThreshold(spec ThresholdSpec) (*Threshold, error) {
	if err := errors.Join(spec.Validate()...); err != nil {
		return nil, err
	}
	return &Threshold{spec: spec}, nil
}

// Name implements agents.Policy.
func (*Threshold) Name() string { return "threshold" }

// Reset implements agents.Policy.
func (p *Threshold) Reset(s env.Schema, rows int, _ uint64) (err error) {
	if p.table, err = newTable(s, rows); err != nil {
		return err
	}
	if p.sleep, err = actionIndex(s, p.spec.State); err != nil {
		return err
	}
	p.asleep = p.asleep[:0]
	for _, name := range sleepStates {
		c, err := findColumn(s, "state_"+name)
		a, have := s.Action(name)
		if err == nil && have {
			p.asleep = append(p.asleep, sleepColumn{c, a})
		} else if name == p.spec.State {
			return err
		}
	}
	p.held = make([]clocks, rows)
	p.lastHour = math.NaN()
	return findColumns(s, []struct {
		name string
		dst  *column
	}{
		{"hour", &p.hour}, {"own_load", &p.own}, {"candidate_load", &p.candidate},
		{"time_in_state_min", &p.sinceMin}, {"is_coverage", &p.coverage},
	})
}

// ActTo implements agents.Policy.
func (p *Threshold) ActTo(dst []int32, b *env.Batch) (err error) {
	if err := p.table.check(dst, b); err != nil {
		return err
	}
	if len(dst) == 0 {
		return nil
	}
	passedS := p.passedS(p.hour.raw(b.Obs, 0)) // the clock is the same for all rows
	for row := range dst {
		if dst[row], err = p.act(b, row, passedS); err != nil {
			return err
		}
	}
	return nil
}

// passedS returns the seconds since the last call, at most a day.
func (p *Threshold) passedS(hour float64) float64 {
	last := p.lastHour
	p.lastHour = hour
	if math.IsNaN(last) {
		return 0
	}
	passed := seconds(hour) - seconds(last)
	if passed <= 0 {
		passed += 24 * 3600
	}
	return passed
}

func (p *Threshold) act(b *env.Batch, row int, passedS float64) (int32, error) {
	if p.coverage.raw(b.Obs, row) > 0.5 {
		return p.table.pick(b, row)
	}
	candidate := p.candidate.raw(b.Obs, row)
	held := &p.held[row]
	low := p.own.raw(b.Obs, row) < p.spec.OwnSleepBelow && candidate < p.spec.CandidateSleepBelow
	maySleep := hold(&held.sleepS, low, passedS, p.spec.SleepAfterS)
	mustWake := hold(&held.wakeS, candidate > p.spec.CandidateWakeAbove, passedS, p.spec.WakeAfterS)
	dwelt := seconds(p.sinceMin.raw(b.Obs, row)/60) >= p.spec.DwellS
	for _, s := range p.asleep {
		if s.column.raw(b.Obs, row) < 0.5 {
			continue
		}
		if mustWake && dwelt {
			return p.table.pick(b, row)
		}
		return p.table.pick(b, row, s.action, p.sleep)
	}
	if maySleep && dwelt {
		return p.table.pick(b, row, p.sleep)
	}
	return p.table.pick(b, row)
}

// hold adds the time that passed to a condition's clock, or clears it, and
// says whether the condition has held for long enough.
func hold(clockS *float64, now bool, passedS, needS float64) bool {
	if !now {
		*clockS = 0
		return false
	}
	*clockS += passedS
	return *clockS >= needS
}
