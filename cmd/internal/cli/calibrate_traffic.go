package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hibernet/results/report"
	"hibernet/sim/validation"
	"hibernet/traffic"
	"hibernet/traffic/fit"
)

// trafficSettings is the file of fitted settings in a calibration's folder.
const trafficSettings = "traffic.yaml"

// trafficCalibration holds the flags of calibrate traffic.
type trafficCalibration struct {
	options fit.Options
	out     string
	force   bool
	asJSON  bool
}

func newCalibrateTraffic(io IO) *cobra.Command {
	c := trafficCalibration{options: fit.DefaultOptions()}
	cmd := &cobra.Command{
		Use:   "traffic FILE",
		Short: "Fit the traffic generator to imported traffic",
		Long: `Fit the traffic generator to a file that import traffic wrote, and judge it on days and
places that it was not fitted to. FILE needs whole days, at least seven, of steps that
divide an hour, and positions (import with --side-m or --sites).

Fitted are the distribution of the places' means and their correlation in space, the
classes of weekly courses with their shares, places and lasting deviations, and the noise
from hour to hour with its course over the day, its dependence on the mean, its
autocorrelation, the day factor and what is common to the whole city.

Written are traffic.yaml, the section traffic of a scenario; report.json; and report.html
with plots. A row of the table compares cities of the fitted generator with what was held
out; how far it may be away is how far real cities are from one another. The means are
those of the file's places: where a place holds many sectors, set mean.*_mbps of your own,
or let load.target_mean scale the demand.`,
		Example: `  # Beijing, imported as the help of import traffic shows
  hibernet calibrate traffic beijing.parquet --out beijing

  # another split: three of seven days and 40 % of the places are held out
  hibernet calibrate traffic beijing.parquet --holdout-days 3 --holdout-squares 0.4 --seed 2 --out beijing-2 --json`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, io, args[0]) },
	}
	f, o := cmd.Flags(), &c.options
	f.IntVar(&o.HeldDays, "holdout-days", o.HeldDays, fmt.Sprintf("days of every seven that are not fitted to, 1 to %d", fit.MaxHeldDays))
	f.Float64Var(&o.HeldPlaces, "holdout-squares", o.HeldPlaces, "share of the places that are not fitted to, above 0 and below 1")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "of the split and of the generated cities")
	f.StringVar(&c.out, "out", "", "`FOLDER` to write (required)")
	f.BoolVar(&c.force, "force", false, "replace a calibration in that folder")
	f.BoolVar(&c.asJSON, "json", false, "print the report as JSON")
	return cmd
}

// check says what is wrong with the flags before anything is read.
func (c *trafficCalibration) check(io IO) error {
	o := c.options
	switch {
	case c.out == "":
		return usage(errors.New("--out: name the folder to write"), "for example --out calibration")
	case o.HeldDays < 1 || o.HeldDays > fit.MaxHeldDays:
		return usage(fmt.Errorf("--holdout-days: must be 1 to %d, got %d", fit.MaxHeldDays, o.HeldDays), "")
	case !(o.HeldPlaces > 0 && o.HeldPlaces < 1):
		return usage(fmt.Errorf("--holdout-squares: must be above 0 and below 1, got %g", o.HeldPlaces), "")
	}
	if _, err := os.Stat(filepath.Join(io.path(c.out), calibrationReport)); err == nil && !c.force {
		return usage(fmt.Errorf("--out: %s holds a calibration already", c.out), "--force replaces it")
	}
	return nil
}

func (c *trafficCalibration) run(cmd *cobra.Command, io IO, name string) error {
	if err := c.check(io); err != nil {
		return err
	}
	series, err := io.readSeries(name)
	if err != nil {
		return err
	}
	const parts = 1000
	shown := io.progress("calibrate "+name, parts)
	c.options.Source = name
	c.options.Progress = func(share float64) { shown.set(int(share*parts), "") }
	result, err := fit.Calibrate(cmd.Context(), series, c.options)
	shown.close()
	if cmd.Context().Err() != nil {
		return cmd.Context().Err()
	}
	if err != nil {
		return input(fmt.Errorf("%s: %w", name, err), "")
	}
	return c.write(io, name, result)
}

// trafficOutcome is report.json.
type trafficOutcome struct {
	File       string         `json:"file"`
	Command    string         `json:"command"`
	Places     int            `json:"places"`
	Silent     int            `json:"silent_places"`
	Days       int            `json:"days"`
	FirstDay   int            `json:"first_weekday"` // 0 is Monday
	HeldDays   []int          `json:"held_out_days"` // counted from the first
	HeldPlaces []string       `json:"held_out_places"`
	Families   []familyJSON   `json:"families"`
	Classes    map[string]int `json:"places_fitted_by_class"`
	Explained  float64        `json:"variance_of_weeks_explained"`
	Kept       []string       `json:"settings_kept"`
	Rows       []rowJSON      `json:"rows"`
	Skipped    []string       `json:"not_compared"`
	Passed     int            `json:"passed"`
	Failed     int            `json:"failed"`
	Files      []string       `json:"files"`
}

type familyJSON struct {
	Family        string  `json:"family"`
	Shape         float64 `json:"shape"`
	LogLikelihood float64 `json:"log_likelihood"` // mean over places
	KS            float64 `json:"ks"`             // from the places of the fit
}

// rowJSON is a row of the table; Got is null where it is not a number.
type rowJSON struct {
	Quantity string   `json:"quantity"`
	Unit     string   `json:"unit"`
	Source   string   `json:"source"`
	Expected float64  `json:"expected"`
	Got      *float64 `json:"got"`
	Lo       float64  `json:"lo"`
	Hi       float64  `json:"hi"`
	Pass     bool     `json:"pass"`
}

func trafficOutcomeOf(io IO, name string, r *fit.Calibration) *trafficOutcome {
	c, m := r.City, r.Model
	o := &trafficOutcome{
		File: name, Command: commandLine(io), Places: c.Places(), Silent: c.Silent, Days: c.Days, FirstDay: c.Weekday,
		HeldDays: r.Split.HeldDays, Classes: map[string]int{}, Explained: m.Explained, Kept: m.Kept, Skipped: r.Verdict.Skipped,
		Files: []string{trafficSettings, calibrationPage, calibrationReport},
	}
	for _, p := range r.Split.HeldPlaces {
		o.HeldPlaces = append(o.HeldPlaces, c.ID[p])
	}
	for _, f := range m.Families {
		o.Families = append(o.Families, familyJSON{f.Name, f.Shape, f.LogLikelihood, f.KS})
	}
	for k, n := range m.Members {
		o.Classes[traffic.Class(k).String()] = n
	}
	for _, row := range r.Verdict.Rows {
		j := rowJSON{Quantity: row.Quantity, Unit: row.Unit, Source: row.Source, Expected: row.Expected, Lo: row.Lo, Hi: row.Hi, Pass: row.Pass}
		if row.Got == row.Got { // not NaN, which JSON has no word for
			j.Got = &row.Got
		}
		if o.Rows = append(o.Rows, j); row.Pass {
			o.Passed++
		} else {
			o.Failed++
		}
	}
	return o
}

// write writes the folder, the report last, and prints the outcome.
func (c *trafficCalibration) write(io IO, name string, r *fit.Calibration) error {
	o := trafficOutcomeOf(io, name, r)
	settings, err := r.Model.YAML(
		"The section traffic of a scenario, fitted to "+name+" by",
		"  "+o.Command,
		fmt.Sprintf("%d of %d comparisons with days and places not fitted to pass; see %s.", o.Passed, o.Passed+o.Failed, calibrationPage),
		"Not fitted: "+strings.Join(o.Kept, "; ")+".",
	)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", calibrationReport, err)
	}
	dir := io.path(c.out)
	if err := writeWhole(filepath.Join(dir, trafficSettings), settings); err != nil {
		return err
	}
	if err := report.WritePage(filepath.Join(dir, calibrationPage), pageOf(o, r)); err != nil {
		return err
	}
	if err := writeWhole(filepath.Join(dir, calibrationReport), append(text, '\n')); err != nil {
		return err
	}
	if c.asJSON {
		return io.json(o)
	}
	return c.print(io, o, r)
}

// pageOf is report.html.
func pageOf(o *trafficOutcome, r *fit.Calibration) report.Page {
	classes := &report.PageTable{Head: []string{"class", "places of the fit", "relative mean"}}
	for _, p := range r.Model.Spec.Profiles {
		classes.Rows = append(classes.Rows, []string{p.Class, fmt.Sprint(o.Classes[p.Class]), fmt.Sprintf("%.3f", p.RelativeMean)})
	}
	families := &report.PageTable{Head: []string{"family", "shape", "log-likelihood of a place", "KS distance"}}
	for _, f := range o.Families {
		families.Rows = append(families.Rows, []string{f.Family, fmt.Sprintf("%.4g", f.Shape), fmt.Sprintf("%.4f", f.LogLikelihood), fmt.Sprintf("%.4f", f.KS)})
	}
	return report.Page{
		Title: "Calibration of the traffic generator: " + o.File,
		Intro: fmt.Sprintf("%s\n\nCities of the fitted generator beside days and places that it was not fitted to. Classes bear the name of the measured class that they began from.", splitText(o)),
		Sections: []report.Section{
			{Title: "Held-out days and places", Text: notCompared(o), Rows: r.Verdict.Rows, Figures: r.Verdict.Figures},
			{Title: "Classes", Text: fmt.Sprintf("They explain %.0f %% of the variance of the places' weeks (of square roots).", 100*o.Explained), Table: classes},
			{Title: "Families of the means", Text: "Maximum likelihood on the means of the places of the fit over those of their class; the most likely one is taken.", Table: families},
		},
	}
}

func splitText(o *trafficOutcome) string {
	held := make([]string, len(o.HeldDays))
	for i, d := range o.HeldDays {
		held[i] = fmt.Sprintf("%d (%s)", d, [...]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}[(o.FirstDay+d)%7])
	}
	return fmt.Sprintf("%d places with traffic (%d without), %d days; held out: %d places, days %s",
		o.Places, o.Silent, o.Days, len(o.HeldPlaces), strings.Join(held, ", "))
}

func notCompared(o *trafficOutcome) string {
	if len(o.Skipped) == 0 {
		return ""
	}
	return "Not compared: " + strings.Join(o.Skipped, "; ") + "."
}

// print writes the outcome as text.
func (c *trafficCalibration) print(io IO, o *trafficOutcome, r *fit.Calibration) error {
	w, s := io.Stdout, r.Model.Spec
	fmt.Fprintf(w, "%s\n\n", splitText(o))
	fmt.Fprintf(w, "means: %s, shape %g; correlation in space: nugget %g, range %g m\n", s.Mean.Family, s.Mean.Shape, s.Mean.Nugget, s.Mean.RangeM)
	fmt.Fprintf(w, "classes:")
	for _, p := range s.Profiles {
		fmt.Fprintf(w, " %s %d", p.Class, o.Classes[p.Class])
	}
	fmt.Fprintf(w, " places of the fit\n")
	n := s.Noise
	fmt.Fprintf(w, "noise: cv %g, mean_exponent %g, hour_exponent %g, hour_phi %g, day_share %g, common_share %g\n\n",
		n.CV, n.MeanExponent, n.HourExponent, n.HourPhi, n.DayShare, n.CommonShare)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "held out\texpected\tgot\tallowed\t")
	for _, row := range r.Verdict.Rows {
		fmt.Fprintf(t, "%s\t%.3f\t%.3f\t%.3f to %.3f\t%s\n", row.Quantity, row.Expected, row.Got, row.Lo, row.Hi, passText(row))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, text := range o.Skipped {
		fmt.Fprintf(w, "not compared: %s\n", text)
	}
	for _, text := range o.Kept {
		fmt.Fprintf(w, "not fitted: %s\n", text)
	}
	fmt.Fprintf(w, "\n%d of %d comparisons pass\nwrote %s: %s\n", o.Passed, o.Passed+o.Failed, c.out, strings.Join(o.Files, ", "))
	return nil
}

func passText(r validation.Row) string {
	if r.Pass {
		return "pass"
	}
	return "FAIL"
}
