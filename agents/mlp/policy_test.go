package mlp

import (
	"math"
	"slices"
	"strings"
	"testing"

	"hibernet/env"
	"hibernet/sim/rng"
)

func schema(fields, actions int) env.Schema {
	s := env.Schema{Environment: "toy", Version: 3}
	for i := range fields {
		s.Fields = append(s.Fields, env.Field{Name: string(rune('a' + i)), Unit: "1", Doc: "a column", Scale: 2, Offset: 0.1})
	}
	for i := range actions {
		s.Actions = append(s.Actions, env.Action{Name: string(rune('A' + i)), Doc: "an action"})
	}
	return s
}

func toyPolicy(greedy bool, workers int) *Policy {
	return &Policy{
		Actor:  New([]int{5, 16, 4}, Tanh, 1, rng.Root(11)),
		Schema: schema(5, 4), Label: "toy", Greedy: greedy, Workers: workers,
	}
}

func toyBatch(rows int) *env.Batch {
	b := &env.Batch{
		Obs: noise(rows*5, rng.Root(12)), Mask: make([]bool, rows*4), Reward: make([]float32, rows),
		Terminated: make([]bool, rows), Truncated: make([]bool, rows), FinalObs: make([]float32, rows*5),
	}
	for i := range b.Mask {
		b.Mask[i] = i%4 == 1 || rng.Root(13).Uint64(uint64(i))%3 > 0
	}
	return b
}

func TestPolicyActsWithinTheMaskAndAlikeForAnyWorkers(t *testing.T) {
	const rows = 2500
	b := toyBatch(rows)
	for _, greedy := range []bool{true, false} {
		var want []int32
		for _, workers := range []int{1, 2, 7} {
			p := toyPolicy(greedy, workers)
			if err := p.Reset(p.Schema, rows, 5); err != nil {
				t.Fatal(err)
			}
			got := make([]int32, 3*rows)
			for step := range 3 {
				if err := p.ActTo(got[step*rows:(step+1)*rows], b); err != nil {
					t.Fatal(err)
				}
				if err := env.CheckActions(got[step*rows:(step+1)*rows], b.Mask, 4); err != nil {
					t.Fatal(err)
				}
			}
			if want == nil {
				want = got
			} else if !slices.Equal(got, want) {
				t.Errorf("greedy %v: %d workers act differently", greedy, workers)
			}
		}
		if repeats := slices.Equal(want[:rows], want[rows:2*rows]); repeats != greedy {
			t.Errorf("greedy %v: the same actions at the next step: %v", greedy, repeats)
		}
	}
}

// A policy asks for the columns of its training, in their order, and refuses an
// environment that has more.
func TestPolicyAsksForItsColumns(t *testing.T) {
	p := toyPolicy(true, 1)
	names := p.Columns()
	if len(names) != 5 {
		t.Fatalf("columns %v", names)
	}
	for i, name := range names {
		if p.Schema.Fields[i].Name != name {
			t.Errorf("column %d: %s, want %s", i, name, p.Schema.Fields[i].Name)
		}
	}
	if err := p.Reset(schema(6, 4), 3, 1); err == nil {
		t.Error("a schema with a column more was accepted")
	}
}

func TestPolicySeeds(t *testing.T) {
	const rows = 500
	b, p := toyBatch(rows), toyPolicy(false, 1)
	act := func(seed uint64) []int32 {
		if err := p.Reset(p.Schema, rows, seed); err != nil {
			t.Fatal(err)
		}
		got := make([]int32, rows)
		if err := p.ActTo(got, b); err != nil {
			t.Fatal(err)
		}
		return got
	}
	if !slices.Equal(act(1), act(1)) {
		t.Error("the same seed gives other actions")
	}
	if slices.Equal(act(1), act(2)) {
		t.Error("another seed gives the same actions")
	}
}

func TestPolicyActAllocatesNothing(t *testing.T) {
	const rows = 1500
	for _, greedy := range []bool{true, false} {
		b, p, dst := toyBatch(rows), toyPolicy(greedy, 2), make([]int32, rows)
		if err := p.Reset(p.Schema, rows, 5); err != nil {
			t.Fatal(err)
		}
		if got := testing.AllocsPerRun(20, func() {
			if err := p.ActTo(dst, b); err != nil {
				t.Error(err)
			}
		}); got != 0 {
			t.Errorf("greedy %v: ActTo allocates %g times a call, want 0", greedy, got)
		}
	}
}

func TestPolicyErrors(t *testing.T) {
	p, b, dst := toyPolicy(true, 1), toyBatch(3), make([]int32, 3)
	want := func(err error, text string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("error %v, want one with %q", err, text)
		}
	}
	want(p.ActTo(dst, b), "before Reset")
	other := schema(5, 4)
	other.Fields[2].Scale = 3
	want(p.Reset(other, 3, 1), "trained under schema")
	if err := p.Reset(p.Schema, 3, 1); err != nil {
		t.Fatal(err)
	}
	want(p.ActTo(dst[:2], b), "2 rows after a Reset for 3")
	want(p.ActTo(dst, toyBatch(2)), "batch buffer Obs")
	copy(b.Mask[4:8], make([]bool, 4))
	want(p.ActTo(dst, b), "row 1: the mask allows no action")
	b = toyBatch(3)
	b.Obs[10] = float32(math.NaN())
	want(p.ActTo(dst, b), "row 2")
	p.Actor.W[0][0] = float32(math.Inf(1))
	want(p.Reset(p.Schema, 3, 1), "not finite")
	want((&Policy{}).Check(), "without a network")
	want((&Policy{Actor: New([]int{4, 4}, Tanh, 1, rng.Root(1)), Schema: schema(5, 4)}).Check(), "4 inputs, its schema 5 fields")
	want((&Policy{Actor: New([]int{5, 3}, Tanh, 1, rng.Root(1)), Schema: schema(5, 4)}).Check(), "3 outputs, its schema 4 actions")
}

func TestArgmax(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		logits []float32
		mask   []bool
		want   int
	}{
		{[]float32{1, 3, 2}, []bool{true, true, true}, 1},
		{[]float32{1, 3, 2}, []bool{true, false, true}, 2},
		{[]float32{3, 3, 3}, []bool{false, true, true}, 1},
		{[]float32{3, 3, 3}, []bool{false, false, false}, -1},
		{[]float32{1, nan, 2}, []bool{true, true, true}, -1},
		{[]float32{1, nan, 2}, []bool{true, false, true}, 2},
	} {
		if got := Argmax(c.logits, c.mask); got != c.want {
			t.Errorf("Argmax(%v, %v) = %d, want %d", c.logits, c.mask, got, c.want)
		}
	}
}

func TestSampleFollowsTheMaskedSoftmax(t *testing.T) {
	logits := []float32{0, float32(math.Log(2)), 50, float32(math.Log(5))}
	mask := []bool{true, true, false, true}
	prob := []float64{1. / 8, 2. / 8, 0, 5. / 8}
	const draws = 40000
	counts := make([]int, 4)
	for i := range draws {
		a, lp := Sample(logits, mask, rng.Root(1).Float64(uint64(i)))
		counts[a]++
		if math.Abs(lp-math.Log(prob[a])) > 1e-6 {
			t.Fatalf("log probability of action %d is %g, want %g", a, lp, math.Log(prob[a]))
		}
	}
	for a, p := range prob {
		if sd := math.Sqrt(draws * p * (1 - p)); math.Abs(float64(counts[a])-draws*p) > 4*sd {
			t.Errorf("action %d drawn %d times, want %g within 4 x %.1f", a, counts[a], draws*p, sd)
		}
	}
	// The ends of u, and a logit so low that its probability is zero.
	if a, _ := Sample(logits, mask, 1e-17); a != 0 {
		t.Errorf("u near 0 draws action %d, want 0", a)
	}
	if a, _ := Sample(logits, mask, 1-1e-17); a != 3 {
		t.Errorf("u near 1 draws action %d, want 3", a)
	}
	if a, lp := Sample([]float32{0, -1e9}, []bool{true, true}, 1); a != 0 || lp != 0 {
		t.Errorf("an impossible action: drew %d with log probability %g, want 0 and 0", a, lp)
	}
	inf := float32(math.Inf(1))
	if a, _ := Sample([]float32{0, inf}, []bool{true, true}, 0.5); a != -1 {
		t.Errorf("an infinite logit draws %d, want -1", a)
	}
}

func BenchmarkAct(b *testing.B) {
	for _, c := range []struct {
		name   string
		greedy bool
	}{{"greedy", true}, {"sampled", false}} {
		b.Run(c.name, func(b *testing.B) {
			const rows = 16384
			s := schema(24, 8)
			p := &Policy{Actor: New([]int{24, 64, 64, 8}, Tanh, 1, rng.Root(1)), Schema: s, Greedy: c.greedy, Workers: 2}
			batch := &env.Batch{Obs: noise(rows*24, rng.Root(2)), Mask: slices.Repeat([]bool{true}, rows*8), Reward: make([]float32, rows),
				Terminated: make([]bool, rows), Truncated: make([]bool, rows), FinalObs: make([]float32, rows*24)}
			if err := p.Reset(s, rows, 1); err != nil {
				b.Fatal(err)
			}
			dst := make([]int32, rows)
			b.ReportAllocs()
			for b.Loop() {
				if err := p.ActTo(dst, batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "decisions/s")
		})
	}
}
