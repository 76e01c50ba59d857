package cli

import (
	"os"
	"strings"
	"testing"

	"hibernet/results/sweep"
)

// quickly are settings under which a training of the preset tiny takes a
// second.
const quickly = " --set ppo.iterations=4 --set ppo.epochs=1 --set ppo.horizon=8 --set tandem.cell_turn=1 --set tandem.coordinator_turn=1 --set coordinator.rows=6 --set sleep.episode_h=6"

// TestCoordinatedFromTrainingToBundle trains a policy of two levels, resumes
// it, judges it, exports it and judges the bundle.
func TestCoordinatedFromTrainingToBundle(t *testing.T) {
	s := newShell(t)
	contains(t, s.do(strings.Fields("train tiny --algo coordinated --out runs/pair"+quickly)...), "trained coordinated on tiny: 4 iterations")
	table := s.do(strings.Fields("evaluate tiny --set sleep.episode_h=6 --seeds 1 --policy always-on --policy runs/pair --out runs/judged")...)
	contains(t, table, "coordinated")
	contains(t, s.do("export", "runs/pair", "--out", "bundle"), "coordinator/policy.onnx")
	again := s.do(strings.Fields("evaluate tiny --set sleep.episode_h=6 --seeds 1 --policy always-on --policy bundle --out runs/again")...)
	row := func(text string) string {
		for line := range strings.Lines(text) {
			if strings.Contains(line, "coordinated") {
				return line
			}
		}
		return ""
	}
	if a, b := row(table), row(again); a != b {
		t.Errorf("the run's policy: %sthe bundle's: %s", a, b)
	}
	data, err := os.ReadFile(s.path("runs/pair/policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	s.do(strings.Fields("train tiny --algo coordinated --out runs/twin --workers 1" + quickly)...)
	if twin, err := os.ReadFile(s.path("runs/twin/policy.json")); err != nil || string(twin) != string(data) {
		t.Errorf("one worker gives another policy (error %v)", err)
	}
	for _, tt := range []struct{ args, want string }{
		{"train tiny --algo coordinated --init runs/pair" + quickly, "holds two levels, want one network"},
		{"train tiny --algo coordinated --set coordinator.decide_s=1000" + quickly, "coordinator.decide_s: must be a whole number of control intervals of 900 s"},
		{"train tiny --algo coordinated --set sleep.without=[usual]" + quickly, `mean[7]: no observation column is called "usual_load"`},
	} {
		if o := s.try(strings.Fields(tt.args)...); o.code == ExitOK || !strings.Contains(o.err, tt.want) {
			t.Errorf("%s: exit code %d, %s", tt.args, o.code, o.err)
		}
	}
}

// TestSweepTrainsAnyAlgorithm plays an ablation in small: with and without
// some columns, told the mask or not, flat and coordinated.
func TestSweepTrainsAnyAlgorithm(t *testing.T) {
	s := newShell(t)
	s.write("small.yaml", `name: small
scenario: tiny
set: [ppo.iterations=2, ppo.epochs=1, ppo.horizon=8, tandem.cell_turn=1, tandem.coordinator_turn=1]
axes:
  - {path: sleep.without, name: without, zip: ablation, values: [[], [neighbours], []]}
  - {path: sleep.mask, name: mask, zip: ablation, values: [true, true, false]}
policies: ["train:ppo-lagrangian", "train:coordinated-lagrangian"]
start_days: [3]
days: 0.25
`)
	contains(t, s.do("sweep", "small.yaml", "--dry-run"), "6 runs, 0 finished")
	contains(t, s.do("sweep", "small.yaml"), "6 of 6 runs finished")
	frame, err := sweep.ReadData(s.path("runs/small"))
	if err != nil || frame.Rows() != 6 {
		t.Fatalf("%v", err)
	}
	masked := frame.Find("shield_masked")
	if masked == nil {
		t.Fatal("no figure tells of wishes that the mask would have forbidden")
	}
	s.write("bad.yaml", "name: x\nscenario: tiny\npolicies: [\"train:magic\"]\n")
	if o := s.try("sweep", "bad.yaml"); o.code != ExitInput || !strings.Contains(o.err, `algorithm "magic" is not known`) {
		t.Errorf("exit code %d, %s", o.code, o.err)
	}
}
