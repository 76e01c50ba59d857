package sim

import (
	"strings"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/power"
)

// Steps are counted in microseconds, so that short ones are whole numbers of
// each other where float64 would not say so.
func TestSpecSteps(t *testing.T) {
	for _, c := range []struct {
		epoch, control float64
		want           string
	}{
		{0.02, 0.02, ""}, {0.02, 0.06, ""}, {0.1, 0.3, ""}, {0.01, 86400, ""}, {300, 900, ""}, {0.033333, 0.099999, ""},
		{0.009, 0.02, "epoch_s: must be in [0.01, 3600]"}, {3601, 7202, "epoch_s: must be in"},
		{0.01, 0.001, "control_s: must be in [0.01, 86400]"}, {0.02, 0.05, "control_s: must be a whole number of epochs of 0.02 s, got 0.05"},
		{0.02, 0.01, "control_s: must be a whole number"}, {0.0333333333, 1, "epoch_s: must be a whole number of microseconds"},
		{0, 1, "epoch_s: "}, {-1, 1, "epoch_s: "},
	} {
		s := DefaultSpec()
		s.EpochS, s.ControlS = c.epoch, c.control
		var text []string
		for _, err := range s.Validate() {
			text = append(text, err.Error())
		}
		if got := strings.Join(text, "; "); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%g s in %g s: got %q, want %q", c.epoch, c.control, got, c.want)
		}
	}
}

// A control interval of 20 ms costs and carries what the same time does in
// longer ones, and an hour of them adds up.
func TestShortSteps(t *testing.T) {
	totals := func(epoch float64) (energy, served float64) {
		spec := DefaultSpec()
		spec.EpochS, spec.ControlS = epoch, epoch
		n := network(t, spec, power.DefaultSpec(), towers(6), 2)
		demand := constant{1e6, 2e6, 3e6, 4e6, 5e6, 6e6}
		must(t, n.Start(0, demand))
		must(t, n.RunUntil(5*des.Minute))
		return n.Totals().EnergyJ, n.Totals().ServedBit
	}
	energy, served := totals(0.02)
	wantEnergy, wantServed := totals(300)
	near(t, "energy", energy, wantEnergy, closing)
	near(t, "served", served, wantServed, closing)
}
