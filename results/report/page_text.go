package report

import (
	"math"
	"strconv"
	"strings"

	"hibernet/sim/validation"
)

// RowText is a row's figures as text.
type RowText struct {
	Expected, Got string // without unit
	Error         string // relative in %, absolute (with its unit) where 0 is expected
	Bounds        string // how far Got may be away, or from where to where it may lie
}

// wideTolerance is the relative tolerance from which bounds are shown as a
// range instead of an error.
const wideTolerance = 0.1

// TextOf returns the figures of a row as text: values with six significant
// digits, errors with two.
func TextOf(r validation.Row) RowText {
	return RowText{
		Expected: value(r.Expected), Got: value(r.Got), Error: errorText(r), Bounds: boundsText(r),
	}
}

// tolerance returns the half width of the bounds relative to the expected
// value, if this is their middle.
func tolerance(r validation.Row) (float64, bool) {
	if r.Expected == 0 {
		return 0, false
	}
	half := (r.Hi - r.Lo) / 2
	off := math.Abs((r.Hi+r.Lo)/2 - r.Expected)
	return half / math.Abs(r.Expected), off <= 1e-6*half+1e-14*math.Abs(r.Expected)
}

func errorText(r validation.Row) string {
	e := r.Error()
	switch {
	case !finite(e):
		return "n/a"
	case r.Expected == 0:
		return value(e) + unitText(r.Unit)
	}
	return shareText(e, true)
}

func boundsText(r validation.Row) string {
	tol, symmetric := tolerance(r)
	switch {
	case r.Lo == r.Hi:
		return "exact"
	case r.Expected == 0 && r.Lo == 0:
		return "at most " + value(r.Hi)
	case r.Expected == 0 && r.Lo == -r.Hi:
		return "± " + value(r.Hi)
	case symmetric && tol < wideTolerance:
		return "± " + shareText(tol, false)
	}
	return value(r.Lo) + " to " + value(r.Hi)
}

// shareText writes a share with two significant digits, in %. What is nothing but
// rounding of the last bits is 0.
func shareText(share float64, sign bool) string {
	v := 100 * share
	if math.Abs(share) < 5e-14 {
		return "0 %"
	}
	text := brief(v, 2)
	if a := math.Abs(v); a >= 0.001 && a < 1e5 {
		text = strconv.FormatFloat(v, 'f', min(digits(v)+1, 6), 64)
		if a >= 10 {
			text = strconv.FormatFloat(v, 'f', digits(v/10), 64)
		}
	}
	if sign && v > 0 {
		text = "+" + text
	}
	return text + " %"
}

// value writes v with six significant digits.
func value(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case v == math.Trunc(v) && math.Abs(v) < 1e7:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return brief(v, 6)
}

// brief writes v with so many significant digits, and its power of ten, if
// any, without sign and zeros that say nothing.
func brief(v float64, significant int) string {
	return strings.NewReplacer("e-0", "e-", "e+0", "e", "e+", "e").Replace(strconv.FormatFloat(v, 'g', significant, 64))
}

// unitText is a unit as it follows a number.
func unitText(unit string) string {
	if unit == "" || unit == "1" {
		return ""
	}
	return " " + unit
}

// numeric says whether a cell of a table reads as a number.
func numeric(cell string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(cell), " ")
	_, err := strconv.ParseFloat(strings.TrimSuffix(first, "%"), 64)
	return err == nil
}
