package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"

	"github.com/parquet-go/parquet-go"
)

// Frame is a table whose columns are known only when it is made, such as the
// results of a sweep, one column for each thing that varies. Unlike the tables
// of run folders it holds all its rows in memory.
type Frame struct {
	// Name is the table's name in the file's metadata.
	Name    string
	Columns []Series
}

// Series is one column with its values. Type says which of the slices holds
// them: string, float64, int64 or uint64.
type Series struct {
	Column
	Text  []string
	Float []float64
	Int   []int64
	Uint  []uint64
}

// Len returns the number of values.
func (s *Series) Len() int { return len(s.Text) + len(s.Float) + len(s.Int) + len(s.Uint) }

// At returns the i-th value: a string, float64, int64 or uint64.
func (s *Series) At(i int) any {
	switch s.Type {
	case "string":
		return s.Text[i]
	case "float64":
		return s.Float[i]
	case "int64":
		return s.Int[i]
	}
	return s.Uint[i]
}

// value returns the i-th value as it is encoded.
func (s *Series) value(i int) parquet.Value {
	switch s.Type {
	case "string":
		return parquet.ByteArrayValue([]byte(s.Text[i]))
	case "float64":
		return parquet.DoubleValue(s.Float[i])
	case "int64":
		return parquet.Int64Value(s.Int[i])
	}
	return parquet.Int64Value(int64(s.Uint[i]))
}

// add appends a value that was decoded.
func (s *Series) add(v parquet.Value) {
	switch s.Type {
	case "string":
		s.Text = append(s.Text, string(v.ByteArray()))
	case "float64":
		s.Float = append(s.Float, v.Double())
	case "int64":
		s.Int = append(s.Int, v.Int64())
	default:
		s.Uint = append(s.Uint, v.Uint64())
	}
}

// Rows returns the number of rows.
func (f *Frame) Rows() int {
	if len(f.Columns) == 0 {
		return 0
	}
	return f.Columns[0].Len()
}

// Find returns the column of a name, nil if there is none.
func (f *Frame) Find(name string) *Series {
	for i := range f.Columns {
		if f.Columns[i].Name == name {
			return &f.Columns[i]
		}
	}
	return nil
}

var frameTypes = map[string]reflect.Type{
	"string": reflect.TypeFor[string](), "float64": reflect.TypeFor[float64](),
	"int64": reflect.TypeFor[int64](), "uint64": reflect.TypeFor[uint64](),
}

var columnName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// schema returns the Parquet schema of the columns, in their order, or what is
// wrong with them.
func (f *Frame) schema() (*parquet.Schema, error) {
	var fields []reflect.StructField
	seen := map[string]bool{}
	for i, c := range f.Columns {
		typ, ok := frameTypes[c.Type]
		switch {
		case !ok:
			return nil, fmt.Errorf("column %s: type %q is not known", c.Name, c.Type)
		case !columnName.MatchString(c.Name) || seen[c.Name]:
			return nil, fmt.Errorf("column %q: a name must be of letters, digits and _, and be used once", c.Name)
		case c.Len() != f.Rows():
			return nil, fmt.Errorf("column %s: %d values, the first column has %d", c.Name, c.Len(), f.Rows())
		}
		seen[c.Name] = true
		tag := c.Name
		if c.Type == "string" {
			tag += ",dict"
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: typ, Tag: reflect.StructTag(`parquet:"` + tag + `"`)})
	}
	if len(fields) == 0 {
		return nil, errors.New("no columns")
	}
	return parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface()), nil
}

// Encode returns the table as a Parquet file. Equal frames give equal bytes.
func (f *Frame) Encode() ([]byte, error) {
	schema, err := f.schema()
	if err != nil {
		return nil, fmt.Errorf("record: table %s: %w", f.Name, err)
	}
	described := make([]Column, len(f.Columns))
	for i, c := range f.Columns {
		described[i] = c.Column
	}
	var out bytes.Buffer
	w := parquet.NewWriter(&out, append(Table{Name: f.Name, Columns: described}.writerOptions(), schema)...)
	rows := make([]parquet.Row, 0, batchRows)
	for i := range f.Rows() {
		row := make(parquet.Row, len(f.Columns))
		for c := range f.Columns {
			row[c] = f.Columns[c].value(i).Level(0, 0, c)
		}
		if rows = append(rows, row); len(rows) == batchRows || i == f.Rows()-1 {
			if _, err := w.WriteRows(rows); err != nil {
				return nil, fmt.Errorf("record: table %s: %w", f.Name, err)
			}
			rows = rows[:0]
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("record: table %s: %w", f.Name, err)
	}
	return out.Bytes(), nil
}

// ReadFrame reads a file that Encode made. Damaged bytes are an error.
func ReadFrame(path string) (*Frame, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	f, err := DecodeFrame(data)
	if err != nil {
		return nil, fmt.Errorf("record: %s: %w", path, err)
	}
	return f, nil
}

// DecodeFrame reads what Encode returned. Damaged bytes are an error.
func DecodeFrame(data []byte) (f *Frame, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			f, err = nil, fmt.Errorf("damaged file: %v", cause)
		}
	}()
	in := bytes.NewReader(data)
	if err := checkFooter(in, in.Size()); err != nil {
		return nil, fmt.Errorf("damaged file: %w", err)
	}
	file, err := parquet.OpenFile(in, in.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("damaged file: %w", err)
	}
	f = &Frame{}
	if err := f.describe(file); err != nil {
		return nil, err
	}
	return f, f.read(file)
}

// describe takes the columns from a file's metadata.
func (f *Frame) describe(file *parquet.File) error {
	var described []Column
	f.Name, _ = file.Lookup(metaTable)
	if version, _ := file.Lookup(metaVersion); version != fmt.Sprint(Version) {
		return fmt.Errorf("schema version is %q, this program reads version %d", version, Version)
	}
	text, _ := file.Lookup(metaColumns)
	if err := json.Unmarshal([]byte(text), &described); err != nil {
		return fmt.Errorf("the file does not describe its columns: %w", err)
	}
	for _, c := range described {
		f.Columns = append(f.Columns, Series{Column: c})
	}
	schema, err := f.schema()
	if err != nil {
		return err
	}
	want, got := schema.Fields(), file.Schema().Fields()
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i].Name() != got[i].Name() || fieldType(want[i]) != fieldType(got[i]) {
			return errors.New("the file's columns are not those that it describes")
		}
	}
	return nil
}

// read reads all rows.
func (f *Frame) read(file *parquet.File) error {
	r := parquet.NewReader(file)
	defer r.Close() //nolint:errcheck // read only
	rows := make([]parquet.Row, batchRows)
	for {
		n, err := r.ReadRows(rows)
		for _, row := range rows[:n] {
			for _, v := range row {
				f.Columns[v.Column()].add(v)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			if int64(f.Rows()) != file.NumRows() {
				return errors.New("damaged file: fewer rows than its footer says")
			}
			_, err := f.schema() // equal lengths
			return err
		case err != nil:
			return fmt.Errorf("damaged file: %w", err)
		case n == 0:
			return errors.New("damaged file: fewer rows than its footer says")
		}
	}
}
