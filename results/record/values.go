package record

import (
	"fmt"
	"reflect"
)

// ScanValues reads any of the tables, by name, and hands on its rows in order:
// one value a column of the table's description, a string, float64, int64,
// uint64 or bool. The slice is valid during the call only. Errors are those of
// Scan.
func ScanValues(f *Folder, table string, visit func(row []any) error) error {
	switch table {
	case TableCells:
		return scanValues[Cell](f, visit)
	case TableSteps:
		return scanValues[Step](f, visit)
	case TableEvents:
		return scanValues[Event](f, visit)
	case TableEpisodes:
		return scanValues[Episode](f, visit)
	case TableSummary:
		return scanValues[Summary](f, visit)
	case TableCellSteps:
		return scanValues[CellStep](f, visit)
	case TableValidation:
		return scanValues[Validation](f, visit)
	}
	return fmt.Errorf("%w: %q is not a table of run folders", ErrNoTable, table)
}

func scanValues[T Row](f *Folder, visit func(row []any) error) error {
	var row []any
	return Scan(f, func(rows []T) error {
		for i := range rows {
			row = appendValues(row[:0], reflect.ValueOf(&rows[i]).Elem())
			if err := visit(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// appendValues appends the fields of a row in the order of columnsOf.
func appendValues(dst []any, v reflect.Value) []any {
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case v.Type().Field(i).Anonymous:
			dst = appendValues(dst, f)
		case f.CanFloat():
			dst = append(dst, f.Float())
		case f.CanInt():
			dst = append(dst, f.Int())
		case f.CanUint():
			dst = append(dst, f.Uint())
		default: // a string or bool
			dst = append(dst, f.Interface())
		}
	}
	return dst
}
