package scenarios

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"hibernet/agents"
	"hibernet/agents/baseline"
	"hibernet/agents/oracle"
	"hibernet/env"
)

// On hamlet the clairvoyant optimum needs no more than the best strategy that
// sees the past, in the mean over seeds, and that no more than any setting of the
// threshold rule; the bound is below both.
func TestCeilingsAreInOrder(t *testing.T) {
	sc, err := Preset("hamlet", []string{"split.evaluate_days=[3]"})
	if err != nil {
		t.Fatal(err)
	}
	w, err := Build(context.Background(), sc, Inputs{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	seeds, limits := []uint64{11, 12, 13, 14, 15, 16}, map[uint64]DropLimit{}
	for _, seed := range seeds {
		always := playRule(t, w, seed, &baseline.AlwaysOn{})
		limits[seed] = DropLimit{SharePct: always["dropped_pct"] + 0.5, EpisodeGbit: math.Inf(1)}
	}
	c, err := w.Ceiling(context.Background(), seeds, limits)
	if err != nil {
		t.Fatal(err)
	}
	var bound, exact, causal float64
	for _, seed := range seeds {
		b, err := w.Bound(context.Background(), seed, limits[seed], oracle.Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if b > c.ExactKWh[seed] {
			t.Errorf("seed %d: bound %g kWh above the exact optimum %g", seed, b, c.ExactKWh[seed])
		}
		bound, exact, causal = bound+b, exact+c.ExactKWh[seed], causal+c.CausalKWh[seed]
	}
	if exact > causal {
		t.Errorf("all traffic known needs %g kWh, the past only %g", exact, causal)
	}
	best, rules := math.Inf(1), 0
	for _, own := range []float64{0.05, 0.1, 0.3, 1} {
		for _, candidate := range []float64{0.05, 0.1, 0.2, 0.3, 0.4, 0.6} {
			spec := baseline.ThresholdSpec{OwnSleepBelow: own, CandidateSleepBelow: candidate, CandidateWakeAbove: min(candidate+0.1, 1), State: "deep_sleep"}
			if energy, kept := playSpec(t, w, seeds, limits, spec); kept {
				best, rules = min(best, energy), rules+1
			}
		}
	}
	t.Logf("%d seeds: bound %.2f, exact %.2f, causal %.2f, best of %d settings of the rule that keep the limit %.2f kWh; price %g J/Gbit", len(seeds), bound, exact, causal, rules, best, c.PricePerBit*1e9)
	if rules == 0 || causal > best {
		t.Errorf("causal %g kWh, the best of %d rules %g", causal, rules, best)
	}
}

// playSpec returns the energy of the threshold rule over seeds, and whether its
// drops keep the limit on each.
func playSpec(t *testing.T, w *World, seeds []uint64, limits map[uint64]DropLimit, spec baseline.ThresholdSpec) (kWh float64, kept bool) {
	t.Helper()
	kept = true
	for _, seed := range seeds {
		p, err := baseline.NewThreshold(spec)
		if err != nil {
			t.Fatal(err)
		}
		f := playRule(t, w, seed, p)
		kWh += f["energy_kwh"]
		kept = kept && f["dropped_pct"] <= limits[seed].SharePct
	}
	return kWh, kept
}

// playRule returns the figures of a policy on the first episode of a seed.
func playRule(t *testing.T, w *World, seed uint64, p agents.Policy) map[string]float64 {
	t.Helper()
	e, err := w.Environment(Evaluate, agents.Columns(p), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := agents.Rollout(context.Background(), e, p, env.NewBatch(e), &seed)
	if err != nil {
		t.Fatal(err)
	}
	figures := map[string]float64{}
	for _, f := range r.Figures {
		figures[f.Name] = f.Value
	}
	return figures
}

func TestNoCeilingWhereNoneCanBeComputed(t *testing.T) {
	for set, want := range map[string]string{
		"traffic.noise.common_share=0.5":            "traffic.noise.common_share: must be 1",
		"traffic.within_hour.enabled=true":          "traffic.within_hour.enabled: must be false",
		"network.epoch_s=60":                        "network.epoch_s: must equal control_s",
		"topology.areas=[{class: urban, sites: 3}]": "joint states make",
		"network.overload=queue":                    "network.overload",
	} {
		sc, err := Preset("hamlet", []string{set})
		if err != nil {
			t.Fatal(err)
		}
		w, err := Build(context.Background(), sc, Inputs{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Ceiling(context.Background(), []uint64{1}, map[uint64]DropLimit{1: NoDropLimit()}); !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", set, err, want)
		}
	}
}
