package sweeps_test

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hibernet/scenarios"
	"hibernet/scenarios/strict"
	"hibernet/scenarios/sweeps"
)

var update = flag.Bool("update", false, "rewrite the golden files; read the diff before you commit")

// base is the preset tiny without data files.
func base(t testing.TB) sweeps.Base {
	t.Helper()
	text, err := scenarios.PresetText("tiny")
	if err != nil {
		t.Fatal(err)
	}
	return sweeps.Base{Name: "tiny", Text: text, Inputs: func(scenarios.InputSpec) (string, error) { return "", nil }}
}

// rules are policies by name.
func rules(names ...string) []sweeps.Policy {
	var list []sweeps.Policy
	for _, n := range names {
		list = append(list, sweeps.Policy{Name: n, Arg: n, SHA256: sweeps.PolicyDigest([]byte(n))})
	}
	return list
}

func load(t testing.TB, text string) sweeps.Spec {
	t.Helper()
	s, err := sweeps.Load("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// expand returns the runs of a sweep over tiny, a line each: policy, values,
// seed, day.
func expand(t testing.TB, text string) ([]sweeps.Run, []string) {
	t.Helper()
	s := load(t, "name: s\nscenario: tiny\ndays: 1\n"+text)
	var names []string
	for _, p := range s.Policies {
		names = append(names, strings.ReplaceAll(p, "-", "_"))
	}
	runs, err := s.Expand(base(t), rules(names...))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i, r := range runs {
		if r.Index != i {
			t.Errorf("run %d has the index %d", i, r.Index)
		}
		line := r.Policy.Name
		for _, v := range r.Point {
			line += " " + string(v)
		}
		lines = append(lines, fmt.Sprintf("%s %d %d", line, r.Seed, r.StartDay))
	}
	return runs, lines
}

// Lists worked out by hand.
func TestExpansion(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want string
	}{
		"no axes": {"policies: [always-on]", "always_on 1 0"},
		"order: axes, days, seeds, policies": {`
axes:
  - {path: "topology.areas[0].isd_m", values: [300, 500]}
  - {path: load.target_mean, range: {from: 0.1, to: 0.3, step: 0.1}}
policies: [always-on, schedule]
seeds: {first: 7, count: 1}
`, `always_on 300 0.1 7 0
schedule 300 0.1 7 0
always_on 300 0.2 7 0
schedule 300 0.2 7 0
always_on 300 0.3 7 0
schedule 300 0.3 7 0
always_on 500 0.1 7 0
schedule 500 0.1 7 0
always_on 500 0.2 7 0
schedule 500 0.2 7 0
always_on 500 0.3 7 0
schedule 500 0.3 7 0`},
		"days before seeds": {"policies: [always-on]\nstart_days: [6, 3]\nseeds: {first: 1, count: 2}",
			"always_on 1 6\nalways_on 2 6\nalways_on 1 3\nalways_on 2 3"},
		"zip": {`
axes:
  - {path: "topology.areas[0].isd_m", values: [300, 500], zip: size}
  - {path: load.cells, values: [all, capacity]}
  - {path: "topology.areas[0].sites", values: [4, 3], zip: size}
policies: [always-on]
`, `always_on 300 all 4 1 0
always_on 300 capacity 4 1 0
always_on 500 all 3 1 0
always_on 500 capacity 3 1 0`},
		"ranges": {`
axes:
  - {path: load.target_mean, range: {from: 0.1, to: 0.2, count: 3}}
  - {path: load.tolerance, log_range: {from: 0.001, to: 0.1, count: 3}}
policies: [always-on]
`, `always_on 0.1 0.001 1 0
always_on 0.1 0.01 1 0
always_on 0.1 0.1 1 0
always_on 0.15 0.001 1 0
always_on 0.15 0.01 1 0
always_on 0.15 0.1 1 0
always_on 0.2 0.001 1 0
always_on 0.2 0.01 1 0
always_on 0.2 0.1 1 0`},
		"whole log range": {"axes: [{path: \"topology.areas[0].isd_m\", log_range: {from: 100, to: 1000, count: 4, whole: true}}]\npolicies: [always-on]",
			"always_on 100 1 0\nalways_on 215 1 0\nalways_on 464 1 0\nalways_on 1000 1 0"},
		"exclude": {`
axes:
  - {path: "topology.areas[0].isd_m", name: isd_m, values: [300, 500, 800]}
exclude: ["policy == always-on and isd_m > 300", "seed == 2 and isd_m == 800", "isd_m == 500"]
policies: [always-on, schedule]
seeds: {first: 1, count: 2}
`, `always_on 300 1 0
schedule 300 1 0
always_on 300 2 0
schedule 300 2 0
schedule 800 1 0`},
		"lists as values": {"axes: [{path: split.train_days, values: [[0, 1], [0, 2]]}]\npolicies: [always-on]",
			"always_on [0, 1] 1 0\nalways_on [0, 2] 1 0"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, got := expand(t, tt.text); strings.Join(got, "\n") != tt.want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), tt.want)
			}
		})
	}
}

// A run's identity is that of its content.
func TestIdentity(t *testing.T) {
	text := "axes: [{path: load.target_mean, values: [0.1, 0.2]}]\npolicies: [always-on, schedule]\nseeds: {first: 1, count: 2}\nstart_days: [0, 3]\n"
	a, _ := expand(t, text)
	ids := map[string]bool{}
	for _, r := range a {
		ids[r.ID] = true
	}
	if len(a) != 16 || len(ids) != 16 {
		t.Fatalf("%d runs, %d identities", len(a), len(ids))
	}
	// The same runs, asked for in another way and another order.
	b, _ := expand(t, "# another file\nset: [\"load.target_mean=0.7\"]\naxes: [{path: load.target_mean, range: {from: 0.1, to: 0.20, count: 2}}]\npolicies: [schedule, always-on]\nseeds: {count: 2}\nstart_days: [3, 0]\n")
	for _, r := range b {
		if !ids[r.ID] {
			t.Errorf("%s has another identity", r.ID)
		}
	}
	if sweeps.Digest(a) == sweeps.Digest(b) {
		t.Error("another order has the same digest")
	}
	if c, _ := expand(t, text); sweeps.Digest(a) != sweeps.Digest(c) {
		t.Error("the same file has another digest")
	}
	// Anything that decides the result changes it.
	for what, other := range map[string]string{
		"length": "days: 0.5\nset: [load.target_mean=0.1]", "setting": "days: 1\nset: [load.target_mean=0.1, network.epoch_s=60]",
	} {
		s := load(t, "name: s\nscenario: tiny\npolicies: [always-on]\n"+other)
		runs, err := s.Expand(base(t), rules("always_on"))
		if err != nil || ids[runs[0].ID] {
			t.Errorf("another %s has the same identity (%v)", what, err)
		}
	}
	same := load(t, "name: s\nscenario: tiny\npolicies: [always-on]\ndays: 1\nset: [load.target_mean=0.1]")
	if runs, err := same.Expand(base(t), rules("always_on")); err != nil || !ids[runs[0].ID] {
		t.Errorf("a setting for all runs and on an axis differ (%v)", err)
	}
	s, in := load(t, "name: s\nscenario: tiny\ndays: 1\n"+text), base(t)
	in.Inputs = func(scenarios.InputSpec) (string, error) { return "abc", nil }
	if runs, err := s.Expand(in, rules("always_on", "schedule")); err != nil || ids[runs[0].ID] {
		t.Errorf("other data have the same identity (%v)", err)
	}
}

func TestExpandRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"axes: [{path: \"topology.areas[0].isd_m\", values: [300, -1]}]\npolicies: [a]":                                   "allowed: a number",
		"axes: [{path: load.target_men, values: [0.1]}]\npolicies: [a]":                                                   "unknown key",
		"axes: [{path: load.target_mean, values: [0.1, 0.10]}]\npolicies: [a]":                                            "the same one",
		"policies: [a]\nexclude: [\"policy == a\"]":                                                                       "leaves no run",
		"policies: [a]\nseeds: {count: 5}\nbudget: {runs: 4}":                                                             "budget.runs allows 4",
		"policies: [a]\ndays: 0.001":                                                                                      "whole number of control intervals",
		"axes: [{path: load.target_mean, range: {from: 0.1, to: 0.2, count: 5000}}]\npolicies: [a]\nseeds: {count: 1000}": "allowed: 1000000",
	} {
		s, err := sweeps.Load("x", []byte("name: s\nscenario: tiny\n"+text))
		if err == nil {
			_, err = s.Expand(base(t), rules("a"))
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	s := load(t, "name: s\nscenario: tiny\npolicies: [a, b]")
	for _, names := range [][]string{{"a", "a"}, {"a", "b/c"}} {
		if _, err := s.Expand(base(t), rules(names...)); err == nil {
			t.Errorf("policies %v were accepted", names)
		}
	}
}

// Bad files give all faults, at their lines.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = sweeps.Load(filepath.Base(file), text)
		var faults strict.Faults
		if !errors.As(err, &faults) {
			t.Fatalf("%s: %v", file, err)
		}
		golden := strings.TrimSuffix(file, ".yaml") + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(faults.Error()+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got := faults.Error() + "\n"; got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
		}
	}
}

func TestExamples(t *testing.T) {
	if len(sweeps.Examples()) < 2 {
		t.Fatal("no examples")
	}
	for _, name := range sweeps.Examples() {
		text, err := sweeps.Example(name)
		if err != nil {
			t.Fatal(err)
		}
		s := load(t, string(text))
		if s.Name != name {
			t.Errorf("example %s has the name %s", name, s.Name)
		}
		if s.Search.Method == "" {
			if _, err := s.Expand(base(t), rules(s.Policies...)); err != nil && !strings.Contains(err.Error(), "policies[") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := sweeps.Example("none"); err == nil || !strings.Contains(err.Error(), sweeps.Examples()[0]) {
		t.Errorf("got %v", err)
	}
}

func TestTags(t *testing.T) {
	s := sweeps.Default()
	s.Name, s.Scenario, s.Policies = "x", "tiny", []string{"always-on"}
	for _, err := range strict.Lint(&s) {
		t.Error(err)
	}
}

func TestConditions(t *testing.T) {
	for _, tt := range []struct {
		text string
		x    float64
		want bool
	}{
		{"dropped_pct <= 1", 1, true}, {"dropped_pct < 1", 1, false}, {"dropped_pct >= 1", 1, true}, {"dropped_pct > 1", 1, false},
		{"dropped_pct == 1", 1, true}, {"dropped_pct != 1", 1, false}, {"dropped_pct != 1", 2, true}, {"dropped_pct<=-1e-3", -1, true},
		{"dropped_pct <= 1", math.NaN(), false}, {"dropped_pct != 1", math.NaN(), false}, {"dropped_pct >= 0", math.NaN(), false},
	} {
		c, err := sweeps.ParseGate(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		if c.Holds(tt.x) != tt.want {
			t.Errorf("%s at %g: got %v", tt.text, tt.x, !tt.want)
		}
		if excess := c.Excess(tt.x); (excess == 0) != tt.want {
			t.Errorf("%s at %g: excess %g", tt.text, tt.x, excess)
		}
		if again, err := sweeps.ParseGate(c.String()); err != nil || again.String() != c.String() {
			t.Errorf("%s comes back as %s (%v)", c, again, err)
		}
	}
	for _, bad := range []string{"", "dropped_pct", "dropped_pct <= NaN", "dropped_pct <= inf", "dropped_pct =< 1", "a <= 1", "dropped_pct <= 1 or x", "dropped_pct == no"} {
		if _, err := sweeps.ParseGate(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestRungs(t *testing.T) {
	s := sweeps.SearchSpec{Eta: 3, FirstDays: 0.5}
	if got, want := s.Rungs(7), []float64{0.5, 1.5, 4.5, 7}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := (sweeps.SearchSpec{Eta: 2}).Rungs(8); !slices.Equal(got, []float64{2, 4, 8}) {
		t.Errorf("got %v", got)
	}
}

func TestSpaceValue(t *testing.T) {
	for _, tt := range []struct {
		s    sweeps.SpaceSpec
		u    float64
		want strict.Value
	}{
		{sweeps.SpaceSpec{Low: 2, High: 4}, 0.5, "3"}, {sweeps.SpaceSpec{Low: 2, High: 4}, -1, "2"}, {sweeps.SpaceSpec{Low: 2, High: 4}, 7, "4"},
		{sweeps.SpaceSpec{Low: 0.01, High: 1, Log: true}, 0.5, "0.1"}, {sweeps.SpaceSpec{Low: 1, High: 4, Whole: true}, 0.3, "2"},
	} {
		if got := tt.s.Value(tt.u); got != tt.want {
			t.Errorf("%+v at %g: got %s, want %s", tt.s, tt.u, got, tt.want)
		}
	}
}

// Whatever the bytes: no panic; faults, or a sweep that is written and read
// back the same, and that expands or says why not.
func FuzzLoad(f *testing.F) {
	for _, name := range sweeps.Examples() {
		text, _ := sweeps.Example(name)
		f.Add(text)
	}
	files, _ := filepath.Glob("testdata/*.yaml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	in := base(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := sweeps.Load("f.yaml", text)
		if err != nil {
			var faults strict.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("not Faults: %v", err)
			}
			return
		}
		shown, err := s.Show()
		if err != nil {
			t.Fatal(err)
		}
		back, err := sweeps.Load("back.yaml", shown)
		if err != nil {
			t.Fatalf("%v\n%s", err, shown)
		}
		if again, _ := back.Show(); string(again) != string(shown) {
			t.Fatalf("another sweep after writing and reading:\n%s\n%s", shown, again)
		}
		if points, err := s.Points(); err == nil && len(points)*s.Seeds.Count*len(s.StartDays) < 5 && s.Search.Method == "" {
			runs, err := s.Expand(in, rules("a"))
			if err == nil && len(runs) == 0 {
				t.Fatal("no runs and no fault")
			}
		}
	})
}
