package hierarchy_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"hibernet/agents"
	"hibernet/agents/hierarchy"
	"hibernet/agents/mlp"
	"hibernet/env"
	"hibernet/env/envtest"
	"hibernet/env/region"
	"hibernet/sim/rng"
)

var regions = region.Spec{Rows: 8, DecideS: 900, Levels: 3, Mean: []string{"demand_low", "demand_high"}, Max: []string{"awake_b"}}

func toy(t *testing.T, rows int) *envtest.Toy {
	t.Helper()
	e, err := envtest.NewTwoCells(rows)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// newPair returns a pair with random weights, large enough that the target
// matters.
func newPair(t *testing.T) *hierarchy.Policy {
	t.Helper()
	m, err := region.NewMap(toy(t, 30).Schema(), 30, regions, 1)
	if err != nil {
		t.Fatal(err)
	}
	level := func(name string, s env.Schema) *mlp.Policy {
		net := mlp.New([]int{len(s.Fields), 8, len(s.Actions)}, mlp.Tanh, 3, rng.Root(7).Named(name))
		return &mlp.Policy{Actor: net, Schema: s, Label: name, Greedy: true, Workers: 1}
	}
	return &hierarchy.Policy{Label: "pair", Regions: regions, Hold: 4, Cells: level("cells", m.RowSchema()), Coordinator: level("coordinator", m.Schema())}
}

// TestPairActsAsItsPartsDo plays the pair in the toy, and its cells' policy in
// the toy with the coordinator in it: the same return.
func TestPairActsAsItsPartsDo(t *testing.T) {
	p, seed := newPair(t), uint64(3)
	got, err := agents.Rollout(context.Background(), toy(t, 30), p, env.NewBatch(toy(t, 30)), &seed)
	if err != nil {
		t.Fatal(err)
	}
	parts := newPair(t)
	e, err := region.NewCells(toy(t, 30), regions, parts.Coordinator, parts.Hold, 1)
	if err != nil {
		t.Fatal(err)
	}
	want, err := agents.Rollout(context.Background(), e, parts.Cells, env.NewBatch(e), &seed)
	if err != nil {
		t.Fatal(err)
	}
	if got.Return != want.Return {
		t.Errorf("return %v, its parts come to %v", got.Return, want.Return)
	}
	constant := newPair(t)
	for _, b := range constant.Coordinator.Actor.B[1:] {
		b[2] = 100 // the highest target, whatever it sees
	}
	other, err := agents.Rollout(context.Background(), toy(t, 30), constant, env.NewBatch(toy(t, 30)), &seed)
	if err != nil {
		t.Fatal(err)
	}
	if other.Return == got.Return {
		t.Error("the coordinator makes no difference")
	}
}

func TestWorkersChangeNothing(t *testing.T) {
	var want agents.Result
	for _, workers := range []int{1, 3} {
		p, seed := newPair(t), uint64(3)
		p.SetWorkers(workers)
		got, err := agents.Rollout(context.Background(), toy(t, 3000), p, env.NewBatch(toy(t, 3000)), &seed)
		if err != nil {
			t.Fatal(err)
		}
		if want.Steps != 0 && got.Return != want.Return {
			t.Errorf("%d workers: return %v, one: %v", workers, got.Return, want.Return)
		}
		want = got
	}
}

func TestActToAllocatesNothing(t *testing.T) {
	p, e, seed := newPair(t), toy(t, 30), uint64(3)
	b, actions := env.NewBatch(e), make([]int32, 30)
	if err := e.Reset(&seed, b); err != nil {
		t.Fatal(err)
	}
	if err := p.Reset(e.Schema(), 30, 1); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(20, func() {
		if err := p.ActTo(actions, b); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestFileHoldsBoth(t *testing.T) {
	p := newPair(t)
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !hierarchy.IsFile(data) {
		t.Error("the file is not known again")
	}
	back, err := hierarchy.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.Encode()
	if err != nil || !slices.Equal(data, again) {
		t.Errorf("read and written again it differs (error %v)", err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"version": 1,`, `"version": 2,`, "version: this program reads 1, got 2"},
		{`"hold_steps": 4`, `"hold_steps": 0`, "hold_steps: must be at least 1"},
		{`"Levels": 3`, `"Levels": 1`, "levels: must be in"},
		{`"hold_steps"`, `"held"`, "unknown field"},
		{`"demand_high"`, `"demand_higher"`, "cells: mlp: policy file: schema_hash"},
	} {
		text := strings.Replace(string(data), c.old, c.new, 1)
		if c.old == `"demand_high"` {
			text = strings.ReplaceAll(string(data), c.old, c.new)
		}
		if _, err := hierarchy.Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.new, err, c.want)
		}
	}
	single, err := p.Cells.Encode()
	if err != nil || hierarchy.IsFile(single) {
		t.Errorf("a policy file of one network passes for a pair (error %v)", err)
	}
}

func TestResetRefusesAnotherSchema(t *testing.T) {
	e, err := envtest.NewMask(5)
	if err != nil {
		t.Fatal(err)
	}
	if err := newPair(t).Reset(e.Schema(), 5, 1); err == nil {
		t.Error("a schema without the columns passes")
	}
	p := newPair(t)
	p.Cells.Schema.Version = 9
	if err := p.Reset(toy(t, 5).Schema(), 5, 1); err == nil || !strings.Contains(err.Error(), "hierarchy: cells") {
		t.Errorf("error %v", err)
	}
}
