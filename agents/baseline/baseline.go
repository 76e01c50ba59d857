// Package baseline holds the rules that a trained policy is compared with:
// always on, a fixed night schedule, load thresholds with hysteresis (what
// networks run today) and a random choice.
//
// The rules find the observation columns and actions they need by name in the
// env.Schema and turn observations back into units with its scales. Where the
// mask forbids what a rule wants, the row falls back to "full", and where
// that too is forbidden (the cell is held in a transition, say) to the first
// allowed action. Rows do not influence each other.
package baseline

import (
	"errors"
	"fmt"
	"strings"

	"hibernet/agents"
	"hibernet/env"
)

// Spec holds the settings of all rules; always_on and random have none.
type Spec struct {
	Schedule  ScheduleSpec  `yaml:"schedule" doc:"fixed night schedule"`
	Threshold ThresholdSpec `yaml:"threshold" doc:"load thresholds with hysteresis and dwell time"`
}

// DefaultSpec returns the usual settings of every rule.
func DefaultSpec() Spec {
	return Spec{Schedule: DefaultScheduleSpec(), Threshold: DefaultThresholdSpec()}
}

// Validate returns every broken relation, each named by its path.
func (s Spec) Validate() []error {
	var errs []error
	for _, e := range s.Schedule.Validate() {
		errs = append(errs, fmt.Errorf("schedule.%w", e))
	}
	for _, e := range s.Threshold.Validate() {
		errs = append(errs, fmt.Errorf("threshold.%w", e))
	}
	return errs
}

// Names returns the names that New knows.
func Names() []string { return []string{"always_on", "schedule", "threshold", "random"} }

// New returns the named rule. The error of an unknown name lists what exists.
func New(name string, spec Spec) (agents.Policy, error) {
	if err := errors.Join(spec.Validate()...); err != nil {
		return nil, err
	}
	switch name {
	case "always_on":
		return &AlwaysOn{}, nil
	case "schedule":
		return NewSchedule(spec.Schedule)
	case "threshold":
		return NewThreshold(spec.Threshold)
	case "random":
		return &Random{}, nil
	}
	return nil, fmt.Errorf("baseline: no rule named %q: have %s", name, strings.Join(Names(), ", "))
}

const full = "full" // the action that every rule falls back to

// table is the schema as the rules use it.
type table struct {
	schema env.Schema
	rows   int
	full   int // index of the action "full"
}

func newTable(s env.Schema, rows int) (table, error) {
	t := table{schema: s, rows: rows}
	var err error
	t.full, err = actionIndex(s, full)
	return t, err
}

func actionIndex(s env.Schema, name string) (int, error) {
	if i, ok := s.Action(name); ok {
		return i, nil
	}
	have := make([]string, len(s.Actions))
	for i, a := range s.Actions {
		have[i] = a.Name
	}
	return 0, fmt.Errorf("baseline: environment %s has no action %q: have %s", s.Environment, name, strings.Join(have, ", "))
}

// column is one field of the observations of all rows.
type column struct {
	field  env.Field
	index  int
	stride int
}

func findColumn(s env.Schema, name string) (column, error) {
	i, ok := s.Column(name)
	if !ok {
		have := make([]string, len(s.Fields))
		for i, f := range s.Fields {
			have[i] = f.Name
		}
		return column{}, fmt.Errorf("baseline: environment %s has no observation column %q: have %s", s.Environment, name, strings.Join(have, ", "))
	}
	return column{field: s.Fields[i], index: i, stride: len(s.Fields)}, nil
}

// findColumns fills each destination with the column of its name.
func findColumns(s env.Schema, want []struct {
	name string
	dst  *column
}) error {
	for _, w := range want {
		c, err := findColumn(s, w.name)
		if err != nil {
			return err
		}
		*w.dst = c
	}
	return nil
}

// raw returns the column's value of a row in the field's unit.
func (c column) raw(obs []float32, row int) float64 {
	return c.field.Raw(obs[row*c.stride+c.index])
}

// check returns an error unless the buffers fit the rows of the last Reset.
func (t table) check(dst []int32, b *env.Batch) error {
	if t.schema.Actions == nil {
		return errors.New("baseline: ActTo before Reset")
	}
	if len(dst) != t.rows {
		return fmt.Errorf("baseline: ActTo for %d rows after a Reset for %d", len(dst), t.rows)
	}
	return b.Fits(t.schema, t.rows)
}

// pick returns the first of wanted that the row's mask allows, else full,
// else the first allowed action.
func (t table) pick(b *env.Batch, row int, wanted ...int) (int32, error) {
	width := len(t.schema.Actions)
	mask := b.Mask[row*width : (row+1)*width]
	for _, a := range wanted {
		if mask[a] {
			return int32(a), nil
		}
	}
	if mask[t.full] {
		return int32(t.full), nil
	}
	for a, ok := range mask {
		if ok {
			return int32(a), nil
		}
	}
	return 0, fmt.Errorf("baseline: row %d: the mask allows no action", row)
}
