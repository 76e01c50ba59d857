package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What tune writes is a policy for evaluate, text that a scenario can hold, and
// the same for any number of workers.
func TestTuneThreshold(t *testing.T) {
	s := newShell(t)
	small := []string{"--set", "topology.areas=[{class: urban, sites: 1}]", "--set", "sleep.episode_h=3", "--seeds", "1"}
	tune := append([]string{"tune", "threshold", "tiny", "--trials", "15", "--episodes", "1", "--out", "mine.yaml"}, small...)
	out := s.do(tune...)
	if again := s.do(append(tune, "--workers", "1")...); again != out {
		t.Errorf("one worker finds something else:\n%s\n%s", again, out)
	}
	for _, want := range []string{"% of always-on's energy on the training days", "# dropped_pct <= always_on + 0.5:", "baselines:\n  threshold:\n    own_sleep_below:"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if text := s.do(append(tune, "--json")...); !strings.Contains(text, `"own_sleep_below": 0.`) {
		t.Errorf("the settings have not their names in:\n%s", text)
	}
	scenario := "name: pasted\n" + out
	if err := os.WriteFile(filepath.Join(s.dir, "pasted.yaml"), []byte(scenario), 0o644); err != nil {
		t.Fatal(err)
	}
	s.do("scenario", "validate", "pasted.yaml")

	var got struct {
		Verdicts []struct {
			Policy    string
			GapClosed *float64 `json:"gap_closed"`
		}
		Bound *float64 `json:"bound_kwh"`
	}
	text := s.do(append([]string{"evaluate", "tiny", "--policy", "always-on", "--policy", "mine.yaml", "--reference", "mine.yaml", "--oracle", "--json"}, small...)...)
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Verdicts) != 2 || got.Verdicts[1].Policy != "mine" || got.Bound == nil || !(*got.Bound > 0) {
		t.Fatalf("%+v", got)
	}
	if gap := got.Verdicts[1].GapClosed; gap == nil || *gap != 0 {
		t.Errorf("the reference closes %v of its own gap", gap)
	}
}

// Where dynamic programming is too much, the share of the causal gap is null and
// the reason is given; on hamlet it is there.
func TestEvaluateSharesOfTheCausalGap(t *testing.T) {
	type verdict struct {
		Policy string
		Share  *float64 `json:"gap_closed_causal"`
	}
	for scenario, known := range map[string]bool{"hamlet": true, "tiny": false} {
		s := newShell(t)
		var got struct {
			Verdicts []verdict
			Exact    *float64 `json:"exact_kwh"`
			Causal   *float64 `json:"causal_kwh"`
			Bound    *float64 `json:"bound_kwh"`
			Why      string   `json:"no_causal"`
		}
		text := s.do("evaluate", scenario, "--policy", "always-on", "--policy", "threshold", "--oracle", "--json", "--steps=false", "--seeds", "2", "--set", "sleep.episode_h=3")
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		if !known {
			if got.Verdicts[0].Share != nil || got.Causal != nil || !strings.Contains(got.Why, "traffic.interpolation: must be step") {
				t.Errorf("%s: %+v", scenario, got)
			}
			continue
		}
		if got.Why != "" || got.Exact == nil || got.Causal == nil || !(*got.Bound <= *got.Exact) || got.Verdicts[0].Share == nil {
			t.Errorf("%s: %+v", scenario, got)
		}
	}
}

// With --per-class each area class has settings of its own in the file, which is a
// policy and the same for any number of workers.
func TestTunePerClass(t *testing.T) {
	s := newShell(t)
	small := []string{"--set", "topology.areas=[{class: urban, sites: 1}, {class: rural, sites: 1}]", "--set", "sleep.episode_h=4", "--set", "load.target_mean=0.08", "--seeds", "1"}
	tune := append([]string{"tune", "threshold", "tiny", "--trials", "20", "--episodes", "1", "--per-class"}, small...)
	out := s.do(append(tune, "--out", "mine.yaml")...)
	if again := s.do(append(tune, "--workers", "1", "--out", "again.yaml")...); again != out {
		t.Errorf("one worker finds something else:\n%s\n%s", again, out)
	}
	if !strings.Contains(out, "    classes:\n      ") || !strings.Contains(out, "urban:") && !strings.Contains(out, "rural:") {
		t.Errorf("no settings of a class in:\n%s", out)
	}
	s.do(append([]string{"evaluate", "tiny", "--policy", "always-on", "--policy", "mine.yaml", "--steps=false"}, small...)...)

	var one, each struct {
		Verdict struct {
			EnergyKWh float64 `json:"energy_kwh"`
		}
	}
	for flag, into := range map[string]any{"--per-class=false": &one, "--per-class=true": &each} {
		if err := json.Unmarshal([]byte(s.do(append(tune, flag, "--json")...)), into); err != nil {
			t.Fatal(err)
		}
	}
	if !(each.Verdict.EnergyKWh <= one.Verdict.EnergyKWh) {
		t.Errorf("%g kWh with settings for each class, %g with one for all, from which they begin", each.Verdict.EnergyKWh, one.Verdict.EnergyKWh)
	}
}

func TestTuneFaults(t *testing.T) {
	s := newShell(t)
	if err := os.WriteFile(filepath.Join(s.dir, "bad.yaml"), []byte("baselines: {threshold: {state: off}}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"tune threshold tiny --trials 0", ExitUsage, "--trials: must be from 1 to 100000, got 0"},
		{"tune threshold tiny --margin 1", ExitUsage, "--margin: must be from 0 to below 1, got 1"},
		{"tune threshold tiny --out x.json", ExitUsage, "--out: the name must end in .yaml"},
		{"evaluate tiny --policy none.yaml", ExitInput, "hibernet tune threshold writes such files"},
		{"evaluate tiny --policy bad.yaml", ExitInput, "baselines.threshold.state"},
		{"evaluate tiny --policy threshold --oracle --set sleep.episode_h=1", ExitUsage, "needs always-on, which is not among the policies"},
	} {
		o := s.try(strings.Fields(c.args)...)
		if o.code != c.code || !strings.Contains(o.err, c.want) {
			t.Errorf("%s: code %d, %s", c.args, o.code, o.err)
		}
	}
}

// An interrupted search that has found nothing yet says so and no more.
func TestTuneInterrupted(t *testing.T) {
	s := newShell(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.ctx = ctx
	if o := s.try("tune", "threshold", "tiny"); o.code != ExitInterrupted || o.stdout != "" {
		t.Errorf("%+v", o)
	}
}
