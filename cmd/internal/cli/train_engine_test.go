package cli

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"hibernet/agents/ppo"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/scenarios"
)

// TestShardedTrainingResumes holds a training of three shards to the same bytes
// for any number of workers and after an interruption.
func TestShardedTrainingResumes(t *testing.T) {
	s := newShell(t)
	args := []string{"train", "tiny", "--algo", "ppo-lagrangian", "--set", "ppo.iterations=3", "--set", "ppo.shards=3",
		"--set", "randomise.growth={min: 0.5, max: 2}"}
	s.do(append(args, "--workers", "1", "--out", "straight")...)
	s.interruptAt(func() bool { return s.exists("broken/" + checkpointFile) })
	s.try(append(args, "--workers", "3", "--out", "broken")...)
	s.uninterrupted()
	s.do(append(args, "--workers", "2", "--out", "broken", "--resume")...)
	for _, name := range []string{policyFile, checkpointFile, historyFile, "episodes.parquet"} {
		if !bytes.Equal(s.read("straight/"+name), s.read("broken/"+name)) {
			t.Errorf("%s differs after the interruption", name)
		}
	}
	s.do("train", "tiny", "--algo", "coordinated", "--set", "ppo.iterations=4", "--set", "ppo.shards=2",
		"--set", "tandem.cell_turn=1", "--set", "tandem.coordinator_turn=1", "--out", "two-levels")
}

// TestShardsPlayedByAWorker holds what a worker plays, two shards at a time and
// of two trainings in turn, to what is played where the learner is.
func TestShardsPlayedByAWorker(t *testing.T) {
	ctx, io := context.Background(), newShell(t).io
	sc, err := io.loadScenario("tiny", []string{"ppo.iterations=2", "ppo.shards=2", "ppo.horizon=24"})
	if err != nil {
		t.Fatal(err)
	}
	world, err := (&setup{workers: 2}).build(ctx, io, sc)
	if err != nil {
		t.Fatal(err)
	}
	players := &shardPlayers{io: io, slots: 2}
	worker := func(ctx context.Context, order []byte, shards int, take func(int, []byte) error) error {
		list, faults := make([][]byte, shards), make([]error, shards)
		var wait sync.WaitGroup
		for i := range shards {
			wait.Go(func() { list[i], faults[i] = players.play(ctx, order, i) })
		}
		wait.Wait()
		for i := range shards {
			if faults[i] != nil {
				return faults[i]
			}
			if err := take(i, list[i]); err != nil {
				return err
			}
		}
		return nil
	}
	gather, err := io.gatherer(worker, sc)
	if err != nil {
		t.Fatal(err)
	}
	judge := newJudge(world, 2)
	learner := func(algo string, gather ppo.Gather) train.Learner {
		limits, err := judge.learnedUnder(ctx, algo)
		if err != nil {
			t.Fatal(err)
		}
		l, err := newLearner(algo, sc, func(uint64) (env.Environment, error) {
			e, err := judge.learning(limits).Environment(scenarios.Train, nil, func(*sleep.Moment) error { return nil })
			return e, err
		}, learnerOptions{workers: 2, limits: limits, gather: gather})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for range 2 {
		for _, algo := range []string{algoPPO, algoLagrangian} {
			here, there := learner(algo, nil), learner(algo, gather)
			for n := range 2 {
				a, err := here.Iterate(ctx)
				if err != nil {
					t.Fatal(err)
				}
				b, err := there.Iterate(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if a.Return != b.Return || !slices.Equal(a.Figures, b.Figures) || !slices.Equal(a.Learning, b.Learning) {
					t.Errorf("%s: iteration %d:\n%+v here\n%+v by a worker", algo, n, a, b)
				}
			}
			if n := len(players.idle); n < 1 || n > 2 {
				t.Errorf("%s: the worker keeps %d environments, want one a slot at most", algo, n)
			}
			a, err := here.Checkpoint().Encode()
			if err != nil {
				t.Fatal(err)
			}
			if b, err := there.Checkpoint().Encode(); err != nil || !bytes.Equal(a, b) {
				t.Errorf("%s: another checkpoint by a worker (%v)", algo, err)
			}
		}
	}
	_, err = players.play(ctx, []byte(`{"name":"tiny","scenario":"name: tiny"}`), 0)
	if err == nil || !strings.Contains(err.Error(), "checkpoint") {
		t.Errorf("an order without a state: error %v", err)
	}
}

func TestTrainEngineFlags(t *testing.T) {
	s := newShell(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--engine", "slurm"}, `--engine: "slurm" is not known`},
		{[]string{"--blobs", "file:///tmp/x"}, "--address and --blobs are for --engine temporal"},
		{[]string{"--engine", "temporal", "--blobs", "mem://"}, "--address: must be the HOST:PORT"},
		{[]string{"--engine", "temporal", "--address", "localhost:1", "--blobs", "mem://", "--algo", "dqn"}, "--engine: temporal is for --algo ppo and ppo-lagrangian"},
	} {
		o := s.try(append([]string{"train", "tiny"}, c.args...)...)
		if o.code != ExitUsage {
			t.Errorf("%v: exit code %d", c.args, o.code)
		}
		contains(t, o.err, c.want)
	}
}
