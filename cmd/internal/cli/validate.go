package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hibernet/results/record"
	"hibernet/scenarios/published"
	"hibernet/sim/validation"
	"hibernet/traffic/fit"
)

// allChecks are the checks of the program, from single formulas to whole
// scenarios and measured data.
func allChecks() []validation.Check {
	return slices.Concat(validation.Checks(), fit.Checks(), published.Checks())
}

// validateFlags are the flags of hibernet validate.
type validateFlags struct {
	output
	data    string
	checks  []string
	fast    bool
	sources bool
	list    bool
	workers int
}

func newValidate(io IO) *cobra.Command {
	var f validateFlags
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check the simulator against formulas, standards, publications and measurements",
		Long: `Compute figures of the simulator whose values are known without it, and print each beside
what it must be: formulas worked by hand, 3GPP's models, independent computations,
published results and, with --data, measurements. A row passes if it is within the bounds
that its check allows; known deviations are rows of their own, which fail if a deviation
closes or grows. Exit code 5 says that a row failed.

The rows go to standard output and, with their sources, to a run folder: a table in
Parquet, and a page with plots, validation.html.`,
		Example: `  hibernet validate
  hibernet validate --data data --out runs/validation --force
  hibernet validate --check power --sources
  hibernet validate --list`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), io) },
	}
	f.output.register(cmd, "runs/validation")
	cmd.Flags().StringVar(&f.data, "data", "", "`FOLDER` with measured data sets; checks whose files are not in it are left out")
	cmd.Flags().StringArrayVar(&f.checks, "check", nil, "play this `CHECK` only; may be repeated (default all)")
	cmd.Flags().BoolVar(&f.fast, "fast", false, "leave out the checks that take more than a second or two")
	cmd.Flags().BoolVar(&f.sources, "sources", false, "print where the expected values come from")
	cmd.Flags().BoolVar(&f.list, "list", false, "list the checks and what they compare, and play none")
	cmd.Flags().IntVar(&f.workers, "workers", 0, "processors to use; 0 means all. The results do not depend on it")
	mustComplete(cmd, "check", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return checkNames(io.checks()), cobra.ShellCompDirectiveNoFileComp
	})
	mustComplete(cmd, "data", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
	return cmd
}

// checks returns the checks that can be played.
func (o IO) checks() []validation.Check {
	if o.Checks != nil {
		return o.Checks
	}
	return allChecks()
}

func checkNames(checks []validation.Check) []string {
	names := make([]string, len(checks))
	for i, c := range checks {
		names[i] = c.Name
	}
	return names
}

func (f *validateFlags) run(ctx context.Context, io IO) error {
	checks, err := f.chosen(io.checks())
	if err != nil {
		return err
	}
	if f.list {
		return io.printChecks(checks, f.asJSON)
	}
	vctx := validation.Context{Context: ctx, Fast: f.fast}
	if vctx.Workers, err = workerCount(f.workers); err != nil {
		return err
	}
	if f.data != "" {
		dir := io.path(f.data)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return usage(fmt.Errorf("--data: %s is not a folder", f.data), "")
		}
		vctx.Data = os.DirFS(dir)
	}
	if err := f.settle(io, "runs/validation"); err != nil {
		return err
	}
	run, err := f.begin(io, record.Info{Kind: record.KindValidate, Workers: vctx.Workers})
	if err != nil {
		return err
	}
	table, stopped := f.play(vctx, io, checks)
	return f.finish(io, run, table, len(checks), stopped)
}

// chosen returns the checks that were asked for, in the order of the list.
func (f *validateFlags) chosen(all []validation.Check) ([]validation.Check, error) {
	if len(f.checks) == 0 {
		return all, nil
	}
	for _, name := range f.checks {
		if !slices.Contains(checkNames(all), name) {
			return nil, usage(fmt.Errorf("--check: %q is not known, allowed %s", name, strings.Join(checkNames(all), ", ")), "hibernet validate --list says what each compares")
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(c validation.Check) bool { return !slices.Contains(f.checks, c.Name) }), nil
}

// progressSteps is the number of steps of the progress line that a check is
// worth.
const progressSteps = 1000

// play plays the checks and prints each as soon as it is done. What was done
// is returned also with an error.
func (f *validateFlags) play(ctx validation.Context, io IO, checks []validation.Check) (*validation.Table, error) {
	bar := io.progress("validate", progressSteps*len(checks))
	defer bar.close()
	done := 0
	tell := func(share float64) {
		if done < len(checks) {
			bar.set(progressSteps*done+int(share*progressSteps), checks[done].Name)
		}
	}
	ctx.Progress = tell
	return validation.Run(ctx, checks, func(o validation.Outcome) {
		done++
		if !f.asJSON {
			bar.close()
			io.printOutcome(o, f.sources)
		}
		tell(0)
	})
}

// finish writes what was found, and says how it is: an error of the run, or
// rows that fail, is the command's. A run that was stopped leaves its rows and
// its page, but no manifest, so that nobody takes it for whole.
func (f *validateFlags) finish(io IO, run *record.Run, table *validation.Table, checks int, stopped error) error {
	page := validationPage(io, table, checks)
	if err := writeValidation(run, table, page); err != nil {
		return err
	}
	run.Note("rows", fmt.Sprintf("%d pass, %d fail", table.Passed, table.Failed))
	run.Note("checks", fmt.Sprintf("%d, of which %d left out", len(table.Checks), table.Skipped))
	if f.data != "" {
		run.Note("data", f.data)
	}
	var manifest *record.Manifest
	if stopped == nil {
		var err error
		if manifest, err = run.Finish(io.Now().UTC()); err != nil {
			return err
		}
	}
	if f.asJSON {
		if err := io.json(outcomeOf(f.dir, table, stopped == nil)); err != nil {
			return err
		}
	} else {
		io.printSummary(table, checks, f.data == "")
		if manifest != nil {
			f.wrote(io, manifest)
		} else {
			fmt.Fprintf(io.Stdout, "\nwrote %s: %s.parquet, %s\n", f.dir, record.TableValidation, pageName)
		}
	}
	switch {
	case stopped != nil:
		return stopped
	case table.Failed > 0:
		return mark(ExitValidation, fmt.Errorf("validate: %s", count(table.Failed, "row")+" failed"), "")
	case !table.OK():
		return mark(ExitValidation, fmt.Errorf("validate: nothing was compared: every check was left out"), "")
	}
	return nil
}
