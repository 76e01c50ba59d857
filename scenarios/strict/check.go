package strict

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// bounds checks what the tags demand of every value of the struct, written or
// not. A value that was not written and breaks its bounds is a missing key.
func (d *decoder) bounds(v reflect.Value, f field, path string) {
	if d.unread[path] || d.bad[path] && v.Kind() != reflect.Struct {
		return
	}
	switch k := v.Kind(); {
	case k == reflect.Struct:
		for _, sub := range d.fields(v.Type()) {
			d.bounds(v.Field(sub.index), sub, childPath(path, sub.key))
		}
	case k == reflect.Slice:
		d.length(v, f, path, v.Len(), "entries")
		for i := range v.Len() {
			d.bounds(v.Index(i), f.element(), fmt.Sprintf("%s[%d]", path, i))
		}
	case k == reflect.Map:
		d.length(v, f, path, v.Len(), "entries")
		for _, name := range sortedKeys(v) {
			d.bounds(v.MapIndex(reflect.ValueOf(name).Convert(v.Type().Key())), f.element(), childPath(path, name))
		}
	case k == reflect.String:
		if f.enum != nil && !slices.Contains(f.enum, v.String()) {
			d.breaks(v, f, path, "not one of the known values", shown(v.String()), enumHint(f.enum, v.String()))
			return
		}
		d.length(v, f, path, len([]rune(v.String())), "characters")
	case isNumber(k):
		if !f.inBounds(v) {
			d.breaks(v, f, path, "out of range", formatNumber(v), "")
		}
	}
}

func (d *decoder) length(v reflect.Value, f field, path string, n int, what string) {
	switch {
	case n < f.minLen:
		d.breaks(v, f, path, fmt.Sprintf("too short: needs at least %d %s", f.minLen, what), fmt.Sprint(n), "")
	case f.maxLen > 0 && n > f.maxLen:
		d.breaks(v, f, path, fmt.Sprintf("too long: takes at most %d %s", f.maxLen, what), fmt.Sprint(n), "")
	}
}

// breaks reports a value that breaks its tags: as a wrong value where it was
// written, as a missing key where it was not.
func (d *decoder) breaks(v reflect.Value, f field, path, problem, value, hint string) {
	pos, written := d.pos[path]
	if written {
		d.add(Fault{Position: pos, Path: path, Problem: problem, Value: value, Allowed: f.allowed(v.Type()), Hint: hint})
		return
	}
	d.add(Fault{Position: d.nearestPos(path), Path: path, Problem: "missing key", Allowed: f.allowed(v.Type())})
}

// nearestPos returns where the value at path, or the nearest value around it,
// was written.
func (d *decoder) nearestPos(path string) Position {
	for ; path != ""; path = parentPath(path) {
		if pos, ok := d.pos[path]; ok {
			return pos
		}
	}
	return Position{Origin: d.origin}
}

func enumHint(enum []string, text string) string {
	fs := make([]field, len(enum))
	for i, e := range enum {
		fs[i].key = e
	}
	if near := nearest(fs, text); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return ""
}

var pathAndMessage = regexp.MustCompile(`(?s)^([A-Za-z0-9_.\[\]-]+): (.*)$`)

// relations reports the errors of the struct's own checks at their lines,
// without those about a value that is already at fault.
func (d *decoder) relations(v Validator) {
	for _, err := range v.Validate() {
		path, message := "", err.Error()
		if m := pathAndMessage.FindStringSubmatch(message); m != nil {
			path, message = m[1], m[2]
		}
		if d.faulty(path) {
			continue
		}
		d.record(Fault{Position: d.nearestPos(path), Path: path, Problem: strings.TrimSpace(message)})
	}
}

// faulty reports whether path, or a value around it, is already at fault.
func (d *decoder) faulty(path string) bool {
	for ; path != ""; path = parentPath(path) {
		if d.bad[path] || d.unread[path] {
			return true
		}
	}
	return false
}

func sortedKeys(m reflect.Value) []string {
	var keys []string
	for _, k := range m.MapKeys() {
		keys = append(keys, k.String())
	}
	slices.Sort(keys)
	return keys
}
