package scenarios

import (
	"context"
	"math"
	"os"
	"testing"

	"hibernet/traffic/trace"
)

// beijing returns the published grid, or skips the test.
func beijing(t *testing.T) *trace.Series {
	t.Helper()
	const path = "../../shared/data/npdiff_grids/MobileBJ_hourly.csv.gz"
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("the real data are not here: %v", err)
	}
	defer f.Close()
	series, _, err := trace.ReadCSV(context.Background(), f, trace.Mapping{SideM: 1000}, trace.Options{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	return series
}

// corner returns the squares of the first rows and columns of a grid of
// 24 columns.
func corner(s *trace.Series, rows, columns int) *trace.Series {
	out := *s
	out.ID, out.X, out.Y, out.Values = nil, nil, nil, nil
	for p := range s.ID {
		if int(s.X[p]/s.SideM) < columns && int(s.Y[p]/s.SideM) < rows {
			out.ID, out.X, out.Y = append(out.ID, s.ID[p]), append(out.X, s.X[p]), append(out.Y, s.Y[p])
			out.Values = append(out.Values, s.Row(p)...)
		}
	}
	return &out
}

// The map of the Beijing preset covers the published grid. The demand is not
// scaled here: that takes most of the time.
func TestBeijingMap(t *testing.T) {
	w := mustBuild(t, mustPreset(t, "beijing", "load.target_mean=0"), Inputs{Series: beijing(t)}, 2)
	if n := w.Topology.NumCells(); n < 10_000 || n > 20_000 {
		t.Errorf("%d cells", n)
	}
	if o := w.Demand.Overlay(); o.MovedShare > 0.02 || o.Outside > w.Topology.Sectors()/50 {
		t.Errorf("the map does not cover the grid: %+v", o)
	}
}

// A corner of it, scaled to the measured load.
func TestBeijingLoad(t *testing.T) {
	part := corner(beijing(t), 8, 8)
	s := mustPreset(t, "beijing", "topology.areas[0].sites=700")
	w := mustBuild(t, s, Inputs{Series: part}, 2)
	if math.Abs(w.Scaling.MeanLoad/0.249-1) > s.Load.Tolerance {
		t.Errorf("mean load %g", w.Scaling.MeanLoad)
	}
	t.Logf("%d cells, %+v", w.Topology.NumCells(), w.Scaling)
}
