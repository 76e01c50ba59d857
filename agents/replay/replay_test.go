package replay

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/envtest"
	"hibernet/sim/rng"
)

func TestTreeFindsByHand(t *testing.T) {
	tree := NewTree(5) // values 1 0 2 4 0: running sums 1 1 3 7 7
	for i, v := range []float64{1, 0, 2, 4, 0} {
		tree.Set(i, v)
	}
	if tree.Sum() != 7 {
		t.Fatalf("sum %g, want 7", tree.Sum())
	}
	for _, c := range []struct {
		point float64
		want  int
	}{{0, 0}, {0.99, 0}, {1, 2}, {2.99, 2}, {3, 3}, {6.99, 3}, {7, 3}, {100, 3}} {
		if got := tree.Find(c.point); got != c.want {
			t.Errorf("point %g lies in %d, want %d", c.point, got, c.want)
		}
	}
	tree.Set(3, 0)
	if tree.Sum() != 3 || tree.Find(2.5) != 2 {
		t.Errorf("after a change: sum %g, 2.5 in %d; want 3 and 2", tree.Sum(), tree.Find(2.5))
	}
}

// add puts a transition of one field and two actions into m.
func add(m *Memory, x float32) {
	m.Add(Transition{Obs: []float32{x}, Next: []float32{x + 1}, Mask: []bool{true, false}, NextMask: []bool{true, true}, Reward: x, Cost: []float32{2 * x}, Discount: 0.5})
}

var small = Shape{Capacity: 4, Fields: 1, Actions: 2, Guards: 1}

func TestMemoryOverwritesTheOldest(t *testing.T) {
	m := New(small)
	for x := range 6 {
		add(m, float32(x))
	}
	if m.Len() != 4 {
		t.Fatalf("holds %d, want 4", m.Len())
	}
	for i, want := range []float32{4, 5, 2, 3} {
		if got := m.At(i); got.Obs[0] != want || got.Next[0] != want+1 || got.Cost[0] != 2*want {
			t.Errorf("place %d: %+v, want that of %g", i, got, want)
		}
	}
}

// Priorities 1, 2, 3 and 4 at alpha 1: shares 0.1 to 0.4. With beta 1 weights
// are (4p)^-1 over the largest: 1, 1/2, 1/3, 1/4.
func TestSampleIsProportionalAndWeighted(t *testing.T) {
	m := New(small)
	for x := range 4 {
		add(m, float32(x))
		m.Rate(int32(x), float64(x+1)-priorityFloor, 1)
	}
	const draws = 10000
	dst, weight := make([]int32, draws), make([]float32, draws)
	m.Sample(dst, weight, 1, rng.Root(1))
	count := make([]int, 4)
	for i, at := range dst {
		count[at]++
		if want := 1 / float64(at+1); math.Abs(float64(weight[i])-want) > 1e-6 {
			t.Fatalf("weight of %d is %g, want %g", at, weight[i], want)
		}
	}
	for i, n := range count { // stratified: at most one draw off at each border
		if want := draws * (i + 1) / 10; n < want-2 || n > want+2 {
			t.Errorf("%d drawn %d times, want %d", i, n, want)
		}
	}
	m.Sample(dst[:4], weight[:4], 0, rng.Root(1))
	for _, w := range weight[:4] {
		if w != 1 {
			t.Errorf("weight %g with beta 0, want 1", w)
		}
	}
}

func TestHotPathsAllocateNothing(t *testing.T) {
	m := New(small)
	add(m, 1)
	tr, dst, weight := m.At(0), make([]int32, 8), make([]float32, 8)
	if n := testing.AllocsPerRun(20, func() {
		m.Add(tr)
		m.Sample(dst, weight, 0.4, rng.Root(2))
		m.Rate(0, 1, 0.6)
	}); n != 0 {
		t.Errorf("%g allocations, want 0", n)
	}
}

func TestMemoryComesBackToTheBit(t *testing.T) {
	m := New(small)
	for x := range 6 {
		add(m, float32(x))
	}
	m.Rate(1, 3, 0.6)
	again, err := Decode(small, m.AppendTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Memory{again, m.Clone()} {
		for _, x := range []*Memory{m, c} {
			x = x.Clone()
			add(x, 9)
			if got := x.AppendTo(nil); x.At(2).Obs[0] != 9 || !bytes.Equal(got, func() []byte { y := m.Clone(); add(y, 9); return y.AppendTo(nil) }()) {
				t.Error("goes on in other bits")
			}
		}
	}
	text := m.AppendTo(nil)
	for _, c := range []struct {
		name   string
		damage func([]byte) []byte
		want   string
	}{
		{"short", func(b []byte) []byte { return b[:10] }, "at least 24 bytes"},
		{"cut", func(b []byte) []byte { return b[:len(b)-1] }, "do not fit"},
		{"action", func(b []byte) []byte { b[24+8] = 1; return b }, "not allowed by the mask"},
		{"nan", func(b []byte) []byte { copy(b[24+12:], []byte{0, 0, 0xc0, 0x7f}); return b }, "not finite"},
	} {
		if _, err := Decode(small, c.damage(bytes.Clone(text))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// One row of the truncation toy that always works: rewards -5, 1, 1, ... The
// episode of ten steps is truncated, so what follows keeps its discount.
func TestThreeStepTransitionsByHand(t *testing.T) {
	toy, err := envtest.NewTruncation(2)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlayer(toy, Play{Horizon: 12, Steps: 3, Gamma: 0.5, Rows: 1})
	if err != nil {
		t.Fatal(err)
	}
	var got []Transition
	played, err := p.Play(context.Background(), rng.Root(3), func(dst []int32, _ *env.Batch, _ rng.Key) error {
		dst[0], dst[1] = 1, 1
		return nil
	}, func(x Transition) { got = append(got, x) })
	if err != nil {
		t.Fatal(err)
	}
	// Steps 0..7 are whole, 8 and 9 are cut by the end, then -5 and 1 by the horizon.
	want := []struct{ reward, discount float32 }{
		{-5 + 0.5 + 0.25, 0.125}, {1.75, 0.125}, {1.75, 0.125}, {1.75, 0.125}, {1.75, 0.125}, {1.75, 0.125},
		{1.75, 0.125}, {1.75, 0.125}, {1.5, 0.25}, {1, 0.5}, {-4.5, 0.25}, {1, 0.5},
	}
	if len(got) != len(want) {
		t.Fatalf("%d transitions, want %d", len(got), len(want))
	}
	for i, w := range want {
		if got[i].Reward != w.reward || got[i].Discount != w.discount {
			t.Errorf("transition %d: reward %g, discount %g; want %g, %g", i, got[i].Reward, got[i].Discount, w.reward, w.discount)
		}
	}
	if played.Steps != 24 || played.Episodes != 2 || played.Return != 4 || played.Added != 12 {
		t.Errorf("%+v; want 24 row-steps, 2 episodes of return 4, 12 transitions", played)
	}
}

// Figures are means over the episodes that ended: of those of the ration, where
// sleeping loses what the step's level of demand says, each has others.
func TestFiguresAreThoseOfAllEpisodes(t *testing.T) {
	figure := func(horizon int) float64 {
		toy, err := envtest.NewRation(1)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPlayer(toy, Play{Horizon: horizon, Steps: 1})
		if err != nil {
			t.Fatal(err)
		}
		lost := 0.0
		played, err := p.Play(context.Background(), rng.Root(1), func(dst []int32, _ *env.Batch, _ rng.Key) error { dst[0] = 1; return nil },
			func(x Transition) { lost += float64(x.Cost[0]) })
		if err != nil {
			t.Fatal(err)
		}
		got := train.Iteration{Figures: played.Figures}.Figure(toy.Schema().Guards[0].Name)
		if want := lost / float64(horizon); math.Abs(got-want) > 1e-6 {
			t.Errorf("%d steps: figure %g, want the mean cost %g", horizon, got, want)
		}
		return got
	}
	if one, three := figure(16), figure(48); one == three {
		t.Errorf("one episode and three of other demand come to the same, %g", one)
	}
}

func TestTerminationHasNoFuture(t *testing.T) {
	toy, _ := envtest.NewIdentity(1)
	p, err := NewPlayer(toy, Play{Horizon: 16, Steps: 2, Gamma: 1})
	if err != nil {
		t.Fatal(err)
	}
	var discounts []float32
	_, err = p.Play(context.Background(), rng.Root(3), func(dst []int32, _ *env.Batch, _ rng.Key) error { dst[0] = 0; return nil },
		func(x Transition) { discounts = append(discounts, x.Discount) })
	if err != nil || len(discounts) != 16 || discounts[13] != 1 || discounts[14] != 0 || discounts[15] != 0 {
		t.Errorf("discounts %v (%v): want 1 up to the last two, which are 0", discounts, err)
	}
	if _, err := NewPlayer(env.AutoReset(toy, env.SameStep), Play{Horizon: 1, Steps: 1}); err == nil {
		t.Error("an environment that resets itself was taken")
	}
}

// poisoned is a toy that says NaN in its last observation.
type poisoned struct{ env.Environment }

func (p poisoned) Step(actions []int32, b *env.Batch) error {
	err := p.Environment.Step(actions, b)
	if b.Terminated[0] {
		b.Obs[1] = float32(math.NaN())
	}
	return err
}

func TestWhatIsNotFiniteIsNotRemembered(t *testing.T) {
	toy, _ := envtest.NewIdentity(2)
	p, err := NewPlayer(poisoned{toy}, Play{Horizon: 16, Steps: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Play(context.Background(), rng.Root(1), func(dst []int32, _ *env.Batch, _ rng.Key) error { clear(dst); return nil }, func(Transition) {})
	if err == nil || !strings.Contains(err.Error(), "step 15: row 0: observation symbol_1 is not finite (NaN)") {
		t.Errorf("error %v", err)
	}
}
