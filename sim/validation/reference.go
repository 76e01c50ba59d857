package validation

import (
	"embed"
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"strings"
)

//go:embed reference/*.csv
var references embed.FS

// Reference is a committed table of expected values.
type Reference struct {
	name    string
	columns map[string]int
	rows    [][]string
}

// Ref reads reference/NAME.csv: lines that begin with # say where the values
// come from, the first other line names the columns.
func Ref(name string) (*Reference, error) {
	text, err := references.ReadFile("reference/" + name + ".csv")
	if err != nil {
		return nil, fmt.Errorf("reference %s: %w", name, err)
	}
	r := csv.NewReader(strings.NewReader(string(text)))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reference %s: %w", name, err)
	}
	if len(rows) < 2 {
		return nil, fmt.Errorf("reference %s: no rows", name)
	}
	ref := &Reference{name: name, columns: map[string]int{}, rows: rows[1:]}
	for i, c := range rows[0] {
		ref.columns[c] = i
	}
	return ref, nil
}

// Len returns the number of rows.
func (r *Reference) Len() int { return len(r.rows) }

// Text returns a value as it is written.
func (r *Reference) Text(row int, column string) string {
	i, ok := r.columns[column]
	if !ok {
		panic("validation: a reference has no such column")
	}
	return r.rows[row][i]
}

// Number returns a value as a number; NaN where it is none, so that a row made
// of it fails.
func (r *Reference) Number(row int, column string) float64 {
	v, err := strconv.ParseFloat(r.Text(row, column), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}
