package cli

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hibernet/scenarios"
	"hibernet/scenarios/capacity"
)

// benchFlags are the flags of hibernet bench.
type benchFlags struct {
	sets    []string
	cells   int
	steps   int
	days    float64
	workers int
	asJSON  bool
	sizes   []int
	out     string

	ignoreMemory bool
}

func newBench(io IO) *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench [SCENARIO]",
		Short: "Measure how large a network this machine simulates, and how fast",
		Long: `Measure what a run is made of on this machine: the kernel of the load coupling, beside
the machine's copy bandwidth and the same work in NumPy (python3-numpy, if it is there);
whole control steps of the preset national, scaled to --cells, under the threshold rule;
their memory; how the time for a cell grows over a network of 50,000; inference of a
policy; and PPO end to end. Nothing is judged: the column goal is what the project is
after on two processors, and a machine with other work is slower.

With a scenario, it also tells how much memory and time a run of that scenario will take.
With --sizes it only plays networks of these sizes, and tells how the cost grows.`,
		Example: `  hibernet bench
  hibernet bench --cells 100000 --json
  hibernet bench my.yaml --cells 50000 --days 7
  hibernet bench --sizes 5000,50000,500000 --steps 24 --out runs/growth`,
		Args: atMostOne("SCENARIO"), ValidArgsFunction: completeScenarios(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), io, args) },
	}
	fs := cmd.Flags()
	fs.IntVar(&f.cells, "cells", 1_500_000, "cells of the network that is simulated, about")
	fs.IntVar(&f.steps, "steps", 96, "control intervals of 15 minutes that are timed, from Monday 00:15")
	fs.Float64Var(&f.days, "days", 7, "length of the run of SCENARIO that is estimated, in days")
	fs.StringArrayVar(&f.sets, "set", nil, aboutSet)
	fs.IntVar(&f.workers, "workers", 0, "processors to use; 0 means all")
	fs.IntSliceVar(&f.sizes, "sizes", nil, "play networks of these numbers of cells, and nothing else")
	fs.StringVar(&f.out, "out", "", "with --sizes, `FOLDER` for growth.json and figures")
	fs.BoolVar(&f.ignoreMemory, "ignore-memory", false, "begin even if the network seems too large for the memory that is free")
	fs.BoolVar(&f.asJSON, "json", false, "print the measurements as one JSON object")
	return cmd
}

// Bounds of the flags of hibernet bench.
const (
	leastBenchCells = 1000
	mostBenchCells  = 30_000_000
	mostBenchDays   = 366
	growthCells     = 50_000 // what the growth is measured over
)

// measured is what hibernet bench finds. A figure that could not be measured
// is null, and Missing says why.
type measured struct {
	CouplingCellIterationsPerS *float64           `json:"coupling_cell_iterations_per_s"`
	NumpyRatio                 *float64           `json:"numpy_ratio"`
	CopyBandwidthFraction      *float64           `json:"copy_bandwidth_fraction"`
	CellStepsPerS              *float64           `json:"cell_steps_per_s"`
	PeakRSSBytes               *int64             `json:"peak_rss_bytes"`
	GrowthRatio                *float64           `json:"growth_ratio"`
	InferenceDecisionsPerS     *float64           `json:"inference_decisions_per_s"`
	AgentStepsPerS             *float64           `json:"agent_steps_per_s"`
	AgentStepsShare            *capacity.Shares   `json:"agent_steps_share"`
	Cells                      int                `json:"cells"`
	Workers                    int                `json:"workers"`
	CPU                        *string            `json:"cpu"`
	CopyBandwidthBytesPerS     *float64           `json:"copy_bandwidth_bytes_per_s"`
	NumpyCellIterationsPerS    *float64           `json:"numpy_cell_iterations_per_s"`
	BuildS                     *float64           `json:"build_s"`
	TopologyS                  *float64           `json:"topology_s"`
	AllocsPerStep              *float64           `json:"allocs_per_step"`
	ProcessorsBusy             *float64           `json:"processors_busy"`
	PassesPerStep              *float64           `json:"coupling_passes_per_step"`
	SweepsPerStep              *float64           `json:"coupling_sweeps_per_step"`
	Go                         string             `json:"go"`
	Forecast                   *capacity.Forecast `json:"forecast,omitempty"`
	Missing                    map[string]string  `json:"missing,omitempty"`
}

func (f *benchFlags) run(ctx context.Context, io IO, args []string) error {
	if err := f.check(); err != nil {
		return err
	}
	workers, err := workerCount(f.workers)
	if err != nil {
		return err
	}
	if len(f.sizes) > 0 {
		if len(args) > 0 {
			return usage(errors.New("--sizes: not with a SCENARIO"), "")
		}
		return f.ofSizes(ctx, io, workers)
	}
	if f.out != "" {
		return usage(errors.New("--out: only with --sizes"), "")
	}
	var wanted *scenarios.Scenario
	if len(args) > 0 {
		sc, err := io.loadScenario(args[0], f.sets)
		if err != nil {
			return err
		}
		wanted = &sc
	} else if len(f.sets) > 0 {
		return usage(errors.New("--set: needs a SCENARIO to change"), "")
	}
	large, err := capacity.Scaled(f.cells)
	if err != nil {
		return input(err, "")
	}
	if err := f.fits(io, large); err != nil {
		return err
	}
	b := bench{
		io: io, ctx: ctx, machine: capacity.Machine{Workers: workers, Clock: io.clock()}, bar: io.progress("bench", benchParts*100),
		out: measured{Cells: large.Topology.Size(0).Cells, Workers: workers, Go: runtime.Version(), Missing: map[string]string{}},
	}
	err = b.all(large, f.steps)
	b.bar.close()
	if err != nil {
		return err
	}
	if wanted != nil {
		if err := b.forecast(*wanted, f.days); err != nil {
			return err
		}
	}
	if f.asJSON {
		return io.json(b.out)
	}
	return b.out.print(io)
}

// check returns an error when a number is out of bounds.
func (f *benchFlags) check() error {
	between := func(flag string, got, least, most int) error {
		if got < least || got > most {
			return usage(fmt.Errorf("%s: must be %d to %d, got %d", flag, least, most, got), "")
		}
		return nil
	}
	errs := []error{between("--cells", f.cells, leastBenchCells, mostBenchCells), between("--steps", f.steps, 1, mostBenchDays*96)}
	for _, cells := range f.sizes {
		errs = append(errs, between("--sizes", cells, leastBenchCells, mostBenchCells))
	}
	if !(f.days > 0 && f.days <= mostBenchDays) {
		errs = append(errs, usage(fmt.Errorf("--days: must be above 0 and at most %d, got %g", mostBenchDays, f.days), ""))
	}
	return cmp.Or(errs...)
}

// fits refuses what does not fit into the memory, unless that is to be ignored.
func (f *benchFlags) fits(io IO, sc scenarios.Scenario) error {
	if f.ignoreMemory {
		return nil
	}
	return io.fits(sc, 0, 1)
}

// clock returns a running time.
func (o IO) clock() func() time.Duration {
	from := o.Now()
	return func() time.Duration { return o.Now().Sub(from) }
}

// bench is a measurement under way.
type bench struct {
	io      IO
	ctx     context.Context
	machine capacity.Machine
	bar     *progress
	part    int
	out     measured
	played  capacity.Played
}

// benchParts is the number of parts that bench.all has, about equal in time.
const benchParts = 10

// begin tells what is being measured.
func (b *bench) begin(what string, parts int) func(text string, share float64) {
	from := b.part
	b.part += parts
	last, note := "", what
	tell := func(text string, share float64) {
		if text != last { // a step is told of without allocating anything
			last, note = text, what+", "+text
		}
		b.bar.set(100*from+int(share*float64(100*parts)), note)
	}
	tell("", 0)
	return tell
}

// all measures everything, the small things first, as they want a quiet memory.
func (b *bench) all(large scenarios.Scenario, steps int) error {
	if name := processorName(); name != "" {
		b.out.CPU = &name
	} else {
		b.out.Missing["cpu"] = "the processor's name is known on Linux only"
	}
	if err := b.kernel(); err != nil {
		return err
	}
	b.begin("inference", 1)
	decisions, err := b.machine.Inference(b.ctx)
	if err != nil {
		return err
	}
	b.out.InferenceDecisionsPerS = &decisions
	b.begin("PPO", 1)
	learned, err := b.machine.Learn(b.ctx)
	if err != nil {
		return err
	}
	b.out.AgentStepsPerS, b.out.AgentStepsShare = &learned.StepsPerS, &learned.Shares
	return b.networks(large, steps)
}

// kernel measures the load coupling beside what bounds it.
func (b *bench) kernel() error {
	b.begin("copy bandwidth", 1)
	bandwidth, err := b.machine.Copy(b.ctx)
	if err != nil {
		return err
	}
	b.begin("load coupling", 1)
	kernel, err := b.machine.Coupling(b.ctx)
	if err != nil {
		return err
	}
	fraction := kernel.BytesPerS / bandwidth
	b.out.CopyBandwidthBytesPerS, b.out.CouplingCellIterationsPerS, b.out.CopyBandwidthFraction = &bandwidth, &kernel.CellIterationsPerS, &fraction
	debug.FreeOSMemory()
	b.begin("load coupling in NumPy", 1)
	numpy, err := numpyCoupling(b.ctx)
	if b.ctx.Err() != nil {
		return b.ctx.Err()
	}
	if err != nil {
		b.out.Missing["numpy_ratio"] = err.Error()
		return nil
	}
	ratio := kernel.CellIterationsPerS / numpy
	b.out.NumpyCellIterationsPerS, b.out.NumpyRatio = &numpy, &ratio
	return nil
}

//go:embed numpy_coupling.py
var numpyScript string

// pythons are the interpreters that may have NumPy: the user's, and the
// distribution's, which its packages are for.
var pythons = []string{"python3", "/usr/bin/python3"}

// numpyCoupling returns the cell-iterations a second of the same work in NumPy.
func numpyCoupling(ctx context.Context) (float64, error) {
	failed := errors.New("python3 is not installed")
	for _, name := range pythons {
		python, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		speed, err := runNumpy(ctx, python)
		if err == nil {
			return speed, nil
		}
		failed = err
	}
	return 0, failed
}

func runNumpy(ctx context.Context, python string) (float64, error) {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, python, "-", strconv.Itoa(capacity.CouplingCells), strconv.Itoa(capacity.CouplingCandidates), strconv.Itoa(capacity.CouplingBins))
	cmd.Stdin, cmd.Stderr = strings.NewReader(numpyScript), &said
	printed, err := cmd.Output()
	if strings.Contains(said.String(), "No module named 'numpy'") {
		return 0, errors.New("NumPy is not installed (Debian: python3-numpy)")
	}
	if err != nil {
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		return 0, fmt.Errorf("numpy_coupling.py: %w: %s", err, lines[len(lines)-1])
	}
	return strconv.ParseFloat(strings.TrimSpace(string(printed)), 64)
}

// networks measures whole control steps, of a small network and of a large one.
func (b *bench) networks(large scenarios.Scenario, steps int) error {
	var small capacity.Played
	cells := large.Topology.Size(0).Cells
	if cells > growthCells {
		sc, err := capacity.Scaled(growthCells)
		if err != nil {
			return err
		}
		if small, err = b.machine.Play(b.ctx, sc, steps, b.begin(fmt.Sprintf("%d cells", growthCells), 1)); err != nil {
			return err
		}
	} else {
		b.part++
		b.out.Missing["growth_ratio"] = fmt.Sprintf("it is over a network of %d cells: --cells must be above that", growthCells)
	}
	saveMemory(cells)
	debug.FreeOSMemory()
	peakKnown := forgetPeak() == nil
	spent, timeKnown := processorTime()
	from := b.machine.Clock()
	var err error
	if b.played, err = b.machine.Play(b.ctx, large, steps, b.begin(fmt.Sprintf("%d cells", cells), benchParts-b.part)); err != nil {
		return err
	}
	p := &b.played
	b.out.Cells = p.Cells
	speed := p.CellStepsPerS()
	b.out.CellStepsPerS, b.out.BuildS, b.out.TopologyS, b.out.AllocsPerStep = &speed, &p.BuildS, &p.TopologyS, &p.AllocsPerStep
	b.out.PassesPerStep, b.out.SweepsPerStep = &p.Iterations, &p.Sweeps
	if cells > growthCells {
		growth := small.CellStepsPerS() / speed
		b.out.GrowthRatio = &growth
	}
	if peak := peakMemory(); peakKnown && peak > 0 {
		b.out.PeakRSSBytes = &peak
	} else {
		b.out.Missing["peak_rss_bytes"] = "the kernel does not tell it here"
	}
	if now, ok := processorTime(); ok && timeKnown {
		busy := (now - spent).Seconds() / (b.machine.Clock() - from).Seconds() / float64(b.machine.Workers)
		b.out.ProcessorsBusy = &busy
	} else {
		b.out.Missing["processors_busy"] = "processor time is known on Linux only"
	}
	return nil
}

// forecast tells what a run of a scenario will take.
func (b *bench) forecast(sc scenarios.Scenario, days float64) error {
	sites, err := b.io.importedSites(sc)
	if err != nil {
		return err
	}
	forecast := b.played.Forecast(sc, sc.Topology.Size(sites), days)
	b.out.Forecast = &forecast
	return nil
}
