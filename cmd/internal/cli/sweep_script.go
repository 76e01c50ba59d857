package cli

import (
	"cmp"
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"hibernet/results/sweep"
)

// scriptFlags are the flags of hibernet sweep script.
type scriptFlags struct {
	kind string
	job  sweep.Job
}

func newSweepScript(io IO) *cobra.Command {
	var f scriptFlags
	cmd := &cobra.Command{
		Use:   "script FILE",
		Short: "Write a job script that plays a sweep in shards on a cluster",
		Long: `Write a job script that plays a sweep in shards: an array job for Slurm, or an Indexed Job
for Kubernetes. Each shard has a folder of its own, goes on where it was when its task is
begun again, and hibernet results merge joins the folders exactly. Paths are those that
the cluster's machines see.`,
		Example: `  hibernet sweep script my-sweep.yaml --kind slurm --shards 16 --cpus 8 > sweep.sbatch
  hibernet sweep script my-sweep.yaml --kind kubernetes --shards 16 --image registry.example/hibernet:1 --claim sweeps > job.yaml`,
		Args: exactly("FILE"),
		RunE: func(_ *cobra.Command, args []string) error { return f.run(io, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.kind, "kind", "slurm", "scheduler: slurm, kubernetes")
	completeFlag(cmd, "kind", "slurm", "kubernetes")
	flags.IntVar(&f.job.Shards, "shards", 8, "number of shards")
	flags.IntVar(&f.job.CPUs, "cpus", 2, "processors of a shard")
	flags.IntVar(&f.job.MemoryMB, "memory-mb", 2048, "memory of a shard, MB")
	flags.IntVar(&f.job.Minutes, "minutes", 240, "wall time of a shard, min")
	flags.StringVar(&f.job.Program, "program", "hibernet", "`PATH` of the program on the cluster")
	flags.StringVar(&f.job.Out, "out", "", "`FOLDER` of the merged sweep; those of the shards stand beside it (default runs/NAME)")
	flags.StringVar(&f.job.Image, "image", "", "kubernetes: container `IMAGE` with the program")
	flags.StringVar(&f.job.Claim, "claim", "", "kubernetes: `NAME` of the persistent volume claim with the sweep file and room for results")
	flags.StringVar(&f.job.Mount, "mount", "/data", "kubernetes: `PATH` at which the claim is mounted, also the working folder")
	return cmd
}

var claimName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$`)

func (f *scriptFlags) run(io IO, arg string) error {
	for _, n := range []struct {
		name        string
		value, most int
	}{{"shards", f.job.Shards, 100_000}, {"cpus", f.job.CPUs, 4096}, {"memory-mb", f.job.MemoryMB, 1 << 24}, {"minutes", f.job.Minutes, 527_040}} {
		if n.value < 1 || n.value > n.most {
			return usage(fmt.Errorf("--%s: must be from 1 to %d, got %d", n.name, n.most, n.value), "")
		}
	}
	spec, err := io.loadSweep(arg)
	if err != nil {
		return err
	}
	if spec.Search.Method != "" {
		return usage(fmt.Errorf("a search cannot be divided into shards: what it tries next depends on what came out"), "")
	}
	f.job.Name, f.job.File, f.job.Out = spec.Name, arg, cmp.Or(f.job.Out, "runs/"+spec.Name)
	switch f.kind {
	case "slurm":
		_, err = io.Stdout.Write(sweep.Slurm(f.job))
		return err
	case "kubernetes":
		if f.job.Image == "" || !claimName.MatchString(f.job.Claim) {
			return usage(fmt.Errorf("--image and --claim: must be given for kubernetes, a claim in lower-case letters, digits, - and ., got %q and %q", f.job.Image, f.job.Claim), "")
		}
		text, err := sweep.Kubernetes(f.job)
		if err != nil {
			return err
		}
		_, err = io.Stdout.Write(text)
		return err
	}
	return usage(fmt.Errorf("--kind: %q is not known, allowed: slurm, kubernetes", f.kind), "")
}
