// Package dqn trains a policy by deep Q-learning (Mnih et al., Nature 518,
// 2015) with one network for all rows of an environment: double (van Hasselt
// et al., arXiv:1509.06461), dueling (Wang et al., arXiv:1511.06581), with
// prioritised replay (Schaul et al., arXiv:1511.05952) and n-step returns.
//
// An iteration plays Horizon steps with some random actions into the memory
// (replay.Player) and then takes Updates gradient steps. Each draws a minibatch
// by priority, makes its targets with the target network, where a masked action
// is never the best one, takes a step (descent) and rates the transitions by
// the errors found. The policy takes the action of the highest value.
//
// An iteration depends on the state in a Checkpoint, the seed and its own number
// only, so a resumed training ends in the same bits. So does one with another
// number of workers.
package dqn

import (
	"context"
	"errors"
	"fmt"
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
	name        = "dqn"
	nameLimited = "dqn-lagrangian"
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
	// Init, if not nil, is a policy that this package trained, to begin from.
	// It is not looked at when Resume is given.
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

// learner is a training under way.
type learner struct {
	spec      Spec
	seed      uint64
	key       rng.Key
	schema    env.Schema
	clock     train.Clock
	theta     []float32 // parameters of learned
	learned   *mlp.Net  // view of theta
	adam      *descent.Adam
	q         *mlp.Net      // learned, folded
	target    *mlp.Net      // q as it was a while ago
	iteration int           // completed
	steps     int           // gradient steps taken
	scale     float64       // factor on rewards; 0 before it is found
	prices    *train.Prices // of limits; nil without
	memory    *replay.Memory
	player    *replay.Player
	descent   *descent.Descent
	scratch   *mlp.Scratch
	pool      *shard.Pool

	values      []float32 // [environment's rows x actions]
	drawn       []int32   // [minibatch]
	weight      []float32 // [minibatch]
	after       []float32 // [minibatch x fields]
	now, future []float32 // [minibatch x actions] values of what follows, by q and by target
}

// New returns a training for train.Run. mk is called once, with Options.Seed;
// the environment must be in mode Disabled.
func New(spec Spec, mk func(seed uint64) (env.Environment, error), opt Options) (train.Learner, error) {
	l, err := newLearner(spec, mk, opt)
	if err != nil {
		return nil, fmt.Errorf("dqn: %w", err)
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
	sizes := spec.sizes(fields, spec.heads(actions))
	if err := mlp.CheckShape(sizes, spec.Activation); err != nil {
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
	if l.descent, err = descent.New(loss(l.learned, actions, spec.ErrorClip), l.theta, descent.Settings{Rows: spec.Minibatch, MaxNorm: spec.MaxGradNorm, Workers: opt.Workers}); err != nil {
		return nil, err
	}
	l.scratch = mlp.NewScratch(opt.Workers, l.q)
	l.values = make([]float32, e.Rows()*actions)
	n := spec.Minibatch
	l.drawn, l.weight, l.after = make([]int32, n), make([]float32, n), make([]float32, n*fields)
	l.now, l.future = make([]float32, n*actions), make([]float32, n*actions)
	return l, nil
}

// begin is the state before the first iteration.
func (l *learner) begin(from *mlp.Policy) error {
	fields, actions := len(l.schema.Fields), len(l.schema.Actions)
	l.theta = mlp.New(l.spec.sizes(fields, l.spec.heads(actions)), l.spec.Activation, 0.1, l.key.Named("weights")).AppendTo(nil)
	l.view()
	if from != nil {
		if err := l.take(from); err != nil {
			return fmt.Errorf("init: %w", err)
		}
	}
	foldTo(l.q, l.learned)
	l.target = l.q.Clone()
	l.adam, l.memory, l.scale = descent.NewAdam(len(l.theta)), replay.New(l.spec.Replay.Shape(l.schema)), l.spec.Replay.RewardScale
	return nil
}

// view makes the networks over theta.
func (l *learner) view() {
	fields, actions := len(l.schema.Fields), len(l.schema.Actions)
	l.learned = mlp.View(l.spec.sizes(fields, l.spec.heads(actions)), l.spec.Activation, l.theta)
	sizes := l.spec.sizes(fields, actions)
	l.q = mlp.View(sizes, l.spec.Activation, make([]float32, mlp.Len(sizes)))
}

// take begins from the values of a policy.
func (l *learner) take(from *mlp.Policy) error {
	if err := from.Fits(l.schema, l.q.Sizes, l.spec.Activation); err != nil {
		return err
	}
	unfoldTo(l.learned, from.Actor)
	return nil
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
		Figures: played.Figures, Squares: played.Costs, Gamma: l.spec.Replay.Gamma, Steps: l.spec.Replay.Horizon, Own: 1 - l.spec.explore(l.iteration),
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
		{Name: "value_loss", Unit: "1", Value: sums.loss / n},
		{Name: "value_mean", Unit: "1", Value: sums.value / n},
		{Name: "gradient_norm", Unit: "1", Value: sums.norm / n},
		{Name: "explore", Unit: "1", Value: l.spec.explore(l.iteration)},
		{Name: "learning_rate", Unit: "1", Value: l.spec.rate(l.iteration)},
		{Name: "reward_scale", Unit: "1", Value: l.scale},
		{Name: "remembered", Unit: "1", Value: float64(l.memory.Len())},
	})
	it.Learning = append(it.Learning, l.prices.Figures()...)
	it.Time(done-began, l.clock.Now()-done)
	l.iteration++
	return it, nil
}

// sums are over the gradient steps of an iteration.
type sums struct{ loss, value, norm float64 }

// update takes one gradient step.
func (l *learner) update(key rng.Key, s *sums) error {
	l.memory.Sample(l.drawn, l.weight, l.spec.beta(l.iteration), key)
	l.fill()
	loss, norm, err := l.descent.Step(len(l.drawn), l.adam, l.spec.rate(l.iteration))
	if err != nil {
		return err
	}
	value := 0.0
	for i, at := range l.drawn {
		gap := l.descent.Told(0)[i]
		l.memory.Rate(at, float64(gap), l.spec.Alpha)
		value += float64(gap + l.descent.In(inTarget)[i])
	}
	s.loss, s.norm, s.value = s.loss+loss, s.norm+norm, s.value+value/float64(len(l.drawn))
	foldTo(l.q, l.learned)
	if l.steps++; l.steps%l.spec.TargetEvery == 0 {
		l.target.Set(l.q.AppendTo(nil))
	}
	return nil
}

// fill writes the transitions drawn to the inputs of the loss, with their
// targets: r + discount * target(next, best), where best has the highest value
// of the learned network (double) or of the target network, among the actions
// that the mask allows.
func (l *learner) fill() {
	fields, actions := len(l.schema.Fields), len(l.schema.Actions)
	for i, at := range l.drawn {
		t := l.memory.At(int(at))
		copy(l.descent.In(inObs)[i*fields:(i+1)*fields], t.Obs)
		copy(l.after[i*fields:(i+1)*fields], t.Next)
	}
	copy(l.descent.In(inWeight), l.weight)
	l.target.ForwardTo(l.future, l.after, len(l.drawn), l.scratch)
	judge := l.future
	if l.spec.Double {
		l.q.ForwardTo(l.now, l.after, len(l.drawn), l.scratch)
		judge = l.now
	}
	chosen := l.descent.In(inChosen)
	clear(chosen)
	for i, at := range l.drawn {
		t := l.memory.At(int(at))
		chosen[i*actions+int(t.Action)] = 1
		y := l.prices.Net(t.Reward*float32(l.scale), t.Cost)
		if best := mlp.Argmax(judge[i*actions:(i+1)*actions], t.NextMask); best >= 0 {
			y += t.Discount * l.future[i*actions+best]
		}
		l.descent.In(inTarget)[i] = y
	}
}

// choose takes the best action of each row, or a random one: the words 2*row
// and 2*row+1 of key decide.
func (l *learner) choose(dst []int32, b *env.Batch, key rng.Key) error {
	actions := len(l.schema.Actions)
	l.q.ForwardTo(l.values, b.Obs, len(dst), l.scratch)
	random := l.spec.explore(l.iteration)
	l.pool.Each(shard.Count(len(dst)), func(i int) {
		lo, hi := shard.Range(i, len(dst))
		for row := lo; row < hi; row++ {
			mask := b.Mask[row*actions : (row+1)*actions]
			if key.Float64(2*uint64(row)) < random {
				dst[row] = int32(replay.Any(mask, key.Float64(2*uint64(row)+1)))
			} else {
				dst[row] = int32(mlp.Argmax(l.values[row*actions:(row+1)*actions], mask))
			}
		}
	})
	return train.CheckChosen(dst, b.Mask, "value")
}
