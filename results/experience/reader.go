package experience

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"hibernet/agents/replay"
	"hibernet/env"
)

// Log is a log that is open for reading.
type Log struct {
	name   string
	file   *parquet.File
	schema *env.Schema // that it was made under, nil where it does not say
}

// Open reads the columns of a log and what it tells of itself. name is that of
// the file, for errors.
func Open(r io.ReaderAt, size int64, name string) (l *Log, err error) {
	defer damaged(&err, name)
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%s: not a Parquet file, or a damaged one: %w", name, err)
	}
	l = &Log{name: name, file: file}
	if version, ok := file.Lookup(metaVersion); ok && version != fmt.Sprint(Version) {
		return nil, fmt.Errorf("%s: %s: this program reads %d, got %q", name, metaVersion, Version, version)
	}
	if text, ok := file.Lookup(metaSchema); ok {
		l.schema = &env.Schema{}
		if err := json.Unmarshal([]byte(text), l.schema); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, metaSchema, err)
		}
	}
	return l, nil
}

// damaged turns a panic of the decoder, which broken files cause, into an error.
func damaged(err *error, name string) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("%s: damaged file: %v", name, cause)
	}
}

// Schema returns the schema that the log was made under, false where it does
// not say.
func (l *Log) Schema() (env.Schema, bool) {
	if l.schema == nil {
		return env.Schema{}, false
	}
	return *l.schema, true
}

// Records returns how many the log holds.
func (l *Log) Records() int64 { return l.file.NumRows() }

// Summary is what a log came to.
type Summary struct {
	Records     int
	Episodes    int
	Transitions int
	Open        int   // records with an action that nothing follows: not learned from
	Actions     []int // [actions] how often each was taken, in transitions
}

// reading is a log being read under a schema.
type reading struct {
	log     *Log
	schema  env.Schema
	at      []int    // column of the file for each of names
	names   []string // of columns
	gamma   float64
	add     func(replay.Transition)
	sum     Summary
	value   []float64 // of the present record, as names
	last    step      // the step before the present one
	present step
}

// step holds the records of one step.
type step struct {
	episode, number int64
	row             []int64
	action, ended   []int32
	reward          []float32
	obs, cost       []float32
	mask            []bool
}

// Read gives the transitions of a log under schema s to add, each of one step
// and, unless its task ended, with discount gamma. Their slices are valid
// during the call only.
//
// A log that says under which schema it was made must say s. The first record
// that is not possible is an error that names file, record, column, value and
// what is allowed. A record with an action whose row the next step does not
// have is counted and left out.
func (l *Log) Read(s env.Schema, gamma float64, add func(replay.Transition)) (sum Summary, err error) {
	if err := check(s); err != nil {
		return sum, fmt.Errorf("experience: %w", err)
	}
	r := &reading{log: l, schema: s, names: columns(s), gamma: gamma, add: add, sum: Summary{Actions: make([]int, len(s.Actions))}}
	if err := r.match(); err != nil {
		return sum, fmt.Errorf("%s: %w", l.name, err)
	}
	defer damaged(&err, l.name)
	for _, group := range l.file.RowGroups() {
		if err := r.group(group); err != nil {
			return r.sum, fmt.Errorf("%s: %w", l.name, err)
		}
	}
	if err := errors.Join(r.turn(), r.turn()); err != nil {
		return r.sum, fmt.Errorf("%s: %w", l.name, err)
	}
	return r.sum, nil
}

// match finds the columns in the file.
func (r *reading) match() error {
	if had := r.log.schema; had != nil && had.Hash() != r.schema.Hash() {
		return fmt.Errorf("%s: the log was made under %.12s of %s version %d, the environment has %.12s of %s version %d",
			metaHash, had.Hash(), had.Environment, had.Version, r.schema.Hash(), r.schema.Environment, r.schema.Version)
	}
	schema := r.log.file.Schema()
	for _, path := range schema.Columns() {
		if len(path) != 1 || !slices.Contains(r.names, path[0]) {
			return fmt.Errorf("column %s: is not known, allowed: %s", strings.Join(path, "."), strings.Join(r.names, ", "))
		}
	}
	for _, name := range r.names {
		leaf, ok := schema.Lookup(name)
		if !ok {
			return fmt.Errorf("column %s: is missing", name)
		}
		kind, fits := leaf.Node.Type().Kind(), false
		if whole(name) {
			fits = kind == parquet.Int32 || kind == parquet.Int64
		} else {
			fits = kind == parquet.Float || kind == parquet.Double
		}
		if !fits || leaf.MaxRepetitionLevel > 0 {
			allowed := "float or double"
			if whole(name) {
				allowed = "a whole number of 32 or 64 bits"
			}
			return fmt.Errorf("column %s: allowed %s, got %s", name, allowed, leaf.Node.Type())
		}
		r.at = append(r.at, leaf.ColumnIndex)
	}
	r.value = make([]float64, len(r.names))
	return nil
}

// group reads the records of a row group.
func (r *reading) group(group parquet.RowGroup) (err error) {
	rows := group.Rows()
	defer func() { err = errors.Join(err, rows.Close()) }()
	batch := make([]parquet.Row, batchRecords)
	for {
		n, err := rows.ReadRows(batch)
		for _, record := range batch[:n] {
			if err := r.record(record); err != nil {
				return fmt.Errorf("record %d: %w", r.sum.Records, err)
			}
			r.sum.Records++
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("record %d: %w", r.sum.Records, err)
		}
	}
}

// record takes one record.
func (r *reading) record(values parquet.Row) error {
	if len(values) != len(r.at) {
		return fmt.Errorf("has %d values, want %d", len(values), len(r.at))
	}
	for i, at := range r.at {
		v := values[at]
		switch v.Kind() {
		case parquet.Int32:
			r.value[i] = float64(v.Int32())
		case parquet.Int64:
			r.value[i] = float64(v.Int64())
		case parquet.Float:
			r.value[i] = float64(v.Float())
		case parquet.Double:
			r.value[i] = v.Double()
		default:
			return fmt.Errorf("column %s: is null, want a number", r.names[i])
		}
		if err := r.bound(i); err != nil {
			return err
		}
	}
	return r.take()
}

// bound checks a value of the present record by itself.
func (r *reading) bound(i int) error {
	name, v := r.names[i], r.value[i]
	lo, hi := -math.MaxFloat32, math.MaxFloat32
	switch {
	case name == columnAction:
		lo, hi = NoAction, float64(len(r.schema.Actions)-1)
	case name == columnEnded:
		lo, hi = goesOn, truncated
	case name == columnAllowed:
		lo, hi = 1, float64(int64(1)<<len(r.schema.Actions)-1)
	case whole(name):
		lo, hi = 0, math.MaxInt32
	case strings.HasPrefix(name, prefixCost):
		lo = 0
	}
	if !(v >= lo && v <= hi) {
		return fmt.Errorf("column %s: allowed %g to %g, got %g", name, lo, hi, v)
	}
	return nil
}

// take puts the present record, whose values are possible each, into the
// present step.
func (r *reading) take() error {
	episode, number, row := int64(r.value[0]), int64(r.value[1]), int64(r.value[2])
	action, allowed, ended := int32(r.value[3]), int64(r.value[4]), int32(r.value[6])
	if action != NoAction && allowed>>action&1 == 0 {
		return fmt.Errorf("column %s: %d is not allowed by column %s, which is %b in bits", columnAction, action, columnAllowed, allowed)
	}
	if action == NoAction && ended != goesOn {
		return fmt.Errorf("column %s: allowed %d without an action, got %d", columnEnded, goesOn, ended)
	}
	p := &r.present
	if r.sum.Records == 0 || episode != p.episode || number != p.number {
		if r.sum.Records > 0 && (episode < p.episode || episode == p.episode && number < p.number) {
			return fmt.Errorf("column %s: episode %d step %d comes after episode %d step %d: records must be sorted by %s, %s and %s",
				columnStep, episode, number, p.episode, p.number, columnEpisode, columnStep, columnRow)
		}
		if r.sum.Records == 0 || episode != p.episode {
			r.sum.Episodes++
		}
		if err := r.turn(); err != nil {
			return err
		}
		p.episode, p.number = episode, number
	} else if before := p.row[len(p.row)-1]; row <= before {
		return fmt.Errorf("column %s: allowed above %d, that of the record before, got %d", columnRow, before, row)
	}
	p.row, p.action, p.ended = append(p.row, row), append(p.action, action), append(p.ended, ended)
	p.reward = append(p.reward, float32(r.value[5]))
	for a := range r.schema.Actions {
		p.mask = append(p.mask, allowed>>a&1 == 1)
	}
	const head = 7
	fields := len(r.schema.Fields)
	for _, v := range r.value[head : head+fields] {
		p.obs = append(p.obs, float32(v))
	}
	for _, v := range r.value[head+fields:] {
		p.cost = append(p.cost, float32(v))
	}
	return nil
}

// turn makes transitions of the step before the present one, which is complete,
// and makes it the last.
func (r *reading) turn() error {
	follows := r.present.episode == r.last.episode && r.present.number == r.last.number+1
	next := 0
	for i, row := range r.last.row {
		for follows && next < len(r.present.row) && r.present.row[next] < row {
			next++
		}
		found := follows && next < len(r.present.row) && r.present.row[next] == row
		if r.last.action[i] == NoAction {
			continue
		}
		if found && r.last.ended[i] != goesOn && r.present.action[next] != NoAction {
			return fmt.Errorf("column %s: row %d ended in episode %d at step %d, so at step %d it is allowed %d, got %d",
				columnAction, row, r.last.episode, r.last.number, r.present.number, NoAction, r.present.action[next])
		}
		r.link(i, next, found)
	}
	r.last, r.present = r.present, r.last
	p := &r.present
	p.row, p.action, p.ended, p.reward = p.row[:0], p.action[:0], p.ended[:0], p.reward[:0]
	p.obs, p.cost, p.mask = p.obs[:0], p.cost[:0], p.mask[:0]
	return nil
}

// link gives the transition of record i of the last step, which record next of
// the present one follows if found. What follows the end of a task counts for
// nothing: there the record stands for itself.
func (r *reading) link(i, next int, found bool) {
	fields, width, guards := len(r.schema.Fields), len(r.schema.Actions), len(r.schema.Guards)
	from, after := &r.last, &r.present
	discount := float32(r.gamma)
	if from.ended[i] == terminated {
		discount = 0
		if !found {
			after, next, found = from, i, true
		}
	}
	if !found {
		r.sum.Open++
		return
	}
	r.sum.Transitions++
	r.sum.Actions[from.action[i]]++
	r.add(replay.Transition{
		Obs: from.obs[i*fields : (i+1)*fields], Mask: from.mask[i*width : (i+1)*width], Action: from.action[i],
		Reward: from.reward[i], Cost: from.cost[i*guards : (i+1)*guards], Discount: discount,
		Next: after.obs[next*fields : (next+1)*fields], NextMask: after.mask[next*width : (next+1)*width],
	})
}
