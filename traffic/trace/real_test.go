package trace

import (
	"context"
	"os"
	"testing"
)

func openReal(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open("../../../shared/data/" + path)
	if err != nil {
		t.Skipf("the real data are not here: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func readReal(t *testing.T, path string, m Mapping, p Policy) (*Series, *Report) {
	t.Helper()
	s, rep, err := ReadCSV(context.Background(), openReal(t, path), m, Options{Name: path, Policy: p})
	if err != nil {
		t.Fatalf("%v\n%v", err, rep)
	}
	if !rep.Balanced() {
		t.Fatalf("the account does not add up:\n%v", rep)
	}
	t.Log("\n" + rep.String())
	return s, rep
}

func TestRealBeijing(t *testing.T) {
	s, rep := readReal(t, "npdiff_grids/MobileBJ_hourly.csv.gz", Mapping{SideM: 1000}, Policy{})
	if s.Places() != 672 || s.Steps != 168 || s.StepS != 3600 || s.StartS != 0 || !s.HasPosition {
		t.Errorf("got %d places, %d steps of %d s from %d", s.Places(), s.Steps, s.StepS, s.StartS)
	}
	if n := rep.Count(EmptyPlace); n != 52 {
		t.Errorf("got %d empty squares, want 52", n)
	}
}
