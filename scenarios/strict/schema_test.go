package strict_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"hibernet/scenarios/strict"
)

func compile(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("toy.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("toy.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance turns YAML into what a schema validator sees of it.
func instance(data []byte) (any, error) {
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		return nil, err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(text))
}

// beyondSchema are the faults that a schema cannot see: how something is
// written rather than what it says, and relations.
var beyondSchema = map[string]bool{
	"anchor": true, "documents": true, "setrelation": true, "set": true, "tag": true, "utf16": true,
}

// The schema accepts every good file and refuses every bad one that a YAML
// parser can read at all, except for the faults listed above.
func TestSchemaAgreesWithDecoder(t *testing.T) {
	def := toyDefault()
	text, err := strict.Schema(&def, "https://example.org/toy.json", "toy")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/schema.json", text)
	schema := compile(t, text)
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		v, err := instance(data)
		if err != nil {
			continue // not YAML, or not expressible as JSON
		}
		name, kind, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".yaml"), ".")
		err = schema.Validate(v)
		switch {
		case kind == "good" && err != nil:
			t.Errorf("%s: the schema refuses a good file: %v", file, err)
		case kind == "bad" && err == nil && !beyondSchema[name]:
			t.Errorf("%s: the schema accepts a bad file", file)
		case kind == "bad" && err != nil:
			refused++
		}
	}
	if refused < 12 {
		t.Errorf("only %d bad files reach the schema and are refused", refused)
	}
}

func TestReference(t *testing.T) {
	def := toyDefault()
	golden(t, "testdata/reference.md", []byte(strict.Reference(&def)))
}
