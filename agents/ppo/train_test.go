package ppo

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"hibernet/env"
	"hibernet/env/envtest"
)

// shortSpec makes six quick iterations of several shards and minibatches.
func shortSpec() Spec {
	s := toySpec(6, 24)
	s.Hidden, s.Epochs, s.Minibatch, s.RowsPerUpdate = []int{8}, 2, 1200, 90
	return s
}

var twoCells = toyMaker(envtest.NewTwoCells)

func encodePolicy(t *testing.T, spec Spec, opt Options) []byte {
	t.Helper()
	p, err := Train(context.Background(), spec, twoCells.make(100), opt)
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTrainingTwiceAndWithAnyWorkersGivesEqualBytes(t *testing.T) {
	for _, spec := range []Spec{shortSpec(), sharing(shortSpec())} {
		want := encodePolicy(t, spec, Options{Seed: 5, Workers: 1})
		for _, workers := range []int{1, 2, 7} {
			if got := encodePolicy(t, spec, Options{Seed: 5, Workers: workers}); !bytes.Equal(got, want) {
				t.Errorf("shared trunk %v, %d workers: another policy than with one", spec.SharedTrunk, workers)
			}
		}
		if bytes.Equal(encodePolicy(t, spec, Options{Seed: 6, Workers: 1}), want) {
			t.Errorf("shared trunk %v: another seed gives the same policy", spec.SharedTrunk)
		}
	}
}

// sharing is a spec with one network for policy and value.
func sharing(s Spec) Spec {
	s.SharedTrunk = true
	return s
}

func TestResumedTrainingEndsInTheSameBytes(t *testing.T) {
	for _, spec := range []Spec{shortSpec(), sharing(shortSpec())} {
		resumed(t, spec)
	}
}

func resumed(t *testing.T, spec Spec) {
	t.Helper()
	var ends, middle []byte
	keep := func(c *Checkpoint) error {
		text, err := c.Encode()
		if err != nil {
			return err
		}
		if c.Iteration == 3 {
			middle = text
		}
		ends = text
		return nil
	}
	want := encodePolicy(t, spec, Options{Seed: 5, Workers: 2, Checkpoint: keep})
	straight := ends
	c, err := DecodeCheckpoint(middle)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int
	got := encodePolicy(t, spec, Options{Seed: 5, Workers: 1, Resume: c, Checkpoint: keep,
		Progress: func(it Iteration) { numbers = append(numbers, it.Number) }})
	if len(numbers) != 3 || numbers[0] != 3 {
		t.Errorf("the resumed training made iterations %v, want 3, 4, 5", numbers)
	}
	if !bytes.Equal(got, want) {
		t.Error("the resumed training ends with another policy")
	}
	if !bytes.Equal(ends, straight) {
		t.Error("the resumed training ends with another checkpoint")
	}
}

func TestResumeRefusesOtherSettings(t *testing.T) {
	var c *Checkpoint
	spec := shortSpec()
	spec.Iterations = 1
	if _, err := Train(context.Background(), spec, twoCells.make(100), Options{Seed: 5, Checkpoint: func(x *Checkpoint) error { c = x; return nil }}); err != nil {
		t.Fatal(err)
	}
	refuse := func(spec Spec, seed uint64, mk toyMaker, want string) {
		t.Helper()
		p, err := Train(context.Background(), spec, mk.make(100), Options{Seed: seed, Resume: c})
		if p != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("policy %v, error %v, want none and one with %q", p, err, want)
		}
	}
	refuse(spec, 6, twoCells, "ppo: resume: seed: the checkpoint was made with 5, got 6")
	refuse(spec, 5, envtest.NewDelay, "resume: schema: ")
	spec.Gamma = 0.5
	refuse(spec, 5, twoCells, "resume: gamma: the checkpoint was made with 0.99, got 0.5")
}

// spoiled changes what an environment gives, from one call of Step on.
type spoiled struct {
	env.Environment
	from, calls int
	spoil       func(b *env.Batch)
	fail        error
}

func (s *spoiled) Step(actions []int32, b *env.Batch) error {
	s.calls++
	if err := s.Environment.Step(actions, b); err != nil {
		return err
	}
	if s.calls > s.from {
		if s.fail != nil {
			return s.fail
		}
		s.spoil(b)
	}
	return nil
}

func TestFaultsStopWithTheLastGoodPolicy(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	unplugged := errors.New("unplugged")
	spec := shortSpec()
	spec.Schedule, spec.RewardScale = "constant", 1
	two := spec
	two.Iterations = 2
	want := encodePolicy(t, two, Options{Seed: 5})
	for _, c := range []struct {
		name  string
		spoil func(b *env.Batch)
		fail  error
		want  string
	}{
		{"reward", func(b *env.Batch) { b.Reward[3] = nan }, nil, "iteration 2: step 12: row 3: the reward is not finite"},
		{"observation", func(b *env.Batch) { b.Obs[1] = nan }, nil, "iteration 2: step 13: row 0: observation demand_mid is not finite"},
		{"infinite observation", func(b *env.Batch) { b.Obs[6] = inf }, nil, "iteration 2: step 13: row 1: observation demand_low is not finite"},
		{"mask", func(b *env.Batch) { clear(b.Mask[8:12]) }, nil, "iteration 2: step 13: row 2: the mask allows no action"},
		{"environment", nil, unplugged, "iteration 2: step 12: unplugged"},
		{"huge reward", func(b *env.Batch) {
			for i := range b.Reward {
				b.Reward[i] = math.MaxFloat32
			}
		}, nil, "iteration 2: epoch 0: minibatch 0: the loss or its gradient is not finite: training diverged"},
	} {
		mk := func(uint64) (env.Environment, error) {
			toy, err := envtest.NewTwoCells(100)
			// The toy's horizon is the rollout's, so iteration 2 is steps 48 to 71.
			return env.AutoReset(&spoiled{Environment: toy, from: 2*24 + 12, spoil: c.spoil, fail: c.fail}, env.SameStep), err
		}
		p, err := Train(context.Background(), spec, mk, Options{Seed: 5})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
		if c.fail != nil && !errors.Is(err, c.fail) {
			t.Errorf("%s: error %v does not wrap the environment's", c.name, err)
		}
		if c.name == "huge reward" && !errors.Is(err, ErrDiverged) {
			t.Errorf("%s: error %v does not wrap ErrDiverged", c.name, err)
		}
		if p == nil {
			t.Fatalf("%s: no policy", c.name)
		}
		if got, err := p.Encode(); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: not the policy after two iterations (%v)", c.name, err)
		}
	}
}

func TestCancelKeepsTheLastCompletedIteration(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last *Checkpoint
	done := 0
	p, err := Train(ctx, shortSpec(), twoCells.make(100), Options{Seed: 5, Workers: 2,
		Checkpoint: func(c *Checkpoint) error { last = c; return nil },
		Progress: func(Iteration) {
			if done++; done == 2 {
				cancel()
			}
		}})
	if !errors.Is(err, context.Canceled) || done != 2 || last.Iteration != 2 {
		t.Fatalf("error %v after %d iterations, checkpoint of %d; want cancelled after 2", err, done, last.Iteration)
	}
	got, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if want, err := last.Policy().Encode(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("not the policy of the last completed iteration (%v)", err)
	}
}

func TestCancelStopsBetweenMinibatches(t *testing.T) {
	l, err := newLearner(shortSpec(), twoCells.make(100), Options{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.gather(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var it Iteration
	if err := l.update.update(ctx, l.x, l.theta, l.adam, l.key, &it); !errors.Is(err, context.Canceled) || l.adam.Steps != 0 {
		t.Errorf("error %v after %d gradient steps, want cancelled before the first", err, l.adam.Steps)
	}
}

func TestTrainRefuses(t *testing.T) {
	bad := shortSpec()
	bad.Gamma = 2
	sink := errors.New("disk full")
	for _, c := range []struct {
		name string
		spec Spec
		mk   func(uint64) (env.Environment, error)
		opt  Options
		want string
	}{
		{"spec", bad, twoCells.make(10), Options{}, "ppo: gamma: allowed 0 to 1, got 2"},
		{"environment", shortSpec(), twoCells.make(0), Options{}, "ppo: environment: envtest: rows"},
		{"mode", shortSpec(), func(uint64) (env.Environment, error) {
			toy, err := envtest.NewTwoCells(3)
			return env.AutoReset(toy, env.NextStep), err
		}, Options{}, "mode NextStep: need Disabled or SameStep"},
		{"sink", shortSpec(), twoCells.make(10), Options{Checkpoint: func(*Checkpoint) error { return sink }}, "ppo: iteration 0: checkpoint: disk full"},
	} {
		if _, err := Train(context.Background(), c.spec, c.mk, c.opt); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

// single hides all actions but the first allowed of some rows.
type single struct {
	env.Environment
	keep int // rows below it keep their choice
}

func (s single) narrow(b *env.Batch) {
	width := len(s.Schema().Actions)
	for row := s.keep; row < s.Rows(); row++ {
		seen := false
		for a := range width {
			if m := &b.Mask[row*width+a]; *m {
				*m, seen = !seen, true
			}
		}
	}
}

func (s single) Reset(seed *uint64, b *env.Batch) error {
	defer s.narrow(b)
	return s.Environment.Reset(seed, b)
}

func (s single) Step(actions []int32, b *env.Batch) error {
	defer s.narrow(b)
	return s.Environment.Step(actions, b)
}

func TestRowsWithoutAChoiceAreNotLearnedFrom(t *testing.T) {
	spec := shortSpec()
	spec.Iterations, spec.RowsPerUpdate = 2, 0
	for _, c := range []struct{ keep, rows int }{{30, 30 * 24}, {0, 0}} {
		mk := func(uint64) (env.Environment, error) {
			toy, err := envtest.NewIdentity(100)
			return single{toy, c.keep}, err
		}
		_, err := Train(context.Background(), spec, mk, Options{Seed: 1, Progress: func(it Iteration) {
			if it.Rows != c.rows || it.Steps != 2400 {
				t.Errorf("%d rows with a choice: learned from %d of %d row-steps, want %d of 2400", c.keep, it.Rows, it.Steps, c.rows)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestRowsPerUpdateDrawsOtherRowsEachIteration(t *testing.T) {
	l, err := newLearner(shortSpec(), twoCells.make(100), Options{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	pick := func(iteration int) map[int32]bool {
		l.collect.pick(l.key, iteration)
		set := map[int32]bool{}
		for i, row := range l.collect.picked {
			if row < 0 || row >= 100 || i > 0 && row <= l.collect.picked[i-1] {
				t.Fatalf("picked %v: not ascending rows of 100", l.collect.picked)
			}
			set[row] = true
		}
		return set
	}
	first, second := pick(0), pick(1)
	if len(first) != 90 || len(second) != 90 {
		t.Fatalf("%d and %d rows, want 90", len(first), len(second))
	}
	same := 0
	for row := range first {
		if second[row] {
			same++
		}
	}
	if same == 90 {
		t.Error("two iterations picked the same rows")
	}
}

func TestIterationReportsWhatHappened(t *testing.T) {
	spec := shortSpec()
	spec.Iterations, spec.TargetKL = 2, 1e-9
	now := time.Duration(0)
	var its []Iteration
	_, err := Train(context.Background(), spec, twoCells.make(100), Options{Seed: 5,
		Clock:    func() time.Duration { now += time.Second; return now },
		Progress: func(it Iteration) { its = append(its, it) }})
	if err != nil {
		t.Fatal(err)
	}
	for i, it := range its {
		if it.Number != i || it.Steps != 2400 || it.Rows > 90*24 || it.Rows < 90*12 || it.Episodes != 100 {
			t.Errorf("iteration %d: %+v", i, it)
		}
		if math.Abs(it.Return-24*it.RewardMean) > 1e-9*math.Abs(it.Return) || it.Return > -32 || it.Return < -80 {
			t.Errorf("iteration %d: return %g, mean reward %g", i, it.Return, it.RewardMean)
		}
		if it.Epochs != 1 {
			t.Errorf("iteration %d: %d epochs under a target_kl of 1e-9, want 1", i, it.Epochs)
		}
		if it.Entropy <= 0 || it.Entropy > math.Log(3) || it.KL < 0 || it.GradientNorm <= 0 || it.ValueLoss <= 0 || it.ClipFraction < 0 || it.ClipFraction > 1 {
			t.Errorf("iteration %d: %+v", i, it)
		}
		if it.PlayS != 1 || it.LearnS != 1 || it.StepsPerS != 1200 || it.UpdatesPerS != float64(it.Rows) {
			t.Errorf("iteration %d: speeds %+v", i, it)
		}
	}
	if its[0].LearningRate != spec.LearningRate || its[1].LearningRate != spec.LearningRate/2 {
		t.Errorf("learning rates %g, %g, want %g and half of it", its[0].LearningRate, its[1].LearningRate, spec.LearningRate)
	}
}

func BenchmarkUpdate(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(map[int]string{1: "1_worker", 2: "2_workers"}[workers], func(b *testing.B) {
			spec := DefaultSpec()
			spec.Epochs = 1
			l, err := newLearner(spec, func(uint64) (env.Environment, error) { return wide(256), nil }, Options{Workers: workers})
			if err != nil {
				b.Fatal(err)
			}
			if err := l.gather(context.Background()); err != nil {
				b.Fatal(err)
			}
			rows := 0
			b.ReportAllocs()
			for b.Loop() {
				var it Iteration
				if err := l.update.update(context.Background(), l.x, l.theta, l.adam, l.key, &it); err != nil {
					b.Fatal(err)
				}
				rows += it.Rows
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// wide is an environment of 24 fields and 8 actions without an end, as many as
// a sleeping cell has.
type wide int

func (w wide) Schema() env.Schema {
	return env.Schema{Environment: "wide", Fields: make([]env.Field, 24), Actions: make([]env.Action, 8)}
}
func (w wide) Rows() int                             { return int(w) }
func (w wide) ResetMode() env.ResetMode              { return env.Disabled }
func (w wide) Figures(dst []env.Figure) []env.Figure { return dst }
func (w wide) Reset(_ *uint64, b *env.Batch) error   { return w.Step(nil, b) }
func (w wide) Step(actions []int32, b *env.Batch) error {
	for i := range b.Mask {
		b.Mask[i] = true
	}
	for i := range b.Obs {
		b.Obs[i] = float32(i%17)/8 - 1
	}
	for i, a := range actions {
		b.Reward[i] = float32(a)
	}
	return nil
}
