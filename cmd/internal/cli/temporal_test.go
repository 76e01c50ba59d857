//go:build unix

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hibernet/agents/train"
)

var temporalProgram = flag.String("temporal", "", "the program temporal, whose server the tests of the engine start; make temporal installs it and runs them")

// temporalServer is a server of the test's own, whose state is in a file.
type temporalServer struct {
	t             *testing.T
	address, file string
	cmd           *exec.Cmd
}

// startTemporal starts a server; without the program the test is left out.
func startTemporal(s *shell) *temporalServer {
	s.t.Helper()
	if *temporalProgram == "" {
		s.t.Skip("needs a Temporal server: make temporal installs one and runs this test")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	server := &temporalServer{t: s.t, address: l.Addr().String(), file: s.path("temporal.db")}
	if err := l.Close(); err != nil {
		s.t.Fatal(err)
	}
	server.start()
	s.t.Cleanup(server.kill)
	return server
}

// start starts the server and waits until it takes calls.
func (x *temporalServer) start() {
	x.t.Helper()
	_, port, err := net.SplitHostPort(x.address)
	if err != nil {
		x.t.Fatal(err)
	}
	x.cmd = exec.Command(*temporalProgram, "server", "start-dev", "--headless", "--db-filename", x.file, "--port", port, "--log-level", "never")
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := x.cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err := exec.CommandContext(ctx, *temporalProgram, "operator", "cluster", "health", "--address", x.address).Run()
		cancel()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			x.t.Fatalf("the Temporal server does not answer: %v", err)
		}
	}
}

// kill kills the server at once.
func (x *temporalServer) kill() { killGroup(x.t, x.cmd) }

// killGroup kills a process and those that it started.
func killGroup(t *testing.T, cmd *exec.Cmd) {
	if cmd.ProcessState != nil {
		return
	}
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Error(err)
	}
	_ = cmd.Wait() // it was killed
}

// flags are those with which sweeps and workers find the server.
func (x *temporalServer) flags(s *shell) []string {
	return []string{"--address", x.address, "--blobs", "file://" + s.path("blobs")}
}

// worker starts a worker with one slot.
func (x *temporalServer) worker(s *shell) (*exec.Cmd, *written) {
	s.t.Helper()
	cmd, out := s.begin(append([]string{"worker", "--workers", "1"}, x.flags(s)...)...)
	s.t.Cleanup(func() { killGroup(s.t, cmd) })
	return cmd, out
}

// written is what a process under way has written so far.
type written struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes what the process writes.
func (o *written) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *written) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// begin starts a command of this program in a process group of its own, whose
// output can be read while it goes on.
func (s *shell) begin(args ...string) (*exec.Cmd, *written) {
	s.t.Helper()
	program, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	out := &written{}
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return cmd, out
}

// blobs returns the outcomes in the blob store, by path.
func (s *shell) blobs() []string {
	s.t.Helper()
	files, err := filepath.Glob(s.path("blobs/outcomes/*/*.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	return files
}

// await waits until a condition holds.
func (s *shell) await(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: not after two minutes", what)
		}
	}
}

// The sweep of the acceptance on the engine temporal: 200 runs, two workers of
// which one is killed in the middle of a run, and the server killed and begun
// again. No run is lost or counted twice, and the data set is that of the local
// engine, byte for byte.
func TestTemporalWorkerAndServerKilled(t *testing.T) {
	s := newShell(t)
	x := startTemporal(s)
	s.write("sweep.yaml", twoHundred)
	s.do("sweep", "sweep.yaml", "--out", "local")

	first, _ := x.worker(s)
	second, _ := x.worker(s)
	cmd, out := s.begin(append([]string{"sweep", "sweep.yaml", "--engine", "temporal", "--heartbeat", "3s", "--out", "far"}, x.flags(s)...)...)
	t.Cleanup(func() { killGroup(t, cmd) })
	s.await("30 outcomes", func() bool { return len(s.blobs()) >= 30 })
	killGroup(t, first)
	s.await("60 outcomes", func() bool { return len(s.blobs()) >= 60 })
	x.kill()
	n := len(s.blobs())
	time.Sleep(2 * time.Second) // long enough to be missed
	if n >= 190 {
		t.Fatalf("the server was killed with %d outcomes: too late", n)
	}
	x.start()
	t.Logf("the worker and the server were killed, the latter with %d outcomes", n)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	contains(t, out.String(), "two-hundred: 200 of 200 runs finished\n")
	sameData(t, s.data("far"), s.data("local"))
	if files := s.blobs(); len(files) != 200 {
		t.Errorf("%d outcomes in the store", len(files))
	}
	// The worker drains.
	if err := second.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _ = second.Wait(); second.ProcessState.ExitCode() != ExitInterrupted {
		t.Errorf("the worker ended as %s", second.ProcessState)
	}
	// Once more: nothing is asked of anybody.
	contains(t, s.do(append([]string{"sweep", "sweep.yaml", "--engine", "temporal", "--out", "far"}, x.flags(s)...)...), "200 of them before")
}

// Ctrl-C keeps what is under way; the same command goes on, also after the
// sweep's process was killed and its workflow is still running; what is in the
// store is never played again.
func TestTemporalInterruptedAndContinued(t *testing.T) {
	s := newShell(t)
	x := startTemporal(s)
	s.write("sweep.yaml", twoHundred)
	s.do("sweep", "sweep.yaml", "--out", "local")
	x.worker(s)
	args := append([]string{"sweep", "sweep.yaml", "--engine", "temporal", "--out", "far"}, x.flags(s)...)

	cmd, out := s.begin(args...)
	s.await("10 outcomes", func() bool { return s.outcomes("far") >= 10 })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != ExitInterrupted {
		t.Fatalf("ended as %s: %s", cmd.ProcessState, out)
	}
	n := s.outcomes("far")
	contains(t, out.String(), fmt.Sprintf("two-hundred: %d of 200 runs finished", n), "goes on: hibernet sweep")
	if strings.Contains(out.String(), "failed") || n >= 200 {
		t.Errorf("%d outcomes: %s", n, out)
	}
	time.Sleep(time.Second)
	if stored := len(s.blobs()); stored != n {
		t.Errorf("%d outcomes in the store, %d in the folder", stored, n)
	}

	cmd, _ = s.begin(args...)
	s.await("some more outcomes", func() bool { return s.outcomes("far") >= n+10 })
	killGroup(t, cmd)
	finished := map[string]time.Time{}
	for _, f := range s.blobs() {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		finished[f] = info.ModTime()
	}
	cmd, out = s.begin(args...)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	contains(t, out.String(), "an earlier command's runs are still at work", "200 of 200 runs finished")
	sameData(t, s.data("far"), s.data("local"))
	for f, was := range finished {
		if info, err := os.Stat(f); err != nil || !info.ModTime().Equal(was) {
			t.Errorf("%s was written again (%v)", f, err)
		}
	}
}

// A search asks for its rounds one after the other, runs that fail are named,
// and a run whose process crashes costs nothing but that.
func TestTemporalSearchFaultsAndCrashes(t *testing.T) {
	s := newShell(t)
	x := startTemporal(s)
	s.write("crash", "")
	t.Setenv(crashEnv, s.path("crash"))
	x.worker(s)
	s.write("search.yaml", search(halving))
	s.write("bad.yaml", badSite)
	far := append([]string{"--engine", "temporal", "--out", "far"}, x.flags(s)...)
	contains(t, s.do(append([]string{"sweep", "search.yaml"}, far...)...), "the best keeps the constraints")
	if _, err := os.Stat(s.path("crash")); err == nil {
		t.Error("no process crashed")
	}
	s.do("sweep", "search.yaml", "--out", "local")
	sameData(t, s.data("far"), s.data("local"))

	o := s.try(append([]string{"sweep", "bad.yaml", "--force"}, far...)...)
	contains(t, o.stdout, "bad: 1 of 2 runs finished", "failed: always_on site=900 seed 1 day 0: ", "faults.scheduled[0].site")
	if o.code != ExitInternal {
		t.Errorf("exit code %d", o.code)
	}
}

// A training of three shards on the engine temporal: one of two workers is
// killed on the way, the training is stopped by Ctrl-C and goes on, and the
// server is killed and begun again. What it ends with is that of the local
// engine, byte for byte, and nothing is left in the store.
func TestTemporalTraining(t *testing.T) {
	s := newShell(t)
	x := startTemporal(s)
	args := []string{"train", "tiny", "--algo", "ppo-lagrangian", "--set", "ppo.iterations=12", "--set", "ppo.shards=3", "--set", "ppo.horizon=480",
		"--set", "training.judge_every=4"}
	s.do(append(args, "--out", "local")...)

	far := append(slices.Concat(args, []string{"--engine", "temporal", "--heartbeat", "1s", "--out", "far"}), x.flags(s)...)
	first, _ := x.worker(s)
	x.worker(s)
	iterations := func() int {
		var history []train.Iteration
		data, err := os.ReadFile(s.path("far/" + historyFile))
		if err != nil || json.Unmarshal(data, &history) != nil {
			return 0
		}
		return len(history)
	}
	cmd, out := s.begin(far...)
	t.Cleanup(func() { killGroup(t, cmd) })
	s.await("2 iterations", func() bool { return iterations() >= 2 })
	killGroup(t, first)
	s.await("4 iterations", func() bool { return iterations() >= 4 })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != ExitInterrupted {
		t.Fatalf("ended as %s: %s", cmd.ProcessState, out)
	}
	n := iterations()
	contains(t, out.String(), fmt.Sprintf("%d iterations complete; go on with: hibernet train", n))

	cmd, out = s.begin(append(far, "--resume")...)
	t.Cleanup(func() { killGroup(t, cmd) })
	s.await("2 more iterations", func() bool { return iterations() >= n+2 })
	x.kill()
	if n = iterations(); n >= 11 {
		t.Fatalf("the server was killed after %d iterations: too late", n)
	}
	time.Sleep(2 * time.Second) // long enough to be missed
	x.start()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("the server was killed after %d iterations; the training said:\n%s", n, out)
	for _, name := range []string{policyFile, bestFile, checkpointFile, "episodes.parquet"} {
		if !bytes.Equal(s.read("local/"+name), s.read("far/"+name)) {
			t.Errorf("%s differs from that of the local engine", name)
		}
	}
	if left, err := filepath.Glob(s.path("blobs/rollouts/*/*")); err != nil || len(left) > 0 {
		t.Errorf("left in the store: %v (%v)", left, err)
	}
}

// Without a worker, or without one of the same version, the sweep says what it
// waits for.
func TestTemporalWithoutWorkers(t *testing.T) {
	s := newShell(t)
	x := startTemporal(s)
	s.write("sweep.yaml", twoHundred)
	cmd, out := s.begin(append([]string{"sweep", "sweep.yaml", "--engine", "temporal"}, x.flags(s)...)...)
	s.await("a note", func() bool { return strings.Contains(out.String(), "no worker of this version") })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != ExitInterrupted {
		t.Errorf("ended as %s: %s", cmd.ProcessState, out)
	}
	o := s.try("worker", "--address", x.address, "--namespace", "none", "--blobs", "mem://")
	if o.code != ExitInternal || !strings.Contains(o.err, `has no namespace "none"`) {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
}
