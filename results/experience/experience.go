// Package experience writes and reads logs of what agents saw, did and got: the
// data that policies are learned from without an environment (agents/offline).
//
// The way of the data: Record wraps an environment, so that whatever steps it
// also writes a log, record by record; Open reads the columns of a log, its own
// or an operator's, and Log.Read gives its transitions, in order, to whoever
// remembers them (replay.Reservoir). Neither holds more of a log than two
// steps.
//
// A log is a Parquet file, one record a row of the environment and step, sorted
// by episode, step and row. README.md beside this file says what the columns
// are and what a log made elsewhere must hold.
package experience

import (
	"encoding/json"
	"fmt"
	"strings"

	"hibernet/env"
)

// Version is that of the format, in a log's metadata.
const Version = 1

// Keys of a log's metadata.
const (
	metaVersion = "hibernet.experience"
	metaSchema  = "hibernet.schema"      // env.Schema as JSON
	metaHash    = "hibernet.schema_hash" // of env.Schema.Hash
)

// The columns that every log has. An observation or cost column is named as in
// the schema, with a prefix.
const (
	columnEpisode = "episode"
	columnStep    = "step"
	columnRow     = "row"
	columnAction  = "action"
	columnAllowed = "allowed"
	columnReward  = "reward"
	columnEnded   = "ended"
	prefixObs     = "obs_"
	prefixCost    = "cost_"
)

// The values of column ended.
const (
	goesOn     = 0
	terminated = 1 // the task ended: nothing follows
	truncated  = 2 // the log ended: what would follow is in the next record
)

// NoAction stands in column action of a record that only tells what followed
// the last step of an episode.
const NoAction = -1

// maxActions is how many actions fit the bits of column allowed, of which a
// float64 must hold every value.
const maxActions = 53

// columns returns the names of all columns of a log under schema s: the seven
// that every log has, then observations, then costs.
func columns(s env.Schema) []string {
	names := []string{columnEpisode, columnStep, columnRow, columnAction, columnAllowed, columnReward, columnEnded}
	for _, f := range s.Fields {
		names = append(names, prefixObs+f.Name)
	}
	for _, g := range s.Guards {
		names = append(names, prefixCost+g.Name)
	}
	return names
}

// whole says whether a column holds whole numbers.
func whole(name string) bool {
	return name != columnReward && !strings.HasPrefix(name, prefixObs) && !strings.HasPrefix(name, prefixCost)
}

// check returns an error if a schema cannot be logged.
func check(s env.Schema) error {
	if n := len(s.Actions); n < 1 || n > maxActions {
		return fmt.Errorf("actions: allowed 1 to %d, got %d", maxActions, n)
	}
	if len(s.Fields) == 0 {
		return fmt.Errorf("the schema has no observation column")
	}
	seen := map[string]bool{}
	for _, name := range columns(s) {
		if seen[name] {
			return fmt.Errorf("column %s: the schema has it twice", name)
		}
		seen[name] = true
	}
	return nil
}

// metadata returns what a log tells of itself, key and value in turn.
func metadata(s env.Schema) ([][2]string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return [][2]string{{metaVersion, fmt.Sprint(Version)}, {metaHash, s.Hash()}, {metaSchema, string(text)}}, nil
}
