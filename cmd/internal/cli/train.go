package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hibernet/agents/mlp"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/results/record"
	"hibernet/scenarios"
)

// Files of a training beside its tables and the policy.
const (
	checkpointFile = "checkpoint.json" // state after the last completed iteration
	historyFile    = "iterations.json" // every completed iteration
	bestFile       = "best.json"       // the policy of the best verdict so far
)

// trainFlags are the flags of hibernet train.
type trainFlags struct {
	setup
	output
	algo   string
	init   string
	resume bool
}

func newTrain(io IO) *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use:   "train SCENARIO",
		Short: "Train a policy on a scenario's training days",
		Long: `Train a policy on a scenario's training days. One network, its parameters shared over all
cells, learns by proximal policy optimisation; the settings are the section ppo of the
scenario. With --algo ppo-lagrangian the scenario's guards are limits that the policy
learns to keep, and the reward is energy and switches only, without prices of service.
With --algo coordinated, or coordinated-lagrangian, a coordinator that steers regions of
cells learns in turns with the cells' policy (sections coordinator and tandem), in as many
iterations altogether.
After every iteration a checkpoint is kept: an interrupted training goes on with --resume
and ends in the same bits. The section training has the policy judged on training days
that are held out, the best kept, and a training that gets no better ended early.`,
		Example: `  hibernet train quickstart --algo ppo --out runs/ppo
  hibernet train quickstart --algo ppo-lagrangian --set training.judge_every=10
  hibernet train quickstart --set ppo.iterations=200 --seed 7 --out runs/ppo-7
  hibernet train quickstart --algo coordinated --out runs/coordinated
  hibernet train quickstart --out runs/ppo --resume
  hibernet train rural --init runs/ppo --out runs/rural`,
		Args: exactly("SCENARIO"), ValidArgsFunction: completeScenarios(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, io, args[0]) },
	}
	f.setup.register(cmd)
	f.output.register(cmd, "runs/SCENARIO-ALGO")
	cmd.Flags().StringVar(&f.algo, "algo", "ppo", "learning algorithm: "+strings.Join(algorithms(), ", "))
	completeFlag(cmd, "algo", algorithms()...)
	cmd.Flags().StringVar(&f.init, "init", "", "trained `POLICY` to begin from: the run folder of a training, a bundle or a policy file")
	cmd.Flags().BoolVar(&f.resume, "resume", false, "go on from the checkpoint in the run folder")
	return cmd
}

func (f *trainFlags) run(cmd *cobra.Command, io IO, arg string) error {
	if !slices.Contains(algorithms(), f.algo) {
		return usage(fmt.Errorf("--algo: %q is not known, allowed: %s", f.algo, strings.Join(algorithms(), ", ")), "")
	}
	sc, err := f.load(io, cmd, arg)
	if err != nil {
		return err
	}
	if limited(f.algo) {
		if len(sc.Guards) == 0 {
			return input(fmt.Errorf("scenario %s: guards: --algo %s needs at least one", sc.Name, f.algo), "")
		}
		sc = withoutPrices(sc)
	}
	t := training{io: io, algo: f.algo, started: io.Now()}
	if f.resume {
		f.dir = cmp.Or(f.dir, "runs/"+sc.Name+"-"+f.algo)
		if err := t.restore(io.path(f.dir), sc); err != nil {
			return input(fmt.Errorf("--resume: %s: %w", f.dir, err), "without --resume a new training begins")
		}
	}
	if f.init != "" {
		if t.init, err = io.network(f.init); err != nil {
			return fmt.Errorf("--init: %w", err)
		}
	}
	if err := f.settle(io, "runs/"+sc.Name+"-"+f.algo); err != nil {
		return err
	}
	world, err := f.build(cmd.Context(), io, sc)
	if err != nil {
		return err
	}
	var keep []string
	if f.resume {
		keep = []string{checkpointFile, historyFile, bestFile, policyFile}
	}
	if t.run, err = f.create(io, record.KindTrain, sc, f.workers, keep...); err != nil {
		return err
	}
	if f.init != "" {
		t.run.Note("init_policy", f.init)
	}
	if err := t.train(cmd.Context(), world, max(f.workers, 0)); err != nil {
		return f.stopped(err, &t)
	}
	return f.finish(io, sc, &t)
}

// stopped says how to go on with a training that did not end.
func (f *trainFlags) stopped(err error, t *training) error {
	if len(t.history) == 0 {
		return err
	}
	t.io.say("%s complete; go on with: hibernet %s", count(len(t.history), "iteration"), resumeCommand(t.io.Args))
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w; the checkpoint in %s is that of the last good iteration", err, f.dir)
}

func resumeCommand(args []string) string {
	text := ""
	for _, a := range args {
		if a != "--resume" && a != "--force" {
			text += quoted(a) + " "
		}
	}
	return text + "--resume"
}

// quoted writes a word so that a shell takes it as it is.
func quoted(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\n\"'`\\$&|;<>()[]{}*?!#~") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// trainOutcome is what hibernet train --json prints.
type trainOutcome struct {
	Folder     string          `json:"folder"`
	Scenario   string          `json:"scenario"`
	Algorithm  string          `json:"algorithm"`
	Seed       uint64          `json:"seed,string"`
	Iterations int             `json:"iterations"`
	Last       train.Iteration `json:"last"`
	Best       *int            `json:"best,omitempty"` // number of the iteration whose policy is kept, where verdicts chose it
	Seconds    float64         `json:"seconds"`
}

func (f *trainFlags) finish(io IO, sc scenarios.Scenario, t *training) error {
	if err := t.writeTable(f.algo, sc.Seed); err != nil {
		return err
	}
	data, err := t.policy()
	if err != nil {
		return err
	}
	if err := t.run.WriteFile(policyFile, data); err != nil {
		return err
	}
	manifest, err := t.run.Finish(io.Now().UTC())
	if err != nil {
		return err
	}
	seconds := io.Now().Sub(t.started).Seconds()
	first, last := t.history[0], t.history[len(t.history)-1]
	best, judged := train.Best(t.history)
	if f.asJSON {
		o := trainOutcome{f.dir, sc.Name, f.algo, sc.Seed, len(t.history), last, nil, seconds}
		if judged {
			o.Best = &best
		}
		return io.json(o)
	}
	fmt.Fprintf(io.Stdout, "trained %s on %s: %s in %.1f s\n", f.algo, sc.Name, count(len(t.history), "iteration"), seconds)
	fmt.Fprintf(io.Stdout, "return %.2f -> %.2f, entropy %.2f -> %.2f nat, explained variance %.2f, %.0f row updates/s\n",
		first.Return, last.Return, first.Figure("entropy"), last.Figure("entropy"), last.Figure("explained_variance"), last.UpdatesPerS)
	if judged {
		fmt.Fprintf(io.Stdout, "kept the policy of iteration %d: %s\n", best, t.history[best].Verdict)
	}
	f.wrote(io, manifest)
	return nil
}

// training is a training under way.
type training struct {
	io      IO
	algo    string
	run     *record.Run
	started time.Time
	init    *mlp.Policy // to begin from; nil for random weights
	resume  train.Checkpoint
	history []train.Iteration // complete ones
	learner train.Learner
	best    []byte // the policy of the best verdict, nil before the first
}

// restore reads the state of an interrupted training of the same scenario.
func (t *training) restore(dir string, sc scenarios.Scenario) error {
	if _, err := os.Stat(filepath.Join(dir, record.ManifestName)); err == nil {
		return errors.New("is complete: there is nothing to go on with")
	}
	data, err := os.ReadFile(filepath.Join(dir, checkpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s", checkpointFile)
	}
	if err != nil {
		return err
	}
	begun, err := unfinished(dir)
	if err != nil {
		return err
	}
	if err := sameScenario(begun, sc); err != nil {
		return err
	}
	if t.resume, err = decodeCheckpoint(t.algo, data); err != nil {
		return fmt.Errorf("%s: %w", checkpointFile, err)
	}
	if data, err = os.ReadFile(filepath.Join(dir, historyFile)); err != nil {
		return err
	}
	if err := mlp.StrictJSON(data, &t.history); err != nil {
		return fmt.Errorf("%s: %w", historyFile, err)
	}
	// The history is written before the checkpoint: it may be one ahead.
	n := t.resume.Completed()
	if len(t.history) < n {
		return fmt.Errorf("%s holds %s, the checkpoint was made after %d", historyFile, count(len(t.history), "iteration"), n)
	}
	t.history = t.history[:n]
	if _, judged := train.Best(t.history); judged {
		if t.best, err = os.ReadFile(filepath.Join(dir, bestFile)); err != nil {
			return err
		}
	}
	if other := begun.Build.Differences(record.ReadBuild(commit)); len(other) > 0 {
		t.io.say("warning: the training began with another program (%s): it may not end in the bits of one that went straight through", strings.Join(other, "; "))
	}
	return nil
}

// unfinished reads the manifest of a run that has not ended.
func unfinished(dir string) (*record.Manifest, error) {
	in, err := os.Open(filepath.Join(dir, record.UnfinishedName))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return record.ReadManifest(in)
}

// sameScenario returns an error unless the training of manifest m is one of
// sc: any other setting would give a policy that no training from the
// beginning gives.
func sameScenario(m *record.Manifest, sc scenarios.Scenario) error {
	text, err := sc.Show()
	if err != nil || m.Scenario == string(text) {
		return err
	}
	was, is := strings.Split(m.Scenario, "\n"), strings.Split(string(text), "\n")
	for i := range min(len(was), len(is)) {
		if was[i] != is[i] {
			return fmt.Errorf("the training began with another scenario: line %d of it was %q, is %q",
				i+1, strings.TrimSpace(was[i]), strings.TrimSpace(is[i]))
		}
	}
	return errors.New("the training began with another scenario")
}

func (t *training) train(ctx context.Context, world *scenarios.World, workers int) error {
	workers, err := workerCount(workers)
	if err != nil {
		return err
	}
	sc := world.Scenario
	bar := t.io.progress("train "+sc.Name, 1)
	bar.from = len(t.history)
	defer bar.close()
	judge := newJudge(world, workers)
	note := ""
	limits, err := t.limits(ctx, judge)
	if err != nil {
		return err
	}
	t.learner, err = newLearner(t.algo, sc, func(uint64) (env.Environment, error) {
		e, err := judge.learning().Environment(scenarios.Train, nil, func(*sleep.Moment) error {
			bar.set(len(t.history), note)
			return nil
		})
		return e, err
	}, learnerOptions{
		init: t.init, resume: t.resume, limits: limits, workers: workers,
		clock: func() time.Duration { return t.io.Now().Sub(t.started) },
	})
	if err != nil {
		return err
	}
	bar.total = t.learner.Iterations()
	opt := train.Options{Spec: sc.Training, History: t.history, Keep: func(it train.Iteration, state train.Checkpoint, best bool) error {
		if err := t.keep(it, state, best); err != nil {
			return err
		}
		note = noteOf(t.history)
		bar.set(len(t.history), note)
		return nil
	}}
	if sc.Training.JudgeEvery > 0 {
		opt.Judge = judge.verdict
	}
	_, err = train.Run(ctx, t.learner, opt)
	return err
}

// limits returns the limits that the algorithm learns under, nil if none, and
// notes them in the run.
func (t *training) limits(ctx context.Context, j *judge) ([]train.Limit, error) {
	limits, err := j.learnedUnder(ctx, t.algo)
	for _, l := range limits {
		t.run.Note("limit_"+l.Guard.Figure, strconv.FormatFloat(l.Bound, 'g', -1, 64))
	}
	return limits, err
}

// noteOf is what the line of progress tells beside how far it is.
func noteOf(history []train.Iteration) string {
	it := history[len(history)-1]
	note := fmt.Sprintf("return %.2f", it.Return)
	for i := len(history) - 1; i >= 0; i-- {
		if v := history[i].Verdict; v != nil {
			note += ", " + v.String()
			break
		}
	}
	return note + fmt.Sprintf(", %.0f steps/s", it.StepsPerS)
}

// policy returns the file of the policy that the training gives: the best that
// was judged or, without verdicts, the last.
func (t *training) policy() ([]byte, error) {
	if t.best != nil {
		return t.best, nil
	}
	return t.learner.Checkpoint().Policy().Encode()
}

// keep writes the history with an iteration that is complete, the policy if it
// is the best, and then the checkpoint, so that no checkpoint is ahead of them.
func (t *training) keep(it train.Iteration, state train.Checkpoint, best bool) error {
	t.history = append(t.history, it)
	data, err := json.Marshal(t.history)
	if err != nil {
		return fmt.Errorf("%s: %w", historyFile, err)
	}
	if err := t.run.WriteFile(historyFile, data); err != nil {
		return err
	}
	if best {
		if t.best, err = state.Policy().Encode(); err != nil {
			return err
		}
		if err := t.run.WriteFile(bestFile, t.best); err != nil {
			return err
		}
	}
	if data, err = state.Encode(); err != nil {
		return err
	}
	return t.run.WriteFile(checkpointFile, data)
}

// writeTable writes the figures of all iterations as the table episodes.
func (t *training) writeTable(algo string, seed uint64) error {
	w, err := record.NewWriter[record.Episode](t.run)
	if err != nil {
		return err
	}
	for _, it := range t.history {
		for _, f := range metricsOf(it) {
			row := record.Episode{
				Phase: record.PhaseTrain, Policy: algo, Seed: seed, Episode: int32(it.Number), Day: -1,
				Figure: f.Name, Unit: f.Unit, Value: f.Value,
			}
			if math.IsInf(row.Value, 0) {
				row.Value = nan
			}
			if err := w.Write(row); err != nil {
				return err
			}
		}
	}
	return w.Close()
}

// metricsOf returns all that an iteration tells but for times: what repeats to
// the bit. The environment's figures and a verdict's have a prefix.
func metricsOf(it train.Iteration) []env.Figure {
	list := []env.Figure{
		{Name: record.FigureReturn, Unit: "1", Value: it.Return},
		{Name: "reward_mean", Unit: "1", Value: it.RewardMean},
		{Name: "row_steps", Unit: "1", Value: float64(it.Rows)},
	}
	list = append(list, it.Learning...)
	for _, f := range it.Figures {
		list = append(list, env.Figure{Name: "rollout_" + f.Name, Unit: f.Unit, Value: f.Value})
	}
	if v := it.Verdict; v != nil {
		list = append(list, env.Figure{Name: "held_out_saving", Unit: "1", Value: v.Saving}, env.Figure{Name: "held_out_excess", Unit: "1", Value: v.Excess})
	}
	return list
}
