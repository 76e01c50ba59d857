package ppo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hibernet/agents/train"
	"hibernet/env"
)

// sharded is a short training of three shards under a limit that binds.
func sharded(t testing.TB) (Spec, []train.Limit) {
	t.Helper()
	toy, err := guardedCells(1)
	if err != nil {
		t.Fatal(err)
	}
	spec := shortSpec()
	spec.Shards, spec.Iterations = 3, 4
	return spec, limitOf(toy, 1e-3)
}

// states trains and returns the checkpoint after each iteration.
func states(t *testing.T, spec Spec, opt Options) [][]byte {
	t.Helper()
	var list [][]byte
	opt.Checkpoint = func(c *Checkpoint) error {
		text, err := c.Encode()
		list = append(list, text)
		return err
	}
	if _, err := Train(context.Background(), spec, guardedCells.make(100), opt); err != nil {
		t.Fatal(err)
	}
	return list
}

// players returns a Gather with two players, the last shard first, which know
// of a state only what is in its file.
func players(t *testing.T, of *Checkpoint) Gather {
	t.Helper()
	var list []*Player
	for workers := range 2 {
		p, err := NewPlayer(of, guardedCells.make(100), 1+workers)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return func(ctx context.Context, state *Checkpoint, shards int, take func(int, []byte) error) error {
		text, err := state.Encode()
		if err != nil {
			return err
		}
		for i := shards - 1; i >= 0; i-- {
			state, err := DecodeCheckpoint(text)
			if err != nil {
				return err
			}
			data, err := list[i%2].Play(ctx, state, i)
			if err != nil {
				return err
			}
			if err := take(i, data); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestShardsAreTheSameWhereverTheyArePlayed(t *testing.T) {
	spec, limits := sharded(t)
	for _, training := range []struct {
		spec   Spec
		limits []train.Limit
	}{{spec, nil}, {spec, limits}, {sharing(spec), nil}, {sharing(spec), limits}} {
		spec, limits := training.spec, training.limits
		want := states(t, spec, Options{Seed: 5, Workers: 1, Limits: limits})
		first, err := DecodeCheckpoint(want[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name string
			opt  Options
			from int
		}{
			{"two workers", Options{Workers: 2}, 0},
			{"seven workers", Options{Workers: 7}, 0},
			{"resumed", Options{Workers: 2, Resume: first}, 1},
			{"played elsewhere", Options{Workers: 1, Gather: players(t, first)}, 0},
			{"resumed elsewhere", Options{Workers: 1, Resume: first, Gather: players(t, first)}, 1},
		} {
			c.opt.Seed, c.opt.Limits = 5, limits
			if got := states(t, spec, c.opt); !slices.EqualFunc(got, want[c.from:], bytes.Equal) {
				t.Errorf("%s, %d limits, shared trunk %v: other checkpoints", c.name, len(limits), spec.SharedTrunk)
			}
		}
	}
}

// experienceOf plays the first iteration of a training, and returns the
// learner that has it.
func experienceOf(t testing.TB, spec Spec, limits []train.Limit) *learner {
	t.Helper()
	l, err := newLearner(spec, guardedCells.make(100), Options{Seed: 5, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.gather(context.Background()); err != nil {
		t.Fatal(err)
	}
	return l
}

// The first shard is the rollout of a training with one, the others are other
// episodes, and no return crosses from one into the next.
func TestShardsAreEpisodesOfTheirOwn(t *testing.T) {
	spec, limits := sharded(t)
	spec.RewardScale, spec.Horizon = 1, 20 // the toy's episodes have 24 steps: none ends
	one := spec
	one.Shards = 1
	l := experienceOf(t, spec, limits)
	first, second, third := l.x.part(0, 3), l.x.part(1, 3), l.x.part(2, 3)
	if alone := experienceOf(t, one, limits).x; !reflect.DeepEqual(first.rollout, alone.rollout) {
		t.Error("the first shard is not the rollout of a training with one")
	}
	if slices.Equal(first.obs, second.obs) || slices.Equal(second.obs, third.obs) {
		t.Error("two shards are of the same episode")
	}
	n := len(l.x.action)
	adv, returns := make([]float32, n), make([]float32, n)
	l.x.returnsTo(adv, returns, spec.Gamma, spec.Lambda)
	partAdv, partReturns := make([]float32, n/3), make([]float32, n/3)
	for i := range 3 {
		l.x.part(i, 3).returnsTo(partAdv, partReturns, spec.Gamma, spec.Lambda)
		if !slices.Equal(block(returns, i, 3), partReturns) || !slices.Equal(block(adv, i, 3), partAdv) {
			t.Errorf("shard %d: returns that depend on another shard", i)
		}
	}
	if l.played.rows != 300 || l.played.episodes != 0 || l.played.ended != 3 || n != 3*20*90 {
		t.Errorf("%d row-steps, %+v", n, l.played)
	}
}

func TestTallyByHand(t *testing.T) {
	got := tallyOf([]tally{
		{total: 1, finished: 2, episodes: 3, rows: 4, limited: []float64{5}, ended: 1, figures: []env.Figure{{Name: "a", Value: 1}, {Name: "b", Value: 2}}},
		{total: 10, finished: 20, episodes: 30, rows: 4, limited: []float64{50}, ended: 2, figures: []env.Figure{{Name: "b", Value: 4}, {Name: "c", Value: 7}}},
	})
	want := tally{total: 11, finished: 22, episodes: 33, rows: 8, limited: []float64{55}, ended: 3,
		figures: []env.Figure{{Name: "a", Value: 1}, {Name: "b", Value: 3}, {Name: "c", Value: 7}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestPlayerRefuses(t *testing.T) {
	spec, limits := sharded(t)
	state := func(spec Spec, limits []train.Limit) *Checkpoint {
		l, err := newLearner(spec, guardedCells.make(100), Options{Seed: 5, Limits: limits})
		if err != nil {
			t.Fatal(err)
		}
		return l.checkpoint()
	}
	p, err := NewPlayer(state(spec, limits), guardedCells.make(100), 1)
	if err != nil {
		t.Fatal(err)
	}
	other := spec
	other.Gamma = 0.5
	for _, c := range []struct {
		state *Checkpoint
		shard int
		want  string
	}{
		{state(other, limits), 0, "gamma: "},
		{state(spec, nil), 0, "limits: "},
		{state(spec, limits), 3, "shard 3 of 3"},
	} {
		if _, err := p.Play(context.Background(), c.state, c.shard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	gather := func(_ context.Context, _ *Checkpoint, _ int, take func(int, []byte) error) error { return nil }
	_, err = Train(context.Background(), spec, guardedCells.make(100), Options{Seed: 5, Gather: gather})
	if err == nil || !strings.Contains(err.Error(), "shard 0 was not played") {
		t.Errorf("nobody played: error %v", err)
	}
}

// smallShard returns a shard that travels, with room for one of its shape.
func smallShard(t testing.TB) ([]byte, *experience) {
	t.Helper()
	spec, limits := sharded(t)
	spec.Horizon, spec.RowsPerUpdate = 3, 2
	l := experienceOf(t, spec, limits)
	played := l.played
	played.limited = []float64{math.NaN()} // need not be finite
	data, err := l.x.part(1, 3).encode(shardID{7, 1}, played)
	if err != nil {
		t.Fatal(err)
	}
	return data, l.collect.experience(1)
}

// resummed returns data with the checksum that it should have.
func resummed(data []byte) []byte {
	body := data[:max(len(data)-sha256.Size, 0)]
	sum := sha256.Sum256(body)
	return append(bytes.Clone(body), sum[:]...)
}

func TestShardTravels(t *testing.T) {
	data, room := smallShard(t)
	id := shardID{7, 1}
	played, err := room.decode(id, data)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := room.encode(id, played); err != nil || !bytes.Equal(again, data) {
		t.Errorf("other bytes after a round trip (%v)", err)
	}
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1
		if _, err := room.decode(id, bad); err == nil {
			t.Fatalf("byte %d of %d changed: no error", i, len(data))
		}
	}
	line := bytes.IndexByte(data, '\n')
	foreign := bytes.Clone(data)
	foreign[line+1+8*(2+len(room.costs))+4*len(room.obs)+4*len(room.offset)+len(room.forced)] = 9
	for _, c := range []struct {
		name string
		id   shardID
		data []byte
		want string
	}{
		{"empty", id, nil, "damaged"},
		{"half", id, data[:len(data)/2], "damaged"},
		{"another shard", shardID{7, 2}, data, "want {Format:"},
		{"another iteration", shardID{6, 1}, data, "want {Format:"},
		{"no line", id, resummed(data[:line/2+sha256.Size]), "EOF"},
		{"short", id, resummed(data[:len(data)-1]), "too early"},
		{"long", id, resummed(append(bytes.Clone(data), 0)), "1 bytes too many"},
		{"action", id, resummed(foreign), "action[0]: allowed 0 to"},
	} {
		if _, err := room.decode(c.id, c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func FuzzDecodeShard(f *testing.F) {
	data, room := smallShard(f)
	f.Add(data)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		id := shardID{7, 1}
		for _, data := range [][]byte{data, resummed(data)} {
			played, err := room.decode(id, data)
			if err != nil {
				continue
			}
			text, err := room.encode(id, played)
			if err != nil {
				t.Fatal(err)
			}
			again, err := room.decode(id, text)
			if err != nil {
				t.Fatalf("encoded but not decoded: %v", err)
			}
			if more, err := room.encode(id, again); err != nil || !bytes.Equal(more, text) {
				t.Fatalf("encoding twice gives other bytes (%v)", err)
			}
		}
	})
}
