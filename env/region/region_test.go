package region_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hibernet/env"
	"hibernet/env/envtest"
	"hibernet/env/region"
	"hibernet/sim/rng"
)

// dice is a policy that draws among the allowed actions.
type dice struct {
	key   rng.Key
	step  uint64
	width int
}

func (d *dice) Reset(s env.Schema, _ int, seed uint64) error {
	d.key, d.step, d.width = rng.Root(seed), 0, len(s.Actions)
	return nil
}

func (d *dice) ActTo(dst []int32, b *env.Batch) error {
	key := d.key.At(d.step)
	d.step++
	for row := range dst {
		mask := b.Mask[row*d.width : (row+1)*d.width]
		a := int(key.Uint64(uint64(row)) % uint64(d.width))
		for !mask[a] {
			a = (a + 1) % d.width
		}
		dst[row] = int32(a)
	}
	return nil
}

func spec(rows int) region.Spec {
	return region.Spec{Rows: rows, DecideS: 900, Levels: 3, Mean: []string{"demand_low", "awake_a"}, Max: []string{"awake_b"}}
}

// TestBothSidesKeepTheContract has the contract checker play both environments
// around the toy of two cells, whose masks and horizon are not trivial: 24
// steps, which 5 does not divide.
func TestBothSidesKeepTheContract(t *testing.T) {
	for _, workers := range []int{1, 3} {
		for name, mk := range map[string]func() (env.Environment, error){
			"cells": func() (env.Environment, error) {
				toy, err := envtest.NewTwoCellsGuarded(10)
				if err != nil {
					return nil, err
				}
				return region.NewCells(toy, spec(4), &dice{}, 5, workers)
			},
			"regions": func() (env.Environment, error) {
				toy, err := envtest.NewTwoCellsGuarded(10)
				if err != nil {
					return nil, err
				}
				return region.NewRegions(toy, spec(4), &dice{}, 5, workers)
			},
		} {
			if err := envtest.Check(mk, envtest.Options{Seed: 3, Low: -1.5, High: 1.5}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// plain is an inner environment of two columns and one action whose
// observations are row+10*step and 1, and whose rewards are the row.
type plain struct {
	rows, steps, step int
	actions           []int32
}

func (p *plain) Schema() env.Schema {
	return env.Schema{Environment: "plain", Version: 2,
		Fields:  []env.Field{{Name: "load", Unit: "1", Scale: 1}, {Name: "one", Unit: "1", Scale: 1}},
		Actions: []env.Action{{Name: "stay"}, {Name: "go"}},
		Guards:  []env.Guard{{Name: "steps", Unit: "1"}, {Name: "rows", Unit: "1"}}}
}
func (p *plain) Rows() int                             { return p.rows }
func (p *plain) ResetMode() env.ResetMode              { return env.Disabled }
func (p *plain) Figures(dst []env.Figure) []env.Figure { return dst }
func (p *plain) Reset(_ *uint64, b *env.Batch) error   { p.step = 0; p.write(b); return nil }
func (p *plain) Step(actions []int32, b *env.Batch) error {
	p.step++
	p.actions = append(p.actions[:0], actions...)
	p.write(b)
	return nil
}
func (p *plain) write(b *env.Batch) {
	for r := range p.rows {
		b.Obs[2*r], b.Obs[2*r+1], b.Reward[r] = float32(r+10*p.step), 1, float32(r)
		b.Mask[2*r], b.Mask[2*r+1] = true, true
		b.Terminated[r] = p.step == p.steps
		if len(b.Cost) > 0 {
			b.Cost[2*r], b.Cost[2*r+1] = float32(p.step), float32(r)
		}
	}
}

// follow notes what rows see and goes where the target is high.
type follow struct{ seen [][]float32 }

func (f *follow) Reset(env.Schema, int, uint64) error { return nil }
func (f *follow) ActTo(dst []int32, b *env.Batch) error {
	f.seen = append(f.seen, slices.Clone(b.Obs))
	for row := range dst {
		dst[row] = 0
		if b.Obs[3*row+2] > 0 {
			dst[row] = 1
		}
	}
	return nil
}

// TestRegionsByHand: 5 rows in regions of 2, 2 and 1.
func TestRegionsByHand(t *testing.T) {
	inner, rows := &plain{rows: 5, steps: 5}, &follow{}
	e, err := region.NewRegions(inner, region.Spec{Rows: 2, DecideS: 1, Levels: 3, Mean: []string{"load"}, Max: []string{"load", "one"}}, rows, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, seed := env.NewBatch(e), uint64(1)
	if err := e.Reset(&seed, b); err != nil {
		t.Fatal(err)
	}
	want := func(what string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	want("rows", e.Rows(), 3)
	want("environment", e.Schema().Environment, "plain_regions")
	// mean and largest load, largest one, the middle target.
	want("first observation", b.Obs, []float32{0.5, 1, 1, 0, 2.5, 3, 1, 0, 4, 4, 1, 0})
	if err := e.Step([]int32{0, 2, 1}, b); err != nil {
		t.Fatal(err)
	}
	want("observation", b.Obs, []float32{20.5, 21, 1, -1, 22.5, 23, 1, 1, 24, 24, 1, 0})
	want("reward of two steps", b.Reward, []float32{1, 5, 8})
	want("cost, the mean of two steps", b.Cost, []float32{1.5, 0.5, 1.5, 2.5, 1.5, 4})
	want("what the rows saw", rows.seen, [][]float32{
		{0, 1, -1, 1, 1, -1, 2, 1, 1, 3, 1, 1, 4, 1, 0}, {10, 1, -1, 11, 1, -1, 12, 1, 1, 13, 1, 1, 14, 1, 0},
	})
	want("what they did", inner.actions, []int32{0, 0, 1, 1, 0})
	for range 2 {
		if err := e.Step([]int32{0, 0, 0}, b); err != nil {
			t.Fatal(err)
		}
	}
	want("ended", b.Terminated, []bool{true, true, true})
	want("reward of the one step that was left", b.Reward, []float32{0.5, 2.5, 4})
	want("cost of it", b.Cost, []float32{5, 0.5, 5, 2.5, 5, 4})
	if err := e.Step([]int32{0, 0, 0}, b); !errors.Is(err, env.ErrEpisodeOver) {
		t.Errorf("error %v after the end", err)
	}
	if err := e.Reset(&seed, b); err != nil {
		t.Fatal(err)
	}
	if err := e.Step([]int32{0, 3, 0}, b); !errors.Is(err, env.ErrMasked) {
		t.Errorf("error %v for a level that there is not", err)
	}
}

// TestTargetsAreHeldBetweenDecisions: the coordinator is asked at steps 0, 3, 6.
func TestTargetsAreHeldBetweenDecisions(t *testing.T) {
	inner, levels := &plain{rows: 4, steps: 8}, &counting{}
	e, err := region.NewCells(inner, region.Spec{Rows: 2, DecideS: 1, Levels: 5, Mean: []string{"load"}}, levels, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, seed := env.NewBatch(e), uint64(1)
	if err := e.Reset(&seed, b); err != nil {
		t.Fatal(err)
	}
	targets := []float32{b.Obs[2]}
	for range 7 {
		if err := e.Step([]int32{0, 0, 0, 0}, b); err != nil {
			t.Fatal(err)
		}
		targets = append(targets, b.Obs[2])
	}
	if want := []float32{-0.5, -0.5, -0.5, 0, 0, 0, 0.5, 0.5}; !slices.Equal(targets, want) {
		t.Errorf("targets %v, want %v", targets, want)
	}
}

// counting sets one level more at each decision.
type counting struct{ n int32 }

func (c *counting) Reset(env.Schema, int, uint64) error { c.n = 0; return nil }
func (c *counting) ActTo(dst []int32, _ *env.Batch) error {
	c.n++
	for i := range dst {
		dst[i] = c.n
	}
	return nil
}

func TestMapAllocatesNothingAndIgnoresWorkers(t *testing.T) {
	const rows = 5000
	toy, err := envtest.NewTwoCells(rows)
	if err != nil {
		t.Fatal(err)
	}
	s := toy.Schema()
	obs := make([]float32, rows*len(s.Fields))
	key := rng.Root(4)
	for i := range obs {
		obs[i] = float32(key.Norm(uint64(i)))
	}
	var want []float32
	for _, workers := range []int{1, 4} {
		m, err := region.NewMap(s, rows, spec(7), workers)
		if err != nil {
			t.Fatal(err)
		}
		level := make([]int32, m.Regions())
		seen, told := make([]float32, m.Regions()*len(m.Schema().Fields)), make([]float32, rows*len(m.RowSchema().Fields))
		m.SeeTo(seen, obs, level)
		m.TellTo(told, obs, level)
		got := append(seen, told...)
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("with %d workers other bits", workers)
		}
		if workers == 1 {
			if n := testing.AllocsPerRun(10, func() { m.SeeTo(seen, obs, level); m.TellTo(told, obs, level) }); n != 0 {
				t.Errorf("%g allocations", n)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	toy, err := envtest.NewTwoCells(10)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*region.Spec)
		want   string
	}{
		{func(s *region.Spec) { s.Rows = 0 }, "rows: must be in 1..10000000, got 0"},
		{func(s *region.Spec) { s.DecideS = 0 }, "decide_s: must be in [1, 604800] s, got 0"},
		{func(s *region.Spec) { s.Levels = 1 }, "levels: must be in 2..64, got 1"},
		{func(s *region.Spec) { s.Mean = nil }, "mean: must name at least one column"},
		{func(s *region.Spec) { s.Max = []string{"awake_a", "awake_a"} }, `max[1]: column "awake_a" is listed twice`},
		{func(s *region.Spec) { s.Mean = []string{"nothing"} }, `mean[0]: no observation column is called "nothing"`},
	} {
		s := spec(4)
		c.change(&s)
		if _, err := region.NewCells(toy, s, &dice{}, 4, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	if _, err := region.NewRegions(toy, spec(4), &dice{}, 0, 1); err == nil {
		t.Error("a hold of 0 steps passes")
	}
	if _, err := region.NewCells(env.AutoReset(toy, env.SameStep), spec(4), &dice{}, 1, 1); err == nil {
		t.Error("an environment that resets itself passes")
	}
	if n, err := spec(4).Hold(300); n != 3 || err != nil {
		t.Errorf("900 s are %d intervals of 300 s, error %v", n, err)
	}
	if _, err := spec(4).Hold(700); err == nil {
		t.Error("900 s pass as a whole number of intervals of 700 s")
	}
}
