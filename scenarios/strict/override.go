package strict

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// setPrefix marks the origin of faults in overrides.
const setPrefix = "--set "

var pathStep = regexp.MustCompile(`^([A-Za-z0-9_-]+)((?:\[[0-9]+\])*)$`)

// override applies one path=value to the struct.
func (d *decoder) override(text string) {
	d.origin = setPrefix + text
	if utf8.RuneCountInString(text) > 80 {
		d.origin = setPrefix + string([]rune(text)[:80]) + "…"
	}
	whole := Position{Origin: d.origin}
	path, value, ok := strings.Cut(text, "=")
	path = strings.TrimSpace(path)
	switch {
	case !utf8.ValidString(text):
		d.add(Fault{Position: whole, Problem: "not UTF-8 text"})
		return
	case !ok || path == "":
		d.add(Fault{Position: whole, Problem: "not an override", Allowed: "path=value, such as a.b[1].c=3"})
		return
	}
	root, ok := d.setValue(value)
	if !ok {
		return
	}
	d.refuse(root, map[*yaml.Node]bool{})
	d.descend(d.root, field{}, "", strings.Split(path, "."), root)
}

// setValue parses the value of an override.
func (d *decoder) setValue(value string) (*yaml.Node, bool) {
	if strings.TrimSpace(value) == "" {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: 1}, true
	}
	return d.parse([]byte(value))
}

// descend follows the rest of a path below v and reads the value there.
func (d *decoder) descend(v reflect.Value, f field, path string, rest []string, value *yaml.Node) {
	if len(rest) == 0 {
		d.forget(path)
		d.value(v, f, value, path)
		return
	}
	m := pathStep.FindStringSubmatch(rest[0])
	if m == nil {
		d.add(Fault{Position: Position{Origin: d.origin}, Path: path, Problem: "not a key", Value: shown(rest[0]), Allowed: "a name, with [0], [1], … for an entry of a list"})
		return
	}
	key := &yaml.Node{Kind: yaml.ScalarNode, Value: m[1]}
	switch v.Kind() {
	case reflect.Struct:
		fs := d.fields(v.Type())
		known, ok := find(fs, m[1])
		if !ok {
			d.unknown(fs, key, value, path)
			return
		}
		d.index(v.Field(known.index), known, childPath(path, known.key), m[2], rest[1:], value)
	case reflect.Map:
		name := reflect.ValueOf(m[1]).Convert(v.Type().Key())
		elem := reflect.New(v.Type().Elem()).Elem()
		if old := v.MapIndex(name); old.IsValid() {
			elem.Set(old)
		}
		d.index(elem, f.element(), childPath(path, m[1]), m[2], rest[1:], value)
		merged := reflect.MakeMap(v.Type())
		for it := v.MapRange(); it.Next(); {
			merged.SetMapIndex(it.Key(), it.Value())
		}
		merged.SetMapIndex(name, elem)
		v.Set(merged)
	default:
		d.add(Fault{Position: Position{Origin: d.origin}, Path: path, Problem: "has no keys below it", Value: shown(m[1]), Allowed: f.allowed(v.Type())})
	}
}

// index follows the [i] parts of one step of a path.
func (d *decoder) index(v reflect.Value, f field, path, indices string, rest []string, value *yaml.Node) {
	if indices == "" {
		d.descend(v, f, path, rest, value)
		return
	}
	end := strings.IndexByte(indices, ']')
	i, err := strconv.Atoi(indices[1:end])
	switch {
	case v.Kind() != reflect.Slice:
		d.add(Fault{Position: Position{Origin: d.origin}, Path: path, Problem: "not a list", Value: indices[:end+1], Allowed: f.allowed(v.Type())})
		return
	case err != nil || i >= v.Len():
		fault := Fault{Position: Position{Origin: d.origin}, Path: path, Problem: "no such entry", Value: indices[:end+1], Allowed: "none, the list is empty"}
		if v.Len() > 0 {
			fault.Allowed = fmt.Sprintf("[0] to [%d]", v.Len()-1)
		}
		d.add(fault)
		return
	}
	// A list may be the caller's default, shared with others: change a copy.
	list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(list, v)
	v.Set(list)
	d.index(v.Index(i), f.element(), fmt.Sprintf("%s[%d]", path, i), indices[end+1:], rest, value)
}

// forget drops where the values at and below path were written, because an
// override replaces a list as a whole.
func (d *decoder) forget(path string) {
	for p := range d.pos {
		if p == path || strings.HasPrefix(p, path+"[") {
			delete(d.pos, p)
		}
	}
}
