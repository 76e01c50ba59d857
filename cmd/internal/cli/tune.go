package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hibernet/agents"
	"hibernet/agents/baseline"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/results/evaluate"
	"hibernet/results/tune"
	"hibernet/scenarios"
	"hibernet/scenarios/strict"
)

// ruleFile is what hibernet tune writes and --policy reads: settings of rules, in
// the place that they have in a scenario.
type ruleFile struct {
	Baselines struct {
		Threshold baseline.ThresholdSpec `yaml:"threshold" doc:"load thresholds with hysteresis and dwell time"`
	} `yaml:"baselines" doc:"rules that a trained policy is compared with"`
}

// ruleExtension tells the file of a tuned rule from that of a trained policy.
const ruleExtension = ".yaml"

// tunedRule reads the file of a tuned rule: a threshold with settings of its own.
func (o IO) tunedRule(sc scenarios.Scenario, arg string) (named, error) {
	text, err := os.ReadFile(o.path(arg))
	if err != nil {
		return named{}, input(fmt.Errorf("policy %s: %w", arg, err), "hibernet tune threshold writes such files")
	}
	file := ruleFile{}
	file.Baselines.Threshold = sc.Baselines.Threshold
	if err := strict.Decode(&file, strict.Input{Name: arg, Data: text}); err != nil {
		return named{}, input(fmt.Errorf("policy %s: %w", arg, err), "hibernet tune threshold writes such files")
	}
	spec := file.Baselines.Threshold
	p, err := baseline.NewThreshold(spec)
	if err == nil {
		err = p.Reset(sleep.NewSchema(), 1, 0)
	}
	if err != nil {
		return named{}, input(fmt.Errorf("policy %s: %w", arg, err), "")
	}
	name := strings.TrimSuffix(filepath.Base(arg), ruleExtension)
	return named{name, func() (agents.Policy, error) { return baseline.NewThreshold(spec) }}, nil
}

// newTune groups what is tuned.
func newTune(io IO) *cobra.Command {
	cmd := &cobra.Command{
		Use: "tune", Short: "Find the best settings of a rule, to compare trained policies with",
		Long:    "Find the best settings of a rule on the training days, to compare trained policies with.",
		Example: "  hibernet tune threshold quickstart --out tuned.yaml",
		Args:    cobra.ArbitraryArgs, RunE: runGroup,
	}
	cmd.AddCommand(newTuneThreshold(io))
	return cmd
}

// tuneFlags are the flags of hibernet tune threshold.
type tuneFlags struct {
	setup
	trials, seeds, episodes int
	margin                  float64
	perClass                bool
	out                     string
	asJSON                  bool
}

func newTuneThreshold(io IO) *cobra.Command {
	var f tuneFlags
	cmd := &cobra.Command{
		Use:   "threshold SCENARIO",
		Short: "Tune the load thresholds under the guards, on training days",
		Long: `Search the settings of the rule threshold that save the most energy on a scenario's
training days while they keep its guards on every seed, and print them as YAML for
baselines in a scenario or for --policy. With --per-class each area class gets settings of
its own, after those of all cells. Ctrl-C ends the search with the best so far.`,
		Example: `  hibernet tune threshold quickstart --out tuned.yaml
  hibernet evaluate quickstart --policy always-on --policy tuned.yaml --reference tuned.yaml --oracle`,
		Args: exactly("SCENARIO"), ValidArgsFunction: completeScenarios(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, io, args[0]) },
	}
	f.setup.register(cmd)
	flags := cmd.Flags()
	flags.IntVar(&f.trials, "trials", 150, "settings to try, for all cells and for each class")
	flags.IntVar(&f.seeds, "seeds", 3, "seeds that each is played on, each another draw of days and traffic")
	flags.IntVar(&f.episodes, "episodes", 2, "episodes on each seed")
	flags.Float64Var(&f.margin, "margin", train.DefaultMargin, "share of the room between always-on and a guard's limit that must stay free, so that guards hold on other days too")
	flags.BoolVar(&f.perClass, "per-class", false, "tune the thresholds of each area class of the scenario on their own")
	flags.StringVar(&f.out, "out", "", "`FILE.yaml` to write the settings to, for --policy")
	flags.BoolVar(&f.asJSON, "json", false, "print the outcome as JSON")
	return cmd
}

func (f *tuneFlags) run(cmd *cobra.Command, io IO, arg string) error {
	if err := f.check(); err != nil {
		return err
	}
	sc, err := f.load(io, cmd, arg)
	if err != nil {
		return err
	}
	world, err := f.build(cmd.Context(), io, sc)
	if err != nil {
		return err
	}
	best, err := f.search(cmd.Context(), io, world)
	stopped := errors.Is(err, context.Canceled) && best.Trials > 0
	if err != nil && !stopped {
		return err
	}
	text, problem := f.write(io, best)
	if problem != nil {
		return problem
	}
	if problem := f.print(io, best, text); problem != nil {
		return problem
	}
	return err // an interrupted search has printed the best so far
}

// check returns what is wrong with the flags.
func (f *tuneFlags) check() error {
	for _, v := range []struct {
		flag       string
		value, max int
	}{{"--trials", f.trials, 100_000}, {"--seeds", f.seeds, 1000}, {"--episodes", f.episodes, 1000}} {
		if v.value < 1 || v.value > v.max {
			return usage(fmt.Errorf("%s: must be from 1 to %d, got %d", v.flag, v.max, v.value), "")
		}
	}
	if !(f.margin >= 0 && f.margin < 1) {
		return usage(fmt.Errorf("--margin: must be from 0 to below 1, got %g", f.margin), "")
	}
	if f.out != "" && filepath.Ext(f.out) != ruleExtension {
		return usage(fmt.Errorf("--out: the name must end in %s, by which --policy knows a rule, got %s", ruleExtension, f.out), "")
	}
	return nil
}

// search tunes on the training days.
func (f *tuneFlags) search(ctx context.Context, io IO, world *scenarios.World) (tune.Best, error) {
	sc := world.Scenario
	workers, err := workerCount(f.workers)
	if err != nil {
		return tune.Best{}, err
	}
	guards, errs := sc.ParseGuards()
	if len(errs) > 0 {
		return tune.Best{}, errors.Join(errs...)
	}
	alone := world.WithWorkers(1)
	task := tune.Task{
		Make: func(_ uint64, columns []string) (env.Environment, error) {
			e, err := alone.Environment(scenarios.Train, columns, nil)
			return e, err
		},
		Episodes: f.episodes, Guards: guards, Margin: f.margin, Base: sc.Baselines.Threshold,
	}
	for i := range f.seeds {
		task.Seeds = append(task.Seeds, sc.Seed+uint64(i))
	}
	if f.perClass {
		for _, a := range sc.Topology.Areas {
			if !slices.Contains(task.Classes, a.Class) {
				task.Classes = append(task.Classes, a.Class)
			}
		}
	}
	bar := io.progress("tune "+sc.Name, 1)
	defer bar.close()
	return tune.Threshold(ctx, task, tune.Options{Trials: f.trials, Seed: sc.Seed, Workers: workers, Progress: func(done, total int, best tune.Best) {
		bar.total = total
		note := fmt.Sprintf("saves %.2f %%", 100*float64(best.Verdict.Saving))
		if best.Violation > 0 {
			note = fmt.Sprintf("guards broken by %.3g", best.Violation)
		}
		bar.set(done, note)
	}})
}

// write returns the settings as text, and writes them to the file asked for.
func (f *tuneFlags) write(io IO, best tune.Best) ([]byte, error) {
	file := ruleFile{}
	file.Baselines.Threshold = best.Spec
	text, err := strict.Marshal(&file)
	if err != nil || f.out == "" {
		return text, err
	}
	return text, os.WriteFile(io.path(f.out), text, 0o644)
}

// print shows what was found.
func (f *tuneFlags) print(io IO, best tune.Best, text []byte) error {
	if f.asJSON {
		enc := json.NewEncoder(io.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			Threshold baseline.ThresholdSpec `json:"threshold"`
			Verdict   evaluate.Verdict       `json:"verdict"`
			Violation evaluate.Number        `json:"violation"`
			Trials    int                    `json:"trials"`
		}{best.Spec, best.Verdict, evaluate.Number(best.Violation), best.Trials})
	}
	fmt.Fprintf(io.Stdout, "# saves %.2f %% of always-on's energy on the training days (trial %d)\n", 100*float64(best.Verdict.Saving), best.Trials)
	for _, g := range best.Verdict.Guards {
		verdict := "kept"
		if g.Broken {
			verdict = "broken"
		}
		fmt.Fprintf(io.Stdout, "# %s: %.4g %s, limit %.4g: %s\n", g.Name, float64(g.Value), g.Unit, float64(g.Limit), verdict)
	}
	if best.Violation > 0 {
		fmt.Fprintf(io.Stdout, "# no settings were found that keep the guards with a margin of %g; these miss it least\n", f.margin)
	}
	if _, err := io.Stdout.Write(text); err != nil {
		return err
	}
	if f.out != "" {
		io.say("wrote %s", f.out)
	}
	return nil
}
