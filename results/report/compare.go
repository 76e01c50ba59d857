package report

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"hibernet/results/record"
)

// verdict is what the comparison shows of one policy. Values are NaN where the
// summary has none.
type verdict struct {
	policy, run        string
	group              int    // of the summary rows, see summaryRow
	name               string // the policy, with the run where its group has it twice
	label              string // the same where any group has it twice
	energyKWh          float64
	saving, savingCI   float64 // % against always-on
	dropped, droppedCI float64 // % of the offered traffic
	p5, p5CI           float64 // Mbit/s
	outageMin          float64
	switches           float64 // a cell and day
	episodes           int32
}

// verdicts reads the summary: one a policy, in the order of the table.
func (in *input) verdicts() []verdict {
	var list []verdict
	nan := math.NaN()
	for _, r := range in.summary {
		at := slices.IndexFunc(list, func(v verdict) bool {
			return v.group == r.group && v.policy == r.Policy && v.run == r.run
		})
		if at < 0 {
			at = len(list)
			list = append(list, verdict{
				policy: r.Policy, run: r.run, group: r.group, energyKWh: nan, saving: nan, savingCI: nan,
				dropped: nan, droppedCI: nan, p5: nan, p5CI: nan, outageMin: nan, switches: nan,
			})
		}
		v := &list[at]
		v.episodes = max(v.episodes, r.Episodes)
		switch {
		case r.Measure == record.MeasureSaving && r.Figure == "energy_kwh" && r.Reference == in.alwaysOn:
			v.saving, v.savingCI = r.Value, r.CI95
		case r.Reference != "":
		case r.Figure == "energy_kwh":
			v.energyKWh = r.Value
		case r.Figure == "dropped_pct":
			v.dropped, v.droppedCI = r.Value, r.CI95
		case r.Figure == "throughput_p5_mbps":
			v.p5, v.p5CI = r.Value, r.CI95
		case r.Figure == "outage_min":
			v.outageMin = r.Value
		case r.Figure == "switches_per_cell_day":
			v.switches = r.Value
		}
	}
	all := map[string]int{}
	for g := range in.groups {
		group := map[string]int{}
		for _, v := range list {
			if v.group == g {
				group[v.policy]++
				all[v.policy]++
			}
		}
		for i := range list {
			if v := &list[i]; v.group == g {
				v.name = labelOf(v.policy, v.run, group)
			}
		}
		in.deriveSavings(list, g)
	}
	for i := range list {
		list[i].label = labelOf(list[i].policy, list[i].run, all)
	}
	return list
}

// deriveSavings fills in the savings of a group that no summary states:
// always-on saves nothing by definition, and single runs of one scenario and seed, each with a
// folder of its own, are compared by their energies, without an interval.
func (in *input) deriveSavings(list []verdict, group int) {
	base := slices.IndexFunc(list, func(v verdict) bool { return v.group == group && v.policy == in.alwaysOn })
	if base < 0 {
		return
	}
	list[base].saving = 0
	if len(in.conflicts()) > 0 {
		return
	}
	for i := range list {
		v := &list[i]
		if v.group == group && math.IsNaN(v.saving) && v.episodes == list[base].episodes && list[base].energyKWh > 0 {
			v.saving = 100 * (1 - v.energyKWh/list[base].energyKWh)
		}
	}
}

// conflicts names what keeps the folders from being compared as they are.
func (in *input) conflicts() []string {
	var list []string
	for _, f := range in.folders[1:] {
		for _, d := range in.folders[0].Manifest.Differences(f.Manifest) {
			list = append(list, fmt.Sprintf("%s and %s differ in %s", runName(in.folders[0]), runName(f), d))
		}
	}
	return list
}

// comparable returns the verdicts with a saving of the largest group, the
// evaluation before single runs where they are equal, and why there is nothing
// to compare if there are fewer than two.
func (in *input) comparable() ([]verdict, string) {
	all := in.verdicts()
	if len(all) == 0 {
		return nil, in.without(record.TableSummary)
	}
	var list []verdict
	for g := range in.groups {
		group := slices.DeleteFunc(slices.Clone(all), func(v verdict) bool { return v.group != g || !finite(v.saving) })
		if len(group) >= len(list) {
			list = group
		}
	}
	if len(list) < 2 {
		return nil, fmt.Sprintf("fewer than two policies with an energy saving against %s", in.alwaysOn)
	}
	return list, ""
}

// bestOf returns the policy that saves most.
func bestOf(list []verdict) verdict {
	best := list[0]
	for _, v := range list[1:] {
		if v.saving > best.saving {
			best = v
		}
	}
	return best
}

func (in *input) comparisonTitle(list []verdict) string {
	best := bestOf(list)
	if best.saving <= 0 {
		return fmt.Sprintf("No policy saves energy against %s", in.alwaysOn)
	}
	return fmt.Sprintf("%s saves most: %s %% of energy, drops %s %% of traffic, p5 throughput %s Mbit/s",
		best.name, plusMinus(best.saving, best.savingCI), short(best.dropped), short(best.p5))
}

// tradeoffTitle names the policies that another beats in both saving and
// dropped traffic.
func tradeoffTitle(list []verdict) string {
	var beaten []string
	for _, v := range list {
		if slices.ContainsFunc(list, func(o verdict) bool {
			return o.saving >= v.saving && o.dropped <= v.dropped && (o.saving > v.saving || o.dropped < v.dropped)
		}) {
			beaten = append(beaten, v.name)
		}
	}
	if len(beaten) == 0 {
		return "No policy is beaten in both energy saving and dropped traffic"
	}
	return "Beaten in both energy saving and dropped traffic: " + strings.Join(beaten, ", ")
}

// tradeoff draws saving against dropped traffic and against throughput, one
// labelled point a policy.
func (in *input) tradeoff() (*drawing, string, error) {
	list, reason := in.comparable()
	if reason != "" {
		return nil, reason, nil
	}
	dropped := newPlot("dropped traffic (%), less is better", fmt.Sprintf("energy saving against %s (%%)", in.alwaysOn))
	p5 := newPlot("5th-percentile user throughput (Mbit/s), more is better", "")
	in.scatter(dropped, list, func(v verdict) (float64, float64) { return v.dropped, v.droppedCI })
	in.scatter(p5, list, func(v verdict) (float64, float64) { return v.p5, v.p5CI })
	dropped.Y.Min, dropped.Y.Max = min(dropped.Y.Min, p5.Y.Min), max(dropped.Y.Max, p5.Y.Max)
	p5.Y.Min, p5.Y.Max = dropped.Y.Min, dropped.Y.Max
	return &drawing{
		name: "tradeoff", title: tradeoffTitle(list), subtitle: in.comparisonNote(list),
		width: 9 * 72, height: 3.8 * 72,
		body: func(c draw.Canvas) error {
			drawPanels(c, [][]*plot.Plot{{dropped, p5}})
			return nil
		},
	}, "", nil
}

func (in *input) comparisonNote(list []verdict) string {
	note := fmt.Sprintf("%s; %s", in.scenarios(), counted(int(list[0].episodes), "episode"))
	if slices.ContainsFunc(list, func(v verdict) bool { return finite(v.savingCI) }) {
		note += "; bars are 95 % intervals"
	}
	return note
}

// whiskers are values with intervals for gonum's error bars.
type whiskers struct {
	plotter.XYs
	x, y []float64
}

// XError returns the half widths along x.
func (w whiskers) XError(i int) (low, high float64) { return w.x[i], w.x[i] }

// YError returns the half widths along y.
func (w whiskers) YError(i int) (low, high float64) { return w.y[i], w.y[i] }

// scatter puts the policies on p: the chosen figure against the saving.
// Policies without the figure are left out of the panel.
func (in *input) scatter(p *plot.Plot, list []verdict, figure func(verdict) (value, ci float64)) {
	var (
		marks points
		w     whiskers
	)
	for _, v := range list {
		x, ci := figure(v)
		if !finite(x) {
			continue
		}
		marks = append(marks, named{x, v.saving, orZero(ci), orZero(v.savingCI), v.name, seriesColor(in.colorIndex(v.name))})
		w.XYs = append(w.XYs, plotter.XY{X: x, Y: v.saving})
		w.x, w.y = append(w.x, orZero(ci)), append(w.y, orZero(v.savingCI))
	}
	addGrid(p, true, true)
	if len(marks) == 0 {
		return
	}
	addWhiskers(p, w, true, true)
	p.Add(marks)
	var xs, ys []float64
	for i, q := range w.XYs {
		xs, ys = append(xs, q.X-w.x[i], q.X+w.x[i]), append(ys, q.Y-w.y[i], q.Y+w.y[i])
	}
	p.X.Min, p.X.Max = widened(xs, 0.12)
	p.Y.Min, p.Y.Max = widened(ys, 0.12)
}

// addWhiskers adds the error bars of w along the axes asked for.
func addWhiskers(p *plot.Plot, w whiskers, x, y bool) {
	sty := draw.LineStyle{Color: softInk, Width: 0.9}
	if x {
		if bars, err := plotter.NewXErrorBars(w); err == nil {
			bars.LineStyle, bars.CapWidth = sty, 4
			p.Add(bars)
		}
	}
	if y {
		if bars, err := plotter.NewYErrorBars(w); err == nil {
			bars.LineStyle, bars.CapWidth = sty, 4
			p.Add(bars)
		}
	}
}

func orZero(v float64) float64 {
	if finite(v) {
		return v
	}
	return 0
}

// widened returns the range of v with a share of it added on both sides.
func widened(v []float64, share float64) (low, high float64) {
	low, high = slices.Min(v), slices.Max(v)
	pad := share * (high - low)
	if pad == 0 {
		pad = math.Max(0.1*math.Abs(high), 0.01)
	}
	return low - pad, high + pad
}

// bars draws the figures of every policy as horizontal bars, a panel a figure.
func (in *input) bars() (*drawing, string, error) {
	list, reason := in.comparable()
	if reason != "" {
		return nil, reason, nil
	}
	panels := []Panel{{Label: "energy saving (%)"}, {Label: "dropped traffic (%)"}, {Label: "p5 throughput (Mbit/s)"}}
	var names []string
	var colors []color.Color
	for _, v := range list {
		names, colors = append(names, v.name), append(colors, seriesColor(in.colorIndex(v.name)))
		panels[0].add(v.saving, v.savingCI)
		panels[1].add(v.dropped, v.droppedCI)
		panels[2].add(v.p5, v.p5CI)
	}
	d := lyingBars(names, colors, panels)
	d.name, d.title, d.subtitle = "comparison", in.comparisonTitle(list), in.comparisonNote(list)
	return d, "", nil
}
