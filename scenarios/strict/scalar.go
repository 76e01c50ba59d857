package strict

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	decimal   = regexp.MustCompile(`^[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	whole     = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)
	otherBase = regexp.MustCompile(`^[-+]?0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)$`)
	leading0  = regexp.MustCompile(`^[-+]?0[0-9]+$`)
	grouped   = regexp.MustCompile(`^[-+]?[0-9]+([_'][0-9]+)+(\.[0-9]+)?$`)
	comma     = regexp.MustCompile(`^[-+]?[0-9]+,[0-9]+$`)
	notFinite = regexp.MustCompile(`^[-+]?\.?(inf|infinity|nan)$`)
)

// scalar reads a single value.
func (d *decoder) scalar(v reflect.Value, f field, n *yaml.Node, path string) {
	if n.Kind != yaml.ScalarNode {
		d.wrongKind(v, f, n, path)
		return
	}
	fault := Fault{Position: d.at(n), Path: path, Value: shown(n.Value), Allowed: f.allowed(v.Type())}
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	switch k := v.Kind(); {
	case k == reflect.String:
		fault.Problem, fault.Hint = setText(v, n, quoted)
	case k == reflect.Bool:
		fault.Problem, fault.Hint = setBool(v, n.Value, quoted)
	case isNumber(k):
		fault.Problem, fault.Hint = setNumber(v, f, n.Value, quoted)
	default:
		panic("strict: field of a kind that is not supported")
	}
	if fault.Problem != "" {
		d.add(fault)
	}
}

// setText stores a text. Plain text that YAML reads as something else must be
// quoted, so that 0x10, true or 2024-01-01 never turn into text by accident.
func setText(v reflect.Value, n *yaml.Node, quoted bool) (problem, hint string) {
	if !quoted && n.Tag != "!!str" {
		return "not text", fmt.Sprintf("if text is meant, quote it: %q", n.Value)
	}
	v.SetString(n.Value)
	return "", ""
}

func setBool(v reflect.Value, text string, quoted bool) (problem, hint string) {
	switch lower := strings.ToLower(text); {
	case !quoted && (text == "true" || text == "false"):
		v.SetBool(text == "true")
		return "", ""
	case slices.Contains([]string{"true", "yes", "on", "y", "1"}, lower):
		return "not a boolean", "write true"
	case slices.Contains([]string{"false", "no", "off", "n", "0"}, lower):
		return "not a boolean", "write false"
	}
	return "not a boolean", ""
}

// setNumber stores a number that is written in plain decimal notation and
// fits the field's type. Bounds are checked later.
func setNumber(v reflect.Value, f field, text string, quoted bool) (problem, hint string) {
	if problem, hint := oddNumber(f, text, quoted); problem != "" {
		return problem, hint
	}
	if isFloat(v.Kind()) {
		x, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil {
			return "too large a number", ""
		}
		v.SetFloat(x)
		return "", ""
	}
	if !whole.MatchString(text) {
		return "not a whole number", wholeHint(text)
	}
	text = strings.TrimPrefix(text, "+")
	var err error
	if isUint(v.Kind()) {
		var x uint64
		if x, err = strconv.ParseUint(text, 10, v.Type().Bits()); err == nil {
			v.SetUint(x)
		}
	} else {
		var x int64
		if x, err = strconv.ParseInt(text, 10, v.Type().Bits()); err == nil {
			v.SetInt(x)
		}
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		return fmt.Sprintf("too large for a %d-bit whole number", v.Type().Bits()), ""
	case err != nil:
		return "negative where only 0 and above is possible", ""
	}
	return "", ""
}

// wholeHint returns what to write for 5.0 or 1e3.
func wholeHint(text string) string {
	x, err := strconv.ParseFloat(text, 64)
	if err == nil && x == math.Trunc(x) && math.Abs(x) < 1<<53 {
		return "write " + strconv.FormatFloat(x, 'f', 0, 64)
	}
	return ""
}

// oddNumber says what is wrong with a text that is not a plain decimal number,
// and what to write instead.
func oddNumber(f field, text string, quoted bool) (problem, hint string) {
	switch {
	case quoted && decimal.MatchString(text):
		return "a quoted number is text", "write " + text + " without quotes"
	case decimal.MatchString(text):
		return "", ""
	case notFinite.MatchString(strings.ToLower(text)):
		return "not a finite number", ""
	case otherBase.MatchString(text):
		hint := ""
		if x, err := strconv.ParseInt(text, 0, 64); err == nil {
			hint = fmt.Sprintf("write %d", x)
		}
		return "not decimal", hint
	case leading0.MatchString(text):
		return "a leading zero, which some YAML readers take for octal", "write " + trimZeros(text)
	case grouped.MatchString(text):
		return "separators inside a number", "write " + strings.NewReplacer("_", "", "'", "").Replace(text)
	case comma.MatchString(text):
		return "a decimal comma", "write " + strings.Replace(text, ",", ".", 1)
	}
	if problem, hint, ok := withUnit(f, text); ok {
		return problem, hint
	}
	return "not a number", ""
}

func trimZeros(text string) string {
	sign := strings.TrimRight(text, "0123456789")
	digits := strings.TrimLeft(strings.TrimPrefix(text, sign), "0")
	if digits == "" {
		digits = "0"
	}
	return sign + digits
}
