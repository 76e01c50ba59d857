package validation

import (
	"context"
	"flag"
	"slices"
	"strings"
	"testing"
)

var begin = flag.String("begin", "", "names of checks to play first, separated by commas; the first row that fails then ends the test")

// TestChecks plays every check that needs no data (with -short: none that is
// slow) and reports each row that fails.
func TestChecks(t *testing.T) {
	ctx := Context{Context: context.Background(), Workers: 2, Fast: testing.Short()}
	checks := Checks()
	if *begin == "" {
		table, err := Run(ctx, checks, nil)
		if err != nil {
			t.Fatal(err)
		}
		report(t, table)
		if !t.Failed() && !table.OK() {
			t.Error("no row passes")
		}
		return
	}
	first := strings.Split(*begin, ",")
	rank := func(c Check) int {
		if i := slices.Index(first, c.Name); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortStableFunc(checks, func(a, b Check) int { return rank(a) - rank(b) })
	for _, c := range checks {
		table, err := Run(ctx, []Check{c}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if report(t, table); t.Failed() {
			return
		}
	}
}

// report tells of the rows that fail.
func report(t *testing.T, table *Table) {
	t.Helper()
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
}
