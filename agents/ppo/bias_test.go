package ppo

import (
	"math"
	"slices"
	"testing"

	"hibernet/agents/mlp"
	"hibernet/env"
	"hibernet/env/envtest"
)

// The first action begins with the odds that its logit asks for, whatever is
// observed; without a bias all actions begin alike.
func TestFirstBiasSetsTheOddsAtTheStart(t *testing.T) {
	for _, bias := range []float64{0, 2} {
		spec := DefaultSpec()
		spec.FirstBias = bias
		l, err := newLearner(spec, func(uint64) (env.Environment, error) { return envtest.NewIdentity(4) }, Options{Seed: 1, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		actions := len(l.schema.Actions)
		x, logits := make([]float32, len(l.schema.Fields)), make([]float32, actions)
		for i := range x {
			x[i] = float32(i%3) - 1
		}
		l.actor.ForwardTo(logits, x, 1, mlp.NewScratch(1, l.actor))
		for k := 1; k < actions; k++ {
			if got := float64(logits[0] - logits[k]); math.Abs(got-bias) > 0.1 {
				t.Errorf("bias %g: the first logit lies %g above logit %d", bias, got, k)
			}
		}
	}
}

// A training that begins from a policy begins with its network, and refuses
// one of another schema or shape.
func TestInitBeginsFromAPolicy(t *testing.T) {
	mk := func(uint64) (env.Environment, error) { return envtest.NewIdentity(4) }
	first, err := newLearner(DefaultSpec(), mk, Options{Seed: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	policy := &mlp.Policy{Actor: first.actor.Clone(), Schema: first.schema, Label: "ppo"}
	policy.Actor.W[0][0] = 0.125
	second, err := newLearner(DefaultSpec(), mk, Options{Seed: 2, Workers: 1, Init: policy})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(second.actor.AppendTo(nil), policy.Actor.AppendTo(nil)) {
		t.Error("the network is not that of the policy")
	}
	spec := DefaultSpec()
	spec.Hidden = []int{8}
	if _, err := newLearner(spec, mk, Options{Seed: 2, Workers: 1, Init: policy}); err == nil {
		t.Error("a policy with other hidden layers was accepted")
	}
	policy.Schema.Version++
	if _, err := newLearner(DefaultSpec(), mk, Options{Seed: 2, Workers: 1, Init: policy}); err == nil {
		t.Error("a policy of another schema was accepted")
	}
}
