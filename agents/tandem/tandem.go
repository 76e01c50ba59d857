// Package tandem trains the two levels of a hierarchy.Policy in turn, each by
// package ppo: the cells in an environment where the coordinator is at work
// (region.Cells), then the coordinator in one where the cells' policy is
// (region.Regions), and so on. Both get the same rewards. The level that does
// not learn acts as it would while learning, by chance: a coordinator finds out
// what its targets do only while cells still respond to them in various ways,
// and cells learn what a target tells only while all of them are set.
//
// Two levels that begin knowing nothing of each other may never come to speak:
// where the cells have learned to do without the target, no coordinator can
// learn to set it, and they have no reason to look at it again. So the target
// has a meaning to begin with, how eager to act, and the coordinator takes the
// first turn: the higher the target of its region, the less a cell's policy
// is inclined to its first action, which in an environment where others can do
// harm is the safe one (Spec.Heed). What is made of that is learned.
//
// The length of a training is that of one by ppo alone with the same settings:
// its iterations are divided between the levels, and an iteration of either
// plays as many steps of the inner environment. So the two can be compared at
// equal steps.
//
// The state between two iterations is a Checkpoint; a training resumed from it
// ends in the same bits, and so does one with another number of workers.
package tandem

import (
	"context"
	"errors"
	"fmt"
	"math"

	"hibernet/agents/hierarchy"
	"hibernet/agents/mlp"
	"hibernet/agents/ppo"
	"hibernet/env"
	"hibernet/env/region"
	"hibernet/sim/rng"
)

// Spec holds how the levels take turns.
type Spec struct {
	CellTurn        int     `yaml:"cell_turn" doc:"iterations of the cells' policy in a turn" unit:"1" min:"1" max:"100000"`
	CoordinatorTurn int     `yaml:"coordinator_turn" doc:"iterations of the coordinator in a turn; it has the first" unit:"1" min:"1" max:"100000"`
	Heed            float64 `yaml:"heed" doc:"how much the cells heed the target at the start: about the fall of the first action's logit from the middle target to the highest; 0 leaves them to find a meaning" unit:"1" min:"0" max:"20"`
}

// DefaultSpec gives three iterations of four to the cells, which have more to
// learn. Ours.
func DefaultSpec() Spec { return Spec{CellTurn: 6, CoordinatorTurn: 2, Heed: 1} }

// Validate returns every fault of the settings.
func (s Spec) Validate() []error {
	var faults []error
	for _, f := range []struct {
		path  string
		value int
	}{{"cell_turn", s.CellTurn}, {"coordinator_turn", s.CoordinatorTurn}} {
		if f.value < 1 || f.value > 100000 {
			faults = append(faults, fmt.Errorf("%s: must be in 1..100000, got %d", f.path, f.value))
		}
	}
	if !(s.Heed >= 0 && s.Heed <= 20) {
		faults = append(faults, fmt.Errorf("heed: must be in [0, 20], got %g", s.Heed))
	}
	return faults
}

// Level is one of the two policies.
type Level uint8

// The levels.
const (
	Cells Level = iota
	Coordinator
)

// String returns "cells" or "coordinator".
func (l Level) String() string {
	if l == Coordinator {
		return "coordinator"
	}
	return "cells"
}

// turn returns which level makes the n-th iteration, from 0.
func (s Spec) turn(n int) Level {
	if n%(s.CellTurn+s.CoordinatorTurn) < s.CoordinatorTurn {
		return Coordinator
	}
	return Cells
}

// share returns how many of the first n iterations each level makes.
func (s Spec) share(n int) (cells, coordinator int) {
	cycle := s.CellTurn + s.CoordinatorTurn
	coordinator = n/cycle*s.CoordinatorTurn + min(n%cycle, s.CoordinatorTurn)
	return n - coordinator, coordinator
}

// Setting is what is trained.
type Setting struct {
	Tandem  Spec
	Regions region.Spec
	Hold    int      // steps of the environment between two decisions
	PPO     ppo.Spec // of the cells; Iterations of both levels together
}

// leastMinibatch is the smallest minibatch that the coordinator's settings
// come to.
const leastMinibatch = 32

// specs returns the settings of the levels' own trainings. The coordinator's
// rollout lasts as many steps of the environment as the cells' does, the
// discount of its long step is that of the steps in it, and its minibatches
// stand for as much of the network: it has far fewer rows, and would otherwise
// take a gradient step or two where the cells take a hundred.
func (s Setting) specs() (cells, coordinator ppo.Spec) {
	cells, coordinator = s.PPO, s.PPO
	cells.Iterations, coordinator.Iterations = s.Tandem.share(s.PPO.Iterations)
	coordinator.Horizon = max(1, s.PPO.Horizon/s.Hold)
	coordinator.Gamma = math.Pow(s.PPO.Gamma, float64(s.Hold))
	coordinator.RowsPerUpdate, coordinator.FirstBias = 0, 0
	coordinator.Minibatch = max(min(leastMinibatch, s.PPO.Minibatch), s.PPO.Minibatch/(s.Regions.Rows*s.Hold))
	return cells, coordinator
}

// Validate returns every fault of the setting.
func (s Setting) Validate() []error {
	faults := append(s.Tandem.Validate(), s.Regions.Validate()...)
	faults = append(faults, s.PPO.Validate()...)
	if s.Hold < 1 {
		return append(faults, fmt.Errorf("hold: must be at least 1 step, got %d", s.Hold))
	}
	if len(faults) == 0 {
		if cells, _ := s.specs(); cells.Iterations < 1 {
			faults = append(faults, fmt.Errorf("coordinator_turn: %d of %d iterations leave none to the cells", s.Tandem.CoordinatorTurn, s.PPO.Iterations))
		}
	}
	return faults
}

// Checkpoint is the state of both levels; nil where a level has made no
// iteration.
type Checkpoint struct{ Cells, Coordinator *ppo.Checkpoint }

// Iterations returns how many both levels have made.
func (c Checkpoint) Iterations() int {
	n := 0
	for _, level := range []*ppo.Checkpoint{c.Cells, c.Coordinator} {
		if level != nil {
			n += level.Iteration
		}
	}
	return n
}

// Options of Train that do not change what is learned, but for Seed.
type Options struct {
	Seed    uint64
	Workers int // goroutines, at least one; does not change the result
	// Resume goes on from there, if it holds anything. Seed and setting must be
	// those that it was made with.
	Resume Checkpoint
	// Checkpoint, if not nil, is given the state after each iteration.
	Checkpoint func(Checkpoint) error
	// Progress, if not nil, is told of each iteration, after Checkpoint.
	Progress func(Level, ppo.Iteration)
}

// Train returns the greedy policy of both levels for the environments that mk
// makes; it is called once. On an error after the beginning, the policy of the
// last completed iteration comes with it.
func Train(ctx context.Context, set Setting, mk func(seed uint64) (env.Environment, error), opt Options) (*hierarchy.Policy, error) {
	if err := errors.Join(set.Validate()...); err != nil {
		return nil, fmt.Errorf("tandem: %w", err)
	}
	e, err := mk(opt.Seed)
	if err != nil {
		return nil, fmt.Errorf("tandem: environment: %w", err)
	}
	t := &training{set: set, opt: opt, inner: e, at: opt.Resume}
	t.specs[Cells], t.specs[Coordinator] = set.specs()
	t.seeds = [2]uint64{opt.Seed, rng.Root(opt.Seed).Named("tandem").Uint64(0)}
	if err := t.begin(); err != nil {
		return nil, fmt.Errorf("tandem: %w", err)
	}
	for n := t.at.Iterations(); n < set.PPO.Iterations; n = t.at.Iterations() {
		if err := t.takeTurn(ctx, set.Tandem.turn(n)); err != nil {
			return t.policy(), fmt.Errorf("tandem: %w", err)
		}
	}
	return t.policy(), nil
}

// training is a training under way.
type training struct {
	set   Setting
	opt   Options
	inner env.Environment
	specs [2]ppo.Spec
	seeds [2]uint64
	first [2]*mlp.Policy // before its first iteration
	at    Checkpoint
}

// begin makes the policies that the levels begin from.
func (t *training) begin() error {
	m, err := region.NewMap(t.inner.Schema(), t.inner.Rows(), t.set.Regions, t.opt.Workers)
	if err != nil {
		return err
	}
	for level, schema := range []env.Schema{m.RowSchema(), m.Schema()} {
		spec := t.specs[level]
		sizes := append(append([]int{len(schema.Fields)}, spec.Hidden...), len(schema.Actions))
		if err := mlp.CheckShape(sizes, spec.Activation); err != nil {
			return fmt.Errorf("%v: network: %w", Level(level), err)
		}
		net := mlp.New(sizes, spec.Activation, 0.01, rng.Root(t.seeds[level]).Named("weights"))
		net.B[len(net.B)-1][0] = float32(spec.FirstBias)
		if Level(level) == Cells {
			heed(net, len(schema.Fields)-1, float32(t.set.Tandem.Heed))
		}
		t.first[level] = &mlp.Policy{Actor: net, Schema: schema, Label: Level(level).String(), Workers: t.opt.Workers}
	}
	return nil
}

// heed gives the first unit of each hidden layer over to an input column in
// [-1, 1], and has the first output fall with it, by weight where no tanh
// flattens it.
func heed(net *mlp.Net, column int, weight float32) {
	if weight == 0 {
		return
	}
	last := len(net.W) - 1
	for l, w := range net.W[:last] {
		out := net.Sizes[l+1]
		for in := range net.Sizes[l] {
			w[in*out] = 0
		}
		w[column*out], column = 1, 0
	}
	clear(net.W[last][:net.Sizes[last+1]])
	net.W[last][0] = -weight
	if net.Activation == mlp.ReLU { // which is 0 below 0: lift the column to [0, 2]
		net.B[0][0] = 1
		net.B[last][0] += weight
	}
}

// checkpoint returns a level's state, nil before its first iteration.
func (t *training) checkpoint(l Level) *ppo.Checkpoint {
	if l == Coordinator {
		return t.at.Coordinator
	}
	return t.at.Cells
}

// acting returns a level's policy as it is, greedy or not.
func (t *training) acting(l Level, greedy bool) *mlp.Policy {
	p := *t.first[l]
	if c := t.checkpoint(l); c != nil {
		p = *c.Policy()
		p.Label = l.String()
	}
	p.Greedy, p.Workers = greedy, t.opt.Workers
	return &p
}

// environment returns what a level learns in.
func (t *training) environment(l Level) (env.Environment, error) {
	if l == Coordinator {
		return region.NewRegions(t.inner, t.set.Regions, t.acting(Cells, false), t.set.Hold, t.opt.Workers)
	}
	return region.NewCells(t.inner, t.set.Regions, t.acting(Coordinator, false), t.set.Hold, t.opt.Workers)
}

// takeTurn makes iterations of a level to the end of its turn or of the
// training.
func (t *training) takeTurn(ctx context.Context, l Level) error {
	turn, stop := context.WithCancel(ctx)
	defer stop()
	over := false
	opt := ppo.Options{
		Seed: t.seeds[l], Workers: t.opt.Workers, Init: t.first[l], Resume: t.checkpoint(l),
		Checkpoint: func(c *ppo.Checkpoint) error {
			if l == Coordinator {
				t.at.Coordinator = c
			} else {
				t.at.Cells = c
			}
			if t.opt.Checkpoint == nil {
				return nil
			}
			return t.opt.Checkpoint(t.at)
		},
		Progress: func(it ppo.Iteration) {
			if t.opt.Progress != nil {
				t.opt.Progress(l, it)
			}
			if n := t.at.Iterations(); n == t.set.PPO.Iterations || t.set.Tandem.turn(n) != l {
				over = true
				stop()
			}
		},
	}
	_, err := ppo.Train(turn, t.specs[l], func(uint64) (env.Environment, error) { return t.environment(l) }, opt)
	if over && ctx.Err() == nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%v: %w", l, err)
	}
	return nil
}

// policy returns the pair as it is.
func (t *training) policy() *hierarchy.Policy {
	p := &hierarchy.Policy{
		Label: "coordinated", Regions: t.set.Regions, Hold: t.set.Hold,
		Cells: t.acting(Cells, true), Coordinator: t.acting(Coordinator, true),
	}
	p.SetWorkers(1)
	return p
}
