package report

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// index renders report.md.
func (in *input) index(r *Report) string {
	var b strings.Builder
	b.WriteString("# Report\n\n")
	if list := in.verdicts(); len(list) > 0 {
		in.table(&b, list)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "Warning: %s.\n\n", w)
	}
	for _, f := range r.Figures {
		fmt.Fprintf(&b, "## %s\n\n![%s](%s)\n\n", f.Title, f.Name, filepath.Base(f.SVG))
	}
	if len(r.Skipped) > 0 {
		b.WriteString("## Left out\n\n")
		for _, s := range r.Skipped {
			fmt.Fprintf(&b, "- %s: %s\n", s.Figure, s.Reason)
		}
		b.WriteString("\n")
	}
	b.WriteString("## Runs\n\n| folder | kind | scenario | scenario SHA-256 | seed | commit | Go | started | took |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, f := range in.folders {
		m := f.Manifest
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %d | %s | %s %s | %s | %s |\n", cell(runName(f)), m.Kind, cell(m.ScenarioName),
			m.ScenarioSHA256[:12], m.Seed, m.Build.Code(), m.Build.GoVersion, m.Build.GOARCH,
			m.Started.Format(time.RFC3339), m.Ended.Sub(m.Started).Round(time.Second))
	}
	return b.String()
}

// table writes the comparison of policies.
func (in *input) table(b *strings.Builder, list []verdict) {
	fmt.Fprintf(b, "| policy | energy (kWh) | saving against %s (%%) | 5th-percentile throughput (Mbit/s) | dropped traffic (%%) | outage (min) | switches (a cell and day) | episodes |\n"+
		"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n", cell(in.alwaysOn))
	for _, v := range list {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %d |\n", cell(v.label), fixed(v.energyKWh, 1),
			interval(v.saving, v.savingCI, 2), interval(v.p5, v.p5CI, 2), interval(v.dropped, v.droppedCI, 3),
			fixed(v.outageMin, 2), fixed(v.switches, 2), v.episodes)
	}
	b.WriteString("\nEnergy and outage are summed over the episodes; ± is the 95 % interval.\n\n")
}

// cell escapes text for a cell of a Markdown table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ").Replace(s)
}

func fixed(v float64, decimals int) string {
	if !finite(v) {
		return "n/a"
	}
	if math.Abs(v) < math.Pow(10, -float64(decimals))/2 {
		v = 0 // no negative zero
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

func interval(v, ci float64, decimals int) string {
	if !finite(ci) || !finite(v) {
		return fixed(v, decimals)
	}
	return fixed(v, decimals) + " ± " + fixed(ci, decimals)
}
