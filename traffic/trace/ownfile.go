package trace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// FormatVersion is the version of the files this package writes. A file with
// another version is refused.
const FormatVersion = 1

// The kinds of our own files.
const (
	kindTraffic = "traffic"
	kindSites   = "sites"
)

// maxRowGroup bounds the rows of a row group, and with it the memory that
// writing and reading need beside the Series.
const maxRowGroup = 1 << 20

// rowBatch is how many rows are written or read at a time.
const rowBatch = 4096

// ErrFormat marks a file that is not one of this package's own: foreign,
// damaged, truncated, or of another version or kind.
var ErrFormat = errors.New("not a Hibernet file")

// Meta is what a file says about its origin.
type Meta struct {
	// Source is the name of the imported file, SHA256 that of its bytes, and
	// Command the command line that imported it.
	Source, SHA256, Command string
	// Report is the account of the import; nil when the data are not imported.
	Report *Report
}

// MetaOf returns the origin that a Report describes.
func MetaOf(r *Report, command string) Meta {
	return Meta{Source: r.Source, SHA256: r.SHA256, Command: command, Report: r}
}

func (m Meta) options(kind string) ([]parquet.WriterOption, error) {
	report := []byte(nil)
	if m.Report != nil {
		var err error
		if report, err = json.Marshal(m.Report); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
	}
	return []parquet.WriterOption{
		// A constant, so that the bytes do not depend on how the binary was built.
		parquet.CreatedBy("hibernet", strconv.Itoa(FormatVersion), "none"),
		parquet.MaxRowsPerRowGroup(maxRowGroup),
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedDefault}),
		parquet.KeyValueMetadata("hibernet.version", strconv.Itoa(FormatVersion)),
		parquet.KeyValueMetadata("hibernet.kind", kind),
		parquet.KeyValueMetadata("hibernet.source", m.Source),
		parquet.KeyValueMetadata("hibernet.source_sha256", m.SHA256),
		parquet.KeyValueMetadata("hibernet.command", m.Command),
		parquet.KeyValueMetadata("hibernet.report", string(report)),
	}, nil
}

// ownFile is an opened file of ours whose version and kind are right.
type ownFile struct {
	*parquet.File
	name string
}

// readOwn opens one of our files and hands it to read. The Parquet library
// panics on some damaged pages; the file is then at fault, so that such a
// panic becomes an error.
func readOwn(name, kind string, r io.ReaderAt, size int64, read func(*ownFile) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %w: damaged Parquet: %v", name, ErrFormat, p)
		}
	}()
	if size < 12 { // two magic words and the length of the footer
		return fmt.Errorf("%s: %w: %d bytes are too few for Parquet", name, ErrFormat, size)
	}
	pf, err := openParquet(r, size)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", name, ErrFormat, err)
	}
	f := &ownFile{pf, name}
	version, ok := f.Lookup("hibernet.version")
	if !ok {
		return fmt.Errorf("%s: %w: no hibernet.version in its metadata; import it first", name, ErrFormat)
	}
	if version != strconv.Itoa(FormatVersion) {
		return fmt.Errorf("%s: %w: version %q, allowed %d", name, ErrFormat, cut(version), FormatVersion)
	}
	if got, _ := f.Lookup("hibernet.kind"); got != kind {
		return fmt.Errorf("%s: %w: kind %q, allowed %q here", name, ErrFormat, cut(got), kind)
	}
	if err := read(f); err != nil {
		if !errors.Is(err, ErrFormat) {
			err = fmt.Errorf("%w: %w", ErrFormat, err)
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// openParquet opens a Parquet file after checking that its footer lies within
// it: the library would otherwise ask for as much memory as the damaged length
// says.
func openParquet(r io.ReaderAt, size int64) (*parquet.File, error) {
	var tail [8]byte
	if _, err := r.ReadAt(tail[:], size-8); err != nil && err != io.EOF {
		return nil, err
	}
	if string(tail[4:]) != "PAR1" {
		return nil, errors.New("no Parquet footer at the end (truncated, or another kind of file)")
	}
	if n := int64(tail[0]) | int64(tail[1])<<8 | int64(tail[2])<<16 | int64(tail[3])<<24; n > size-12 {
		return nil, fmt.Errorf("damaged Parquet footer: %d bytes in a file of %d", n, size)
	}
	return parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
}

// meta reads the origin of the file.
func (f *ownFile) meta() (Meta, error) {
	var m Meta
	m.Source, _ = f.Lookup("hibernet.source")
	m.SHA256, _ = f.Lookup("hibernet.source_sha256")
	m.Command, _ = f.Lookup("hibernet.command")
	if text, _ := f.Lookup("hibernet.report"); text != "" {
		m.Report = new(Report)
		if err := json.Unmarshal([]byte(text), m.Report); err != nil {
			return m, fmt.Errorf("metadata hibernet.report: %w", err)
		}
	}
	return m, nil
}

// text reads a metadata entry that must be there.
func (f *ownFile) text(key string, err *error) string {
	v, ok := f.Lookup("hibernet." + key)
	if !ok && *err == nil {
		*err = fmt.Errorf("metadata hibernet.%s: missing", key)
	}
	return v
}

// integer reads a whole number that must be there.
func (f *ownFile) integer(key string, err *error) int {
	text := f.text(key, err)
	n, perr := strconv.Atoi(text)
	if perr != nil && *err == nil {
		*err = fmt.Errorf("metadata hibernet.%s: %q is not a whole number", key, cut(text))
	}
	return n
}

// float reads a number that must be there.
func (f *ownFile) float(key string, err *error) float64 {
	text := f.text(key, err)
	x, perr := strconv.ParseFloat(text, 64)
	if perr != nil && *err == nil {
		*err = fmt.Errorf("metadata hibernet.%s: %q is not a number", key, cut(text))
	}
	return x
}

// column is a leaf that a file of ours must have.
type column struct {
	name string
	kind parquet.Kind
}

// columns checks that the leaves of the file are exactly cols, in this order.
func (f *ownFile) columns(cols []column) error {
	fields := f.Root().Columns()
	if len(fields) != len(cols) {
		return fmt.Errorf("%d columns, allowed %d", len(fields), len(cols))
	}
	for i, c := range cols {
		got := fields[i]
		if got.Name() != c.name || !got.Leaf() || got.Repeated() || got.Type().Kind() != c.kind {
			return fmt.Errorf("column %d is %q, allowed %q of type %s", i+1, cut(got.Name()), c.name, c.kind)
		}
	}
	return nil
}

// eachRow calls do for every row of the file with its number from 0. The row
// is valid during the call only.
func (f *ownFile) eachRow(do func(n int64, row parquet.Row) error) error {
	return eachRow(f.File, func(n int64, row parquet.Row) error {
		if err := do(n, row); err != nil {
			return fmt.Errorf("row %d: %w", n+1, err)
		}
		return nil
	})
}

// eachRow calls do for the rows of all row groups in order.
func eachRow(f *parquet.File, do func(n int64, row parquet.Row) error) error {
	n := int64(0)
	buf := make([]parquet.Row, rowBatch)
	for _, g := range f.RowGroups() {
		rows := g.Rows()
		err := eachRowOf(rows, g.NumRows(), buf, func(row parquet.Row) error {
			n++
			return do(n-1, row)
		})
		if err := errors.Join(err, rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

// eachRowOf calls do for count rows. No read asks for more rows than are left:
// the library tries anew for each row that is not there.
func eachRowOf(rows parquet.Rows, count int64, buf []parquet.Row, do func(row parquet.Row) error) error {
	for count > 0 {
		k, err := rows.ReadRows(buf[:min(count, int64(len(buf)))])
		if k == 0 {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		for _, row := range buf[:k] {
			if err := do(row); err != nil {
				return err
			}
		}
		if err != nil && err != io.EOF {
			return err
		}
		count -= int64(k)
	}
	return nil
}

// sameFloat compares bits, so that a NaN in a damaged file equals itself.
func sameFloat(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

func formatFloat(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
