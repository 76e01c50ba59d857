package published

import (
	"context"
	"math"
	"testing"

	"hibernet/sim/validation"
)

// TestLoadResult works one cell at full load and one empty through the rows.
func TestLoadResult(t *testing.T) {
	loads := [][]float64{make([]float64, hoursOfWeek), make([]float64, hoursOfWeek)}
	for h := range loads[0] {
		loads[0][h] = 1
	}
	rows := loadResult(loads).Rows
	for quantity, want := range map[string]float64{
		"mean load of capacity cells":                                              0.5,
		"load of cell-hours, quantile 25 %":                                        0,
		"load of cell-hours, quantile 75 %":                                        1,
		"share of cell-hours below a load of 10 %":                                 0.5,
		"the same at 05:00, below 10 %":                                            0.5,
		"correlation of the mean course over the day, each cell over its own mean": math.NaN(),
	} {
		found := false
		for _, r := range rows {
			if r.Quantity == quantity {
				found = true
				if r.Pass || r.Got != want && !math.IsNaN(want) {
					t.Errorf("%s: got %v (pass %v), want %v and a failure", quantity, r.Got, r.Pass, want)
				}
			}
		}
		if !found {
			t.Errorf("no row %q", quantity)
		}
	}
}

// TestCityLoad plays the check.
func TestCityLoad(t *testing.T) {
	table, err := validation.Run(validation.Context{Context: context.Background(), Workers: 2}, []validation.Check{loadCheck()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table.Checks[0].Rows {
		t.Logf("%-70s %.3f %.3f", r.Quantity, r.Expected, r.Got)
		if !r.Pass {
			t.Errorf("%s: got %.4g, want %.4g (%.4g to %.4g)", r.Quantity, r.Got, r.Expected, r.Lo, r.Hi)
		}
	}
}
