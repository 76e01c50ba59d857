package variation

import (
	"math"
	"strings"
	"testing"

	"hibernet/sim/rng"
)

func full() Spec {
	return Spec{Growth: Range{0.5, 2}, SurgesPerDay: 6, FaultFactor: 10, StaticPowerSD: 0.2, LoadPowerSD: 0.1}
}

func TestNothingVariesByDefault(t *testing.T) {
	for i := range uint64(100) {
		d := DefaultSpec().Draw(rng.Root(i))
		static, load := make([]float64, 3), make([]float64, 3)
		d.PowerTo(static, load)
		if d.Growth != 1 || d.Surges || d.Power() || static[2] != 1 || load[0] != 1 {
			t.Fatalf("draw %+v, %v, %v", d, static, load)
		}
	}
}

// TestLawOfTheDraws holds the means and the ends of many draws against what
// the settings say.
func TestLawOfTheDraws(t *testing.T) {
	const n = 20000
	var logGrowth, surges, static, squares float64
	for i := range uint64(n) {
		d := full().Draw(rng.Root(3).At(i))
		if d.Growth < 0.5 || d.Growth > 2 || d.SurgesPerDay < 0 || d.SurgesPerDay > 6 || !d.Surges {
			t.Fatalf("draw %+v", d)
		}
		s, l := make([]float64, 1), make([]float64, 1)
		d.PowerTo(s, l)
		logGrowth += math.Log(d.Growth) / n
		surges += d.SurgesPerDay / n
		static += s[0] / n
		squares += s[0] * s[0] / n
	}
	sd := math.Sqrt(squares - static*static)
	// Five standard errors of each.
	for _, c := range []struct {
		name            string
		got, want, slop float64
	}{
		{"mean log growth", logGrowth, 0, 5 * 2 * math.Ln2 / math.Sqrt(12*n)},
		{"mean surges", surges, 3, 5 * 6 / math.Sqrt(12*n)},
		{"mean static factor", static, 1, 5 * 0.2 / math.Sqrt(n)},
		{"its deviation", sd, 0.2, 0.01},
	} {
		if math.Abs(c.got-c.want) > c.slop {
			t.Errorf("%s: %g, want %g within %g", c.name, c.got, c.want, c.slop)
		}
	}
}

// TestOneSettingDoesNotMoveAnother: the growth of an episode is the same with
// and without all else.
func TestOneSettingDoesNotMoveAnother(t *testing.T) {
	alone := DefaultSpec()
	alone.Growth = full().Growth
	for i := range uint64(20) {
		key := rng.Root(9).At(i)
		if a, b := alone.Draw(key).Growth, full().Draw(key).Growth; a != b {
			t.Fatalf("episode %d: growth %v alone, %v with the others", i, a, b)
		}
	}
}

func TestFaults(t *testing.T) {
	s := Spec{Growth: Range{3, 2}, SurgesPerDay: -1, FaultFactor: math.NaN(), StaticPowerSD: 2, LoadPowerSD: -1}
	var all []string
	for _, err := range s.Validate() {
		all = append(all, err.Error())
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{
		"growth.min: must not exceed growth.max, got 3 and 2", "surges_per_day: must be in [0, 1000], got -1",
		"fault_factor: must be in [0, 1000000], got NaN", "static_power_sd: must be in [0, 1], got 2", "load_power_sd: must be in [0, 1], got -1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if errs := (Spec{}).Validate(); len(errs) != 2 {
		t.Errorf("the zero Spec: %v; want the two ends of growth", errs)
	}
	if errs := append(DefaultSpec().Validate(), full().Validate()...); len(errs) > 0 {
		t.Error(errs)
	}
}
