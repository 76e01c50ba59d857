package tune_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"hibernet/agents/baseline"
	"hibernet/env"
	"hibernet/results/tune"
	"hibernet/scenarios"
	"hibernet/sim/kpi"
)

// training makes a task on a morning of a network of one site.
func training(t *testing.T) tune.Task {
	t.Helper()
	sc, err := scenarios.Preset("tiny", []string{"topology.areas=[{class: urban, sites: 1}]", "sleep.episode_h=9", "load.target_mean=0.08"})
	if err != nil {
		t.Fatal(err)
	}
	w, err := scenarios.Build(context.Background(), sc, scenarios.Inputs{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var guards []kpi.Guard
	for _, text := range []string{"dropped_pct <= always_on + 0.5", "throughput_p5_mbps >= 0.2 * always_on"} {
		g, err := kpi.ParseGuard(text)
		if err != nil {
			t.Fatal(err)
		}
		guards = append(guards, g)
	}
	return tune.Task{
		Make: func(_ uint64, columns []string) (env.Environment, error) {
			return w.Environment(scenarios.Train, columns, nil)
		},
		Seeds: []uint64{1}, Episodes: 1, Guards: guards, Base: baseline.DefaultThresholdSpec(),
	}
}

// The search finds settings that keep the guards and save at least as much as
// the best of a grid over the thresholds that keeps them.
func TestTunedIsAtLeastAsGoodAsAGrid(t *testing.T) {
	task := training(t)
	best, err := tune.Threshold(context.Background(), task, tune.Options{Trials: 150, Seed: 1, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if best.Violation != 0 {
		t.Fatalf("the best breaks the guards by %g: %+v", best.Violation, best.Verdict.Guards)
	}
	kept := 0
	for _, own := range []float64{0.01, 0.02, 0.05, 0.1, 0.3} {
		for _, candidate := range []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.4} {
			for _, state := range []string{"carrier_sleep", "dormant"} {
				base := task
				base.Base = baseline.ThresholdSpec{OwnSleepBelow: own, CandidateSleepBelow: candidate, CandidateWakeAbove: min(candidate+0.2, 1), State: state}
				point, err := tune.Threshold(context.Background(), base, tune.Options{Trials: 1, Seed: 7, Workers: 1})
				if err != nil {
					t.Fatal(err)
				}
				if point.Violation != 0 {
					continue
				}
				kept++
				if point.Verdict.EnergyKWh < best.Verdict.EnergyKWh {
					t.Errorf("own %g, candidate %g, %s: %g kWh, less than the tuned rule's %g", own, candidate, state, point.Verdict.EnergyKWh, best.Verdict.EnergyKWh)
				}
			}
		}
	}
	if kept < 3 {
		t.Errorf("only %d points of the grid keep the guards: the test shows nothing", kept)
	}
	t.Logf("tuned: saves %.4f with %+v; %d points of the grid keep the guards", best.Verdict.Saving, best.Spec, kept)
}

func TestTuningIsTheSameForAnyWorkers(t *testing.T) {
	task := training(t)
	var want tune.Best
	for _, workers := range []int{1, 3} {
		got, err := tune.Threshold(context.Background(), task, tune.Options{Trials: 15, Seed: 2, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if workers == 1 {
			want = got
		} else if !reflect.DeepEqual(got.Spec, want.Spec) || got.Verdict.EnergyKWh != want.Verdict.EnergyKWh || got.Trials != want.Trials {
			t.Errorf("%d workers: %+v, one: %+v", workers, got, want)
		}
	}
}

// An end of the context leaves the best so far.
func TestInterruptedTuningKeepsTheBest(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	best, err := tune.Threshold(ctx, training(t), tune.Options{Trials: 1000, Seed: 2, Workers: 1, Progress: func(done, total int, _ tune.Best) {
		if total != 1001 {
			t.Errorf("total %d", total)
		}
		if done > 10 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || best.Trials == 0 || best.Spec.State == "" {
		t.Errorf("%+v, %v", best, err)
	}
}
