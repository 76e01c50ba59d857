package strict

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
)

// Schema returns the JSON Schema (draft 2020-12) of the struct that v points
// to, which holds the defaults. It refuses what the decoder refuses as far as
// the schema language can say it: relations between fields and duplicate keys
// are beyond it.
func Schema(v any, id, title string) ([]byte, error) {
	root := reflect.Indirect(reflect.ValueOf(v))
	s := schemaOf(root.Type(), field{}, root)
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["$id"] = id
	s["title"] = title
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("strict: write JSON Schema: %w", err)
	}
	return append(text, '\n'), nil
}

// schemaOf returns the schema of a field of type t; def is its default, not
// valid inside lists and maps, where there is none.
func schemaOf(t reflect.Type, f field, def reflect.Value) map[string]any {
	s := map[string]any{}
	if d := f.description(); d != "" {
		s["description"] = d
	}
	switch k := t.Kind(); {
	case t == valueType:
		return s // whatever it is read as in the end
	case k == reflect.Struct:
		structSchema(s, t, def)
		return s // the defaults stand at the keys
	case k == reflect.Slice:
		s["type"] = "array"
		item := f.element()
		item.doc, item.unit = "", ""
		s["items"] = schemaOf(t.Elem(), item, reflect.Value{})
		lengthSchema(s, f, "minItems", "maxItems")
	case k == reflect.Map:
		s["type"] = "object"
		entry := f.element()
		entry.doc, entry.unit = "", ""
		s["additionalProperties"] = schemaOf(t.Elem(), entry, reflect.Value{})
		s["propertyNames"] = map[string]any{"pattern": "^[A-Za-z0-9_-]+$"}
		lengthSchema(s, f, "minProperties", "maxProperties")
		if def.IsValid() && def.Len() > 0 {
			s["properties"] = entrySchemas(t, entry, def)
			return s // the defaults stand at the entries
		}
	case k == reflect.String:
		s["type"] = "string"
		if f.enum != nil {
			s["enum"] = f.enum
		}
		lengthSchema(s, f, "minLength", "maxLength")
	case k == reflect.Bool:
		s["type"] = "boolean"
	default:
		numberSchema(s, t, f)
	}
	if def.IsValid() {
		s["default"] = plainValue(def)
	}
	return s
}

// entrySchemas returns the schemas of a map's default entries: a file that
// names one changes some of its keys, so none is required.
func entrySchemas(t reflect.Type, entry field, def reflect.Value) map[string]any {
	entries := map[string]any{}
	for _, name := range sortedKeys(def) {
		entries[name] = schemaOf(t.Elem(), entry, def.MapIndex(reflect.ValueOf(name).Convert(t.Key())))
	}
	return entries
}

func (f field) description() string {
	if u := f.unitName(); u != "" {
		return fmt.Sprintf("%s [%s]", f.doc, u)
	}
	return f.doc
}

func structSchema(s map[string]any, t reflect.Type, def reflect.Value) {
	properties := map[string]any{}
	var required []string
	for _, f := range fieldsOf(t) {
		sub := reflect.Value{}
		if def.IsValid() {
			sub = def.Field(f.index)
		}
		ft := t.Field(f.index).Type
		properties[f.key] = schemaOf(ft, f, sub)
		if !f.accepts(orZero(sub, ft)) {
			required = append(required, f.key)
		}
	}
	s["type"] = "object"
	s["properties"] = properties
	s["additionalProperties"] = false
	if required != nil {
		s["required"] = required
	}
}

// orZero returns the default, or the zero value where there is none.
func orZero(def reflect.Value, t reflect.Type) reflect.Value {
	if def.IsValid() {
		return def
	}
	return reflect.Zero(t)
}

// accepts reports whether v keeps the field's tags, so that its key may be
// left out.
func (f field) accepts(v reflect.Value) bool {
	switch k := v.Kind(); {
	case k == reflect.Struct:
		for _, sub := range fieldsOf(v.Type()) {
			if !sub.accepts(v.Field(sub.index)) {
				return false
			}
		}
		return true
	case k == reflect.Slice || k == reflect.Map:
		return v.Len() >= f.minLen
	case k == reflect.String:
		return len(v.String()) >= f.minLen && (f.enum == nil || contains(f.enum, v.String()))
	case isNumber(k):
		return f.inBounds(v)
	}
	return true
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func lengthSchema(s map[string]any, f field, least, most string) {
	if f.minLen > 0 {
		s[least] = f.minLen
	}
	if f.maxLen > 0 {
		s[most] = f.maxLen
	}
}

func numberSchema(s map[string]any, t reflect.Type, f field) {
	s["type"] = "number"
	if !isFloat(t.Kind()) {
		s["type"] = "integer"
		s["minimum"], s["maximum"] = limits(t)
	}
	for _, b := range []struct{ word, bound string }{
		{"minimum", f.min}, {"maximum", f.max}, {"exclusiveMinimum", f.gt}, {"exclusiveMaximum", f.lt},
	} {
		if b.bound != "" {
			s[b.word] = json.Number(b.bound)
		}
	}
}

// limits returns the range of a whole-number type.
func limits(t reflect.Type) (low, high json.Number) {
	bits := t.Bits()
	if isUint(t.Kind()) {
		return "0", json.Number(strconv.FormatUint(^uint64(0)>>(64-bits), 10))
	}
	top := int64(^uint64(0) >> (65 - bits))
	return json.Number(strconv.FormatInt(-top-1, 10)), json.Number(strconv.FormatInt(top, 10))
}

// plainValue returns v as encoding/json writes it under its YAML keys.
func plainValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Struct:
		m := map[string]any{}
		for _, f := range fieldsOf(v.Type()) {
			m[f.key] = plainValue(v.Field(f.index))
		}
		return m
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plainValue(v.Index(i))
		}
		return list
	case reflect.Map:
		m := map[string]any{}
		for _, name := range sortedKeys(v) {
			m[name] = plainValue(v.MapIndex(reflect.ValueOf(name).Convert(v.Type().Key())))
		}
		return m
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	}
	return json.Number(formatNumber(v))
}
