//go:build unix

package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hibernet/results/sweep"
	"hibernet/scenarios/sweeps"
	"hibernet/sim/rng"
)

// twoHundred has 200 runs of four hours.
const twoHundred = `name: two-hundred
scenario: tiny
axes:
  - {path: load.target_mean, name: load, range: {from: 0.05, to: 0.25, step: 0.05}}
  - {path: baselines.threshold.own_sleep_below, name: below, values: [0.05, 0.1]}
policies: [always-on, schedule, threshold, random]
seeds: {first: 1, count: 5}
start_days: [3]
days: 0.16666666666666666
`

// process starts a command of this program in a process group of its own.
func (s *shell) process(args ...string) (*exec.Cmd, *bytes.Buffer) {
	s.t.Helper()
	program, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return cmd, &out
}

// outcomes returns how many runs of a sweep are kept.
func (s *shell) outcomes(dir string) int {
	files, err := filepath.Glob(s.path(dir + "/runs/*.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(files)
}

// waitFor waits until a sweep has kept so many runs.
func (s *shell) waitFor(dir string, n int) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); s.outcomes(dir) < n; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: %d of %d runs after a minute", dir, s.outcomes(dir), n)
		}
	}
}

// The sweep of the acceptance: 200 runs, its processes killed twice at random
// moments (SIGKILL to the whole group) and gone on with, are the data set of the
// undisturbed one byte for byte.
func TestSweepKilledTwice(t *testing.T) {
	s := newShell(t)
	s.write("sweep.yaml", twoHundred)
	contains(t, s.do("sweep", "sweep.yaml", "--out", "undisturbed"), "200 of 200 runs finished\n")

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed of the moments: %d", seed)
	draw := rng.Root(seed).Stream()
	kept := 0
	for kill := range 2 {
		cmd, out := s.process("sweep", "sweep.yaml", "--out", "killed")
		s.waitFor("killed", kept+1+draw.IntN(80))
		time.Sleep(time.Duration(draw.IntN(20_000)) * time.Microsecond) // into the middle of a run
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Fatalf("kill %d came after the end: %s", kill+1, out)
		}
		kept = s.outcomes("killed")
		t.Logf("kill %d with %d outcomes kept", kill+1, kept)
		if kept == 0 || kept >= 200 {
			t.Fatalf("kill %d: %d outcomes", kill+1, kept)
		}
	}
	// A file that the machine tore, as a crash of it may, is played again too.
	files, err := filepath.Glob(s.path("killed/runs/*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(files[0], 40); err != nil {
		t.Fatal(err)
	}
	finished := map[string]string{}
	for _, f := range files[1:] {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		finished[f] = string(text)
	}
	contains(t, s.do("sweep", "sweep.yaml", "--out", "killed"), fmt.Sprintf("200 of 200 runs finished, %d of them before", kept-1))
	sameData(t, s.data("killed"), s.data("undisturbed"))
	for f, text := range finished { // with their timings: they were not played again
		if now, err := os.ReadFile(f); err != nil || string(now) != text {
			t.Errorf("%s was written again (%v)", filepath.Base(f), err)
		}
	}
}

// Ctrl-C, which reaches all processes of the group, lets the runs under way
// end: what has begun is kept.
func TestSweepInterrupted(t *testing.T) {
	s := newShell(t)
	s.write("sweep.yaml", twoHundred)
	cmd, out := s.process("sweep", "sweep.yaml", "--out", "stopped")
	s.waitFor("stopped", 10)
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if cmd.ProcessState.ExitCode() != ExitInterrupted {
		t.Fatalf("%v: %s", err, out)
	}
	n := s.outcomes("stopped")
	contains(t, out.String(), fmt.Sprintf("two-hundred: %d of 200 runs finished", n), "goes on: hibernet sweep", "interrupted")
	if strings.Contains(out.String(), "failed") {
		t.Errorf("runs failed: %s", out)
	}
	if n >= 200 || len(s.data("stopped")) == 0 {
		t.Errorf("%d outcomes", n)
	}
}

// When the sweep's process alone is killed, its workers end by themselves.
func TestWorkersDoNotOutliveTheSweep(t *testing.T) {
	s := newShell(t)
	// A run that takes far longer than the test waits.
	s.write("sweep.yaml", "name: long\nscenario: quickstart\npolicies: [random]\ndays: 365\n")
	cmd, _ := s.process("sweep", "sweep.yaml", "--out", "orphans", "--workers", "1")
	group := cmd.Process.Pid
	time.Sleep(time.Second) // the run is under way
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the sweep had ended already")
	}
	for deadline := time.Now().Add(20 * time.Second); syscall.Kill(-group, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(-group, syscall.SIGKILL)
			t.Fatal("a worker is still at work")
		}
	}
}

// A second command on a folder is told who is at work there, and the lock of
// one that was killed holds nobody up.
func TestSweepFolderIsLocked(t *testing.T) {
	s := newShell(t)
	s.write("long.yaml", "name: long\nscenario: quickstart\npolicies: [random]\ndays: 365\n")
	s.write("small.yaml", smallSweep)
	cmd, out := s.begin("sweep", "long.yaml", "--out", "shared", "--workers", "1")
	t.Cleanup(func() { killGroup(t, cmd) })
	s.await("the header", func() bool { _, err := os.Stat(s.path("shared/sweep.json")); return err == nil })
	o := s.try("sweep", "small.yaml", "--out", "shared", "--force")
	want := fmt.Sprintf("another command is at work on the folder %s: process %d on ", s.path("shared"), cmd.Process.Pid)
	if o.code != ExitUsage || !strings.Contains(o.err, want) || !strings.Contains(o.err, "hibernet sweep long.yaml") {
		t.Errorf("exit code %d, want %q in %s (%s)", o.code, want, o.err, out)
	}
	killGroup(t, cmd)
	contains(t, s.do("sweep", "small.yaml", "--out", "shared", "--force"), "8 of 8 runs finished")
}

// Searches that are killed between and in their rounds, and gone on with, come
// to the same trials and data as undisturbed ones.
func TestSearchKilled(t *testing.T) {
	// Of halving's first round there are 80 runs, of a generation 40.
	for method, kills := range map[string][]int{halving: {20, 85}, "cmaes, population: 4": {20, 45}} {
		s := newShell(t)
		s.write("s.yaml", strings.Replace(search(method), "days: 0.25\n", "days: 0.25\nseeds: {count: 10}\n", 1))
		best := s.do("sweep", "s.yaml", "--out", "undisturbed")
		for _, n := range kills {
			cmd, _ := s.begin("sweep", "s.yaml", "--out", "killed")
			s.await(fmt.Sprintf("%d outcomes", n), func() bool { return s.outcomes("killed") >= n })
			killGroup(t, cmd)
			if cmd.ProcessState.Success() {
				t.Fatalf("%s: the kill at %d came after the end", method, n)
			}
		}
		again := s.do("sweep", "s.yaml", "--out", "killed")
		if strings.Split(again, "\n")[2] != strings.Split(best, "\n")[2] {
			t.Errorf("%s: another best:\n%s\n%s", method, best, again)
		}
		sameData(t, s.data("killed"), s.data("undisturbed"))
	}
}

// units is a data file of the test's own, dataSweep a sweep over a scenario
// that names it.
const (
	units = `profiles:
  - {name: my-8t, family: field, source: own meters, trx: 8, linear: {idle_w: 210, full_w: 500, slope_static_share: 0.4, idle_share: {carrier_sleep: 0.6, deep_sleep: 0.3}}}
`
	dataSweep = `name: data
scenario: tiny
set: [inputs.profiles_file=units.yaml, topology.carriers.n41.profile=my-8t]
axes: [{path: load.target_mean, name: load, values: [0.1, 0.2]}]
policies: [always-on, threshold]
days: 0.25
`
)

// A sweep over a scenario with a data file: rows have its digest, a change of
// the file makes other runs, and a worker that finds another file than the
// sweep did plays nothing.
func TestSweepWithADataFile(t *testing.T) {
	s := newShell(t)
	s.write("units.yaml", units)
	s.write("data.yaml", dataSweep)
	contains(t, s.do("sweep", "data.yaml", "--out", "d"), "4 of 4 runs finished\n")
	frame, err := sweep.ReadData(s.path("d"))
	if err != nil {
		t.Fatal(err)
	}
	sums := frame.Find("inputs_sha256").Text
	for i, sum := range sums {
		if len(sum) != 64 || sum != sums[0] {
			t.Errorf("row %d: digest %q", i, sum)
		}
	}
	contains(t, s.do("sweep", "data.yaml", "--out", "d"), "4 of them before")
	runs, err := sweep.ReadPlan(s.path("d"), 1)
	if err != nil {
		t.Fatal(err)
	}
	s.io.Dir, s.io.Stdout, s.io.Stderr = s.dir, io.Discard, io.Discard
	text, err := s.io.scenarioText("tiny")
	if err != nil {
		t.Fatal(err)
	}
	task := sweep.NewTask(sweeps.Base{Name: "tiny", Text: text}, runs[0])
	worker := player{io: s.io}
	if o, _, err := worker.play(s.ctx, task); err != nil || o.Run != runs[0].ID {
		t.Fatalf("%+v, %v", o, err)
	}
	s.write("units.yaml", strings.Replace(units, "idle_w: 210", "idle_w: 220", 1))
	worker = player{io: s.io}
	if _, _, err := worker.play(s.ctx, task); err == nil || !strings.Contains(err.Error(), "is not the one that was read") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(s.path("units.yaml")); err != nil {
		t.Fatal(err)
	}
	worker = player{io: s.io}
	if _, _, err := worker.play(s.ctx, task); err == nil || !strings.Contains(err.Error(), "inputs.profiles_file") {
		t.Errorf("got %v", err)
	}
	s.write("units.yaml", strings.Replace(units, "idle_w: 210", "idle_w: 220", 1))
	contains(t, s.do("sweep", "data.yaml", "--out", "d"), "4 of 4 runs finished\n")
}
