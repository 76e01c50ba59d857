// Package search draws the trials of a search for the best settings. Settings
// are points of the unit cube; what they mean, and what comes out of a trial,
// is the caller's. Nothing here depends on the order in which trials end, so
// that a search asks for the same trials on any number of processors.
package search

import (
	"cmp"
	"math"
	"slices"

	"hibernet/sim/rng"
)

// Uniform returns n independent points of the unit cube of dim dimensions.
func Uniform(n, dim int, seed uint64) [][]float64 {
	key := rng.Root(seed).Named("search.uniform")
	points := make([][]float64, n)
	for i := range points {
		points[i] = make([]float64, dim)
		at := key.At(uint64(i))
		for d := range points[i] {
			points[i][d] = at.Float64(uint64(d))
		}
	}
	return points
}

// Score is what came out of a trial.
type Score struct {
	// Value is to be small. It is NaN if the trial failed.
	Value float64
	// Violation is by how much constraints were missed; 0 if all were kept.
	Violation float64
}

// Feasible says whether the trial kept all constraints and has a value.
func (s Score) Feasible() bool { return s.Violation == 0 && !math.IsNaN(s.Value) }

// Order returns the indices of the scores from best to worst: first those that
// keep the constraints, by value; then those that do not, by violation; then
// those without a value (the rules of K. Deb, An efficient constraint handling
// method for genetic algorithms, Computer Methods in Applied Mechanics and
// Engineering 186, 2000, section 3). Of equals the earlier comes first.
func Order(scores []Score) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	class := func(s Score) int {
		switch {
		case s.Feasible():
			return 0
		case !math.IsNaN(s.Value):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := scores[i], scores[j]
		if c := cmp.Compare(class(a), class(b)); c != 0 || class(a) == 2 {
			return c
		}
		if class(a) == 0 {
			return cmp.Compare(a.Value, b.Value)
		}
		return cmp.Compare(a.Violation, b.Violation)
	})
	return order
}

// Survivors returns the indices, ascending, of the trials that go on to the
// next round of successive halving: the best 1/eta of them, at least one (K.
// Jamieson and A. Talwalkar, Non-stochastic best arm identification and
// hyperparameter optimization, AISTATS 2016, algorithm 1).
//
// Rounds are synchronous. The asynchronous form (ASHA) promotes a trial as soon
// as it can, so that which trials run depends on which ended first, and two
// machines would give two data sets.
func Survivors(scores []Score, eta int) []int {
	best := Order(scores)[:max(1, len(scores)/eta)]
	slices.Sort(best)
	return best
}
