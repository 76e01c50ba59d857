package analysis

import (
	"math"

	"hibernet/scenarios/sweeps"
)

// Goal is a figure that is to be small or large.
type Goal = sweeps.Objective

// Front returns the table of the groups that no other group beats: none is at
// least as good in the mean of every goal's figure and better in one. gates are
// conditions on the groups' means that a group must keep; one whose figure is
// NaN does not. without is the number of groups left out for a gate or for a
// goal that is not defined.
func (d *Data) Front(goals []Goal, gates []sweeps.Condition) (t *Table, without int, err error) {
	t = d.begin()
	for _, g := range goals {
		if err := d.CheckFigure(g.Figure); err != nil {
			return nil, 0, err
		}
		t.Head, t.Units = append(t.Head, g.Figure), append(t.Units, d.Unit(g.Figure))
	}
	for _, g := range gates {
		if err := d.CheckFigure(g.Name); err != nil {
			return nil, 0, err
		}
	}
	var groups []Group
	var costs [][]float64
	for _, g := range d.Groups() {
		cost, ok := d.costs(g, goals, gates)
		if !ok {
			without++
			continue
		}
		groups, costs = append(groups, g), append(costs, cost)
	}
	for i, g := range groups {
		beaten := false
		for j := range groups {
			beaten = beaten || beats(costs[j], costs[i])
		}
		if beaten {
			continue
		}
		row := g.cells(g.Len())
		for _, goal := range goals {
			e := d.estimate(goal.Figure, g.rows)
			row = append(row, Cell{Number: &e})
		}
		t.Rows = append(t.Rows, row)
	}
	return t, without, nil
}

// costs returns the means of the goals' figures, to be small, and whether the
// group takes part.
func (d *Data) costs(g Group, goals []Goal, gates []sweeps.Condition) ([]float64, bool) {
	for _, gate := range gates {
		if !gate.Holds(d.estimate(gate.Name, g.rows).Mean) {
			return nil, false
		}
	}
	cost := make([]float64, len(goals))
	for i, goal := range goals {
		cost[i] = d.estimate(goal.Figure, g.rows).Mean
		if goal.Maximize {
			cost[i] = -cost[i]
		}
		if math.IsNaN(cost[i]) {
			return nil, false
		}
	}
	return cost, true
}

// beats says whether a is at least as good as b everywhere and better
// somewhere.
func beats(a, b []float64) bool {
	better := false
	for i := range a {
		if a[i] > b[i] {
			return false
		}
		better = better || a[i] < b[i]
	}
	return better
}
