package trace

import (
	"fmt"
	"slices"
	"strings"
)

// ColumnGuesses are the names, in lower case, that are searched when a
// mapping leaves a column empty, by role. The first that exists is taken.
func ColumnGuesses() map[string][]string {
	return map[string][]string{
		"id":         {"place_id", "id", "cell", "cell_id", "cellid", "cellname", "site", "site_id", "square", "square_id", "bs", "bs_id", "station", "code_site"},
		"time":       {"time", "datetime", "timestamp", "date_time", "date"},
		"value":      {"value", "traffic", "volume", "data_volume", "load", "bytes", "bits"},
		"step":       {"step"},
		"day":        {"day"},
		"slot":       {"slot"},
		"weekday":    {"dow", "weekday"},
		"hour":       {"hour"},
		"lat":        {"lat", "latitude", "bs_lat"},
		"lon":        {"lon", "lng", "long", "longitude", "bs_long", "bs_lon"},
		"x":          {"x_m", "x"},
		"y":          {"y_m", "y"},
		"point":      {"geo_point_2d", "geo_point", "point", "geometry"},
		"operator":   {"operator", "bs_operator", "operateur", "mno"},
		"technology": {"technology", "bs_technology", "tech", "type"},
	}
}

// columnSet finds columns by name.
type columnSet struct {
	name  string // of the file
	names []string
	taken []string // what was taken for what, for the Report
	err   error    // the first column that is missing
}

// index returns the position of an exact name, -1 if there is none.
func (c *columnSet) index(name string) int {
	if name == "" {
		return -1
	}
	return slices.Index(c.names, name)
}

// must returns the position of a name that the mapping gives for role, or
// guesses one; -1 when nothing is found, which is an error only for a given
// name.
func (c *columnSet) must(role, given string) int {
	if given == "" {
		return c.guess(role)
	}
	i := c.index(given)
	if i < 0 {
		c.fail("%s: line 1: there is no column %q (for %s), allowed %s", c.name, given, role, c.list())
		return -1
	}
	c.took(role, i)
	return i
}

// peek returns the first usual column for a role without taking it.
func (c *columnSet) peek(role string) int {
	probe := columnSet{names: c.names}
	return probe.guess(role)
}

// guess returns the first usual column for a role, -1 if there is none.
func (c *columnSet) guess(role string) int {
	for _, want := range ColumnGuesses()[role] {
		for i, n := range c.names {
			if strings.ToLower(n) == want {
				c.took(role, i)
				return i
			}
		}
	}
	return -1
}

// all returns the positions of all given names, or of one guess.
func (c *columnSet) all(role string, given []string) []int {
	if len(given) == 0 {
		if i := c.guess(role); i >= 0 {
			return []int{i}
		}
		return nil
	}
	at := make([]int, 0, len(given))
	for _, g := range given {
		at = append(at, c.must(role, g))
	}
	return at
}

func (c *columnSet) took(role string, i int) {
	c.taken = append(c.taken, fmt.Sprintf("%s = column %s", role, cut(c.names[i])))
}

func (c *columnSet) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// list names the columns of the file, the first few of many.
func (c *columnSet) list() string {
	const most = 12
	if len(c.names) <= most {
		return strings.Join(c.names, ", ")
	}
	return strings.Join(c.names[:most], ", ") + fmt.Sprintf(" … (%d columns)", len(c.names))
}

// rowFilter keeps rows by the text of some columns: each column must hold one
// of the values asked for it.
type rowFilter struct {
	at   []int
	want [][]string
}

func newRowFilter(c *columnSet, filters []Filter) rowFilter {
	var f rowFilter
	for _, x := range filters {
		i := c.index(x.Column)
		if i < 0 {
			c.fail("%s: line 1: there is no column %q (for a filter), allowed %s", c.name, x.Column, c.list())
		}
		if k := slices.Index(f.at, i); k >= 0 {
			f.want[k] = append(f.want[k], x.Value)
			continue
		}
		f.at, f.want = append(f.at, i), append(f.want, []string{x.Value})
	}
	return f
}

func (f rowFilter) keeps(row []string) bool {
	for i, at := range f.at {
		if !slices.Contains(f.want[i], row[at]) {
			return false
		}
	}
	return true
}

// joined returns the texts of some columns with sep between.
func joined(row []string, at []int, sep string) string {
	if len(at) == 1 {
		return strings.TrimSpace(row[at[0]])
	}
	parts := make([]string, len(at))
	for i, a := range at {
		parts[i] = strings.TrimSpace(row[a])
	}
	return strings.Join(parts, sep)
}
