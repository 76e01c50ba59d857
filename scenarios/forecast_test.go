package scenarios

import (
	"context"
	"math"
	"slices"
	"testing"

	"hibernet/agents/baseline"
	"hibernet/env"
)

// The learned forecaster reaches the observation, and on the generator's own
// demand, on days that it has not seen, it errs less than the seasonal-naive one.
func TestLearnedForecastsInTheEnvironment(t *testing.T) {
	miss := map[string]float64{}
	for _, kind := range []string{"seasonal", "learned"} {
		w := boundWorld(t, "sleep.forecaster="+kind)
		e, err := w.Environment(Evaluate, []string{"sector_load", "forecast_load_1"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		seed, b := uint64(5), env.NewBatch(e)
		if err := e.Reset(&seed, b); err != nil {
			t.Fatal(err)
		}
		actions, told := make([]int32, e.Rows()), make([]float32, e.Rows())
		fields := e.Schema().Fields
		for step := range e.Steps() {
			for row := range told {
				told[row] = float32(fields[1].Raw(b.Obs[2*row+1]))
			}
			if err := e.Step(actions, b); err != nil {
				t.Fatal(err)
			}
			for row := range told {
				if step > 0 {
					miss[kind] += math.Pow(float64(told[row])-fields[0].Raw(b.Obs[2*row]), 2)
				}
			}
		}
	}
	t.Logf("mean square error against seasonal's: %.3f", miss["learned"]/miss["seasonal"])
	if !(miss["learned"] < 0.97*miss["seasonal"]) {
		t.Errorf("errors %v", miss)
	}
}

// Environments of a world share one law, whatever the number of workers.
func TestLearnedForecastsAreTheSameForAnyWorkers(t *testing.T) {
	var first []float32
	for _, workers := range []int{1, 3} {
		w := boundWorld(t, "sleep.forecaster=learned").WithWorkers(workers)
		e, err := w.Environment(Train, []string{"forecast_load_1", "forecast_load_4"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		seed, b := uint64(5), env.NewBatch(e)
		if err := e.Reset(&seed, b); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = slices.Clone(b.Obs)
		} else if !slices.Equal(first, b.Obs) {
			t.Error("other forecasts with other workers")
		}
	}
}

// The rule forecast with its own settings saves energy in the simulator, and keeps
// hamlet's guard, which is on drops, with either forecaster.
func TestForecastRuleSavesAndKeepsTheGuards(t *testing.T) {
	for _, kind := range []string{"seasonal", "learned"} {
		sc, err := Preset("hamlet", []string{"sleep.forecaster=" + kind})
		if err != nil {
			t.Fatal(err)
		}
		w, err := Build(context.Background(), sc, Inputs{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		guards, errs := w.Scenario.ParseGuards()
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		for _, seed := range []uint64{7, 8} {
			rule, err := w.Baseline("forecast")
			if err != nil {
				t.Fatal(err)
			}
			always, got := playRule(t, w, seed, &baseline.AlwaysOn{}), playRule(t, w, seed, rule)
			saving := 1 - got["energy_kwh"]/always["energy_kwh"]
			t.Logf("%s, seed %d: saves %.1f %%", kind, seed, 100*saving)
			if saving < 0.05 {
				t.Errorf("%s, seed %d: saves %.1f %%", kind, seed, 100*saving)
			}
			for _, g := range guards {
				if limit := g.Limit(always[g.Figure]); g.Broken(got[g.Figure], limit) {
					t.Errorf("%s, seed %d: %s: %g, limit %g", kind, seed, g, got[g.Figure], limit)
				}
			}
		}
	}
}
