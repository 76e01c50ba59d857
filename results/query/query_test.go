package query

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"hibernet/results/record"
)

// table has the rows given.
func table(name string, columns []record.Column, rows ...[]any) Table {
	return Table{Name: name, Columns: columns, scan: func(visit func(row []any) error) error {
		for _, r := range rows {
			if err := visit(r); err != nil {
				return err
			}
		}
		return nil
	}}
}

func runs() Table {
	return table("runs", []record.Column{
		{Name: "policy", Type: "string"}, {Name: "seed", Type: "uint64"}, {Name: "day", Type: "int64"},
		{Name: "order", Type: "float64"}, {Name: "done", Type: "bool"},
	},
		[]any{"a", uint64(1), int64(-3), 1.5, true},
		[]any{"a", uint64(math.MaxUint64), int64(2), math.NaN(), false},
		[]any{"it's", uint64(3), int64(7), 4.0, true},
	)
}

func ask(t *testing.T, text string, tables ...Table) (*Result, error) {
	t.Helper()
	db, err := Open(t.Context(), tables, text)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	return db.Query(text)
}

func TestQueryAnswers(t *testing.T) {
	for text, want := range map[string][][]any{
		`select policy, seed, day, "order", done from runs`: {
			{"a", int64(1), int64(-3), 1.5, int64(1)},
			{"a", "18446744073709551615", int64(2), nil, int64(0)},
			{"it's", int64(3), int64(7), 4.0, int64(1)},
		},
		`select avg("order"), count("order"), count(*), median("order") from RUNS`: {{2.75, int64(2), int64(3), 2.75}},
		`select policy from runs where "order" > 100`:                              nil,
		`select count(*) from other`:                                               {{int64(0)}},
		"with x as (select 1 as n) select n from x; -- and no more":                {{int64(1)}},
	} {
		r, err := ask(t, text, runs(), table("other", []record.Column{{Name: "x", Type: "float32"}}))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if !reflect.DeepEqual(r.Rows, want) {
			t.Errorf("%s:\n got %v\nwant %v", text, r.Rows, want)
		}
	}
}

func TestQueryRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"select x from runs":        "no such column: x",
		"select 1 from nowhere":     "no such table: nowhere",
		"select 1; select 2":        `one statement is allowed, got another after it: "select 2"`,
		"delete from runs":          "change nothing",
		"attach 'file' as f":        "change nothing",
		"pragma user_version = 5":   "change nothing",
		" ":                         "no statement",
		"selekt 1":                  "syntax error",
		"select median() from runs": "wrong number of arguments",
	} {
		if _, err := ask(t, text, runs()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", text, err, want)
		}
	}
}

func TestQueryStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	db, err := Open(ctx, []Table{runs()}, "runs")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // in memory
	cancel()
	endless := "with recursive n(i) as (select 1 union all select i+1 from n) select count(*) from n"
	if _, err := db.Query(endless); err == nil {
		t.Error("an endless query went on after the context was cancelled")
	}
}

func TestUnion(t *testing.T) {
	all, err := Union([]string{"x", "y"}, [][]Table{{runs()}, {runs()}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := ask(t, "select folder, count(*), sum(day) from runs group by folder", all...)
	if want := [][]any{{"x", int64(3), int64(6)}, {"y", int64(3), int64(6)}}; err != nil || !reflect.DeepEqual(r.Rows, want) {
		t.Errorf("got %v, %v, want %v", r, err, want)
	}
	other := table("runs", []record.Column{{Name: "policy", Type: "string"}})
	if _, err := Union([]string{"x", "y"}, [][]Table{{runs()}, {other}}); err == nil || !strings.Contains(err.Error(), "table runs of y has other columns") {
		t.Errorf("other columns: %v", err)
	}
}

func TestScanErrorStops(t *testing.T) {
	broken := errors.New("torn")
	bad := Table{Name: "runs", Columns: []record.Column{{Name: "x", Type: "float64"}}, scan: func(func(row []any) error) error { return broken }}
	if _, err := ask(t, "select * from runs", bad); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}
