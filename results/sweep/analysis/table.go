package analysis

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"hibernet/results/evaluate"
)

// Cell is a text or an estimate.
type Cell struct {
	Text   string
	Number *Estimate
}

// Table is rows of cells below a head.
type Table struct {
	Head []string
	// Units are those of the columns, empty for texts.
	Units []string
	// Single are the columns of numbers without an interval.
	Single []string
	Rows   [][]Cell
}

// Formats of tables.
const (
	FormatText     = "text"
	FormatMarkdown = "md"
	FormatCSV      = "csv"
	FormatLaTeX    = "latex"
)

// Formats lists the formats of Write.
func Formats() []string { return []string{FormatText, FormatMarkdown, FormatCSV, FormatLaTeX} }

// Write writes the table in a format. CSV has every number in full, with its
// interval in a column of its own; the others round a mean to the second digit
// of its interval.
func (t *Table) Write(w io.Writer, format string) error {
	switch format {
	case FormatMarkdown:
		return t.markdown(w)
	case FormatCSV:
		return t.csv(w)
	case FormatLaTeX:
		return t.latex(w)
	case FormatText:
		return t.text(w)
	}
	return fmt.Errorf("format %q is not known, allowed: %s", format, strings.Join(Formats(), ", "))
}

// Column is the numbers of a column of a table.
type Column struct {
	Title       string
	Value, Half []float64 // [rows] NaN where there is no number
}

// Bars returns the rows' names, the texts that differ between rows, and the
// columns of numbers but for counts of runs: what a chart of bars shows. Where
// several settings differ, each value stands behind its setting's name. Rows over
// all settings are left out.
func (t *Table) Bars() (rows []string, columns []Column) {
	t = &Table{Head: t.Head, Units: t.Units, Rows: slices.DeleteFunc(slices.Clone(t.Rows), func(row []Cell) bool {
		return row[0].Text == allSettings && t.Head[0] != "policy"
	})}
	var texts []int // columns of texts that differ
	for j := range t.Head {
		c := Column{Title: t.title(j)}
		numbers, differ := false, false
		for _, row := range t.Rows {
			e := Estimate{Mean: math.NaN(), CI95: math.NaN()}
			if row[j].Number != nil {
				e, numbers = *row[j].Number, true
			}
			c.Value, c.Half = append(c.Value, e.Mean), append(c.Half, e.CI95)
			differ = differ || row[j].Text != t.Rows[0][j].Text
		}
		switch {
		case numbers:
			columns = append(columns, c)
		case differ && t.Head[j] != "runs":
			texts = append(texts, j)
		}
	}
	return t.names(texts), columns
}

// names returns those of the rows by the columns of texts that tell them apart.
// What more than half of the rows have in common goes without saying, but for the
// policy of a row that has nothing else.
func (t *Table) names(texts []int) []string {
	settings := slices.DeleteFunc(slices.Clone(texts), func(j int) bool { return t.Head[j] == "policy" })
	names := make([]string, len(t.Rows))
	for i, row := range t.Rows {
		var parts, policy []string
		for _, j := range texts {
			text := row[j].Text
			switch {
			case t.Head[j] == "policy":
				policy = []string{text}
			case len(settings) > 1:
				text = t.Head[j] + "=" + text
			}
			if len(texts) < 2 || 2*t.have(j, row[j].Text) <= len(t.Rows) {
				parts = append(parts, text)
			}
		}
		if len(parts) == 0 {
			parts = policy
		}
		names[i] = strings.Join(parts, ", ")
	}
	return names
}

// have returns how many rows have a text in a column.
func (t *Table) have(column int, text string) (n int) {
	for _, row := range t.Rows {
		if row[column].Text == text {
			n++
		}
	}
	return n
}

// title is a column's head with its unit.
func (t *Table) title(i int) string {
	if u := t.Units[i]; u != "" && u != "1" {
		return t.Head[i] + " [" + u + "]"
	}
	return t.Head[i]
}

func (t *Table) text(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	titles := make([]string, len(t.Head))
	for i := range titles {
		titles[i] = t.title(i)
	}
	fmt.Fprintln(tw, strings.Join(titles, "\t"))
	for _, row := range t.Rows {
		shown := make([]string, len(row))
		for i, c := range row {
			shown[i] = c.shown("±")
		}
		fmt.Fprintln(tw, strings.Join(shown, "\t"))
	}
	return tw.Flush()
}

func (t *Table) markdown(w io.Writer) error {
	var b strings.Builder
	rule := ""
	for i := range t.Head {
		fmt.Fprintf(&b, "| %s ", escaped(t.title(i), `|\`))
		if len(t.Rows) > 0 && t.Rows[0][i].Number != nil {
			rule += "| ---: "
		} else {
			rule += "| --- "
		}
	}
	b.WriteString("|\n" + rule + "|\n")
	for _, row := range t.Rows {
		for _, c := range row {
			fmt.Fprintf(&b, "| %s ", escaped(c.shown("±"), `|\`))
		}
		b.WriteString("|\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *Table) csv(w io.Writer) error {
	cw := csv.NewWriter(w)
	interval := make([]bool, len(t.Head))
	var head []string
	for i, h := range t.Head {
		head = append(head, h)
		interval[i] = len(t.Rows) > 0 && t.Rows[0][i].Number != nil && !slices.Contains(t.Single, h)
		if interval[i] {
			head = append(head, h+"_ci95")
		}
	}
	if err := cw.Write(head); err != nil {
		return err
	}
	for _, row := range t.Rows {
		var out []string
		for i, c := range row {
			if c.Number == nil {
				out = append(out, c.Text)
			} else {
				out = append(out, full(c.Number.Mean))
			}
			if interval[i] {
				out = append(out, full(c.Number.CI95))
			}
		}
		if err := cw.Write(out); err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}

// Objects returns the rows as JSON has them: a mapping from the heads to texts
// and estimates.
func (t *Table) Objects() []map[string]any {
	list := make([]map[string]any, len(t.Rows))
	for i, row := range t.Rows {
		list[i] = map[string]any{}
		for c, cell := range row {
			switch {
			case cell.Number == nil:
				list[i][t.Head[c]] = cell.Text
			case slices.Contains(t.Single, t.Head[c]):
				list[i][t.Head[c]] = evaluate.Number(cell.Number.Mean)
			default:
				list[i][t.Head[c]] = map[string]evaluate.Number{"mean": evaluate.Number(cell.Number.Mean), "ci95": evaluate.Number(cell.Number.CI95)}
			}
		}
	}
	return list
}

// full writes a number so that it reads back the same, NaN as nothing.
func full(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// latex writes a tabular with the rules of the package booktabs.
func (t *Table) latex(w io.Writer) error {
	var b strings.Builder
	align := ""
	for i := range t.Head {
		if len(t.Rows) > 0 && t.Rows[0][i].Number != nil {
			align += "r"
		} else {
			align += "l"
		}
	}
	fmt.Fprintf(&b, "\\begin{tabular}{%s}\n\\toprule\n", align)
	for i := range t.Head {
		if i > 0 {
			b.WriteString(" & ")
		}
		b.WriteString(latexText(t.title(i)))
	}
	b.WriteString(" \\\\\n\\midrule\n")
	for _, row := range t.Rows {
		for i, c := range row {
			if i > 0 {
				b.WriteString(" & ")
			}
			switch text := c.shown(`\pm`); {
			case c.Number != nil && !math.IsNaN(c.Number.Mean):
				b.WriteString("$" + text + "$")
			default:
				b.WriteString(latexText(text))
			}
		}
		b.WriteString(" \\\\\n")
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

var latexEscapes = strings.NewReplacer(`\`, `\textbackslash{}`, "_", `\_`, "%", `\%`, "&", `\&`, "#", `\#`, "$", `\$`,
	"{", `\{`, "}", `\}`, "~", `\textasciitilde{}`, "^", `\textasciicircum{}`)

func latexText(s string) string { return latexEscapes.Replace(s) }

// escaped puts a backslash before each of some characters.
func escaped(s, special string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// shown is the cell for people.
func (c Cell) shown(pm string) string {
	if c.Number == nil {
		return c.Text
	}
	return c.Number.shown(pm)
}

// shown renders the mean to the second digit of its interval.
func (e Estimate) shown(pm string) string {
	switch {
	case math.IsNaN(e.Mean) || math.IsInf(e.Mean, 0):
		return "n/a"
	case math.IsNaN(e.CI95):
		return strconv.FormatFloat(e.Mean, 'g', 5, 64)
	case e.CI95 == 0:
		return strconv.FormatFloat(e.Mean, 'g', 5, 64) + " " + pm + " 0"
	}
	decimals := min(max(1-int(math.Floor(math.Log10(e.CI95))), 0), 12)
	return strconv.FormatFloat(e.Mean, 'f', decimals, 64) + " " + pm + " " + strconv.FormatFloat(e.CI95, 'f', decimals, 64)
}

// begin begins a table whose rows are groups.
func (d *Data) begin() *Table {
	t := &Table{Head: append(append([]string{}, d.Settings...), "policy", "runs")}
	t.Units = make([]string, len(t.Head))
	return t
}

func (g Group) cells(runs int) []Cell {
	var row []Cell
	for _, s := range g.Settings {
		row = append(row, Cell{Text: s})
	}
	return append(row, Cell{Text: g.Policy}, Cell{Text: strconv.Itoa(runs)})
}

// Means returns the table of the groups' mean figures.
func (d *Data) Means(figures []string) (*Table, error) {
	t := d.begin()
	for _, f := range figures {
		if err := d.CheckFigure(f); err != nil {
			return nil, err
		}
		t.Head, t.Units = append(t.Head, f), append(t.Units, d.Unit(f))
	}
	for _, g := range d.Groups() {
		row := g.cells(g.Len())
		for _, f := range figures {
			e := d.estimate(f, g.rows)
			row = append(row, Cell{Number: &e})
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}
