package cli

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hibernet/results/evaluate"
	"hibernet/results/query"
	"hibernet/results/sweep/analysis"
)

func newQuery(io IO) *cobra.Command {
	var format string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "query FOLDER... [SQL]",
		Short: "Answer SQL over the tables of sweeps and runs",
		Long: `Answer a question in SQL over the tables of a folder: of a sweep (runs, timings), a run, a
training or an evaluation (episodes, summary, steps, cells, ...). Without SQL the tables
and their columns are listed. With several folders, rows of tables of the same name stand
one after the other, and their column folder tells them apart.

The SQL is SQLite's, with median(x), percentile(x, p), stddev_samp(x), corr(x, y) and
regressions. Figures that are not defined are NULL. Only statements that change nothing are
allowed, and the folders are never written.`,
		Example: `  hibernet results query runs/inter-site-distance
  hibernet results query runs/inter-site-distance "select policy, median(energy_kwh) from runs group by policy"
  hibernet results query runs/quickstart-threshold "select time_s, energy_j from steps order by energy_j desc limit 5" --format csv`,
		Args: atLeastOne("FOLDER"), ValidArgsFunction: completeFolders(many),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !contain(analysis.Formats(), format) {
				return usage(fmt.Errorf("--format: %q is not known, allowed: %s", format, strings.Join(analysis.Formats(), ", ")), "")
			}
			folders, text := args, ""
			if last := args[len(args)-1]; strings.ContainsAny(last, " \t\n") {
				folders, text = args[:len(args)-1], last
			}
			tables, err := io.tables(folders)
			if err != nil {
				return err
			}
			if text == "" {
				return io.describe(tables, asJSON)
			}
			db, err := query.Open(cmd.Context(), tables, text)
			if err != nil {
				return input(err, "")
			}
			defer db.Close() //nolint:errcheck // nothing is kept
			r, err := db.Query(text)
			if cmd.Context().Err() != nil {
				return cmd.Context().Err()
			} else if err != nil {
				return usage(err, "hibernet results query FOLDER lists the tables and their columns")
			}
			if asJSON {
				return io.json(objects(r))
			}
			return tableOf(r).Write(io.Stdout, format)
		},
	}
	cmd.Flags().StringVar(&format, "format", analysis.FormatText, "format: "+strings.Join(analysis.Formats(), ", "))
	completeFlag(cmd, "format", analysis.Formats()...)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the rows, or the tables, as JSON")
	return cmd
}

// tables finds the tables of the folders together.
func (o IO) tables(folders []string) ([]query.Table, error) {
	if len(folders) == 0 {
		return nil, usage(errors.New("FOLDER is missing: name that of a sweep or a run before the SQL"), "")
	}
	found := make([][]query.Table, len(folders))
	for i, dir := range folders {
		var err error
		if found[i], err = query.Tables(o.path(dir)); err != nil {
			return nil, input(err, "hibernet run, train, evaluate and sweep make such folders")
		}
	}
	if len(folders) == 1 {
		return found[0], nil
	}
	all, err := query.Union(folders, found)
	if err != nil {
		return nil, input(err, "ask about each of the folders by itself")
	}
	return all, nil
}

// describe lists tables and their columns.
func (o IO) describe(tables []query.Table, asJSON bool) error {
	if asJSON {
		list := map[string]any{}
		for _, t := range tables {
			list[t.Name] = t.Columns
		}
		return o.json(list)
	}
	tw := tabwriter.NewWriter(o.Stdout, 0, 0, 2, ' ', 0)
	for i, t := range tables {
		if i > 0 {
			fmt.Fprintln(tw)
		}
		fmt.Fprintln(tw, t.Name)
		for _, c := range t.Columns {
			fmt.Fprintf(tw, "  %s\t%s\t%s\n", c.Name, c.Unit, c.Doc)
		}
	}
	return tw.Flush()
}

// tableOf sets out the rows of a query.
func tableOf(r *query.Result) *analysis.Table {
	t := &analysis.Table{Head: r.Columns, Units: make([]string, len(r.Columns)), Single: r.Columns}
	for _, values := range r.Rows {
		row := make([]analysis.Cell, len(values))
		for c, v := range values {
			switch v := v.(type) {
			case string:
				row[c].Text = v
			case int64: // in full: it may be a seed or a time
				row[c].Text = strconv.FormatInt(v, 10)
			case float64:
				row[c].Number = &analysis.Estimate{Mean: v, CI95: math.NaN()}
			default:
				row[c].Number = &analysis.Estimate{Mean: math.NaN(), CI95: math.NaN()}
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// objects returns the rows of a query as JSON has them.
func objects(r *query.Result) []map[string]any {
	list := make([]map[string]any, len(r.Rows))
	for i, values := range r.Rows {
		list[i] = map[string]any{}
		for c, v := range values {
			if x, ok := v.(float64); ok {
				v = evaluate.Number(x)
			}
			list[i][r.Columns[c]] = v
		}
	}
	return list
}
