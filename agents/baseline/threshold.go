package baseline

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"hibernet/agents"
	"hibernet/env"
)

var (
	_ agents.Selective = (*Threshold)(nil)
	_ agents.Parallel  = (*Threshold)(nil)
)

// ThresholdSpec holds the load thresholds of 3GPP TS 28.541 and TS 28.310
// (intraRatEsActivationOriginalCellLoadParameters,
// intraRatEsActivationCandidateCellsLoadParameters,
// intraRatEsDeactivationCandidateCellsLoadParameters: each a load threshold
// and a duration). The standard gives no values: the defaults are a coherent
// set used in a public prototype (secondary source).
type ThresholdSpec struct {
	OwnSleepBelow       float64 `yaml:"own_sleep_below" json:"own_sleep_below" doc:"a cell may sleep while its own PRB utilisation is below" unit:"1" gt:"0" max:"1"`
	CandidateSleepBelow float64 `yaml:"candidate_sleep_below" json:"candidate_sleep_below" doc:"and the load of the cells that would take over is below" unit:"1" gt:"0" max:"1"`
	SleepAfterS         float64 `yaml:"sleep_after_s" json:"sleep_after_s" doc:"both held for" unit:"s" min:"0" max:"86400"`
	CandidateWakeAbove  float64 `yaml:"candidate_wake_above" json:"candidate_wake_above" doc:"a sleeping cell wakes when the load of the cells that took over is above" unit:"1" gt:"0" max:"1"`
	WakeAfterS          float64 `yaml:"wake_after_s" json:"wake_after_s" doc:"held for" unit:"s" min:"0" max:"86400"`
	DwellS              float64 `yaml:"dwell_s" json:"dwell_s" doc:"least time in a state before the next switch" unit:"s" min:"0" max:"86400"`
	State               string  `yaml:"state" json:"state" doc:"power state to sleep in" enum:"carrier_sleep,deep_sleep,dormant"`
	// Classes hold whole sets of thresholds, which replace those above in cells
	// of their class: what hibernet tune threshold finds.
	Classes map[string]ClassThresholds `yaml:"classes" json:"classes" doc:"thresholds of their own for the cells of an area class (dense_urban, urban, suburban, rural); the policy then reads the columns class_<name>" maxlen:"4"`
}

// ClassThresholds is a ThresholdSpec for the cells of one area class.
type ClassThresholds struct {
	OwnSleepBelow       float64 `yaml:"own_sleep_below" json:"own_sleep_below" doc:"a cell may sleep while its own PRB utilisation is below" unit:"1" gt:"0" max:"1"`
	CandidateSleepBelow float64 `yaml:"candidate_sleep_below" json:"candidate_sleep_below" doc:"and the load of the cells that would take over is below" unit:"1" gt:"0" max:"1"`
	SleepAfterS         float64 `yaml:"sleep_after_s" json:"sleep_after_s" doc:"both held for" unit:"s" min:"0" max:"86400"`
	CandidateWakeAbove  float64 `yaml:"candidate_wake_above" json:"candidate_wake_above" doc:"a sleeping cell wakes when the load of the cells that took over is above" unit:"1" gt:"0" max:"1"`
	WakeAfterS          float64 `yaml:"wake_after_s" json:"wake_after_s" doc:"held for" unit:"s" min:"0" max:"86400"`
	DwellS              float64 `yaml:"dwell_s" json:"dwell_s" doc:"least time in a state before the next switch" unit:"s" min:"0" max:"86400"`
	State               string  `yaml:"state" json:"state" doc:"power state to sleep in" enum:"carrier_sleep,deep_sleep,dormant"`
}

// ClassNames are the area classes, as the columns class_<name> have them.
func ClassNames() []string { return []string{"dense_urban", "urban", "suburban", "rural"} }

// plain returns the thresholds outside of classes.
func (s ThresholdSpec) plain() ClassThresholds {
	return ClassThresholds{s.OwnSleepBelow, s.CandidateSleepBelow, s.SleepAfterS, s.CandidateWakeAbove, s.WakeAfterS, s.DwellS, s.State}
}

// classes returns the classes with thresholds of their own, in the order of
// ClassNames.
func (s ThresholdSpec) classes() []string {
	return slices.DeleteFunc(ClassNames(), func(name string) bool { _, ok := s.Classes[name]; return !ok })
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
	errs := s.plain().Validate()
	for _, name := range slices.Sorted(maps.Keys(s.Classes)) {
		if !slices.Contains(ClassNames(), name) {
			errs = append(errs, fmt.Errorf("classes: no area class is called %q: have %s", name, strings.Join(ClassNames(), ", ")))
		}
		for _, err := range s.Classes[name].Validate() {
			errs = append(errs, fmt.Errorf("classes.%s.%w", name, err))
		}
	}
	return errs
}

// Validate returns every broken relation, each named by its path.
func (s ClassThresholds) Validate() []error {
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
// is_coverage and state_<name> of the sleep states that the environment has,
// and class_<name> of the area classes that have thresholds of their own.
// The loads are means over the last control interval, so a condition that
// such a mean meets counts as held for the whole interval; how long that was
// is read from the hour. At the first step nothing has been held yet.
type Threshold struct {
	spec  ThresholdSpec
	table table
	hour, own, candidate,
	sinceMin, coverage column
	asleep []sleepColumn // states that count as asleep
	covers float32       // observation from which a cell is of the coverage layer
	rules  []thresholds  // those of all cells, then those of the classes

	held     []int32 // [rows] for how long the conditions to sleep (above 0) or to wake (below) have held, s/100
	passed   int32   // since the last step, s/100
	lastHour float64 // NaN before the first step
}

// thresholds are those of one class, or of all cells, as observations.
type thresholds struct {
	class column  // of the class; unused for all cells
	is    float32 // observation from which a cell is of the class
	sleep int     // action to sleep with
	// Observations from which the load of a cell or that of its candidate is
	// too high to sleep, high enough to wake, and it has been in its state for
	// the dwell time.
	busy, full, wake, dwelt float32
	sleepAfter, wakeAfter   int32 // s/100
}

type sleepColumn struct {
	column column
	action int     // that keeps the cell there
	is     float32 // observation from which a cell is in the state
}

// maxHeld bounds the clocks, s/100: half a year.
const maxHeld = 1 << 30

// NewThreshold returns the rule, or all faults of its spec.
func NewThreshold(spec ThresholdSpec) (*Threshold, error) {
	if err := errors.Join(spec.Validate()...); err != nil {
		return nil, err
	}
	return &Threshold{spec: spec}, nil
}

// Name implements agents.Policy.
func (*Threshold) Name() string { return "threshold" }

// Columns implements agents.Selective.
func (p *Threshold) Columns() []string {
	columns := []string{"hour", "own_load", "candidate_load", "time_in_state_min", "is_coverage"}
	for _, name := range sleepStates {
		columns = append(columns, "state_"+name)
	}
	for _, name := range p.spec.classes() {
		columns = append(columns, "class_"+name)
	}
	return columns
}

// SetWorkers implements agents.Parallel.
func (p *Threshold) SetWorkers(n int) { p.table.workers = n }

// Reset implements agents.Policy.
func (p *Threshold) Reset(s env.Schema, rows int, _ uint64) (err error) {
	if err := p.table.reset(s, rows, true, p.choose); err != nil {
		return err
	}
	if err := findColumns(s, []struct {
		name string
		dst  *column
	}{
		{"hour", &p.hour}, {"own_load", &p.own}, {"candidate_load", &p.candidate},
		{"time_in_state_min", &p.sinceMin}, {"is_coverage", &p.coverage},
	}); err != nil {
		return err
	}
	p.asleep = p.asleep[:0]
	for _, name := range sleepStates {
		c, err := findColumn(s, "state_"+name)
		a, have := s.Action(name)
		if err == nil && have {
			p.asleep = append(p.asleep, sleepColumn{column: c, action: a})
		}
	}
	p.held = slices.Grow(p.held[:0], rows)[:rows]
	clear(p.held)
	p.lastHour = math.NaN()
	return p.findLimits(s)
}

// findLimits finds the observations at which the answers change.
func (p *Threshold) findLimits(s env.Schema) error {
	var errs []error
	p.covers = p.find(&errs, p.coverage, func(x float64) bool { return x > 0.5 })
	for i := range p.asleep {
		p.asleep[i].is = p.find(&errs, p.asleep[i].column, isSet)
	}
	p.rules = append(p.rules[:0], p.thresholds(&errs, s, p.spec.plain()))
	for _, name := range p.spec.classes() {
		r := p.thresholds(&errs, s, p.spec.Classes[name])
		c, err := findColumn(s, "class_"+name)
		errs = append(errs, err)
		if err == nil {
			r.class, r.is = c, p.find(&errs, c, isSet)
		}
		p.rules = append(p.rules, r)
	}
	return errors.Join(errs...)
}

// isSet says whether a column of zeros and ones holds a one.
func isSet(x float64) bool { return x >= 0.5 }

// find returns the least observation that meets a condition.
func (p *Threshold) find(errs *[]error, c column, met func(float64) bool) float32 {
	x, err := c.least(met)
	*errs = append(*errs, err)
	return x
}

// thresholds turns a class's settings into observations and actions.
func (p *Threshold) thresholds(errs *[]error, s env.Schema, spec ClassThresholds) thresholds {
	sleep, err := actionIndex(s, spec.State)
	*errs = append(*errs, err)
	if _, err := findColumn(s, "state_"+spec.State); err != nil {
		*errs = append(*errs, err)
	}
	return thresholds{
		sleep:      sleep,
		busy:       p.find(errs, p.own, func(x float64) bool { return x >= spec.OwnSleepBelow }),
		full:       p.find(errs, p.candidate, func(x float64) bool { return x >= spec.CandidateSleepBelow }),
		wake:       p.find(errs, p.candidate, func(x float64) bool { return x > spec.CandidateWakeAbove }),
		dwelt:      p.find(errs, p.sinceMin, func(x float64) bool { return seconds(x/60) >= spec.DwellS }),
		sleepAfter: hundredths(spec.SleepAfterS), wakeAfter: hundredths(spec.WakeAfterS),
	}
}

// ruleOf returns the thresholds of a cell.
func (p *Threshold) ruleOf(obs []float32) *thresholds {
	for i := 1; i < len(p.rules); i++ {
		if r := &p.rules[i]; obs[r.class.index] >= r.is {
			return r
		}
	}
	return &p.rules[0]
}

// hundredths returns a time in s as a whole number of s/100, rounded up.
func hundredths(s float64) int32 { return int32(math.Ceil(s*100 - 1e-6)) }

// ActTo implements agents.Policy.
func (p *Threshold) ActTo(dst []int32, b *env.Batch) error {
	if err := p.table.check(dst, b); err != nil {
		return err
	}
	if len(dst) == 0 {
		return nil
	}
	p.passed = int32(math.Round(100 * p.passedS(p.hour.raw(b.Obs, 0)))) // the clock is the same for all rows
	return p.table.act(dst, b)
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

func (p *Threshold) choose(lo, hi int) int {
	t := &p.table
	for row := lo; row < hi; row++ {
		obs := t.batch.Obs[row*t.stride : (row+1)*t.stride]
		a, r := t.full, p.ruleOf(obs)
		if obs[p.coverage.index] < p.covers {
			a = p.want(obs, r, &p.held[row])
		}
		mask := t.batch.Mask[row*t.width : (row+1)*t.width]
		if !mask[a] {
			if a != t.full && a != r.sleep && mask[r.sleep] {
				a = r.sleep
			} else if a = int(t.fallback(row)); a < 0 {
				return row
			}
		}
		t.dst[row] = int32(a)
	}
	return -1
}

// want returns the action that the rule wants for a capacity cell, and moves
// its clock on. The conditions to sleep and to wake exclude each other, so
// that one clock does for both.
func (p *Threshold) want(obs []float32, r *thresholds, held *int32) int {
	candidate := obs[p.candidate.index]
	maySleep, mustWake := false, false
	switch {
	case obs[p.own.index] < r.busy && candidate < r.full:
		*held = min(max(*held, 0)+p.passed, maxHeld)
		maySleep = *held >= r.sleepAfter
	case candidate >= r.wake:
		*held = max(min(*held, 0)-p.passed, -maxHeld)
		mustWake = -*held >= r.wakeAfter
	default:
		*held = 0
	}
	dwelt := obs[p.sinceMin.index] >= r.dwelt
	for i := range p.asleep {
		if s := &p.asleep[i]; obs[s.column.index] >= s.is {
			if mustWake && dwelt {
				return p.table.full
			}
			return s.action
		}
	}
	if maySleep && dwelt {
		return r.sleep
	}
	return p.table.full
}
