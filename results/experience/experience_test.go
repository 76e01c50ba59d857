package experience

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"hibernet/agents/replay"
	"hibernet/env"
	"hibernet/env/envtest"
	"hibernet/sim/rng"
)

// play plays some steps of a toy with random actions and gives its transitions
// to add; with w, into a log.
func play(t *testing.T, mk func(int) (*envtest.Toy, error), rows, steps int, w *bytes.Buffer, add func(replay.Transition)) env.Schema {
	t.Helper()
	toy, err := mk(rows)
	if err != nil {
		t.Fatal(err)
	}
	var e env.Environment = toy
	if w != nil {
		log, err := NewWriter(w, toy.Schema())
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
		}()
		if e, err = Record(toy, log); err != nil {
			t.Fatal(err)
		}
	}
	p, err := replay.NewPlayer(e, replay.Play{Horizon: steps, Steps: 1, Gamma: 0.9})
	if err != nil {
		t.Fatal(err)
	}
	width := len(toy.Schema().Actions)
	_, err = p.Play(context.Background(), rng.Root(3), func(dst []int32, b *env.Batch, key rng.Key) error {
		for row := range dst {
			dst[row] = int32(replay.Any(b.Mask[row*width:(row+1)*width], key.Float64(uint64(row))))
		}
		return nil
	}, add)
	if err != nil {
		t.Fatal(err)
	}
	return toy.Schema()
}

// flat is a transition whose slices are its own.
func flat(x replay.Transition) replay.Transition {
	x.Obs, x.Next, x.Cost = slices.Clone(x.Obs), slices.Clone(x.Next), append([]float32{}, x.Cost...)
	x.Mask, x.NextMask = slices.Clone(x.Mask), slices.Clone(x.NextMask)
	return x
}

func same(a, b replay.Transition) bool {
	return a.Action == b.Action && a.Reward == b.Reward && a.Discount == b.Discount && slices.Equal(a.Obs, b.Obs) &&
		slices.Equal(a.Mask, b.Mask) && slices.Equal(a.Cost, b.Cost) &&
		(a.Discount == 0 || slices.Equal(a.Next, b.Next) && slices.Equal(a.NextMask, b.NextMask))
}

// What is read from a log is to the bit what a learner would have remembered
// who was there, over many row groups, with ends of both kinds and episodes cut
// short.
func TestALogGivesTheTransitionsThatWerePlayed(t *testing.T) {
	for name, mk := range map[string]func(int) (*envtest.Toy, error){
		"two cells": envtest.NewTwoCellsGuarded, "mask": envtest.NewMask, "truncation": envtest.NewTruncation, "delay": envtest.NewDelay,
	} {
		var want []replay.Transition
		var text, again bytes.Buffer
		s := play(t, mk, 700, 60, &text, func(x replay.Transition) { want = append(want, flat(x)) })
		play(t, mk, 700, 60, &again, func(replay.Transition) {})
		if !bytes.Equal(text.Bytes(), again.Bytes()) {
			t.Errorf("%s: the same play gives other bytes", name)
		}
		log, err := Open(bytes.NewReader(text.Bytes()), int64(text.Len()), "x.parquet")
		if err != nil {
			t.Fatal(err)
		}
		if had, ok := log.Schema(); !ok || had.Hash() != s.Hash() || len(had.Guards) != len(s.Guards) {
			t.Errorf("%s: schema %+v", name, had)
		}
		i := 0
		sum, err := log.Read(s, 0.9, func(x replay.Transition) {
			if i < len(want) && !same(x, want[i]) {
				t.Fatalf("%s: transition %d: %+v, want %+v", name, i, x, want[i])
			}
			i++
		})
		// The end of a play that is no end of an episode has nothing after it.
		if err != nil || sum.Transitions != i || i+sum.Open != len(want) || sum.Open > 700 {
			t.Errorf("%s: %+v of %d transitions, error %v", name, sum, len(want), err)
		}
	}
}

// columnsOf are the values of a small log by name, written by write as an
// operator might.
type table map[string][]float64

func twoSteps() (env.Schema, table) {
	s := env.Schema{
		Environment: "x", Version: 1, Fields: []env.Field{{Name: "load", Scale: 1}},
		Actions: []env.Action{{Name: "on"}, {Name: "off"}}, Guards: []env.Guard{{Name: "lost"}},
	}
	return s, table{
		"episode": {0, 0, 0, 0}, "step": {0, 0, 1, 1}, "row": {4, 7, 4, 7}, "action": {0, 1, 1, -1}, "allowed": {3, 2, 2, 3},
		"reward": {1, 2, 3, 0}, "ended": {0, 2, 1, 0}, "obs_load": {0.1, 0.2, 0.3, 0.4}, "cost_lost": {0, 1, 0, 0},
	}
}

// write encodes a table with columns of 64 bits, optional as other programs
// make them; NaN is null.
func (x table) write(t *testing.T, meta ...string) []byte {
	t.Helper()
	group, n := parquet.Group{}, 0
	for name, v := range x {
		group[name], n = parquet.Optional(parquet.Leaf(parquet.DoubleType)), len(v)
		if whole(name) {
			group[name] = parquet.Optional(parquet.Int(64))
		}
	}
	schema := parquet.NewSchema("x", group)
	opts := []parquet.WriterOption{schema}
	for i := 0; i+1 < len(meta); i += 2 {
		opts = append(opts, parquet.KeyValueMetadata(meta[i], meta[i+1]))
	}
	var b bytes.Buffer
	w := parquet.NewWriter(&b, opts...)
	for i := range n {
		row := make(parquet.Row, len(x))
		for name, v := range x {
			leaf, _ := schema.Lookup(name)
			at := leaf.ColumnIndex
			switch {
			case math.IsNaN(v[i]):
				row[at] = parquet.NullValue().Level(0, 0, at)
			case whole(name):
				row[at] = parquet.Int64Value(int64(v[i])).Level(0, 1, at)
			default:
				row[at] = parquet.DoubleValue(v[i]).Level(0, 1, at)
			}
		}
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(data []byte, s env.Schema, add func(replay.Transition)) (Summary, error) {
	log, err := Open(bytes.NewReader(data), int64(len(data)), "own.parquet")
	if err != nil {
		return Summary{}, err
	}
	return log.Read(s, 0.5, add)
}

// A log of an operator's own: other widths, optional columns, no metadata. Row
// 4 goes from 0.1 by on to 0.3 and ends by off; row 7 is cut after its step.
func TestAnOperatorsLogByHand(t *testing.T) {
	s, x := twoSteps()
	var got []replay.Transition
	sum, err := read(x.write(t), s, func(x replay.Transition) { got = append(got, flat(x)) })
	if err != nil || sum.Records != 4 || sum.Episodes != 1 || sum.Open != 0 || !slices.Equal(sum.Actions, []int{1, 2}) {
		t.Fatalf("%+v, error %v", sum, err)
	}
	both, off := []bool{true, true}, []bool{false, true}
	for i, want := range []replay.Transition{
		{Obs: []float32{0.1}, Mask: both, Action: 0, Reward: 1, Cost: []float32{0}, Discount: 0.5, Next: []float32{0.3}, NextMask: off},
		{Obs: []float32{0.2}, Mask: off, Action: 1, Reward: 2, Cost: []float32{1}, Discount: 0.5, Next: []float32{0.4}, NextMask: both},
		{Obs: []float32{0.3}, Mask: off, Action: 1, Reward: 3, Cost: []float32{0}, Discount: 0},
	} {
		if i >= len(got) || !same(got[i], want) {
			t.Errorf("transition %d: %+v, want %+v", i, got, want)
		}
	}
	// A gap in the steps, or in the rows, is no transition.
	x["step"] = []float64{0, 0, 2, 2}
	if sum, err := read(x.write(t), s, func(replay.Transition) {}); err != nil || sum.Open != 2 || sum.Transitions != 1 {
		t.Errorf("a gap: %+v, error %v", sum, err)
	}
}

func TestFaultsNameFileColumnAndValue(t *testing.T) {
	s, _ := twoSteps()
	set := func(name string, i int, v float64) func(table) { return func(x table) { x[name][i] = v } }
	for _, c := range []struct {
		change func(table)
		want   string
	}{
		{set("action", 1, 2), "own.parquet: record 1: column action: allowed -1 to 1, got 2"},
		{set("action", 1, 0), "record 1: column action: 0 is not allowed by column allowed, which is 10 in bits"},
		{set("allowed", 2, 0), "record 2: column allowed: allowed 1 to 3, got 0"},
		{set("ended", 0, 3), "column ended: allowed 0 to 2, got 3"},
		{set("ended", 3, 1), "record 3: column ended: allowed 0 without an action, got 1"},
		{set("ended", 0, 1), "column action: row 4 ended in episode 0 at step 0, so at step 1 it is allowed -1, got 1"},
		{set("row", 1, 4), "record 1: column row: allowed above 4, that of the record before, got 4"},
		{set("row", 1, -1), "column row: allowed 0 to"},
		{set("step", 0, 1), "record 1: column step: episode 0 step 0 comes after episode 0 step 1"},
		{set("episode", 0, 1), "comes after episode 1 step 0"},
		{set("reward", 2, math.Inf(1)), "record 2: column reward: allowed "},
		{set("obs_load", 2, math.NaN()), "record 2: column obs_load: is null, want a number"},
		{set("cost_lost", 2, -1), "column cost_lost: allowed 0 to"},
		{func(x table) { delete(x, "cost_lost") }, "own.parquet: column cost_lost: is missing"},
		{func(x table) { x["obs_laod"] = x["obs_load"] }, "column obs_laod: is not known, allowed: episode, step,"},
	} {
		_, x := twoSteps()
		c.change(x)
		if _, err := read(x.write(t), s, func(replay.Transition) {}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	_, x := twoSteps()
	other := s
	other.Version = 2
	text, err := json.Marshal(other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(x.write(t, metaSchema, string(text)), s, nil); err == nil || !strings.Contains(err.Error(), "the log was made under") {
		t.Errorf("another schema: error %v", err)
	}
	if _, err := read(x.write(t, metaVersion, "7"), s, nil); err == nil || !strings.Contains(err.Error(), `this program reads 1, got "7"`) {
		t.Errorf("another version: error %v", err)
	}
	whole := x.write(t)
	for n := range whole {
		if _, err := read(whole[:n], s, func(replay.Transition) {}); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a log", n, len(whole))
		}
	}
}

// FuzzRead holds the reader to an error, and never a panic, on bytes that are
// no log.
func FuzzRead(f *testing.F) {
	s, x := twoSteps()
	f.Add(x.write(&testing.T{}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip()
		}
		_, _ = read(data, s, func(x replay.Transition) {
			if len(x.Obs) != 1 || len(x.Mask) != 2 || !x.Mask[x.Action] {
				t.Errorf("%+v", x)
			}
		})
	})
}
