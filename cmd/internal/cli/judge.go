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
	world    *scenarios.World
	workers  int
	heldOut  []int // days, ascending; none where no verdicts are asked for
	learned  []int // the other training days
	alwaysOn episodes
	limits   []train.Limit // nil before the first verdict
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

// heldOutSeed returns the seed of the episodes of verdicts: neither that of
// training nor one of evaluationSeed.
func heldOutSeed(seed uint64) uint64 { return seed + 500_009 }

// verdict plays a policy on the days that are held out.
func (j *judge) verdict(ctx context.Context, policy train.Policy) (train.Verdict, error) {
	if j.limits == nil {
		var err error
		if j.alwaysOn, j.limits, err = j.resolve(ctx, j.heldOut); err != nil {
			return train.Verdict{}, err
		}
	}
	agents.SetWorkers(policy, j.workers)
	got, err := j.play(ctx, policy, j.heldOut)
	if err != nil {
		return train.Verdict{}, err
	}
	saving := 1 - got.mean(figureEnergy)/j.alwaysOn.mean(figureEnergy)
	if math.IsNaN(saving) || math.IsInf(saving, 0) {
		return train.Verdict{}, fmt.Errorf("the saving is not finite: %g of %g kWh", got.mean(figureEnergy), j.alwaysOn.mean(figureEnergy))
	}
	return train.Judge(saving, j.limits, got.mean), nil
}

// resolve plays the always-on network on days and returns the limits that the
// scenario's guards have there.
func (j *judge) resolve(ctx context.Context, days []int) (episodes, []train.Limit, error) {
	guards, faults := j.world.Scenario.ParseGuards()
	if len(faults) > 0 {
		return nil, nil, faults[0]
	}
	policy, err := j.world.Baseline("always_on")
	if err != nil {
		return nil, nil, err
	}
	on, err := j.play(ctx, policy, days)
	if err != nil {
		return nil, nil, fmt.Errorf("always-on: %w", err)
	}
	limits, err := train.Resolve(guards, on.mean)
	return on, limits, input(err, "")
}

// learnedUnder returns the limits that an algorithm learns under, nil if none:
// those of the always-on network on the days that it learns on.
func (j *judge) learnedUnder(ctx context.Context, algo string) ([]train.Limit, error) {
	if !limited(algo) {
		return nil, nil
	}
	_, limits, err := j.resolve(ctx, j.learned)
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

func (j *judge) play(ctx context.Context, policy agents.Policy, days []int) (episodes, error) {
	e, err := onDays(j.world, days).Environment(scenarios.Evaluate, agents.Columns(policy), nil)
	if err != nil {
		return nil, err
	}
	seed := heldOutSeed(j.world.Scenario.Seed)
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
