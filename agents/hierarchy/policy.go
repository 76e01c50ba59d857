// Package hierarchy is a policy of two levels: a coordinator over regions of
// cells (package env/region) and a policy for the cells, which sees the target
// that the coordinator has set. To whoever plays it, it is one agents.Policy
// over the cells' environment; its file holds both networks.
package hierarchy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"hibernet/agents"
	"hibernet/agents/mlp"
	"hibernet/env"
	"hibernet/env/region"
)

// Policy acts with two networks. Cells is trained under the schema of the
// environment and the target column, Coordinator under that of its regions;
// another schema is refused by Reset.
type Policy struct {
	Label       string // what Name returns
	Regions     region.Spec
	Hold        int // steps between two decisions of the coordinator
	Cells       *mlp.Policy
	Coordinator *mlp.Policy

	steer *region.Steering
	told  env.Batch // what Cells sees
}

var (
	_ agents.Policy    = (*Policy)(nil)
	_ agents.Parallel  = (*Policy)(nil)
	_ agents.Selective = (*Policy)(nil)
)

// Name returns Label.
func (p *Policy) Name() string { return p.Label }

// Columns implements agents.Selective: those of the cells' schema but for the
// target.
func (p *Policy) Columns() []string {
	names := p.Cells.Columns()
	return names[:len(names)-1]
}

// SetWorkers implements agents.Parallel. It takes effect at the next Reset.
func (p *Policy) SetWorkers(workers int) {
	p.Cells.Workers, p.Coordinator.Workers = workers, workers
}

// Reset implements agents.Policy.
func (p *Policy) Reset(s env.Schema, rows int, seed uint64) error {
	if p.Cells == nil || p.Coordinator == nil {
		return errors.New("hierarchy: a policy without both of its networks")
	}
	m, err := region.NewMap(s, rows, p.Regions, p.Cells.Workers)
	if err != nil {
		return fmt.Errorf("hierarchy: %w", err)
	}
	if p.steer, err = region.NewSteering(m, p.Coordinator, p.Hold); err != nil {
		return fmt.Errorf("hierarchy: %w", err)
	}
	p.told.Obs = make([]float32, rows*len(m.RowSchema().Fields))
	if err := p.Cells.Reset(m.RowSchema(), rows, seed); err != nil {
		return fmt.Errorf("hierarchy: cells: %w", err)
	}
	return p.steer.Begin(seed)
}

// ActTo implements agents.Policy. It allocates nothing.
func (p *Policy) ActTo(dst []int32, b *env.Batch) error {
	if p.steer == nil {
		return errors.New("hierarchy: ActTo before Reset")
	}
	if err := p.steer.Decide(b.Obs); err != nil {
		return err
	}
	p.steer.TellTo(p.told.Obs, b.Obs, p.steer.Levels())
	p.told.Mask, p.told.Reward = b.Mask, b.Reward
	p.told.Terminated, p.told.Truncated = b.Terminated, b.Truncated
	return p.Cells.ActTo(dst, &p.told)
}

// Format and Version identify files of such policies. Version is raised when
// an older reader would misread a newer file.
const (
	Format  = "hibernet-hierarchy"
	Version = 1
)

// file is a policy on disk: one JSON object around two policy files of package mlp.
type file struct {
	Format      string          `json:"format"`
	Version     int             `json:"version"`
	Name        string          `json:"name"`
	Hold        int             `json:"hold_steps"`
	Regions     region.Spec     `json:"regions"`
	Cells       json.RawMessage `json:"cells"`
	Coordinator json.RawMessage `json:"coordinator"`
}

// Encode returns the policy as a file. Equal policies give equal bytes.
func (p *Policy) Encode() ([]byte, error) {
	f := file{Format: Format, Version: Version, Name: p.Label, Hold: p.Hold, Regions: p.Regions}
	var err error
	if f.Cells, err = p.Cells.Encode(); err != nil {
		return nil, fmt.Errorf("hierarchy: cells: %w", err)
	}
	if f.Coordinator, err = p.Coordinator.Encode(); err != nil {
		return nil, fmt.Errorf("hierarchy: coordinator: %w", err)
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("hierarchy: encode: %w", err)
	}
	return append(text, '\n'), nil
}

// IsFile reports whether data says of itself that Encode wrote it.
func IsFile(data []byte) bool {
	var head struct {
		Format string `json:"format"`
	}
	return json.NewDecoder(bytes.NewReader(data)).Decode(&head) == nil && head.Format == Format
}

// Decode reads what Encode wrote, as greedy policies with one worker. Unknown
// and repeated keys, faulty regions and what mlp.Decode refuses are errors.
func Decode(data []byte) (*Policy, error) {
	var f file
	if err := mlp.StrictJSON(data, &f); err != nil {
		return nil, fmt.Errorf("hierarchy: policy file: %w", err)
	}
	switch {
	case f.Format != Format:
		return nil, fmt.Errorf("hierarchy: policy file: format: want %q, got %q", Format, f.Format)
	case f.Version != Version:
		return nil, fmt.Errorf("hierarchy: policy file: version: this program reads %d, got %d", Version, f.Version)
	case f.Hold < 1:
		return nil, fmt.Errorf("hierarchy: policy file: hold_steps: must be at least 1, got %d", f.Hold)
	}
	if err := errors.Join(f.Regions.Validate()...); err != nil {
		return nil, fmt.Errorf("hierarchy: policy file: regions: %w", err)
	}
	p := &Policy{Label: f.Name, Regions: f.Regions, Hold: f.Hold}
	var err error
	if p.Cells, err = mlp.Decode(f.Cells); err != nil {
		return nil, fmt.Errorf("hierarchy: policy file: cells: %w", err)
	}
	if p.Coordinator, err = mlp.Decode(f.Coordinator); err != nil {
		return nil, fmt.Errorf("hierarchy: policy file: coordinator: %w", err)
	}
	return p, nil
}
