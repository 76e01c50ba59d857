// Package analysis sets out the data set of a sweep: tables of means with
// intervals, paired comparisons with a reference policy, the Pareto front, main
// effects, and how a figure depends on a setting.
//
// A group is one combination of settings under one policy; its rows are the
// runs with other seeds and start days. A figure that is missing or not defined
// in one of a group's runs has no mean there: NaN, shown as n/a.
package analysis

import (
	"fmt"
	"slices"
	"strconv"

	"hibernet/results/evaluate"
	"hibernet/results/record"
	"hibernet/results/sweep"
	"hibernet/scenarios/sweeps"
)

// Data is the data set of a sweep, or some of its rows.
type Data struct {
	Header sweep.Header
	// Settings are the columns that vary, days included where runs are of
	// unequal length.
	Settings []string
	frame    *record.Frame
	rows     []int
}

// Open reads the data set of a sweep's folder.
func Open(dir string) (*Data, error) {
	d := &Data{}
	var err error
	if d.Header, err = sweep.ReadHeader(dir); err != nil {
		return nil, err
	}
	if d.frame, err = sweep.ReadData(dir); err != nil {
		return nil, err
	}
	for _, c := range d.Header.Columns {
		if d.frame.Find(c.Name) == nil {
			return nil, fmt.Errorf("analysis: %s: the data set has no column %s", dir, c.Name)
		}
		d.Settings = append(d.Settings, c.Name)
	}
	for name, typ := range map[string]string{"policy": "string", "seed": "uint64", "start_day": "int64", "days": "float64"} {
		if c := d.frame.Find(name); c == nil || c.Type != typ {
			return nil, fmt.Errorf("analysis: %s: the data set has no column %s of type %s", dir, name, typ)
		}
	}
	if d.frame.Rows() == 0 {
		return nil, fmt.Errorf("analysis: %s: the data set has no rows", dir)
	}
	for i := range d.frame.Rows() {
		d.rows = append(d.rows, i)
	}
	if days := d.frame.Find("days").Float; slices.Min(days) != slices.Max(days) {
		d.Settings = append(d.Settings, "days")
	}
	return d, nil
}

// Figures returns the names of the figures that the data set has.
func (d *Data) Figures() []string {
	var names []string
	for _, c := range d.frame.Columns {
		if c.Type == "float64" && c.Name != "days" && !slices.Contains(d.Settings, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

// Unit returns the unit of a figure.
func (d *Data) Unit(figure string) string { return d.frame.Find(figure).Unit }

// CheckFigure returns an error unless the data set has the figure.
func (d *Data) CheckFigure(name string) error {
	if have := d.Figures(); !slices.Contains(have, name) {
		return fmt.Errorf("no figure named %q, the sweep has: %v", name, have)
	}
	return nil
}

// Len returns the number of rows.
func (d *Data) Len() int { return len(d.rows) }

// Where returns the rows for which all conditions hold: conditions on
// settings, policy, seed, start_day, and on the figures of single runs.
func (d *Data) Where(conditions []sweeps.Condition) (*Data, error) {
	other := *d
	other.rows = nil
	for _, c := range conditions {
		if d.frame.Find(c.Name) == nil {
			return nil, fmt.Errorf("no column named %q, the sweep has: policy, seed, start_day, %v and %v", c.Name, d.Settings, d.Figures())
		}
	}
	for _, row := range d.rows {
		if !slices.ContainsFunc(conditions, func(c sweeps.Condition) bool { return !d.holds(c, row) }) {
			other.rows = append(other.rows, row)
		}
	}
	return &other, nil
}

func (d *Data) holds(c sweeps.Condition, row int) bool {
	if col := d.frame.Find(c.Name); col.Type == "float64" {
		return c.Holds(col.Float[row])
	}
	return c.HoldsText(d.cell(c.Name, row))
}

// cell returns the text of a value.
func (d *Data) cell(column string, row int) string {
	c := d.frame.Find(column)
	switch c.Type {
	case "string":
		return c.Text[row]
	case "float64":
		return strconv.FormatFloat(c.Float[row], 'g', -1, 64)
	case "int64":
		return strconv.FormatInt(c.Int[row], 10)
	}
	return strconv.FormatUint(c.Uint[row], 10)
}

// Group is the runs of one policy at one combination of settings.
type Group struct {
	Policy   string
	Settings []string // values of Data.Settings
	rows     []int
}

// Len returns the number of the group's runs.
func (g Group) Len() int { return len(g.rows) }

// Groups returns the groups, settings in the order of the sweep and, within
// them, policies in that of the sweep file.
func (d *Data) Groups() []Group {
	var list []Group
	place := map[string]int{}
	var order [][2]int // place of the settings, place of the policy
	settings := map[string]int{}
	for _, row := range d.rows {
		g := Group{Policy: d.cell("policy", row)}
		for _, s := range d.Settings {
			g.Settings = append(g.Settings, d.cell(s, row))
		}
		at := fmt.Sprint(g.Settings)
		if _, ok := settings[at]; !ok {
			settings[at] = len(settings)
		}
		key := g.Policy + " " + at
		i, ok := place[key]
		if !ok {
			i = len(list)
			place[key] = i
			list = append(list, g)
			order = append(order, [2]int{settings[at], slices.Index(d.Header.Policies, g.Policy)})
		}
		list[i].rows = append(list[i].rows, row)
	}
	index := make([]int, len(list))
	for i := range index {
		index[i] = i
	}
	slices.SortStableFunc(index, func(i, j int) int { return slices.Compare(order[i][:], order[j][:]) })
	sorted := make([]Group, len(list))
	for i, k := range index {
		sorted[i] = list[k]
	}
	return sorted
}

// Estimate is a mean with the half width of its 95 % interval (Student t over
// the runs; NaN below two of them).
type Estimate struct{ Mean, CI95 float64 }

// estimate returns the mean of a figure over rows.
func (d *Data) estimate(figure string, rows []int) Estimate {
	mean, half := evaluate.MeanInterval(d.values(figure, rows))
	return Estimate{mean, half}
}

// values returns a figure of rows.
func (d *Data) values(figure string, rows []int) []float64 {
	v := make([]float64, len(rows))
	for i, row := range rows {
		v[i] = d.frame.Find(figure).Float[row]
	}
	return v
}
