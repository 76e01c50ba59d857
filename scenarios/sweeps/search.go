package sweeps

import (
	"fmt"
	"math"
	"strings"

	"hibernet/scenarios/strict"
)

// Methods of a search.
const (
	MethodRandom  = "random"  // independent uniform draws
	MethodHalving = "halving" // many short runs, the best of them longer
	MethodCMAES   = "cmaes"   // an evolution strategy that adapts where it draws
)

// SearchSpec says what is searched and how.
type SearchSpec struct {
	Method      string      `yaml:"method" doc:"random = uniform draws; halving = successive halving: all trials are run for first_days, the best 1/eta of them eta times as long, and so on up to days; cmaes = covariance matrix adaptation evolution strategy; empty = no search" enum:",random,halving,cmaes"`
	Space       []SpaceSpec `yaml:"space" doc:"settings that are searched"`
	Objective   string      `yaml:"objective" doc:"minimize or maximize, and a figure: minimize energy_kwh; its mean over seeds and start days counts"`
	Constraints []string    `yaml:"constraints" doc:"conditions on means of figures that a solution must keep: dropped_pct <= 1; a figure that is missing or not defined breaks its condition"`
	Trials      int         `yaml:"trials" doc:"settings that are tried" min:"2" max:"100000"`
	Population  int         `yaml:"population" doc:"trials of one generation of cmaes; 0 takes 4 + 3 ln(settings)" min:"0" max:"1000"`
	Eta         int         `yaml:"eta" doc:"1/eta of the trials go on to the next round of halving" min:"2" max:"10"`
	FirstDays   float64     `yaml:"first_days" doc:"length of the runs of the first round of halving; 0 takes days/eta^2" unit:"days" min:"0" max:"365"`
	Seed        uint64      `yaml:"seed" doc:"seed of the draws" min:"0" max:"18446744073709551615"`
}

// SpaceSpec is one setting that is searched between two ends.
type SpaceSpec struct {
	Path  string  `yaml:"path" doc:"path of a setting" minlen:"1" maxlen:"200"`
	Name  string  `yaml:"name" doc:"column in the results; empty takes the path with _ in place of dots and brackets" maxlen:"100"`
	Low   float64 `yaml:"low" doc:"least value" min:"-1e15" max:"1e15"`
	High  float64 `yaml:"high" doc:"greatest value" min:"-1e15" max:"1e15"`
	Log   bool    `yaml:"log" doc:"search evenly in the logarithm"`
	Whole bool    `yaml:"whole" doc:"only whole numbers"`
}

func defaultSearch() SearchSpec { return SearchSpec{Trials: 30, Eta: 3, Seed: 1} }

// Column returns the name of the setting in the results.
func (s SpaceSpec) Column() string { return columnOf(s.Path, s.Name) }

// Value returns the setting's value at u, which goes from 0 at the low to 1 at
// the high end; what lies outside is taken to the nearest end.
func (s SpaceSpec) Value(u float64) strict.Value {
	u = math.Min(math.Max(u, 0), 1)
	x := s.Low + u*(s.High-s.Low)
	if s.Log {
		x = s.Low * math.Pow(s.High/s.Low, u)
	}
	if s.Whole {
		x = math.Round(x)
	}
	return strict.Value(number(math.Min(math.Max(x, s.Low), s.High)))
}

// Objective is what a search makes small or large.
type Objective struct {
	Figure   string
	Maximize bool
}

// ParseObjective reads "minimize FIGURE" or "maximize FIGURE".
func ParseObjective(text string) (Objective, error) {
	words := strings.Fields(text)
	if len(words) != 2 || words[0] != "minimize" && words[0] != "maximize" {
		return Objective{}, fmt.Errorf("must be minimize or maximize and a figure, got %q", text)
	}
	return Objective{Figure: words[1], Maximize: words[0] == "maximize"}, knownFigure(words[1])
}

// Gates returns the constraints. Validate has seen to it that all can be read.
func (s SearchSpec) Gates() []Condition {
	gates := make([]Condition, len(s.Constraints))
	for i, text := range s.Constraints {
		gates[i], _ = ParseGate(text)
	}
	return gates
}

// Rungs returns the lengths of the rounds of successive halving in days, the
// last of which is the whole length.
func (s SearchSpec) Rungs(days float64) []float64 {
	first := s.FirstDays
	if first == 0 {
		first = days / float64(s.Eta*s.Eta)
	}
	var rungs []float64
	for d := first; d < days*(1-rangeSlack); d *= float64(s.Eta) {
		rungs = append(rungs, d)
	}
	return append(rungs, days)
}

// validSearch checks the search and what does not go with one.
func (s Spec) validSearch() []error {
	if s.Search.Method == "" {
		if len(s.Search.Space)+len(s.Search.Constraints) > 0 || s.Search.Objective != "" {
			return []error{fmt.Errorf("search.method: is missing; allowed: random, halving, cmaes")}
		}
		return nil
	}
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(len(s.Axes)+len(s.Exclude) == 0, "axes: a search takes the place of axes and exclude: leave one of them out")
	check(len(s.Policies) == 1, "policies: a search is for one policy, got %d", len(s.Policies))
	check(len(s.Search.Space) > 0, "search.space: needs at least one setting")
	check(s.Search.FirstDays < s.Days, "search.first_days: must be below days = %g, got %g", s.Days, s.Search.FirstDays)
	check(s.Search.Population == 0 || s.Search.Population >= 4, "search.population: must be 0 or at least 4, got %d", s.Search.Population)
	if _, err := ParseObjective(s.Search.Objective); err != nil {
		errs = append(errs, fmt.Errorf("search.objective: %w", err))
	}
	for i, text := range s.Search.Constraints {
		if _, err := ParseGate(text); err != nil {
			errs = append(errs, fmt.Errorf("search.constraints[%d]: %w", i, err))
		}
	}
	paths, names := map[string]bool{}, map[string]bool{}
	for i, p := range s.Search.Space {
		check(p.High > p.Low, "search.space[%d].high: must be above low = %s, got %s", i, number(p.Low), number(p.High))
		check(!p.Log || p.Low > 0, "search.space[%d].low: must be above 0 with log, got %s", i, number(p.Low))
		check(!p.Whole || p.Low == math.Trunc(p.Low) && p.High == math.Trunc(p.High),
			"search.space[%d].low: the ends of whole numbers must be whole, got %s and %s", i, number(p.Low), number(p.High))
		if bad := badColumn(p.Path, p.Column(), paths, names); bad != nil {
			errs = append(errs, fmt.Errorf("search.space[%d].%w", i, bad))
		}
	}
	return errs
}
