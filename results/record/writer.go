package record

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"
)

const (
	// rowGroupRows bounds the rows that a Writer holds in memory.
	rowGroupRows = 1 << 17
	// pageBytes is the size of a column's page.
	pageBytes = 256 << 10
	// batchRows is how many rows are handed to the encoder at a time,
	// whatever the caller's slices, so that pages end at the same rows.
	batchRows = 1024
)

// Writer streams the rows of one table to a file of a run folder.
type Writer[T Row] struct {
	run    *Run
	table  Table
	out    *partial
	pq     *parquet.GenericWriter[T]
	batch  []T
	last   key
	rows   int64
	failed error
}

// NewWriter begins the table of row type T in r. Close or Abort must follow.
func NewWriter[T Row](r *Run) (*Writer[T], error) {
	t := describe[T]()
	out, err := r.begin(t.File())
	if err != nil {
		return nil, err
	}
	return &Writer[T]{
		run: r, table: t, out: out,
		pq:    parquet.NewGenericWriter[T](out, t.writerOptions()...),
		batch: make([]T, 0, batchRows),
	}, nil
}

// Write appends rows, which are copied. Rows of one (policy, seed, episode)
// must stand together and rise in the table's order (Table.SortedBy); the
// first row that does not is an error that names it. After an error every
// call returns that error.
func (w *Writer[T]) Write(rows ...T) error {
	for i := range rows {
		if w.failed != nil {
			return w.failed
		}
		w.failed = w.add(&rows[i])
	}
	return w.failed
}

// add buffers one row.
func (w *Writer[T]) add(row *T) error {
	k := (*row).key()
	if w.rows > 0 && len(w.table.SortedBy) > 0 {
		if !k.sameGroup(w.last) {
			// The file says of each row group that it is sorted: a group of
			// rows that starts the order anew starts a row group.
			if err := w.flush(); err != nil {
				return err
			}
			if err := w.pq.Flush(); err != nil {
				return w.wrap(err)
			}
		} else if k.before(w.last) || (w.table.unique && k == w.last) {
			return w.wrap(fmt.Errorf("row %d is out of order: rows must rise in %v", w.rows, w.table.SortedBy))
		}
	}
	w.last = k
	w.rows++
	w.batch = append(w.batch, *row)
	if len(w.batch) == batchRows {
		return w.flush()
	}
	return nil
}

// flush hands the buffered rows to the encoder.
func (w *Writer[T]) flush() error {
	_, err := w.pq.Write(w.batch)
	w.batch = w.batch[:0]
	if err != nil {
		return w.wrap(err)
	}
	return nil
}

// Rows returns the number of rows written so far.
func (w *Writer[T]) Rows() int64 { return w.rows }

// Close completes the file and makes it visible under its name. If a row was
// refused it gives the file up and returns that error.
func (w *Writer[T]) Close() error {
	if w.failed == nil {
		w.failed = w.flush()
	}
	if w.failed == nil {
		if err := w.pq.Close(); err != nil {
			w.failed = w.wrap(err)
		}
	}
	if w.failed != nil {
		return errors.Join(w.failed, w.Abort())
	}
	if err := w.out.commit(); err != nil {
		w.run.end(w.table.File(), nil)
		return err
	}
	w.run.end(w.table.File(), &File{
		Name: w.table.File(), Table: w.table.Name, Rows: w.rows, Bytes: w.out.size, SHA256: w.out.sum(),
	})
	return nil
}

// Abort gives the table up: its temporary file is removed.
func (w *Writer[T]) Abort() error {
	w.run.end(w.table.File(), nil)
	return w.out.discard()
}

func (w *Writer[T]) wrap(err error) error {
	return fmt.Errorf("record: table %s: %w", w.table.Name, err)
}
