package export

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"

	"hibernet/agents/hierarchy"
	"hibernet/agents/mlp"
	"hibernet/env"
	"hibernet/env/region"
	"hibernet/sim/rng"
)

// TestPairBundleHoldsBoth reads the bundle of a pair back: the policy file is
// the policy, each folder holds a bundle of its network, and the manifest has
// the hash of every file.
func TestPairBundleHoldsBoth(t *testing.T) {
	s := env.Schema{Environment: "x", Version: 1, Fields: []env.Field{{Name: "load", Unit: "1", Scale: 1}}, Actions: []env.Action{{Name: "a"}, {Name: "b"}}}
	regions := region.Spec{Rows: 2, DecideS: 900, Levels: 3, Mean: []string{"load"}}
	m, err := region.NewMap(s, 4, regions, 1)
	if err != nil {
		t.Fatal(err)
	}
	level := func(name string, s env.Schema) *mlp.Policy {
		net := mlp.New([]int{len(s.Fields), 4, len(s.Actions)}, mlp.Tanh, 1, rng.Root(7).Named(name))
		return &mlp.Policy{Actor: net, Schema: s, Label: name, Greedy: true, Workers: 1}
	}
	p := &hierarchy.Policy{Label: "pair", Regions: regions, Hold: 4, Cells: level("cells", m.RowSchema()), Coordinator: level("coordinator", m.Schema())}
	files, err := PairFiles(p, Origin{Scenario: "x"})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string][]byte{}
	for _, f := range files {
		byName[f.Name] = f.Data
	}
	var manifest Pair
	if err := json.Unmarshal(byName[ManifestFile], &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Hold != 4 || manifest.Rows != 2 || manifest.Levels != 3 || len(manifest.Files) != len(files)-1 {
		t.Errorf("manifest %+v of %d files", manifest, len(files))
	}
	for _, f := range manifest.Files {
		if sum := sha256.Sum256(byName[f.Name]); hex.EncodeToString(sum[:]) != f.SHA256 {
			t.Errorf("%s: another hash than the manifest says", f.Name)
		}
	}
	back, err := hierarchy.Decode(byName[PolicyFile])
	if err != nil || back.Hold != 4 || back.Cells.Schema.Hash() != p.Cells.Schema.Hash() {
		t.Errorf("policy %+v, error %v", back, err)
	}
	for folder, schema := range map[string]env.Schema{CellsFolder: m.RowSchema(), CoordinatorFolder: m.Schema()} {
		var b Bundle
		if err := json.Unmarshal(byName[folder+"/"+ManifestFile], &b); err != nil || b.SchemaHash != schema.Hash() {
			t.Errorf("%s: schema %.12s, error %v", folder, b.SchemaHash, err)
		}
		if len(byName[folder+"/"+ModelFile]) == 0 {
			t.Errorf("%s has no model", folder)
		}
	}
}
