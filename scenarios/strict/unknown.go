package strict

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// unknown reports a key that the struct with fields fs does not have, and what
// was probably meant.
func (d *decoder) unknown(fs []field, key, value *yaml.Node, path string) {
	fault := Fault{Position: d.at(key), Path: childPath(path, key.Value), Problem: "unknown key"}
	if len(fault.Path) > 200 {
		fault.Path = childPath(path, strings.Trim(shown(key.Value), `"`))
	}
	if meant, hint := unitHint(fs, key.Value, value); hint != "" {
		fault.Hint = hint
		d.bad[childPath(path, meant)] = true // not missing: misspelt
	} else if near := nearest(fs, key.Value); near != "" {
		fault.Hint = fmt.Sprintf("did you mean %s?", near)
		d.bad[childPath(path, near)] = true
	} else if places := d.elsewhere(key.Value); places != "" {
		fault.Hint = "the key belongs to " + places + ": check the indentation"
	} else {
		fault.Allowed = keyList(fs)
	}
	d.add(fault)
}

// unitHint recognises a key that names another unit than the right key does,
// or none. It returns the right key and what to say.
func unitHint(fs []field, key string, value *yaml.Node) (meant, hint string) {
	base, from := splitUnit(strings.ToLower(strings.ReplaceAll(key, "-", "_")))
	for _, f := range fs {
		name, to := splitUnit(f.key)
		if to == "" || name != base || f.key == key {
			continue
		}
		if from == "" {
			return f.key, fmt.Sprintf("did you mean %s (in %s)?", f.key, f.unit)
		}
		one, ok := convert(1, from, to)
		if !ok {
			return f.key, fmt.Sprintf("the key is %s, in %s", f.key, f.unit)
		}
		hint := fmt.Sprintf("the key is %s, in %s", f.key, f.unit)
		if from != "dbm" && to != "dbm" {
			hint += fmt.Sprintf(" (1 %s = %s %s)", from, plain(one), f.unit)
		}
		if x, err := strconv.ParseFloat(value.Value, 64); err == nil && decimal.MatchString(value.Value) {
			if y, ok := convert(x, from, to); ok {
				hint += fmt.Sprintf(": write %s: %s", f.key, plain(y))
			}
		}
		return f.key, hint
	}
	return "", ""
}

// nearest returns the key that differs least from a misspelt one, if it
// differs in at most a third of its letters.
func nearest(fs []field, key string) string {
	if len(key) > 64 {
		return ""
	}
	fold := func(s string) string { return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(s)) }
	best, least := "", max(2, len(key)/3)+1
	for _, f := range fs {
		if fold(f.key) == fold(key) {
			return f.key
		}
		if n := editDistance(key, f.key); n < least && n < len(f.key) {
			best, least = f.key, n
		}
	}
	return best
}

// editDistance counts the insertions, deletions, substitutions and swaps of
// neighbours that turn a into b (optimal string alignment).
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// elsewhere returns up to three structs of the whole that have the key.
func (d *decoder) elsewhere(key string) string {
	var places []string
	walkTypes(d.root.Type(), "", func(path string, t reflect.Type) {
		if _, ok := find(fieldsOf(t), key); ok {
			if path == "" {
				path = "the top level"
			}
			places = append(places, path)
		}
	})
	if len(places) > 3 {
		places = places[:3]
	}
	return strings.Join(places, " or ")
}

// walkTypes calls do for struct type t and all struct types below it.
func walkTypes(t reflect.Type, path string, do func(path string, t reflect.Type)) {
	do(path, t)
	for _, f := range fieldsOf(t) {
		if sub, suffix := structBelow(t.Field(f.index).Type); sub != nil {
			walkTypes(sub, childPath(path, f.key)+suffix, do)
		}
	}
}

// structBelow returns the struct type below lists and maps, with [] for each
// list and .<name> for each map on the way, or nil.
func structBelow(t reflect.Type) (reflect.Type, string) {
	suffix := ""
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		if t.Kind() == reflect.Slice {
			suffix += "[]"
		} else {
			suffix += ".<name>"
		}
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil, ""
	}
	return t, suffix
}
