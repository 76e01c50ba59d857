// Package sac trains a policy by soft actor-critic with discrete actions
// (Christodoulou, arXiv:1910.07207), one network for all rows of an
// environment: a policy, two critics that value all actions at once, of which
// the lesser counts, and a temperature that holds the policy's entropy.
//
// An iteration plays Horizon steps with the policy as it is into the memory
// (replay.Player) and then takes Updates gradient steps, each of both critics,
// of the policy and of the temperature on one minibatch. Expectations over the
// policy's actions are exact sums. What entropy a row should have depends on
// how many actions its mask allows: TargetEntropy * log(allowed).
//
// With Options.Limits costs have prices (train.Prices), moved after each play
// and taken off the reward when a transition is drawn.
//
// An iteration depends on the state in a Checkpoint, the seed and its own number
// only, so a resumed training ends in the same bits. So does one with another
// number of workers.
package sac

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"hibernet/agents/descent"
	"hibernet/agents/mlp"
	"hibernet/agents/replay"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// The learner's names: without limits, and with.
const (
	name        = "sac"
	nameLimited = "sac-lagrangian"
)

// label names the learner.
func label(p *train.Prices) string {
	if p != nil {
		return nameLimited
	}
	return name
}

// Options of a training that do not change what is learned, but for Seed.
type Options struct {
	Seed    uint64 // root of all randomness of the training
	Workers int    // goroutines, at least one; does not change the result
	// Init, if not nil, is a policy to begin from, of the same schema and
	// hidden layers; the critics begin anew. It is not looked at when Resume is
	// given.
	Init *mlp.Policy
	// Limits, if any, are kept by prices on the costs: each must be on the figure
	// of a guard of the environment.
	Limits []train.Limit
	// Resume, if not nil, goes on from there. Seed, Limits and the spec must be
	// those that it was made with.
	Resume *Checkpoint
	// Clock, if not nil, is a running time, for the speeds reported.
	Clock func() time.Duration
}

var _ train.Learner = (*learner)(nil)

// networks are the parameters of a training and the networks that view them.
type networks struct {
	actor   []float32 // parameters of the policy
	critics []float32 // of both critics
	targets []float32 // of both critics, as they were
	policy  *mlp.Net
	value   [2]*mlp.Net
	target  [2]*mlp.Net
	worth   []float32 // [1] logarithm of the temperature

	adamActor, adamCritics, adamWorth *descent.Adam
}

// learner is a training under way.
type learner struct {
	networks
	spec      Spec
	seed      uint64
	key       rng.Key
	schema    env.Schema
	clock     train.Clock
	iteration int           // completed
	scale     float64       // factor on rewards; 0 before it is found
	prices    *train.Prices // of limits; nil without
	memory    *replay.Memory
	player    *replay.Player
	values    *descent.Descent
	actions   *descent.Descent
	scratch   *mlp.Scratch
	pool      *shard.Pool

	logits []float32 // [environment's rows x actions]
	drawn  []int32   // [minibatch]
	after  []float32 // [minibatch x fields]
	next   []float32 // [minibatch x actions] logits of what follows, or of now
	q      [2][]float32
}

// New returns a training for train.Run. mk is called once, with Options.Seed;
// the environment must be in mode Disabled.
func New(spec Spec, mk func(seed uint64) (env.Environment, error), opt Options) (train.Learner, error) {
	l, err := newLearner(spec, mk, opt)
	if err != nil {
		return nil, fmt.Errorf("sac: %w", err)
	}
	return l, nil
}

func newLearner(spec Spec, mk func(seed uint64) (env.Environment, error), opt Options) (*learner, error) {
	if err := errors.Join(spec.Validate()...); err != nil {
		return nil, err
	}
	e, err := mk(opt.Seed)
	if err != nil {
		return nil, fmt.Errorf("environment: %w", err)
	}
	l := &learner{spec: spec, seed: opt.Seed, key: rng.Root(opt.Seed).Named(name), schema: e.Schema(), clock: opt.Clock, pool: shard.New(opt.Workers)}
	if l.player, err = replay.NewPlayer(e, spec.Replay.Play()); err != nil {
		return nil, err
	}
	fields, actions := len(l.schema.Fields), len(l.schema.Actions)
	if err := mlp.CheckShape(spec.sizes(fields, actions), spec.Activation); err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	if l.prices, err = train.NewPrices(opt.Limits, l.schema); err != nil {
		return nil, err
	}
	if opt.Resume != nil {
		if err := opt.Resume.prices.Under(opt.Limits); err != nil {
			return nil, fmt.Errorf("resume: %w", err)
		}
		if err := opt.Resume.state().Resumes(spec, opt.Seed, l.schema); err != nil {
			return nil, fmt.Errorf("resume: %w", err)
		}
		l.restore(opt.Resume)
	} else if err := l.begin(opt.Init); err != nil {
		return nil, err
	}
	set := descent.Settings{Rows: spec.Minibatch, MaxNorm: spec.MaxGradNorm, Workers: opt.Workers}
	if l.values, err = descent.New(valueLoss(l.value[0], l.value[1], spec.ErrorClip), l.critics, set); err != nil {
		return nil, err
	}
	if l.actions, err = descent.New(policyLoss(l.policy), l.actor, set); err != nil {
		return nil, err
	}
	l.scratch = mlp.NewScratch(opt.Workers, l.policy)
	l.logits = make([]float32, e.Rows()*actions)
	n := spec.Minibatch
	l.drawn, l.after, l.next = make([]int32, n), make([]float32, n*fields), make([]float32, n*actions)
	l.q = [2][]float32{make([]float32, n*actions), make([]float32, n*actions)}
	return l, nil
}

// begin is the state before the first iteration.
func (l *learner) begin(from *mlp.Policy) error {
	sizes := l.spec.sizes(len(l.schema.Fields), len(l.schema.Actions))
	key := l.key.Named("weights")
	actor := mlp.New(sizes, l.spec.Activation, 0.01, key.Named("actor"))
	if from != nil {
		if err := from.Fits(l.schema, sizes, l.spec.Activation); err != nil {
			return fmt.Errorf("init: %w", err)
		}
		actor = from.Actor
	}
	var critics []float32
	for i := range 2 {
		critics = mlp.New(sizes, l.spec.Activation, 0.1, key.Named("critic").At(uint64(i))).AppendTo(critics)
	}
	n := mlp.Len(sizes)
	l.networks = networks{
		actor: actor.AppendTo(nil), critics: critics, targets: slices.Clone(critics), worth: []float32{float32(math.Log(l.spec.Temperature))},
		adamActor: descent.NewAdam(n), adamCritics: descent.NewAdam(2 * n), adamWorth: descent.NewAdam(1),
	}
	l.view(sizes, l.spec.Activation)
	l.memory, l.scale = replay.New(l.spec.Replay.Shape(l.schema)), l.spec.Replay.RewardScale
	return nil
}

// view makes the networks over the parameters.
func (n *networks) view(sizes []int, activation string) {
	size := mlp.Len(sizes)
	n.policy = mlp.View(sizes, activation, n.actor)
	for i := range 2 {
		n.value[i] = mlp.View(sizes, activation, n.critics[i*size:(i+1)*size])
		n.target[i] = mlp.View(sizes, activation, n.targets[i*size:(i+1)*size])
	}
}

// clone returns a deep copy.
func (n *networks) clone() networks {
	c := networks{
		actor: slices.Clone(n.actor), critics: slices.Clone(n.critics), targets: slices.Clone(n.targets), worth: slices.Clone(n.worth),
		adamActor: n.adamActor.Clone(), adamCritics: n.adamCritics.Clone(), adamWorth: n.adamWorth.Clone(),
	}
	c.view(n.policy.Sizes, n.policy.Activation)
	return c
}

// Name implements train.Learner.
func (l *learner) Name() string { return label(l.prices) }

// Iterations implements train.Learner.
func (l *learner) Iterations() int { return l.spec.Iterations }

// Completed implements train.Learner.
func (l *learner) Completed() int { return l.iteration }

// Iterate implements train.Learner.
func (l *learner) Iterate(ctx context.Context) (train.Iteration, error) {
	began := l.clock.Now()
	played, err := l.player.Play(ctx, l.key.Named("play").At(uint64(l.iteration)), l.choose, l.memory.Add)
	if err != nil {
		return train.Iteration{}, err
	}
	if l.scale == 0 {
		l.scale = l.spec.Replay.Scale(played.Squares)
	}
	if err := l.prices.Move(l.spec.Lagrangian, train.Outcome{
		Figures: played.Figures, Squares: played.Costs, Gamma: l.spec.Replay.Gamma, Steps: l.spec.Replay.Horizon, Own: 1,
	}); err != nil {
		return train.Iteration{}, err
	}
	done := l.clock.Now()
	var sums sums
	draw := l.key.Named("draw").At(uint64(l.iteration))
	if err := train.Updates(ctx, l.spec.Updates, func(u int) error { return l.update(draw.At(uint64(u)), &sums) }); err != nil {
		return train.Iteration{}, err
	}
	n := float64(l.spec.Updates)
	it := played.Iteration(l.iteration)
	it.Rows = l.spec.Updates * l.spec.Minibatch
	it.Learning = train.Finite([]env.Figure{
		{Name: "value_loss", Unit: "1", Value: sums.value / n},
		{Name: "policy_loss", Unit: "1", Value: sums.policy / n},
		{Name: "entropy", Unit: "nat", Value: sums.entropy / n},
		{Name: "temperature", Unit: "1", Value: math.Exp(float64(l.worth[0]))},
		{Name: "gradient_norm", Unit: "1", Value: sums.norm / n},
		{Name: "learning_rate", Unit: "1", Value: l.spec.LearningRate * l.spec.left(l.iteration)},
		{Name: "reward_scale", Unit: "1", Value: l.scale},
		{Name: "remembered", Unit: "1", Value: float64(l.memory.Len())},
	})
	it.Learning = append(it.Learning, l.prices.Figures()...)
	it.Time(done-began, l.clock.Now()-done)
	l.iteration++
	return it, nil
}

// choose draws an action for each row from the policy.
func (l *learner) choose(dst []int32, b *env.Batch, key rng.Key) error {
	actions := len(l.schema.Actions)
	l.policy.ForwardTo(l.logits, b.Obs, len(dst), l.scratch)
	l.pool.Each(shard.Count(len(dst)), func(i int) {
		lo, hi := shard.Range(i, len(dst))
		for row := lo; row < hi; row++ {
			a, _ := mlp.Sample(l.logits[row*actions:(row+1)*actions], b.Mask[row*actions:(row+1)*actions], key.Float64(uint64(row)))
			dst[row] = int32(a)
		}
	})
	return train.CheckChosen(dst, b.Mask, "logit")
}
