package validation

import (
	"fmt"
	"math"
)

// extreme keeps, of many pairs of expected and computed figures, the one that
// differs most, so that a table of reference points makes one row.
type extreme struct {
	claim    Claim
	tol      float64
	relative bool
	n        int
	want     float64
	got      float64
	at       string
	worst    float64
}

// add compares one pair; at says which it is.
func (e *extreme) add(want, got float64, at string) {
	e.n++
	d := math.Abs(got - want)
	if e.relative {
		d /= max(math.Abs(want), math.SmallestNonzeroFloat64)
	}
	// A NaN is the worst of all.
	if e.n == 1 || !math.IsNaN(e.worst) && !(d <= e.worst) {
		e.want, e.got, e.at, e.worst = want, got, at, d
	}
}

// row returns the row of the pair that differs most.
func (e *extreme) row() Row {
	c := e.claim
	c.Quantity = fmt.Sprintf("%s, worst of %d: %s", c.Quantity, e.n, e.at)
	if e.relative {
		return c.Relative(e.want, e.got, e.tol)
	}
	return c.Absolute(e.want, e.got, e.tol)
}

// extremes makes one row for each group of pairs, in the order in which the
// groups first appear.
type extremes struct {
	order []string
	group map[string]*extreme
}

// of returns the group of that name, which make makes at its first use.
func (e *extremes) of(name string, make func() extreme) *extreme {
	if e.group == nil {
		e.group = map[string]*extreme{}
	}
	g := e.group[name]
	if g == nil {
		made := make()
		g = &made
		e.group[name], e.order = g, append(e.order, name)
	}
	return g
}

func (e *extremes) rows() []Row {
	out := make([]Row, 0, len(e.order))
	for _, name := range e.order {
		out = append(out, e.group[name].row())
	}
	return out
}
