package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"hibernet/agents/train"
)

// tunedTeacher is the file of a rule that sleeps more readily than the default.
const tunedTeacher = "baselines:\n  threshold:\n    own_sleep_below: 0.4\n    state: deep_sleep\n"

// TestTrainingWithATeacher holds a training that imitates a tuned rule to a
// verdict on the clone, to a copy of the rule in the run, and after an
// interruption among the teacher's iterations to the same bytes.
func TestTrainingWithATeacher(t *testing.T) {
	s := newShell(t)
	s.write("rule.yaml", tunedTeacher)
	args := []string{"train", "tiny", "--algo", "ppo-lagrangian", "--set", "ppo.iterations=4", "--set", "training.judge_every=4",
		"--set", "ppo.teacher=rule.yaml", "--set", "ppo.teacher_iterations=3"}
	s.do(append(args, "--out", "straight")...)
	if got := s.read("straight/" + teacherFile); string(got) != tunedTeacher {
		t.Errorf("%s is %q", teacherFile, got)
	}
	var history []train.Iteration
	if err := json.Unmarshal(s.read("straight/"+historyFile), &history); err != nil {
		t.Fatal(err)
	}
	for n, it := range history {
		if imitated := !math.IsNaN(it.Figure("agreement")); imitated != (n < 3) || (it.Verdict != nil) != (n >= 2) {
			t.Errorf("iteration %d: imitated %v, verdict %v", n, imitated, it.Verdict)
		}
	}

	s.interruptAt(func() bool { return s.exists("broken/" + checkpointFile) })
	s.try(append(args, "--out", "broken")...)
	s.uninterrupted()
	s.write("rule.yaml", tunedTeacher+"    dwell_s: 7\n")
	o := s.try(append(args, "--out", "broken", "--resume")...)
	contains(t, o.err, "ppo.teacher: the file is not what it was when the training began")
	s.write("rule.yaml", tunedTeacher)
	s.do(append(args, "--out", "broken", "--resume")...)
	for _, name := range []string{policyFile, bestFile, checkpointFile, historyFile, teacherFile, "episodes.parquet"} {
		if !bytes.Equal(s.read("straight/"+name), s.read("broken/"+name)) {
			t.Errorf("%s differs after the interruption", name)
		}
	}
}

func TestTeacherThatCannotBe(t *testing.T) {
	s := newShell(t)
	s.write("bad.yaml", "baselines: {threshold: {dwell_s: -1}}\n")
	for _, c := range []struct {
		algo, teacher, engine, want string
		code                        int
	}{
		{"ppo", "treshold", "local", `ppo.teacher: "treshold" is not known, allowed: always_on, schedule, threshold, forecast, random, or a tuned rule's file (.yaml)`, ExitInput},
		{"ppo", "none.yaml", "local", "ppo.teacher: policy none.yaml: open", ExitInput},
		{"ppo", "bad.yaml", "local", "ppo.teacher: policy bad.yaml: bad.yaml:1:34: baselines.threshold.dwell_s: out of range, got -1", ExitInput},
		{"coordinated", "threshold", "local", `ppo.teacher: --algo coordinated has no teacher, allowed: empty, got "threshold"`, ExitInput},
		{"ppo", "threshold", "temporal", `ppo.teacher: --engine temporal has no teacher, allowed: empty, got "threshold"`, ExitUsage},
	} {
		args := []string{"train", "tiny", "--algo", c.algo, "--set", "ppo.teacher=" + c.teacher, "--out", "none"}
		if c.engine != engineLocal {
			args = append(args, "--engine", c.engine, "--address", "localhost:1", "--blobs", "file:///nowhere")
		}
		o := s.try(args...)
		if o.code != c.code {
			t.Errorf("%s, %s, %s: exit code %d, want %d", c.algo, c.teacher, c.engine, o.code, c.code)
		}
		contains(t, o.err, c.want)
	}
}
