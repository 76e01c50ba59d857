package trace

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"unicode/utf8"
)

// table is a file seen as rows of text.
type table interface {
	// header returns the column names.
	header() []string
	// next returns the fields of the next row and its line; the slice is
	// valid until the next call. io.EOF ends the table.
	next() ([]string, int64, error)
	// digest returns the SHA-256 of the stored bytes; call it after io.EOF.
	digest() string
}

// sniffBytes is how much of a text file is looked at to find the delimiter.
const sniffBytes = 64 << 10

// progressStep is how many bytes pass between two calls of Progress.
const progressStep = 1 << 20

// meter counts and hashes the bytes of the input, and makes its reading end
// when the context does.
type meter struct {
	ctx      context.Context
	r        io.Reader
	hash     hash.Hash
	n, told  int64
	progress func(int64)
}

func newMeter(ctx context.Context, r io.Reader, progress func(int64)) *meter {
	return &meter{ctx: ctx, r: r, hash: sha256.New(), progress: progress}
}

func (m *meter) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(p)
	m.hash.Write(p[:n])
	m.n += int64(n)
	if m.progress != nil && (m.n-m.told >= progressStep || err == io.EOF && m.n > m.told) {
		m.told = m.n
		m.progress(m.n)
	}
	return n, err
}

func (m *meter) digest() string { return hex.EncodeToString(m.hash.Sum(nil)) }

// errRecordSize marks a record above Options.MaxRecordBytes.
var errRecordSize = errors.New("record too long")

// guard ends a reading whose current record grows without end, as an unclosed
// quote makes it.
type guard struct {
	r         io.Reader
	left, max int64
}

func (g *guard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, errRecordSize
	}
	n, err := g.r.Read(p)
	g.left -= int64(n)
	return n, err
}

// csvTable is a CSV file.
type csvTable struct {
	name  string
	meter *meter
	guard *guard
	csv   *csv.Reader
	cols  []string
}

// openCSV reads the header of a CSV file, plain or gzip.
func openCSV(ctx context.Context, r io.Reader, delimiter rune, o Options) (*csvTable, error) {
	t := &csvTable{name: o.Name, meter: newMeter(ctx, r, o.Progress)}
	text, err := decompress(t.meter)
	if err != nil {
		return nil, t.wrap(err)
	}
	head, err := text.Peek(sniffBytes)
	if err != nil && err != io.EOF {
		return nil, t.wrap(err)
	}
	if head, err = t.skipBOM(text, head); err != nil {
		return nil, err
	}
	if delimiter == 0 {
		delimiter = sniffDelimiter(head)
	}
	t.guard = &guard{r: text, left: o.MaxRecordBytes, max: o.MaxRecordBytes}
	t.csv = csv.NewReader(t.guard)
	t.csv.Comma = delimiter
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = true
	row, _, err := t.next()
	if err == io.EOF {
		return nil, fmt.Errorf("%s: the file is empty, allowed a header line and rows", t.name)
	}
	if err != nil {
		return nil, err
	}
	t.cols = make([]string, len(row))
	for i, c := range row {
		t.cols[i] = strings.Clone(strings.TrimSpace(c))
	}
	return t, checkHeader(t.name, t.cols)
}

// decompress undoes gzip, which its first two bytes (RFC 1952) show.
func decompress(r io.Reader) (*bufio.Reader, error) {
	raw := bufio.NewReaderSize(r, sniffBytes)
	magic, err := raw.Peek(2)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return raw, nil
	}
	z, err := gzip.NewReader(raw)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(z, sniffBytes), nil
}

// skipBOM drops the byte order mark of UTF-8 and refuses what is not UTF-8 text.
func (t *csvTable) skipBOM(text *bufio.Reader, head []byte) ([]byte, error) {
	bom := []byte{0xEF, 0xBB, 0xBF}
	switch {
	case bytes.HasPrefix(head, bom):
		if _, err := text.Discard(len(bom)); err != nil {
			return nil, t.wrap(err)
		}
		return head[len(bom):], nil
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return nil, fmt.Errorf("%s: the text is UTF-16, allowed UTF-8", t.name)
	case IsParquet(head):
		return nil, fmt.Errorf("%s: this is a Parquet file, not CSV", t.name)
	case bytes.IndexByte(head, 0) >= 0:
		return nil, fmt.Errorf("%s: the file holds zero bytes, allowed text (CSV, plain or gzip)", t.name)
	}
	return head, nil
}

// sniffDelimiter takes the most frequent of the usual delimiters outside
// quotes in the first line, the comma when there is none.
func sniffDelimiter(head []byte) rune {
	const usual = ",;\t|"
	var count [len(usual)]int
	quoted := false
	for _, b := range head {
		if b == '"' {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		if b == '\n' || b == '\r' {
			break
		}
		if i := strings.IndexByte(usual, b); i >= 0 {
			count[i]++
		}
	}
	best := 0
	for i := range count {
		if count[i] > count[best] {
			best = i
		}
	}
	return rune(usual[best])
}

// checkHeader refuses columns that could not be told apart.
func checkHeader(name string, cols []string) error {
	at := make(map[string]int, len(cols))
	for i, c := range cols {
		if !utf8.ValidString(c) {
			return fmt.Errorf("%s: line 1: column %d: name %q is not UTF-8", name, i+1, c)
		}
		if c == "" {
			continue // an index column without a name, as pandas writes it
		}
		if j, ok := at[c]; ok {
			return fmt.Errorf("%s: line 1: column name %q comes twice (columns %d and %d), allowed once", name, cut(c), j+1, i+1)
		}
		at[c] = i
	}
	return nil
}

func (t *csvTable) header() []string { return t.cols }
func (t *csvTable) digest() string   { return t.meter.digest() }

func (t *csvTable) next() ([]string, int64, error) {
	t.guard.left = t.guard.max
	row, err := t.csv.Read()
	if err == io.EOF {
		return nil, 0, io.EOF
	}
	if err != nil {
		return nil, 0, t.wrap(err)
	}
	line, _ := t.csv.FieldPos(0)
	return row, int64(line), nil
}

// wrap names the file, and the line where one is known.
func (t *csvTable) wrap(err error) error {
	var pe *csv.ParseError
	switch {
	case errors.As(err, &pe):
		return fmt.Errorf("%s: line %d, byte %d: %w (in a record that begins in line %d)", t.name, pe.Line, pe.Column, pe.Err, pe.StartLine)
	case errors.Is(err, errRecordSize):
		return fmt.Errorf("%s: a record is longer than %d bytes, as an unclosed quote makes it", t.name, t.guard.max)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: damaged or truncated gzip: %w", t.name, err)
	}
	return fmt.Errorf("%s: %w", t.name, err)
}
