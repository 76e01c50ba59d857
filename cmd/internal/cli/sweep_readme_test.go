package cli

import (
	"os"
	"strings"
	"testing"
)

// The transcripts in the README of sweeps are played, in their order, and must
// print what they show, but for the figures, which are those of the model and
// the machine of the day.
func TestSweepReadmeTranscripts(t *testing.T) {
	text, err := os.ReadFile("../../../results/sweep/README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := newShell(t)
	commands := 0
	for _, block := range strings.Split(string(text), "<!-- transcript: played by a test -->\n```\n")[1:] {
		block, _, _ = strings.Cut(block, "\n```\n")
		for _, part := range strings.Split("\n"+block, "\n$ hibernet ")[1:] {
			line, want, _ := strings.Cut(part, "\n")
			commands++
			got := strings.TrimRight(s.do(strings.Fields(line)...), "\n")
			if shape(got) != shape(want) {
				t.Errorf("hibernet %s prints\n%s\nREADME shows\n%s", line, got, want)
			}
		}
	}
	if commands < 8 {
		t.Errorf("only %d commands found", commands)
	}
	sameData(t, s.data("runs/merged"), s.data("runs/inter-site-distance"))
	// The other formats, and the figures.
	contains(t, s.do("results", "table", "runs/inter-site-distance", "--format", "csv"), "isd_m,load,policy,runs,energy_kwh,energy_kwh_ci95,")
	contains(t, s.do("results", "table", "runs/inter-site-distance", "--format", "latex"), `\toprule`, `always\_on`)
	contains(t, s.do("results", "table", "runs/inter-site-distance", "--json", "--figure", "energy_kwh"), `"energy_kwh": {`)
	contains(t, s.do("results", "effects", "runs/inter-site-distance", "--plot", "figures"), "wrote figures/energy_kwh-over-isd_m.svg", "wrote figures/energy_kwh-over-load.png")
	contains(t, string(s.read("figures/energy_kwh-over-load.svg")), "<svg", "threshold")
	for args, want := range map[string]string{
		"table runs/inter-site-distance --figure none":        "no figure named",
		"table runs/inter-site-distance --format html":        "--format",
		"table runs/inter-site-distance --where isd_m>9000":   "holds for no run",
		"table runs/inter-site-distance --where nothing==1":   "no column named",
		"compare runs/inter-site-distance --reference ppo":    "no policy named",
		"pareto runs/inter-site-distance --gate droped_pct<1": "--gate",
		"effects runs/inter-site-distance --figure x":         "--figure",
	} {
		o := s.try(append([]string{"results"}, strings.Fields(args)...)...)
		if o.code != ExitUsage || !strings.Contains(o.err, want) {
			t.Errorf("results %s: exit code %d, %s", args, o.code, o.err)
		}
	}
	if o := s.try("results", "table", "figures"); o.code != ExitInput {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
}
