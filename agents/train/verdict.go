package train

import (
	"fmt"
	"math"
	"slices"

	"hibernet/sim/kpi"
)

// Limit is a guard with its limit in the figure's unit: what kpi.Guard.Limit
// gave for the always-on network of the training days, tightened by a margin.
type Limit struct {
	Guard kpi.Guard
	Bound float64
}

// Resolve returns the limits of guards, tightened by a margin (see
// kpi.Guard.Tightened). alwaysOn returns a figure of the always-on network, NaN
// where it has none; it is asked for relative guards.
func Resolve(guards []kpi.Guard, margin float64, alwaysOn func(figure string) float64) ([]Limit, error) {
	limits := make([]Limit, len(guards))
	for i, g := range guards {
		value := math.NaN()
		if g.Relative() {
			value = alwaysOn(g.Figure)
		}
		limits[i] = Limit{Guard: g, Bound: g.Tightened(g.Limit(value), margin)}
		if math.IsNaN(limits[i].Bound) || math.IsInf(limits[i].Bound, 0) {
			return nil, fmt.Errorf("guard %q: the limit is %g: %s of the always-on network is %g, must be finite", g, limits[i].Bound, g.Figure, value)
		}
	}
	return limits, nil
}

// Held is how a policy stood to one limit.
type Held struct {
	Figure string  `json:"figure"`
	Value  float64 `json:"value"`  // 0 where it is not defined: Broken is then true
	Limit  float64 `json:"limit"`  // in the unit of the figure
	Excess float64 `json:"excess"` // kpi.Guard.Excess, at most MaxExcess
	Broken bool    `json:"broken"` // or not defined
}

// Verdict is what a policy came to on days that it was not trained on.
type Verdict struct {
	Saving float64 `json:"saving"` // share of the always-on network's energy
	Excess float64 `json:"excess"` // largest of kpi.Guard.Excess over the limits, at most MaxExcess; above 0 one is broken
	Guards []Held  `json:"guards"`
}

// MaxExcess bounds the excess of a verdict: a figure that is not defined, or
// out of all proportion, counts as that.
const MaxExcess = 1e6

// Judge returns the verdict on a policy that saved the given share; figure
// returns its figures, NaN for one that it has not.
func Judge(saving float64, limits []Limit, figure func(name string) float64) Verdict {
	v := Verdict{Saving: saving, Excess: -MaxExcess, Guards: make([]Held, len(limits))}
	for i, l := range limits {
		value := figure(l.Guard.Figure)
		held := Held{Figure: l.Guard.Figure, Value: value, Limit: l.Bound, Excess: min(l.Guard.Excess(value, l.Bound), MaxExcess), Broken: l.Guard.Broken(value, l.Bound)}
		if math.IsNaN(value) || math.IsInf(value, 0) {
			held.Value, held.Excess, held.Broken = 0, MaxExcess, true
		}
		v.Guards[i] = held
		v.Excess = max(v.Excess, held.Excess)
	}
	return v
}

// Together returns the verdict on a policy from those on several draws of the
// traffic: the mean saving, and of each guard how it stood where it did worst.
// There must be at least one, all with the same guards.
func Together(list []Verdict) Verdict {
	all := Verdict{Excess: -MaxExcess, Guards: slices.Clone(list[0].Guards)}
	for _, v := range list {
		all.Saving += v.Saving / float64(len(list))
		all.Excess = max(all.Excess, v.Excess)
		for i, g := range v.Guards {
			if g.Excess > all.Guards[i].Excess {
				all.Guards[i] = g
			}
		}
	}
	return all
}

// Feasible says whether no limit is broken.
func (v Verdict) Feasible() bool { return v.Excess <= 0 }

// String says how much is saved and which limits are broken.
func (v Verdict) String() string {
	text, broken := fmt.Sprintf("saving %.1f %%", 100*v.Saving), ""
	for _, g := range v.Guards {
		if g.Broken {
			broken += " " + g.Figure
		}
	}
	if broken == "" {
		return text + ", limits kept"
	}
	return text + ", broken:" + broken
}

// Better says whether v is to be preferred to o: one that keeps the limits to
// one that does not, then the one that saves more, or of two that break a
// limit the one that breaks it by less.
func (v Verdict) Better(o Verdict) bool {
	switch {
	case v.Feasible() != o.Feasible():
		return v.Feasible()
	case v.Feasible():
		return v.Saving > o.Saving
	}
	return v.Excess < o.Excess
}

// Best returns the number of the iteration with the best verdict, the first of
// equal ones; false if none was judged.
func Best(history []Iteration) (number int, found bool) {
	for i, it := range history {
		if it.Verdict != nil && (!found || it.Verdict.Better(*history[number].Verdict)) {
			number, found = i, true
		}
	}
	return number, found
}
