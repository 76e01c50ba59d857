package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hibernet/results/record"
	"hibernet/results/sweep"
	"hibernet/scenarios/strict"
	"hibernet/scenarios/sweeps"
)

// sweepFlags are the flags of hibernet sweep.
type sweepFlags struct {
	dir     string
	workers int
	shard   string
	dryRun  bool
	probe   bool
	force   bool
	asJSON  bool
	engineFlags
}

func newSweep(io IO) *cobra.Command {
	var f sweepFlags
	cmd := &cobra.Command{
		Use:   "sweep FILE",
		Short: "Play all runs of a sweep: scenarios x policies x seeds, or a search",
		Long: `Play all runs that a sweep file asks for, one a processor, each in a process of its own,
and write one data set: Parquet below data/, partitioned by policy. FILE is a sweep file or
the name of an example: ` + strings.Join(sweeps.Examples(), ", ") + `.

Every finished run is kept at once. Ctrl-C lets the runs under way end; the same command
goes on from there, also after a crash of the program or the machine, and the data set is
the same bytes as if nothing had happened.

With --engine temporal the runs are played by hibernet worker, on as many machines as it is
started on: a Temporal server hands them out, a blob store takes what they come to, and this
command gathers it. The data set is the same bytes again.`,
		Example: `  hibernet sweep inter-site-distance --dry-run
  hibernet sweep inter-site-distance
  hibernet sweep my-sweep.yaml --workers 8 --out /data/my-sweep
  hibernet sweep my-sweep.yaml --shard 3/16
  hibernet sweep my-sweep.yaml --engine temporal --address temporal.example:7233 --blobs s3://sweeps?region=eu-central-1`,
		Args:              exactly("FILE"),
		ValidArgsFunction: cobra.FixedCompletions(sweeps.Examples(), cobra.ShellCompDirectiveDefault),
		RunE:              func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), io, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dir, "out", "", "`FOLDER` of the sweep (default runs/NAME, and for a shard runs/NAME-shard-I-of-N)")
	flags.IntVar(&f.workers, "workers", 0, "processors to use, one run each; 0 means all. The results do not depend on it")
	flags.StringVar(&f.shard, "shard", "1/1", "play only the `I/N`-th part of the runs; hibernet results merge joins the parts")
	flags.BoolVar(&f.dryRun, "dry-run", false, "only list the runs, and estimate time and memory")
	flags.BoolVar(&f.probe, "probe", true, "estimate by playing the beginning of up to four runs; without it a dry run only lists")
	flags.BoolVar(&f.force, "force", false, "begin anew: remove what an earlier command left in the folder")
	flags.BoolVar(&f.asJSON, "json", false, "print the outcome as JSON")
	f.engineFlags.register(cmd, "runs")
	cmd.AddCommand(newSweepScript(io))
	return cmd
}

// sweeping is a sweep that has been read.
type sweeping struct {
	io       IO
	flags    *sweepFlags
	spec     sweeps.Spec
	base     sweeps.Base
	policies []sweeps.Policy
	columns  []sweeps.Column
	shard    sweep.Shard
	slots    int
	runs     []sweeps.Run // of the shard; none of a search, which finds them
	all      int          // runs of the whole sweep
	digest   string
}

// loadSweep reads the sweep that an argument names: a file, or an example.
func (o IO) loadSweep(arg string) (sweeps.Spec, error) {
	text, err := os.ReadFile(o.path(arg))
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = sweeps.Example(arg); err != nil {
			err = fmt.Errorf("sweep %q is neither a file nor an example: %s", arg, strings.Join(sweeps.Examples(), ", "))
		}
	}
	if err != nil {
		return sweeps.Spec{}, input(err, "hibernet sweep --help shows how to begin")
	}
	spec, err := sweeps.Load(arg, text)
	return spec, input(manyFaults("sweep", arg, err), "results/sweep/README.md describes every key")
}

// manyFaults puts a line with their number before the faults of a file.
func manyFaults(what, name string, err error) error {
	var faults strict.Faults
	if errors.As(err, &faults) {
		return fmt.Errorf("%s %s has %s:\n%w", what, name, count(len(faults), "fault"), faults)
	}
	return err
}

// read reads the sweep and expands it.
func (f *sweepFlags) read(io IO, arg string) (*sweeping, error) {
	s := &sweeping{io: io, flags: f}
	var err error
	if s.shard, err = sweep.ParseShard(f.shard); err != nil {
		return nil, usage(fmt.Errorf("--shard: %w", err), "")
	}
	if s.slots, err = workerCount(f.workers); err != nil {
		return nil, err
	}
	if err := f.checkEngine(); err != nil {
		return nil, err
	}
	if s.spec, err = io.loadSweep(arg); err != nil {
		return nil, err
	}
	if s.spec.Search.Method != "" && s.shard != sweep.Whole {
		return nil, usage(errors.New("--shard: a search cannot be divided: what it tries next depends on what came out"), "")
	}
	text, err := io.scenarioText(s.spec.Scenario)
	if err != nil {
		return nil, err
	}
	s.base = sweeps.Base{Name: s.spec.Scenario, Text: text, Inputs: io.onceInputs()}
	for _, p := range s.spec.Policies {
		policy, err := io.sweepPolicy(p)
		if err != nil {
			return nil, err
		}
		s.policies = append(s.policies, policy)
	}
	s.columns = s.spec.Columns()
	f.dir = cmp.Or(f.dir, s.usualDir())
	return s, s.expand()
}

// usualDir is the sweep's folder unless --out names another.
func (s *sweeping) usualDir() string {
	dir := "runs/" + s.spec.Name
	if s.shard != sweep.Whole {
		dir += fmt.Sprintf("-shard-%d-of-%d", s.shard.Index, s.shard.Of)
	}
	return dir
}

// expand lists the runs of the shard; of a search it checks the settings at
// both ends of the space.
func (s *sweeping) expand() error {
	const hint = "results/sweep/README.md describes sweep files"
	if s.spec.Search.Method == "" {
		runs, err := s.spec.Expand(s.base, s.policies)
		if err != nil {
			return input(manyFaults("sweep", s.spec.Name, err), hint)
		}
		s.all, s.digest, s.runs = len(runs), sweeps.Digest(runs), s.shard.Take(runs)
		return nil
	}
	ends := make([]sweeps.Point, 2)
	for _, p := range s.spec.Search.Space {
		ends[0], ends[1] = append(ends[0], p.Value(0)), append(ends[1], p.Value(1))
	}
	days := s.spec.Days
	if s.spec.Search.Method == sweeps.MethodHalving {
		days = s.spec.Search.Rungs(days)[0]
	}
	if _, err := s.spec.Runs(s.base, s.policies, ends, days); err != nil {
		return input(manyFaults("sweep", s.spec.Name, err), hint)
	}
	text, err := s.spec.Show()
	for _, p := range s.policies {
		text = append(text, p.SHA256...)
	}
	s.digest = sweeps.PolicyDigest(append(text, s.base.Text...))
	return err
}

func (f *sweepFlags) run(ctx context.Context, io IO, arg string) error {
	s, err := f.read(io, arg)
	if err != nil {
		return err
	}
	if f.dryRun {
		return s.dryRun(ctx)
	}
	engine, stop, err := s.engine(ctx)
	if err != nil {
		return err
	}
	defer stop()
	dir := io.path(f.dir)
	unlock, err := io.lockSweep(dir)
	if err != nil {
		return err
	}
	defer unlock()
	if f.force {
		if err := sweep.Clear(dir); err != nil {
			return usage(fmt.Errorf("--force: %w", err), "")
		}
	}
	was, errWas := sweep.ReadHeader(dir)
	folder, err := sweep.Begin(dir, s.header(), s.runs)
	if err != nil {
		return err
	}
	if errWas == nil {
		s.compare(was, folder.Header)
	}
	if limit := s.spec.Budget.Hours; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, time.Duration(limit*float64(time.Hour)), sweep.ErrBudget)
		defer cancel()
	}
	return s.play(ctx, folder, engine)
}

// lockSweep keeps other commands from a sweep's folder until the function that
// it returns is called.
func (o IO) lockSweep(dir string) (unlock func(), err error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("this machine's name: %w", err)
	}
	holder := fmt.Sprintf("process %d on %s since %s: hibernet %s", os.Getpid(), host, o.Now().UTC().Format(time.RFC3339), strings.Join(o.Args, " "))
	release, err := sweep.Lock(dir, holder)
	switch {
	case errors.Is(err, sweep.ErrForeign):
		return nil, usage(fmt.Errorf("--out: %w", err), "--out names another folder")
	case errors.Is(err, sweep.ErrLocked):
		return nil, usage(fmt.Errorf("--out: %w", err), "wait for it, or name another folder")
	case err != nil:
		return nil, err
	}
	return func() {
		if err := release(); err != nil {
			o.say("warning: %v", err)
		}
	}, nil
}

// header is the header of the sweep's folder as it begins.
func (s *sweeping) header() sweep.Header {
	h := sweep.Header{
		Name: s.spec.Name, SweepSHA256: s.digest, Shard: s.shard, Runs: s.all, Scenario: string(s.base.Text),
		Command: append([]string{"hibernet"}, s.io.Args...), Build: record.ReadBuild(commit), Started: s.io.Now().UTC(),
	}
	if text, err := s.spec.Show(); err == nil { // it was written for the digest, or is for people
		h.Sweep = string(text)
	}
	for _, p := range s.policies {
		h.Policies = append(h.Policies, p.Name)
	}
	h.Columns = s.columns
	return h
}

// compare says how a folder that is gone on with differs from this sweep.
func (s *sweeping) compare(was, is sweep.Header) {
	if was.SweepSHA256 != is.SweepSHA256 {
		s.io.say("note: the folder holds another sweep or an earlier form of this one; runs that are the same are not played again")
	}
	if other := was.Build.Differences(is.Build); len(other) > 0 {
		s.io.say("warning: finished runs are those of another program (%s); --force plays all anew", strings.Join(other, "; "))
	}
}
