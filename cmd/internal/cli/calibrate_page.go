package cli

import (
	"fmt"
	"strconv"
	"strings"

	"hibernet/results/report"
	"hibernet/sim/power/fit"
	"hibernet/sim/validation"
)

// calibrationPage is the name of the page of a calibration.
const calibrationPage = "report.html"

// page shows the outcome with plots.
func (o *calibrationOutcome) page() report.Page {
	r := o.Result
	intro := fmt.Sprintf("Energy of a step (%s) against load, fitted per type of station (%s). The level of each station is its own; "+
		"slope and savings are common to a type. Intervals are of 95 %% over resampled stations.", r.Unit, strings.Join(r.Columns, "/"))
	if o.NoProfiles != "" {
		intro += "\n\nThere is no file of profiles: " + o.NoProfiles + "."
	}
	plots := map[string][]validation.Figure{}
	for _, f := range validation.PowerFitFigures(r) {
		plots[f.Name] = append(plots[f.Name], f)
	}
	p := report.Page{Title: "Power calibration", Intro: intro, Sections: []report.Section{
		{Title: "Rows", Text: strings.Join(r.Warnings, "\n\n"), Table: rowsTable(r)},
		{Title: "Clocks", Text: "Energy at label t belongs to the load at label t + lag.", Table: clocksTable(r), Figures: plots["clocks"]},
		{Title: "Types", Table: typesTable(r)},
		{Title: "Savings", Table: savingsTable(r), Figures: plots["dose"]},
		{Title: "What was held out", Text: errorsText("By the table of types alone", &r.Table) + ".\n\n" +
			errorsText("With a level of their own from their first rows", &r.Own) + ".", Table: heldOutTable(r), Figures: plots["held-out"]},
	}}
	if len(o.LeftOut) > 0 {
		t := &report.PageTable{Head: []string{"Type", "Reason"}}
		for _, l := range o.LeftOut {
			t.Rows = append(t.Rows, []string{l.Type, l.Reason})
		}
		p.Sections = append(p.Sections, report.Section{Title: "Types without a profile", Table: t})
	}
	return p
}

func rowsTable(r *fit.Result) *report.PageTable {
	t := &report.PageTable{Head: []string{"Table", "Rows", "Fate", "First"}}
	for _, y := range r.Tallies {
		t.Rows = append(t.Rows, []string{y.File, strconv.Itoa(y.Used), "used", ""})
		for _, d := range y.Dropped {
			t.Rows = append(t.Rows, []string{y.File, strconv.Itoa(d.Rows), d.Cause, d.First})
		}
	}
	return t
}

func clocksTable(r *fit.Result) *report.PageTable {
	t := &report.PageTable{Head: []string{"Batch", "Lag (steps)", "Lag (s)", "Stations", "Decided by the batch"}}
	for _, c := range r.Clocks {
		t.Rows = append(t.Rows, []string{c.Batch, strconv.Itoa(c.LagSteps), strconv.Itoa(c.LagSteps * r.StepS), strconv.Itoa(c.Stations), strconv.Itoa(c.ByBatch)})
	}
	return t
}

func typesTable(r *fit.Result) *report.PageTable {
	t := &report.PageTable{Head: []string{"Type", "Stations", "Rows", "Outliers", "Level of an unknown station", "Mean level", "CV of levels", "Slope (95 %)"}}
	for i := range r.Types {
		y := &r.Types[i]
		t.Rows = append(t.Rows, []string{y.Name, strconv.Itoa(y.Stations), strconv.Itoa(y.Rows), strconv.Itoa(y.Outliers),
			fmt.Sprintf("%.4g", y.Level), fmt.Sprintf("%.4g", y.Mean), fmt.Sprintf("%.3f", y.LevelCV), slopesText(y)})
	}
	return t
}

func savingsTable(r *fit.Result) *report.PageTable {
	t := &report.PageTable{Head: []string{"Type", "Mode", "Effect at full activation (95 %)", "Kind", "Rows with the mode", "Greatest distance of the dose response from a line"}}
	for i := range r.Types {
		for _, m := range r.Types[i].Terms {
			kind, bend := "share that is saved", fmt.Sprintf("%.3f", m.Bend)
			if m.Additive {
				kind, bend = "energy that is added", "-"
			}
			t.Rows = append(t.Rows, []string{r.Types[i].Name, m.Name, estimateText(m.Effect), kind, strconv.Itoa(m.Rows), bend})
		}
	}
	return t
}

func heldOutTable(r *fit.Result) *report.PageTable {
	t := &report.PageTable{Head: []string{"Type", "Stations", "Table: mean MAPE %", "Table: p95 %", "Own level: stations", "Own level: median MAPE %", "Own level: WMAPE %"}}
	for i := range r.Types {
		y := &r.Types[i]
		t.Rows = append(t.Rows, []string{y.Name, strconv.Itoa(y.Table.Stations), meanText(y.Table.Mean, y.Table.Stations), meanText(y.Table.P95, y.Table.Stations),
			strconv.Itoa(y.Own.Stations), meanText(y.Own.Median, y.Own.Stations), meanText(y.Own.WMAPE, y.Own.Stations)})
	}
	return t
}
