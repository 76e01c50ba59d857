package analysis

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat"
)

// Effects returns the table of the main effects on a figure: for every factor
// (policy and each setting) and level the mean of the runs at that level, how
// far it is from the mean of all runs, and which share of the runs' variance
// the factor's level means explain (eta squared: the factor's sum of squares
// over the total one; R. A. Fisher's analysis of variance). What the factors
// leave unexplained is interactions, seeds and days. balanced says that every
// combination of levels has the same number of runs: else effects of factors
// mix, and shares may sum to more than 100 %.
func (d *Data) Effects(figure string) (t *Table, balanced bool, err error) {
	if err := d.CheckFigure(figure); err != nil {
		return nil, false, err
	}
	t = &Table{
		Head:   []string{"factor", "level", "runs", figure, "effect", "explained_pct_of_variance"},
		Units:  []string{"", "", "", d.Unit(figure), d.Unit(figure), "%"},
		Single: []string{"effect", "explained_pct_of_variance"},
	}
	all := d.values(figure, d.rows)
	grand := stat.Mean(all, nil)
	total := 0.0
	for _, v := range all {
		total += (v - grand) * (v - grand)
	}
	levels := 1
	for _, factor := range d.factors() {
		groups := d.levels(factor)
		levels *= len(groups)
		between := 0.0
		for _, g := range groups {
			m := stat.Mean(d.values(figure, g.rows), nil) - grand
			between += float64(len(g.rows)) * m * m
		}
		for _, g := range groups {
			e := d.estimate(figure, g.rows)
			t.Rows = append(t.Rows, []Cell{
				{Text: factor}, {Text: g.level}, {Text: strconv.Itoa(len(g.rows))}, {Number: &e},
				{Number: &Estimate{e.Mean - grand, math.NaN()}}, {Number: &Estimate{100 * between / total, math.NaN()}},
			})
		}
	}
	return t, d.balanced(levels), nil
}

// factors returns policy and the settings, those with one level only left
// out.
func (d *Data) factors() []string {
	return slices.DeleteFunc(append([]string{"policy"}, d.Settings...), func(f string) bool { return len(d.levels(f)) < 2 })
}

// level is the rows with one value of a factor.
type level struct {
	level string
	rows  []int
}

// levels returns the levels of a factor in the order in which they appear.
func (d *Data) levels(factor string) []level {
	var list []level
	for _, row := range d.rows {
		v := d.cell(factor, row)
		i := slices.IndexFunc(list, func(l level) bool { return l.level == v })
		if i < 0 {
			i = len(list)
			list = append(list, level{level: v})
		}
		list[i].rows = append(list[i].rows, row)
	}
	return list
}

// balanced says whether all combinations of levels are there with equally many
// runs.
func (d *Data) balanced(combinations int) bool {
	groups := d.Groups()
	for _, g := range groups {
		if g.Len() != groups[0].Len() {
			return false
		}
	}
	return len(groups) == combinations
}

// Curve is how the mean of a figure depends on a numeric setting under one
// policy, over all runs at each of its values.
type Curve struct {
	Policy       string
	X, Y, Lo, Hi []float64
}

// Sensitivity returns one curve a policy, X ascending. Setting must be
// numeric; ok says whether it is.
func (d *Data) Sensitivity(setting, figure string) (curves []Curve, ok bool) {
	col := d.frame.Find(setting)
	if col == nil || col.Type != "float64" {
		return nil, false
	}
	for _, policy := range d.Header.Policies {
		rows := map[float64][]int{}
		var xs []float64
		for _, row := range d.rows {
			if x := col.Float[row]; d.cell("policy", row) == policy {
				if rows[x] == nil {
					xs = append(xs, x)
				}
				rows[x] = append(rows[x], row)
			}
		}
		slices.Sort(xs)
		c := Curve{Policy: policy, X: xs}
		for _, x := range xs {
			e := d.estimate(figure, rows[x])
			half := e.CI95
			if math.IsNaN(half) {
				half = 0
			}
			c.Y, c.Lo, c.Hi = append(c.Y, e.Mean), append(c.Lo, e.Mean-half), append(c.Hi, e.Mean+half)
		}
		if len(xs) > 0 {
			curves = append(curves, c)
		}
	}
	return curves, true
}
