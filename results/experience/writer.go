package experience

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"hibernet/env"
)

const (
	// rowGroupRecords bounds the records that a Writer holds in memory.
	rowGroupRecords = 1 << 15
	// batchRecords is how many records are handed to the encoder at a time.
	batchRecords = 256
)

// Writer streams a log. Equal records give equal bytes.
type Writer struct {
	schema  env.Schema
	pq      *parquet.GenericWriter[any]
	at      []int // places in a record of the columns in the order of columns
	records []parquet.Row
	held    int // records that were not handed to the encoder
	total   int64
	failed  error
}

// NewWriter begins a log under schema s. Close must follow.
func NewWriter(w io.Writer, s env.Schema) (*Writer, error) {
	if err := check(s); err != nil {
		return nil, fmt.Errorf("experience: %w", err)
	}
	meta, err := metadata(s)
	if err != nil {
		return nil, fmt.Errorf("experience: %w", err)
	}
	names, group := columns(s), parquet.Group{}
	for _, name := range names {
		switch {
		case name == columnAllowed:
			group[name] = parquet.Int(64)
		case whole(name):
			group[name] = parquet.Int(32)
		default:
			group[name] = parquet.Leaf(parquet.FloatType)
		}
	}
	schema := parquet.NewSchema("experience", group)
	opts := []parquet.WriterOption{
		schema, parquet.CreatedBy("hibernet", fmt.Sprint(Version), "experience"),
		parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(rowGroupRecords),
	}
	for _, kv := range meta {
		opts = append(opts, parquet.KeyValueMetadata(kv[0], kv[1]))
	}
	l := &Writer{schema: s, pq: parquet.NewGenericWriter[any](w, opts...), at: make([]int, len(names)), records: make([]parquet.Row, batchRecords)}
	for i, name := range names {
		leaf, _ := schema.Lookup(name)
		l.at[i] = leaf.ColumnIndex
	}
	for i := range l.records {
		l.records[i] = make(parquet.Row, len(names))
	}
	return l, nil
}

// record is one row of one step.
type record struct {
	episode, step, row, action int32
	allowed                    []bool
	reward                     float32
	ended                      int32
	obs, cost                  []float32
}

// add writes a record, which is copied. After an error every call returns that
// error.
func (w *Writer) add(r record) error {
	if w.failed != nil {
		return w.failed
	}
	bits := int64(0)
	for a, ok := range r.allowed {
		if ok {
			bits |= 1 << a
		}
	}
	dst, next := w.records[w.held], 0
	put := func(v parquet.Value) {
		dst[w.at[next]] = v.Level(0, 0, w.at[next])
		next++
	}
	for _, v := range [...]int32{r.episode, r.step, r.row, r.action} {
		put(parquet.Int32Value(v))
	}
	put(parquet.Int64Value(bits))
	put(parquet.FloatValue(r.reward))
	put(parquet.Int32Value(r.ended))
	for _, v := range r.obs {
		put(parquet.FloatValue(v))
	}
	for _, v := range r.cost {
		put(parquet.FloatValue(v))
	}
	w.total++
	if w.held++; w.held == len(w.records) {
		w.failed = w.flush()
	}
	return w.failed
}

func (w *Writer) flush() error {
	_, err := w.pq.WriteRows(w.records[:w.held])
	w.held = 0
	if err != nil {
		return fmt.Errorf("experience: record %d: %w", w.total, err)
	}
	return nil
}

// Records returns how many were written.
func (w *Writer) Records() int64 { return w.total }

// Close completes the log.
func (w *Writer) Close() error {
	if w.failed == nil {
		w.failed = w.flush()
	}
	return errors.Join(w.failed, w.pq.Close())
}

var _ env.Environment = (*recorded)(nil)

// recorded is an environment that writes what it is asked and answers.
type recorded struct {
	env.Environment
	w       *Writer
	episode int32 // -1 before the first
	step    int32
	obs     []float32 // before the next step
	mask    []bool
}

// Record returns e, which must be in mode Disabled, with every episode also
// written to w, one after the other. What is written is what the caller was
// given: batches with Cost are needed where the schema has guards.
func Record(e env.Environment, w *Writer) (env.Environment, error) {
	if mode := e.ResetMode(); mode != env.Disabled {
		return nil, fmt.Errorf("experience: environment resets itself in mode %v: need %v", mode, env.Disabled)
	}
	if got, want := e.Schema().Hash(), w.schema.Hash(); got != want {
		return nil, fmt.Errorf("experience: the log is under schema %.12s, the environment has %.12s", want, got)
	}
	return &recorded{Environment: e, w: w, episode: w.episode()}, nil
}

// episode returns the number of the last episode written.
func (w *Writer) episode() int32 {
	if w.total == 0 {
		return -1
	}
	last := w.held - 1
	if last < 0 {
		last = len(w.records) - 1
	}
	return w.records[last][w.at[0]].Int32()
}

// Reset implements env.Environment.
func (r *recorded) Reset(seed *uint64, b *env.Batch) error {
	if err := r.Environment.Reset(seed, b); err != nil {
		return err
	}
	r.episode, r.step = r.episode+1, 0
	r.see(b)
	return nil
}

func (r *recorded) see(b *env.Batch) {
	r.obs, r.mask = append(r.obs[:0], b.Obs...), append(r.mask[:0], b.Mask...)
}

// Step implements env.Environment.
func (r *recorded) Step(actions []int32, b *env.Batch) error {
	if len(b.Cost) != r.Rows()*len(r.w.schema.Guards) {
		return errors.New("experience: a log needs costs, the batch has no room for them")
	}
	if err := r.Environment.Step(actions, b); err != nil {
		return err
	}
	ended, err := b.Ended()
	if err != nil {
		return err
	}
	if err := r.write(actions, b); err != nil {
		return err
	}
	r.see(b)
	if r.step++; ended {
		return r.write(nil, b)
	}
	return nil
}

// write writes a step, or what followed the last one where actions are nil.
func (r *recorded) write(actions []int32, b *env.Batch) error {
	fields, width, guards := len(r.w.schema.Fields), len(r.w.schema.Actions), len(r.w.schema.Guards)
	none := make([]float32, guards)
	for row := range r.Rows() {
		rec := record{
			episode: r.episode, step: r.step, row: int32(row), action: NoAction, cost: none,
			allowed: r.mask[row*width : (row+1)*width], obs: r.obs[row*fields : (row+1)*fields],
		}
		if actions != nil {
			rec.action, rec.reward, rec.cost = actions[row], b.Reward[row], b.Cost[row*guards:(row+1)*guards]
			switch {
			case b.Terminated[row]:
				rec.ended = terminated
			case b.Truncated[row]:
				rec.ended = truncated
			}
		}
		if err := r.w.add(rec); err != nil {
			return err
		}
	}
	return nil
}
