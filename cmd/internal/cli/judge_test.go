package cli

import (
	"context"
	"math"
	"testing"

	"hibernet/scenarios"
)

// Limits leave the margins that the settings ask for: a share of the room of
// half a percent to always-on, one in learning and another in verdicts, of which
// each draw is another.
func TestLimitsLeaveTheirMargins(t *testing.T) {
	sc, err := scenarios.Preset("tiny", []string{"sleep.episode_h=3", "guards=[dropped_pct <= always_on + 0.5]",
		"training.judge_every=1", "training.judge_seeds=2", "training.judge_margin=0.1", "training.margin=0.6"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	world, err := scenarios.Build(ctx, sc, scenarios.Inputs{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	j := newJudge(world, 1)
	if err := j.draw(ctx); err != nil {
		t.Fatal(err)
	}
	if len(j.draws) != 2 || j.draws[0].seed == j.draws[1].seed {
		t.Fatalf("draws %+v, want two", j.draws)
	}
	for _, d := range j.draws {
		if got, want := d.limits[0].Bound-d.alwaysOn.mean("dropped_pct"), 0.5*(1-0.1); math.Abs(got-want) > 1e-9 {
			t.Errorf("verdicts allow %g more than always-on, want %g", got, want)
		}
	}
	on, _, err := j.resolve(ctx, j.learned, j.draws[0].seed, 0)
	if err != nil {
		t.Fatal(err)
	}
	limits, err := j.learnedUnder(ctx, "ppo-lagrangian")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := limits[0].Bound-on.mean("dropped_pct"), 0.5*(1-0.6); math.Abs(got-want) > 1e-9 {
		t.Errorf("learning allows %g more than always-on, want %g", got, want)
	}
}
