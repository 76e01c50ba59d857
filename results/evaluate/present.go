package evaluate

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"hibernet/results/record"
)

// tableColumns are the columns of the text table after the policy.
var tableColumns = [...]struct {
	head, unit string
	figure     string
	decimals   int
}{
	{"energy", "kWh", "energy_kwh", 1},
	{"saving", "% of always-on", "", 2},
	{"p5 throughput", "Mbit/s", "throughput_p5_mbps", 2},
	{"dropped", "%", "dropped_pct", 3},
	{"outage", "min", "outage_min", 2},
	{"switches", "/cell/day", "switches_per_cell_day", 2},
}

// WriteTable writes the comparison as aligned text of at most 100 columns for
// policy names of up to 20 characters (longer ones are cut), followed by what
// the numbers are and by all warnings, a line each. "n/a" stands for what is not defined.
func (c *Comparison) WriteTable(w io.Writer) error {
	rows := [][]string{{"policy"}, {""}}
	for _, col := range tableColumns {
		rows[0], rows[1] = append(rows[0], col.head), append(rows[1], col.unit)
	}
	var decimals [len(tableColumns)]int
	for i, col := range tableColumns {
		decimals[i] = c.decimals(col.figure, col.decimals)
	}
	for _, p := range c.Policies {
		row := []string{cut(p, 20)}
		for i, col := range tableColumns {
			if col.figure == "" {
				row = append(row, c.savingCell(p))
				continue
			}
			row = append(row, c.figureCell(p, col.figure, decimals[i]))
		}
		rows = append(rows, row)
	}
	var b strings.Builder
	writeAligned(&b, rows)
	n := len(c.Seeds) * c.PerSeed
	fmt.Fprintf(&b, "\n%d episode%s (%d seed%s x %d); energy and outage are summed over them; ± is the 95 %% interval.\n",
		n, plural(n), len(c.Seeds), plural(len(c.Seeds)), c.PerSeed)
	c.writeVerdicts(&b)
	for _, warning := range c.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", warning.Text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// decimals returns how many decimals a column is shown with: the usual ones, but
// for energy at least three digits of the largest figure, as small networks and
// short episodes draw little.
func (c *Comparison) decimals(figure string, usual int) int {
	const most = 9
	if figure != figureEnergy {
		return usual
	}
	largest := 0.0
	for _, p := range c.Policies {
		if v, ok := c.own(p, figure); ok && !math.IsInf(v, 0) {
			largest = max(largest, math.Abs(v))
		}
	}
	if !(largest > 0) || largest >= math.Pow10(-usual) {
		return usual
	}
	return min(2-int(math.Floor(math.Log10(largest))), most)
}

// own returns the policy's own figure.
func (c *Comparison) own(policy, figure string) (float64, bool) {
	for _, measure := range []string{record.MeasureTotal, record.MeasureRatio, record.MeasureMean} {
		if e, ok := c.Estimate(policy, figure, measure, ""); ok {
			return float64(e.Value), true
		}
	}
	return math.NaN(), false
}

// figureCell formats the policy's own figure.
func (c *Comparison) figureCell(policy, figure string, decimals int) string {
	v, _ := c.own(policy, figure)
	return number(v, decimals)
}

// savingCell formats the saving against always-on.
func (c *Comparison) savingCell(policy string) string {
	if policy == c.AlwaysOn {
		return "-"
	}
	e, ok := c.Estimate(policy, figureEnergy, record.MeasureSaving, c.AlwaysOn)
	if !ok {
		return "n/a"
	}
	text := number(float64(e.Value), 2)
	if !math.IsNaN(float64(e.CI95)) {
		text += " ± " + number(float64(e.CI95), 2)
	}
	return text
}

// number formats v, "n/a" where it is not finite.
func number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "n/a"
	}
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-") // no negative zero
	}
	return text
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// cut shortens s to its last n characters at most: names of folders differ at
// their ends.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return "…" + string(r[len(r)-n+1:])
	}
	return s
}

// writeAligned writes rows with the first column flush left and the others
// flush right, two blanks apart, and a rule below the two lines of the head.
func writeAligned(b *strings.Builder, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	total := -2
	for _, w := range widths {
		total += w + 2
	}
	for i, row := range rows {
		if i == 2 {
			b.WriteString(strings.Repeat("-", total) + "\n")
		}
		var line strings.Builder
		for j, cell := range row {
			pad := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell))
			switch j {
			case 0:
				line.WriteString(cell + pad)
			default:
				line.WriteString("  " + pad + cell)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// WriteJSON writes the comparison, with the figures of all episodes, as one
// indented JSON object. Numbers that are not finite are null.
func (c *Comparison) WriteJSON(w io.Writer) error {
	type figure struct {
		Name  string `json:"name"`
		Unit  string `json:"unit"`
		Value Number `json:"value"`
	}
	type episode struct {
		Episode
		Figures []figure `json:"figures"`
	}
	out := struct {
		*Comparison
		Seeds    []string  `json:"seeds"`
		Episodes []episode `json:"episodes"`
	}{Comparison: c, Seeds: []string{}, Episodes: []episode{}}
	for _, s := range c.Seeds {
		out.Seeds = append(out.Seeds, strconv.FormatUint(s, 10))
	}
	for _, e := range c.Episodes {
		x := episode{Episode: e, Figures: []figure{}}
		for _, f := range e.Figures {
			x.Figures = append(x.Figures, figure{f.Name, f.Unit, Number(f.Value)})
		}
		out.Episodes = append(out.Episodes, x)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// SummaryRows returns the estimates as rows of the table "summary".
func (c *Comparison) SummaryRows() []record.Summary {
	rows := make([]record.Summary, 0, len(c.Estimates))
	for _, e := range c.Estimates {
		rows = append(rows, record.Summary{
			Policy: e.Policy, Figure: e.Figure, Unit: e.Unit, Measure: e.Measure, Reference: e.Reference,
			Value: float64(e.Value), CI95: float64(e.CI95), Episodes: int32(e.Episodes),
		})
	}
	return rows
}

// EpisodeRows returns the figures of all episodes, and their return, as rows of
// the table "episodes". day gives the first simulated day of an episode of a
// seed; nil leaves it unknown.
func (c *Comparison) EpisodeRows(day func(seed uint64, episode int) int) []record.Episode {
	var rows []record.Episode
	for _, e := range c.Episodes {
		row := record.Episode{Phase: record.PhaseEvaluate, Policy: e.Policy, Seed: e.Seed, Episode: int32(e.Episode), Day: -1}
		if day != nil {
			row.Day = int32(day(e.Seed, e.Episode))
		}
		row.Figure, row.Unit, row.Value = "return", "1", float64(e.Return)
		rows = append(rows, row)
		for _, f := range e.Figures {
			row.Figure, row.Unit, row.Value = f.Name, f.Unit, f.Value
			rows = append(rows, row)
		}
	}
	return rows
}
