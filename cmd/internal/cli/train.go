package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hibernet/agents/mlp"
	"hibernet/agents/ppo"
	"hibernet/agents/replay"
	"hibernet/agents/train"
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
	engineFlags
	algo   string
	init   string
	resume bool
	seeds  int
	data   string

	memory    *replay.Memory // of data
	elsewhere func(scenarios.Scenario) (ppo.Gather, error)
}

// maxTrainings bounds --seeds, and seedFolder begins the name of the folder of
// each.
const (
	maxTrainings = 100
	seedFolder   = "seed-"
)

func newTrain(io IO) *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use:   "train SCENARIO",
		Short: "Train a policy on a scenario's training days",
		Long: `Train a policy on a scenario's training days. One network, its parameters shared over all
cells, learns by the algorithm of --algo: proximal policy optimisation (ppo, ppo-lagrangian),
deep Q-learning (dqn), soft actor-critic (sac) or a linear bandit, the light choice (bandit).
Conservative and implicit Q-learning (cql, iql) learn from the log of --data alone, without
simulating anything. The settings are the section of that name in the scenario; both kinds
of ppo share one, and so do cql and iql: offline.
With --algo ppo-lagrangian, dqn-lagrangian or sac-lagrangian the scenario's guards are limits
that the policy learns to keep, and the reward is energy and switches only, without prices
of service. With --algo coordinated, or coordinated-lagrangian, a coordinator that steers
regions of cells learns in turns with the cells' policy (sections coordinator and tandem), in
as many iterations altogether.
After every iteration a checkpoint is kept: an interrupted training goes on with --resume
and ends in the same bits; tensorboard --logdir runs draws the curves while it goes on.
With ppo.teacher, for ppo and ppo-lagrangian, the policy first imitates a rule, or a tuned
rule's file, for ppo.teacher_iterations, and goes on from there.
The section training has the policy judged on training days that are held out, the best
kept, and a training that gets no better ended early.

An iteration of ppo learns from ppo.shards episodes. With --engine temporal, for ppo and
ppo-lagrangian, they are played by hibernet worker, on as many machines as it is started on:
a blob store takes the networks there and what was seen back, and this command learns. The
policy is the same bits.`,
		Example: `  hibernet train quickstart --algo ppo --out runs/ppo
  hibernet train quickstart --algo ppo-lagrangian --set training.judge_every=10
  hibernet train quickstart --algo ppo-lagrangian --set ppo.teacher=threshold
  hibernet train quickstart --algo dqn --set dqn.iterations=50
  hibernet train quickstart --algo cql --data random.parquet
  hibernet train quickstart --set ppo.iterations=200 --seed 7 --out runs/ppo-7
  hibernet train quickstart --seeds 5 --out runs/five
  hibernet train quickstart --algo coordinated --out runs/coordinated
  hibernet train quickstart --out runs/ppo --resume
  hibernet train quickstart --set ppo.shards=8 --engine temporal --address temporal.example:7233 --blobs s3://shards?region=eu-central-1
  hibernet train rural --init runs/ppo --out runs/rural`,
		Args: exactly("SCENARIO"), ValidArgsFunction: completeScenarios(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, io, args[0]) },
	}
	f.setup.register(cmd)
	f.output.register(cmd, "runs/SCENARIO-ALGO")
	f.engineFlags.register(cmd, "shards")
	cmd.Flags().StringVar(&f.algo, "algo", "ppo", "learning algorithm: "+strings.Join(algorithms(), ", "))
	completeFlag(cmd, "algo", algorithms()...)
	cmd.Flags().StringVar(&f.init, "init", "", "trained `POLICY` to begin from: the run folder of a training, a bundle or a policy file")
	cmd.Flags().StringVar(&f.data, "data", "", "log to learn from, a Parquet `FILE` of run --log or of an operator's own; for --algo cql and iql")
	cmd.Flags().BoolVar(&f.resume, "resume", false, "go on from the checkpoint in the run folder")
	cmd.Flags().IntVar(&f.seeds, "seeds", 0, "train so many times with training.seed 1, 2, …, each in a folder seed-1, seed-2, … of its own; 0: once")
	return cmd
}

func (f *trainFlags) run(cmd *cobra.Command, io IO, arg string) error {
	if !slices.Contains(algorithms(), f.algo) {
		return usage(fmt.Errorf("--algo: %q is not known, allowed: %s", f.algo, strings.Join(algorithms(), ", ")), "")
	}
	if err := f.checkEngine(); err != nil {
		return err
	}
	if f.engine == engineTemporal && f.algo != algoPPO && f.algo != algoLagrangian {
		return usage(fmt.Errorf("--engine: %s is for --algo %s and %s", engineTemporal, algoPPO, algoLagrangian), "")
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
	if err := f.offline(); err != nil {
		return err
	}
	if f.seeds < 0 || f.seeds > maxTrainings {
		return usage(fmt.Errorf("--seeds: must be from 0 to %d, got %d", maxTrainings, f.seeds), "")
	}
	f.dir = cmp.Or(f.dir, "runs/"+sc.Name+"-"+f.algo)
	trainings, err := f.plan(io, sc)
	if err != nil {
		return err
	}
	stop, err := f.connect(cmd.Context(), io)
	if err != nil {
		return err
	}
	defer stop()
	world := &scenarios.World{Scenario: sc}
	if f.data != "" {
		if err := f.remember(io, sc); err != nil {
			return err
		}
	}
	if f.data == "" || sc.Training.JudgeEvery > 0 {
		if world, err = f.build(cmd.Context(), io, sc); err != nil {
			return err
		}
	}
	for _, t := range trainings {
		if t.whole {
			continue
		}
		if err := f.play(cmd.Context(), world, t); err != nil {
			return f.stopped(err, t)
		}
	}
	if f.seeds > 0 {
		return f.summary(io, trainings)
	}
	return f.tell(io, trainings[0])
}

// offline says whether --algo, --data and --init go together.
func (f *trainFlags) offline() error {
	switch only := offlineOnly(f.algo); {
	case only && f.data == "":
		return usage(fmt.Errorf("--data: --algo %s learns from a log, and none is named", f.algo), aboutData)
	case !only && f.data != "":
		return usage(fmt.Errorf("--data: --algo %s learns from the simulator, allowed with %s and %s", f.algo, algoCQL, algoIQL), "")
	case only && f.init != "":
		return usage(fmt.Errorf("--init: --algo %s begins from nothing but its log", f.algo), "")
	}
	return nil
}

// remember reads the log of --data and says what it came to.
func (f *trainFlags) remember(io IO, sc scenarios.Scenario) error {
	memory, sum, err := io.remember(f.data, sc)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s: %s, %s", f.data, count(sum.Episodes, "episode"), count(sum.Transitions, "transition"))
	if memory.Len() < sum.Transitions {
		text += fmt.Sprintf(", of which an even sample of %d is learned from", memory.Len())
	}
	if sum.Open > 0 {
		text += fmt.Sprintf("; %s that nothing follows are left out", count(sum.Open, "record"))
	}
	io.say("%s", text)
	f.memory = memory
	return nil
}

// plan returns the trainings that are asked for, their folders looked at
// before anything large is built: each of --seeds has one of its own and the
// training.seed that is its number.
func (f *trainFlags) plan(io IO, sc scenarios.Scenario) ([]*training, error) {
	var init *mlp.Policy
	if f.init != "" {
		var err error
		if init, err = io.network(f.init); err != nil {
			return nil, fmt.Errorf("--init: %w", err)
		}
	}
	taught, err := f.findTeacher(io, sc)
	if err != nil {
		return nil, err
	}
	var list []*training
	for i := range max(f.seeds, 1) {
		t := &training{io: io, algo: f.algo, init: init, teacher: taught, data: f.data, out: f.output, sc: sc}
		if f.seeds > 0 {
			t.sc.Training.Seed = uint64(i + 1)
			t.out.dir = fmt.Sprintf("%s/%s%d", f.dir, seedFolder, i+1)
		}
		begun := f.seeds == 0 || exists(io.path(t.out.dir))
		if f.resume && begun {
			if err := t.restore(io.path(t.out.dir), f.seeds > 0); err != nil {
				return nil, input(fmt.Errorf("--resume: %s: %w", t.out.dir, err), "without --resume a new training begins")
			}
		} else if err := t.out.settle(io, ""); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// play makes one training from where it is to its end.
func (f *trainFlags) play(ctx context.Context, world *scenarios.World, t *training) (err error) {
	own := world.WithWorkers(world.Workers())
	t.memory = f.memory
	own.Scenario = t.sc
	if f.elsewhere != nil {
		if t.gather, err = f.elsewhere(t.sc); err != nil {
			return err
		}
	}
	var keep []string
	if t.resume != nil {
		keep = []string{checkpointFile, historyFile, bestFile, policyFile, teacherFile}
	}
	t.started = t.io.Now()
	if t.run, err = t.out.create(t.io, record.KindTrain, t.sc, f.workers, keep...); err != nil {
		return err
	}
	if f.init != "" {
		t.run.Note("init_policy", f.init)
	}
	if f.data != "" {
		t.run.Note("data", f.data)
	}
	if err := t.teacher.record(t.run); err != nil {
		return err
	}
	if err := t.train(ctx, own, max(f.workers, 0)); err != nil {
		return err
	}
	return t.finish()
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
	return fmt.Errorf("%w; the checkpoint in %s is that of the last good iteration", err, t.out.dir)
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
	Folder       string          `json:"folder"`
	Scenario     string          `json:"scenario"`
	Algorithm    string          `json:"algorithm"`
	Seed         uint64          `json:"seed,string"`
	TrainingSeed uint64          `json:"training_seed,string"`
	Iterations   int             `json:"iterations"`
	Last         train.Iteration `json:"last"`
	Best         *int            `json:"best,omitempty"` // number of the iteration whose policy is kept, where verdicts chose it
	Seconds      float64         `json:"seconds"`
}

// finish writes the files of a training that has ended.
func (t *training) finish() error {
	if err := t.writeTable(t.algo, t.sc.Seed); err != nil {
		return err
	}
	if err := t.curves.finish(t.run); err != nil {
		return err
	}
	data, err := t.policy()
	if err != nil {
		return err
	}
	if err := t.run.WriteFile(policyFile, data); err != nil {
		return err
	}
	t.manifest, err = t.run.Finish(t.io.Now().UTC())
	t.seconds = t.io.Now().Sub(t.started).Seconds()
	return err
}

// outcome is what --json prints of a training.
func (t *training) outcome() trainOutcome {
	o := trainOutcome{
		Folder: t.out.dir, Scenario: t.sc.Name, Algorithm: t.algo, Seed: t.sc.Seed, TrainingSeed: t.sc.Training.Seed,
		Iterations: len(t.history), Last: t.history[len(t.history)-1], Seconds: t.seconds,
	}
	if best, judged := train.Best(t.history); judged {
		o.Best = &best
	}
	return o
}

// tell prints what the only training came to.
func (f *trainFlags) tell(io IO, t *training) error {
	if f.asJSON {
		return io.json(t.outcome())
	}
	first, last := t.history[0], t.history[len(t.history)-1]
	fmt.Fprintf(io.Stdout, "trained %s on %s: %s in %.1f s\n", f.algo, t.sc.Name, count(len(t.history), "iteration"), t.seconds)
	fmt.Fprintf(io.Stdout, "return %.2f -> %.2f", first.Return, last.Return)
	if !math.IsNaN(last.Figure("entropy")) {
		fmt.Fprintf(io.Stdout, ", entropy %.2f -> %.2f nat", first.Figure("entropy"), last.Figure("entropy"))
	}
	if !math.IsNaN(last.Figure("explained_variance")) {
		fmt.Fprintf(io.Stdout, ", explained variance %.2f", last.Figure("explained_variance"))
	}
	fmt.Fprintf(io.Stdout, ", %.0f row updates/s\n", last.UpdatesPerS)
	if best, judged := train.Best(t.history); judged {
		fmt.Fprintf(io.Stdout, "kept the policy of iteration %d: %s\n", best, t.history[best].Verdict)
	}
	t.out.wrote(io, t.manifest)
	return nil
}

// summary prints what the trainings of --seeds came to, one a line.
func (f *trainFlags) summary(io IO, list []*training) error {
	if f.asJSON {
		outcomes := make([]trainOutcome, len(list))
		for i, t := range list {
			outcomes[i] = t.outcome()
		}
		return io.json(outcomes)
	}
	fmt.Fprintf(io.Stdout, "trained %s on %s, %s\n\n", f.algo, list[0].sc.Name, count(len(list), "time"))
	w := tabwriter.NewWriter(io.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "folder\titerations\treturn\tpolicy of\tverdict")
	for _, t := range list {
		last := t.history[len(t.history)-1]
		policy, verdict := last.Number, "not judged"
		if best, judged := train.Best(t.history); judged {
			policy, verdict = best, t.history[best].Verdict.String()
		}
		fmt.Fprintf(w, "%s\t%d\t%.2f\titeration %d\t%s\n", t.out.dir, len(t.history), last.Return, policy, verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(io.Stdout, "\nhibernet evaluate %s --policy always-on --policy %s compares them\n", list[0].sc.Name, f.dir)
	return nil
}
