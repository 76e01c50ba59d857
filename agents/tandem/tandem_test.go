package tandem_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"hibernet/agents"
	"hibernet/agents/hierarchy"
	"hibernet/agents/mlp"
	"hibernet/agents/ppo"
	"hibernet/agents/tandem"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/region"
	"hibernet/sim/rng"
)

// crowd is a task in which what a region has in common decides and no row sees
// it: in each region a side, 0 or 1, is drawn and holds for hold steps. Each
// row sees its own vote, which is the side with probability seen, and is
// rewarded by 1 for naming the side. A row alone is right with probability
// seen; who counts the votes of the region, with that of the majority.
type crowd struct {
	rows, size, steps int
	step              int
	key               rng.Key
	episode           uint64
	begun             bool
	side              []int32 // [regions]
}

const (
	seen      = 0.7
	crowdHold = 4
)

func newCrowd(regions, size int) *crowd {
	return &crowd{rows: regions * size, size: size, steps: 16, side: make([]int32, regions)}
}

func (c *crowd) Schema() env.Schema {
	return env.Schema{
		Environment: "crowd", Version: 1,
		Fields:  []env.Field{{Name: "vote", Unit: "1", Scale: 1}},
		Actions: []env.Action{{Name: "zero"}, {Name: "one"}},
	}
}
func (c *crowd) Rows() int                             { return c.rows }
func (c *crowd) ResetMode() env.ResetMode              { return env.Disabled }
func (c *crowd) Figures(dst []env.Figure) []env.Figure { return dst }
func (c *crowd) draw(name string, i, step int) float64 {
	return c.now(step).Named(name).Float64(uint64(i))
}
func (c *crowd) now(step int) rng.Key { return c.key.At(c.episode).At(uint64(step)) }

func (c *crowd) Reset(seed *uint64, b *env.Batch) error {
	if err := b.Fits(c.Schema(), c.rows); err != nil {
		return err
	}
	switch {
	case seed != nil:
		c.key, c.episode, c.begun = rng.Root(*seed), 0, true
	case !c.begun:
		return env.ErrNoSeed
	default:
		c.episode++
	}
	c.step = 0
	clear(b.Reward)
	c.write(b)
	return nil
}

func (c *crowd) Step(actions []int32, b *env.Batch) error {
	switch {
	case !c.begun:
		return env.ErrNotReset
	case c.step == c.steps:
		return env.ErrEpisodeOver
	}
	if err := errors.Join(b.Fits(c.Schema(), c.rows), env.CheckActions(actions, slices.Repeat([]bool{true}, 2*c.rows), 2)); err != nil {
		return err
	}
	for row, a := range actions {
		b.Reward[row] = 0
		if a == c.side[row/c.size] {
			b.Reward[row] = 1
		}
	}
	c.step++
	c.write(b)
	return nil
}

func (c *crowd) write(b *env.Batch) {
	if c.step%crowdHold == 0 {
		for r := range c.side {
			c.side[r] = 0
			if c.draw("side", r, c.step) < 0.5 {
				c.side[r] = 1
			}
		}
	}
	for row := range c.rows {
		right := c.draw("vote", row, c.step) < seen
		vote := float32(c.side[row/c.size])
		if !right {
			vote = 1 - vote
		}
		b.Obs[row], b.Mask[2*row], b.Mask[2*row+1] = vote, true, true
		b.Terminated[row], b.Truncated[row] = c.step == c.steps, false
	}
}

// majority returns the probability that the majority of n votes is right, a
// tie decided by a coin.
func majority(n int) float64 {
	sum := 0.0
	for k := n / 2; k <= n; k++ {
		lg, _ := math.Lgamma(float64(n + 1))
		lk, _ := math.Lgamma(float64(k + 1))
		lr, _ := math.Lgamma(float64(n - k + 1))
		p := math.Exp(lg - lk - lr + float64(k)*math.Log(seen) + float64(n-k)*math.Log(1-seen))
		if 2*k == n {
			p /= 2
		}
		if 2*k >= n {
			sum += p
		}
	}
	return sum
}

const crowdSize = 16

func crowdSetting() tandem.Setting {
	s := ppo.DefaultSpec()
	s.Iterations, s.Horizon, s.Minibatch, s.Hidden = 30, 16, 512, []int{16}
	s.RowsPerUpdate, s.LearningRate, s.Gamma, s.Entropy = 128, 1e-2, 0.5, 0.002
	return tandem.Setting{
		Tandem:  tandem.Spec{CellTurn: 3, CoordinatorTurn: 3, Heed: 1},
		Regions: region.Spec{Rows: crowdSize, DecideS: 1, Levels: 2, Mean: []string{"vote"}},
		Hold:    crowdHold, PPO: s,
	}
}

func makeCrowd(uint64) (env.Environment, error) { return newCrowd(64, crowdSize), nil }

// score plays one long-run episode and returns the reward of a row and step.
func score(t *testing.T, p agents.Policy) float64 {
	t.Helper()
	e, seed := newCrowd(500, crowdSize), uint64(77)
	got, err := agents.Rollout(context.Background(), e, p, env.NewBatch(e), &seed)
	if err != nil {
		t.Fatal(err)
	}
	return got.Return / float64(got.Steps)
}

// TestCoordinatorTellsWhatNoCellSees holds the pair against the known optimum,
// the majority's probability of being right, and the flat learner, with the
// same number of steps, against that of a row alone.
func TestCoordinatorTellsWhatNoCellSees(t *testing.T) {
	best := majority(crowdSize)
	for seed := uint64(1); seed <= 3; seed++ {
		p, err := tandem.Train(context.Background(), crowdSetting(), makeCrowd, tandem.Options{Seed: seed, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		flat, err := ppo.Train(context.Background(), crowdSetting().PPO, makeCrowd, ppo.Options{Seed: seed, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		got, alone := score(t, p), score(t, flat)
		t.Logf("seed %d: coordinated %.4f, optimum %.4f; flat %.4f, optimum %.4f", seed, got, best, alone, seen)
		if got < 0.98*best {
			t.Errorf("seed %d: coordinated %.4f, want at least 0.98 of %.4f", seed, got, best)
		}
		if math.Abs(alone-seen) > 0.02*seen {
			t.Errorf("seed %d: flat %.4f, want within 2 %% of %.4f", seed, alone, seen)
		}
	}
}

// short is a setting of few iterations that ends within a turn.
func short() tandem.Setting {
	s := crowdSetting()
	s.PPO.Iterations, s.Tandem = 7, tandem.Spec{CellTurn: 2, CoordinatorTurn: 1, Heed: 1}
	return s
}

func encoded(t *testing.T, p train.Policy, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSameBitsForAnyWorkersAndAfterResume(t *testing.T) {
	ctx := context.Background()
	l, err := tandem.New(short(), makeCrowd, tandem.Options{Seed: 5, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	var states [][]byte
	var turns string
	history, err := train.Run(ctx, l, train.Options{Keep: func(it train.Iteration, c train.Checkpoint, _ bool) error {
		turns += fmt.Sprint(it.Number, it.Figure("coordinator"), " ")
		data, err := c.Encode()
		states = append(states, data)
		return err
	}})
	want := encoded(t, l.Checkpoint().Policy(), err)
	if turns != "0 1 1 0 2 0 3 1 4 0 5 0 6 1 " {
		t.Errorf("iterations and who made them: %s", turns)
	}
	for _, it := range history {
		if it.Steps != 16*64*crowdSize {
			t.Errorf("iteration %d: %d steps, want as many for both levels", it.Number, it.Steps)
		}
	}
	p, err := tandem.Train(ctx, short(), makeCrowd, tandem.Options{Seed: 5, Workers: 3})
	if encoded(t, p, err) != want {
		t.Error("with 3 workers the training ends in other bits")
	}
	for n, data := range states {
		state, err := tandem.DecodeCheckpoint(data)
		if err != nil {
			t.Fatal(err)
		}
		p, err := tandem.Train(ctx, short(), makeCrowd, tandem.Options{Seed: 5, Workers: 1, Resume: state})
		if encoded(t, p, err) != want {
			t.Errorf("resumed after iteration %d the training ends in other bits", n+1)
		}
	}
	p, err = tandem.Train(ctx, short(), makeCrowd, tandem.Options{Seed: 6, Workers: 1})
	if encoded(t, p, err) == want {
		t.Error("another seed gives the same policy")
	}
	state, err := tandem.DecodeCheckpoint(states[0])
	if err != nil {
		t.Fatal(err)
	}
	other := short()
	other.Hold = 2
	if _, err := tandem.New(other, makeCrowd, tandem.Options{Seed: 5, Workers: 1, Resume: state}); err == nil || !strings.Contains(err.Error(), "other settings") {
		t.Errorf("error %v for a checkpoint of other settings", err)
	}
	if _, err := tandem.DecodeCheckpoint(bytes.Replace(states[0], []byte(`"version": 1`), []byte(`"version": 2`), 1)); err == nil {
		t.Error("a checkpoint of another version passes")
	}
}

// TestTargetsAreHeededFromTheStart: the first action becomes less likely as the
// target rises, before anything is learned, with either activation.
func TestTargetsAreHeededFromTheStart(t *testing.T) {
	for _, activation := range []string{"tanh", "relu"} {
		s := crowdSetting()
		s.PPO.Activation, s.PPO.Hidden, s.PPO.Iterations = activation, []int{8, 8}, 3
		s.Tandem.CoordinatorTurn = 2
		l, err := tandem.New(s, makeCrowd, tandem.Options{Seed: 1, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		p := l.Checkpoint().Policy().(*hierarchy.Policy)
		logits := make([]float32, 2)
		var gap [2]float32
		for i, target := range []float32{-1, 1} {
			p.Cells.Actor.ForwardTo(logits, []float32{1, target}, 1, mlp.NewScratch(1, p.Cells.Actor))
			gap[i] = logits[0] - logits[1]
		}
		if fall := gap[0] - gap[1]; fall < 1 || fall > 2.1 {
			t.Errorf("%s: the first action's logit falls by %g from the lowest target to the highest, want 1 to 2", activation, fall)
		}
	}
}

func TestSettingFaults(t *testing.T) {
	for _, c := range []struct {
		change func(*tandem.Setting)
		want   string
	}{
		{func(s *tandem.Setting) { s.Hold = 0 }, "hold: must be at least 1"},
		{func(s *tandem.Setting) { s.Tandem.CellTurn = 0 }, "cell_turn: must be in"},
		{func(s *tandem.Setting) { s.Tandem.CoordinatorTurn = 100 }, "leave none to the cells"},
		{func(s *tandem.Setting) { s.Regions.Levels = 1 }, "levels: must be in"},
		{func(s *tandem.Setting) { s.Regions.Levels = 5 }, "levels: must be 2 or a multiple of 4"},
		{func(s *tandem.Setting) { s.PPO.Teacher = "threshold" }, "teacher: a coordinator and its cells have none"},
		{func(s *tandem.Setting) { s.Regions.Mean = []string{"load"} }, `mean[0]: no observation column is called "load"`},
	} {
		s := crowdSetting()
		c.change(&s)
		_, err := tandem.Train(context.Background(), s, makeCrowd, tandem.Options{Seed: 1, Workers: 1})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}
