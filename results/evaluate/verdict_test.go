package evaluate

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"hibernet/env"
	"hibernet/sim/kpi"
)

// day makes the episode of one seed.
func day(policy string, seed uint64, energy, dropped, p5 float64) Episode {
	return Episode{Policy: policy, Seed: seed, Figures: []env.Figure{
		{Name: "energy_kwh", Unit: "kWh", Value: energy}, {Name: "offered_gbit", Unit: "Gbit", Value: 100},
		{Name: "dropped_gbit", Unit: "Gbit", Value: dropped}, {Name: "dropped_pct", Unit: "%", Value: dropped},
		{Name: "throughput_p5_mbps", Unit: "Mbit/s", Value: p5},
		{Name: "shield_total", Unit: "1", Value: 2}, {Name: "switches_per_cell_day", Unit: "1/d", Value: 3},
	}}
}

func parseGuards(t *testing.T, texts ...string) []kpi.Guard {
	t.Helper()
	var guards []kpi.Guard
	for _, text := range texts {
		g, err := kpi.ParseGuard(text)
		if err != nil {
			t.Fatal(err)
		}
		guards = append(guards, g)
	}
	return guards
}

// Two seeds. Against the rule (90, 92) the policy needs 80 and 85, the bound
// is 70 and 72: it closes 10 of 20 and 7 of 20, 17/40 together. The residuals
// are 10 - 0.425*20 = 1.5 and -1.5, so the half width is
// 12.706 * sqrt(4.5) / sqrt(2) / 20.
func TestVerdictByHand(t *testing.T) {
	all := []Episode{
		day("on", 1, 100, 0, 10), day("on", 2, 100, 1, 20),
		day("rule", 1, 90, 0.2, 9), day("rule", 2, 92, 1, 18),
		day("p", 1, 80, 0.4, 9), day("p", 2, 85, 1.75, 15),
	}
	against := Against{
		AlwaysOn: "on", Reference: "rule",
		Guards: parseGuards(t, "dropped_pct <= always_on + 0.5", "throughput_p5_mbps >= 0.7 * always_on", "dropped_gbit <= 1.1", "outage_min <= 1"),
		Bound:  &Bound{Name: "oracle", EnergyKWh: map[uint64]float64{1: 70, 2: 72}},
		Exact:  &Bound{Name: "exact", EnergyKWh: map[uint64]float64{1: 72, 2: 74}},
		Causal: &Bound{Name: "causal", EnergyKWh: map[uint64]float64{1: 76, 2: 74}},
	}
	c, err := Compare(all, against)
	if err != nil {
		t.Fatal(err)
	}
	v := c.Verdicts[2]
	near(t, "energy", v.EnergyKWh, 165, 1e-12)
	near(t, "saving", v.Saving, 0.175, 1e-12)
	near(t, "gap closed", v.GapClosed, 17.0/40, 1e-12)
	near(t, "its interval", v.GapClosedCI, 12.7062*math.Sqrt(4.5)/math.Sqrt2/20, 1e-4)
	near(t, "bound", c.BoundKWh, 142, 1e-12)
	near(t, "exact", c.ExactKWh, 146, 1e-12)
	near(t, "causal", c.CausalKWh, 150, 1e-12)
	near(t, "causal gap closed", v.GapClosedCausal, 17.0/32, 1e-12)
	near(t, "shield", v.Shield, 4, 0)
	near(t, "switches", v.Switches, 3, 0)
	for i, want := range []GuardVerdict{
		{Value: 1.75, Limit: 1.5, Broken: true, BrokenSeeds: 1}, // seed 2
		{Value: 15, Limit: 14}, // seed 2 is nearer than 9 to 7
		{Value: 1.75, Limit: 1.1, Broken: true, BrokenSeeds: 1},
		{Broken: true, BrokenSeeds: 2}, // there is no such figure
	} {
		g := v.Guards[i]
		if g.Broken != want.Broken || g.BrokenSeeds != want.BrokenSeeds {
			t.Errorf("%s: %+v", g.Name, g)
		}
		if i < 3 {
			near(t, g.Name, g.Value, float64(want.Value), 1e-12)
			near(t, g.Name, g.Limit, float64(want.Limit), 1e-12)
		}
	}
	near(t, "the rule's own gap", c.Verdicts[1].GapClosed, 0, 0)

	var js, text bytes.Buffer
	if err := c.WriteJSON(&js); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Verdicts []map[string]any `json:"verdicts"`
	}
	if err := json.Unmarshal(js.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"energy_kwh", "saving", "gap_closed", "gap_closed_ci", "gap_closed_causal", "gap_closed_causal_ci", "guards", "shield_interventions", "switches_per_cell_day"} {
		if read.Verdicts[2][key] == nil {
			t.Errorf("JSON: verdicts[2].%s is missing", key)
		}
	}
	if err := c.WriteTable(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"oracle bound: 142.0 kWh", "with all traffic known: 146.0 kWh, with the past known: 150.0 kWh", "guard broken: p: dropped_pct <= always_on + 0.5 on 1 of 2 seeds: 1.750 %, limit 1.500"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("table without %q:\n%s", want, text.String())
		}
	}
}

// Without a bound, a reference or always-on nothing is invented.
func TestVerdictWithoutYardsticks(t *testing.T) {
	all := []Episode{day("p", 1, 80, 0.4, 9)}
	c, err := Compare(all, Against{AlwaysOn: "on", Guards: parseGuards(t, "dropped_pct <= always_on + 0.5", "dropped_pct <= 1")})
	if err != nil {
		t.Fatal(err)
	}
	v := c.Verdicts[0]
	if !math.IsNaN(float64(v.GapClosed)) || !math.IsNaN(float64(v.Saving)) || !math.IsNaN(float64(c.BoundKWh)) {
		t.Errorf("%+v", v)
	}
	if !v.Guards[0].Broken || v.Guards[1].Broken {
		t.Errorf("a limit that is not known must count as broken, and a plain one hold: %+v", v.Guards)
	}
	if _, err := Compare(all, Against{Bound: &Bound{Name: "oracle"}}); err == nil || !strings.Contains(err.Error(), "none for seed 1") {
		t.Errorf("error %v", err)
	}
}

// A limit on an amount is one an episode, however many are played on a seed.
func TestGuardOnAnAmountIsPerEpisode(t *testing.T) {
	all := episodesOf("p", "outage_min", "min", 1, 2, 3, 5)
	c, err := Compare(all, Against{Guards: parseGuards(t, "outage_min <= 3.5")})
	if err != nil {
		t.Fatal(err)
	}
	g := c.Verdicts[0].Guards[0]
	near(t, "worst seed's mean", g.Value, 4, 1e-12)
	if !g.Broken || g.BrokenSeeds != 1 {
		t.Errorf("%+v", g)
	}
}
