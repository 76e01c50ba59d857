package cli

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"hibernet/results/report"
	"hibernet/sim/power/fit"
)

// calibrationOutcome is what calibrate power found and wrote.
type calibrationOutcome struct {
	Folder     string        `json:"folder"`
	Files      []string      `json:"files"`
	NoProfiles string        `json:"no_profiles,omitempty"` // why there is no file of profiles
	LeftOut    []fit.LeftOut `json:"types_without_profile"`
	Result     *fit.Result   `json:"result"`
	Profiles   []byte        `json:"-"`
}

// write writes the folder, the report last, and prints the outcome.
func (c *powerCalibration) write(io IO, o *calibrationOutcome) error {
	type file struct {
		name string
		data []byte
	}
	var files []file
	if o.Profiles != nil {
		files = append(files, file{calibrationProfiles, o.Profiles})
	}
	stations, err := stationsCSV(o.Result)
	if err != nil {
		return err
	}
	files = append(files, file{calibrationStations, stations})
	for _, f := range files {
		o.Files = append(o.Files, f.name)
	}
	o.Files = append(o.Files, calibrationPage, calibrationReport)
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", calibrationReport, err)
	}
	for _, f := range files {
		if err := writeWhole(filepath.Join(io.path(c.out), f.name), f.data); err != nil {
			return err
		}
	}
	if err := report.WritePage(filepath.Join(io.path(c.out), calibrationPage), o.page()); err != nil {
		return err
	}
	if err := writeWhole(filepath.Join(io.path(c.out), calibrationReport), append(text, '\n')); err != nil {
		return err
	}
	if c.asJSON {
		return io.json(o)
	}
	return o.print(io.Stdout)
}

// stationsCSV lists the stations with what was found of each.
func stationsCSV(r *fit.Result) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"station", "type", "detail", "lag_steps", "lag_odds", "lag_by_batch", "batch", "rows", "level", "mape_pct"}}
	g := func(v float64) string { return strconv.FormatFloat(v, 'g', 5, 64) }
	for i := range r.Stations {
		s := &r.Stations[i]
		rows = append(rows, []string{s.ID, s.Type, s.Detail, strconv.Itoa(s.Lag.Steps), g(s.Lag.Odds), strconv.FormatBool(s.Lag.ByBatch),
			s.Lag.Batch, strconv.Itoa(s.Rows), g(s.Level), g(s.MAPE)})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write %s: %w", calibrationStations, err)
	}
	return b.Bytes(), nil
}

// print writes the outcome as text.
func (o *calibrationOutcome) print(w io.Writer) error {
	r := o.Result
	fmt.Fprintf(w, "type: %s; detail: %s; times read as %s, steps of %d s; energy: %s\n",
		cmp.Or(strings.Join(r.Columns, "/"), "none"), cmp.Or(strings.Join(r.Details, "/"), "none"), r.TimeFormat, r.StepS, r.Unit)
	for i := range r.Tallies {
		fmt.Fprintln(w, &r.Tallies[i])
	}
	for _, text := range r.Warnings {
		fmt.Fprintf(w, "warning: %s\n", text)
	}
	fmt.Fprintln(w, "\nclocks: energy at label t belongs to the load at t + lag")
	for _, c := range r.Clocks {
		fmt.Fprintf(w, "  %s: lag %+d steps (%+d s) at %d stations (%.1f %%), %d of them by the others of the batch\n",
			c.Batch, c.LagSteps, c.LagSteps*r.StepS, c.Stations, 100*c.Share, c.ByBatch)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\ntype\tstations\trows\tlevel\tmean\tCV\tslope (95 %)\tsaving (95 %)\ttable %\town %")
	for i := range r.Types {
		y := &r.Types[i]
		fmt.Fprintf(t, "%s\t%d\t%d\t%.4g\t%.4g\t%.3f\t%s\t%s\t%s\t%s\n", y.Name, y.Stations, y.Rows, y.Level, y.Mean, y.LevelCV,
			slopesText(y), termsText(y), meanText(y.Table.Mean, y.Table.Stations), meanText(y.Own.Median, y.Own.Stations))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "table: held-out stations, mean over them of the MAPE by the table of types alone")
	fmt.Fprintln(w, "own: held-out stations, median of the MAPE after their first rows gave their level")
	fmt.Fprintf(w, "\n%s\n%s\n", errorsText("table", &r.Table), errorsText("own  ", &r.Own))
	for _, l := range o.LeftOut {
		fmt.Fprintf(w, "no profile for %s: %s\n", l.Type, l.Reason)
	}
	if o.NoProfiles != "" {
		fmt.Fprintf(w, "no %s: %s\n", calibrationProfiles, o.NoProfiles)
	}
	fmt.Fprintf(w, "\nwrote %s: %s\n", o.Folder, strings.Join(o.Files, ", "))
	return nil
}

func errorsText(name string, e *fit.Errors) string {
	if e.Stations == 0 {
		return name + ": nothing was held out"
	}
	return fmt.Sprintf("%s: %d stations, %d rows: MAPE median %.2f %%, mean %.2f %%, p95 %.2f %%; WMAPE %.2f %%",
		name, e.Stations, e.Rows, e.Median, e.Mean, e.P95, e.WMAPE)
}

func meanText(v float64, n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", v)
}

func estimateText(e fit.Estimate) string {
	if !e.Known {
		return fmt.Sprintf("%.4g (?)", e.Value)
	}
	return fmt.Sprintf("%.4g (%.4g to %.4g)", e.Value, e.Lo, e.Hi)
}

func slopesText(t *fit.Type) string {
	var list []string
	for _, e := range t.Slope {
		list = append(list, estimateText(e))
	}
	return strings.Join(list, "; ")
}

func termsText(t *fit.Type) string {
	var list []string
	for _, m := range t.Terms {
		text := m.Name + " " + estimateText(m.Effect)
		if m.Additive {
			text += " added"
		}
		list = append(list, text)
	}
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, "; ")
}
