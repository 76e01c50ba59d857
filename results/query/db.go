package query

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/stats"
)

// DB answers queries over tables. It is for one goroutine at a time.
type DB struct{ conn *sqlite3.Conn }

// word finds whole words, of which some are names of tables.
var word = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// Open makes a database that has those of the tables that a text of SQL
// mentions; the others are there without rows. A cancelled ctx stops it, and
// the queries of the DB. The caller must Close it.
func Open(ctx context.Context, tables []Table, text string) (*DB, error) {
	conn, err := sqlite3.Open(":memory:")
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	db := &DB{conn}
	conn.SetInterrupt(ctx)
	if err := stats.Register(conn); err != nil {
		return nil, errors.Join(fmt.Errorf("query: %w", err), db.Close())
	}
	mentioned := map[string]bool{}
	for _, w := range word.FindAllString(text, -1) {
		mentioned[strings.ToLower(w)] = true
	}
	for _, t := range tables {
		if err := db.add(ctx, t, mentioned[t.Name]); err != nil {
			return nil, errors.Join(fmt.Errorf("query: table %s: %w", t.Name, err), db.Close())
		}
	}
	return db, nil
}

// Close frees the database.
func (db *DB) Close() error { return db.conn.Close() }

// affinities are SQLite's names for the types of columns. Others are whole
// numbers, but for uint64: it has none, so that a text for a large one stays a
// text.
var affinities = map[string]string{"string": "TEXT", "float64": "REAL", "float32": "REAL", "uint64": ""}

// add makes a table and fills it.
func (db *DB) add(ctx context.Context, t Table, fill bool) error {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		affinity, ok := affinities[c.Type]
		if !ok {
			affinity = "INTEGER"
		}
		columns[i] = quoted(c.Name) + " " + affinity
	}
	if err := db.conn.Exec("CREATE TABLE " + quoted(t.Name) + " (" + strings.Join(columns, ", ") + ")"); err != nil || !fill {
		return err
	}
	insert, _, err := db.conn.Prepare("INSERT INTO " + quoted(t.Name) + " VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ")")
	if err != nil {
		return err
	}
	defer insert.Close() //nolint:errcheck // repeats the error of Exec
	if err := db.conn.Exec("BEGIN"); err != nil {
		return err
	}
	if err := t.scan(func(row []any) error {
		for i, v := range row {
			if err := bind(insert, i+1, v); err != nil {
				return err
			}
		}
		return errors.Join(insert.Exec(), ctx.Err())
	}); err != nil {
		return err
	}
	return db.conn.Exec("COMMIT")
}

// quoted returns a name that no keyword clashes with.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// bind gives a statement a value. SQLite has no unsigned numbers: one above
// those of int64, a seed say, becomes text.
func bind(s *sqlite3.Stmt, at int, v any) error {
	switch v := v.(type) {
	case string:
		return s.BindText(at, v)
	case float64:
		return s.BindFloat(at, v) // a NaN is bound as NULL
	case int64:
		return s.BindInt64(at, v)
	case uint64:
		if v > math.MaxInt64 {
			return s.BindText(at, fmt.Sprint(v))
		}
		return s.BindInt64(at, int64(v))
	case bool:
		return s.BindBool(at, v)
	}
	panic("query: a value of a type that no table has")
}

// Result is what a query came to: rows of nil, string, float64 or int64, one a
// column.
type Result struct {
	Columns []string
	Rows    [][]any
}

// Query runs one statement that changes nothing. The error is SQLite's words
// on what is wrong with it.
func (db *DB) Query(text string) (*Result, error) {
	s, tail, err := db.conn.Prepare(text)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	if s == nil {
		return nil, errors.New("query: there is no statement in it")
	}
	defer s.Close()                                                       //nolint:errcheck // repeats the error of Step
	if next, _, err := db.conn.Prepare(tail); next != nil || err != nil { // neither: it is a comment or nothing
		return nil, errors.Join(fmt.Errorf("query: one statement is allowed, got another after it: %q", strings.TrimSpace(tail)), next.Close())
	}
	if !s.ReadOnly() || s.ColumnCount() == 0 {
		return nil, errors.New("query: only statements that return rows and change nothing are allowed: SELECT, WITH, VALUES")
	}
	r := &Result{}
	for c := range s.ColumnCount() {
		r.Columns = append(r.Columns, s.ColumnName(c))
	}
	for s.Step() {
		row := make([]any, len(r.Columns))
		for c := range row {
			row[c] = value(s, c)
		}
		r.Rows = append(r.Rows, row)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	return r, nil
}

func value(s *sqlite3.Stmt, c int) any {
	switch s.ColumnType(c) {
	case sqlite3.NULL:
		return nil
	case sqlite3.INTEGER:
		return s.ColumnInt64(c)
	case sqlite3.FLOAT:
		return s.ColumnFloat(c)
	}
	return s.ColumnText(c)
}
