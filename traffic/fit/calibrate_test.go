package fit

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"hibernet/sim/rng"
	"hibernet/traffic"
)

// smallCity is a generated city of a week.
func smallCity(t *testing.T) *City {
	t.Helper()
	spec := SquareSpec()
	spec.Noise.CV, spec.Mean.RangeM = 0.2, 4000
	c, _, err := generate(spec, Grid(12, 12, 7, 1000), rng.Root(1))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCalibrationIsDeterministic(t *testing.T) {
	c := smallCity(t)
	o := DefaultOptions()
	var told []float64
	o.Progress = func(share float64) { told = append(told, share) }
	a, err := CalibrateCity(context.Background(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(told) || len(told) < 10 || told[len(told)-1] != 1 {
		t.Errorf("progress: %v", told)
	}
	if !a.OK() {
		for _, r := range a.Verdict.Rows {
			if !r.Pass {
				t.Logf("%s: got %g, want %g to %g", r.Quantity, r.Got, r.Lo, r.Hi)
			}
		}
	}
	o.Progress = nil
	b, err := CalibrateCity(context.Background(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a.Model.Spec, b.Model.Spec) || !reflect.DeepEqual(a.Verdict, b.Verdict) {
		t.Error("the same calibration twice differs")
	}
	for _, r := range a.Verdict.Rows {
		if !(r.Lo <= r.Hi) || !strings.Contains(r.Source, "not fitted to") || math.IsNaN(r.Got) {
			t.Errorf("row %+v", r)
		}
	}
	names := map[string]bool{}
	for _, f := range a.Verdict.Figures {
		if names[f.Name] || f.Title == "" || f.XLabel == "" || f.YLabel == "" || len(f.Series) != 2 {
			t.Errorf("figure %s", f.Name)
		}
		names[f.Name] = true
		for _, s := range f.Series {
			if len(s.X) != len(s.Y) || len(s.X) == 0 {
				t.Errorf("figure %s, %s: %d and %d values", f.Name, s.Name, len(s.X), len(s.Y))
			}
		}
	}
}

// TestFitDoesNotSeeWhatIsHeldOut changes every held-out value, which must not
// change the model.
func TestFitDoesNotSeeWhatIsHeldOut(t *testing.T) {
	c := smallCity(t)
	a, err := CalibrateCity(context.Background(), c, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	for p, row := range c.Hours {
		held := slices.Contains(a.Split.HeldPlaces, p)
		for h := range row {
			if held || slices.Contains(a.Split.HeldDays, h/hoursPerDay) {
				row[h] *= 1 + float64((p+h)%7)
			}
		}
	}
	b, err := CalibrateCity(context.Background(), c, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a.Model.Spec, b.Model.Spec) {
		t.Error("the model depends on what was held out")
	}
	if b.OK() {
		t.Error("nothing fails on days and places that are other than the fitted ones")
	}
}

func TestCalibrationCanBeStopped(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	o := DefaultOptions()
	o.Progress = func(share float64) {
		if share > 0.5 {
			stop()
		}
	}
	if _, err := CalibrateCity(ctx, smallCity(t), o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFitNeedsTwoWeekdays(t *testing.T) {
	if _, err := Fit(context.Background(), Grid(8, 8, 7, 1000), []int{0, 5, 6}, rng.Root(1), nil); err == nil {
		t.Error("one weekday was enough")
	}
}

// TestYAMLHoldsTheSpec reads the file back over the defaults.
func TestYAMLHoldsTheSpec(t *testing.T) {
	m, err := Fit(context.Background(), smallCity(t), []int{0, 1, 2, 3, 4, 5, 6}, rng.Root(1), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := m.YAML("one", "two")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "# one\n# two\ntraffic:\n") {
		t.Errorf("begins with %q", text[:40])
	}
	file := struct{ Traffic traffic.Spec }{traffic.DefaultSpec()}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	got, want := file.Traffic, m.Spec
	want.Interpolation, want.WithinHour = got.Interpolation, got.WithinHour // left to the scenario
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if faults := got.Validate(); len(faults) > 0 {
		t.Error(faults)
	}
	if !m.Levels[urban] || m.Levels[0] || strings.Contains(string(text), "rural_mbps") {
		t.Errorf("levels %v", m.Levels)
	}
	m.Levels = [4]bool{}
	if text, err = m.YAML(); err != nil || strings.Contains(string(text), "mbps") {
		t.Errorf("a level that is not known was written (%v)", err)
	}
}

func TestRoundTo(t *testing.T) {
	for x, want := range map[float64]float64{0.123456: 0.1235, 123456: 123500, -0.477149: -0.4771, 1e-15: 0, 0: 0} {
		close(t, "rounded", roundTo(x), want, 1e-12*math.Abs(want))
	}
}

// TestLongRunsTellTheDrift fits a city of four weeks, which the drift can be
// told from.
func TestLongRunsTellTheDrift(t *testing.T) {
	if testing.Short() {
		t.Skip("fits four weeks")
	}
	for _, drift := range []float64{0.05, 0.35} {
		spec := SquareSpec()
		spec.Noise.DriftShare = drift
		c, _, err := generate(spec, Grid(10, 10, 28, 1000), rng.Root(1))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Fit(context.Background(), c, c.AllDays(), rng.Root(2), nil)
		if err != nil {
			t.Fatal(err)
		}
		close(t, "drift_share", m.Spec.Noise.DriftShare, drift, 0.06)
		close(t, "day_share", m.Spec.Noise.DayShare, spec.Noise.DayShare, 0.05)
		if slices.ContainsFunc(m.Kept, func(s string) bool { return strings.HasPrefix(s, "noise.drift_share") }) {
			t.Error("the drift is said not to be fitted")
		}
	}
}
