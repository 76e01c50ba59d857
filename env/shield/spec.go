// Package shield holds the safety rules that stand between any policy and the
// network: in training, in evaluation and when a policy is served.
//
// A policy wishes a power state for each cell; Filter turns the wishes into
// decisions that open no coverage hole, keep the dwell times and the wake-up
// budget, and wake cells when load or missing observations call for it. Every
// decision that is not the wish is an intervention, counted by its cause.
//
// The package is pure: it knows no simulator, no clock and no randomness.
// Cells, positions and states are indices; time is given, in microseconds
// since a Monday 00:00 local time. One pass decides for all cells in a fixed,
// documented order, so that the same inputs give the same decisions.
//
// The invariant that the coverage rule keeps: a position that was covered
// before a decision is covered while and after it is carried out, whatever
// the other cells do. A cell that is still waking covers nothing yet.
package shield

import "fmt"

// Spec holds the settings of the rules.
type Spec struct {
	AlwaysOnCoverage bool    `yaml:"always_on_coverage" doc:"cells of the coverage layer never sleep"`
	KeepCoverage     bool    `yaml:"keep_coverage" doc:"refuse a wish that would leave a position without a cell above its threshold, and repair such holes"`
	MinOnS           float64 `yaml:"min_on_s" doc:"least time awake before a cell may sleep" unit:"s" min:"0" max:"86400"`
	MinOffS          float64 `yaml:"min_off_s" doc:"least time asleep before a cell may be woken by a wish; emergencies do not wait" unit:"s" min:"0" max:"86400"`
	MaxWakesPerDay   int     `yaml:"max_wakes_per_day" doc:"a cell that has been woken so often on this day may not sleep again; 0 = no sleep at all" unit:"1" min:"0" max:"10000"`
	EmergencyLoad    float64 `yaml:"emergency_load" doc:"load of a cell that stands in for others from which they are woken, and of a cell in a reduced state from which it returns to full" unit:"1" gt:"0" max:"1"`
	MaxAgeS          float64 `yaml:"max_age_s" doc:"an observation older than this leads to the full state" unit:"s" min:"0" max:"86400"`
}

// DefaultSpec returns rules that a policy meets seldom.
//
// The dwell times exceed the 120 s and the emergency load lies above the
// wake-up threshold of 0.8 of threshold rules in use (secondary source,
// unverified), so that a sound policy acts before the shield does. The
// wake-up budget, one in two hours, is ours: relays and power amplifiers are
// specified for a number of thermal cycles that makers do not publish. Two
// missed reports of 15 minutes make an observation stale.
func DefaultSpec() Spec {
	return Spec{
		AlwaysOnCoverage: true,
		KeepCoverage:     true,
		MinOnS:           900,
		MinOffS:          900,
		MaxWakesPerDay:   12,
		EmergencyLoad:    0.9,
		MaxAgeS:          1800,
	}
}

// Validate returns every fault of the settings.
func (s Spec) Validate() []error {
	var faults []error
	for _, f := range []struct {
		key      string
		value    float64
		min, max float64
	}{
		{"min_on_s", s.MinOnS, 0, 86400},
		{"min_off_s", s.MinOffS, 0, 86400},
		{"max_wakes_per_day", float64(s.MaxWakesPerDay), 0, 10000},
		{"max_age_s", s.MaxAgeS, 0, 86400},
	} {
		if !(f.value >= f.min && f.value <= f.max) {
			faults = append(faults, fmt.Errorf("%s: must be in [%g, %g], got %g", f.key, f.min, f.max, f.value))
		}
	}
	if !(s.EmergencyLoad > 0 && s.EmergencyLoad <= 1) {
		faults = append(faults, fmt.Errorf("emergency_load: must be in (0, 1], got %g", s.EmergencyLoad))
	}
	return faults
}

// Cause says why a decision is not the wish.
type Cause uint8

// Causes, in the order in which the rules are asked. The first rule that
// decides a cell's state is its cause; coverage comes after all of them.
const (
	None           Cause = iota // the wish was granted
	Transition                  // a transition under way is not broken off; a failed cell takes no request
	StaleInput                  // no fresh observation, or one out of range: full
	InvalidWish                 // no such state, or not in this radio unit: full
	AlwaysOn                    // the cell never sleeps
	EmergencyWake               // woken, or kept awake, because of load or of failed cells
	MinOffTime                  // asleep for too short a time to be woken
	MinOnTime                   // awake for too short a time to sleep
	WakeBudget                  // no wake-up left on this day
	CoverageHole                // a position would lose its last cell
	CoverageRepair              // woken because a position has no cell
	NumCauses
)

var causeNames = [NumCauses]string{"none", "transition", "stale_input", "invalid_wish", "always_on",
	"emergency_wake", "min_off_time", "min_on_time", "wake_budget", "coverage_hole", "coverage_repair"}

// String returns the cause's name in figures.
func (c Cause) String() string {
	if c < NumCauses {
		return causeNames[c]
	}
	return fmt.Sprintf("Cause(%d)", uint8(c))
}

// Causes returns the names of the causes that are counted, without None, in
// the order of Shield.Counts.
func Causes() []string { return append([]string(nil), causeNames[1:]...) }
