package cli

import (
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

	"hibernet/agents/mlp"
	"hibernet/agents/ppo"
	"hibernet/agents/replay"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/results/record"
	"hibernet/results/tensorboard"
	"hibernet/scenarios"
)

// training is a training under way.
type training struct {
	io      IO
	algo    string
	sc      scenarios.Scenario
	out     output
	run     *record.Run
	started time.Time
	init    *mlp.Policy    // to begin from; nil for random weights
	teacher teacher        // to imitate first
	data    string         // log that is learned from, "" for the simulator
	memory  *replay.Memory // of data
	gather  ppo.Gather     // nil where its shards are played here
	whole   bool           // it was complete before
	resume  train.Checkpoint
	history []train.Iteration // complete ones
	learner train.Learner
	best    []byte // the policy of the best verdict, nil before the first
	curves  *curves

	manifest *record.Manifest // once it is complete here
	seconds  float64          // that it took here
}

// restore reads the state of an interrupted training of the same scenario. One
// that is complete is left as it is where mayBeWhole, else it is an error.
func (t *training) restore(dir string, mayBeWhole bool) error {
	if exists(filepath.Join(dir, record.ManifestName)) {
		if !mayBeWhole {
			return errors.New("is complete: there is nothing to go on with")
		}
		return t.restoreWhole(dir)
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
	if err := sameScenario(begun, t.sc); err != nil {
		return err
	}
	if err := t.teacher.same(dir); err != nil {
		return err
	}
	if t.resume, err = decodeCheckpoint(t.algo, data); err != nil {
		return fmt.Errorf("%s: %w", checkpointFile, err)
	}
	if err := t.readHistory(dir); err != nil {
		return err
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

// restoreWhole reads what a complete training came to.
func (t *training) restoreWhole(dir string) error {
	folder, err := record.Open(dir, record.OpenOptions{})
	if err != nil {
		return err
	}
	if err := sameScenario(folder.Manifest, t.sc); err != nil {
		return err
	}
	t.whole = true
	return t.readHistory(dir)
}

func (t *training) readHistory(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, historyFile))
	if err != nil {
		return err
	}
	if err := mlp.StrictJSON(data, &t.history); err != nil {
		return fmt.Errorf("%s: %w", historyFile, err)
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
	teacher, err := t.teacher.policy()
	if err != nil {
		return err
	}
	t.learner, err = newLearner(t.algo, sc, func(uint64) (env.Environment, error) {
		e, err := judge.learning(limits).Environment(scenarios.Train, nil, func(*sleep.Moment) error {
			bar.set(len(t.history), note)
			return nil
		})
		return e, err
	}, learnerOptions{
		init: t.init, teacher: teacher, resume: t.resume, memory: t.memory, gather: t.gather, limits: limits, workers: workers,
		clock: func() time.Duration { return t.io.Now().Sub(t.started) },
	})
	if err != nil {
		return err
	}
	bar.total = t.learner.Iterations()
	if t.curves, err = newCurves(filepath.Join(t.run.Dir(), tensorboard.FileName), t.started, t.history); err != nil {
		return err
	}
	defer t.curves.close()
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

// limits returns the limits that the algorithm learns under, nil if none. They
// are recorded.
func (t *training) limits(ctx context.Context, j *judge) ([]train.Limit, error) {
	limits, err := j.learnedUnder(ctx, t.algo)
	for _, l := range limits {
		t.run.Note("limit_"+l.Guard.Figure, strconv.FormatFloat(l.Bound, 'g', -1, 64))
	}
	return limits, err
}

// noteOf is what the line of progress tells beside how far it is: the return, what
// the last verdict says is saved, and by how much each limit is exceeded, as a share
// of it, negative where there is slack: by the policy that was judged last or, where
// none is judged, in what was played last.
func noteOf(history []train.Iteration) string {
	last := history[len(history)-1]
	note := fmt.Sprintf("return %.2f", last.Return)
	excess := func(figure string, share float64) {
		const most = 9.99 // more says no more, in more columns
		note += fmt.Sprintf(", %s %+.0f %%", figure, 100*min(max(share, -most), most))
	}
	if v := lastVerdict(history); v != nil {
		note += fmt.Sprintf(", saving %.1f %%", 100*v.Saving)
		for _, held := range v.Guards {
			excess(held.Figure, held.Excess)
		}
	} else {
		for _, f := range last.Learning {
			if figure, ok := strings.CutPrefix(f.Name, "excess_"); ok {
				excess(figure, f.Value)
			}
		}
	}
	if agreement := last.Figure("agreement"); !math.IsNaN(agreement) {
		note += fmt.Sprintf(", agreement %.1f %%", 100*agreement)
	}
	return note + fmt.Sprintf(", %.0f steps/s", last.StepsPerS)
}

// lastVerdict returns the latest verdict, nil if there is none.
func lastVerdict(history []train.Iteration) *train.Verdict {
	for _, it := range slices.Backward(history) {
		if it.Verdict != nil {
			return it.Verdict
		}
	}
	return nil
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
	if err := t.run.WriteFile(checkpointFile, data); err != nil {
		return err
	}
	return t.curves.add(it)
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
