package tandem

import (
	"encoding/json"
	"fmt"
	"reflect"

	"hibernet/agents/hierarchy"
	"hibernet/agents/mlp"
	"hibernet/agents/ppo"
	"hibernet/agents/train"
)

// Format and version of checkpoint files.
const (
	checkpointFormat  = "hibernet-tandem-checkpoint"
	checkpointVersion = 1
)

// Checkpoint is the whole state of a training between two iterations. It
// shares nothing with the training that made it.
type Checkpoint struct {
	Set                Setting
	Cells, Coordinator *ppo.Checkpoint
}

var _ train.Checkpoint = (*Checkpoint)(nil)

// Completed implements train.Checkpoint: the iterations of both levels.
func (c *Checkpoint) Completed() int { return c.Cells.Completed() + c.Coordinator.Completed() }

func (c *Checkpoint) name() string {
	if c.Cells.Constraints != nil {
		return NameLimited
	}
	return Name
}

// Policy implements train.Checkpoint.
func (c *Checkpoint) Policy() train.Policy { return c.policy() }

func (c *Checkpoint) policy() *hierarchy.Policy {
	of := func(l Level) *mlp.Policy {
		state := c.level(l)
		return &mlp.Policy{Actor: state.Actor.Clone(), Schema: state.Schema, Label: l.String(), Greedy: true, Workers: 1}
	}
	return &hierarchy.Policy{Label: c.name(), Regions: c.Set.Regions, Hold: c.Set.Hold, Cells: of(Cells), Coordinator: of(Coordinator)}
}

func (c *Checkpoint) level(l Level) *ppo.Checkpoint {
	if l == Coordinator {
		return c.Coordinator
	}
	return c.Cells
}

// fits reports whether a training with the setting may go on from c. What
// concerns one level only, its own checkpoint looks at.
func (c *Checkpoint) fits(set Setting) bool {
	return c.Set.Tandem == set.Tandem && c.Set.Hold == set.Hold && reflect.DeepEqual(c.Set.Regions, set.Regions)
}

// file is a checkpoint on disk: one JSON object around two of package ppo.
type file struct {
	Format      string          `json:"format"`
	Version     int             `json:"version"`
	Set         Setting         `json:"setting"`
	Cells       json.RawMessage `json:"cells"`
	Coordinator json.RawMessage `json:"coordinator"`
}

// Encode implements train.Checkpoint.
func (c *Checkpoint) Encode() ([]byte, error) {
	f := file{Format: checkpointFormat, Version: checkpointVersion, Set: c.Set}
	var err error
	if f.Cells, err = c.Cells.Encode(); err != nil {
		return nil, fmt.Errorf("%s: encode cells: %w", Name, err)
	}
	if f.Coordinator, err = c.Coordinator.Encode(); err != nil {
		return nil, fmt.Errorf("%s: encode coordinator: %w", Name, err)
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("%s: encode: %w", Name, err)
	}
	return append(text, '\n'), nil
}

// DecodeCheckpoint reads what Encode wrote. Unknown and repeated keys, broken
// settings and what ppo.DecodeCheckpoint refuses are errors.
func DecodeCheckpoint(data []byte) (*Checkpoint, error) {
	var f file
	if err := mlp.StrictJSON(data, &f); err != nil {
		return nil, fmt.Errorf("%s: checkpoint: %w", Name, err)
	}
	if f.Format != checkpointFormat || f.Version != checkpointVersion {
		return nil, fmt.Errorf("%s: checkpoint: want format %s version %d, got %q version %d", Name, checkpointFormat, checkpointVersion, f.Format, f.Version)
	}
	for _, err := range f.Set.Validate() {
		return nil, fmt.Errorf("%s: checkpoint: setting: %w", Name, err)
	}
	c := &Checkpoint{Set: f.Set}
	var err error
	if c.Cells, err = ppo.DecodeCheckpoint(f.Cells); err != nil {
		return nil, fmt.Errorf("%s: checkpoint: cells: %w", Name, err)
	}
	if c.Coordinator, err = ppo.DecodeCheckpoint(f.Coordinator); err != nil {
		return nil, fmt.Errorf("%s: checkpoint: coordinator: %w", Name, err)
	}
	return c, nil
}
