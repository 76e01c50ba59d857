package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"hibernet/agents/hierarchy"
	"hibernet/env/region"
)

// Folders of the two bundles in that of a policy of two levels.
const (
	CellsFolder       = "cells"
	CoordinatorFolder = "coordinator"
)

// PairFormat and PairVersion identify the manifest of a policy of two levels.
// PairVersion is raised when an older reader would misread a newer bundle.
const (
	PairFormat  = "hibernet-bundle-pair"
	PairVersion = 1
)

// Pair is the manifest of a policy of two levels: how to bring its two models
// together. Each has a bundle of its own beside it.
type Pair struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Policy  string `json:"policy"`
	Origin  Origin `json:"origin"`
	Hold    int    `json:"hold_steps"` // steps between two decisions of the coordinator
	Rows    int    `json:"region_rows"`
	Levels  int    `json:"levels"`
	Target  string `json:"target_column"` // last column of the cells' observation
	Files   []File `json:"files"`
}

// PairFiles returns the files of the bundle of a policy of two levels, the
// manifest last: the bundles of both networks in folders of their own. Equal
// arguments give equal bytes.
func PairFiles(p *hierarchy.Policy, origin Origin) ([]Content, error) {
	native, err := p.Encode()
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	files := []Content{{PolicyFile, native}, {ReadmeFile, pairReadme(p, origin)}}
	cells, err := Files(p.Cells, origin)
	if err != nil {
		return nil, fmt.Errorf("export: cells: %w", err)
	}
	coordinator, err := Files(p.Coordinator, origin)
	if err != nil {
		return nil, fmt.Errorf("export: coordinator: %w", err)
	}
	for _, f := range cells {
		files = append(files, Content{CellsFolder + "/" + f.Name, f.Data})
	}
	for _, f := range coordinator {
		files = append(files, Content{CoordinatorFolder + "/" + f.Name, f.Data})
	}
	m := Pair{
		Format: PairFormat, Version: PairVersion, Policy: p.Name(), Origin: origin,
		Hold: p.Hold, Rows: p.Regions.Rows, Levels: p.Regions.Levels, Target: region.TargetColumn,
	}
	for _, f := range files {
		sum := sha256.Sum256(f.Data)
		m.Files = append(m.Files, File{Name: f.Name, SHA256: hex.EncodeToString(sum[:]), Bytes: len(f.Data)})
	}
	manifest, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("export: manifest: %w", err)
	}
	return append(files, Content{ManifestFile, append(manifest, '\n')}), nil
}

func pairReadme(p *hierarchy.Policy, origin Origin) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Policy %s: a coordinator and the cells' policy\n\n", p.Name())
	fmt.Fprintf(&b, "Trained on scenario `%s` (SHA-256 `%.12s`), seed %d.\n\n", origin.Scenario, origin.ScenarioHash, origin.Seed)
	fmt.Fprintf(&b, "Every %d rows (cells) that follow each other are a region; the last may have fewer.\n", p.Regions.Rows)
	fmt.Fprintf(&b, "At the first of every %d steps of an episode:\n\n", p.Hold)
	fmt.Fprintf(&b, "1. For each region the coordinator's observation is made of its cells' scaled observations: the mean over the\n   region of each column `mean_X`, the largest of each `max_X`, and last the region's present target.\n")
	fmt.Fprintf(&b, "2. `%s/%s` chooses a level 0 to %d; the target is level / %d. Before the first choice the level is %d.\n\n", CoordinatorFolder, ModelFile, p.Regions.Levels-1, p.Regions.Levels-1, (p.Regions.Levels-1)/2)
	fmt.Fprintf(&b, "In every step `%s/%s` acts for each cell on its observation with the target of its region as the last column,\n`%s` (scaled: (target - 0.5) / 0.5).\n\n", CellsFolder, ModelFile, region.TargetColumn)
	fmt.Fprintf(&b, "`%s` holds both networks in Hibernet's own format. Both folders are bundles with a README of their own.\n", PolicyFile)
	return b.Bytes()
}
