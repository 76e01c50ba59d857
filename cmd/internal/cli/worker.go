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
		Short: "Play what sweeps and trainings hand out through a Temporal server",
		Long: `Play the runs of sweeps and the shards of trainings that are begun with --engine temporal,
one a processor, until it is stopped. A run has a process of its own; shards of a training are
played in networks that are kept between iterations. Workers can be started on as many
machines as wanted, before or after the sweep or the training, all with the same program: a
worker of another version gets nothing to do.

Scenarios travel with the work. Data files and trained policies that they name must be there
under the same path, taken from the folder in which the worker is started, and be the same to
the byte; what finds another file fails and says so.

Ctrl-C lets what is under way end and keeps it; a second one stops at once, and what was
under way is played by another worker.`,
		Example: `  hibernet worker --address temporal.example:7233 --blobs s3://sweeps?region=eu-central-1
  hibernet worker --address localhost:7233 --blobs file:///tmp/sweeps --workers 4`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return work(cmd.Context(), io, f, workers) },
	}
	f.register(cmd)
	cmd.Flags().IntVar(&workers, "workers", 0, "processors to use, one run or shard each; 0 means all. The results do not depend on it")
	return cmd
}

// work plays runs and shards until ctx ends.
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
	context.AfterFunc(ctx, func() { io.say("nothing further is begun; what is under way is played to its end") })
	fmt.Fprintf(io.Stdout, "worker of %s: task queue %q, %s at a time, version %s\n", f.address, f.queue, count(slots, "run"), link.Version())
	shards := shardPlayers{io: io, slots: slots}
	return link.Work(ctx, temporal.Workplace{
		Store: store, Slots: slots, Start: io.worker, Shard: shards.play, Code: record.ReadBuild(commit).Code(),
	})
}
