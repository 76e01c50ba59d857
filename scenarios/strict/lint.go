package strict

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Lint returns what is wrong with the tags of the struct that v points to and
// of the structs below it, and with its defaults: a key without a description,
// a number without bounds, a unit in the key that the unit tag does not name,
// a bound that is not a number, equal keys, a kind that is not supported, a
// default that its own tags refuse. It is for tests.
func Lint(v any) []error {
	var errs []error
	root := reflect.Indirect(reflect.ValueOf(v))
	walkTypes(root.Type(), "", func(path string, t reflect.Type) {
		seen := map[string]bool{}
		for _, f := range fieldsOf(t) {
			key := childPath(path, f.key)
			if seen[f.key] {
				errs = append(errs, fmt.Errorf("%s: two fields have the key", key))
			}
			seen[f.key] = true
			errs = append(errs, lintField(key, f, t.Field(f.index))...)
		}
	})
	d := newDecoder(v)
	d.bounds(root, field{}, "")
	for _, f := range d.faults {
		errs = append(errs, fmt.Errorf("%s: the default is not allowed: %s", f.Path, f.Allowed))
	}
	return errs
}

func lintField(key string, f field, sf reflect.StructField) []error {
	var errs []error
	fail := func(text string) { errs = append(errs, fmt.Errorf("%s: %s", key, text)) }
	if !nameOK(f.key) {
		fail("the key is not a name")
	}
	if f.doc == "" {
		fail("no doc tag")
	}
	t := leaf(sf.Type)
	switch k := t.Kind(); {
	case k == reflect.String || k == reflect.Bool || k == reflect.Struct:
		if f.min+f.max+f.gt+f.lt+f.unit != "" {
			fail("bounds or a unit on a field that is not a number")
		}
	case isNumber(k):
		if f.min == "" && f.gt == "" || f.max == "" && f.lt == "" {
			fail("a number without both bounds")
		}
		errs = append(errs, lintUnit(key, f)...)
	default:
		fail("a field of kind " + k.String())
	}
	for _, bound := range []string{f.min, f.max, f.gt, f.lt} {
		if _, err := strconv.ParseFloat(bound, 64); bound != "" && err != nil {
			fail("bound " + bound + " is not a number")
		}
	}
	return errs
}

// lintUnit checks that a unit at the end of the key is the unit tag's.
func lintUnit(key string, f field) []error {
	_, suffix := splitUnit(f.key)
	switch {
	case suffix == "", f.unit == "" && suffix == "share":
		return nil
	case f.unit == "" && suffix == "days", f.unit == "1" && suffix == "min":
		return nil // days that are listed; a minimum
	case strings.HasSuffix(strings.ToLower(f.unit), "/"+suffix):
		return nil // the end of a compound unit, such as bit/s/Hz
	}
	if one, ok := convert(1, suffix, f.unit); !ok || one != 1 {
		return []error{fmt.Errorf("%s: the key ends in %s but the unit tag is %q", key, suffix, f.unit)}
	}
	return nil
}
