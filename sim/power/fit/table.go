package fit

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// maxRecord bounds one row in bytes, so that an unclosed quote does not take in
// the rest of a large file.
const maxRecord = 1 << 20

var errRecord = fmt.Errorf("a row of more than %d bytes; is a quote left open?", maxRecord)

// feed passes bytes on while the context lives, and counts them.
type feed struct {
	ctx  context.Context
	r    io.Reader
	tell func(n int)
}

func (f *feed) Read(p []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.r.Read(p)
	if f.tell != nil {
		f.tell(n)
	}
	return n, err
}

// limited ends a row that grows without end.
type limited struct {
	r    io.Reader
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errRecord
	}
	n, err := l.r.Read(p)
	l.left -= n
	return n, err
}

// table is a CSV file read row by row.
type table struct {
	name  string
	cols  []string
	csv   *csv.Reader
	bytes *limited
	row   []string // valid until the next call of next
	line  int
	time  string // name of the column of the time
	comma bool   // decimals are written with a comma
	tally Tally
	// strict makes the first bad row a fault.
	strict bool
}

// openTable reads the header of a table.
func openTable(ctx context.Context, src Source, m *Mapping, o ReadOptions) (*table, error) {
	t := &table{name: src.Name, comma: m.DecimalComma, strict: o.Strict, tally: Tally{File: src.Name}}
	r := bufio.NewReader(&feed{ctx, src.R, o.Progress})
	if magic, _ := r.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, t.wrap(err)
		}
		r = bufio.NewReader(z)
	}
	if mark, _ := r.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		if _, err := r.Discard(3); err != nil {
			return nil, t.wrap(err)
		}
	}
	delimiter := m.Delimiter
	if delimiter == 0 {
		head, err := r.Peek(4096)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, t.wrap(err)
		}
		delimiter = commonest(head)
	}
	t.bytes = &limited{r: r, left: maxRecord}
	t.csv = csv.NewReader(t.bytes)
	t.csv.Comma, t.csv.FieldsPerRecord, t.csv.ReuseRecord = delimiter, -1, true
	head, err := t.csv.Read()
	if err == io.EOF {
		return nil, fmt.Errorf("%s: the file is empty, allowed a header line and rows", t.name)
	}
	if err != nil {
		return nil, t.wrap(err)
	}
	seen := map[string]bool{}
	for _, c := range head {
		c = strings.Clone(strings.TrimSpace(c))
		if seen[c] {
			return nil, fmt.Errorf("%s: line 1: two columns are named %q, allowed different names", t.name, c)
		}
		seen[c] = true
		t.cols = append(t.cols, c)
	}
	return t, nil
}

// commonest returns the delimiter that the first line has most of.
func commonest(head []byte) rune {
	first, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', 0
	for _, d := range ",;\t|" {
		if n := bytes.Count(first, []byte(string(d))); n > most {
			best, most = d, n
		}
	}
	return best
}

// wrap names the file. A context's end is passed on as it is.
func (t *table) wrap(err error) error {
	var p *csv.ParseError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &p):
		return fmt.Errorf("%s: line %d: %w, allowed fields as RFC 4180 has them", t.name, p.StartLine, p.Err)
	}
	return fmt.Errorf("%s: line %d: %w", t.name, t.line+1, err)
}

// next reads the next row with the right number of fields; false at the end.
func (t *table) next() (bool, error) {
	for {
		t.bytes.left = maxRecord
		row, err := t.csv.Read()
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, t.wrap(err)
		}
		t.line, _ = t.csv.FieldPos(0)
		t.tally.Rows++
		if len(row) == len(t.cols) {
			t.row = row
			return true, nil
		}
		if err := t.refuse(Ragged, -1, fmt.Sprintf("%d fields", len(row)), fmt.Sprintf("%d fields", len(t.cols))); err != nil {
			return false, err
		}
	}
}

// refuse counts the current row as dropped. In strict reading it is a fault.
func (t *table) refuse(cause string, col int, value, allowed string) error {
	e := &RowError{File: t.name, Line: t.line, Value: clip(value), Allowed: allowed, Cause: cause}
	if col >= 0 {
		e.Column = t.cols[col]
	}
	return t.reject(e)
}

func (t *table) reject(e *RowError) error {
	if t.strict {
		return e
	}
	t.tally.refuse(e)
	return nil
}

// clip shortens a value for a message.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "..."
	}
	return strings.Clone(s)
}

// id returns the text of a column that must not be empty.
func (t *table) id(col int) (string, bool, error) {
	s := strings.TrimSpace(t.row[col])
	if s == "" {
		return "", false, t.refuse(EmptyID, col, s, "a name")
	}
	return s, true, nil
}

// number returns the number of a column times scale, which must lie from lo to
// hi after scaling; false if the row was refused.
func (t *table) number(col int, scale, lo, hi float64) (float64, bool, error) {
	s := strings.TrimSpace(t.row[col])
	text := s
	if t.comma {
		text = strings.Replace(text, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(text, 64)
	v *= scale
	cause := ""
	switch {
	case s == "":
		cause = Missing
	case err != nil && !errors.Is(err, strconv.ErrRange):
		cause = NonNumeric
	case math.IsNaN(v) || math.IsInf(v, 0):
		cause = NonFinite
	case !(v >= lo && v <= hi):
		cause = OutOfRange
	default:
		return v, true, nil
	}
	return 0, false, t.refuse(cause, col, s, fmt.Sprintf("a number from %g to %g", lo/scale, hi/scale))
}
