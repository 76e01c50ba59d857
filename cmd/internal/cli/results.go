package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hibernet/results/record"
	"hibernet/results/sweep"
)

func newResults(io IO) *cobra.Command {
	return group("results", "Set out, compare and join the results of sweeps",
		`Set out, compare and join the results of sweeps. The data set below data/ of a sweep's
folder is Parquet, partitioned by policy: DuckDB, pandas and Spark read it as it is.`,
		"  hibernet results table runs/inter-site-distance\n  hibernet results merge runs/my-sweep-shard-*-of-16 --out runs/my-sweep",
		newTable(io), newCompare(io), newPareto(io), newEffects(io), newQuery(io), newMerge(io),
	)
}

func newMerge(io IO) *cobra.Command {
	var out string
	var force, asJSON bool
	cmd := &cobra.Command{
		Use:   "merge SHARD...",
		Short: "Join the folders of a sweep's shards to that of the whole sweep",
		Long: `Join the folders of all shards of a sweep. The data set is the same bytes as that of the
sweep played in one piece. Shards that are missing, unfinished or of another sweep are
faults.`,
		Example: "  hibernet results merge runs/my-sweep-shard-1-of-2 runs/my-sweep-shard-2-of-2 --out runs/my-sweep",
		Args:    atLeastOne("SHARD"), ValidArgsFunction: completeFolders(many),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return usage(errors.New("--out is missing: name the folder of the whole sweep"), "")
			}
			if force {
				if err := sweep.Clear(io.path(out)); err != nil {
					return usage(fmt.Errorf("--force: %w", err), "")
				}
			} else if _, err := sweep.ReadHeader(io.path(out)); err == nil {
				return usage(fmt.Errorf("--out: %s holds a sweep", out), "--force replaces it, --out names another folder")
			}
			dirs := make([]string, len(args))
			for i, a := range args {
				dirs[i] = io.path(a)
			}
			f, err := sweep.Merge(io.path(out), dirs, sweep.Header{
				Command: append([]string{"hibernet"}, io.Args...), Build: record.ReadBuild(commit), Started: io.Now().UTC(),
			})
			if errors.Is(err, sweep.ErrForeign) {
				return usage(fmt.Errorf("--out: %w", err), "--out names another folder")
			} else if err != nil {
				return input(err, "hibernet sweep FILE --shard I/N plays and finishes a shard")
			}
			if asJSON {
				return io.json(sweepOutcome{out, f.Header.Name, f.Header.SweepSHA256, f.Header.Shard.String(), f.Header.Runs, f.Header.Finished, f.Header.Failed, f.Header.Complete, nil})
			}
			fmt.Fprintf(io.Stdout, "%s: %d of %s finished, from %s\n\nwrote %s: %s, %s, %s\n", f.Header.Name, f.Header.Finished,
				count(f.Header.Runs, "run"), count(len(args), "shard"), out, sweep.DataDir, sweep.TimingsName, sweep.HeaderName)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`FOLDER` of the whole sweep (must be given)")
	cmd.Flags().BoolVar(&force, "force", false, "replace a sweep in that folder")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcome as JSON")
	return cmd
}
