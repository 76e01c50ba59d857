// Package learntest is what the tests of learners have in common: the toys that
// each must solve, how a policy does on them, and that a training ends in the same
// bits with any number of workers and after a break.
package learntest

import (
	"bytes"
	"context"
	"testing"

	"hibernet/agents"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/envtest"
	"hibernet/sim/kpi"
)

// Maker makes a toy of so many rows.
type Maker func(rows int) (*envtest.Toy, error)

// Rows returns what learners are given to make their environment.
func (mk Maker) Rows(rows int) func(seed uint64) (env.Environment, error) {
	return func(uint64) (env.Environment, error) { return mk(rows) }
}

// Toy is one of the toys, each of which demands one ability.
type Toy struct {
	Name string
	Make Maker
}

// Toys returns those that a learner must solve that plans ahead.
func Toys() []Toy {
	return []Toy{
		{"identity", envtest.NewIdentity}, {"mask", envtest.NewMask}, {"delay", envtest.NewDelay},
		{"truncation", envtest.NewTruncation}, {"two cells", envtest.NewTwoCells},
	}
}

// Run makes all iterations of a training that are left and returns all of them,
// those of before as zeros, and the last checkpoint.
func Run(t testing.TB, l train.Learner) (train.Checkpoint, []train.Iteration) {
	t.Helper()
	history, err := train.Run(context.Background(), l, train.Options{History: make([]train.Iteration, l.Completed())})
	if err != nil {
		t.Fatal(err)
	}
	return l.Checkpoint(), history
}

// Play returns what a policy comes to in an episode of a toy of so many rows.
func Play(t testing.TB, mk Maker, rows int, p agents.Policy) (agents.Result, *envtest.Toy) {
	t.Helper()
	toy, err := mk(rows)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(99)
	got, err := agents.Rollout(context.Background(), toy, p, env.NewBatch(toy), &seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("return %.3f, naive %.3f, best %.3f", got.Return, toy.Naive(), toy.Best())
	return got, toy
}

// Ration returns the toy that has a limit (envtest.NewRation), of so many rows,
// and its limit.
func Ration(t testing.TB, rows int) (*envtest.Toy, []train.Limit) {
	t.Helper()
	toy, err := envtest.NewRation(rows)
	if err != nil {
		t.Fatal(err)
	}
	bound := toy.Limit()
	return toy, []train.Limit{{Guard: kpi.Guard{Figure: toy.Schema().Guards[0].Name, AtMost: true, Offset: bound}, Bound: bound}}
}

// Kept makes all iterations of a training on the toy Ration and plays the policy
// of each of its second half: how many keep the limit, and the best return of
// those, as a share of that of the best policy that does not randomise.
func Kept(t testing.TB, l train.Learner) (kept int, best float64) {
	t.Helper()
	toy, limits := Ration(t, 2000)
	for range l.Iterations() {
		if _, err := l.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
		if l.Completed() <= l.Iterations()/2 {
			continue
		}
		seed := uint64(99)
		got, err := agents.Rollout(context.Background(), toy, l.Checkpoint().Policy(), env.NewBatch(toy), &seed)
		if err != nil {
			t.Fatal(err)
		}
		lost := train.Iteration{Figures: got.Figures}.Figure(limits[0].Guard.Figure)
		if !limits[0].Guard.Broken(lost, limits[0].Bound) {
			kept++
			best = max(best, got.Return/toy.Naive())
		}
	}
	t.Logf("%s: kept by %d of the last %d policies, the best returns %.3f of the best that does not randomise", l.Name(), kept, l.Iterations()-l.Iterations()/2, best)
	return kept, best
}

// SameBits trains straight through with one worker, with three, and once more from
// the file of a checkpoint after half of the iterations, with two; all three must
// end in the same bytes and the last iteration's return must be the same. start
// returns a new training, one that goes on from a checkpoint's file where that is
// not nil. SameBits returns that file.
func SameBits(t testing.TB, start func(workers int, resume []byte) (train.Learner, error)) (half []byte) {
	t.Helper()
	begin := func(workers int, resume []byte) train.Learner {
		t.Helper()
		l, err := start(workers, resume)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	end := func(l train.Learner) ([]byte, float64) {
		t.Helper()
		last, history := Run(t, l)
		return encode(t, last), history[len(history)-1].Return
	}
	want, value := end(begin(1, nil))
	if got, _ := end(begin(3, nil)); !bytes.Equal(got, want) {
		t.Error("three workers give other bits")
	}
	broken := begin(1, nil)
	for range broken.Iterations() / 2 {
		if _, err := broken.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	half = encode(t, broken.Checkpoint())
	if got, again := end(begin(2, half)); !bytes.Equal(got, want) || again != value {
		t.Error("a resumed training gives other bits")
	}
	return half
}

func encode(t testing.TB, c train.Checkpoint) []byte {
	t.Helper()
	text, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}
