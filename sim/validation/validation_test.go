package validation

import (
	"context"
	"testing"
)

// TestChecks plays every check that needs no data (with -short: none that is slow) and reports each row that
// fails.
func TestChecks(t *testing.T) {
	table, err := Run(Context{Context: context.Background(), Workers: 2, Fast: testing.Short()}, Checks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range table.Checks {
		if o.Skipped != "" {
			t.Logf("%s skipped: %s", o.Name, o.Skipped)
		}
		for _, r := range o.Rows {
			if !r.Pass {
				t.Errorf("%s: %s: got %.6g %s, want %.6g (%.6g to %.6g; %s)", r.Check, r.Quantity, r.Got, r.Unit, r.Expected, r.Lo, r.Hi, r.Source)
			}
		}
	}
	if !t.Failed() && !table.OK() {
		t.Error("no row passes")
	}
}
