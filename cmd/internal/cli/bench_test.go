package cli

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

// TestBench: every figure is there, or null with a reason.
func TestBench(t *testing.T) {
	if testing.Short() {
		t.Skip("trains a policy")
	}
	s := newShell(t)
	s.io.Now = time.Now
	var got map[string]any
	if err := json.Unmarshal([]byte(s.do("bench", "tiny", "--cells", "2000", "--steps", "2", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	missing, _ := got["missing"].(map[string]any)
	for _, key := range []string{
		"coupling_cell_iterations_per_s", "numpy_ratio", "copy_bandwidth_fraction", "cell_steps_per_s", "peak_rss_bytes",
		"growth_ratio", "inference_decisions_per_s", "agent_steps_per_s", "cells", "workers", "cpu",
	} {
		value, there := got[key]
		switch v := value.(type) {
		case nil:
			if !there || missing[key] == nil {
				t.Errorf("%s: there %v, null without a reason", key, there)
			}
		case float64:
			if !(v > 0) {
				t.Errorf("%s: %g", key, v)
			}
		case string:
			if v == "" {
				t.Errorf("%s is empty", key)
			}
		}
	}
	share, _ := got["agent_steps_share"].(map[string]any)
	sum := 0.0
	for _, part := range []string{"simulate", "infer", "learn"} {
		v, _ := share[part].(float64)
		if !(v > 0) {
			t.Errorf("agent_steps_share of %s: %v", part, share[part])
		}
		sum += v
	}
	learn := 0.0
	for _, part := range []string{"forward", "backward", "optimiser"} {
		v, _ := share[part].(float64)
		if !(v > 0) {
			t.Errorf("agent_steps_share of %s: %v", part, share[part])
		}
		learn += v
	}
	if whole, _ := share["learn"].(float64); learn > whole {
		t.Errorf("the parts of learn add up to %g, it is %g", learn, whole)
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("agent_steps_share adds up to %g: %v", sum, share)
	}
	if got["growth_ratio"] != nil {
		t.Errorf("growth_ratio of 2000 cells: %v, want null", got["growth_ratio"])
	}
	forecast, _ := got["forecast"].(map[string]any)
	if forecast["cells"] != 18.0 || forecast["days"] != 7.0 {
		t.Errorf("forecast of tiny: %v", forecast)
	}
}

// TestTooLarge: what does not fit into the memory is refused with the
// estimate, before it is built.
func TestTooLarge(t *testing.T) {
	s := newShell(t)
	s.io.Free = func() int64 { return 1 << 20 }
	for _, args := range [][]string{
		{"run", "quickstart", "--policy", "threshold"}, {"train", "quickstart"}, {"evaluate", "quickstart", "--policy", "always-on"}, {"bench", "--cells", "1000"},
	} {
		o := s.try(args...)
		if o.code != ExitInput || !strings.Contains(o.err, " cells need about ") ||
			!strings.Contains(o.err, "0.0 GiB are free") || !strings.Contains(o.err, "--ignore-memory") {
			t.Errorf("%v: exit code %d, %s", args, o.code, o.err)
		}
	}
	s.io.Free = func() int64 { return 1 }
	if o := s.try("run", "tiny", "--days", "0.25"); o.code != ExitInput {
		t.Errorf("without memory: exit code %d", o.code)
	}
	s.do("run", "tiny", "--days", "0.25", "--ignore-memory")
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// TestBenchSizes: sizes are played in order, and drawn.
func TestBenchSizes(t *testing.T) {
	s := newShell(t)
	s.io.Now = time.Now
	var got []sized
	if err := json.Unmarshal([]byte(s.do("bench", "--sizes", "1000,2000", "--steps", "2", "--out", "growth", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Cells > 1100 || got[1].Cells < 1900 || !(got[1].CellStepsPerS > 0) || !(got[1].Passes >= 1) {
		t.Errorf("%+v", got)
	}
	for _, name := range []string{"growth.json", "growth-time.png", "growth-memory.png"} {
		if len(s.read("growth/"+name)) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	for _, args := range [][]string{
		{"bench", "--sizes", "10"}, {"bench", "--cells", "10"}, {"bench", "--steps", "0"}, {"bench", "--out", "x"},
		{"bench", "tiny", "--sizes", "1000"}, {"bench", "--set", "seed=1"}, {"bench", "tiny", "--days", "0"}, {"bench", "a", "b"},
	} {
		if o := s.try(args...); o.code != ExitUsage {
			t.Errorf("%v: exit code %d, %s", args, o.code, o.err)
		}
	}
}
