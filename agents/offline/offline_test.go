package offline

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"hibernet/agents/descent"
	"hibernet/agents/learntest"
	"hibernet/agents/mlp"
	"hibernet/agents/replay"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/envtest"
	"hibernet/sim/rng"
)

// log fills a memory with what a policy does that keeps both cells awake, but
// takes a random action in half of the steps, and returns its mean return.
func logTwoCells(t *testing.T, rows, episodes int) (*replay.Memory, env.Schema, float64) {
	t.Helper()
	toy, err := envtest.NewTwoCells(rows)
	if err != nil {
		t.Fatal(err)
	}
	s := toy.Schema()
	p, err := replay.NewPlayer(toy, replay.Play{Horizon: 24 * episodes, Steps: 1, Gamma: 1})
	if err != nil {
		t.Fatal(err)
	}
	m := replay.New(replay.Shape{Capacity: 24 * episodes * rows, Fields: len(s.Fields), Actions: len(s.Actions)})
	played, err := p.Play(context.Background(), rng.Root(8), func(dst []int32, b *env.Batch, key rng.Key) error {
		for row := range dst {
			dst[row] = 3
			if key.Float64(2*uint64(row)) < 0.5 {
				dst[row] = int32(replay.Any(b.Mask[row*4:row*4+4], key.Float64(2*uint64(row)+1)))
			}
		}
		return nil
	}, m.Add)
	if err != nil {
		t.Fatal(err)
	}
	return m, s, played.Return
}

func toySpec() Spec {
	s := DefaultSpec()
	s.Iterations, s.Updates, s.Tau, s.LearningRate, s.Hidden = 40, 100, 0.02, 3e-3, []int{32, 32}
	s.RewardScale, s.Conservatism, s.Expectile, s.Greed = 1, 0.03, 0.95, 10
	return s
}

func run(t *testing.T, algorithm string, spec Spec, s env.Schema, m *replay.Memory, opt Options) *Checkpoint {
	t.Helper()
	l, err := New(algorithm, spec, s, m, opt)
	if err != nil {
		t.Fatal(err)
	}
	last, _ := learntest.Run(t, l)
	return last.(*Checkpoint)
}

// Without a step of the environment both find the optimum within 2 %, far above
// the policy that made the log.
func TestBeatsTheLogAndSolvesTwoCells(t *testing.T) {
	m, s, behaviour := logTwoCells(t, 100, 10)
	for _, algorithm := range []string{CQL, IQL} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			last := run(t, algorithm, toySpec(), s, m, Options{Seed: 1, Workers: 1})
			got, toy := learntest.Play(t, envtest.NewTwoCells, 4000, last.Policy())
			t.Logf("return %.3f, of the log %.3f, best %.3f", got.Return, behaviour, toy.Best())
			if got.Return < 1.02*toy.Best() || got.Return < behaviour+1 {
				t.Errorf("return %.3f, of the log %.3f, want within 2 %% of %.3f", got.Return, behaviour, toy.Best())
			}
		})
	}
}

// A conservative value of the first states stays below what the best policy
// earns there, where that of plain Q-learning on the same log lies above it.
func TestConservativeValuesStayBelowTheTruth(t *testing.T) {
	m, s, _ := logTwoCells(t, 60, 6)
	value := func(conservatism float64) float64 {
		spec := toySpec()
		spec.Conservatism = conservatism
		p := run(t, CQL, spec, s, m, Options{Seed: 1, Workers: 1}).Policy().(*mlp.Policy)
		toy, _ := envtest.NewTwoCells(600)
		b, seed := env.NewBatch(toy), uint64(5)
		if err := toy.Reset(&seed, b); err != nil {
			t.Fatal(err)
		}
		q := make([]float32, 600*4)
		p.Actor.ForwardTo(q, b.Obs, 600, mlp.NewScratch(1, p.Actor))
		sum := 0.0
		for row := range 600 {
			sum += float64(q[row*4+mlp.Argmax(q[row*4:row*4+4], b.Mask[row*4:row*4+4])]) / spec.RewardScale / 600
		}
		return sum
	}
	toy, _ := envtest.NewTwoCells(1)
	held, free := value(1), value(0)
	t.Logf("conservative %.2f, plain %.2f, true %.2f", held, free, toy.Best())
	if !(held < toy.Best()) || !(held < free) {
		t.Errorf("conservative %.2f, plain %.2f, true %.2f: want the first to be the least", held, free, toy.Best())
	}
}

func TestResumeAndWorkersGiveTheSameBits(t *testing.T) {
	m, s, _ := logTwoCells(t, 20, 2)
	spec := toySpec()
	spec.Iterations, spec.Updates, spec.Minibatch = 4, 5, 300
	for _, algorithm := range []string{CQL, IQL} {
		start := func(m *replay.Memory, workers int, resume []byte) (train.Learner, error) {
			opt := Options{Seed: 4, Workers: workers}
			if resume != nil {
				var err error
				if opt.Resume, err = DecodeCheckpoint(algorithm, resume); err != nil {
					return nil, err
				}
			}
			return New(algorithm, spec, s, m, opt)
		}
		half := learntest.SameBits(t, func(workers int, resume []byte) (train.Learner, error) { return start(m, workers, resume) })
		fewer := replay.New(m.Shape())
		fewer.Add(m.At(0))
		if _, err := start(fewer, 1, half); err == nil || !strings.Contains(err.Error(), "log: the checkpoint was made from another") {
			t.Errorf("%s: another log: error %v", algorithm, err)
		}
	}
}

// Each loss against its slopes, with masked actions and errors of both signs.
func TestGradientsOfTheLosses(t *testing.T) {
	const rows, fields, actions = 40, 4, 3
	net := func(out int) ([]float32, *mlp.Net) {
		sizes := []int{fields, 6, out}
		theta := mlp.New(sizes, mlp.Tanh, 1, rng.Root(1)).AppendTo(nil)
		return theta, mlp.View(sizes, mlp.Tanh, theta)
	}
	q, qNet := net(actions)
	v, vNet := net(1)
	p, pNet := net(actions)
	for _, c := range []struct {
		theta []float32
		loss  descent.Loss
	}{{q, valueLoss(qNet, 0.5, 0.5)}, {v, stateLoss(vNet, 0.8)}, {p, policyLoss(pNet)}} {
		d, err := descent.New(c.loss, c.theta, descent.Settings{Rows: rows, MaxNorm: 1, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		for i, in := range c.loss.Inputs {
			switch in.Name {
			case "chosen":
				for r := range rows {
					d.In(i)[r*actions+r%2] = 1
				}
			case "offset":
				for r := 0; r < rows; r += 3 {
					d.In(i)[r*actions+2] = descent.Forbidden
				}
			default:
				rng.Root(uint64(i)).NormsTo(d.In(i), 0)
			}
		}
		if worst, err := d.SlopeError(rows, 1e-2); err != nil || worst > 5e-3 {
			t.Errorf("%s: the gradient is off by %g of the largest slope (%v)", c.loss.Name, worst, err)
		}
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	if errs := DefaultSpec().Validate(); len(errs) > 0 {
		t.Fatalf("the defaults are faulty: %v", errs)
	}
	text := errors.Join(Spec{Conservatism: math.NaN(), RewardScale: -1, Expectile: 1, Activation: "no"}.Validate()...).Error()
	for _, key := range []string{"iterations: ", "updates: ", "minibatch: ", "tau: ", "conservatism: allowed 0 to 1000, got NaN", "expectile: must be below 1", "reward_scale: ", "error_clip: ", "learning_rate: ", "hidden: ", "activation: "} {
		if !strings.Contains(text, key) {
			t.Errorf("no %q in %s", key, text)
		}
	}
	if _, err := New("magic", DefaultSpec(), env.Schema{}, nil, Options{}); err == nil {
		t.Error("an unknown algorithm was taken")
	}
}
