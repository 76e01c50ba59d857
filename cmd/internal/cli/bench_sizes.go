package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"text/tabwriter"

	"hibernet/results/record"
	"hibernet/results/report"
	"hibernet/scenarios"
	"hibernet/scenarios/capacity"
	"hibernet/sim/validation"
)

// sized is what a network of one size costs.
type sized struct {
	Cells         int     `json:"cells"`
	TopologyS     float64 `json:"topology_s"`
	BuildS        float64 `json:"build_s"`
	StepS         float64 `json:"step_s"`
	CellStepsPerS float64 `json:"cell_steps_per_s"`
	Passes        float64 `json:"coupling_passes_per_step"`
	Sweeps        float64 `json:"coupling_sweeps_per_step"`
	PeakRSSBytes  int64   `json:"peak_rss_bytes"` // 0: not known
}

// ofSizes measures networks of several sizes, the smallest first, and writes
// what they cost: a table, and with a folder also JSON and figures.
func (f *benchFlags) ofSizes(ctx context.Context, io IO, workers int) error {
	all := make([]scenarios.Scenario, len(f.sizes))
	for i, cells := range f.sizes {
		var err error
		if all[i], err = capacity.Scaled(cells); err != nil {
			return input(err, "")
		}
		if err := f.fits(io, all[i]); err != nil {
			return err
		}
	}
	m := capacity.Machine{Workers: workers, Clock: io.clock()}
	bar := io.progress("bench", 100*len(f.sizes))
	defer bar.close()
	var got []sized
	for i, sc := range all {
		saveMemory(sc.Topology.Size(0).Cells)
		debug.FreeOSMemory()
		known := forgetPeak() == nil
		p, err := m.Play(ctx, sc, f.steps, func(text string, share float64) { bar.set(100*i+int(100*share), text) })
		if err != nil {
			return err
		}
		s := sized{
			Cells: p.Cells, TopologyS: p.TopologyS, BuildS: p.BuildS, StepS: p.StepsS / float64(p.Steps),
			CellStepsPerS: p.CellStepsPerS(), Passes: p.Iterations, Sweeps: p.Sweeps,
		}
		if known {
			s.PeakRSSBytes = peakMemory()
		}
		got = append(got, s)
	}
	bar.close()
	if f.out != "" {
		if err := writeSizes(io.path(f.out), got); err != nil {
			return err
		}
	}
	if f.asJSON {
		return io.json(got)
	}
	return printSizes(io, got)
}

func printSizes(io IO, got []sized) error {
	w := tabwriter.NewWriter(io.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "cells\ttopology\tall built\ta step\tM cell-steps/s\tpasses\tsweeps\tresident\ta cell\t")
	for _, s := range got {
		fmt.Fprintf(w, "%s\t%.2f s\t%.2f s\t%.3f s\t%.2f\t%.1f\t%.1f\t%.2f GiB\t%.0f B\t\n", grouped(int64(s.Cells)), s.TopologyS, s.BuildS, s.StepS,
			s.CellStepsPerS/1e6, s.Passes, s.Sweeps, float64(s.PeakRSSBytes)/gib, float64(s.PeakRSSBytes)/float64(s.Cells))
	}
	return w.Flush()
}

// writeSizes writes growth.json and two figures to a folder.
func writeSizes(dir string, got []sized) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return usage(fmt.Errorf("--out: %w", err), "")
	}
	text, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		return err
	}
	if err := record.WriteAtomic(filepath.Join(dir, "growth.json"), append(text, '\n')); err != nil {
		return err
	}
	for _, figure := range sizeFigures(got) {
		png, err := report.PNG(figure)
		if err != nil {
			return err
		}
		if err := record.WriteAtomic(filepath.Join(dir, figure.Name+".png"), png); err != nil {
			return err
		}
	}
	return nil
}

// sizeFigures draws time and memory of a cell against the number of cells.
func sizeFigures(got []sized) []validation.Figure {
	var cells, step, build, memory []float64
	for _, s := range got {
		n := float64(s.Cells)
		cells = append(cells, n)
		step, build = append(step, 1e6*s.StepS/n), append(build, 1e6*s.BuildS/n)
		memory = append(memory, float64(s.PeakRSSBytes)/n)
	}
	return []validation.Figure{
		{
			Name: "growth-time", Title: "Time for a cell against the size of the network",
			XLabel: "cells", YLabel: "time a cell (µs)", LogX: true, LogY: true,
			Series: []validation.Series{{Name: "a control step", X: cells, Y: step}, {Name: "building", X: cells, Y: build}},
		},
		{
			Name: "growth-memory", Title: "Resident memory for a cell against the size of the network",
			XLabel: "cells", YLabel: "memory a cell (B)", LogX: true, LogY: true,
			Series: []validation.Series{{X: cells, Y: memory}},
		},
	}
}
