package validation

import (
	"context"
	"testing"
)

// Workers do not change a figure of the check, and it is quick enough not to
// be marked slow.
func TestFaultRowsForAnyWorkers(t *testing.T) {
	var rows [2][]Row
	for i, workers := range []int{1, 3} {
		r, err := faultCheck().Run(Context{Context: context.Background(), Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		rows[i] = r.Rows
		for _, row := range r.Rows {
			if !row.Pass {
				t.Errorf("%s: got %.9g %s, want %.9g (%.9g to %.9g; %s)", row.Quantity, row.Got, row.Unit, row.Expected, row.Lo, row.Hi, row.Source)
			}
		}
	}
	for i := range rows[0] {
		if rows[0][i] != rows[1][i] {
			t.Errorf("one worker %+v, three %+v", rows[0][i], rows[1][i])
		}
	}
}
