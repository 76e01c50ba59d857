package scenarios

import (
	"hibernet/scenarios/strict"
)

// SchemaID is the identity of the JSON Schema of scenario files.
const SchemaID = "https://hibernet.example/schema/scenario.json"

// Load reads a scenario from the text of a file. name stands for the file in
// messages; sets are overrides of the form path=value. All faults are
// returned at once, as a strict.Faults.
func Load(name string, text []byte, sets []string) (Scenario, error) {
	s := Default()
	if err := strict.Decode(&s, strict.Input{Name: name, Data: text, Sets: sets}); err != nil {
		return Scenario{}, err
	}
	return s, nil
}

// Show returns the scenario as YAML, with every key and the units as comments.
// Loading it again gives an equal scenario.
func (s Scenario) Show() ([]byte, error) { return strict.Marshal(&s) }

// Hash returns the SHA-256, in hexadecimal, of everything the scenario says,
// however its file was written. It does not cover the data files.
func (s Scenario) Hash() string { return strict.Hash(&s) }

// Schema returns the JSON Schema (draft 2020-12) of scenario files.
func Schema() ([]byte, error) {
	s := Default()
	return strict.Schema(&s, SchemaID, "Hibernet scenario")
}

// Reference returns a Markdown table of all keys.
func Reference() string {
	s := Default()
	return strict.Reference(&s)
}
