package sac

import (
	"strings"
	"testing"

	"hibernet/agents/learntest"
	"hibernet/agents/train"
	"hibernet/env/envtest"
)

// Under a limit the best policy of those that keep it comes within 2 % of the
// best that does not randomise, and many keep it; without one none does.
func TestKeepsALimit(t *testing.T) {
	_, limits := learntest.Ration(t, 1)
	spec := toySpec(40, 16)
	spec.Updates, spec.Replay.Capacity, spec.Lagrangian.Integral = 40, 8000, 0.2
	for _, under := range [][]train.Limit{limits, nil} {
		l, err := New(spec, learntest.Maker(envtest.NewRation).Rows(64), Options{Seed: 1, Workers: 1, Limits: under})
		if err != nil {
			t.Fatal(err)
		}
		kept, best := learntest.Kept(t, l)
		if under != nil && (best < 0.98 || kept < spec.Iterations/4) || under == nil && kept > 0 {
			t.Errorf("limits %v: kept by %d, the best returns %.3f", under, kept, best)
		}
	}
}

func TestResumeUnderLimits(t *testing.T) {
	_, limits := learntest.Ration(t, 1)
	mk := learntest.Maker(envtest.NewRation).Rows(64)
	half := learntest.SameBits(t, func(workers int, resume []byte) (train.Learner, error) {
		return resumed(short(), mk, Options{Seed: 4, Workers: workers, Limits: limits}, resume)
	})
	from, err := DecodeCheckpoint(half)
	if err != nil {
		t.Fatal(err)
	}
	if name := from.Policy().Name(); name != nameLimited {
		t.Errorf("the policy is called %s", name)
	}
	if _, err := resumed(short(), mk, Options{Seed: 4, Workers: 1}, half); err == nil || !strings.Contains(err.Error(), "limits: the checkpoint was made under") {
		t.Errorf("without the limits: error %v", err)
	}
}

// short is a training of a few gradient steps.
func short() Spec {
	s := toySpec(6, 16)
	s.Updates, s.Replay.Capacity = 10, 2000
	return s
}
