package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"hibernet/results/record"
)

// TestTheWholeLine trains, evaluates, exports and reports, as a user would.
func TestTheWholeLine(t *testing.T) {
	s := newShell(t)
	var said strings.Builder
	for _, line := range []string{
		"run tiny --policy threshold --days 0.25 --out runs/threshold",
		"train tiny --set ppo.iterations=2 --out runs/ppo",
		"evaluate tiny --policy always-on --policy threshold --policy runs/ppo --seeds 1 --out runs/evaluation",
		"export runs/ppo --out policy",
		"report runs/threshold runs/ppo runs/evaluation --out report",
	} {
		o := s.try(strings.Fields(line)...)
		if o.code != ExitOK {
			t.Fatalf("hibernet %s: exit code %d: %s", line, o.code, o.err)
		}
		said.WriteString("$ hibernet " + line + "\n" + shape(steady(strings.ReplaceAll(o.stdout, s.dir, "DIR"))) + "--- stderr\n" + shape(o.err))
	}
	golden(t, "line.txt", said.String())

	for name, kind := range map[string]record.Kind{"threshold": record.KindRun, "ppo": record.KindTrain, "evaluation": record.KindEvaluate} {
		m := s.open("runs/" + name).Manifest
		if m.Kind != kind || !m.Complete || m.ScenarioName != "tiny" || m.Command[0] != "hibernet" || len(m.Files) == 0 || m.Workers < 1 {
			t.Errorf("%s: manifest %+v", name, m)
		}
		if !m.Started.Equal(noon) || m.Build.GoVersion == "" {
			t.Errorf("%s: started %v by %+v", name, m.Started, m.Build)
		}
	}
	files := s.tree()
	for name, magic := range map[string]string{
		"runs/threshold/steps.parquet": "PAR1", "runs/threshold/cells.parquet": "PAR1", "runs/threshold/events.parquet": "PAR1",
		"runs/threshold/episodes.parquet": "PAR1", "runs/threshold/summary.parquet": "PAR1", "runs/evaluation/steps.parquet": "PAR1",
		"runs/ppo/episodes.parquet": "PAR1", "runs/ppo/policy.json": "{", "policy/policy.onnx": "", "policy/bundle.json": "{",
		"policy/README.md": "#", "report/report.md": "#", "report/comparison.png": "\x89PNG", "report/comparison.svg": "<?xml", "report/training.png": "\x89PNG",
	} {
		if text, ok := files[name]; !ok || len(text) < 20 || !strings.HasPrefix(text, magic) {
			t.Errorf("%s: there %t, %d bytes, want those of %q", name, ok, len(text), magic)
		}
	}
	for name := range files {
		if strings.Contains(name, "partial") || strings.Contains(name, ".tmp") {
			t.Errorf("%s is left over", name)
		}
	}
	judged(t, s.open("runs/evaluation"))
	// A bundle serves as a policy, and judges as its training's folder does.
	a := s.do("run", "tiny", "--policy", "runs/ppo", "--days", "0.25", "--out", "runs/a", "--json")
	b := s.do("run", "tiny", "--policy", "policy", "--days", "0.25", "--out", "runs/b", "--json")
	if a != strings.Replace(b, "runs/b", "runs/a", 1) {
		t.Errorf("the exported policy acts otherwise:\n%s\n%s", a, b)
	}
	sameTables(t, s.open("runs/a"), s.open("runs/b"))
}

// judged checks that the evaluation of three policies on one seed recorded
// each of them on each of its days, with the same offered traffic.
func judged(t *testing.T, folder *record.Folder) {
	t.Helper()
	offered := map[string]map[float64]float64{}
	for _, r := range table[record.Step](t, folder) {
		if r.Scope == record.ScopeNetwork {
			if offered[r.Policy] == nil {
				offered[r.Policy] = map[float64]float64{}
			}
			offered[r.Policy][r.TimeS] += r.OfferedGbit
		}
	}
	same := func(x, y float64) bool { return math.Abs(x-y) <= tolerance*x }
	for _, policy := range []string{"always_on", "threshold", "ppo"} {
		if len(offered) != 3 || len(offered[policy]) != 2*96 || !maps.EqualFunc(offered[policy], offered["always_on"], same) {
			t.Errorf("of %d policies, %s met %d intervals, or other traffic", len(offered), policy, len(offered[policy]))
		}
	}
	days := map[int32]int{}
	for _, e := range table[record.Episode](t, folder) {
		if e.Figure == "energy_kwh" {
			days[e.Day]++
		}
	}
	if len(days) != 2 || days[3] != 3 || days[6] != 3 {
		t.Errorf("episodes by day: %v", days)
	}
}

// steady cuts what tells results from what a command says: the titles of
// figures, the causes for which the shield acted, and the maps, which need
// cells that sleep.
func steady(text string) string {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "/map_") || strings.HasPrefix(line, "left out ") ||
			strings.HasPrefix(line, "shield_") && !strings.HasPrefix(line, "shield_total") {
			continue
		}
		if head, _, found := strings.Cut(line, ".svg: "); found {
			line = head + ".svg"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// sameTables fails unless two run folders hold the same bytes in every table.
func sameTables(t *testing.T, a, b *record.Folder) {
	t.Helper()
	tables := 0
	for _, f := range a.Manifest.Files {
		if f.Table == "" {
			continue
		}
		tables++
		other, ok := b.Manifest.Table(f.Table)
		if !ok || other.SHA256 != f.SHA256 {
			t.Errorf("table %s of %s and %s differ", f.Table, a.Dir, b.Dir)
		}
	}
	if tables == 0 {
		t.Errorf("%s holds no tables", a.Dir)
	}
}

// TestJSONOutcomes holds what --json prints to one value of JSON with the
// folder and the figures.
func TestJSONOutcomes(t *testing.T) {
	s := newShell(t)
	var run runOutcome
	decode(t, s.do("run", "tiny", "--policy", "always-on", "--days", "0.25", "--json", "--seed", "18446744073709551615", "--out", "r"), &run)
	if run.Folder != "r" || run.Policy != "always_on" || run.Seed != math.MaxUint64 || run.Steps != 24 || len(run.Figures) < 15 {
		t.Errorf("run %+v", run)
	}
	var train trainOutcome
	decode(t, s.do("train", "tiny", "--set", "ppo.iterations=1", "--json", "--out", "p"), &train)
	if train.Folder != "p" || train.Algorithm != "ppo" || train.Iterations != 1 || train.Last.Rows == 0 {
		t.Errorf("train %+v", train)
	}
	var comparison map[string]any
	decode(t, s.do("evaluate", "tiny", "--policy", "always-on", "--seeds", "1", "--steps=false", "--json", "--out", "e"), &comparison)
	if len(comparison) == 0 {
		t.Error("evaluate printed an empty object")
	}
	if s.open("e").Has("steps") {
		t.Error("steps were recorded in spite of --steps=false")
	}
	var files []struct {
		File  string
		Bytes int
	}
	decode(t, s.do("export", "p", "--out", "bundle", "--json"), &files)
	for _, f := range files {
		if len(s.read(f.File)) != f.Bytes {
			t.Errorf("%s: not of %d bytes", f.File, f.Bytes)
		}
	}
	var report struct{ Index string }
	decode(t, s.do("report", "r", "--json"), &report)
	contains(t, string(s.read("r/report/report.md")), "always_on")
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Errorf("%v in %s", err, text)
	}
}

// TestWorkersDoNotMatter holds every table of run, train and evaluate to the
// same bytes for any number of workers. The network has more cells than a
// shard.
func TestWorkersDoNotMatter(t *testing.T) {
	s := newShell(t)
	for _, workers := range []string{"1", "2", "7"} {
		s.do("run", "tiny", "--set", "topology.areas[0].sites=100", "--days", "0.25", "--cell-steps", "--workers", workers, "--out", "run"+workers)
		s.do("train", "tiny", "--set", "ppo.iterations=1", "--workers", workers, "--out", "train"+workers)
		s.do("evaluate", "tiny", "--policy", "threshold", "--policy", "random", "--policy", "train"+workers, "--seeds", "2", "--workers", workers, "--out", "evaluate"+workers)
	}
	if cells := table[record.Cell](t, s.open("run1")); len(cells) != 600 {
		t.Errorf("%d cells", len(cells))
	}
	for _, kind := range []string{"run", "train", "evaluate"} {
		for _, workers := range []string{"2", "7"} {
			sameTables(t, s.open(kind+"1"), s.open(kind+workers))
		}
	}
	for _, workers := range []string{"2", "7"} {
		if !bytes.Equal(s.read("train1/policy.json"), s.read("train"+workers+"/policy.json")) {
			t.Errorf("the policy trained by %s workers differs", workers)
		}
	}
}

// TestSeedMatters guards the test above against tables that never change.
func TestSeedMatters(t *testing.T) {
	s := newShell(t)
	s.do("run", "tiny", "--days", "0.25", "--seed", "1", "--out", "a")
	s.do("run", "tiny", "--days", "0.25", "--seed", "2", "--out", "b")
	s.do("run", "tiny", "--days", "0.25", "--seed", "1", "--out", "c")
	a, b := s.open("a").Manifest, s.open("b").Manifest
	for i, f := range a.Files {
		if f.Name == "steps.parquet" && f.SHA256 == b.Files[i].SHA256 {
			t.Error("another seed gave the same steps")
		}
	}
	sameTables(t, s.open("a"), s.open("c"))
}

// interruptAt makes the shell's next commands be interrupted at the first
// look at the clock at which reached holds.
func (s *shell) interruptAt(reached func() bool) {
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(cancel)
	s.ctx = ctx
	s.io.Now = func() time.Time {
		if reached() {
			cancel()
		}
		return noon
	}
}

func (s *shell) uninterrupted() {
	s.ctx, s.io.Now = context.Background(), func() time.Time { return noon }
}

// TestInterruptedTrainingResumes holds a training that was interrupted after
// its first checkpoint, and then resumed, to the bytes of one that went
// straight through.
func TestInterruptedTrainingResumes(t *testing.T) {
	s := newShell(t)
	args := []string{"train", "tiny", "--set", "ppo.iterations=3"}
	s.do(append(args, "--out", "straight")...)

	s.interruptAt(func() bool { return s.exists("broken/" + checkpointFile) })
	o := s.try(append(args, "--out", "broken")...)
	if o.code != ExitInterrupted || o.stdout != "" {
		t.Fatalf("exit code %d, stdout %q", o.code, o.stdout)
	}
	contains(t, o.err, "1 iteration complete", "go on with: hibernet train tiny --set ppo.iterations=3 --out broken --resume", "hibernet: interrupted")
	s.uninterrupted()
	if s.exists("broken/"+policyFile) || s.exists("broken/"+record.ManifestName) {
		t.Error("an interrupted training looks whole")
	}
	for _, args := range [][]string{{"report", "broken"}, {"export", "broken", "--out", "bundle"}} {
		o := s.try(args...)
		if o.code != ExitInput || s.exists("bundle") || s.exists("broken/report") {
			t.Errorf("%v: exit code %d", args, o.code)
		}
		contains(t, o.err, "did not finish: "+s.path("broken"), "--resume")
	}
	o = s.try("run", "tiny", "--policy", "broken", "--out", "r")
	contains(t, o.err, "policy broken: the folder holds no policy.json", "--resume")

	// What one was not begun with, it cannot go on with; nothing is touched.
	before := s.tree()
	o = s.try("train", "tiny", "--set", "ppo.iterations=4", "--out", "broken", "--resume")
	if o.code != ExitInput {
		t.Errorf("exit code %d", o.code)
	}
	contains(t, o.err, "--resume: broken: the training began with another scenario", `"iterations: 3", is "iterations: 4"`)
	s.unchanged(t, before)

	o = s.try(append(args, "--out", "broken", "--resume")...)
	if o.code != ExitOK || o.err != "" {
		t.Fatalf("exit code %d, stderr %q", o.code, o.err)
	}
	for _, name := range []string{policyFile, checkpointFile, historyFile, "episodes.parquet"} {
		if !bytes.Equal(s.read("straight/"+name), s.read("broken/"+name)) {
			t.Errorf("%s differs after the interruption", name)
		}
	}
	s.open("broken")

	before = s.tree()
	o = s.try(append(args, "--out", "broken", "--resume")...)
	if o.code != ExitInput {
		t.Errorf("exit code %d", o.code)
	}
	contains(t, o.err, "--resume: broken: is complete")
	s.unchanged(t, before)
}

// TestQuoted holds the command that goes on with a training to what a shell
// takes as it is meant.
func TestQuoted(t *testing.T) {
	got := resumeCommand([]string{"train", "my file.yaml", "--set", "topology.areas[0].sites=3", "--force", "--resume", "--out", "it's"})
	want := `train 'my file.yaml' --set 'topology.areas[0].sites=3' --out 'it'\''s' --resume`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestHistoryMayBeAhead resumes a training that was killed between writing
// its history and its checkpoint, and refuses one with a hole in its history.
func TestHistoryMayBeAhead(t *testing.T) {
	s := newShell(t)
	args := []string{"train", "tiny", "--set", "ppo.iterations=2"}
	s.do(append(args, "--out", "straight")...)
	s.interruptAt(func() bool { return s.exists("broken/" + checkpointFile) })
	s.try(append(args, "--out", "broken")...)
	s.uninterrupted()

	s.write("broken/"+historyFile, "[]")
	o := s.try(append(args, "--out", "broken", "--resume")...)
	if o.code != ExitInput {
		t.Errorf("exit code %d", o.code)
	}
	contains(t, o.err, historyFile+" holds 0 iterations, the checkpoint was made after 1")

	// Another program may go on, but says so.
	s.write("broken/"+historyFile, string(s.read("straight/"+historyFile)))
	begun := string(s.read("broken/" + record.UnfinishedName))
	s.write("broken/"+record.UnfinishedName, strings.Replace(begun, `"go_version": "`, `"go_version": "old-`, 1))
	o = s.try(append(args, "--out", "broken", "--resume")...)
	if o.code != ExitOK {
		t.Fatalf("exit code %d: %s", o.code, o.err)
	}
	contains(t, o.err, "warning: the training began with another program (Go version: old-")
	if !bytes.Equal(s.read("straight/"+historyFile), s.read("broken/"+historyFile)) {
		t.Error("the history differs")
	}
}

// TestInterruptedEvaluation holds evaluate to exit code 130 and to a folder
// that no other command takes for whole; the same command begins anew.
func TestInterruptedEvaluation(t *testing.T) {
	args := []string{"evaluate", "tiny", "--policy", "threshold", "--seeds", "2", "--workers", "1", "--out", "r"}
	s := newShell(t)
	s.interruptAfter("r", 1)
	o := s.try(args...)
	if o.code != ExitInterrupted || o.stdout != "" || o.err != "hibernet: interrupted\n" {
		t.Errorf("exit code %d, stdout %q, stderr %q", o.code, o.stdout, o.err)
	}
	s.uninterrupted()
	o = s.try("report", "r")
	if o.code != ExitInput {
		t.Errorf("report: exit code %d", o.code)
	}
	contains(t, o.err, "did not finish", "begun anew by the same command")
	s.do(args...)
	s.open("r")
}

// interruptAfter interrupts the shell's next commands at some look at the clock
// after a folder was begun.
func (s *shell) interruptAfter(folder string, soon int) {
	looks := 0
	s.interruptAt(func() bool {
		if s.exists(folder) {
			looks++
		}
		return looks > soon
	})
}

func (s *shell) exists(name string) bool {
	_, err := os.Stat(s.path(name))
	return err == nil
}

// unchanged fails unless the shell's folder is as it was; it puts new files
// away, so that the next command does not find them.
func (s *shell) unchanged(t *testing.T, before map[string]string) {
	t.Helper()
	after := s.tree()
	for name, text := range after {
		if was, there := before[name]; !there {
			t.Errorf("%s was written", name)
			if err := os.RemoveAll(s.path(name)); err != nil {
				t.Fatal(err)
			}
		} else if was != text {
			t.Errorf("%s was changed", name)
		}
	}
	for name := range before {
		if _, there := after[name]; !there {
			t.Errorf("%s was removed", name)
		}
	}
}

// TestInterruptedRunIsKept holds a simulation that was stopped to what it had
// done: the same rows as one that was meant to be that long, whole and readable.
func TestInterruptedRunIsKept(t *testing.T) {
	s := newShell(t)
	s.interruptAfter("cut", 20)
	args := []string{"run", "tiny", "--days", "2", "--out", "cut"}
	o := s.try(args...)
	if o.code != ExitInterrupted || o.stdout != "" {
		t.Fatalf("exit code %d, stdout %q", o.code, o.stdout)
	}
	cut := s.open("cut")
	var steps, of int
	if _, err := fmt.Sscanf(cut.Manifest.Notes[noteInterrupted], "after %d of %d control intervals", &steps, &of); err != nil || steps < 1 || steps >= of {
		t.Fatalf("manifest notes %q", cut.Manifest.Notes)
	}
	if want := fmt.Sprintf("stopped after %d of %d control intervals: they are kept in cut, --force begins anew\nhibernet: interrupted\n", steps, of); o.err != want {
		t.Errorf("stderr %q, want %q", o.err, want)
	}
	s.uninterrupted()
	s.do("run", "tiny", "--days", fmt.Sprint(2*float64(steps)/float64(of)), "--out", "short")
	sameTables(t, cut, s.open("short"))
	if o := s.try(args...); o.code != ExitUsage {
		t.Errorf("again: exit code %d", o.code)
	}
	s.do(append(args, "--force")...)
	if notes := s.open("cut").Manifest.Notes; notes[noteInterrupted] != "" {
		t.Errorf("manifest notes %q after the whole run", notes)
	}
}
