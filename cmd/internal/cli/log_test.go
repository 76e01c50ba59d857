package cli

import (
	"bytes"
	"strings"
	"testing"
)

// TestLearningFromALog holds a log of a run to being learned from without the
// simulator, by both algorithms, to the same bytes after an interruption, and
// the policy to being evaluated as any other.
func TestLearningFromALog(t *testing.T) {
	s := newShell(t)
	plain := s.do("run", "tiny", "--policy", "random", "--days", "0.5", "--out", "plain")
	out := s.do("run", "tiny", "--policy", "random", "--days", "0.5", "--log", "random.parquet", "--out", "logged")
	if strings.ReplaceAll(out, "logged", "plain") != plain {
		t.Errorf("a log changes what is played:\n%s\n%s", out, plain)
	}
	small := []string{"--set", "offline.iterations=3", "--set", "offline.updates=5", "--set", "offline.minibatch=32", "--set", "offline.hidden=[8]"}
	for _, algo := range []string{"cql", "iql"} {
		args := append([]string{"train", "tiny", "--algo", algo, "--data", "random.parquet"}, small...)
		contains(t, s.do(append(args, "--out", algo)...), "trained "+algo+" on tiny: 3 iterations")

		s.interruptAt(func() bool { return s.exists("broken-" + algo + "/" + checkpointFile) })
		if o := s.try(append(args, "--out", "broken-"+algo)...); o.code != ExitInterrupted {
			t.Fatalf("exit code %d: %s", o.code, o.err)
		}
		s.uninterrupted()
		s.do(append(args, "--out", "broken-"+algo, "--resume")...)
		for _, name := range []string{policyFile, checkpointFile, historyFile, "episodes.parquet"} {
			if !bytes.Equal(s.read(algo+"/"+name), s.read("broken-"+algo+"/"+name)) {
				t.Errorf("%s: %s differs after the interruption", algo, name)
			}
		}
	}
	contains(t, s.do("evaluate", "tiny", "--policy", "always-on", "--policy", "cql", "--policy", "iql", "--seeds", "1", "--steps=false", "--out", "e"), "cql", "iql", "always_on")
	contains(t, s.do("export", "cql", "--out", "bundle"), "bundle")
	judged := s.do(append([]string{"train", "tiny", "--algo", "cql", "--data", "random.parquet", "--set", "training.judge_every=3", "--out", "judged"}, small...)...)
	contains(t, judged, "kept the policy of iteration 2: ")

	o := s.try(append([]string{"train", "tiny", "--algo", "cql", "--data", "random.parquet", "--set", "offline.capacity=50", "--out", "sampled"}, small...)...)
	contains(t, o.err, "random.parquet: 1 episode, ", "of which an even sample of 50 is learned from")
	contains(t, s.open("cql").Manifest.Notes["data"], "random.parquet")
}

// TestALogOfAnEvaluation holds the log of several policies to one episode of
// each on every day.
func TestALogOfAnEvaluation(t *testing.T) {
	s := newShell(t)
	s.do("evaluate", "tiny", "--policy", "always-on", "--policy", "random", "--seeds", "1", "--log", "both.parquet", "--out", "e")
	o := s.try("train", "tiny", "--algo", "iql", "--data", "both.parquet", "--set", "offline.iterations=1", "--set", "offline.updates=1", "--out", "t")
	if o.code != ExitOK {
		t.Fatal(o.err)
	}
	contains(t, o.err, "both.parquet: 4 episodes, ")
}

func TestLogsAndDataThatCannotBe(t *testing.T) {
	s := newShell(t)
	s.write("no.parquet", "PAR1 and then nothing")
	s.do("run", "tiny", "--days", "0.25", "--out", "r")
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"train tiny --algo cql", ExitUsage, "--data: --algo cql learns from a log, and none is named"},
		{"train tiny --data no.parquet", ExitUsage, "--data: --algo ppo learns from the simulator, allowed with cql and iql"},
		{"train tiny --algo iql --data no.parquet --init r", ExitUsage, "--init: --algo iql begins from nothing but its log"},
		{"train tiny --algo cql --data none.parquet", ExitInput, "none.parquet"},
		{"train tiny --algo cql --data no.parquet", ExitInput, "no.parquet: not a Parquet file"},
		{"train tiny --algo cql --data r/steps.parquet", ExitInput, "r/steps.parquet: column "},
		{"run tiny --days 0.25 --log no.parquet --out x", ExitUsage, "--log: no.parquet is there already"},
		{"evaluate tiny --steps=false --log x.parquet --out x", ExitUsage, "--log: is of what --steps records"},
	} {
		o := s.try(strings.Fields(c.args)...)
		if o.code != c.code {
			t.Errorf("%s: exit code %d: %s", c.args, o.code, o.err)
		}
		contains(t, o.err, c.want)
	}
	if s.exists("x.parquet.partial") || s.exists("no.parquet.partial") {
		t.Error("an unfinished log is left")
	}
}

// TestLimitsOfALearnerWithAMemory holds dqn-lagrangian to multipliers that move,
// to a reward without prices of service, and after an interruption to the same
// bytes.
func TestLimitsOfALearnerWithAMemory(t *testing.T) {
	s := newShell(t)
	args := []string{"train", "tiny", "--algo", "dqn-lagrangian", "--set", "dqn.iterations=3", "--set", "dqn.updates=5",
		"--set", "dqn.minibatch=32", "--set", "dqn.hidden=[8]", "--set", "guards=[dropped_pct <= 0.5 * always_on]"}
	s.do(append(args, "--out", "straight")...)
	contains(t, s.open("straight").Manifest.Scenario, "drop_price_per_gbit: 0 #")
	contains(t, string(s.read("straight/"+historyFile)), "multiplier_dropped_pct", "excess_dropped_pct")
	s.interruptAt(func() bool { return s.exists("broken/" + checkpointFile) })
	s.try(append(args, "--out", "broken")...)
	s.uninterrupted()
	s.do(append(args, "--out", "broken", "--resume")...)
	for _, name := range []string{policyFile, checkpointFile, historyFile} {
		if !bytes.Equal(s.read("straight/"+name), s.read("broken/"+name)) {
			t.Errorf("%s differs after the interruption", name)
		}
	}
	contains(t, s.do("run", "tiny", "--policy", "straight", "--days", "0.25", "--out", "r"), "dqn-lagrangian")
}
