package kpi

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// AlwaysOnName is the word by which the text of a guard means what the same
// figure comes to with every cell fully awake.
const AlwaysOnName = "always_on"

// Guard is a limit that a policy must keep on a figure, whatever it saves. The
// limit is Factor times the always-on value of the figure plus Offset, in the
// figure's unit.
type Guard struct {
	Figure string  // name of a Def
	AtMost bool    // the figure must not be above the limit; else not below
	Factor float64 // of the always-on value; 0 for a plain limit
	Offset float64 // in the unit of the figure
}

// guardGrammar is what errors say is allowed.
const guardGrammar = "write FIGURE <= LIMIT or FIGURE >= LIMIT, where LIMIT is a number, [number *] always_on, or that + or - a number, with spaces between all parts"

// ParseGuard reads a guard such as
//
//	dropped_pct <= 1
//	dropped_pct <= always_on + 0.5
//	throughput_p5_mbps >= 0.8 * always_on
//
// Spaces part the words. The figure must be one of this package's that has a
// better direction, and the comparison must bound it on the worse side.
func ParseGuard(text string) (Guard, error) {
	fail := func(format string, args ...any) (Guard, error) {
		return Guard{}, fmt.Errorf("guard %q: %s", text, fmt.Sprintf(format, args...))
	}
	words := strings.Fields(text)
	if len(words) < 3 {
		return fail("too short: %s", guardGrammar)
	}
	g := Guard{Figure: words[0], AtMost: words[1] == "<="}
	def, ok := Find(g.Figure)
	switch {
	case !ok:
		return fail("no figure is called %q; figures with a better direction: %s", g.Figure, strings.Join(guardable(), ", "))
	case def.Better == Neutral:
		return fail("%s is neither good nor bad; figures with a better direction: %s", g.Figure, strings.Join(guardable(), ", "))
	case words[1] != "<=" && words[1] != ">=":
		return fail("comparison %q: %s", words[1], guardGrammar)
	case g.AtMost != (def.Better == Lower):
		return fail("%s is better %s, so the limit must bound it from the other side", g.Figure, map[Direction]string{Lower: "lower: use <=", Higher: "higher: use >="}[def.Better])
	}
	if err := g.parseLimit(words[2:]); err != nil {
		return fail("%v", err)
	}
	return g, nil
}

// guardable returns the names of the figures of every run that may be guarded.
func guardable() []string {
	var names []string
	for _, d := range defs {
		if d.Better != Neutral {
			names = append(names, d.Name)
		}
	}
	return names
}

// parseLimit reads the words after the comparison.
func (g *Guard) parseLimit(words []string) (err error) {
	if words[0] != AlwaysOnName && (len(words) < 2 || words[1] != "*") {
		if len(words) != 1 {
			return fmt.Errorf("limit %q: %s", strings.Join(words, " "), guardGrammar)
		}
		g.Offset, err = guardNumber(words[0])
		return err
	}
	g.Factor = 1
	if words[0] != AlwaysOnName {
		if g.Factor, err = guardNumber(words[0]); err != nil {
			return err
		}
		if g.Factor <= 0 {
			return fmt.Errorf("factor %g of always_on: must be above 0", g.Factor)
		}
		words = words[2:]
	}
	switch {
	case len(words) == 1 && words[0] == AlwaysOnName:
		return nil
	case len(words) == 3 && words[0] == AlwaysOnName && (words[1] == "+" || words[1] == "-"):
		g.Offset, err = guardNumber(words[2])
		if words[1] == "-" && g.Offset != 0 {
			g.Offset = -g.Offset
		}
		return err
	}
	return fmt.Errorf("limit: %s", guardGrammar)
}

func guardNumber(word string) (float64, error) {
	v, err := strconv.ParseFloat(word, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("number %q: must be finite; %s", word, guardGrammar)
	}
	return v, nil
}

// String returns the guard as ParseGuard reads it.
func (g Guard) String() string {
	var b strings.Builder
	b.WriteString(g.Figure)
	if g.AtMost {
		b.WriteString(" <= ")
	} else {
		b.WriteString(" >= ")
	}
	number := func(v float64) { b.WriteString(strconv.FormatFloat(v, 'g', -1, 64)) }
	if !g.Relative() {
		number(g.Offset)
		return b.String()
	}
	if g.Factor != 1 {
		number(g.Factor)
		b.WriteString(" * ")
	}
	b.WriteString(AlwaysOnName)
	switch {
	case g.Offset > 0:
		b.WriteString(" + ")
		number(g.Offset)
	case g.Offset < 0:
		b.WriteString(" - ")
		number(-g.Offset)
	}
	return b.String()
}

// Relative says whether the limit depends on the always-on value.
func (g Guard) Relative() bool { return g.Factor != 0 }

// Limit returns the limit for an always-on value of the figure, in its unit.
// A plain limit ignores it, NaN too.
func (g Guard) Limit(alwaysOn float64) float64 {
	if !g.Relative() {
		return g.Offset
	}
	return g.Factor*alwaysOn + g.Offset
}

// Tightened returns the limit moved to the strict side by a share of the room
// that it leaves: its distance from the always-on value, or for a plain limit
// its magnitude.
func (g Guard) Tightened(limit, share float64) float64 {
	room := math.Abs(limit)
	if g.Relative() {
		room = math.Abs(limit - (limit-g.Offset)/g.Factor)
	}
	if g.AtMost {
		return limit - share*room
	}
	return limit + share*room
}

// Broken says whether a value breaks a limit. What is not known is broken.
func (g Guard) Broken(value, limit float64) bool { return !(g.Excess(value, limit) <= 0) }

// Excess returns how far a value is beyond the limit, as a share of the
// limit's magnitude (in the figure's unit for a limit of 0): above 0 the guard
// is broken, below there is slack. It is +Inf for a value or limit that is NaN.
func (g Guard) Excess(value, limit float64) float64 {
	beyond := limit - value
	if g.AtMost {
		beyond = value - limit
	}
	if limit != 0 {
		beyond /= math.Abs(limit)
	}
	switch {
	case math.IsNaN(value) || math.IsNaN(limit):
		return math.Inf(1)
	case value == limit:
		return 0 // also where both are infinite
	}
	return beyond
}
