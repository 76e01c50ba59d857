// Package baseline holds the rules that a trained policy is compared with:
// always on, a fixed night schedule, load thresholds with hysteresis (what
// networks run today), sleep planned from forecasts and a random choice.
//
// The rules find the observation columns and actions they need by name in the
// env.Schema and turn observations back into units with its scales. Where the
// mask forbids what a rule wants, the row falls back to "full", and where
// that too is forbidden (the cell is held in a transition, say) to the first
// allowed action. Rows do not influence each other: the rules go through them
// in shards, on as many goroutines as SetWorkers allows, with the same result.
package baseline

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"hibernet/agents"
	"hibernet/env"
	"hibernet/sim/shard"
)

// Spec holds the settings of all rules; always_on and random have none.
type Spec struct {
	Schedule  ScheduleSpec  `yaml:"schedule" doc:"fixed night schedule"`
	Threshold ThresholdSpec `yaml:"threshold" doc:"load thresholds with hysteresis and dwell time"`
	Forecast  ForecastSpec  `yaml:"forecast" doc:"sleep planned from forecasts of the traffic"`
}

// DefaultSpec returns the usual settings of every rule.
func DefaultSpec() Spec {
	return Spec{Schedule: DefaultScheduleSpec(), Threshold: DefaultThresholdSpec(), Forecast: DefaultForecastSpec()}
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
	for _, e := range s.Forecast.Validate() {
		errs = append(errs, fmt.Errorf("forecast.%w", e))
	}
	return errs
}

// Names returns the names that New knows.
func Names() []string { return []string{"always_on", "schedule", "threshold", "forecast", "random"} }

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
	case "forecast":
		return NewForecast(spec.Forecast)
	case "random":
		return &Random{}, nil
	}
	return nil, fmt.Errorf("baseline: no rule named %q: have %s", name, strings.Join(Names(), ", "))
}

const full = "full" // the action that every rule falls back to

// table is the schema as the rules use it, and how they go through the rows.
type table struct {
	schema env.Schema
	rows   int
	width  int // number of actions
	stride int // number of columns
	full   int // index of the action "full"

	workers int
	pool    *shard.Pool
	stuck   []int32   // [shards] first row whose mask allows nothing, or -1
	pass    func(int) // made once an episode, so that a step allocates nothing

	dst   []int32    // of the present call only
	batch *env.Batch // likewise
}

// reset prepares for rows under a schema; full says whether the rule needs the
// action "full". choose writes the actions of the rows [lo, hi) and returns
// the first that has none, or -1.
func (t *table) reset(s env.Schema, rows int, needsFull bool, choose func(lo, hi int) int) (err error) {
	*t = table{schema: s, rows: rows, width: len(s.Actions), stride: len(s.Fields), full: -1, workers: t.workers}
	if needsFull {
		if t.full, err = actionIndex(s, full); err != nil {
			*t = table{workers: t.workers}
			return err
		}
	}
	t.pool, t.stuck = shard.New(t.workers), make([]int32, shard.Count(rows))
	t.pass = func(i int) { t.stuck[i] = int32(choose(shard.Range(i, t.rows))) }
	return nil
}

// act goes through all rows.
func (t *table) act(dst []int32, b *env.Batch) error {
	t.dst, t.batch = dst, b
	t.pool.Each(len(t.stuck), t.pass)
	t.dst, t.batch = nil, nil // they are the caller's
	for _, row := range t.stuck {
		if row >= 0 {
			return fmt.Errorf("baseline: row %d: the mask allows no action", row)
		}
	}
	return nil
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

// least returns the least observation, as the column shows it, whose raw value
// meets a condition that holds from some value on: a row meets it if its
// observation is not below. Comparing observations spares turning each into
// units and gives the same answers to the last bit.
func (c column) least(met func(raw float64) bool) (float32, error) {
	if !(c.field.Scale > 0) {
		return 0, fmt.Errorf("baseline: observation column %q: scale %g, must be above 0", c.field.Name, c.field.Scale)
	}
	at := func(order uint32) float32 { // floats as whole numbers in the same order
		if order < 1<<31 {
			return math.Float32frombits(^order)
		}
		return math.Float32frombits(order &^ (1 << 31))
	}
	lo, hi := ^math.Float32bits(float32(math.Inf(-1))), math.Float32bits(float32(math.Inf(1)))|1<<31
	n := sort.Search(int(hi-lo), func(i int) bool { return met(c.field.Raw(at(lo + uint32(i)))) })
	return at(lo + uint32(n)), nil
}

// check returns an error unless the buffers fit the rows of the last Reset.
func (t *table) check(dst []int32, b *env.Batch) error {
	if t.schema.Actions == nil {
		return errors.New("baseline: ActTo before Reset")
	}
	if len(dst) != t.rows {
		return fmt.Errorf("baseline: ActTo for %d rows after a Reset for %d", len(dst), t.rows)
	}
	return b.Fits(t.schema, t.rows)
}

// fallback returns full for a row that is not given what the rule wants, or
// the first allowed action; -1 if there is none.
func (t *table) fallback(row int) int32 {
	mask := t.batch.Mask[row*t.width : (row+1)*t.width]
	if mask[t.full] {
		return int32(t.full)
	}
	return int32(slices.Index(mask, true))
}

// fill gives the rows [lo, hi) the action full, or what stands in for it.
func (t *table) fill(lo, hi int) int {
	for row := lo; row < hi; row++ {
		a := int32(t.full)
		if !t.batch.Mask[row*t.width+t.full] {
			if a = t.fallback(row); a < 0 {
				return row
			}
		}
		t.dst[row] = a
	}
	return -1
}
