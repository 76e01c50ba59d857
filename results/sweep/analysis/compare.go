package analysis

import (
	"fmt"
	"slices"

	"hibernet/results/evaluate"
)

// figureEnergy is the figure of which a saving in per cent is shown beside the
// difference.
const figureEnergy = "energy_kwh"

// allSettings stands for every setting in a row over all of them.
const allSettings = "all"

// Compare returns the table of the paired differences of figures from a
// reference policy: each run against the reference's at the same settings,
// seed, start day and length, so that both met the same network and traffic.
// Where there is more than one combination of settings, a last row a policy is
// over all of them. unpaired is the number of runs without a partner.
func (d *Data) Compare(reference string, figures []string) (t *Table, unpaired int, err error) {
	if !slices.Contains(d.Header.Policies, reference) {
		return nil, 0, fmt.Errorf("no policy named %q, the sweep has: %v", reference, d.Header.Policies)
	}
	t = d.begin()
	for _, f := range figures {
		if err := d.CheckFigure(f); err != nil {
			return nil, 0, err
		}
		t.Head, t.Units = append(t.Head, f+"_difference"), append(t.Units, d.Unit(f))
		if f == figureEnergy {
			t.Head, t.Units = append(t.Head, "energy_saving_pct"), append(t.Units, "%")
		}
	}
	partners := map[string]int{}
	for _, row := range d.rows {
		if d.cell("policy", row) == reference {
			partners[d.pair(row)] = row
		}
	}
	groups := d.Groups()
	all := map[string]*Group{}
	for _, g := range groups {
		if g.Policy == reference {
			continue
		}
		unpaired += d.compareGroup(t, g, partners, figures)
		if all[g.Policy] == nil {
			all[g.Policy] = &Group{Policy: g.Policy, Settings: slices.Repeat([]string{allSettings}, len(d.Settings))}
		}
		all[g.Policy].rows = append(all[g.Policy].rows, g.rows...)
	}
	if len(t.Rows) > len(all) {
		for _, p := range d.Header.Policies {
			if g := all[p]; g != nil {
				d.compareGroup(t, *g, partners, figures)
			}
		}
	}
	return t, unpaired, nil
}

// pair is what a run and its partner have in common.
func (d *Data) pair(row int) string {
	key := d.cell("seed", row) + " " + d.cell("start_day", row) + " " + d.cell("days", row)
	for _, s := range d.Settings {
		key += " " + d.cell(s, row)
	}
	return key
}

// compareGroup adds a row and returns the number of runs without a partner.
func (d *Data) compareGroup(t *Table, g Group, partners map[string]int, figures []string) int {
	var own, other []int
	for _, row := range g.rows {
		if p, ok := partners[d.pair(row)]; ok {
			own, other = append(own, row), append(other, p)
		}
	}
	row := g.cells(len(own))
	for _, f := range figures {
		x, y := d.values(f, own), d.values(f, other)
		ratio, half := evaluate.RatioInterval(x, y)
		for i := range x {
			x[i] -= y[i]
		}
		mean, ci := evaluate.MeanInterval(x)
		row = append(row, Cell{Number: &Estimate{mean, ci}})
		if f == figureEnergy {
			row = append(row, Cell{Number: &Estimate{100 * (1 - ratio), 100 * half}})
		}
	}
	t.Rows = append(t.Rows, row)
	return len(g.rows) - len(own)
}
