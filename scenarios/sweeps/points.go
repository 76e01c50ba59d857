package sweeps

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"hibernet/scenarios/strict"
)

// Column is one thing that varies over a sweep.
type Column struct {
	Name string `json:"name"`
	Path string `json:"path"`
	// Numeric says that all its values are numbers.
	Numeric bool `json:"numeric"`
}

// Columns returns what varies, in the order of the file.
func (s Spec) Columns() []Column {
	var list []Column
	for _, a := range s.Axes {
		values, _ := a.values()
		list = append(list, Column{Name: a.Column(), Path: a.Path, Numeric: !slices.ContainsFunc(values, notNumber)})
	}
	for _, p := range s.Search.Space {
		list = append(list, Column{Name: p.Column(), Path: p.Path, Numeric: true})
	}
	return list
}

func notNumber(v strict.Value) bool {
	_, err := strconv.ParseFloat(string(v), 64)
	return err != nil
}

// Point is one combination of values, one a column.
type Point []strict.Value

// Points returns all combinations of the axes, the first axis varying
// slowest; of a sweep without axes it is one point without values. The
// exclusions are not applied yet: they may speak of policies.
func (s Spec) Points() ([]Point, error) {
	groups, err := s.groups()
	if err != nil {
		return nil, err
	}
	total := 1.0
	for _, g := range groups {
		total *= float64(len(g.rows))
	}
	if each := float64(len(s.Policies) * len(s.StartDays) * s.Seeds.Count); total*each > MaxRuns {
		return nil, fmt.Errorf("sweep %s: axes, policies, seeds and days give %.0f runs, allowed: %d", s.Name, total*each, MaxRuns)
	}
	points := []Point{make(Point, len(s.Axes))}
	for _, g := range groups {
		var next []Point
		for _, p := range points {
			for _, row := range g.rows {
				q := slices.Clone(p)
				for i, axis := range g.axes {
					q[axis] = row[i]
				}
				next = append(next, q)
			}
		}
		points = next
	}
	return points, nil
}

// group is one axis, or several that vary together.
type group struct {
	axes []int
	rows [][]strict.Value // [value][axis of the group]
}

// groups puts together the axes that vary together, in the order of the first
// of each.
func (s Spec) groups() ([]group, error) {
	var list []group
	zips := map[string]int{}
	for i, a := range s.Axes {
		values, err := a.values()
		if err != nil {
			return nil, fmt.Errorf("axes[%d].%w", i, err)
		}
		at, joined := zips[a.Zip]
		if a.Zip == "" || !joined {
			at = len(list)
			zips[a.Zip] = at
			list = append(list, group{rows: make([][]strict.Value, len(values))})
		}
		if len(values) != len(list[at].rows) {
			return nil, fmt.Errorf("axes[%d].zip: %d values, the first axis of %q has %d", i, len(values), a.Zip, len(list[at].rows))
		}
		list[at].axes = append(list[at].axes, i)
		for k, v := range values {
			list[at].rows[k] = append(list[at].rows[k], v)
		}
	}
	return list, nil
}

// exclusion is a combination that is left out: all its conditions hold.
type exclusion []Condition

// exclusion reads conditions joined by "and" on what varies.
func (s Spec) exclusion(text string) (exclusion, error) {
	var e exclusion
	allowed := []string{"policy", "seed", "start_day"}
	for _, a := range s.Axes {
		allowed = append(allowed, a.Column())
	}
	for _, part := range strings.Split(text, " and ") {
		c, err := ParseCondition(part)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(allowed, c.Name) {
			return nil, fmt.Errorf("no axis named %q, allowed: %s", c.Name, strings.Join(allowed, ", "))
		}
		e = append(e, c)
	}
	return e, nil
}

// leavesOut says whether the run is excluded.
func (e exclusion) leavesOut(columns []Column, r Run) bool {
	for _, c := range e {
		var text string
		switch c.Name {
		case "policy":
			text = r.Policy.Name
			if c.Text = strings.ReplaceAll(c.Text, "-", "_"); text != c.Text {
				text = strings.ReplaceAll(text, "-", "_")
			}
		case "seed":
			if exact, err := strconv.ParseUint(c.Text, 10, 64); err == nil && (c.Op == "==" || c.Op == "!=") {
				if (exact == r.Seed) != (c.Op == "==") {
					return false
				}
				continue
			}
			text = strconv.FormatUint(r.Seed, 10)
		case "start_day":
			text = strconv.Itoa(r.StartDay)
		default:
			i := slices.IndexFunc(columns, func(col Column) bool { return col.Name == c.Name })
			text = strings.Trim(string(r.Point[i]), `"'`)
		}
		if !c.HoldsText(text) {
			return false
		}
	}
	return true
}

// Number returns the value of a column as a number, NaN where it is none.
func (p Point) Number(column int) float64 {
	x, err := strconv.ParseFloat(string(p[column]), 64)
	if err != nil {
		return math.NaN()
	}
	return x
}
