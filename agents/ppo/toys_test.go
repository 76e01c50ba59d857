package ppo

import (
	"context"
	"math"
	"testing"
	"time"

	"hibernet/agents"
	"hibernet/agents/mlp"
	"hibernet/env"
	"hibernet/env/envtest"
)

// toySpec is right for games of a few steps and a few hundred rows.
func toySpec(iterations, horizon int) Spec {
	s := DefaultSpec()
	s.Iterations, s.Horizon, s.Minibatch, s.Hidden = iterations, horizon, 1024, []int{16, 16}
	s.LearningRate = 5e-3
	return s
}

// twoCellsSpec takes more and bolder steps.
func twoCellsSpec() Spec {
	s := toySpec(30, 24)
	s.Minibatch, s.Entropy, s.LearningRate = 512, 0.002, 1e-2
	return s
}

type toyMaker func(rows int) (*envtest.Toy, error)

func (mk toyMaker) make(rows int) func(uint64) (env.Environment, error) {
	return func(uint64) (env.Environment, error) { return mk(rows) }
}

// Each toy demands one ability; want is the share of the way from the naive
// return to the best one that the trained policy must go.
func TestLearnsTheToys(t *testing.T) {
	for _, c := range []struct {
		name string
		mk   toyMaker
		spec Spec
		want float64
	}{
		{"identity", envtest.NewIdentity, toySpec(12, 16), 0.99},
		{"mask", envtest.NewMask, toySpec(12, 16), 0.99},
		{"delay", envtest.NewDelay, toySpec(20, 16), 0.99},
		{"truncation", envtest.NewTruncation, toySpec(12, 20), 0.99},
		{"two cells", envtest.NewTwoCells, twoCellsSpec(), 0.9},
		{"truncation with a shared trunk", envtest.NewTruncation, sharing(toySpec(12, 20)), 0.99},
		{"two cells with a shared trunk", envtest.NewTwoCells, sharing(twoCellsSpec()), 0.9},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			p, err := Train(context.Background(), c.spec, c.mk.make(128), Options{Seed: 1, Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			toy, err := c.mk(2000)
			if err != nil {
				t.Fatal(err)
			}
			seed := uint64(99)
			got, err := agents.Rollout(context.Background(), toy, p, env.NewBatch(toy), &seed)
			if err != nil {
				t.Fatal(err)
			}
			share := (got.Return - toy.Naive()) / (toy.Best() - toy.Naive())
			t.Logf("return %.3f, naive %.3f, best %.3f: %.3f of the way in %v", got.Return, toy.Naive(), toy.Best(), share, time.Since(start))
			if share < c.want {
				t.Errorf("return %.3f, naive %.3f, best %.3f: %.3f of the way, want %.2f", got.Return, toy.Naive(), toy.Best(), share, c.want)
			}
		})
	}
}

// A truncation is bootstrapped from the final observation: the critic must
// come near the value of the endless task. Without bootstrapping the warm
// state would be worth 5 at most, from the first observation of the next
// episode 5.4.
func TestTruncationIsBootstrappedFromTheFinalObservation(t *testing.T) {
	spec := toySpec(60, 10)
	spec.Gamma, spec.Lambda, spec.Hidden, spec.Schedule = 0.9, 0.5, []int{8}, "constant"
	spec.RewardScale, spec.Minibatch, spec.LearningRate, spec.Epochs = 0.1, 512, 1e-2, 8
	var last *Checkpoint
	_, err := Train(context.Background(), spec, toyMaker(envtest.NewTruncation).make(64), Options{Seed: 3, Workers: 2,
		Checkpoint: func(c *Checkpoint) error { last = c; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	value := make([]float32, 2)
	last.Critic.ForwardTo(value, []float32{1, 0, 0, 1}, 2, mlp.NewScratch(1, last.Critic))
	cold, warm := envtest.TruncationValue(spec.Gamma)
	_, wrong := envtest.TruncationValueIfTerminated(spec.Gamma)
	t.Logf("cold %.2f, warm %.2f; want %.2f, %.2f; as a termination warm is below %.2f", value[0]*10, value[1]*10, cold, warm, wrong)
	if math.Abs(float64(value[0])*10-cold) > 0.7 || math.Abs(float64(value[1])*10-warm) > 0.7 {
		t.Errorf("values %.2f (cold), %.2f (warm), want %.2f, %.2f within 0.7", value[0]*10, value[1]*10, cold, warm)
	}
}
