package strict

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxBytes is the size of the largest file that is read.
const MaxBytes = 1 << 20

// Input is what a struct is filled from.
type Input struct {
	// Name is the file's name for messages; Data its bytes.
	Name string
	Data []byte
	// Sets are overrides of the form path=value, applied in order after the
	// file. The value is read as YAML.
	Sets []string
}

// Validator is a struct that checks relations between its fields. Each error's
// text begins with the path of the field at fault and a colon.
type Validator interface{ Validate() []error }

// Decode reads the input into the struct that dst points to, which holds the
// defaults, and returns all faults as Faults, or nil. When there are faults,
// dst is partly filled and must not be used.
func Decode(dst any, in Input) error {
	d := newDecoder(dst)
	if !d.file(in) {
		return d.faults // the defaults alone say nothing about the file
	}
	return d.finish(dst, in.Name, in.Sets)
}

// Override applies only the overrides to the struct that dst points to and
// checks the whole again; name stands for its origin in messages.
func Override(dst any, name string, sets []string) error {
	return newDecoder(dst).finish(dst, name, sets)
}

type decoder struct {
	types  map[reflect.Type][]field // the keys of struct types met so far
	root   reflect.Value
	origin string
	faults Faults
	pos    map[string]Position // where each value of the result was written
	bad    map[string]bool     // paths with a fault: later checks of them are silent
	unread map[string]bool     // paths whose value was not read: nothing below them is checked
}

func newDecoder(dst any) *decoder {
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		panic("strict: destination is not a pointer to a struct")
	}
	return &decoder{types: map[reflect.Type][]field{}, root: v.Elem(), pos: map[string]Position{}, bad: map[string]bool{}, unread: map[string]bool{}}
}

func (d *decoder) finish(dst any, name string, sets []string) error {
	for _, s := range sets {
		d.override(s)
	}
	d.origin = name
	d.bounds(d.root, field{}, "")
	if v, ok := dst.(Validator); ok {
		d.relations(v)
	}
	if len(d.faults) == 0 {
		return nil
	}
	if len(d.faults) > maxFaults {
		more := Fault{Position: Position{Origin: name}, Problem: fmt.Sprintf("more than %d faults: the others are not shown", maxFaults)}
		d.faults = append(d.faults[:maxFaults], more)
	}
	return d.faults
}

// add records a fault and that its path is at fault.
func (d *decoder) add(f Fault) {
	d.bad[f.Path] = true
	d.record(f)
}

// record records a fault unless there are more than enough already.
func (d *decoder) record(f Fault) {
	if len(d.faults) <= maxFaults {
		d.faults = append(d.faults, f)
	}
}

// at returns the position of a node.
func (d *decoder) at(n *yaml.Node) Position {
	if n.Line == 0 || strings.HasPrefix(d.origin, setPrefix) {
		return Position{Origin: d.origin}
	}
	return Position{Origin: d.origin, Line: n.Line, Column: n.Column}
}

// fields returns the keys of struct type t, parsing its tags once.
func (d *decoder) fields(t reflect.Type) []field {
	fs, ok := d.types[t]
	if !ok {
		fs = fieldsOf(t)
		d.types[t] = fs
	}
	return fs
}

// value reads a node into v, which is addressable.
func (d *decoder) value(v reflect.Value, f field, n *yaml.Node, path string) {
	if n.Kind == yaml.AliasNode || n.Tag == mergeTag || n.Style&yaml.TaggedStyle != 0 {
		d.unread[path] = true // reported when the file was first looked through
		return
	}
	d.pos[path] = d.at(n)
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		d.unread[path] = true
		d.add(Fault{
			Position: d.at(n), Path: path, Problem: "has no value", Value: n.Value,
			Allowed: f.allowed(v.Type()), Hint: "leave the key out to keep the default",
		})
		return
	}
	if v.Type() == valueType {
		v.SetString(flow(n))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(v, f, n, path)
	case reflect.Slice:
		d.list(v, f, n, path)
	case reflect.Map:
		d.mapping(v, f, n, path)
	default:
		d.scalar(v, f, n, path)
	}
}

// wrongKind reports a node of another shape than the field's.
func (d *decoder) wrongKind(v reflect.Value, f field, n *yaml.Node, path string) {
	d.unread[path] = true
	value := shown(n.Value)
	switch n.Kind {
	case yaml.MappingNode:
		value = "a mapping"
	case yaml.SequenceNode:
		value = "a list"
	}
	d.add(Fault{Position: d.at(n), Path: path, Problem: "wrong type", Value: value, Allowed: f.allowed(v.Type())})
}

func (d *decoder) structure(v reflect.Value, f field, n *yaml.Node, path string) {
	if n.Kind != yaml.MappingNode {
		d.wrongKind(v, f, n, path)
		return
	}
	fs := d.fields(v.Type())
	d.pairs(n, path, func(key, value *yaml.Node) {
		known, ok := find(fs, key.Value)
		if !ok {
			d.unknown(fs, key, value, path)
			return
		}
		d.value(v.Field(known.index), known, value, childPath(path, known.key))
	})
}

func (d *decoder) list(v reflect.Value, f field, n *yaml.Node, path string) {
	if n.Kind != yaml.SequenceNode {
		d.wrongKind(v, f, n, path)
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(list.Index(i), f.element(), item, fmt.Sprintf("%s[%d]", path, i))
	}
	v.Set(list)
}

func (d *decoder) mapping(v reflect.Value, f field, n *yaml.Node, path string) {
	if n.Kind != yaml.MappingNode {
		d.wrongKind(v, f, n, path)
		return
	}
	merged := reflect.MakeMap(v.Type())
	for it := v.MapRange(); it.Next(); {
		merged.SetMapIndex(it.Key(), it.Value())
	}
	d.pairs(n, path, func(key, value *yaml.Node) {
		if !nameOK(key.Value) {
			d.add(Fault{
				Position: d.at(key), Path: path, Problem: "bad name for an entry",
				Value: shown(key.Value), Allowed: "letters, digits, - and _",
			})
			return
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		name := reflect.ValueOf(key.Value).Convert(v.Type().Key())
		if old := merged.MapIndex(name); old.IsValid() {
			elem.Set(old)
		}
		d.value(elem, f.element(), value, childPath(path, key.Value))
		merged.SetMapIndex(name, elem)
	})
	v.Set(merged)
}

// pairs calls do for each key of a mapping, without keys that are not plain
// text and without the second and later of equal keys, which are faults.
func (d *decoder) pairs(n *yaml.Node, path string, do func(key, value *yaml.Node)) {
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Tag == mergeTag || key.Style&yaml.TaggedStyle != 0 || key.Kind == yaml.AliasNode:
			continue // reported when the file was first looked through
		case key.Kind != yaml.ScalarNode:
			d.add(Fault{Position: d.at(key), Path: path, Problem: "a key that is not a name", Allowed: "a name"})
			continue
		}
		if old, twice := first[key.Value]; twice {
			d.add(Fault{
				Position: d.at(key), Path: childPath(path, key.Value), Problem: "duplicate key",
				Hint: fmt.Sprintf("first given on line %d", old.Line),
			})
			continue
		}
		first[key.Value] = key
		do(key, value)
	}
}

// nameOK reports whether a map's key can be written in a path.
func nameOK(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return s != ""
}
