package fit

import (
	"context"
	"os"
	"testing"
	"time"

	"hibernet/sim/validation"
)

func play(t *testing.T, name string) validation.Outcome {
	t.Helper()
	for _, c := range Checks() {
		if c.Name != name {
			continue
		}
		table, err := validation.Run(validation.Context{Context: context.Background(), Workers: 1, Data: os.DirFS("../../../shared/data")}, []validation.Check{c}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return table.Checks[0]
	}
	t.Fatalf("there is no check %s", name)
	return validation.Outcome{}
}

func allPass(t *testing.T, o validation.Outcome) {
	t.Helper()
	for _, r := range o.Rows {
		t.Logf("%-95s expected %8.4f got %8.4f in [%g, %g] %s", r.Quantity, r.Expected, r.Got, r.Lo, r.Hi, r.Deviation)
		if !r.Pass {
			t.Errorf("%s: got %g, want %g to %g", r.Quantity, r.Got, r.Lo, r.Hi)
		}
	}
}

func TestCheckOfTraffic(t *testing.T) {
	from := time.Now()
	allPass(t, play(t, "traffic"))
	t.Log(time.Since(from))
}

func TestCheckOfCalibration(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	from := time.Now()
	o := play(t, "calibrate-traffic")
	if o.Skipped != "" {
		t.Skip(o.Skipped)
	}
	allPass(t, o)
	t.Log(time.Since(from), len(o.Figures))
}
