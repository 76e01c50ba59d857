package validation

import (
	"context"
	"fmt"
	"io/fs"

	"hibernet/sim/power"
)

// Check is one part of the validation.
type Check struct {
	Name string // short, unique: letters, digits, - and _
	Doc  string // what is compared with what, in a sentence
	// Slow marks a check that takes more than a second or two on two cores.
	Slow bool
	// Needs lists files of Context.Data without which the check is skipped.
	Needs []string
	// Run makes the rows; those of one check are printed together.
	Run func(Context) (Result, error)
}

// Context is what checks may use.
type Context struct {
	context.Context
	// Workers is the number of goroutines of each pass over a network; it does
	// not change a result.
	Workers int
	// Data holds measured data sets, or is nil.
	Data fs.FS
	// Profiles are the power profiles to be checked; Run takes the embedded
	// ones where there are none.
	Profiles []power.Profile
	// Progress, if not nil, is told from time to time how far a check is, as
	// a share.
	Progress func(share float64)
}

// Tell reports progress.
func (c Context) Tell(share float64) {
	if c.Progress != nil {
		c.Progress(share)
	}
}

// Result is what a check found.
type Result struct {
	Rows    []Row
	Figures []Figure
}

// Figure is a plot in plain numbers.
type Figure struct {
	Name           string // unique within a check; used for file names
	Title          string // what one sees, in a sentence
	XLabel, YLabel string // with units
	LogX, LogY     bool
	Series         []Series
}

// Series is one line or cloud of a figure.
type Series struct {
	Name string
	X, Y []float64
	// Lo and Hi, if not nil, bound a band or bars about Y.
	Lo, Hi []float64
	Points bool // drawn as points rather than a line
}

// Table is the outcome of a validation.
type Table struct {
	Checks  []Outcome
	Passed  int // rows that pass
	Failed  int // rows that do not
	Skipped int // checks that were left out
}

// Outcome is the outcome of one check.
type Outcome struct {
	Name, Doc string
	Rows      []Row
	Figures   []Figure
	Skipped   string // why it was left out, or empty
}

// OK says whether no row fails and at least one passes.
func (t *Table) OK() bool { return t.Failed == 0 && t.Passed > 0 }

// Run plays checks in their order. report, if not nil, is called with each
// outcome as soon as it is there. When ctx ends, or a check cannot be played,
// what was found so far is returned with the error.
func Run(ctx Context, checks []Check, report func(Outcome)) (*Table, error) {
	if ctx.Profiles == nil {
		ctx.Profiles = power.Builtin()
	}
	t := &Table{}
	for _, c := range checks {
		if err := ctx.Err(); err != nil {
			return t, err
		}
		o, err := c.play(ctx)
		if err != nil {
			return t, fmt.Errorf("check %s: %w", c.Name, err)
		}
		t.add(o)
		if report != nil {
			report(o)
		}
	}
	return t, nil
}

// play runs one check, if its data are there.
func (c Check) play(ctx Context) (Outcome, error) {
	o := Outcome{Name: c.Name, Doc: c.Doc}
	for _, file := range c.Needs {
		if ctx.Data == nil {
			o.Skipped = "no data were given"
			return o, nil
		}
		if _, err := fs.Stat(ctx.Data, file); err != nil {
			o.Skipped = fmt.Sprintf("%s is not among the data", file)
			return o, nil
		}
	}
	r, err := c.Run(ctx)
	if err != nil {
		return o, err
	}
	if len(r.Rows) == 0 {
		return o, fmt.Errorf("made no row")
	}
	o.Rows, o.Figures = r.Rows, r.Figures
	for i := range o.Rows {
		o.Rows[i].Check = c.Name
		if err := o.Rows[i].fault(); err != nil {
			return o, err
		}
	}
	return o, nil
}

// add counts an outcome.
func (t *Table) add(o Outcome) {
	t.Checks = append(t.Checks, o)
	if o.Skipped != "" {
		t.Skipped++
	}
	for _, r := range o.Rows {
		if r.Pass {
			t.Passed++
		} else {
			t.Failed++
		}
	}
}
