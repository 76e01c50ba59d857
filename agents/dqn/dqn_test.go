package dqn

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"hibernet/agents/descent"
	"hibernet/agents/learntest"
	"hibernet/agents/mlp"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/envtest"
	"hibernet/sim/rng"
)

func toySpec(iterations, horizon int) Spec {
	s := DefaultSpec()
	s.Iterations, s.Updates, s.Hidden = iterations, 100, []int{32, 32}
	s.Replay.Horizon, s.Replay.Capacity, s.TargetEvery, s.LearningRate = horizon, 40_000, 50, 3e-3
	return s
}

// twoCellsSpec takes single steps, because several of them under random actions
// are worth less than the best, and sees the whole episode.
func twoCellsSpec() Spec {
	s := toySpec(40, 24)
	s.Replay.NStep, s.Replay.Gamma = 1, 1
	return s
}

// start returns a training with one worker.
func start(t *testing.T, spec Spec, mk learntest.Maker, rows int) train.Learner {
	t.Helper()
	l, err := New(spec, mk.Rows(rows), Options{Seed: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Each toy demands one ability; the policy's return must be within 2 % of the
// known optimum.
func TestSolvesTheToys(t *testing.T) {
	specs := map[string]Spec{
		"identity": toySpec(10, 16), "mask": toySpec(10, 16), "delay": toySpec(20, 16), "truncation": toySpec(10, 20), "two cells": twoCellsSpec(),
	}
	for _, c := range learntest.Toys() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			last, _ := learntest.Run(t, start(t, specs[c.Name], c.Make, 64))
			got, toy := learntest.Play(t, c.Make, 4000, last.Policy())
			if got.Return < toy.Best()-0.02*math.Abs(toy.Best()) {
				t.Errorf("return %.3f, want within 2 %% of %.3f", got.Return, toy.Best())
			}
		})
	}
}

// A state's worth is that of the endless task, not of one that ends when we
// stop looking: see envtest.TruncationValue.
func TestTruncationIsBootstrapped(t *testing.T) {
	spec := toySpec(30, 20)
	spec.Replay.Gamma, spec.Replay.RewardScale, spec.Replay.NStep = 0.9, 0.1, 1
	l, err := New(spec, learntest.Maker(envtest.NewTruncation).Rows(32), Options{Seed: 2, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	last, _ := learntest.Run(t, l)
	p := last.Policy().(*mlp.Policy)
	q := make([]float32, 4)
	p.Actor.ForwardTo(q, []float32{1, 0, 0, 1}, 2, mlp.NewScratch(1, p.Actor))
	cold, warm := envtest.TruncationValue(0.9)
	if got := [2]float64{10 * float64(max(q[0], q[1])), 10 * float64(q[3])}; math.Abs(got[0]-cold) > 0.3 || math.Abs(got[1]-warm) > 0.3 {
		t.Errorf("values %.2f (cold), %.2f (warm); want %.2f, %.2f within 0.3", got[0], got[1], cold, warm)
	}
}

func TestResumeAndWorkersGiveTheSameBits(t *testing.T) {
	spec := toySpec(4, 10)
	spec.Updates, spec.Minibatch, spec.Replay.RowsPerUpdate, spec.Replay.Capacity = 10, 300, 7, 150
	mk := learntest.Maker(envtest.NewTwoCells).Rows(600) // two shards of rows
	half := learntest.SameBits(t, func(workers int, resume []byte) (train.Learner, error) {
		return resumed(spec, mk, Options{Seed: 4, Workers: workers}, resume)
	})
	spec.Alpha = 0.1
	if _, err := resumed(spec, mk, Options{Seed: 4}, half); err == nil || !strings.Contains(err.Error(), "alpha: the checkpoint was made with 0.5, got 0.1") {
		t.Errorf("other settings: error %v", err)
	}
}

// resumed returns a training, one that goes on from the file of a checkpoint where
// there is one.
func resumed(spec Spec, mk func(uint64) (env.Environment, error), opt Options, from []byte) (train.Learner, error) {
	if from != nil {
		var err error
		if opt.Resume, err = DecodeCheckpoint(from); err != nil {
			return nil, err
		}
	}
	return New(spec, mk, opt)
}

func TestFoldedNetworkIsTheDuel(t *testing.T) {
	const rows, actions = 5, 3
	learned := mlp.New([]int{4, 6, 1 + actions}, mlp.Tanh, 1, rng.Root(1))
	for i := range learned.B[1] {
		learned.B[1][i] = float32(i)
	}
	q := mlp.New([]int{4, 6, actions}, mlp.Tanh, 1, rng.Root(2))
	foldTo(q, learned)
	obs, heads, got := make([]float32, 4*rows), make([]float32, rows*(1+actions)), make([]float32, rows*actions)
	rng.Root(3).NormsTo(obs, 0)
	s := mlp.NewScratch(1, learned)
	learned.ForwardTo(heads, obs, rows, s)
	q.ForwardTo(got, obs, rows, s)
	for r := range rows {
		h := heads[r*(1+actions) : (r+1)*(1+actions)]
		mean := (h[1] + h[2] + h[3]) / 3
		for a := range actions {
			want := h[0] + h[1+a] - mean
			if math.Abs(float64(got[r*actions+a]-want)) > 1e-5 {
				t.Errorf("row %d action %d: %g, the duel says %g", r, a, got[r*actions+a], want)
			}
		}
	}
	unfolded := learned.Clone()
	unfoldTo(unfolded, q)
	back := q.Clone()
	foldTo(back, unfolded)
	for i, v := range back.AppendTo(nil) {
		if math.Abs(float64(v-q.AppendTo(nil)[i])) > 1e-6 {
			t.Fatalf("parameter %d: %g after unfolding and folding, was %g", i, v, q.AppendTo(nil)[i])
		}
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	if errs := DefaultSpec().Validate(); len(errs) > 0 {
		t.Fatalf("the defaults are faulty: %v", errs)
	}
	s := Spec{Alpha: 2, Schedule: "no", Activation: "no"}
	s.Replay.Gamma = math.NaN()
	text := errors.Join(s.Validate()...).Error()
	for _, key := range []string{"iterations: ", "updates: ", "minibatch: ", "target_every: ", "explore_fall: allowed 0 to 1 (the first excluded), got 0", "alpha: allowed 0 to 1, got 2", "error_clip: ", "learning_rate: ", "schedule: ", "hidden: ", "activation: ", "replay.gamma: ", "replay.capacity: "} {
		if !strings.Contains(text, key) {
			t.Errorf("no %q in %s", key, text)
		}
	}
}

func TestDivergenceStops(t *testing.T) {
	spec := toySpec(3, 10)
	spec.LearningRate, spec.MaxGradNorm, spec.Replay.RewardScale = 1, 1e6, 1e12
	spec.Updates = 50
	l := start(t, spec, envtest.NewTwoCells, 8)
	l.(*learner).theta[0] = float32(math.NaN())
	if _, err := l.Iterate(context.Background()); !errors.Is(err, train.ErrDiverged) {
		t.Errorf("error %v, want one that wraps ErrDiverged", err)
	}
}

// Errors inside and beyond the limit of the Huber loss.
func TestGradientOfTheLoss(t *testing.T) {
	const rows, actions = 40, 3
	learned := mlp.New([]int{4, 6, 1 + actions}, mlp.Tanh, 1, rng.Root(1))
	theta := learned.AppendTo(nil)
	d, err := descent.New(loss(mlp.View(learned.Sizes, mlp.Tanh, theta), actions, 1), theta, descent.Settings{Rows: rows, MaxNorm: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	rng.Root(2).NormsTo(d.In(inObs), 0)
	rng.Root(3).NormsTo(d.In(inTarget), 0)
	for r := range rows {
		d.In(inChosen)[r*actions+r%actions] = 1
		d.In(inWeight)[r] = float32(r%4) / 3
		d.In(inTarget)[r] *= 2
	}
	if worst, err := d.SlopeError(rows, 1e-2); err != nil || worst > 5e-3 {
		t.Errorf("the gradient is off by %g of the largest slope (%v)", worst, err)
	}
}
