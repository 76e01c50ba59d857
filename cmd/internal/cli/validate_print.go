package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"hibernet/results/evaluate"
	"hibernet/results/record"
	"hibernet/results/report"
	"hibernet/sim/validation"
)

// pageName is the file of a validation that people read.
const pageName = "validation.html"

// The width of what is printed follows the terminal within these bounds; it is
// the greatest where there is none.
const (
	narrowest = 80
	roomy     = 100 // from here on there is room for what each row allows
	widest    = 120
)

func (o IO) columns() int {
	if o.Width == 0 {
		return widest
	}
	return min(max(o.Width, narrowest), widest)
}

// printChecks lists checks.
func (o IO) printChecks(checks []validation.Check, asJSON bool) error {
	type listed struct {
		Name  string   `json:"name"`
		Doc   string   `json:"doc"`
		Slow  bool     `json:"slow"`
		Needs []string `json:"needs"`
	}
	list := make([]listed, len(checks))
	w := tabwriter.NewWriter(o.Stdout, 0, 0, 2, ' ', 0)
	for i, c := range checks {
		list[i] = listed{c.Name, c.Doc, c.Slow, append([]string{}, c.Needs...)}
		if asJSON {
			continue
		}
		slow := ""
		if c.Slow {
			slow = "slow"
		}
		text := c.Doc
		if len(c.Needs) > 0 {
			text += "; needs " + strings.Join(c.Needs, ", ")
		}
		for j, line := range wrap(text, o.columns()-24) {
			if j > 0 {
				fmt.Fprintf(w, "\t\t%s\n", line)
			} else {
				fmt.Fprintf(w, "%s\t%s\t%s\n", c.Name, slow, line)
			}
		}
	}
	if asJSON {
		return o.json(list)
	}
	return w.Flush()
}

// printOutcome prints the rows of a check as a table.
func (o IO) printOutcome(c validation.Outcome, sources bool) {
	width := o.columns()
	lines := wrap(c.Name+": "+c.Doc, width)
	for i, line := range lines {
		if i > 0 {
			line = "  " + line
		}
		fmt.Fprintln(o.Stdout, line)
	}
	if c.Skipped != "" {
		for _, line := range wrap("left out: "+c.Skipped, width-2) {
			fmt.Fprintln(o.Stdout, "  "+line)
		}
		fmt.Fprintln(o.Stdout)
		return
	}
	fmt.Fprint(o.Stdout, rowTable(c.Rows, width, sources), "\n")
}

// rowTable lays out rows in at most width columns: the quantity takes what the
// figures leave, and goes on below itself; where it is narrow, the column of
// what is allowed is left out. With sources, each new source
// stands above the rows that come from it.
func rowTable(rows []validation.Row, width int, sources bool) string {
	const figures = 5
	cells := [][figures]string{{"expected", "got", "", "error", "allowed"}}
	if width < roomy {
		cells[0][4] = ""
	}
	for _, r := range rows {
		text := report.TextOf(r)
		unit := r.Unit
		if unit == "1" {
			unit = ""
		}
		if r.Expected == 0 { // the error is the figure itself
			text.Error = ""
		}
		if limit, ok := strings.CutPrefix(text.Bounds, "at most "); ok {
			text.Bounds = "≤ " + limit
			if width < roomy {
				text.Expected = text.Bounds
			}
		}
		if width < roomy {
			text.Bounds = ""
		}
		cells = append(cells, [figures]string{text.Expected, text.Got, unit, text.Error, text.Bounds})
	}
	var widths [figures]int
	left := width - 2
	for j := range figures {
		for _, row := range cells {
			widths[j] = max(widths[j], utf8.RuneCountInString(row[j]))
		}
		left -= widths[j] + 2
	}
	const verdict = len("  pass D10")
	left = max(left-verdict, 20)
	var b strings.Builder
	line := func(quantity string, row [figures]string, verdict string) {
		text := "  " + padRight(quantity, left) + "  " + padLeft(row[0], widths[0]) + "  " + padLeft(row[1], widths[1]) +
			"  " + padRight(row[2], widths[2]) + "  " + padLeft(row[3], widths[3])
		if widths[4] > 0 {
			text += "  " + padLeft(row[4], widths[4])
		}
		text += "  " + verdict
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	line("", cells[0], "")
	last := ""
	for i, r := range rows {
		if source := fmt.Sprintf("from %s (%s):", r.Source, r.Trust); sources && source != last {
			last = source
			for _, text := range wrap(source, width-2) {
				b.WriteString("  " + text + "\n")
			}
		}
		quantity := wrap(r.Quantity, left)
		line(quantity[0], cells[i+1], verdictOf(r))
		for _, more := range quantity[1:] {
			b.WriteString("    " + more + "\n")
		}
	}
	return b.String()
}

// verdictOf is whether a row passes, and the deviation that it asserts.
func verdictOf(r validation.Row) string {
	text := "FAIL"
	if r.Pass {
		text = "pass"
	}
	return strings.TrimSpace(text + " " + r.Deviation)
}

func padLeft(s string, n int) string {
	return strings.Repeat(" ", max(n-utf8.RuneCountInString(s), 0)) + s
}

func padRight(s string, n int) string {
	return s + strings.Repeat(" ", max(n-utf8.RuneCountInString(s), 0))
}

// printSummary prints the rows that fail in full, and how many there are of
// each kind.
func (o IO) printSummary(t *validation.Table, checks int, noData bool) {
	deviations := 0
	if t.Failed > 0 {
		fmt.Fprintln(o.Stdout, "rows that fail:")
	}
	for _, c := range t.Checks {
		for _, r := range c.Rows {
			if r.Deviation != "" {
				deviations++
			}
			if !r.Pass {
				o.printFailure(r)
			}
		}
	}
	if t.Failed > 0 {
		fmt.Fprintln(o.Stdout)
	}
	fmt.Fprintf(o.Stdout, "%s pass, %d fail", count(t.Passed, "row"), t.Failed)
	if deviations > 0 {
		fmt.Fprintf(o.Stdout, "; %d of them for known deviations", deviations)
	}
	fmt.Fprintln(o.Stdout)
	if t.Skipped > 0 {
		fmt.Fprintf(o.Stdout, "%d of %s left out", t.Skipped, count(checks, "check"))
		if noData {
			fmt.Fprint(o.Stdout, "; --data names the folder with measured data")
		}
		fmt.Fprintln(o.Stdout)
	}
	if n := len(t.Checks); n < checks {
		fmt.Fprintf(o.Stdout, "stopped after %d of %s\n", n, count(checks, "check"))
	}
}

// printFailure prints everything about a row that fails.
func (o IO) printFailure(r validation.Row) {
	text := report.TextOf(r)
	unit := " " + r.Unit
	if r.Unit == "1" {
		unit = ""
	}
	allowed := text.Bounds
	if strings.HasPrefix(allowed, "±") {
		allowed += fmt.Sprintf(" (%.9g to %.9g)", r.Lo, r.Hi)
	}
	lines := []string{
		fmt.Sprintf("%s: %s", r.Check, r.Quantity),
		fmt.Sprintf("  got %s%s, expected %s%s: error %s, allowed %s", text.Got, unit, text.Expected, unit, text.Error, allowed),
		fmt.Sprintf("  source: %s (%s)", r.Source, r.Trust),
	}
	if r.Deviation != "" {
		lines = append(lines, fmt.Sprintf("  it asserts the known deviation %s, which is no longer as described", r.Deviation))
	}
	for _, l := range lines {
		indent := "  " + l[:len(l)-len(strings.TrimLeft(l, " "))]
		for i, part := range wrap(l, o.columns()-len(indent)-2) {
			if i > 0 {
				part = "  " + part
			}
			fmt.Fprintln(o.Stdout, indent+part)
		}
	}
}

// validationOutcome is what hibernet validate --json prints.
type validationOutcome struct {
	Folder   string         `json:"folder"`
	Complete bool           `json:"complete"` // false: it was stopped before the last check
	Passed   int            `json:"passed"`
	Failed   int            `json:"failed"`
	Skipped  int            `json:"skipped"` // checks
	Checks   []checkOutcome `json:"checks"`
}

type checkOutcome struct {
	Name    string    `json:"name"`
	Doc     string    `json:"doc"`
	Skipped string    `json:"skipped,omitempty"`
	Rows    []jsonRow `json:"rows"`
}

// jsonRow is a row of a validation; what is not finite is null.
type jsonRow struct {
	Quantity  string          `json:"quantity"`
	Unit      string          `json:"unit"`
	Source    string          `json:"source"`
	Trust     string          `json:"trust"`
	Expected  evaluate.Number `json:"expected"`
	Got       evaluate.Number `json:"got"`
	Error     evaluate.Number `json:"error"`
	Lo        evaluate.Number `json:"lo"`
	Hi        evaluate.Number `json:"hi"`
	Pass      bool            `json:"pass"`
	Deviation string          `json:"deviation,omitempty"`
}

func outcomeOf(dir string, t *validation.Table, complete bool) validationOutcome {
	out := validationOutcome{Folder: dir, Complete: complete, Passed: t.Passed, Failed: t.Failed, Skipped: t.Skipped, Checks: []checkOutcome{}}
	for _, c := range t.Checks {
		o := checkOutcome{Name: c.Name, Doc: c.Doc, Skipped: c.Skipped, Rows: []jsonRow{}}
		for _, r := range c.Rows {
			o.Rows = append(o.Rows, jsonRow{
				Quantity: r.Quantity, Unit: r.Unit, Source: r.Source, Trust: r.Trust,
				Expected: evaluate.Number(r.Expected), Got: evaluate.Number(r.Got), Error: evaluate.Number(r.Error()),
				Lo: evaluate.Number(r.Lo), Hi: evaluate.Number(r.Hi), Pass: r.Pass, Deviation: r.Deviation,
			})
		}
		out.Checks = append(out.Checks, o)
	}
	return out
}

// validationPage makes the page of what was found.
func validationPage(io IO, t *validation.Table, checks int) report.Page {
	p := report.Page{
		Title: "Validation of Hibernet",
		Intro: "Figures of the simulator beside what they must be: formulas worked by hand, standards, independent computations, " +
			"published results and measurements. Behind each source stands how far it was followed: primary (seen in the publication " +
			"or the data themselves), secondary (as quoted elsewhere), derived (from stated numbers by a stated formula), independent " +
			"(computed here by another method), recalled (from memory, unverified). Errors are relative where the expected value is not 0.\n\n" +
			"Made by hibernet " + versionLine(record.ReadBuild(commit)) + ", on " + io.Now().UTC().Format("2 January 2006") + ".",
	}
	if n := len(t.Checks); n < checks {
		p.Intro += fmt.Sprintf("\n\nThe validation was stopped after %d of %s.", n, count(checks, "check"))
	}
	for _, c := range t.Checks {
		p.Sections = append(p.Sections, report.Section{Title: c.Name, Text: c.Doc, Rows: c.Rows, Figures: c.Figures, Skipped: c.Skipped})
	}
	for _, d := range validation.Deviations() {
		p.Notes = append(p.Notes, report.Note{Name: d.Name, Title: d.Title, Text: d.Text})
	}
	return p
}

// writeValidation writes the table and the page of what was found.
func writeValidation(run *record.Run, t *validation.Table, page report.Page) error {
	w, err := record.NewWriter[record.Validation](run)
	if err != nil {
		return err
	}
	for _, c := range t.Checks {
		for _, r := range c.Rows {
			if err := w.Write(record.Validation{
				Check: r.Check, Quantity: r.Quantity, Unit: r.Unit, Source: r.Source, Trust: r.Trust, Expected: r.Expected, Got: r.Got,
				Error: r.Error(), Lo: r.Lo, Hi: r.Hi, Pass: r.Pass, Deviation: r.Deviation,
			}); err != nil {
				return err
			}
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	text, err := page.HTML()
	if err != nil {
		return err
	}
	return run.WriteFile(pageName, text)
}
