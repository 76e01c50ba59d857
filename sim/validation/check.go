package validation

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"hibernet/sim/power"
)

// Check is one part of the validation.
type Check struct {
	Name string // short, unique: letters, digits, - and _
	Doc  string // what is compared with what, in a sentence
	// Slow marks a check that takes more than a second or two on two cores;
	// Context.Fast leaves it out.
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
	// Fast leaves slow checks out.
	Fast bool
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
	if err := checkNames(checks); err != nil {
		return t, err
	}
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

// checkNames says whether each check has a name of its own, fit for the name of
// a file.
func checkNames(checks []Check) error {
	seen := map[string]bool{}
	for _, c := range checks {
		if c.Name == "" || strings.Trim(c.Name, nameLetters) != "" {
			return fmt.Errorf("check %q: a name is made of letters, digits, - and _", c.Name)
		}
		if seen[c.Name] {
			return fmt.Errorf("check %s: there are two of that name", c.Name)
		}
		seen[c.Name] = true
	}
	return nil
}

const nameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

// skipped says why the check is left out, or is empty.
func (c Check) skipped(ctx Context) string {
	if c.Slow && ctx.Fast {
		return "it is slow, and only fast checks were asked for"
	}
	var missing []string
	for _, file := range c.Needs {
		if ctx.Data == nil {
			missing = c.Needs
			break
		}
		if _, err := fs.Stat(ctx.Data, file); err != nil {
			missing = append(missing, file)
		}
	}
	switch {
	case len(missing) == 0:
		return ""
	case ctx.Data == nil:
		return fmt.Sprintf("it needs %s, and no data were given", strings.Join(missing, ", "))
	case len(missing) == 1:
		return fmt.Sprintf("%s is not among the data", missing[0])
	}
	return fmt.Sprintf("%s are not among the data", strings.Join(missing, ", "))
}

// play runs one check, if its data are there.
func (c Check) play(ctx Context) (Outcome, error) {
	o := Outcome{Name: c.Name, Doc: c.Doc, Skipped: c.skipped(ctx)}
	if o.Skipped != "" {
		return o, nil
	}
	r, err := c.Run(ctx)
	if err != nil {
		return o, err
	}
	if len(r.Rows) == 0 {
		return o, fmt.Errorf("made no row")
	}
	o.Rows, o.Figures = r.Rows, r.Figures
	quantities, figures := map[string]bool{}, map[string]bool{}
	for i := range o.Rows {
		row := &o.Rows[i]
		row.Check = c.Name
		if err := row.fault(); err != nil {
			return o, err
		}
		if quantities[row.Quantity] {
			return o, fmt.Errorf("row %q: there are two of that quantity", row.Quantity)
		}
		quantities[row.Quantity] = true
	}
	for _, f := range o.Figures {
		if f.Name == "" || figures[f.Name] {
			return o, fmt.Errorf("figure %q: each needs a name of its own", f.Name)
		}
		figures[f.Name] = true
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
