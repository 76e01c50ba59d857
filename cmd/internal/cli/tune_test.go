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
