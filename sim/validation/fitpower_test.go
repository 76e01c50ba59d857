package validation

import (
	"context"
	"os"
	"testing"
)

// TestCalibratePowerOnData plays the check of the ITU readings where these are.
func TestCalibratePowerOnData(t *testing.T) {
	const data = "../../../shared/data"
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	if _, err := os.Stat(data + "/" + ituLoads); err != nil {
		t.Skipf("needs the ITU readings: %v", err)
	}
	table, err := Run(Context{Context: context.Background(), Workers: 2, Data: os.DirFS(data)}, []Check{calibratePowerCheck()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table.Checks[0].Rows {
		if !r.Pass {
			t.Errorf("%s: got %.6g %s, want %.6g (%.6g to %.6g)", r.Quantity, r.Got, r.Unit, r.Expected, r.Lo, r.Hi)
		}
	}
	if n := len(table.Checks[0].Figures); n != 3 {
		t.Errorf("%d figures, want 3", n)
	}
}
