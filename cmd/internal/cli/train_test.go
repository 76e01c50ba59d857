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
