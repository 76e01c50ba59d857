package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"hibernet/results/record"
	"hibernet/results/report"
	"hibernet/results/sweep/analysis"
	"hibernet/scenarios/sweeps"
	"hibernet/sim/validation"
)

// tableFlags are the flags of commands that print a table of a sweep.
type tableFlags struct {
	figures []string
	where   []string
	format  string
	asJSON  bool
}

// usualFigures are shown unless --figure names others.
var usualFigures = []string{"energy_kwh", "dropped_pct", "throughput_p5_mbps", "outage_min", "switches_per_cell_day"}

func (f *tableFlags) register(cmd *cobra.Command, figures ...string) {
	flags := cmd.Flags()
	if len(figures) > 0 {
		flags.StringArrayVar(&f.figures, "figure", figures, "`FIGURE` to show; may be repeated")
	}
	flags.StringArrayVar(&f.where, "where", nil, "only runs for which a `CONDITION` on a setting, policy, seed, start_day or figure holds: \"isd_m > 300\"; may be repeated")
	flags.StringVar(&f.format, "format", analysis.FormatText, "format: "+strings.Join(analysis.Formats(), ", "))
	completeFlag(cmd, "format", analysis.Formats()...)
	flags.BoolVar(&f.asJSON, "json", false, "print the rows as JSON")
}

// open reads a sweep's data set and takes the rows that are asked for.
func (f *tableFlags) open(io IO, dir string) (*analysis.Data, error) {
	if !contain(analysis.Formats(), f.format) {
		return nil, usage(fmt.Errorf("--format: %q is not known, allowed: %s", f.format, strings.Join(analysis.Formats(), ", ")), "")
	}
	conditions, err := parsed("where", f.where, sweeps.ParseCondition)
	if err != nil {
		return nil, err
	}
	d, err := analysis.Open(io.path(dir))
	if err != nil {
		return nil, input(err, "hibernet sweep makes such folders")
	}
	if h := d.Header; !h.Complete {
		io.say("warning: %s is not complete: %d of %d runs are finished", dir, h.Finished, h.Runs)
	}
	if d, err = d.Where(conditions); err != nil {
		return nil, usage(fmt.Errorf("--where: %w", err), "")
	}
	if d.Len() == 0 {
		return nil, usage(errors.New("--where: holds for no run"), "")
	}
	return d, nil
}

func contain(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// parsed reads every value of a flag.
func parsed[T any](flag string, texts []string, parse func(string) (T, error)) ([]T, error) {
	list := make([]T, len(texts))
	for i, text := range texts {
		var err error
		if list[i], err = parse(text); err != nil {
			return nil, usage(fmt.Errorf("--%s: %w", flag, err), "")
		}
	}
	return list, nil
}

// print prints a table.
func (f *tableFlags) print(io IO, t *analysis.Table) error {
	if f.asJSON {
		return io.json(t.Objects())
	}
	return t.Write(io.Stdout, f.format)
}

func newTable(io IO) *cobra.Command {
	var f tableFlags
	cmd := &cobra.Command{
		Use:   "table SWEEP",
		Short: "Print the mean figures of a sweep, by settings and policy",
		Long: `Print the mean figures of a sweep's runs, a row for each combination of settings and
policy, over its seeds and start days, with 95 % intervals.`,
		Example: `  hibernet results table runs/inter-site-distance
  hibernet results table runs/inter-site-distance --figure energy_kwh --figure dropped_pct --where isd_m==500 --format latex`,
		Args: exactly("SWEEP"), ValidArgsFunction: completeFolders(1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := f.open(io, args[0])
			if err != nil {
				return err
			}
			t, err := d.Means(f.figures)
			if err != nil {
				return usage(err, "")
			}
			return f.print(io, t)
		},
	}
	f.register(cmd, usualFigures...)
	return cmd
}

func newCompare(io IO) *cobra.Command {
	var f tableFlags
	var reference, plot string
	cmd := &cobra.Command{
		Use:   "compare SWEEP",
		Short: "Print how policies of a sweep differ from a reference, paired by network and traffic",
		Long: `Print the mean differences of figures from a reference policy, with 95 % intervals. Each run
is set against the reference's with the same settings, seed, start day and length: both
met the same network and traffic. --plot draws them as bars, a panel a column.`,
		Example: `  hibernet results compare runs/inter-site-distance --reference always-on
  hibernet results compare runs/ablation --figure energy_kwh --plot runs/figures
  hibernet results compare runs/inter-site-distance --figure energy_kwh --format csv`,
		Args: exactly("SWEEP"), ValidArgsFunction: completeFolders(1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := f.open(io, args[0])
			if err != nil {
				return err
			}
			name := reference
			if contain(d.Header.Policies, ruleName(reference)) {
				name = ruleName(reference)
			}
			t, unpaired, err := d.Compare(name, f.figures)
			if err != nil {
				return usage(err, "")
			}
			if unpaired > 0 {
				io.say("warning: %s left out: the reference has none with the same settings, seed and day", count(unpaired, "run"))
			}
			if err := f.print(io, t); err != nil || plot == "" {
				return err
			}
			return io.plotBars(d, t, "difference-from-"+name, plot, f.asJSON || f.format != analysis.FormatText)
		},
	}
	cmd.Flags().StringVar(&plot, "plot", "", "`FOLDER` for the figure, SVG and PNG; empty draws none")
	cmd.Flags().StringVar(&reference, "reference", "always-on", "`POLICY` that the others are compared with")
	f.register(cmd, usualFigures...)
	return cmd
}

func newPareto(io IO) *cobra.Command {
	var f tableFlags
	var minimize, maximize, gates []string
	cmd := &cobra.Command{
		Use:   "pareto SWEEP",
		Short: "Print the settings and policies of a sweep that no other beats in every goal",
		Long: `Print the Pareto front of a sweep: the combinations of settings and policy that no other
beats, that is, is at least as good as in the mean of every goal's figure and better in
one. A combination whose figures are missing, or break a --gate, takes no part.`,
		Example: `  hibernet results pareto runs/inter-site-distance
  hibernet results pareto runs/inter-site-distance --minimize energy_kwh --minimize dropped_pct --gate 'outage_min<=1'`,
		Args: exactly("SWEEP"), ValidArgsFunction: completeFolders(1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := f.open(io, args[0])
			if err != nil {
				return err
			}
			keep, err := parsed("gate", gates, sweeps.ParseGate)
			if err != nil {
				return err
			}
			if len(minimize)+len(maximize) == 0 {
				minimize, maximize = []string{"energy_kwh"}, []string{"throughput_p5_mbps"}
			}
			var goals []analysis.Goal
			for _, name := range minimize {
				goals = append(goals, analysis.Goal{Figure: name})
			}
			for _, name := range maximize {
				goals = append(goals, analysis.Goal{Figure: name, Maximize: true})
			}
			t, without, err := d.Front(goals, keep)
			if err != nil {
				return usage(err, "")
			}
			if without > 0 {
				io.say("%s took no part: a gate is broken or a figure is missing", count(without, "combination"))
			}
			return f.print(io, t)
		},
	}
	cmd.Flags().StringArrayVar(&minimize, "minimize", nil, "`FIGURE` to be small; may be repeated (default energy_kwh, with the default of --maximize)")
	cmd.Flags().StringArrayVar(&maximize, "maximize", nil, "`FIGURE` to be large; may be repeated (default throughput_p5_mbps)")
	cmd.Flags().StringArrayVar(&gates, "gate", nil, "`CONDITION` that the mean of a figure must keep: \"dropped_pct <= 1\"; may be repeated")
	f.register(cmd)
	return cmd
}

func newEffects(io IO) *cobra.Command {
	var f tableFlags
	var figure, plot string
	cmd := &cobra.Command{
		Use:   "effects SWEEP",
		Short: "Print the main effects of a sweep's factors on a figure, and draw its sensitivity",
		Long: `Print the main effects on a figure: for policy and every setting, and each of their levels,
the mean, its distance from the mean of all runs, and the share of the runs' variance
that the factor explains. --plot draws the figure over every numeric setting, a curve a
policy with 95 % intervals.`,
		Example: `  hibernet results effects runs/inter-site-distance --figure energy_kwh
  hibernet results effects runs/inter-site-distance --figure dropped_pct --plot runs/figures`,
		Args: exactly("SWEEP"), ValidArgsFunction: completeFolders(1),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := f.open(io, args[0])
			if err != nil {
				return err
			}
			t, balanced, err := d.Effects(figure)
			if err != nil {
				return usage(fmt.Errorf("--figure: %w", err), "")
			}
			if !balanced {
				io.say("warning: not every combination has the same number of runs: effects of factors mix")
			}
			if err := f.print(io, t); err != nil || plot == "" {
				return err
			}
			return io.plotSensitivity(d, figure, plot, f.asJSON || f.format != analysis.FormatText)
		},
	}
	cmd.Flags().StringVar(&figure, "figure", "energy_kwh", "`FIGURE` whose effects are shown")
	cmd.Flags().StringVar(&plot, "plot", "", "`FOLDER` for the figures, SVG and PNG; empty draws none")
	f.register(cmd)
	return cmd
}

// plotSensitivity draws a figure over every numeric setting.
func (o IO) plotSensitivity(d *analysis.Data, figure, dir string, quiet bool) error {
	drawn := 0
	for _, setting := range d.Settings {
		curves, ok := d.Sensitivity(setting, figure)
		if !ok {
			continue
		}
		drawn++
		fig := validation.Figure{
			Name: figure + "-over-" + setting, Title: fmt.Sprintf("%s: %s over %s, mean of runs with 95 %% interval", d.Header.Name, figure, setting),
			XLabel: setting, YLabel: figure + " [" + d.Unit(figure) + "]",
		}
		for _, c := range curves {
			fig.Series = append(fig.Series, validation.Series{Name: c.Policy, X: c.X, Y: c.Y, Lo: c.Lo, Hi: c.Hi})
		}
		svg, err := report.SVG(fig)
		if err != nil {
			return err
		}
		png, err := report.PNG(fig)
		if err != nil {
			return err
		}
		if err := o.writeFigure(dir, fig.Name, svg, png, quiet); err != nil {
			return err
		}
	}
	if drawn == 0 {
		return usage(errors.New("--plot: no setting of the sweep is numeric"), "")
	}
	return nil
}

// plotBars draws the numbers of a table, a row for each of its rows.
func (o IO) plotBars(d *analysis.Data, t *analysis.Table, name, dir string, quiet bool) error {
	rows, columns := t.Bars()
	panels := make([]report.Panel, len(columns))
	for i, c := range columns {
		panels[i] = report.Panel{Label: strings.Replace(c.Title, " [", "\n[", 1), Value: c.Value, Half: c.Half}
	}
	svg, png, err := report.Bars(d.Header.Name+": "+name, "mean of runs with 95 % interval", rows, panels)
	if err != nil {
		return err
	}
	return o.writeFigure(dir, name, svg, png, quiet)
}

// writeFigure writes a figure in both forms.
func (o IO) writeFigure(dir, name string, svg, png []byte, quiet bool) error {
	if err := os.MkdirAll(o.path(dir), 0o755); err != nil {
		return usage(fmt.Errorf("--plot: %w", err), "")
	}
	for ending, data := range map[string][]byte{".svg": svg, ".png": png} {
		if err := record.WriteAtomic(o.path(filepath.Join(dir, name+ending)), data); err != nil {
			return err
		}
	}
	if !quiet {
		fmt.Fprintf(o.Stdout, "wrote %s and .png\n", filepath.Join(dir, name+".svg"))
	}
	return nil
}
