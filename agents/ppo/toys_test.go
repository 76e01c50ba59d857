package ppo

import (
	"context"
	"testing"
	"time"

	"hibernet/agents"
	"hibernet/env"
	"hibernet/env/envtest"
)

// toySpec is right for games of a few steps and a few hundred rows.
func toySpec(iterations, horizon int) Spec {
	s := DefaultSpec()
	s.Iterations, s.Horizon, s.Minibatch, s.Hidden = iterations, horizon, 1024, []int{16, 16}
	s.LearningRate, s.ValueClip = 5e-3, 0
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
		{"two cells", envtest.NewTwoCells, toySpec(30, 24), 0.9},
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
