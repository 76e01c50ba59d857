// Package export writes a trained policy in a form that others can run: an
// ONNX model, and beside it everything that a consumer needs to build the
// model's input and read its output.
//
// The way of the data: mlp.Policy -> ONNX bytes (the network, with masking
// and the choice of the action inside) and a Bundle (the schema: each
// observation column with unit, offset and scale; each action; hashes), which
// Files turns into the files of a folder. The package only makes bytes;
// writing them is the caller's.
//
// The encoding is protobuf written field by field: of ONNX's schema a dense
// network needs some twenty fields, fewer lines than generated bindings.
package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"hibernet/agents/mlp"
	"hibernet/env"
)

// File names of a bundle.
const (
	ModelFile    = "policy.onnx"
	ManifestFile = "bundle.json"
	PolicyFile   = "policy.json"
	ReadmeFile   = "README.md"
)

// Format and Version identify the manifest. Version is raised when an older
// reader would misread a newer bundle.
const (
	Format  = "hibernet-bundle"
	Version = 1
)

// Origin says where a policy comes from.
type Origin struct {
	Scenario     string `json:"scenario"`
	ScenarioHash string `json:"scenario_sha256"`
	Seed         uint64 `json:"seed"`
	Run          string `json:"run"`      // the training run's folder name
	Software     string `json:"software"` // module version and commit
}

// Bundle is the manifest: what a consumer needs to feed the model.
type Bundle struct {
	Format     string     `json:"format"`
	Version    int        `json:"version"`
	Policy     string     `json:"policy"`
	Origin     Origin     `json:"origin"`
	SchemaHash string     `json:"schema_sha256"`
	Schema     env.Schema `json:"schema"`
	Model      Model      `json:"model"`
	Files      []File     `json:"files"`
}

// Model names the ONNX model's inputs and outputs.
type Model struct {
	File         string   `json:"file"`
	Opset        int      `json:"opset"`
	Inputs       []Tensor `json:"inputs"`
	Outputs      []Tensor `json:"outputs"`
	HiddenSizes  []int    `json:"hidden_sizes"`
	Activation   string   `json:"activation"`
	Observation  string   `json:"observation"`
	MaskedAction string   `json:"masked_action"`
}

// Tensor describes one input or output.
type Tensor struct {
	Name  string   `json:"name"`
	Type  string   `json:"type"`
	Shape []string `json:"shape"`
}

// File is a file of the bundle and what its bytes hash to.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Bytes  int    `json:"bytes"`
}

// Content is one file's name and bytes.
type Content struct {
	Name string
	Data []byte
}

// Files returns the files of the policy's bundle, the manifest last. Equal
// arguments give equal bytes.
func Files(p *mlp.Policy, origin Origin) ([]Content, error) {
	schemaHash := p.Schema.Hash()
	schemaText, err := json.Marshal(p.Schema)
	if err != nil {
		return nil, fmt.Errorf("export: schema: %w", err)
	}
	model, err := ONNX(p, []Entry{
		{"hibernet.format", fmt.Sprintf("%s/%d", Format, Version)},
		{"hibernet.schema", string(schemaText)},
		{"hibernet.schema_sha256", schemaHash},
		{"hibernet.scenario_sha256", origin.ScenarioHash},
	})
	if err != nil {
		return nil, err
	}
	native, err := p.Encode()
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	files := []Content{{ModelFile, model}, {PolicyFile, native}, {ReadmeFile, readme(p, origin)}}
	b := describe(p, origin, schemaHash)
	for _, f := range files {
		sum := sha256.Sum256(f.Data)
		b.Files = append(b.Files, File{Name: f.Name, SHA256: hex.EncodeToString(sum[:]), Bytes: len(f.Data)})
	}
	manifest, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("export: manifest: %w", err)
	}
	return append(files, Content{ManifestFile, append(manifest, '\n')}), nil
}

func describe(p *mlp.Policy, origin Origin, schemaHash string) Bundle {
	rows, fields, actions := "rows", fmt.Sprint(p.Actor.In()), fmt.Sprint(p.Actor.Out())
	return Bundle{
		Format: Format, Version: Version, Policy: p.Name(), Origin: origin,
		SchemaHash: schemaHash, Schema: p.Schema,
		Model: Model{
			File: ModelFile, Opset: opsetVersion,
			Inputs:       []Tensor{{InputObs, "float32", []string{rows, fields}}, {InputMask, "bool", []string{rows, actions}}},
			Outputs:      []Tensor{{OutputLogits, "float32", []string{rows, actions}}, {OutputAction, "int64", []string{rows}}},
			HiddenSizes:  p.Actor.Sizes[1 : len(p.Actor.Sizes)-1],
			Activation:   p.Actor.Activation,
			Observation:  "column i is (raw value in schema.fields[i].unit - offset) / scale",
			MaskedAction: "an action is chosen only where mask is true; a row with no true entry is not valid input",
		},
	}
}

func readme(p *mlp.Policy, origin Origin) []byte {
	var b bytes.Buffer
	cell := func(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
	fmt.Fprintf(&b, "# Policy %s\n\n", p.Name())
	fmt.Fprintf(&b, "Trained on scenario `%s` (SHA-256 `%.12s`), seed %d.\n\n", origin.Scenario, origin.ScenarioHash, origin.Seed)
	fmt.Fprintf(&b, "`%s` is an ONNX model (operator set %d) for any number of rows, one row a cell:\n\n", ModelFile, opsetVersion)
	fmt.Fprintf(&b, "| name | direction | type | shape |\n| --- | --- | --- | --- |\n")
	fmt.Fprintf(&b, "| `%s` | in | float32 | rows × %d |\n| `%s` | in | bool | rows × %d |\n", InputObs, p.Actor.In(), InputMask, p.Actor.Out())
	fmt.Fprintf(&b, "| `%s` | out | float32 | rows × %d |\n| `%s` | out | int64 | rows |\n\n", OutputLogits, p.Actor.Out(), OutputAction)
	fmt.Fprintf(&b, "Column i of `%s` is (raw value − offset) / scale:\n\n", InputObs)
	fmt.Fprintf(&b, "| i | column | unit | offset | scale | meaning |\n| --- | --- | --- | --- | --- | --- |\n")
	for i, f := range p.Schema.Fields {
		fmt.Fprintf(&b, "| %d | `%s` | %s | %g | %g | %s |\n", i, f.Name, cell(f.Unit), f.Offset, f.Scale, cell(f.Doc))
	}
	fmt.Fprintf(&b, "\nColumn k of `%s` says whether action k is allowed; `%s` is the allowed one with the highest logit:\n\n", InputMask, OutputAction)
	fmt.Fprintf(&b, "| k | action | meaning |\n| --- | --- | --- |\n")
	for k, a := range p.Schema.Actions {
		fmt.Fprintf(&b, "| %d | `%s` | %s |\n", k, a.Name, cell(a.Doc))
	}
	fmt.Fprintf(&b, "\n`%s` names the same for programs, with the hash of each file; `%s` is the policy in Hibernet's own format.\n", ManifestFile, PolicyFile)
	fmt.Fprintf(&b, "The policy was trained behind safety rules (coverage, minimum times, emergency wake-up). Do not run it without them.\n")
	return b.Bytes()
}
