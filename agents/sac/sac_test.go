package sac

import (
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
	s.Replay.Horizon, s.Replay.Capacity, s.Tau, s.LearningRate = horizon, 40_000, 0.02, 3e-3
	return s
}

// twoCellsSpec sees the whole episode.
func twoCellsSpec() Spec {
	s := toySpec(40, 24)
	s.Replay.Gamma, s.TargetEntropy = 1, 0.2
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

func TestResumeAndWorkersGiveTheSameBits(t *testing.T) {
	spec := toySpec(4, 10)
	spec.Updates, spec.Minibatch, spec.Replay.RowsPerUpdate, spec.Replay.Capacity = 10, 300, 7, 150
	mk := learntest.Maker(envtest.NewTwoCells).Rows(600) // two shards of rows
	half := learntest.SameBits(t, func(workers int, resume []byte) (train.Learner, error) {
		return resumed(spec, mk, Options{Seed: 4, Workers: workers}, resume)
	})
	spec.Tau = 0.1
	if _, err := resumed(spec, mk, Options{Seed: 4}, half); err == nil || !strings.Contains(err.Error(), "tau: the checkpoint was made with 0.02, got 0.1") {
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

func TestValidateNamesEveryFault(t *testing.T) {
	if errs := DefaultSpec().Validate(); len(errs) > 0 {
		t.Fatalf("the defaults are faulty: %v", errs)
	}
	s := Spec{TargetEntropy: 2, Schedule: "no", Activation: "no"}
	s.Replay.Gamma = math.NaN()
	text := errors.Join(s.Validate()...).Error()
	for _, key := range []string{"iterations: ", "updates: ", "minibatch: ", "tau: allowed 0 to 1 (the first excluded), got 0", "target_entropy: allowed 0 to 1, got 2", "temperature: ", "error_clip: ", "learning_rate: ", "schedule: ", "hidden: ", "activation: ", "replay.gamma: ", "replay.capacity: "} {
		if !strings.Contains(text, key) {
			t.Errorf("no %q in %s", key, text)
		}
	}
}

// Two actions of probability 1/4 and 3/4, a third that is masked: the soft value
// by hand.
func TestSoftValueByHand(t *testing.T) {
	logits := []float32{0, float32(math.Log(3)), 50}
	got := softValue(logits, []float32{1, 5, 9}, []float32{2, 4, 9}, []bool{true, true, false}, 0.5)
	want := 0.25*(1-0.5*math.Log(0.25)) + 0.75*(4-0.5*math.Log(0.75))
	if math.Abs(got-want) > 1e-6 {
		t.Errorf("soft value %g, want %g", got, want)
	}
	if v := softValue(logits, logits, logits, make([]bool, 3), 1); v == v {
		t.Errorf("no action is allowed: %g, want NaN", v)
	}
}

// The temperature rises where the policy has less entropy than the allowed
// actions call for, and rows without a choice do not count.
func TestTemperatureFollowsTheEntropy(t *testing.T) {
	spec := toySpec(2, 16)
	spec.TargetEntropy, spec.Schedule = 1, "constant"
	_, history := learntest.Run(t, start(t, spec, envtest.NewIdentity, 16))
	if got := history[1].Figure("temperature"); got < spec.Temperature {
		t.Errorf("temperature %g, began at %g; wants to rise under the largest entropy", got, spec.Temperature)
	}
	spec.TargetEntropy = 0
	_, history = learntest.Run(t, start(t, spec, envtest.NewIdentity, 16))
	if got := history[1].Figure("temperature"); got > spec.Temperature {
		t.Errorf("temperature %g, began at %g; wants to fall under no entropy", got, spec.Temperature)
	}
}

func TestGradientOfThePolicyLoss(t *testing.T) {
	const rows, actions = 40, 3
	actor := mlp.New([]int{4, 6, actions}, mlp.Tanh, 1, rng.Root(1))
	theta := actor.AppendTo(nil)
	d, err := descent.New(policyLoss(mlp.View(actor.Sizes, mlp.Tanh, theta)), theta, descent.Settings{Rows: rows, MaxNorm: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	rng.Root(2).NormsTo(d.In(inObs), 0)
	rng.Root(3).NormsTo(d.In(inValue), 0)
	for i := range d.In(inWorth) {
		d.In(inWorth)[i] = 0.3
		if i%5 == 0 {
			d.In(inOffset)[i], d.In(inValue)[i] = descent.Forbidden, 0
		}
	}
	if worst, err := d.SlopeError(rows, 1e-2); err != nil || worst > 5e-3 {
		t.Errorf("the gradient is off by %g of the largest slope (%v)", worst, err)
	}
}
