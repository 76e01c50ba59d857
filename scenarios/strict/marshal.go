package strict

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Marshal writes the struct, or what v points to, as YAML with every key and
// the units as comments. Decoding it again gives an equal struct, except that
// an empty list or map comes back empty rather than nil.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(node(reflect.Indirect(reflect.ValueOf(v)), field{})); err != nil {
		return nil, fmt.Errorf("strict: write YAML: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("strict: write YAML: %w", err)
	}
	return b.Bytes(), nil
}

// Hash returns the SHA-256, in hexadecimal, of the struct's canonical form:
// one line path=value for every value, in the order of the struct's fields
// and of the names of maps. It does not depend on how a file was written, only
// on what it means.
func Hash(v any) string {
	var b strings.Builder
	canonical(&b, reflect.Indirect(reflect.ValueOf(v)), "")
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

func canonical(b *strings.Builder, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			canonical(b, v.Field(f.index), childPath(path, f.key))
		}
	case reflect.Slice:
		fmt.Fprintf(b, "%s=[%d]\n", path, v.Len())
		for i := range v.Len() {
			canonical(b, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Map:
		fmt.Fprintf(b, "%s={%d}\n", path, v.Len())
		for _, name := range sortedKeys(v) {
			canonical(b, v.MapIndex(reflect.ValueOf(name).Convert(v.Type().Key())), childPath(path, name))
		}
	case reflect.String:
		fmt.Fprintf(b, "%s=%q\n", path, v.String())
	default:
		fmt.Fprintf(b, "%s=%s\n", path, formatScalar(v))
	}
}

// node returns the YAML node of a value.
func node(v reflect.Value, f field) *yaml.Node {
	if v.Type() == valueType {
		return valueNode(v.String())
	}
	switch v.Kind() {
	case reflect.Struct:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, sub := range fieldsOf(v.Type()) {
			addPair(n, sub.key, v.Field(sub.index), sub)
		}
		return n
	case reflect.Map:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, name := range sortedKeys(v) {
			addPair(n, name, v.MapIndex(reflect.ValueOf(name).Convert(v.Type().Key())), f.element())
		}
		if v.Len() == 0 {
			n.Style = yaml.FlowStyle
		}
		return n
	case reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if v.Type().Elem().Kind() != reflect.Struct {
			n.Style = yaml.FlowStyle
		}
		for i := range v.Len() {
			n.Content = append(n.Content, node(v.Index(i), f.element()))
		}
		if v.Len() == 0 {
			n.Style = yaml.FlowStyle
		}
		return n
	case reflect.String:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: v.String()}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: formatScalar(v)}
}

func addPair(n *yaml.Node, key string, v reflect.Value, f field) {
	k := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}
	value := node(v, f)
	if u := f.unitName(); u != "" && value.Kind != yaml.MappingNode && isNumber(leaf(v.Type()).Kind()) {
		value.LineComment = "# " + u
	}
	n.Content = append(n.Content, k, value)
}

func formatScalar(v reflect.Value) string {
	if v.Kind() == reflect.Bool {
		return strconv.FormatBool(v.Bool())
	}
	return formatNumber(v)
}

// formatNumber writes a number so that reading it gives the same bits.
func formatNumber(v reflect.Value) string {
	switch {
	case isInt(v.Kind()):
		return strconv.FormatInt(v.Int(), 10)
	case isUint(v.Kind()):
		return strconv.FormatUint(v.Uint(), 10)
	case v.Kind() == reflect.Float32:
		return strconv.FormatFloat(v.Float(), 'g', -1, 32)
	}
	return formatFloat(v.Float())
}

// formatFloat writes the shortest decimal that reads back as x, without an
// exponent where that stays readable.
func formatFloat(x float64) string {
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e15) {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
