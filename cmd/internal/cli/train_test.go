package cli

import (
	"bytes"
	"encoding/json"
	"testing"

	"hibernet/agents/train"
	"hibernet/results/record"
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
	for _, name := range []string{policyFile, bestFile, checkpointFile, historyFile, "episodes.parquet"} {
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
