package sweeps

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"hibernet/sim/kpi"
)

// Condition compares something that has a name with a value: dropped_pct <= 1,
// policy == always_on.
type Condition struct {
	Name, Op, Text string
	// Number is the value where it is one, else NaN.
	Number float64
}

var conditionText = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(<=|>=|==|!=|<|>)\s*("[^"]*"|[^\s<>=!"]+)\s*$`)

// ParseCondition reads a comparison: a name, one of <=, <, >=, >, ==, !=, and a
// number or a text, in quotes if it has blanks.
func ParseCondition(text string) (Condition, error) {
	m := conditionText.FindStringSubmatch(text)
	if m == nil {
		return Condition{}, fmt.Errorf("must be a name, one of <= < >= > == != and a value, got %q", text)
	}
	c := Condition{Name: m[1], Op: m[2], Text: strings.Trim(m[3], `"`), Number: math.NaN()}
	if x, err := strconv.ParseFloat(c.Text, 64); err == nil && !math.IsInf(x, 0) && !math.IsNaN(x) {
		c.Number = x
	}
	if math.IsNaN(c.Number) && c.Op != "==" && c.Op != "!=" {
		return Condition{}, fmt.Errorf("%s compares numbers, got %q", c.Op, c.Text)
	}
	return c, nil
}

// ParseGate reads a condition on a figure, such as dropped_pct <= 1. A figure
// that the simulator does not have is an error.
func ParseGate(text string) (Condition, error) {
	c, err := ParseCondition(text)
	if err != nil {
		return c, err
	}
	if err := knownFigure(c.Name); err != nil {
		return c, err
	}
	if math.IsNaN(c.Number) {
		return c, fmt.Errorf("%s: a figure is compared with a number, got %q", c.Name, c.Text)
	}
	return c, nil
}

// knownFigure returns an error unless runs have the figure.
func knownFigure(name string) error {
	if _, ok := kpi.Find(name); ok || name == "return" {
		return nil
	}
	var names []string
	for _, d := range kpi.Defs() {
		names = append(names, d.Name)
	}
	return fmt.Errorf("no figure named %q, allowed: %s, return, and those of faults and of the shield", name, strings.Join(names, ", "))
}

// String returns the condition as text that reads back as it is.
func (c Condition) String() string {
	text := c.Text
	if strings.ContainsAny(text, " \t<>=!") || text == "" {
		text = `"` + text + `"`
	}
	return c.Name + " " + c.Op + " " + text
}

// Holds says whether the condition holds for a number. For NaN, that is a
// figure that is missing or not defined, no condition holds, not even !=.
func (c Condition) Holds(x float64) bool {
	switch c.Op {
	case "<=":
		return x <= c.Number
	case "<":
		return x < c.Number
	case ">=":
		return x >= c.Number
	case ">":
		return x > c.Number
	case "==":
		return x == c.Number
	}
	return x < c.Number || x > c.Number
}

// HoldsText says whether the condition holds for a text; numbers are compared
// as numbers, whatever their notation.
func (c Condition) HoldsText(text string) bool {
	if x, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(c.Number) {
		return c.Holds(x)
	}
	switch c.Op {
	case "==":
		return text == c.Text
	case "!=":
		return text != c.Text
	}
	return false
}

// Excess returns by how much a number misses the condition, in the number's
// unit: 0 where it holds, +Inf for NaN.
func (c Condition) Excess(x float64) float64 {
	switch {
	case c.Holds(x):
		return 0
	case math.IsNaN(x):
		return math.Inf(1)
	}
	return math.Max(math.Abs(x-c.Number), math.SmallestNonzeroFloat64)
}
