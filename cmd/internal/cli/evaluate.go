package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hibernet/agents"
	"hibernet/agents/baseline"
	"hibernet/agents/oracle"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/results/evaluate"
	"hibernet/results/record"
	"hibernet/scenarios"
)

// evaluateFlags are the flags of hibernet evaluate.
type evaluateFlags struct {
	setup
	output
	policies  []string
	grouped   map[string]bool // those of policies that are one of several trainings
	reference string
	seeds     int
	record    bool
	oracle    bool
}

func newEvaluate(io IO) *cobra.Command {
	var f evaluateFlags
	cmd := &cobra.Command{
		Use:   "evaluate SCENARIO",
		Short: "Compare policies on the days that nobody was trained on",
		Long: `Compare policies on a scenario's evaluation days, which no policy was trained on. Every
policy meets the same seeds and the same traffic. The table shows energy, saving against
always-on, 5th-percentile user throughput, dropped traffic, outage and switches, with
95 % intervals of the paired differences. Below it stand the scenario's guards that are
broken and, with --oracle, the share of the gap between --reference and the least energy
possible that each policy closes. For a network of one site with noise that is one chain
(scenario hamlet) it also shows the optimum with all traffic known and that of policies
that see the past only.`,
		Example: `  hibernet evaluate quickstart --policy always-on --policy threshold --policy runs/ppo
  hibernet evaluate quickstart --policy always-on --policy schedule --seeds 10 --json
  hibernet evaluate tiny --oracle`,
		Args: exactly("SCENARIO"), ValidArgsFunction: completeScenarios(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, io, args[0]) },
	}
	f.setup.register(cmd)
	f.output.register(cmd, "runs/SCENARIO-evaluation")
	cmd.Flags().StringArrayVar(&f.policies, "policy", nil, aboutPolicy+"; may be repeated (default the rules)")
	completePolicies(cmd, "policy")
	cmd.Flags().StringVar(&f.reference, "reference", "threshold", "`POLICY` that the others are compared with, beside always-on")
	cmd.Flags().IntVar(&f.seeds, "seeds", 0, "number of seeds, each another draw of the traffic; 0 takes the scenario's split.evaluate_seeds")
	cmd.Flags().BoolVar(&f.oracle, "oracle", false, "work out the least energy possible under the guards on drops, and which share of the gap to it each policy closes; takes minutes on a large network")
	cmd.Flags().BoolVar(&f.record, "steps", true, "record the steps and cells of the first seed, for the report's figures")
	return cmd
}

func (f *evaluateFlags) run(cmd *cobra.Command, io IO, arg string) error {
	sc, err := f.load(io, cmd, arg)
	if err != nil {
		return err
	}
	if f.seeds < 0 || f.seeds > 1000 {
		return usage(fmt.Errorf("--seeds: must be from 0 to 1000, got %d", f.seeds), "")
	}
	if f.seeds == 0 {
		f.seeds = sc.Split.EvaluateSeeds
	}
	if len(f.policies) == 0 {
		f.policies = baseline.Names()
	}
	trainings := f.expand(io)
	contenders, err := f.contenders(io, sc)
	if err != nil {
		return err
	}
	if err := f.resolveReference(contenders, cmd.Flags().Changed("reference")); err != nil {
		return err
	}
	if err := f.settle(io, "runs/"+sc.Name+"-evaluation"); err != nil {
		return err
	}
	workers, err := workerCount(f.workers)
	if err != nil {
		return err
	}
	f.networks = min(workers, f.seeds*len(contenders)) - 1 // see compare
	world, err := f.build(cmd.Context(), io, sc)
	if err != nil {
		return err
	}
	run, err := f.create(io, record.KindEvaluate, sc, f.workers)
	if err != nil {
		return err
	}
	comparison, err := f.compare(cmd.Context(), io, world, contenders)
	if err != nil {
		return err
	}
	if f.record {
		if err := f.recordFirst(cmd.Context(), io, world, contenders, run); err != nil {
			return err
		}
	}
	manifest, err := writeComparison(io, run, sc, comparison)
	if err != nil {
		return err
	}
	for _, t := range trainings {
		comparison.Over(t.dir, t.policies)
	}
	if f.asJSON {
		return comparison.WriteJSON(io.Stdout)
	}
	fmt.Fprintf(io.Stdout, "%s, %s with %s each\n\n", sc.Name, dayNames(sc.Split.Days(scenarios.Evaluate)), count(f.seeds, "seed"))
	if err := comparison.WriteTable(io.Stdout); err != nil {
		return err
	}
	if err := comparison.WriteTrainings(io.Stdout); err != nil {
		return err
	}
	f.wrote(io, manifest)
	return nil
}

// trainings are the policies of the folder of hibernet train --seeds.
type trainings struct {
	dir      string
	policies []string
}

// expand replaces the folder of several trainings by the folders in it, and
// returns these groups.
func (f *evaluateFlags) expand(io IO) []trainings {
	var (
		groups []trainings
		all    []string
	)
	f.grouped = map[string]bool{}
	for _, arg := range f.policies {
		t := trainings{dir: arg}
		for i := range maxTrainings {
			if dir := fmt.Sprintf("%s/%s%d", arg, seedFolder, i+1); exists(io.path(dir)) {
				t.policies, f.grouped[dir] = append(t.policies, dir), true
			}
		}
		if len(t.policies) == 0 {
			all = append(all, arg)
			continue
		}
		groups, all = append(groups, t), append(all, t.policies...)
	}
	f.policies = all
	return groups
}

// contenders makes the policies; the same name twice is told apart by the
// argument.
func (f *evaluateFlags) contenders(io IO, sc scenarios.Scenario) ([]evaluate.Contender, error) {
	var list []evaluate.Contender
	for _, arg := range f.policies {
		p, err := io.policy(sc, arg)
		if err != nil {
			return nil, err
		}
		again := slices.ContainsFunc(list, func(c evaluate.Contender) bool { return c.Name == p.name })
		if again || f.grouped[arg] {
			p.name = arg
		}
		if slices.ContainsFunc(list, func(c evaluate.Contender) bool { return c.Name == p.name }) {
			return nil, usage(fmt.Errorf("--policy: %s is given twice", arg), "")
		}
		list = append(list, evaluate.Contender{Name: p.name, New: p.make})
	}
	return list, nil
}

// resolveReference finds the policy that --reference names. Only the usual
// one may be missing.
func (f *evaluateFlags) resolveReference(contenders []evaluate.Contender, asked bool) error {
	names := make([]string, len(contenders))
	for i, c := range contenders {
		names[i] = c.Name
		if f.reference == f.policies[i] || ruleName(f.reference) == c.Name {
			f.reference = c.Name
			return nil
		}
	}
	if asked {
		return usage(fmt.Errorf("--reference: %q is none of the policies that are compared: %s", f.reference, strings.Join(names, ", ")), "")
	}
	return nil
}

// compare plays every policy on every seed. Several environments run at the
// same time, each with one worker.
func (f *evaluateFlags) compare(ctx context.Context, io IO, world *scenarios.World, contenders []evaluate.Contender) (*evaluate.Comparison, error) {
	workers, err := workerCount(f.workers)
	if err != nil {
		return nil, err
	}
	seeds := make([]uint64, f.seeds)
	for i := range seeds {
		seeds[i] = evaluationSeed(world.Scenario.Seed, i)
	}
	bar := io.progress("evaluate "+world.Scenario.Name, 1)
	defer bar.close()
	alone := world.WithWorkers(1)
	episodes, err := evaluate.Run(ctx, func(_ uint64, columns []string) (env.Environment, error) {
		e, err := alone.Environment(scenarios.Evaluate, columns, nil)
		return e, err
	}, contenders, evaluate.Options{
		Seeds: seeds, Episodes: len(world.Scenario.Split.EvaluateDays), Workers: workers,
		Progress: func(done, total int) { bar.total = total; bar.set(done, "") },
	})
	if err != nil {
		return nil, err
	}
	guards, errs := world.Scenario.ParseGuards()
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	against := evaluate.Against{Guards: guards}
	for _, c := range contenders {
		if c.Name == "always_on" {
			against.AlwaysOn = c.Name
		}
		if c.Name == f.reference {
			against.Reference = c.Name
		}
	}
	if f.oracle {
		if err := f.yardsticks(ctx, io, world, episodes, &against, workers); err != nil {
			return nil, err
		}
	}
	return evaluate.Compare(episodes, against)
}

// yardsticks works out the oracle's bound for every seed and, where the network is
// small enough, what the best policies need. Guards that are relative to always-on
// need its episodes.
func (f *evaluateFlags) yardsticks(ctx context.Context, io IO, world *scenarios.World, episodes []evaluate.Episode, against *evaluate.Against, workers int) error {
	for _, g := range against.Guards {
		if g.Relative() && against.AlwaysOn == "" {
			return usage(fmt.Errorf("--oracle: the guard %q needs always-on, which is not among the policies", g), "add --policy always-on")
		}
	}
	seeds, limits := f.dropLimits(world, episodes, against)
	against.Bound = &evaluate.Bound{Name: "oracle", EnergyKWh: map[uint64]float64{}}
	bar := io.progress("oracle "+world.Scenario.Name, 1)
	defer bar.close()
	for i, seed := range seeds {
		kWh, err := world.Bound(ctx, seed, limits[seed], oracle.Options{Workers: workers, Progress: func(done, total int) {
			bar.total = total * f.seeds
			bar.set(i*total+done, "")
		}})
		if err != nil {
			return err
		}
		against.Bound.EnergyKWh[seed] = kWh
	}
	best, err := world.Ceiling(ctx, seeds, limits)
	switch {
	case errors.Is(err, scenarios.ErrTooLarge):
		against.NoCausal = err.Error()
	case err != nil:
		return err
	default:
		against.Exact = &evaluate.Bound{Name: "exact", EnergyKWh: best.ExactKWh}
		against.Causal = &evaluate.Bound{Name: "causal", EnergyKWh: best.CausalKWh}
	}
	return nil
}

// dropLimits returns the seeds, and what the guards let drop on each.
func (f *evaluateFlags) dropLimits(world *scenarios.World, episodes []evaluate.Episode, against *evaluate.Against) ([]uint64, map[uint64]scenarios.DropLimit) {
	dropped, offered, count := map[uint64]float64{}, map[uint64]float64{}, map[uint64]float64{}
	for _, e := range episodes {
		if e.Policy == against.AlwaysOn {
			d, _ := e.Figure("dropped_gbit")
			o, _ := e.Figure("offered_gbit")
			dropped[e.Seed] += d.Value
			offered[e.Seed] += o.Value
			count[e.Seed]++
		}
	}
	seeds, limits := make([]uint64, f.seeds), map[uint64]scenarios.DropLimit{}
	for i := range seeds {
		seeds[i] = evaluationSeed(world.Scenario.Seed, i)
		s := seeds[i]
		limits[s] = scenarios.Guarded(against.Guards, 100*dropped[s]/offered[s], dropped[s]/count[s])
	}
	return seeds, limits
}

// evaluationSeed returns the seed of the i-th repetition. Training begins its
// sequence of episodes from the scenario's own seed, judging from others.
func evaluationSeed(seed uint64, i int) uint64 { return seed + 1_000_003*uint64(i+1) }

// recordFirst plays the first seed of every policy once more, with a recorder.
func (f *evaluateFlags) recordFirst(ctx context.Context, io IO, world *scenarios.World, contenders []evaluate.Contender, run *record.Run) error {
	seed := evaluationSeed(world.Scenario.Seed, 0)
	rec, err := newRecorder(run, "", seed, false)
	if err != nil {
		return err
	}
	bar := io.progress("record "+world.Scenario.Name, len(contenders)*len(world.Scenario.Split.EvaluateDays))
	defer bar.close()
	for i, c := range contenders {
		rec.policy, rec.episode = c.Name, 0
		watch := newWatcher(rec)
		policy, err := c.New()
		if err != nil {
			return err
		}
		e, err := world.Environment(scenarios.Evaluate, agents.Columns(policy), func(m *sleep.Moment) error { return watch.see(m) })
		if err != nil {
			return err
		}
		for d := range world.Scenario.Split.EvaluateDays {
			if err := playRecorded(ctx, e, c, seed, d, rec); err != nil {
				return err
			}
			bar.set(i*len(world.Scenario.Split.EvaluateDays)+d+1, c.Name)
		}
	}
	return rec.close()
}

func writeComparison(io IO, run *record.Run, sc scenarios.Scenario, c *evaluate.Comparison) (*record.Manifest, error) {
	days := sc.Split.Days(scenarios.Evaluate)
	episodes, err := record.NewWriter[record.Episode](run)
	if err != nil {
		return nil, err
	}
	if err := episodes.Write(c.EpisodeRows(func(_ uint64, episode int) int { return days[episode%len(days)] })...); err != nil {
		return nil, err
	}
	summary, err := record.NewWriter[record.Summary](run)
	if err != nil {
		return nil, err
	}
	if err := summary.Write(c.SummaryRows()...); err != nil {
		return nil, err
	}
	if err := errors.Join(episodes.Close(), summary.Close()); err != nil {
		return nil, err
	}
	return run.Finish(io.Now().UTC())
}
