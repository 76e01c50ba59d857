package validation

import (
	"fmt"
	"math"
)

// Trust says how far the source of an expected value was followed.
const (
	Primary     = "primary"     // seen in the primary source or the data themselves
	Secondary   = "secondary"   // as quoted by another publication or program, which the source names
	Derived     = "derived"     // follows from stated numbers by a stated formula
	Independent = "independent" // computed here by another method
	Recalled    = "recalled"    // from memory, unverified
)

// Row sets one figure of the simulator beside what it must be.
type Row struct {
	Check    string // name of the check that made it; set by Run
	Quantity string // what is compared, with the conditions
	Unit     string // of Expected and Got; "1" for pure numbers
	Source   string // of the expected value: publication, clause, table, or method
	Trust    string // one of the constants above
	Expected float64
	Got      float64
	// Lo and Hi bound Got; Expected lies between them. An exact comparison
	// has Lo = Hi = Expected.
	Lo, Hi float64
	Pass   bool
	// Deviation is the heading in DEVIATIONS.md of the known difference that
	// the row asserts, such as "D3"; empty for a comparison that must hold.
	Deviation string
}

// Claim is what a row says before its figure is known.
type Claim struct {
	Quantity, Unit, Source, Trust string
}

// Relative returns a row that passes if got is within the share tol of want.
func (c Claim) Relative(want, got, tol float64) Row {
	d := math.Abs(want) * tol
	return c.row(want, got, want-d, want+d)
}

// Absolute returns a row that passes if got is within tol of want.
func (c Claim) Absolute(want, got, tol float64) Row { return c.row(want, got, want-tol, want+tol) }

// Within returns a row that passes if got is from lo to hi. Expected is the
// middle.
func (c Claim) Within(lo, hi, got float64) Row { return c.row((lo+hi)/2, got, lo, hi) }

// AtMost returns a row that passes if got is from 0 to limit; the expected
// value is 0. It is for errors.
func (c Claim) AtMost(limit, got float64) Row { return c.row(0, got, 0, limit) }

// Still returns a row that asserts a known difference: want is what the source
// says, and got must lie from lo to hi, which leaves want out. deviation is
// the heading of the difference in DEVIATIONS.md.
func (c Claim) Still(deviation string, want, lo, hi, got float64) Row {
	if want >= lo && want <= hi {
		panic("validation: Still needs bounds that leave the expected value out")
	}
	r := c.row(want, got, lo, hi)
	r.Deviation = deviation
	return r
}

func (c Claim) row(want, got, lo, hi float64) Row {
	return Row{
		Quantity: c.Quantity, Unit: c.Unit, Source: c.Source, Trust: c.Trust,
		Expected: want, Got: got, Lo: lo, Hi: hi,
		// Written so that NaN fails.
		Pass: got >= lo && got <= hi,
	}
}

// Error returns the relative error of Got, or the absolute one where Expected
// is 0.
func (r Row) Error() float64 {
	if r.Expected == 0 {
		return r.Got
	}
	return r.Got/r.Expected - 1
}

// fault says what is wrong with a row itself, whatever its figures.
func (r Row) fault() error {
	for _, f := range []struct{ name, value string }{
		{"quantity", r.Quantity}, {"unit", r.Unit}, {"source", r.Source},
	} {
		if f.value == "" {
			return fmt.Errorf("row %q: no %s", r.Quantity, f.name)
		}
	}
	switch r.Trust {
	case Primary, Secondary, Derived, Independent, Recalled:
	default:
		return fmt.Errorf("row %q: trust %q is not known", r.Quantity, r.Trust)
	}
	if r.Deviation == "" {
		return nil
	}
	for _, d := range Deviations() {
		if d.Name == r.Deviation {
			return nil
		}
	}
	return fmt.Errorf("row %q: deviation %q is no heading of DEVIATIONS.md", r.Quantity, r.Deviation)
}
