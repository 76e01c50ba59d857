package query

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"hibernet/results/record"
	"hibernet/results/sweep"
)

// Names of the tables of a sweep's folder.
const (
	TableRuns    = "runs"    // the data set, a row a run
	TableTimings = "timings" // what each run took, and where
)

// columnFolder tells rows apart when several folders are asked at once.
const columnFolder = "folder"

// Table is a table of a folder.
type Table struct {
	Name    string
	Columns []record.Column
	scan    func(visit func(row []any) error) error
}

// Tables returns the tables of the folder of a sweep, or of a run that is
// complete.
func Tables(dir string) ([]Table, error) {
	_, err := sweep.ReadHeader(dir)
	switch {
	case err == nil:
		return sweepTables(dir)
	case !errors.Is(err, sweep.ErrNotSweep):
		return nil, fmt.Errorf("query: %w", err)
	}
	return runTables(dir)
}

func sweepTables(dir string) ([]Table, error) {
	data, err := sweep.ReadData(dir)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	timings, err := record.ReadFrame(filepath.Join(dir, sweep.TimingsName))
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	return []Table{frameTable(TableRuns, data), frameTable(TableTimings, timings)}, nil
}

func frameTable(name string, f *record.Frame) Table {
	t := Table{Name: name}
	for _, c := range f.Columns {
		t.Columns = append(t.Columns, c.Column)
	}
	t.scan = func(visit func(row []any) error) error {
		row := make([]any, len(f.Columns))
		for i := range f.Rows() {
			for c := range f.Columns {
				row[c] = f.Columns[c].At(i)
			}
			if err := visit(row); err != nil {
				return err
			}
		}
		return nil
	}
	return t
}

func runTables(dir string) ([]Table, error) {
	f, err := record.Open(dir, record.OpenOptions{})
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	var tables []Table
	for _, t := range record.Tables() {
		if f.Has(t.Name) {
			tables = append(tables, Table{t.Name, t.Columns, func(visit func(row []any) error) error {
				return record.ScanValues(f, t.Name, visit)
			}})
		}
	}
	if len(tables) == 0 {
		return nil, fmt.Errorf("query: %s holds no tables", dir)
	}
	return tables, nil
}

// Union returns the tables of several folders as if they were one: tables of
// the same name are put one after the other, with the folder's name, of
// names, as their first column. Their other columns must be the same.
func Union(names []string, folders [][]Table) ([]Table, error) {
	var all []Table
	for i, tables := range folders {
		for _, t := range tables {
			part := labelled(t, names[i])
			at := slices.IndexFunc(all, func(o Table) bool { return o.Name == t.Name })
			if at < 0 {
				all = append(all, part)
				continue
			}
			if have := columnNames(all[at].Columns); !slices.Equal(have, columnNames(part.Columns)) {
				return nil, fmt.Errorf("query: table %s of %s has other columns than that of %s", t.Name, names[i], names[0])
			}
			first := all[at].scan
			all[at].scan = func(visit func(row []any) error) error { return errors.Join(first(visit), part.scan(visit)) }
		}
	}
	return all, nil
}

// labelled returns a table with its folder's name as the first column.
func labelled(t Table, name string) Table {
	var row []any
	return Table{
		Name:    t.Name,
		Columns: slices.Insert(slices.Clone(t.Columns), 0, record.Column{Name: columnFolder, Type: "string", Doc: "folder of the row"}),
		scan: func(visit func(row []any) error) error {
			return t.scan(func(values []any) error {
				row = append(append(row[:0], name), values...)
				return visit(row)
			})
		},
	}
}

func columnNames(columns []record.Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}
