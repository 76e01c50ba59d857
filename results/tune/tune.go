// Package tune finds the settings of the threshold rule that save the most
// energy while they keep the guards: what a good engineer gets from the rule, and
// what trained policies are to be compared with.
//
// Way of the data: environments on training days and the guards → Threshold draws
// points of the unit cube, first evenly and then around the best one, turns each
// into settings, plays them all on the same seeds as always-on, and ranks them: those
// that keep the guards by energy, then the others by how far they break them →
// the best settings. First one set for all cells is sought, then, one class after
// the other, a set for the cells of each area class.
//
// The search depends on its seed only: the same settings come out for any number
// of workers.
package tune

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"

	"hibernet/agents"
	"hibernet/agents/baseline"
	"hibernet/results/evaluate"
	"hibernet/results/sweep/search"
	"hibernet/sim/kpi"
	"hibernet/sim/rng"
)

const (
	alwaysOn = "always_on"
	energy   = "energy_kwh"
	// population is the number of points that are drawn before the best of them
	// moves the next ones. It is part of what fixes the result.
	population = 10
)

// Task says what is tuned on.
type Task struct {
	Make     evaluate.Maker // environments on training days
	Seeds    []uint64
	Episodes int         // on each seed
	Guards   []kpi.Guard // to be kept on every seed
	// Margin is the share of the room to its limit (kpi.Guard.Tightened) that a
	// policy must keep free of each guard, so that they hold on other days too.
	Margin float64
	// Base is where the search begins: the best is never worse.
	Base baseline.ThresholdSpec
	// Classes get thresholds of their own; none for one set for all cells. The
	// environment must have their columns.
	Classes []string
}

// Options of Threshold.
type Options struct {
	Trials  int // settings tried for each class and for all cells, at least 1
	Seed    uint64
	Workers int // concurrent environments, at least 1
	// Progress, if not nil, is called after each generation.
	Progress func(done, total int, best Best)
}

// Best is the best settings found.
type Best struct {
	Spec    baseline.ThresholdSpec
	Verdict evaluate.Verdict // on the training days
	// Violation is by how much the guards and their margin are broken, as a sum
	// of shares of the limits; 0 if all hold.
	Violation float64
	Trials    int // played until then
}

// Threshold searches. If ctx ends it returns the best so far with the error of
// ctx; Trials is then 0 if there is none yet.
func Threshold(ctx context.Context, task Task, opt Options) (Best, error) {
	if opt.Trials < 1 || !(task.Margin >= 0 && task.Margin < 1) {
		return Best{}, fmt.Errorf("tune: needs at least 1 trial and a margin from 0 to below 1, got %d and %g", opt.Trials, task.Margin)
	}
	t := tuner{task: task, opt: opt, total: 1 + opt.Trials*(1+len(task.Classes))}
	if err := t.begin(ctx); err != nil {
		return Best{}, err
	}
	root := rng.Root(opt.Seed).Named("tune.threshold")
	for i, class := range append([]string{""}, task.Classes...) {
		if i == 1 {
			t.all, t.known = t.point, t.point != nil
		}
		if t.known {
			t.point = t.all // each class begins where all cells together are best
		}
		if err := t.search(ctx, class, root.At(uint64(i))); err != nil {
			return t.best, err
		}
	}
	return t.best, nil
}

type tuner struct {
	task   Task
	opt    Options
	always []evaluate.Episode
	best   Best
	point  []float64 // of the best of the present search, nil if none beat the base
	all    []float64 // that of the search for all cells
	known  bool      // whether a search begins from a good point
	done   int
	total  int
}

// begin plays always-on and the base.
func (t *tuner) begin(ctx context.Context) error {
	episodes, err := t.play(ctx, evaluate.Contender{Name: alwaysOn, New: func() (agents.Policy, error) { return &baseline.AlwaysOn{}, nil }})
	if err != nil {
		return err
	}
	t.always = episodes
	scores, err := t.try(ctx, []baseline.ThresholdSpec{t.task.Base})
	if err == nil && math.IsNaN(scores[0].Value) {
		return errors.New("tune: the environment has no figure " + energy)
	}
	return err
}

func (t *tuner) play(ctx context.Context, contenders ...evaluate.Contender) ([]evaluate.Episode, error) {
	return evaluate.Run(ctx, t.task.Make, contenders, evaluate.Options{Seeds: t.task.Seeds, Episodes: t.task.Episodes, Workers: t.opt.Workers})
}

// search tries settings for the cells of a class, "" for all. It is an evolution
// strategy of the kind (1+n) with falling steps: what the rule saves has jumps
// where guards begin to bind, so that a search that follows slopes, or the
// covariance of good points, comes to rest at the wrong one (CMA-ES of package
// search missed the best of a coarse grid).
func (t *tuner) search(ctx context.Context, class string, key rng.Key) error {
	base := t.best.Spec // what the other classes keep
	for first := 0; first < t.opt.Trials; first += population {
		n := min(population, t.opt.Trials-first)
		points, specs := make([][]float64, n), make([]baseline.ThresholdSpec, n)
		for i := range points {
			points[i] = t.draw(key.At(uint64(first+i)).Stream(), float64(first)/float64(t.opt.Trials))
			specs[i] = with(base, class, decode(points[i]))
		}
		before := t.best.Trials
		if _, err := t.try(ctx, specs); err != nil {
			return err
		}
		if t.best.Trials != before {
			t.point = points[t.best.Trials-t.done+n-1]
		}
	}
	return nil
}

// Steps of the search, as shares of the ranges: from the first to the last. Each
// setting is changed with probability change, so that the others may stay where
// they are good. The first part of a search that knows no good point draws evenly.
const (
	firstStep, lastStep = 0.3, 0.02
	change              = 0.4
	evenShare           = 1.0 / 3
)

// draw returns a point to try when a share of the trials is over.
func (t *tuner) draw(r *rng.Stream, over float64) []float64 {
	p := make([]float64, dimensions)
	even := t.point == nil || over < evenShare && !t.known
	step := firstStep * math.Pow(lastStep/firstStep, over)
	for i := range p {
		u, moved := r.Float64(), r.Float64() < change
		switch z := r.Norm(); {
		case even:
			p[i] = u
		case moved:
			p[i] = min(max(t.point[i]+step*z, 0), 1)
		default:
			p[i] = t.point[i]
		}
	}
	return p
}

// with returns the spec with the thresholds of a class, "" for all cells.
func with(spec baseline.ThresholdSpec, class string, t baseline.ClassThresholds) baseline.ThresholdSpec {
	if class == "" {
		return baseline.ThresholdSpec{
			OwnSleepBelow: t.OwnSleepBelow, CandidateSleepBelow: t.CandidateSleepBelow, SleepAfterS: t.SleepAfterS,
			CandidateWakeAbove: t.CandidateWakeAbove, WakeAfterS: t.WakeAfterS, DwellS: t.DwellS, State: t.State, Classes: spec.Classes,
		}
	}
	spec.Classes = maps.Clone(spec.Classes)
	if spec.Classes == nil {
		spec.Classes = map[string]baseline.ClassThresholds{}
	}
	spec.Classes[class] = t
	return spec
}

// try plays settings and keeps the best.
func (t *tuner) try(ctx context.Context, specs []baseline.ThresholdSpec) ([]search.Score, error) {
	contenders := make([]evaluate.Contender, len(specs))
	for i, s := range specs {
		contenders[i] = evaluate.Contender{Name: fmt.Sprint(i), New: func() (agents.Policy, error) { return baseline.NewThreshold(s) }}
	}
	episodes, err := t.play(ctx, contenders...)
	if err != nil {
		return nil, err
	}
	both := append(append([]evaluate.Episode(nil), t.always...), episodes...)
	c, err := evaluate.Compare(both, evaluate.Against{AlwaysOn: alwaysOn, Guards: t.task.Guards})
	if err != nil {
		return nil, err
	}
	scores := make([]search.Score, len(specs))
	for i := range specs {
		v := c.Verdicts[i+1]
		scores[i] = search.Score{Value: float64(v.EnergyKWh), Violation: t.violation(v)}
		t.done++
		if t.best.Trials == 0 || search.Order([]search.Score{{Value: float64(t.best.Verdict.EnergyKWh), Violation: t.best.Violation}, scores[i]})[0] == 1 {
			v.Policy = "threshold"
			t.best = Best{Spec: specs[i], Verdict: v, Violation: scores[i].Violation, Trials: t.done}
		}
	}
	if t.opt.Progress != nil {
		t.opt.Progress(t.done, t.total, t.best)
	}
	return scores, nil
}

// violation returns by how much the guards with their margin are broken.
func (t *tuner) violation(v evaluate.Verdict) float64 {
	sum := 0.0
	for i, g := range t.task.Guards {
		limit := g.Tightened(float64(v.Guards[i].Limit), t.task.Margin)
		sum += max(g.Excess(float64(v.Guards[i].Value), limit), 0)
	}
	return sum
}
