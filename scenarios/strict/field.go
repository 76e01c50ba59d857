package strict

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// field is one key of a struct with what its tags say.
type field struct {
	index            int
	key, doc, unit   string
	min, max, gt, lt string   // as written; empty = no bound
	enum             []string // nil = any text
	minLen, maxLen   int      // maxLen 0 = any
}

// fieldsOf returns the keys of struct type t in the order of its fields.
func fieldsOf(t reflect.Type) []field {
	var fs []field
	for i := range t.NumField() {
		sf := t.Field(i)
		key, _, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
		if !sf.IsExported() || key == "" || key == "-" {
			continue
		}
		f := field{
			index: i, key: key, doc: sf.Tag.Get("doc"), unit: sf.Tag.Get("unit"),
			min: sf.Tag.Get("min"), max: sf.Tag.Get("max"), gt: sf.Tag.Get("gt"), lt: sf.Tag.Get("lt"),
		}
		if list, ok := sf.Tag.Lookup("enum"); ok {
			f.enum = strings.Split(list, ",")
		}
		f.minLen, _ = strconv.Atoi(sf.Tag.Get("minlen"))
		f.maxLen, _ = strconv.Atoi(sf.Tag.Get("maxlen"))
		fs = append(fs, f)
	}
	return fs
}

// find returns the field with the key.
func find(fs []field, key string) (field, bool) {
	for _, f := range fs {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

// element returns the field that describes one element of a list or map
// field: its bounds and enum, not its length.
func (f field) element() field {
	f.minLen, f.maxLen = 0, 0
	return f
}

func isInt(k reflect.Kind) bool   { return k >= reflect.Int && k <= reflect.Int64 }
func isUint(k reflect.Kind) bool  { return k >= reflect.Uint && k <= reflect.Uint64 }
func isFloat(k reflect.Kind) bool { return k == reflect.Float32 || k == reflect.Float64 }
func isNumber(k reflect.Kind) bool {
	return isInt(k) || isUint(k) || isFloat(k)
}

// leaf returns the type below lists and maps.
func leaf(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t
}

// compare returns the sign of v - bound. Whole numbers are compared exactly
// where the bound is written as one.
func compare(v reflect.Value, bound string) int {
	switch {
	case isInt(v.Kind()):
		if b, err := strconv.ParseInt(bound, 10, 64); err == nil {
			return sign(v.Int(), b)
		}
	case isUint(v.Kind()):
		if b, err := strconv.ParseUint(bound, 10, 64); err == nil {
			return sign(v.Uint(), b)
		}
	}
	b, err := strconv.ParseFloat(bound, 64)
	if err != nil {
		panic("strict: bound in a struct tag is not a number")
	}
	return sign(asFloat(v), b)
}

func sign[T int64 | uint64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func asFloat(v reflect.Value) float64 {
	switch {
	case isInt(v.Kind()):
		return float64(v.Int())
	case isUint(v.Kind()):
		return float64(v.Uint())
	}
	return v.Float()
}

// inBounds reports whether the number v keeps the field's bounds.
func (f field) inBounds(v reflect.Value) bool {
	return (f.min == "" || compare(v, f.min) >= 0) &&
		(f.max == "" || compare(v, f.max) <= 0) &&
		(f.gt == "" || compare(v, f.gt) > 0) &&
		(f.lt == "" || compare(v, f.lt) < 0)
}

// bounds describes the field's bounds: "10 to 50000 m", "above 0, below 1".
func (f field) bounds() string {
	var parts []string
	if f.gt != "" {
		parts = append(parts, "above "+f.gt)
	}
	switch {
	case f.min != "" && f.max != "":
		parts = append(parts, f.min+" to "+f.max)
	case f.min != "":
		parts = append(parts, "at least "+f.min)
	case f.max != "":
		parts = append(parts, "at most "+f.max)
	}
	if f.lt != "" {
		parts = append(parts, "below "+f.lt)
	}
	text := strings.Join(parts, ", ")
	if u := f.unitName(); u != "" && text != "" {
		text += " " + u
	}
	return text
}

// unitName returns the unit for messages; "1" stands for a plain number.
func (f field) unitName() string {
	if f.unit == "1" {
		return ""
	}
	return f.unit
}

// allowed describes what may stand at a field of type t.
func (f field) allowed(t reflect.Type) string {
	switch k := t.Kind(); {
	case t == valueType:
		return "any value"
	case k == reflect.Bool:
		return "true or false"
	case k == reflect.String && f.enum != nil:
		return "one of " + strings.Join(quoteEmpty(f.enum), ", ")
	case k == reflect.String && f.minLen > 0:
		return fmt.Sprintf("text of at least %d character(s)", f.minLen)
	case k == reflect.String:
		return "text"
	case k == reflect.Slice:
		return "a list: " + f.element().allowed(t.Elem())
	case k == reflect.Map:
		return "a mapping of names to " + f.element().allowed(t.Elem())
	case k == reflect.Struct:
		return "a mapping with the keys " + keyList(fieldsOf(t))
	case isFloat(k):
		return f.numberText("a number", t)
	default:
		return f.numberText("a whole number", t)
	}
}

func (f field) numberText(kind string, t reflect.Type) string {
	if b := f.bounds(); b != "" {
		return kind + ", " + b
	}
	if u := f.unitName(); u != "" {
		kind += " in " + u
	}
	return kind
}

func quoteEmpty(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		if out[i] = s; s == "" {
			out[i] = `""`
		}
	}
	return out
}

func keyList(fs []field) string {
	keys := make([]string, len(fs))
	for i, f := range fs {
		keys[i] = f.key
	}
	return strings.Join(keys, ", ")
}
