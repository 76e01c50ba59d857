package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"hibernet/results/record"
	"hibernet/results/report"
)

func newReport(io IO) *cobra.Command {
	var out string
	var force, asJSON bool
	cmd := &cobra.Command{
		Use:   "report RUN...",
		Short: "Draw the figures of run folders",
		Long: `Draw figures (SVG and PNG) from the tables of one or more run folders: load and power
over the week, energy by power state, the comparison of policies, the training curve, a
map of sites coloured by sleep share; and an index, report.md, with the comparison's table.`,
		Example: `  hibernet report runs/quickstart-threshold
  hibernet report runs/threshold runs/ppo runs/evaluation --out runs/report`,
		Args: atLeastOne("RUN"), ValidArgsFunction: completeFolders(many),
		RunE: func(_ *cobra.Command, args []string) error {
			var folders []*record.Folder
			for _, arg := range args {
				folder, err := io.openRun(arg, record.OpenOptions{})
				if err != nil {
					return err
				}
				folders = append(folders, folder)
			}
			if out == "" {
				out = filepath.Join(args[0], "report")
			}
			if _, err := os.Stat(filepath.Join(io.path(out), report.IndexName)); err == nil && !force {
				return usage(fmt.Errorf("--out: %s holds a report already", out), "--force replaces it")
			}
			r, err := report.Write(folders, io.path(out), report.Options{})
			if err != nil {
				return err
			}
			return io.printReport(r, asJSON)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`FOLDER` to write (default report, inside the first run folder)")
	cmd.Flags().BoolVar(&force, "force", false, "replace a report in that folder")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcome as JSON")
	return cmd
}

func (o IO) printReport(r *report.Report, asJSON bool) error {
	if asJSON {
		return o.json(r)
	}
	for _, w := range r.Warnings {
		o.say("warning: %s", w)
	}
	for _, f := range r.Figures {
		fmt.Fprintf(o.Stdout, "wrote %s and .svg: %s\n", f.PNG, f.Title)
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(o.Stdout, "left out %s: %s\n", s.Figure, s.Reason)
	}
	fmt.Fprintf(o.Stdout, "wrote %s\n", r.Index)
	return nil
}
