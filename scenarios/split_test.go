package scenarios

import (
	"slices"
	"strings"
	"testing"
)

// An episode stays on the days of its phase, over the end of the week too.
func TestStrays(t *testing.T) {
	for _, c := range []struct {
		days        []int
		hours       float64
		first, into int
		strays      bool
	}{
		{[]int{3, 6}, 24, 0, 0, false},
		{[]int{3, 6}, 0.25, 0, 0, false},
		{[]int{0, 1, 2}, 24.25, 2, 3, true},
		{[]int{0, 6}, 48, 0, 1, true},
		{[]int{6}, 48, 6, 0, true},
		{[]int{0, 1, 2, 3, 4, 5, 6}, 8760, 0, 0, false},
		{[]int{0, 1, 2, 3, 4, 5}, 8760, 0, 6, true},
	} {
		first, into, ok := strays(c.days, c.hours)
		if ok != c.strays || first != c.first || into != c.into {
			t.Errorf("%v, %g h: got %d, %d, %t", c.days, c.hours, first, into, ok)
		}
	}
}

func TestSplitValidate(t *testing.T) {
	for want, s := range map[string]SplitSpec{
		"train_days: must have at least one day": {EvaluateDays: []int{1}, EvaluateSeeds: 1},
		"evaluate_days[1]: day 4 is also in":     {TrainDays: []int{4}, EvaluateDays: []int{1, 4}, EvaluateSeeds: 1},
		"train_days[1]: day 2 is listed twice":   {TrainDays: []int{2, 2}, EvaluateDays: []int{1}, EvaluateSeeds: 1},
		"evaluate_days[0]: must be in 0..6":      {TrainDays: []int{2}, EvaluateDays: []int{7}, EvaluateSeeds: 1},
		"evaluate_seeds: must be in 1..1000":     {TrainDays: []int{2}, EvaluateDays: []int{1}},
	} {
		if errs := s.Validate(); len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), want) {
			t.Errorf("got %v, want %q", errs, want)
		}
	}
	s := SplitSpec{TrainDays: []int{5, 0}, EvaluateDays: []int{6, 3}, EvaluateSeeds: 1}
	if !slices.Equal(s.Days(Train), []int{0, 5}) || !slices.Equal(s.Days(Evaluate), []int{3, 6}) {
		t.Errorf("got %v, %v", s.Days(Train), s.Days(Evaluate))
	}
}
