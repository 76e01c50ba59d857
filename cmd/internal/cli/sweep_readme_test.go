package cli

import (
	"os"
	"strings"
	"testing"
)

// arguments splits a line as a shell does, for arguments between double quotes
// that hold no others.
func arguments(line string) []string {
	var out []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return out
}

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
			got := strings.TrimRight(s.do(arguments(line)...), "\n")
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
	contains(t, s.do("results", "effects", "runs/inter-site-distance", "--plot", "figures"), "wrote figures/energy_kwh-over-isd_m.svg and .png", "wrote figures/energy_kwh-over-load.svg and .png")
	contains(t, string(s.read("figures/energy_kwh-over-load.svg")), "<svg", "threshold")
	contains(t, s.do("results", "compare", "runs/inter-site-distance", "--figure", "energy_kwh", "--plot", "figures"), "wrote figures/difference-from-always_on.svg and .png")
	contains(t, string(s.read("figures/difference-from-always_on.svg")), "<svg", "isd_m=300, load=0.1, threshold", "energy_saving_pct")
	contains(t, s.do("results", "query", "runs/inter-site-distance"), "timings", "setting load.target_mean")
	contains(t, s.do("results", "query", "runs/inter-site-distance", "runs/merged", "select count(distinct folder) as folders from runs", "--json"), `"folders": 2`)
	for args, want := range map[string]string{
		"query runs/inter-site-distance \"select x from runs\"": "no such column: x",
		"table runs/inter-site-distance --figure none":          "no figure named",
		"table runs/inter-site-distance --format html":          "--format",
		"table runs/inter-site-distance --where isd_m>9000":     "holds for no run",
		"table runs/inter-site-distance --where nothing==1":     "no column named",
		"compare runs/inter-site-distance --reference ppo":      "no policy named",
		"pareto runs/inter-site-distance --gate droped_pct<1":   "--gate",
		"effects runs/inter-site-distance --figure x":           "--figure",
	} {
		o := s.try(append([]string{"results"}, arguments(args)...)...)
		if o.code != ExitUsage || !strings.Contains(o.err, want) {
			t.Errorf("results %s: exit code %d, %s", args, o.code, o.err)
		}
	}
	if o := s.try("results", "table", "figures"); o.code != ExitInput {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
}
