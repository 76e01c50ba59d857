package sweep

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"hibernet/results/sweep/search"
	"hibernet/scenarios/sweeps"
)

// Trial is one point of a search and what came out of it.
type Trial struct {
	Number int `json:"number"` // from 0, in the order in which points were drawn
	Round  int `json:"round"`  // of halving or generation of cmaes, from 0
	// Settings are the point's values, one a column.
	Settings []string `json:"settings"`
	Days     float64  `json:"days"` // length of its runs
	// Objective is the mean of the objective's figure over the runs, NaN if
	// one of them failed or does not have it.
	Objective Real `json:"objective"`
	// Violation is the sum, over the constraints, of by how much the mean of
	// the figure misses the bound, over the bound's size; infinite (null) for
	// a figure that is missing.
	Violation Real `json:"violation"`
	Feasible  bool `json:"feasible"`
}

// Search is a search under way.
type Search struct {
	Spec     sweeps.Spec
	Base     sweeps.Base
	Policies []sweeps.Policy
	// Play plays runs that are not finished; those that fail stay without an
	// outcome.
	Play func(context.Context, []sweeps.Run) error
	// Outcome returns the outcome of a finished run.
	Outcome func(id string) (Outcome, bool)

	objective sweeps.Objective
	gates     []sweeps.Condition
	runs      []sweeps.Run // of all trials so far, each once
	known     map[string]bool
	trials    []Trial
	drawn     int
}

// Run carries the search out and returns its trials and their runs. When Play
// returns an error the search stops with it; a later Run over the finished
// outcomes asks for the same trials and goes on.
func (s *Search) Run(ctx context.Context) ([]Trial, []sweeps.Run, error) {
	var err error
	if s.objective, err = sweeps.ParseObjective(s.Spec.Search.Objective); err != nil {
		return nil, nil, fmt.Errorf("sweep: search.objective: %w", err)
	}
	s.gates, s.known = s.Spec.Search.Gates(), map[string]bool{}
	switch s.Spec.Search.Method {
	case sweeps.MethodHalving:
		err = s.halving(ctx)
	case sweeps.MethodCMAES:
		err = s.cmaes(ctx)
	default:
		_, err = s.round(ctx, search.Uniform(s.Spec.Search.Trials, len(s.Spec.Search.Space), s.Spec.Search.Seed), nil, 0, s.Spec.Days)
	}
	for i := range s.runs {
		s.runs[i].Index = i
	}
	return s.trials, s.runs, err
}

// halving plays all points for the first rung's days, the best of them for the
// next's, and so on.
func (s *Search) halving(ctx context.Context) error {
	spec := s.Spec.Search
	points := search.Uniform(spec.Trials, len(spec.Space), spec.Seed)
	numbers := make([]int, len(points))
	for i := range numbers {
		numbers[i] = i
	}
	rungs := spec.Rungs(s.Spec.Days)
	for round, days := range rungs {
		scores, err := s.round(ctx, points, numbers, round, days)
		if err != nil || round == len(rungs)-1 {
			return err
		}
		var next [][]float64
		var kept []int
		for _, i := range search.Survivors(scores, spec.Eta) {
			next, kept = append(next, points[i]), append(kept, numbers[i])
		}
		points, numbers = next, kept
	}
	return nil
}

// cmaes plays generations until the trials are used up.
func (s *Search) cmaes(ctx context.Context) error {
	spec := s.Spec.Search
	pop := spec.Population
	if pop == 0 {
		pop = search.Population(len(spec.Space))
	}
	c := search.NewCMAES(len(spec.Space), pop, spec.Seed)
	for round := 0; (round+1)*pop <= max(spec.Trials, pop); round++ {
		points := c.Ask()
		if points == nil {
			return nil
		}
		scores, err := s.round(ctx, points, nil, round, s.Spec.Days)
		if err != nil {
			return err
		}
		c.Tell(scores)
	}
	return nil
}

// round plays points of the unit cube and scores them. numbers are those of
// trials that were drawn before, nil for new ones.
func (s *Search) round(ctx context.Context, cube [][]float64, numbers []int, round int, days float64) ([]search.Score, error) {
	points := make([]sweeps.Point, len(cube))
	var distinct []sweeps.Point
	seen := map[string]bool{}
	for i, u := range cube {
		for d, setting := range s.Spec.Search.Space {
			points[i] = append(points[i], setting.Value(u[d]))
		}
		if key := fmt.Sprint(points[i]); !seen[key] {
			seen[key] = true
			distinct = append(distinct, points[i])
		}
	}
	runs, err := s.Spec.Runs(s.Base, s.Policies, distinct, days)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		if !s.known[r.ID] {
			s.known[r.ID] = true
			s.runs = append(s.runs, r)
		}
	}
	if limit := s.Spec.Budget.Runs; limit > 0 && len(s.runs) > limit {
		return nil, fmt.Errorf("%w: round %d of the search comes to %d runs, budget.runs allows %d", ErrBudget, round, len(s.runs), limit)
	}
	if err := s.Play(ctx, runs); err != nil {
		return nil, err
	}
	scores := make([]search.Score, len(points))
	for i, p := range points {
		t := s.trial(p, runs)
		t.Round, t.Days, t.Number = round, days, s.drawn
		if numbers != nil {
			t.Number = numbers[i]
		}
		s.drawn++
		s.trials = append(s.trials, t)
		scores[i] = search.Score{Value: float64(t.Objective), Violation: float64(t.Violation)}
		if s.objective.Maximize {
			scores[i].Value = -scores[i].Value
		}
	}
	return scores, nil
}

// ErrBudget is wrapped by the error of a search that would ask for more runs
// than its budget allows.
var ErrBudget = errors.New("sweep: the budget is used up")

// trial scores a point from the outcomes of its runs.
func (s *Search) trial(p sweeps.Point, runs []sweeps.Run) Trial {
	t := Trial{Objective: Real(s.mean(s.objective.Figure, p, runs))}
	for _, v := range p {
		t.Settings = append(t.Settings, string(v))
	}
	for _, g := range s.gates {
		size := math.Abs(g.Number)
		if size == 0 {
			size = 1
		}
		t.Violation += Real(g.Excess(s.mean(g.Name, p, runs)) / size)
	}
	t.Feasible = t.Violation == 0 && !math.IsNaN(float64(t.Objective))
	return t
}

// mean returns the mean of a figure over the runs of a point, NaN if one of
// them failed or does not have it.
func (s *Search) mean(figure string, p sweeps.Point, runs []sweeps.Run) float64 {
	sum, n := 0.0, 0
	for _, r := range runs {
		if slices.Equal(r.Point, p) {
			o, ok := s.Outcome(r.ID)
			if !ok {
				return math.NaN()
			}
			sum += o.Figure(figure)
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// Best returns the best trial of those that were played for the whole length,
// nil if there is none that keeps the constraints.
func (s *Search) Best() *Trial {
	var best *Trial
	for i := range s.trials {
		t := &s.trials[i]
		better := best == nil || s.objective.Maximize && t.Objective > best.Objective || !s.objective.Maximize && t.Objective < best.Objective
		if t.Feasible && t.Days == s.Spec.Days && better {
			best = t
		}
	}
	return best
}
