package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"hibernet/results/record"
	"hibernet/results/sweep/temporal"
)

func newWorker(io IO) *cobra.Command {
	var f serverFlags
	var workers int
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Play runs that sweeps hand out through a Temporal server",
		Long: `Play the runs of sweeps that are begun with --engine temporal, one a processor, each in a
process of its own, until it is stopped. It can be started on as many machines as wanted,
before or after the sweep, all with the same program: a worker of another version gets no runs.

Scenarios travel with the runs. Data files and trained policies that they name must be there
under the same path, taken from the folder in which the worker is started, and be the same to
the byte; a run that finds another file fails and says so.

Ctrl-C lets the runs under way end and keeps them; a second one stops at once, and what was
under way is played by another worker.`,
		Example: `  hibernet worker --address temporal.example:7233 --blobs s3://sweeps?region=eu-central-1
  hibernet worker --address localhost:7233 --blobs file:///tmp/sweeps --workers 4`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return work(cmd.Context(), io, f, workers) },
	}
	f.register(cmd)
	cmd.Flags().IntVar(&workers, "workers", 0, "processors to use, one run each; 0 means all. The results do not depend on it")
	return cmd
}

// work plays runs until ctx ends.
func work(ctx context.Context, io IO, f serverFlags, workers int) error {
	slots, err := workerCount(workers)
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	link, store, stop, err := io.connect(ctx, f)
	if err != nil {
		return err
	}
	defer stop()
	context.AfterFunc(ctx, func() { io.say("no further run is begun; those under way are played to their end") })
	fmt.Fprintf(io.Stdout, "worker of %s: task queue %q, %s at a time, version %s\n", f.address, f.queue, count(slots, "run"), link.Version())
	return link.Work(ctx, temporal.Workplace{Store: store, Slots: slots, Start: io.worker, Code: record.ReadBuild(commit).Code()})
}
