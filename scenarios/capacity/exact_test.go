package capacity

import (
	"context"
	"math"
	"slices"
	"testing"

	"hibernet/scenarios"
	"hibernet/sim/des"
	"hibernet/sim/radio"
)

// What a tolerance of 1e-3 leaves, on a network whose blocks take turns: each
// solution goes on from the one before, as in a run, and is held against one to
// 1e-6. go test -run Close -v tells the figures.
func TestSolutionsAreCloseToExact(t *testing.T) {
	sc, err := Scaled(75_000)
	if err != nil {
		t.Fatal(err)
	}
	world, err := scenarios.Build(context.Background(), sc, scenarios.Inputs{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	net := world.Topology
	solver := func(tolerance float64) func(demand []float32) []float32 {
		spec := sc.Radio
		spec.Tolerance = tolerance
		m, err := radio.NewModel(spec, &net.Links, &net.Cells, net.BinShare, 2)
		if err != nil {
			t.Fatal(err)
		}
		m.Associate(radio.NewState(&net.Cells))
		load := make([]float32, net.NumCells())
		return func(demand []float32) []float32 {
			if stats := m.Solve(load, demand); !stats.Converged {
				t.Fatalf("tolerance %g: not converged: %+v", tolerance, stats)
			}
			return load
		}
	}
	usual, exact := solver(1e-3), solver(1e-6)
	demand := make([]float32, net.Sectors())
	for quarter := range 12 {
		world.Demand.DemandTo(demand, des.Time(quarter)*15*des.Minute+8*des.Hour)
		got, want := usual(demand), exact(demand)
		var errs []float64
		var mean, bias float64
		for c := range got {
			d := float64(got[c] - want[c])
			errs = append(errs, math.Abs(d))
			bias, mean = bias+d, mean+float64(want[c])
		}
		slices.Sort(errs)
		n := len(errs)
		most, nearly := errs[n-1], errs[n*999/1000]
		t.Logf("quarter %2d: mean load %.4f, error of the mean %.1e, of a cell's load: median %.1e, 99.9 %% %.1e, largest %.1e", quarter, mean/float64(n), bias/float64(n), errs[n/2], nearly, most)
		if most > 6e-3 || nearly > 2.5e-3 || math.Abs(bias) > 1e-3*mean {
			t.Errorf("quarter %d: error %g at most, %g for 999 of 1000, %g of %g of the mean load", quarter, most, nearly, bias/float64(n), mean/float64(n))
		}
	}
}
