package train

import "fmt"

// Settings are those of an algorithm: a struct whose fields have their keys in
// scenarios as tags.
type Settings interface {
	// Validate returns every broken relation, each named by its path.
	Validate() []error
}

// Bound says what a setting may be: Lo to Hi, Lo excluded if Open.
type Bound struct {
	Path          string
	Value, Lo, Hi float64
	Open          bool
}

// Bounds returns an error for each value that is outside or not a number.
func Bounds(list []Bound) []error {
	var errs []error
	for _, b := range list {
		if b.Value >= b.Lo && b.Value <= b.Hi && !(b.Open && b.Value == b.Lo) {
			continue
		}
		note := ""
		if b.Open {
			note = " (the first excluded)"
		}
		errs = append(errs, fmt.Errorf("%s: allowed %g to %g%s, got %g", b.Path, b.Lo, b.Hi, note, b.Value))
	}
	return errs
}

// Section returns the faults of a section of the settings by their paths in the
// whole.
func Section(path string, faults []error) []error {
	for i, err := range faults {
		faults[i] = fmt.Errorf("%s.%w", path, err)
	}
	return faults
}

// The schedules: how what begins at a learning rate goes on.
const (
	Linear   = "linear"   // falls to zero over the iterations
	Constant = "constant" // stays
)

// CheckSchedule returns the fault of a schedule that is not one of these.
func CheckSchedule(schedule string) []error {
	if schedule == Linear || schedule == Constant {
		return nil
	}
	return []error{fmt.Errorf("schedule: allowed %q, %q, got %q", Linear, Constant, schedule)}
}

// Left is the share of its first value that a setting on a schedule has left in
// an iteration, from 0, of so many.
func Left(schedule string, iteration, iterations int) float64 {
	if schedule == Constant {
		return 1
	}
	return 1 - float64(iteration)/float64(iterations)
}
