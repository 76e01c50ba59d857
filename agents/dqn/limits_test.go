package dqn

import (
	"context"
	"strings"
	"testing"

	"hibernet/agents"
	"hibernet/agents/learntest"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/envtest"
	"hibernet/sim/kpi"
)

// rationed is the limit of the toy.
func rationed(t *testing.T) ([]train.Limit, *envtest.Toy) {
	t.Helper()
	toy, err := envtest.NewRation(2000)
	if err != nil {
		t.Fatal(err)
	}
	name := toy.Schema().Guards[0].Name
	return []train.Limit{{Guard: kpi.Guard{Figure: name, AtMost: true, Offset: toy.Limit()}, Bound: toy.Limit()}}, toy
}

// Under a limit the best policy of those that keep it comes within 2 % of the
// best that does not randomise, and many keep it; without one none does.
func TestKeepsALimit(t *testing.T) {
	limits, toy := rationed(t)
	spec := toySpec(60, 16)
	for _, under := range [][]train.Limit{limits, nil} {
		l, err := New(spec, learntest.Maker(envtest.NewRation).Rows(64), Options{Seed: 1, Workers: 1, Limits: under})
		if err != nil {
			t.Fatal(err)
		}
		kept, best := 0, 0.0
		for range spec.Iterations {
			if _, err := l.Iterate(context.Background()); err != nil {
				t.Fatal(err)
			}
			seed := uint64(99)
			got, err := agents.Rollout(context.Background(), toy, l.Checkpoint().Policy(), env.NewBatch(toy), &seed)
			if err != nil {
				t.Fatal(err)
			}
			lost := train.Iteration{Figures: got.Figures}.Figure(limits[0].Guard.Figure)
			if l.Completed() > spec.Iterations/2 && !limits[0].Guard.Broken(lost, toy.Limit()) {
				kept++
				best = max(best, got.Return)
			}
		}
		t.Logf("limits %v: kept by %d of the last %d policies, the best returns %.3f of %.3f", under, kept, spec.Iterations/2, best, toy.Naive())
		if under != nil && (best < 0.98*toy.Naive() || kept < spec.Iterations/4) || under == nil && kept > 0 {
			t.Errorf("limits %v: kept by %d, the best returns %.3f of %.3f", under, kept, best, toy.Naive())
		}
	}
}

func TestResumeUnderLimits(t *testing.T) {
	limits, _ := rationed(t)
	mk := learntest.Maker(envtest.NewRation).Rows(64)
	half := learntest.SameBits(t, func(workers int, resume []byte) (train.Learner, error) {
		return resumed(toySpec(6, 16), mk, Options{Seed: 4, Workers: workers, Limits: limits}, resume)
	})
	from, err := DecodeCheckpoint(half)
	if err != nil {
		t.Fatal(err)
	}
	if name := from.Policy().Name(); name != nameLimited {
		t.Errorf("the policy is called %s", name)
	}
	if _, err := resumed(toySpec(6, 16), mk, Options{Seed: 4, Workers: 1}, half); err == nil || !strings.Contains(err.Error(), "limits: the checkpoint was made under") {
		t.Errorf("without the limits: error %v", err)
	}
}
