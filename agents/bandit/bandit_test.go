package bandit

import (
	"errors"
	"math"
	"strings"
	"testing"

	"hibernet/agents/learntest"
	"hibernet/agents/replay"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/envtest"
)

func toySpec() Spec {
	s := DefaultSpec()
	s.Iterations, s.Play, s.Horizon = 6, 16, 1
	return s
}

// The toys whose optimum needs no plan, by both ways to explore; and the one
// that pays late, which only a horizon that reaches so far can solve.
func TestSolvesTheToysThatNeedNoPlan(t *testing.T) {
	far := toySpec()
	far.Horizon, far.Gamma, far.Iterations = 8, 1, 12
	ucb := toySpec()
	ucb.Explore = UCB
	for _, c := range []struct {
		name   string
		mk     learntest.Maker
		spec   Spec
		solves bool
	}{
		{"identity", envtest.NewIdentity, toySpec(), true},
		{"identity by ucb", envtest.NewIdentity, ucb, true},
		{"mask", envtest.NewMask, toySpec(), true},
		{"delay, near-sighted", envtest.NewDelay, toySpec(), false},
		{"delay", envtest.NewDelay, far, true},
	} {
		l, err := New(c.spec, c.mk.Rows(64), Options{Seed: 1, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		last, _ := learntest.Run(t, l)
		got, toy := learntest.Play(t, c.mk, 2000, last.Policy())
		if solved := got.Return > 0.98*toy.Best(); solved != c.solves {
			t.Errorf("%s: return %.3f of %.3f", c.name, got.Return, toy.Best())
		}
	}
}

// Two observations of one field, x = 1 and 2 with r = 1 and 3, ridge 1: A =
// [[6 3][3 3]], b = [7 4], so the weights are [1 1/3] and at x = 1 the variance
// of the estimate is (1 1) A^-1 (1 1)' = 1/3.
func TestRegressionByHand(t *testing.T) {
	s := env.Schema{Fields: []env.Field{{Name: "x", Scale: 1}}, Actions: []env.Action{{Name: "a"}}}
	spec := DefaultSpec()
	l := &learner{now: begin(spec, 1, s)}
	for _, v := range [][2]float32{{1, 1}, {2, 3}} {
		l.add(replay.Transition{Obs: []float32{v[0]}, Reward: v[1]})
	}
	if err := l.solve(); err != nil {
		t.Fatal(err)
	}
	w := l.now.Weights[0]
	if math.Abs(w[0]-1) > 1e-12 || math.Abs(w[1]-1./3) > 1e-12 {
		t.Errorf("weights %v, want [1 1/3]", w)
	}
	if d := deviation(l.root[0], []float64{1, 1}); math.Abs(d*d-1./3) > 1e-12 {
		t.Errorf("variance %g, want 1/3", d*d)
	}
	if want := math.Sqrt(5); math.Abs(l.spread()-want) > 1e-12 {
		t.Errorf("spread %g, want %g", l.spread(), want)
	}
}

// An action is charged with MostCharged at most, whatever it cost.
func TestChargesEnd(t *testing.T) {
	spec := DefaultSpec()
	spec.MostCharged = 5
	credit := func(reward float32) float64 {
		l := &learner{now: begin(spec, 1, env.Schema{Fields: []env.Field{{Name: "x", Scale: 1}}, Actions: []env.Action{{Name: "a"}}})}
		l.add(replay.Transition{Obs: []float32{2}, Reward: reward})
		return l.now.Credit[0][0]
	}
	for _, c := range []struct {
		reward float32
		want   float64
	}{{-4, -8}, {-5, -10}, {-300, -10}, {300, 600}} {
		if got := credit(c.reward); got != c.want {
			t.Errorf("a reward of %g at x = 2 is credited as %g, want %g", c.reward, got, c.want)
		}
	}
}

func TestResumeAndWorkersGiveTheSameBits(t *testing.T) {
	spec := toySpec()
	spec.Play, spec.Horizon, spec.RowsPerUpdate = 10, 3, 9
	start := func(workers int, resume []byte) (train.Learner, error) {
		opt := Options{Seed: 4, Workers: workers}
		if resume != nil {
			var err error
			if opt.Resume, err = DecodeCheckpoint(resume); err != nil {
				return nil, err
			}
		}
		return New(spec, learntest.Maker(envtest.NewTwoCells).Rows(600), opt)
	}
	half := learntest.SameBits(t, start)
	spec.Ridge = 2
	if _, err := start(1, half); err == nil || !strings.Contains(err.Error(), "ridge: the checkpoint was made with 1, got 2") {
		t.Errorf("other settings: error %v", err)
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	if errs := DefaultSpec().Validate(); len(errs) > 0 {
		t.Fatalf("the defaults are faulty: %v", errs)
	}
	text := errors.Join(Spec{Gamma: 2, Explore: "no", Width: -1}.Validate()...).Error()
	for _, key := range []string{"iterations: ", "play: ", "horizon: ", "gamma: allowed 0 to 1, got 2", "explore: ", "width: ", "most_charged: ", "ridge: allowed 0 to 1e+09 (the first excluded), got 0"} {
		if !strings.Contains(text, key) {
			t.Errorf("no %q in %s", key, text)
		}
	}
}
