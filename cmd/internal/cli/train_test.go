package cli

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"hibernet/agents/train"
	"hibernet/results/record"
	"hibernet/results/tensorboard"
)

// TestTrainingKeepsTheBestPolicy holds a training with verdicts to the policy
// of its best one, to the early end, and after an interruption to the same
// bytes.
func TestTrainingKeepsTheBestPolicy(t *testing.T) {
	s := newShell(t)
	args := []string{"train", "tiny", "--set", "ppo.iterations=6", "--set", "training.judge_every=1", "--set", "training.patience=2",
		"--set", "guards=[dropped_pct <= 0.0001]"}
	out := s.do(append(args, "--out", "straight")...)
	var history []train.Iteration
	if err := json.Unmarshal(s.read("straight/"+historyFile), &history); err != nil {
		t.Fatal(err)
	}
	best, found := train.Best(history)
	if !found {
		t.Fatal("nothing was judged")
	}
	for i, it := range history {
		if it.Verdict == nil || len(it.Verdict.Guards) != 1 || it.Verdict.Saving >= 1 {
			t.Errorf("iteration %d: verdict %+v", i, it.Verdict)
		}
	}
	if len(history) < 6 && len(history) != best+3 {
		t.Errorf("ended after %d iterations, the best is %d", len(history), best)
	}
	contains(t, out, "kept the policy of iteration ", history[best].Verdict.String())
	if !bytes.Equal(s.read("straight/"+policyFile), s.read("straight/"+bestFile)) {
		t.Error("the policy is not the best")
	}
	events := string(s.read("straight/" + tensorboard.FileName))
	contains(t, events, "brain.Event:2", "learning/return", "learning/kl", "rollout/energy_kwh", "held_out/saving", "speed/steps_per_s")
	if n := strings.Count(events, "learning/return"); n != len(history) {
		t.Errorf("%d events of %d iterations", n, len(history))
	}
	figures := map[string]int{}
	for _, row := range table[record.Episode](t, s.open("straight")) {
		figures[row.Figure]++
	}
	for _, name := range []string{"return", "entropy", "kl", "explained_variance", "held_out_saving", "held_out_excess", "rollout_energy_kwh"} {
		if figures[name] != len(history) {
			t.Errorf("%d rows of %s after %d iterations", figures[name], name, len(history))
		}
	}

	s.interruptAt(func() bool { return s.exists("broken/" + checkpointFile) })
	s.try(append(args, "--out", "broken")...)
	s.uninterrupted()
	s.do(append(args, "--out", "broken", "--resume")...)
	for _, name := range []string{policyFile, bestFile, checkpointFile, historyFile, "episodes.parquet", tensorboard.FileName} {
		if !bytes.Equal(s.read("straight/"+name), s.read("broken/"+name)) {
			t.Errorf("%s differs after the interruption", name)
		}
	}
}

// TestTrainingUnderLimits holds a training by PPO-Lagrangian to a reward
// without prices of service, to limits that are recorded, and after an
// interruption to the same bytes, the controllers' state among them.
func TestTrainingUnderLimits(t *testing.T) {
	s := newShell(t)
	args := []string{"train", "tiny", "--algo", "ppo-lagrangian", "--set", "ppo.iterations=3",
		"--set", "guards=[dropped_pct <= 0.5 * always_on, throughput_p5_mbps >= 0.8 * always_on]"}
	s.do(append(args, "--out", "straight")...)
	m := s.open("straight").Manifest
	contains(t, m.Scenario, "drop_price_per_gbit: 0 #", "slow_price_per_gbit: 0 #")
	if m.Notes["limit_dropped_pct"] == "" || m.Notes["limit_throughput_p5_mbps"] == "" {
		t.Errorf("notes %v", m.Notes)
	}
	var history []train.Iteration
	if err := json.Unmarshal(s.read("straight/"+historyFile), &history); err != nil {
		t.Fatal(err)
	}
	for _, it := range history {
		if m := it.Figure("multiplier_dropped_pct"); !(m > 0) {
			t.Errorf("iteration %d: a multiplier of %g under half the traffic that always-on drops", it.Number, m)
		}
	}

	s.interruptAt(func() bool { return s.exists("broken/" + checkpointFile) })
	s.try(append(args, "--out", "broken")...)
	s.uninterrupted()
	s.do(append(args, "--out", "broken", "--resume")...)
	for _, name := range []string{policyFile, checkpointFile, historyFile, "episodes.parquet"} {
		if !bytes.Equal(s.read("straight/"+name), s.read("broken/"+name)) {
			t.Errorf("%s differs after the interruption", name)
		}
	}
	contains(t, s.do("run", "tiny", "--policy", "straight", "--days", "0.25", "--out", "r"), "ppo-lagrangian")

	for _, c := range []struct{ guards, want string }{
		{"[]", "guards: --algo ppo-lagrangian needs at least one"},
		{"[energy_kwh <= always_on]", `guard "energy_kwh <= always_on": no policy can learn to keep it`},
	} {
		o := s.try("train", "tiny", "--algo", "ppo-lagrangian", "--set", "guards="+c.guards, "--out", "none")
		if o.code != ExitInput {
			t.Errorf("%s: exit code %d", c.guards, o.code)
		}
		contains(t, o.err, c.want)
	}
}

// TestSeveralTrainings holds --seeds to trainings that differ, of which each is
// one that --set training.seed gives alone, to going on after an interruption,
// and evaluate to the mean over them.
func TestSeveralTrainings(t *testing.T) {
	s := newShell(t)
	args := []string{"train", "tiny", "--set", "ppo.iterations=2", "--seeds", "2"}
	out := s.do(append(args, "--out", "two")...)
	contains(t, out, "two/seed-1", "two/seed-2", "not judged", "hibernet evaluate tiny --policy always-on --policy two compares them")
	if bytes.Equal(s.read("two/seed-1/policy.json"), s.read("two/seed-2/policy.json")) {
		t.Error("both trainings give the same policy")
	}
	s.do("train", "tiny", "--set", "ppo.iterations=2", "--set", "training.seed=2", "--out", "alone")
	if !bytes.Equal(s.read("alone/policy.json"), s.read("two/seed-2/policy.json")) {
		t.Error("the second training is not that of training.seed=2")
	}
	contains(t, s.open("two/seed-2").Manifest.Scenario, "  seed: 2\n")

	s.interruptAt(func() bool { return s.exists("broken/seed-2/" + checkpointFile) })
	o := s.try(append(args, "--out", "broken")...)
	if o.code != ExitInterrupted {
		t.Fatalf("exit code %d", o.code)
	}
	s.uninterrupted()
	contains(t, o.err, "--seeds 2 --out broken --resume")
	if again := s.do(append(args, "--out", "broken", "--resume")...); !slices.Equal(strings.Fields(strings.ReplaceAll(again, "broken", "two")), strings.Fields(out)) {
		t.Errorf("resumed:\n%s\nstraight:\n%s", again, out)
	}
	for _, name := range []string{"seed-1/policy.json", "seed-2/policy.json", "seed-2/" + historyFile} {
		if !bytes.Equal(s.read("two/"+name), s.read("broken/"+name)) {
			t.Errorf("%s differs after the interruption", name)
		}
	}

	out = s.do("evaluate", "tiny", "--policy", "always-on", "--policy", "two", "--seeds", "1", "--steps=false", "--out", "e")
	contains(t, out, "two/seed-1 ", "two/seed-2 ", "mean over", "trainings", "broke a guard")
	var comparison struct {
		Trainings []struct {
			Name     string
			Policies []string
		}
	}
	decode(t, s.do("evaluate", "tiny", "--policy", "always-on", "--policy", "two", "--seeds", "1", "--steps=false", "--json", "--out", "j"), &comparison)
	if len(comparison.Trainings) != 1 || len(comparison.Trainings[0].Policies) != 2 {
		t.Errorf("trainings %+v", comparison.Trainings)
	}
}
