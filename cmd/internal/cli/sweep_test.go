package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"hibernet/results/sweep"
)

// crashEnv names a file: the first worker that finds it removes it and dies
// in the middle of its first task. Only tests know it.
const crashEnv = "HIBERNET_TEST_CRASH"

// crash lets this process die soon if it can take the file away.
func crash(file string) {
	if os.Remove(file) == nil {
		time.AfterFunc(time.Millisecond, func() { panic("a worker that was made to crash") })
	}
}

// smallSweep has 8 runs of six hours.
const smallSweep = `name: small
scenario: tiny
axes:
  - {path: load.target_mean, name: load, values: [0.1, 0.2]}
policies: [always-on, threshold]
seeds: {first: 3, count: 2}
start_days: [3]
days: 0.25
`

// data returns the files of a sweep's data set.
func (s *shell) data(dir string) map[string]string {
	s.t.Helper()
	files := map[string]string{}
	root := s.path(dir + "/" + sweep.DataDir)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return files
}

// sameData fails unless two data sets are equal, byte for byte.
func sameData(t *testing.T, got, want map[string]string) {
	t.Helper()
	if len(want) == 0 || len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s differs: %d bytes, want %d", name, len(got[name]), len(text))
		}
	}
}

func TestSweep(t *testing.T) {
	s := newShell(t)
	s.write("small.yaml", smallSweep)
	contains(t, s.do("sweep", "small.yaml"), "small: 8 of 8 runs finished", "wrote runs/small: data, timings.parquet, sweep.json")
	frame, err := sweep.ReadData(s.path("runs/small"))
	if err != nil {
		t.Fatal(err)
	}
	if frame.Rows() != 8 {
		t.Fatalf("%d rows", frame.Rows())
	}
	// Every row is what hibernet run gives.
	for i := range frame.Rows() {
		policy := frame.Find("policy").Text[i]
		text := s.do("run", "tiny", "--policy", policy, "--from-day", "3", "--days", "0.25", "--seed", fmt.Sprint(frame.Find("seed").Uint[i]),
			"--set", fmt.Sprintf("load.target_mean=%g", frame.Find("load").Float[i]), "--out", "one", "--force", "--json")
		var one runOutcome
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			t.Fatal(err)
		}
		for _, f := range one.Figures {
			if col := frame.Find(f.Name); f.Value != nil && col.Float[i] != *f.Value {
				t.Errorf("row %d: %s is %v, hibernet run says %v", i, f.Name, col.Float[i], *f.Value)
			}
		}
		if one.Return != frame.Find("return").Float[i] || len(one.Figures) < 16 {
			t.Errorf("row %d: return %v, want %v", i, frame.Find("return").Float[i], one.Return)
		}
	}
	// Once more: nothing is played, and the data set stays.
	before := s.data("runs/small")
	contains(t, s.do("sweep", "small.yaml"), "8 of 8 runs finished, 8 of them before")
	sameData(t, s.data("runs/small"), before)
}

// The number of workers, shards, and a search that is asked for again.
func TestSweepDividedAndMerged(t *testing.T) {
	s := newShell(t)
	s.write("small.yaml", smallSweep)
	s.do("sweep", "small.yaml", "--workers", "3", "--out", "whole")
	for _, shard := range []string{"1/3", "2/3", "3/3"} {
		s.do("sweep", "small.yaml", "--workers", "1", "--shard", shard)
	}
	shards := []string{"runs/small-shard-1-of-3", "runs/small-shard-2-of-3", "runs/small-shard-3-of-3"}
	contains(t, s.do(append([]string{"results", "merge", "--out", "merged"}, shards...)...), "8 of 8 runs finished, from 3 shards")
	sameData(t, s.data("merged"), s.data("whole"))

	for want, args := range map[string][]string{
		"shard 3/3 is missing": shards[:2],
		"are both shard 1/3":   {shards[0], shards[0], shards[1], shards[2]},
		"is shard 1/1":         {shards[0], "whole"},
	} {
		o := s.try(append([]string{"results", "merge", "--out", "other"}, args...)...)
		if o.code != ExitInput || !strings.Contains(o.err, want) {
			t.Errorf("merge %v: exit code %d, %s", args, o.code, o.err)
		}
	}
	if _, err := os.Stat(s.path("other")); err == nil {
		t.Error("a merge that failed left a folder")
	}
	files, err := filepath.Glob(s.path(shards[1] + "/runs/*.json"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%v, %v", files, err)
	}
	if err := os.Truncate(files[0], 100); err != nil {
		t.Fatal(err)
	}
	if o := s.try(append([]string{"results", "merge", "--out", "other"}, shards...)...); o.code != ExitInput || !strings.Contains(o.err, "1 of 3 runs are not finished") {
		t.Errorf("a torn run was merged: %d, %s", o.code, o.err)
	}
	// The torn one, and only that, is played again.
	contains(t, s.do("sweep", "small.yaml", "--shard", "2/3"), "3 of 3 runs finished, 2 of them before")
	s.do(append([]string{"results", "merge", "--out", "merged", "--force"}, shards...)...)
	sameData(t, s.data("merged"), s.data("whole"))
}

// halving is a method of search that has several rounds.
const halving = "halving, eta: 2, first_days: 0.125"

// search returns a search with a method that has 8 trials.
func search(method string) string {
	return `name: s
scenario: tiny
policies: [threshold]
start_days: [3]
days: 0.25
search:
  {method: ` + method + `, space: [{path: baselines.threshold.own_sleep_below, name: below, low: 0.02, high: 0.5, log: true}],
   objective: minimize energy_kwh, constraints: ["dropped_pct <= 5", "outage_min <= 1"], trials: 8}
`
}

func TestSweepSearch(t *testing.T) {
	for _, method := range []string{"random", halving, "cmaes, population: 4"} {
		s := newShell(t)
		s.write("s.yaml", search(method))
		o := s.do("sweep", "s.yaml")
		contains(t, o, "the best keeps the constraints", "--set baselines.threshold.own_sleep_below=")
		before := s.data("runs/s")
		h, err := sweep.ReadHeader(s.path("runs/s"))
		if err != nil || len(h.Trials) < 8 || !h.Complete {
			t.Fatalf("%s: %d trials (%v)", method, len(h.Trials), err)
		}
		if again := s.do("sweep", "s.yaml", "--workers", "1"); !strings.Contains(again, strings.Split(o, "\n")[1]) {
			t.Errorf("%s: another best:\n%s\n%s", method, o, again)
		}
		sameData(t, s.data("runs/s"), before)
		contains(t, s.do("sweep", "s.yaml", "--dry-run", "--probe=false"), "round 1: up to 8 trials in 8 runs")
	}
}

// A worker that crashes loses its run, which a new one plays; nothing else is
// lost.
func TestSweepSurvivesACrash(t *testing.T) {
	s := newShell(t)
	s.write("small.yaml", smallSweep)
	s.do("sweep", "small.yaml", "--out", "undisturbed")
	s.write("crash", "")
	t.Setenv(crashEnv, s.path("crash"))
	contains(t, s.do("sweep", "small.yaml"), "8 of 8 runs finished\n")
	if _, err := os.Stat(s.path("crash")); err == nil {
		t.Fatal("no worker crashed")
	}
	sameData(t, s.data("runs/small"), s.data("undisturbed"))
}

// badSite has two runs, of which one fails.
const badSite = `name: bad
scenario: tiny
set: ["faults.scheduled=[{kind: mains, site: 0, start_h: 1, duration_h: 1}]"]
axes: [{path: "faults.scheduled[0].site", name: site, values: [0, 900]}]
policies: [always-on]
days: 0.25
`

// Runs that fail are named, and fail the sweep; the others are kept.
func TestSweepFailedRuns(t *testing.T) {
	s := newShell(t)
	s.write("bad.yaml", badSite)
	o := s.try("sweep", "bad.yaml")
	if o.code != ExitInternal {
		t.Fatalf("exit code %d: %s%s", o.code, o.stdout, o.err)
	}
	contains(t, o.stdout, "bad: 1 of 2 runs finished", "failed: always_on site=900 seed 1 day 0: ", "faults.scheduled[0].site")
	contains(t, o.err, "1 run of 2 failed")
	h, err := sweep.ReadHeader(s.path("runs/bad"))
	if err != nil || h.Complete || len(h.Failed) != 1 || h.Finished != 1 {
		t.Errorf("%+v (%v)", h, err)
	}
}

// When the budget of hours is used up no further run is begun, and a later
// command goes on.
func TestSweepBudget(t *testing.T) {
	s := newShell(t)
	s.write("long.yaml", strings.Replace(smallSweep, "count: 2", "count: 500", 1)+"budget: {hours: 0.0001}\n")
	o := s.try("sweep", "long.yaml")
	if o.code != ExitInternal {
		t.Fatalf("exit code %d: %s", o.code, o.err)
	}
	contains(t, o.err, "budget.hours is used up with ", "the same command goes on")
	h, err := sweep.ReadHeader(s.path("runs/small"))
	if err != nil || h.Complete || h.Finished >= 2000 || len(h.Failed) > 0 {
		t.Errorf("%d finished, %d failed, %v", h.Finished, len(h.Failed), err)
	}
}

func TestSweepDryRun(t *testing.T) {
	s := newShell(t)
	s.write("small.yaml", smallSweep)
	text := s.do("sweep", "small.yaml", "--dry-run", "--probe=false")
	golden(t, "sweep_dry_run.txt", regexp.MustCompile(`(?m)^[0-9a-f]{20}`).ReplaceAllString(text, "IDENTITY            "))
	var p plan
	if err := json.Unmarshal([]byte(s.do("sweep", "small.yaml", "--dry-run", "--json", "--shard", "2/3")), &p); err != nil {
		t.Fatal(err)
	}
	if p.Total != 8 || len(p.Runs) != 3 || p.Estimate == nil || p.Estimate.Probes != 3 || p.Estimate.MemoryBytes < 1e6 {
		t.Errorf("%+v", p)
	}
	if len(s.tree()) != 2 {
		t.Error("a dry run wrote something")
	}
}

func TestSweepTrainsInTheRun(t *testing.T) {
	s := newShell(t)
	s.write("ppo.yaml", `name: ppo
scenario: tiny
set: [ppo.iterations=1, ppo.epochs=1]
axes: [{path: ppo.learning_rate, name: rate, values: [0.0001, 0.01]}]
policies: ["train:ppo"]
start_days: [3]
days: 0.25
`)
	contains(t, s.do("sweep", "ppo.yaml"), "2 of 2 runs finished")
	frame, err := sweep.ReadData(s.path("runs/ppo"))
	if err != nil || frame.Rows() != 2 {
		t.Fatalf("%v", err)
	}
	if e := frame.Find("energy_kwh").Float; e[0] == e[1] {
		t.Error("the learning rate has no effect")
	}
}

func TestSweepFaults(t *testing.T) {
	s := newShell(t)
	s.write("small.yaml", smallSweep)
	s.write("bad.yaml", "name: x\nscenario: tiny\npolicies: [alwayson]\n")
	s.write("axis.yaml", "name: x\nscenario: tiny\npolicies: [always-on]\naxes: [{path: network.epoch, values: [1]}]\n")
	s.write("search.yaml", "name: x\nscenario: tiny\npolicies: [threshold]\nsearch: {method: random, space: [{path: radio.none, low: 0, high: 1}], objective: minimize energy_kwh}\n")
	s.write("full/file", "")
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"sweep none.yaml", ExitInput, "neither a file nor an example"},
		{"sweep bad.yaml", ExitInput, `policy "alwayson" is neither a rule`},
		{"sweep axis.yaml", ExitInput, "unknown key"},
		{"sweep search.yaml", ExitInput, "unknown key"},
		{"sweep small.yaml --shard 4/3", ExitUsage, "--shard"},
		{"sweep search.yaml --shard 1/3", ExitUsage, "cannot be divided"},
		{"sweep small.yaml --workers -1", ExitUsage, "--workers"},
		{"sweep small.yaml --out full", ExitUsage, "not empty"},
		{"sweep small.yaml --out full --force", ExitUsage, "not a sweep's folder"},
		{"results merge full --out x", ExitInput, "not a sweep's folder"},
		{"results merge full", ExitUsage, "--out is missing"},
		{"sweep script small.yaml --kind pbs", ExitUsage, "slurm, kubernetes"},
		{"sweep script small.yaml --kind kubernetes", ExitUsage, "--image and --claim"},
		{"sweep script small.yaml --shards 0", ExitUsage, "--shards"},
	} {
		o := s.try(strings.Fields(tt.args)...)
		if o.code != tt.code || !strings.Contains(o.err, tt.want) {
			t.Errorf("%s: exit code %d, want %d; %s", tt.args, o.code, tt.code, o.err)
		}
	}
}

func TestBoard(t *testing.T) {
	var out bytes.Buffer
	now := noon
	io := IO{Stderr: &out, Terminal: true, Width: 60, Now: func() time.Time { return now }}
	b := io.board("sweep x", 10, 2)
	b.see(sweep.Event{Kind: sweep.Started, Slot: 0}, "a")
	b.see(sweep.Event{Kind: sweep.Started, Slot: 1}, "b "+strings.Repeat("long ", 30))
	now = now.Add(4 * time.Second)
	b.see(sweep.Event{Kind: sweep.Finished, Slot: 0}, "a")
	b.see(sweep.Event{Kind: sweep.Started, Slot: 0}, "c")
	now = now.Add(4 * time.Second)
	b.see(sweep.Event{Kind: sweep.Failed, Slot: 0}, "c")
	b.see(sweep.Event{Kind: sweep.Retried, Slot: 1}, "b")
	got := strings.Join(b.lines(now), "\n")
	want := "sweep x: 3 of 10 done, 1 running, 1 failed, 1 tried again, \n   2   8.0 s  b long long long long long long long long lon"
	if !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s", got)
	}
	if io.Width = 0; !strings.Contains(out.String(), "1 running, 0 failed") || !strings.Contains(out.String(), "\x1b[1A\x1b[2K") {
		t.Errorf("drawn: %q", out.String())
	}
}
