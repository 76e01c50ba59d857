package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hibernet/agents"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/results/record"
	"hibernet/scenarios"
	"hibernet/sim"
	"hibernet/sim/des"
)

// runFlags are the flags of hibernet run.
type runFlags struct {
	setup
	output
	policy    string
	fromDay   int
	days      float64
	cellSteps bool
	log       string
}

func newRun(io IO) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Simulate a scenario under one policy",
		Long: `Simulate a scenario under one policy, without pause from the first day to the last, and
write a run folder: tables of steps, cells, events and figures in Parquet, and a manifest.
The policy is a rule (always-on, schedule, threshold, forecast, random) or a trained one: the
run folder that train writes, the bundle that export writes, or a policy.json from either.
Ctrl-C ends the simulation after the present control interval; what was simulated is kept,
and the manifest says how much of it there is.`,
		Example: `  hibernet run quickstart --policy threshold
  hibernet run quickstart --policy runs/ppo --from-day 3 --days 1 --out runs/thursday
  hibernet run quickstart --policy random --log random.parquet
  hibernet run my.yaml --policy schedule --set network.epoch_s=60 --cell-steps --json`,
		Args: exactly("SCENARIO"), ValidArgsFunction: completeScenarios(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, io, args[0]) },
	}
	f.setup.register(cmd)
	f.output.register(cmd, "runs/SCENARIO-POLICY")
	cmd.Flags().StringVar(&f.policy, "policy", "threshold", aboutPolicy)
	completePolicies(cmd, "policy")
	cmd.Flags().IntVar(&f.fromDay, "from-day", 0, "day of the week on which the simulation begins, at 00:00; 0 is Monday")
	cmd.Flags().Float64Var(&f.days, "days", 7, "length of the simulation in days; parts of a day are allowed")
	cmd.Flags().BoolVar(&f.cellSteps, "cell-steps", false, "also record every cell in every control interval (large)")
	cmd.Flags().StringVar(&f.log, "log", "", aboutLog)
	return cmd
}

func (f *runFlags) run(cmd *cobra.Command, io IO, arg string) error {
	if !(f.days > 0 && f.days <= 366) {
		return usage(fmt.Errorf("--days: must be above 0 and at most 366, got %g", f.days), "")
	}
	if f.fromDay < 0 || f.fromDay > 6 {
		return usage(fmt.Errorf("--from-day: must be 0 (Monday) to 6, got %d", f.fromDay), "")
	}
	sc, err := f.load(io, cmd, arg)
	if err != nil {
		return err
	}
	policy, err := io.policy(sc, f.policy)
	if err != nil {
		return err
	}
	if err := f.settle(io, "runs/"+sc.Name+"-"+policy.name); err != nil {
		return err
	}
	if err := io.settleLog(f.log, f.force); err != nil {
		return err
	}
	world, err := f.build(cmd.Context(), io, sc)
	if err != nil {
		return err
	}
	episode, err := f.newSimulation(io, world, policy)
	if err != nil {
		return err
	}
	defer episode.log.discard()
	run, err := f.create(io, record.KindRun, sc, f.workers)
	if err != nil {
		return err
	}
	result, stopped := episode.play(cmd.Context(), policy.name, run)
	if stopped != nil && (!errors.Is(stopped, context.Canceled) || result.Steps == 0) {
		return stopped
	}
	if stopped != nil {
		run.Note(noteInterrupted, fmt.Sprintf("after %d of %d control intervals", result.Steps, episode.env.Steps()))
	}
	if err := episode.log.finish(); err != nil {
		return err
	}
	manifest, err := run.Finish(io.Now().UTC())
	if err != nil {
		return err
	}
	if stopped != nil {
		io.say("stopped after %d of %s: they are kept in %s, --force begins anew", result.Steps, count(episode.env.Steps(), "control interval"), f.dir)
		return stopped
	}
	if f.asJSON {
		return io.json(runOutcome{f.dir, sc.Name, policy.name, sc.Seed, result.Steps, result.Return, jsonFigures(result.Figures)})
	}
	printFigures(io, sc.Name, policy.name, result.Figures)
	f.wrote(io, manifest)
	return nil
}

// noteInterrupted is the note in the manifest of a run that was stopped.
const noteInterrupted = "interrupted"

// runOutcome is what hibernet run --json prints.
type runOutcome struct {
	Folder   string       `json:"folder"`
	Scenario string       `json:"scenario"`
	Policy   string       `json:"policy"`
	Seed     uint64       `json:"seed,string"`
	Steps    int          `json:"steps"`
	Return   float64      `json:"return"`
	Figures  []jsonFigure `json:"figures"`
}

// simulation is one episode that is about to be played and recorded.
type simulation struct {
	flags   *runFlags
	seed    uint64
	policy  agents.Policy
	env     *sleep.Env
	watcher *watcher
	bar     *progress
	log     *experienceLog // nil if none is asked for
}

// newSimulation makes the policy and the environment of the days that the
// flags ask for, with what the policy reads; it writes nothing.
func (f *runFlags) newSimulation(io IO, world *scenarios.World, policy named) (*simulation, error) {
	workers, err := workerCount(f.workers)
	if err != nil {
		return nil, err
	}
	s := &simulation{
		flags: f, seed: world.Scenario.Seed, watcher: newWatcher(nil),
		bar: io.progress("run "+world.Scenario.Name, int(f.days*86400/world.Scenario.Network.ControlS)),
	}
	if s.policy, err = policy.make(); err != nil {
		return nil, err
	}
	agents.SetWorkers(s.policy, workers)
	if s.log, err = io.newLog(f.log, s.policy); err != nil {
		return nil, err
	}
	columns := agents.Columns(s.policy)
	if s.log != nil {
		columns = loggedColumns(s.policy)
	}
	s.env, err = days(world, columns, f.fromDay, f.days, func(m *sleep.Moment) error {
		s.bar.set(m.Step, "")
		return s.watcher.see(m)
	})
	if err != nil {
		s.log.discard()
		return nil, usage(fmt.Errorf("--days %g: %w", f.days, err), "")
	}
	return s, nil
}

// days returns the environment of some days from a day of the week on, with
// the named columns, nil for all.
func days(world *scenarios.World, columns []string, from int, length float64, observe func(*sleep.Moment) error) (*sleep.Env, error) {
	one := *world
	one.Scenario.Split.EvaluateDays = []int{from}
	one.Scenario.Sleep.EpisodeH = length * 24
	return one.Environment(scenarios.Evaluate, columns, observe)
}

// play plays the episode and records it. Where ctx is cancelled after some
// steps, these are recorded and their result comes with ctx's error.
func (s *simulation) play(ctx context.Context, policy string, run *record.Run) (agents.Result, error) {
	var none agents.Result
	rec, err := newRecorder(run, policy, s.seed, s.flags.cellSteps)
	if err != nil {
		return none, err
	}
	s.watcher.rec = rec
	defer s.bar.close()
	logged, batch, err := s.log.record(s.env)
	if err != nil {
		return none, err
	}
	result, stopped := agents.Rollout(ctx, logged, s.policy, batch, &s.seed)
	if stopped != nil && (!errors.Is(stopped, context.Canceled) || result.Steps == 0) {
		return none, stopped
	}
	if err := rec.endEpisode(s.env.Network()); err != nil {
		return none, err
	}
	if err := rec.close(); err != nil {
		return none, err
	}
	if err := writeFigures(run, policy, s.seed, s.flags.fromDay, result); err != nil {
		return none, err
	}
	return result, stopped
}

// watcher turns what an environment shows into rows of a recorder.
type watcher struct {
	rec     *recorder
	network *sim.Network
	began   []sim.Transition // since the last moment
	at      des.Time
}

func newWatcher(rec *recorder) *watcher { return &watcher{rec: rec} }

// see records the control interval that a moment ends. Transitions reach the
// watcher as they begin; why, the moment tells: at the beginning of the
// interval the policy's wish or what the shield made of it, later the
// shield's emergency rules.
func (w *watcher) see(m *sleep.Moment) error {
	now := m.Network.View().Now
	if m.Step == 0 {
		w.at, w.began = now, w.began[:0]
		if w.network != m.Network {
			w.network = m.Network
			m.Network.OnTransition(func(t sim.Transition) { w.began = append(w.began, t) })
		}
		return nil
	}
	for _, t := range w.began {
		cause := "policy"
		switch {
		case t.At != w.at:
			cause = "emergency"
		case m.Decisions[t.Cell] != m.Wishes[t.Cell]:
			cause = "shield"
		}
		if err := w.rec.transition(t, cause); err != nil {
			return err
		}
	}
	start := w.at
	w.at, w.began = now, w.began[:0]
	return w.rec.interval(m.Network, start)
}

// writeFigures writes the episode's figures as the tables episodes and
// summary.
func writeFigures(run *record.Run, policy string, seed uint64, day int, result agents.Result) error {
	episodes, err := record.NewWriter[record.Episode](run)
	if err != nil {
		return err
	}
	summary, err := record.NewWriter[record.Summary](run)
	if err != nil {
		return err
	}
	figures := append([]env.Figure{{Name: record.FigureReturn, Unit: "1", Value: result.Return}}, result.Figures...)
	for _, f := range figures {
		if err := episodes.Write(record.Episode{
			Phase: record.PhaseEvaluate, Policy: policy, Seed: seed, Day: int32(day), Figure: f.Name, Unit: f.Unit, Value: f.Value,
		}); err != nil {
			return err
		}
		if err := summary.Write(record.Summary{
			Policy: policy, Figure: f.Name, Unit: f.Unit, Measure: record.MeasureTotal, Value: f.Value, CI95: nan, Episodes: 1,
		}); err != nil {
			return err
		}
	}
	if err := episodes.Close(); err != nil {
		return err
	}
	return summary.Close()
}
