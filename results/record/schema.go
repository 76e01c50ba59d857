package record

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// Version is the version of the tables and of the manifest. It is raised by
// any change to a column's name, type, unit or meaning, and by a new column.
// A new table leaves it as it is. Readers refuse every other version by name.
const Version = 2

// Names of the tables; a table's file is its name with the suffix ".parquet".
const (
	TableCells      = "cells"
	TableSteps      = "steps"
	TableEvents     = "events"
	TableEpisodes   = "episodes"
	TableSummary    = "summary"
	TableCellSteps  = "cell_steps"
	TableValidation = "validation"
)

// Keys of the metadata of every table's file.
const (
	metaTable   = "hibernet.table"
	metaVersion = "hibernet.schema_version"
	metaColumns = "hibernet.columns"
)

// Column describes one column of a table.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"` // Go's name of the type of a value
	Unit string `json:"unit"` // empty for names, indices and flags; "1" for pure numbers
	Doc  string `json:"doc"`
}

// Table describes one table.
type Table struct {
	Name     string
	Doc      string
	SortedBy []string // order of the rows of one (policy, seed, episode); nil: as written
	unique   bool     // no two rows of a group share the sorting key
	Columns  []Column
	schema   *parquet.Schema
}

// File returns the name of the table's file in a run folder.
func (t Table) File() string { return t.Name + ".parquet" }

// Tables describes all tables, in the order of the documentation.
func Tables() []Table {
	return []Table{describe[Cell](), describe[Step](), describe[Event](), describe[Episode](), describe[Summary](), describe[CellStep](), describe[Validation]()}
}

// describe returns the description of T's table. The columns come from the
// tags of T, so that files, metadata and documentation cannot differ.
func describe[T Row]() Table {
	var (
		row T
		t   Table
	)
	switch any(row).(type) {
	case Cell:
		t = Table{Name: TableCells, SortedBy: []string{"cell"}, unique: true, Doc: "One row a cell and episode."}
	case Step:
		t = Table{Name: TableSteps, SortedBy: []string{"time_s"}, Doc: "One row a control interval and class of cells: the whole network, each area class, each carrier."}
	case Event:
		t = Table{Name: TableEvents, SortedBy: []string{"time_s"}, Doc: "One row a transition between power states, or a cell that breaks or is repaired."}
	case Episode:
		t = Table{Name: TableEpisodes, Doc: "Long form: one row a figure of a training iteration or an evaluation episode."}
	case Summary:
		t = Table{Name: TableSummary, Doc: "One row a policy and aggregated figure, or comparison with a reference policy."}
	case CellStep:
		t = Table{Name: TableCellSteps, SortedBy: []string{"time_s", "cell"}, unique: true, Doc: "One row a cell and control interval; optional."}
	case Validation:
		t = Table{Name: TableValidation, Doc: "One row a figure of the simulator that was set beside what it must be, in the order of the checks."}
	}
	t.Columns, t.schema = columnsOf(reflect.TypeFor[T](), nil), parquet.SchemaOf(row)
	return t
}

// columnsOf appends the columns of struct type typ, embedded structs in place.
func columnsOf(typ reflect.Type, dst []Column) []Column {
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Anonymous {
			dst = columnsOf(f.Type, dst)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("parquet"), ",")
		dst = append(dst, Column{Name: name, Type: f.Type.String(), Unit: f.Tag.Get("unit"), Doc: f.Tag.Get("doc")})
	}
	return dst
}

// writerOptions returns the settings of t's file. Nothing in them depends on
// the run.
func (t Table) writerOptions() []parquet.WriterOption {
	columns, err := json.Marshal(t.Columns)
	if err != nil {
		panic("record: columns cannot be encoded")
	}
	opts := []parquet.WriterOption{
		parquet.CreatedBy("hibernet", fmt.Sprint(Version), "record"),
		parquet.Compression(&parquet.Zstd),
		parquet.MaxRowsPerRowGroup(rowGroupRows),
		parquet.PageBufferSize(pageBytes),
		parquet.KeyValueMetadata(metaTable, t.Name),
		parquet.KeyValueMetadata(metaVersion, fmt.Sprint(Version)),
		parquet.KeyValueMetadata(metaColumns, string(columns)),
	}
	if len(t.SortedBy) > 0 {
		var by []parquet.SortingColumn
		for _, c := range t.SortedBy {
			by = append(by, parquet.Ascending(c))
		}
		opts = append(opts, parquet.SortingWriterConfig(parquet.SortingColumns(by...)))
	}
	return opts
}

// Markdown renders the description of all tables: the text of README.md.
func Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Run folders, schema version %d\n\n", Version)
	b.WriteString("A run folder holds `manifest.json` and Parquet tables (zstd). Units are in the column names and, with the\n" +
		"sentences below, in each file's metadata under `hibernet.columns`. Time zero is Monday 00:00 local time. A value\n" +
		"that does not exist (a quantile of no traffic) is NaN. In tables with an order, the rows of one policy, seed and\n" +
		"episode stand together, begin a new row group, and are sorted as said. Unit `1` is a pure number.\n\n" +
		"This file is rendered from the code; a test holds the two together (`go test ./results/record -update`).\n")
	for _, t := range Tables() {
		fmt.Fprintf(&b, "\n## `%s`\n\n%s", t.File(), t.Doc)
		if len(t.SortedBy) > 0 {
			fmt.Fprintf(&b, " Sorted by `%s`.", strings.Join(t.SortedBy, "`, `"))
		}
		b.WriteString("\n\n| column | type | unit | meaning |\n| --- | --- | --- | --- |\n")
		for _, c := range t.Columns {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.Name, c.Type, c.Unit, c.Doc)
		}
	}
	return b.String()
}

// parquetTypes returns the Parquet type of each column by name.
func (t Table) parquetTypes() map[string]string {
	types := map[string]string{}
	for _, f := range t.schema.Fields() {
		types[f.Name()] = fieldType(f)
	}
	return types
}

// fieldType spells a column's Parquet type, with its repetition.
func fieldType(f parquet.Field) string {
	if !f.Leaf() {
		return "group"
	}
	switch {
	case f.Optional():
		return "optional " + f.Type().String()
	case f.Repeated():
		return "repeated " + f.Type().String()
	}
	return f.Type().String()
}
