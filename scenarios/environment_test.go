package scenarios

import (
	"context"
	"math"
	"slices"
	"testing"

	"hibernet/agents"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/env/variation"
)

// varied returns the preset tiny with everything drawn anew in training.
func varied(t *testing.T, workers int) *World {
	t.Helper()
	sc, err := Preset("tiny", nil)
	if err != nil {
		t.Fatal(err)
	}
	sc.Randomise = variation.Spec{
		Growth: variation.Range{Min: 0.5, Max: 2}, SurgesPerDay: 10, FaultFactor: 2000, StaticPowerSD: 0.2, LoadPowerSD: 0.2,
		SensorNoiseSD: 0.3, SensorLostShare: 0.1,
	}
	w, err := Build(context.Background(), sc, Inputs{}, workers)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// episodes plays episodes of a day by a rule, and returns the figures of each
// that the rule cannot change if the draw does not depend on actions (offered
// traffic, incidents), and those that it changes. That the books of every
// episode close, the environment checks itself: it returns an error if not.
func episodes(t *testing.T, w *World, phase Phase, rule string) (given, made []float64) {
	t.Helper()
	e, err := w.Environment(phase, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Baseline(rule)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(11)
	for i := range 3 {
		from := &seed
		if i > 0 {
			from = nil
		}
		got, err := agents.Rollout(context.Background(), e, p, env.NewBatch(e), from)
		if err != nil {
			t.Fatal(err)
		}
		given = append(given, e.Totals().OfferedBit)
		made = append(made, got.Return)
	}
	return given, made
}

func TestDrawsDependOnTheEpisodeOnly(t *testing.T) {
	given, made := episodes(t, varied(t, 1), Train, "always_on")
	many, madeByMany := episodes(t, varied(t, 3), Train, "always_on")
	if !slices.Equal(given, many) || !slices.Equal(made, madeByMany) {
		t.Errorf("one worker: %v, %v; three: %v, %v", given, made, many, madeByMany)
	}
	other, madeByOther := episodes(t, varied(t, 1), Train, "threshold")
	// Transitions cut time into other pieces, whose sums round otherwise.
	if !slices.EqualFunc(given, other, func(a, b float64) bool { return math.Abs(a-b) < 1e-12*a }) {
		t.Errorf("offered bit %v always on, %v by thresholds", given, other)
	}
	if slices.Equal(made, madeByOther) {
		t.Error("the rule makes no difference, so nothing was tested")
	}
}

// TestOnlyTrainingIsRandomised: judging is that of a world without the section,
// to the bit, and training is not.
func TestOnlyTrainingIsRandomised(t *testing.T) {
	with := varied(t, 1)
	plain := *with
	plain.Scenario.Randomise = variation.DefaultSpec()
	a, madeA := episodes(t, with, Evaluate, "threshold")
	b, madeB := episodes(t, &plain, Evaluate, "threshold")
	if !slices.Equal(a, b) || !slices.Equal(madeA, madeB) {
		t.Errorf("judged in other worlds: %v and %v", a, b)
	}
	a, _ = episodes(t, with, Train, "always_on")
	b, _ = episodes(t, &plain, Train, "always_on")
	for i := range a {
		if a[i] == b[i] {
			t.Errorf("episode %d: %g bit offered with and without", i, a[i])
		}
	}
}

// TestEachSettingMatters turns one setting on at a time and looks for its
// effect; with shift, judging is varied in the same way.
func TestEachSettingMatters(t *testing.T) {
	plain := varied(t, 1)
	all := plain.Scenario.Randomise
	plain.Scenario.Randomise = variation.DefaultSpec()
	_, want := episodes(t, plain, Evaluate, "threshold")
	for name, set := range map[string]func(*variation.Spec){
		"growth":            func(s *variation.Spec) { s.Growth = all.Growth },
		"surges_per_day":    func(s *variation.Spec) { s.SurgesPerDay = all.SurgesPerDay },
		"fault_factor":      func(s *variation.Spec) { s.FaultFactor = all.FaultFactor },
		"static_power_sd":   func(s *variation.Spec) { s.StaticPowerSD = all.StaticPowerSD },
		"load_power_sd":     func(s *variation.Spec) { s.LoadPowerSD = all.LoadPowerSD },
		"sensor_noise_sd":   func(s *variation.Spec) { s.SensorNoiseSD = all.SensorNoiseSD },
		"sensor_lost_share": func(s *variation.Spec) { s.SensorLostShare = all.SensorLostShare },
	} {
		w := *plain
		set(&w.Scenario.Shift)
		if _, got := episodes(t, &w, Evaluate, "threshold"); slices.Equal(got, want) {
			t.Errorf("%s changes nothing", name)
		}
	}
}

// The limit of a guard on throughput reaches the network: at the scenario's own
// target nothing changes; at one that nobody reaches all traffic counts as slow;
// at one that everybody reaches only what is dropped.
func TestGuardingMovesTheCostOfThroughput(t *testing.T) {
	plain := boundWorld(t, "load.target_mean=0.5", "sleep.episode_h=12") // busy enough that some traffic is slow
	costs := func(w *World) (dropped, slow float64) {
		e, err := w.Environment(Evaluate, []string{"own_load"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		seed, b := uint64(5), env.NewBatch(e)
		if err := e.Reset(&seed, b); err != nil {
			t.Fatal(err)
		}
		guards := sleep.NewSchema().Guards
		for range e.Steps() {
			if err := e.Step(make([]int32, e.Rows()), b); err != nil {
				t.Fatal(err)
			}
			for i, c := range b.Cost {
				switch guards[i%len(guards)].Name {
				case "dropped_pct":
					dropped += float64(c)
				case "throughput_p5_mbps":
					slow += float64(c)
				}
			}
		}
		return dropped, slow
	}
	_, target := costs(plain)
	if _, same := costs(plain.Guarding(plain.Scenario.Network.TargetThroughputMbps)); same != target {
		t.Errorf("a cost of %g at the target, without a guard %g", same, target)
	}
	if _, most := costs(plain.Guarding(1e6)); !(most > 2*target) {
		t.Errorf("a cost of %g at 1e6 Mbit/s, at the target %g", most, target)
	}
	if dropped, least := costs(plain.Guarding(1e-6)); least != dropped || least >= target {
		t.Errorf("a cost of %g at 1e-6 Mbit/s, of drops alone %g, at the target %g", least, dropped, target)
	}
}
