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
//
// The files: spec.go has the settings, checkpoint.go the state.
package tandem

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hibernet/agents/hierarchy"
	"hibernet/agents/mlp"
	"hibernet/agents/ppo"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/region"
	"hibernet/sim/rng"
)

// Name is what the algorithm is called, NameLimited what it is under limits.
const (
	Name        = "coordinated"
	NameLimited = "coordinated-lagrangian"
)

// Options that do not change what is learned, but for Seed.
type Options struct {
	Seed    uint64
	Workers int // goroutines, at least one; does not change the result
	// Limits, if any, have both levels learn under them, each with multipliers of
	// its own: see ppo.Options.
	Limits []train.Limit
	// Resume, if not nil, goes on from there. Seed and setting must be those
	// that it was made with.
	Resume *Checkpoint
	// Clock, if not nil, is a running time, for the speeds in an iteration.
	Clock func() time.Duration
}

// New returns a training for the environments that mk makes; it is called
// once. It is for train.Run.
func New(set Setting, mk func(seed uint64) (env.Environment, error), opt Options) (train.Learner, error) {
	l, err := newLearner(set, mk, opt)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Name, err)
	}
	return l, nil
}

// Train returns the greedy policy of both levels after all iterations.
func Train(ctx context.Context, set Setting, mk func(seed uint64) (env.Environment, error), opt Options) (*hierarchy.Policy, error) {
	l, err := newLearner(set, mk, opt)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Name, err)
	}
	_, err = train.Run(ctx, l, train.Options{History: make([]train.Iteration, l.Completed())})
	return l.checkpoint().policy(), err
}

// learner is a training under way: a learner by ppo for each level, each in an
// environment where a copy of the other level's policy acts.
type learner struct {
	set   Setting
	inner env.Environment
	level [2]train.Learner
	other [2]*partner // who acts in the environment of the level
	fresh [2]bool     // it is the other level's policy as it is now
}

var _ train.Learner = (*learner)(nil)

// partner is the policy of the level that does not learn. It acts by chance.
type partner struct{ *mlp.Policy }

func newLearner(set Setting, mk func(seed uint64) (env.Environment, error), opt Options) (*learner, error) {
	if err := errors.Join(set.Validate()...); err != nil {
		return nil, err
	}
	e, err := mk(opt.Seed)
	if err != nil {
		return nil, fmt.Errorf("environment: %w", err)
	}
	m, err := region.NewMap(e.Schema(), e.Rows(), set.Regions, opt.Workers)
	if err != nil {
		return nil, err
	}
	if opt.Resume != nil && !opt.Resume.fits(set) {
		return nil, errors.New("resume: the checkpoint was made with other settings of regions, turns or decisions")
	}
	l := &learner{set: set, inner: e}
	schemas := [2]env.Schema{Cells: m.RowSchema(), Coordinator: m.Schema()}
	for level, schema := range schemas {
		l.other[1-level] = &partner{&mlp.Policy{Schema: schema, Label: Level(level).String(), Workers: opt.Workers}}
	}
	for level, schema := range schemas {
		if l.level[level], err = l.start(Level(level), schema, opt); err != nil {
			return nil, fmt.Errorf("%v: %w", Level(level), err)
		}
	}
	return l, nil
}

// start returns the learner of a level.
func (l *learner) start(level Level, schema env.Schema, opt Options) (train.Learner, error) {
	// The levels draw from streams of their own.
	o := ppo.Options{Seed: opt.Seed, Workers: opt.Workers, Limits: opt.Limits, Clock: opt.Clock}
	cells, spec := l.set.specs()
	mk := func(uint64) (env.Environment, error) {
		return region.NewRegions(l.inner, l.set.Regions, l.other[level], l.set.Hold, opt.Workers)
	}
	if level == Cells {
		spec = cells
		mk = func(uint64) (env.Environment, error) {
			return region.NewCells(l.inner, l.set.Regions, l.other[level], l.set.Hold, opt.Workers)
		}
	} else {
		o.Seed = rng.Root(opt.Seed).Named("tandem").Uint64(0)
	}
	if opt.Resume != nil {
		o.Resume = opt.Resume.level(level)
		return ppo.New(spec, mk, o)
	}
	sizes := append(append([]int{len(schema.Fields)}, spec.Hidden...), len(schema.Actions))
	if err := mlp.CheckShape(sizes, spec.Activation); err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	net := mlp.New(sizes, spec.Activation, 0.01, rng.Root(o.Seed).Named("weights"))
	net.B[len(net.B)-1][0] = float32(spec.FirstBias)
	if level == Cells {
		heed(net, len(schema.Fields)-1, float32(l.set.Tandem.Heed))
	}
	o.Init = &mlp.Policy{Actor: net, Schema: schema, Label: level.String(), Workers: 1}
	return ppo.New(spec, mk, o)
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

// Name implements train.Learner.
func (l *learner) Name() string { return l.checkpoint().name() }

// Iterations implements train.Learner: those of both levels.
func (l *learner) Iterations() int { return l.set.PPO.Iterations }

// Completed implements train.Learner.
func (l *learner) Completed() int {
	return l.level[Cells].Completed() + l.level[Coordinator].Completed()
}

// Iterate implements train.Learner: an iteration of the level whose turn it is.
// Steps are row-steps of the cells' environment for both levels.
func (l *learner) Iterate(ctx context.Context) (train.Iteration, error) {
	n := l.Completed()
	level := l.set.Tandem.turn(n)
	if !l.fresh[level] {
		l.other[level].Actor = l.state(1 - level).Actor
		l.fresh[level] = true
	}
	it, err := l.level[level].Iterate(ctx)
	if err != nil {
		return it, fmt.Errorf("%v: %w", level, err)
	}
	l.fresh[1-level] = false
	it.Number = n
	chief := 0.0
	if level == Coordinator {
		_, spec := l.set.specs()
		steps := spec.Shards * spec.Horizon * l.set.Hold * l.inner.Rows()
		it.StepsPerS *= float64(steps) / float64(it.Steps)
		it.Steps, chief = steps, 1
	}
	it.Learning = append(it.Learning, env.Figure{Name: "coordinator", Unit: "1", Value: chief})
	return it, nil
}

// state returns a copy of a level's state.
func (l *learner) state(level Level) *ppo.Checkpoint {
	return l.level[level].Checkpoint().(*ppo.Checkpoint)
}

func (l *learner) checkpoint() *Checkpoint {
	return &Checkpoint{Set: l.set, Cells: l.state(Cells), Coordinator: l.state(Coordinator)}
}

// Checkpoint implements train.Learner.
func (l *learner) Checkpoint() train.Checkpoint { return l.checkpoint() }
