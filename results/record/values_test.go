package record

import (
	"errors"
	"reflect"
	"testing"
)

func valuesOf[T Row](t *testing.T) {
	t.Helper()
	var row T
	table := describe[T]()
	values := appendValues(nil, reflect.ValueOf(&row).Elem())
	if len(values) != len(table.Columns) {
		t.Errorf("table %s: %d values, %d columns", table.Name, len(values), len(table.Columns))
	}
	for i, v := range values {
		switch v.(type) {
		case string, float64, int64, uint64, bool:
		default:
			t.Errorf("table %s: column %s: a value of type %T", table.Name, table.Columns[i].Name, v)
		}
	}
}

func TestValuesFitTheColumns(t *testing.T) {
	valuesOf[Cell](t)
	valuesOf[Step](t)
	valuesOf[Event](t)
	valuesOf[Episode](t)
	valuesOf[Summary](t)
	valuesOf[CellStep](t)
	valuesOf[Validation](t)
}

func TestScanValuesKnowsEveryTable(t *testing.T) {
	f := &Folder{Dir: t.TempDir(), Manifest: &Manifest{}}
	for _, table := range append(Tables(), Table{Name: "none"}) {
		if err := ScanValues(f, table.Name, nil); !errors.Is(err, ErrNoTable) {
			t.Errorf("table %s: error %v, want %v", table.Name, err, ErrNoTable)
		}
	}
}

func TestAppendValuesKeepsTheirOrder(t *testing.T) {
	row := Event{}
	v := reflect.ValueOf(&row).Elem()
	for i, c := range describe[Event]().Columns {
		if v.Field(i).Kind() == reflect.String {
			v.Field(i).SetString(c.Name)
		}
	}
	for i, got := range appendValues(nil, v) {
		if want := describe[Event]().Columns[i].Name; reflect.TypeOf(got).Kind() == reflect.String && got != want {
			t.Errorf("value %d is %v, want %s", i, got, want)
		}
	}
}
