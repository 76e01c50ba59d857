package scenarios

import (
	"fmt"
	"slices"
)

// SplitSpec says on which days of the week a policy learns and on which it is
// judged. Day 0 is a Monday.
type SplitSpec struct {
	TrainDays     []int `yaml:"train_days" doc:"days of the week that training episodes are drawn from; 0 is Monday" min:"0" max:"6" minlen:"1" maxlen:"7"`
	EvaluateDays  []int `yaml:"evaluate_days" doc:"days of the week that policies are compared on; none of train_days" min:"0" max:"6" minlen:"1" maxlen:"7"`
	EvaluateSeeds int   `yaml:"evaluate_seeds" doc:"seeds that a comparison is repeated with: realisations of the demand's noise and of what is random in a policy" min:"1" max:"1000"`
}

// DefaultSplit trains on five days and holds out two: one weekday and one
// weekend day.
func DefaultSplit() SplitSpec {
	return SplitSpec{TrainDays: []int{0, 1, 2, 4, 5}, EvaluateDays: []int{3, 6}, EvaluateSeeds: 3}
}

// Validate returns every broken relation.
func (s SplitSpec) Validate() []error {
	errs := append(validDays("train_days", s.TrainDays), validDays("evaluate_days", s.EvaluateDays)...)
	for i, d := range s.EvaluateDays {
		if slices.Contains(s.TrainDays, d) {
			errs = append(errs, fmt.Errorf("evaluate_days[%d]: day %d is also in train_days: a policy may not be judged on a day it learns on", i, d))
		}
	}
	if s.EvaluateSeeds < 1 || s.EvaluateSeeds > 1000 {
		errs = append(errs, fmt.Errorf("evaluate_seeds: must be in 1..1000, got %d", s.EvaluateSeeds))
	}
	return errs
}

func validDays(path string, days []int) []error {
	var errs []error
	if len(days) == 0 {
		errs = append(errs, fmt.Errorf("%s: must have at least one day", path))
	}
	for i, d := range days {
		if d < 0 || d > 6 {
			errs = append(errs, fmt.Errorf("%s[%d]: must be in 0..6, got %d", path, i, d))
		}
		if slices.Contains(days[:i], d) {
			errs = append(errs, fmt.Errorf("%s[%d]: day %d is listed twice", path, i, d))
		}
	}
	return errs
}

// Phase is what an environment is for.
type Phase uint8

// The phases: training and judging happen on different days.
const (
	Train Phase = iota
	Evaluate
)

// String returns "train" or "evaluate".
func (p Phase) String() string {
	if p == Evaluate {
		return "evaluate"
	}
	return "train"
}

// Days returns the days of the week of a phase, ascending; 0 is Monday.
func (s SplitSpec) Days(p Phase) []int {
	days := s.TrainDays
	if p == Evaluate {
		days = s.EvaluateDays
	}
	return slices.Sorted(slices.Values(days))
}
