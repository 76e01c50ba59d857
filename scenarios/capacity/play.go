package capacity

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"time"

	"hibernet/agents"
	"hibernet/agents/ppo"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/scenarios"
)

// Preset is the scenario that is played, scaled.
const Preset = "national"

// Scaled returns the preset with its areas scaled to about so many cells.
func Scaled(cells int) (scenarios.Scenario, error) {
	text, err := scenarios.PresetText(Preset)
	if err != nil {
		return scenarios.Scenario{}, err
	}
	sc, err := scenarios.Load(Preset, text, nil)
	if err != nil {
		return scenarios.Scenario{}, err
	}
	scale := float64(cells) / float64(sc.Topology.Size(0).Cells)
	for i := range sc.Topology.Areas {
		a := &sc.Topology.Areas[i]
		a.Sites = max(1, int(math.Round(float64(a.Sites)*scale)))
	}
	if faults := sc.Topology.Validate(); len(faults) > 0 {
		return sc, fmt.Errorf("%s with %d cells: %w", Preset, cells, faults[0])
	}
	return sc, nil
}

// Played is what a network came to.
type Played struct {
	Sites, Sectors, Cells int
	BuildS                float64 // topology, demand, calibration of the load, the network and its environment
	TopologyS             float64 // of it, sites, sectors, cells and their links
	Steps                 int     // control intervals timed
	StepsS                float64
	AllocsPerStep         float64 // of memory, by the whole program
	Iterations            float64 // passes of the load coupling a step
	Sweeps                float64 // times that a cell was worked through, a step
	DroppedPct            float64 // of the traffic offered meanwhile
	LoadMean              float64
}

// CellStepsPerS is the speed of whole control steps.
func (p Played) CellStepsPerS() float64 { return float64(p.Cells) * float64(p.Steps) / p.StepsS }

// Play builds the scenario and plays it from Monday 00:00 under the rule
// threshold, with everything that a step is: epoch, association, coupling,
// power, figures, the shield, and the rule. The first step, which finds every
// cell awake and makes what is made once, is not timed. tell is given what is
// done as it gets on.
func (m Machine) Play(ctx context.Context, sc scenarios.Scenario, steps int, tell func(text string, share float64)) (Played, error) {
	var out Played
	from := m.Clock()
	world, err := scenarios.Build(ctx, sc, scenarios.Inputs{Progress: func(p scenarios.Progress) {
		if p.Stage == "topology" {
			out.TopologyS = (m.Clock() - from).Seconds()
		}
		tell("build: "+p.Stage, 0)
	}}, m.Workers)
	if err != nil {
		return out, err
	}
	world.Scenario.Sleep.EpisodeH = math.Ceil(float64(steps+1)*sc.Network.ControlS/86400) * 24
	world.Scenario.Split.EvaluateDays = []int{0} // nothing is judged: it may be a day of training
	policy, err := world.Baseline("threshold")
	if err != nil {
		return out, err
	}
	e, err := world.Environment(scenarios.Evaluate, agents.Columns(policy), nil)
	if err != nil {
		return out, err
	}
	t := world.Topology
	out.Sites, out.Sectors, out.Cells = t.Sites(), t.Sectors(), t.NumCells()
	out.BuildS = (m.Clock() - from).Seconds()
	return out, m.steps(ctx, &out, e, policy, sc.Seed, steps, tell)
}

// steps plays the steps of Play.
func (m Machine) steps(ctx context.Context, out *Played, e *sleep.Env, policy agents.Policy, seed uint64, steps int, tell func(string, float64)) error {
	b, actions := env.NewPlayBatch(e), make([]int32, e.Rows())
	if err := policy.Reset(e.Schema(), e.Rows(), seed); err != nil {
		return err
	}
	if err := e.Reset(&seed, b); err != nil {
		return err
	}
	step := func() error {
		if err := policy.ActTo(actions, b); err != nil {
			return err
		}
		return e.Step(actions, b)
	}
	if err := step(); err != nil {
		return err
	}
	var before, after runtime.MemStats
	_, passes := e.Network().SolveCounts()
	sweeps := e.Network().CellIterations()
	runtime.ReadMemStats(&before)
	from := m.Clock()
	for i := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(); err != nil {
			return err
		}
		tell("steps", float64(i+1)/float64(steps))
	}
	out.Steps, out.StepsS = steps, (m.Clock() - from).Seconds()
	runtime.ReadMemStats(&after)
	out.AllocsPerStep = float64(after.Mallocs-before.Mallocs) / float64(steps)
	_, last := e.Network().SolveCounts()
	out.Iterations = float64(last-passes) / float64(steps)
	out.Sweeps = float64(e.Network().CellIterations()-sweeps) / float64(steps) / float64(out.Cells)
	totals := e.Totals()
	out.DroppedPct = 100 * totals.DroppedBit / totals.OfferedBit
	out.LoadMean = totals.LoadS / totals.CellS
	return nil
}

// Size of what Learn trains on.
const (
	LearnCells   = 10_000
	learnHorizon = 24
)

// Learned is the speed of a training and where its time goes.
type Learned struct {
	StepsPerS float64 // row-steps a second
	Shares    Shares
}

// Shares of a training's time. The first three add up to 1; the others are
// parts of Learn, without the work of gathering minibatches.
type Shares struct {
	Simulate float64 `json:"simulate"` // in the environment
	Infer    float64 `json:"infer"`    // the rest of the rollout: policy, values, samples
	Learn    float64 `json:"learn"`    // returns, minibatches, passes forward and backward, optimiser

	Forward   float64 `json:"forward"`
	Backward  float64 `json:"backward"`
	Optimiser float64 `json:"optimiser"`
}

// Learn measures PPO end to end (simulate, infer, learn) on a network of 10,000
// cells: two hidden layers of 64 that policy and value share, two epochs over
// rollouts of 24 steps. The first of two iterations, which builds the graphs,
// does not count.
func (m Machine) Learn(ctx context.Context) (Learned, error) {
	sc, err := Scaled(LearnCells)
	if err != nil {
		return Learned{}, err
	}
	world, err := scenarios.Build(ctx, sc, scenarios.Inputs{}, m.Workers)
	if err != nil {
		return Learned{}, err
	}
	spec := sc.PPO
	spec.Iterations, spec.Horizon, spec.Epochs, spec.RowsPerUpdate, spec.Hidden = 2, learnHorizon, 2, 0, []int{hidden, hidden}
	spec.SharedTrunk = true
	var out Learned
	simulated := &timed{clock: m.Clock}
	_, err = ppo.Train(ctx, spec, func(uint64) (env.Environment, error) {
		e, err := world.Environment(scenarios.Train, nil, nil)
		simulated.Environment = e
		return simulated, err
	}, ppo.Options{
		Seed: sc.Seed, Workers: m.Workers, Clock: m.Clock, Lap: m.Clock,
		Progress: func(it ppo.Iteration) {
			s := simulated.spent.Seconds()
			simulated.spent = 0
			all := it.PlayS + it.LearnS
			out = Learned{it.StepsPerS, Shares{
				Simulate: s / all, Infer: (it.PlayS - s) / all, Learn: it.LearnS / all,
				Forward: it.Laps.ForwardS / all, Backward: it.Laps.BackwardS / all, Optimiser: it.Laps.OptimiserS / all,
			}}
		},
	})
	return out, err
}

// timed is an environment that adds up the time spent in it.
type timed struct {
	env.Environment
	clock func() time.Duration
	spent time.Duration
}

func (t *timed) Reset(seed *uint64, b *env.Batch) error {
	from := t.clock()
	defer func() { t.spent += t.clock() - from }()
	return t.Environment.Reset(seed, b)
}

func (t *timed) Step(actions []int32, b *env.Batch) error {
	from := t.clock()
	defer func() { t.spent += t.clock() - from }()
	return t.Environment.Step(actions, b)
}
