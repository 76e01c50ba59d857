//go:build unix

package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

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
