package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"hibernet/scenarios"
)

// Units of bytes.
const (
	gib = 1 << 30
	gb  = 1e9
)

// print prints the measurements as a table.
func (m *measured) print(io IO) error {
	cpu := "processor not known"
	if m.CPU != nil {
		cpu = *m.CPU
	}
	fmt.Fprintf(io.Stdout, "%s cells, %s, %s, %s\n\n", grouped(int64(m.Cells)), count(m.Workers, "worker"), cpu, m.Go)
	w := tabwriter.NewWriter(io.Stdout, 0, 0, 2, ' ', 0)
	row := func(what string, v *float64, scale float64, form, goal string) {
		text := "not measured"
		if v != nil {
			text = fmt.Sprintf(form, *v/scale)
		}
		fmt.Fprintln(w, strings.TrimRight(what+"\t"+text+"\t"+goal, "\t "))
	}
	fmt.Fprintln(w, "\tmeasured\tgoal")
	row("copy bandwidth", m.CopyBandwidthBytesPerS, gb, "%.1f GB/s", "")
	row("load coupling, 8 bins x 8 candidates", m.CouplingCellIterationsPerS, 1e6, "%.0f M cell-iterations/s", "150 M")
	row("  share of the copy bandwidth", m.CopyBandwidthFraction, 0.01, "%.0f %%", "60 %")
	row("  over NumPy", m.NumpyRatio, 1, "%.1f times", "10 times")
	row("control steps under the threshold rule", m.CellStepsPerS, 1e6, "%.2f M cell-steps/s", "30 M")
	if m.CellStepsPerS != nil {
		week := float64(m.Cells) * 7 * 96 / *m.CellStepsPerS
		row("  a week at 15 minutes", &week, 1, "%.0f s", "35 s with 1.5 M cells")
	}
	row("  time for a cell over that of 50,000 cells", m.GrowthRatio, 1, "%.2f times", "1.3 times")
	row("  load coupling, passes a step", m.PassesPerStep, 1, "%.1f", "")
	row("  load coupling, times a cell is worked through", m.SweepsPerStep, 1, "%.1f", "")
	row("  allocations a step", m.AllocsPerStep, 1, "%.1f", "0")
	row("  processors busy, build and steps", m.ProcessorsBusy, 0.01, "%.0f %%", "")
	if m.PeakRSSBytes != nil {
		peak := float64(*m.PeakRSSBytes)
		row("resident memory, at most", &peak, gib, "%.2f GiB", "1.5 GiB with 1.5 M cells")
	} else {
		row("resident memory, at most", nil, 1, "", "1.5 GiB with 1.5 M cells")
	}
	row("building it all", m.BuildS, 1, "%.1f s", "")
	row("  of it the topology", m.TopologyS, 1, "%.1f s", "15 s with 1.5 M cells")
	row("inference, two hidden layers of 64", m.InferenceDecisionsPerS, 1e6, "%.1f M decisions/s", "8 M")
	row("PPO end to end, 10,000 cells", m.AgentStepsPerS, 1e3, "%.0f k agent-steps/s", "500 k")
	if s := m.AgentStepsShare; s != nil {
		for _, part := range []struct {
			name  string
			share float64
		}{{"simulate", s.Simulate}, {"infer", s.Infer}, {"learn", s.Learn}, {"  forward", s.Forward}, {"  backward", s.Backward}, {"  optimiser", s.Optimiser}} {
			row("  share of time, "+part.name, &part.share, 0.01, "%.0f %%", "")
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(m.Missing)) {
		fmt.Fprintf(io.Stdout, "\nnot measured: %s: %s\n", key, m.Missing[key])
	}
	if f := m.Forecast; f != nil {
		fmt.Fprintf(io.Stdout, "\n%s, at most %s cells, %g days: about %s to build, %s to run, %.2f GiB\n",
			f.Scenario, grouped(int64(f.Cells)), f.Days, roughly(f.BuildS), roughly(f.RunS), float64(f.Memory)/gib)
	}
	return nil
}

// roughly renders a time that is an estimate, s.
func roughly(seconds float64) string {
	switch {
	case seconds < 90:
		return fmt.Sprintf("%.2g s", seconds)
	case seconds < 90*60:
		return fmt.Sprintf("%.2g min", seconds/60)
	}
	return fmt.Sprintf("%.2g h", seconds/3600)
}

// grouped renders a number with commas between its thousands.
func grouped(n int64) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// importedSites returns how many sites a scenario imports; 0 if it generates
// them.
func (o IO) importedSites(sc scenarios.Scenario) (int, error) {
	if sc.Inputs.SitesFile == "" {
		return 0, nil
	}
	sites, err := o.readSites(sc.Inputs.SitesFile)
	if err != nil {
		return 0, input(fmt.Errorf("scenario %s: inputs.sites_file: %w", sc.Name, err), "")
	}
	return sites.Len(), nil
}
