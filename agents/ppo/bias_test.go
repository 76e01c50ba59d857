package ppo

import (
	"math"
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
