package trace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// parquetTable is a foreign Parquet file seen as rows of text, so that both
// kinds of file go through the same checks. Numbers keep all their digits.
type parquetTable struct {
	ctx   context.Context
	name  string
	file  *parquet.File
	meter *meter
	cols  []string
	text  []func(parquet.Value) string

	groups []parquet.RowGroup
	rows   parquet.Rows // of the row group under way, nil between two
	rest   int64        // rows of it that are not in buf yet
	buf    []parquet.Row
	left   []parquet.Row // rows of buf not yet given out
	row    []string
	n      int64
}

// openParquetTable opens a Parquet file of flat columns.
func openParquetTable(ctx context.Context, r io.ReaderAt, size int64, o Options) (*parquetTable, error) {
	t := &parquetTable{ctx: ctx, name: o.Name, buf: make([]parquet.Row, rowBatch)}
	stored := io.NewSectionReader(r, 0, max(size, 0))
	t.meter = newMeter(ctx, stored, o.Progress)
	err := t.guarded(func() (err error) {
		if size < 12 {
			return errors.New("too short for a Parquet file")
		}
		if t.file, err = openParquet(r, size); err != nil {
			return err
		}
		return t.columns()
	})
	if err != nil {
		return nil, err
	}
	// The hash is of the stored bytes in their order; pages are read in another.
	if _, err := io.Copy(io.Discard, t.meter); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Name, err)
	}
	t.groups = t.file.RowGroups()
	return t, checkHeader(o.Name, t.cols)
}

// guarded runs f. The Parquet library panics on some damaged pages; the file
// is then at fault, so that such a panic becomes an error.
func (t *parquetTable) guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: row %d: damaged Parquet: %v", t.name, t.n+1, p)
		}
	}()
	if err := f(); err != nil {
		return fmt.Errorf("%s: row %d: %w", t.name, t.n+1, err)
	}
	return nil
}

// columns notes the names of the columns and how to write their values.
func (t *parquetTable) columns() error {
	for _, c := range t.file.Root().Columns() {
		if !c.Leaf() || c.Repeated() {
			return fmt.Errorf("column %q is nested, allowed flat columns only", cut(c.Name()))
		}
		t.cols = append(t.cols, c.Name())
		t.text = append(t.text, textOf(c.Type()))
	}
	if len(t.cols) == 0 {
		return errors.New("the file has no columns")
	}
	t.row = make([]string, len(t.cols))
	return nil
}

func (t *parquetTable) header() []string { return t.cols }
func (t *parquetTable) digest() string   { return t.meter.digest() }

func (t *parquetTable) next() ([]string, int64, error) {
	for len(t.left) == 0 {
		if err := t.ctx.Err(); err != nil {
			return nil, 0, fmt.Errorf("%s: %w", t.name, err)
		}
		if t.rows == nil && len(t.groups) == 0 {
			return nil, 0, io.EOF
		}
		if err := t.guarded(t.more); err != nil {
			return nil, 0, err
		}
	}
	err := t.guarded(func() error {
		row := t.left[0]
		t.left = t.left[1:]
		if len(row) != len(t.cols) {
			return fmt.Errorf("%d values, allowed %d", len(row), len(t.cols))
		}
		for i, v := range row {
			t.row[i] = ""
			if !v.IsNull() {
				t.row[i] = t.text[i](v)
			}
		}
		return nil
	})
	t.n++
	return t.row, t.n, err
}

// more reads a batch of rows, going on to the next row group at the end of one.
// It never asks for more rows than are left: the library tries anew for each
// row that is not there.
func (t *parquetTable) more() error {
	if t.rows == nil {
		t.rows, t.rest, t.groups = t.groups[0].Rows(), t.groups[0].NumRows(), t.groups[1:]
	}
	if t.rest <= 0 {
		err := t.rows.Close()
		t.rows = nil
		return err
	}
	k, err := t.rows.ReadRows(t.buf[:min(t.rest, int64(len(t.buf)))])
	t.left = t.buf[:k]
	t.rest -= int64(k)
	if k == 0 && (err == nil || err == io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// textOf returns how values of a type are written.
func textOf(typ parquet.Type) func(parquet.Value) string {
	if lt := typ.LogicalType(); lt != nil {
		if f := logicalText(lt.Value); f != nil {
			return f
		}
	}
	switch typ.Kind() {
	case parquet.Float:
		return func(v parquet.Value) string { return strconv.FormatFloat(float64(v.Float()), 'g', -1, 32) }
	case parquet.Double:
		return func(v parquet.Value) string { return formatFloat(v.Double()) }
	case parquet.Int32:
		return func(v parquet.Value) string { return strconv.FormatInt(int64(v.Int32()), 10) }
	case parquet.Int64:
		return func(v parquet.Value) string { return strconv.FormatInt(v.Int64(), 10) }
	case parquet.Int96: // timestamps of older writers: nanoseconds of the day and Julian day
		return func(v parquet.Value) string {
			i := v.Int96()
			const julian1970 = 2440588
			days, ns := int64(i[2])-julian1970, int64(i[1])<<32|int64(i[0])
			return time.Unix(days*86400, ns).UTC().Format(instantLayout)
		}
	}
	return func(v parquet.Value) string {
		if v.Kind() == parquet.Boolean {
			return strconv.FormatBool(v.Boolean())
		}
		return string(v.ByteArray())
	}
}

// instantLayout writes an instant with its offset, localLayout a wall time.
const (
	instantLayout = "2006-01-02T15:04:05Z07:00"
	localLayout   = wallLayout
)

// logicalText returns how values of a logical type are written; nil for those
// written as their physical type. Unsigned numbers come in two widths.
func logicalText(lt any) func(parquet.Value) string {
	switch l := lt.(type) {
	case *format.TimestampType:
		layout := localLayout
		if l.IsAdjustedToUTC {
			layout = instantLayout
		}
		scale := unitScale(l.Unit)
		return func(v parquet.Value) string {
			return time.Unix(floorDiv(v.Int64(), scale), 0).UTC().Format(layout)
		}
	case *format.DateType:
		return func(v parquet.Value) string {
			return time.Unix(int64(v.Int32())*86400, 0).UTC().Format("2006-01-02")
		}
	case *format.IntType:
		if l.IsSigned {
			return nil
		}
		return func(v parquet.Value) string {
			if v.Kind() == parquet.Int32 {
				return strconv.FormatUint(uint64(v.Uint32()), 10)
			}
			return strconv.FormatUint(v.Uint64(), 10)
		}
	case *format.DecimalType:
		factor := math.Pow10(-int(l.Scale))
		return func(v parquet.Value) string { return decimalText(v, factor) }
	}
	return nil
}

// unitScale returns how many units of a timestamp make a second.
func unitScale(u format.TimeUnit) int64 {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return 1e3
	case *format.MicroSeconds:
		return 1e6
	}
	return 1e9
}

// decimalText writes a DECIMAL, stored as an integer or as big-endian two's
// complement bytes.
func decimalText(v parquet.Value, factor float64) string {
	switch v.Kind() {
	case parquet.Int32:
		return formatFloat(float64(v.Int32()) * factor)
	case parquet.Int64:
		return formatFloat(float64(v.Int64()) * factor)
	}
	x := 0.0
	b := v.ByteArray()
	for _, d := range b {
		x = x*256 + float64(d)
	}
	if len(b) > 0 && b[0] >= 0x80 {
		x -= math.Pow(256, float64(len(b)))
	}
	return formatFloat(x * factor)
}
