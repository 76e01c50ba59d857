package cli

import (
	"context"
	"fmt"
	"math"
	"slices"

	"hibernet/agents"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/env/variation"
	"hibernet/scenarios"
)

// figureEnergy is the figure that savings are of.
const figureEnergy = "energy_kwh"

// figureThroughput is the one whose cost depends on its limit.
const figureThroughput = "throughput_p5_mbps"

// judge gives verdicts on policies while they are trained: on training days
// that are held out from learning, never on the days for judging.
type judge struct {
	world   *scenarios.World
	workers int
	heldOut []int  // days, ascending; none where no verdicts are asked for
	learned []int  // the other training days
	draws   []draw // that verdicts are given on; nil before the first
}

// draw is one draw of the traffic of the held-out days.
type draw struct {
	seed     uint64
	alwaysOn episodes
	limits   []train.Limit
}

func newJudge(world *scenarios.World, workers int) *judge {
	days, spec := world.Scenario.Split.Days(scenarios.Train), world.Scenario.Training
	j := &judge{world: world, workers: workers, learned: days}
	if spec.JudgeEvery > 0 {
		split := len(days) - spec.HeldOut
		j.learned, j.heldOut = days[:split], days[split:]
	}
	return j
}

// learning returns the world without the days that are held out, and with the
// limit on throughput, if there is one, as what its cost is told by.
func (j *judge) learning(limits []train.Limit) *scenarios.World {
	w := onDays(j.world, j.learned)
	for _, l := range limits {
		if l.Guard.Figure == figureThroughput {
			w = w.Guarding(l.Bound)
		}
	}
	return w
}

// onDays returns the world with the given days in both phases: drawn at random
// or episodes one after the other.
func onDays(w *scenarios.World, days []int) *scenarios.World {
	other := w.WithWorkers(w.Workers())
	other.Scenario.Split.TrainDays, other.Scenario.Split.EvaluateDays = days, days
	other.Scenario.Shift = variation.DefaultSpec() // a training may not know what it will be judged on
	return other
}

// heldOutSeed returns the seed of the episodes of a draw for verdicts: neither
// that of training nor one of evaluationSeed.
func heldOutSeed(seed uint64, n int) uint64 { return seed + 500_009 + 1_000_003*uint64(n) }

// verdict plays a policy on the days that are held out, in every draw.
func (j *judge) verdict(ctx context.Context, policy train.Policy) (train.Verdict, error) {
	if err := j.draw(ctx); err != nil {
		return train.Verdict{}, err
	}
	agents.SetWorkers(policy, j.workers)
	verdicts := make([]train.Verdict, len(j.draws))
	for i, d := range j.draws {
		got, err := j.play(ctx, policy, j.heldOut, d.seed)
		if err != nil {
			return train.Verdict{}, err
		}
		saving := 1 - got.mean(figureEnergy)/d.alwaysOn.mean(figureEnergy)
		if math.IsNaN(saving) || math.IsInf(saving, 0) {
			return train.Verdict{}, fmt.Errorf("the saving is not finite: %g of %g kWh", got.mean(figureEnergy), d.alwaysOn.mean(figureEnergy))
		}
		verdicts[i] = train.Judge(saving, d.limits, got.mean)
	}
	return train.Together(verdicts), nil
}

// draw plays the always-on network in each draw, once.
func (j *judge) draw(ctx context.Context) error {
	for n := len(j.draws); n < j.world.Scenario.Training.JudgeSeeds; n++ {
		d := draw{seed: heldOutSeed(j.world.Scenario.Seed, n)}
		var err error
		if d.alwaysOn, d.limits, err = j.resolve(ctx, j.heldOut, d.seed, j.world.Scenario.Training.JudgeMargin); err != nil {
			return err
		}
		j.draws = append(j.draws, d)
	}
	return nil
}

// resolve plays the always-on network on days and returns the limits that the
// scenario's guards have there, tightened by a margin.
func (j *judge) resolve(ctx context.Context, days []int, seed uint64, margin float64) (episodes, []train.Limit, error) {
	guards, faults := j.world.Scenario.ParseGuards()
	if len(faults) > 0 {
		return nil, nil, faults[0]
	}
	policy, err := j.world.Baseline("always_on")
	if err != nil {
		return nil, nil, err
	}
	on, err := j.play(ctx, policy, days, seed)
	if err != nil {
		return nil, nil, fmt.Errorf("always-on: %w", err)
	}
	limits, err := train.Resolve(guards, margin, on.mean)
	return on, limits, input(err, "")
}

// learnedUnder returns the limits that an algorithm learns under, nil if none:
// those of the always-on network on the days that it learns on.
func (j *judge) learnedUnder(ctx context.Context, algo string) ([]train.Limit, error) {
	if !limited(algo) {
		return nil, nil
	}
	_, limits, err := j.resolve(ctx, j.learned, heldOutSeed(j.world.Scenario.Seed, 0), j.world.Scenario.Training.Margin)
	if err != nil {
		return nil, err
	}
	schema := sleep.NewSchema()
	for _, l := range limits {
		if _, ok := schema.Guard(l.Guard.Figure); !ok {
			return nil, input(fmt.Errorf("guard %q: no policy can learn to keep it: the environment has no cost for %s", l.Guard, l.Guard.Figure), "")
		}
	}
	return limits, nil
}

// episodes are the figures of the episodes of some days.
type episodes [][]env.Figure

func (j *judge) play(ctx context.Context, policy agents.Policy, days []int, seed uint64) (episodes, error) {
	e, err := onDays(j.world, days).Environment(scenarios.Evaluate, agents.Columns(policy), nil)
	if err != nil {
		return nil, err
	}
	b, next := env.NewBatch(e), &seed
	var list episodes
	for range days {
		r, err := agents.Rollout(ctx, e, policy, b, next)
		if err != nil {
			return nil, err
		}
		list, next = append(list, slices.Clone(r.Figures)), nil
	}
	return list, nil
}

// mean returns the mean of a figure over the episodes, NaN where one has none.
func (p episodes) mean(name string) float64 {
	sum := 0.0
	for _, figures := range p {
		i := slices.IndexFunc(figures, func(f env.Figure) bool { return f.Name == name })
		if i < 0 {
			return math.NaN()
		}
		sum += figures[i].Value
	}
	return sum / float64(len(p))
}
