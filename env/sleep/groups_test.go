package sleep

import (
	"slices"
	"strings"
	"testing"
)

func TestColumnsWithout(t *testing.T) {
	names, err := ColumnsWithout([]string{"neighbours", "class"})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range NewSchema().Fields {
		left := strings.HasPrefix(f.Name, "neighbour_") || strings.HasPrefix(f.Name, "candidate_") ||
			strings.HasPrefix(f.Name, "class_") || f.Name == "sole_cover_share"
		if slices.Contains(names, f.Name) == left {
			t.Errorf("%s: left out %v", f.Name, !slices.Contains(names, f.Name))
		}
	}
	if all, err := ColumnsWithout(nil); all != nil || err != nil {
		t.Errorf("without nothing: %v, %v", all, err)
	}
}

// The setting makes the schema; what a policy asks for goes before it.
func TestWithoutMakesTheSchema(t *testing.T) {
	w := small()
	w.spec.Without = Groups()
	e := w.must(t)
	if _, ok := e.schema.Column("forecast_load_1"); ok || e.forecaster != nil || e.plan.history != nil || e.needs.lags != 0 {
		t.Error("what no column needs was made")
	}
	w.change = func(c *Config) { c.Columns = []string{"forecast_load_1", "hour"} }
	if s := w.must(t).Schema(); len(s.Fields) != 2 {
		t.Errorf("the policy's columns gave %v", s.Fields)
	}
}

func TestGroupsDoNotOverlap(t *testing.T) {
	seen := map[int]string{}
	for _, g := range groups {
		for _, col := range g.cols {
			if seen[col] != "" {
				t.Errorf("column %d is in %s and %s", col, seen[col], g.name)
			}
			seen[col] = g.name
		}
	}
}
