package strict

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Reference returns a Markdown table of every key of the struct that v points
// to, which holds the defaults: path, meaning, unit, what is allowed, default.
// [] stands for an entry of a list, <name> for a name of a map.
func Reference(v any) string {
	var b strings.Builder
	b.WriteString("| key | meaning | unit | allowed | default |\n| --- | --- | --- | --- | --- |\n")
	root := reflect.Indirect(reflect.ValueOf(v))
	referenceRows(&b, root.Type(), "", root)
	return b.String()
}

func referenceRows(b *strings.Builder, t reflect.Type, path string, def reflect.Value) {
	for _, f := range fieldsOf(t) {
		ft := t.Field(f.index).Type
		sub := reflect.Value{}
		if def.IsValid() {
			sub = def.Field(f.index)
		}
		key := childPath(path, f.key)
		inner, suffix := structBelow(ft)
		if inner == nil {
			row(b, key, f, ft, sub)
			continue
		}
		if suffix != "" {
			sub = reflect.Value{} // entries of lists and maps have no default
		}
		fmt.Fprintf(b, "| **`%s`** | %s | | | |\n", key+suffix, cell(f.doc))
		referenceRows(b, inner, key+suffix, sub)
	}
}

func row(b *strings.Builder, key string, f field, t reflect.Type, def reflect.Value) {
	allowed := f
	allowed.unit = ""
	fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", key, cell(f.doc), cell(f.unit), cell(allowed.allowed(t)), cell(f.defaultText(t, def)))
}

// defaultText returns the default as it would be written, or what happens when
// the key is left out of an entry.
func (f field) defaultText(t reflect.Type, def reflect.Value) string {
	if !f.accepts(orZero(def, t)) {
		return "(must be given)"
	}
	text, err := json.Marshal(plainValue(orZero(def, t)))
	if err != nil {
		return ""
	}
	if len(text) > 60 {
		return fmt.Sprintf("(%d entries)", orZero(def, t).Len())
	}
	return string(text)
}

// cell makes text safe inside a Markdown table.
func cell(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "|", "\\|"), "\n", " ")
}
