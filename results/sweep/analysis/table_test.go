package analysis

import (
	"slices"
	"testing"
)

// table is one of a column of numbers behind columns of texts.
func table(head []string, rows ...[]string) *Table {
	t := &Table{Head: append(head, "energy_kwh"), Units: make([]string, len(head)+1)}
	for i, texts := range rows {
		var row []Cell
		for _, text := range texts {
			row = append(row, Cell{Text: text})
		}
		t.Rows = append(t.Rows, append(row, Cell{Number: &Estimate{Mean: float64(i)}}))
	}
	return t
}

// Rows are named by what differs; a value alone is enough where one setting does,
// beside the policy or without it.
func TestBarsNameTheSettingsThatDiffer(t *testing.T) {
	for _, c := range []struct {
		table *Table
		want  []string
	}{
		{table([]string{"load", "policy"}, []string{"0.1", "ppo"}, []string{"0.2", "dqn"}), []string{"0.1, ppo", "0.2, dqn"}},
		{table([]string{"mask", "without", "step"}, []string{"true", "[]", "2"}, []string{"false", "[]", "0"}), []string{"mask=true, step=2", "mask=false, step=0"}},
		{table([]string{"mask", "step", "policy"}, []string{"true", "2", "ppo"}, []string{"false", "0", "dqn"}, []string{allSettings, "", "ppo"}),
			[]string{"mask=true, step=2, ppo", "mask=false, step=0, dqn"}},
		{table([]string{"mask", "step", "policy"}, []string{"true", "2", "ppo"}, []string{"true", "2", "dqn"}, []string{"false", "2", "dqn"}, []string{"true", "0", "dqn"}),
			[]string{"ppo", "dqn", "mask=false", "step=0"}}, // what most have goes without saying
	} {
		rows, columns := c.table.Bars()
		if !slices.Equal(rows, c.want) || len(columns) != 1 || len(columns[0].Value) != len(rows) {
			t.Errorf("rows %q with %d columns, want %q with one", rows, len(columns), c.want)
		}
	}
}
