// Package ppo trains a policy by proximal policy optimisation (Schulman et
// al., arXiv:1707.06347) with one network for all rows of an environment.
//
// An iteration plays a rollout of Horizon steps from a fresh episode, or one
// in each of Shards episodes, here or elsewhere (Player), turns them
// into returns and advantages (returnsTo), and passes over them Epochs times in
// shuffled minibatches: gorgonia computes the clipped loss and its gradient
// (lossGraph), the gradient's norm is clipped, Adam takes the step. The policy
// and the value are separate networks with the same hidden widths, or share
// their hidden layers (Spec.SharedTrunk). Row-steps whose mask leaves one action
// are acted but not learned from.
//
// An iteration depends on the parameters, the state of Adam, the seed and its
// own number only: no episode and no state of the network goes on from one to
// the next. A Checkpoint holds all of these, so a resumed training ends in the
// same bits. So does one with another number of workers: minibatches are cut
// into shards of a fixed size, whose gradients are added in order.
//
// Under limits (Options.Limits) it is PPO-Lagrangian: a step's costs for the
// schema's guards are learned by a critic of their own, and their advantages
// are subtracted from the reward's, each times a multiplier that a PID
// controller moves by how far the figures of the episodes just played were
// beyond the limit (Controller, costs.learn). The multipliers are the prices
// of service: the reward should have none then.
//
// A training may begin with a teacher (Spec.Teacher): in its first iterations
// the teacher acts, in place of the policy, and the policy learns by
// cross-entropy to do as it does, while the values learn what comes of that
// as ever; multipliers stand still. See teacher.go.
//
// Rewards may be compressed (Spec.RewardTransform), and are multiplied by a
// factor before anything is learned from them:
// Spec.RewardScale or, where that is 0, one found in the first iteration and
// kept in the checkpoint. What Iteration reports as return is unscaled.
package ppo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hibernet/agents"
	"hibernet/agents/descent"
	"hibernet/agents/mlp"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/sim/rng"
)

// ErrDiverged is wrapped by an error when a logit, the loss or its gradient is
// no longer finite.
var ErrDiverged = train.ErrDiverged

// Options of a training that do not change what is learned, but for Seed.
type Options struct {
	Seed    uint64 // root of all randomness of the training
	Workers int    // goroutines, at least one; does not change the result
	// Init, if not nil, is a trained policy to begin from, in place of random
	// weights: of the same schema and hidden layers. The value network begins
	// anew. It is not looked at when Resume is given.
	Init *mlp.Policy
	// Teacher is the policy that Spec.Teacher names, nil where it names none. It
	// must do the same after every Reset with the same seed.
	Teacher agents.Policy
	// Limits, if any, make the training PPO-Lagrangian: each must be on the
	// figure of one of the schema's guards.
	Limits []train.Limit
	// Gather, if not nil, has the shards of an iteration played elsewhere, each
	// by a Player; without it they are played here, one after the other. It does
	// not change the result.
	Gather Gather
	// Resume, if not nil, goes on from there. Seed, Limits and the spec must be those
	// that it was made with.
	Resume *Checkpoint
	// Checkpoint, if not nil, is given the state after each iteration, to
	// keep or to drop. Its error stops the training.
	Checkpoint func(*Checkpoint) error
	// Progress, if not nil, is told of each iteration, after Checkpoint.
	Progress func(Iteration)
	// Clock, if not nil, is a running time, for the speeds in Iteration.
	Clock func() time.Duration
	// Lap, if not nil, is a running time that several goroutines may read at
	// once, for the Laps in Iteration.
	Lap func() time.Duration
}

// Iteration is what one iteration came to. The losses, KL and ClipFraction
// are means over the row-steps of the last epoch made, GradientNorm over its
// gradient steps.
type Iteration struct {
	train.Iteration
	PolicyLoss        float64 // clipped surrogate, lower is better
	ValueLoss         float64 // mean squared error, in scaled reward
	CostLoss          float64 // the same of the costs, scaled, summed over the limits
	Entropy           float64 // of the policy, nat
	KL                float64 // from the policy that played, nat
	ClipFraction      float64 // share of ratios outside the clip range
	ExplainedVariance float64 // of the returns, by the values before the update
	RewardScale       float64 // factor on rewards
	GradientNorm      float64 // before clipping
	LearningRate      float64 // of this iteration
	Epochs            int     // made; fewer than asked where target_kl stopped them
	// Imitated says that a teacher acted: PolicyLoss is then the cross-entropy
	// with its actions, in nat, KL and ClipFraction are 0, and Agreement is the
	// share of row-steps where the likeliest action is the teacher's.
	Imitated  bool
	Agreement float64
	Laps      Laps // 0 without Options.Lap
}

func (it *Iteration) set(s stats) {
	n := float64(s.rows)
	it.PolicyLoss, it.ValueLoss, it.CostLoss, it.Entropy = s.policy/n, s.value/n, s.cost/n, s.entropy/n
	it.KL, it.ClipFraction, it.GradientNorm = s.kl/n, s.clipped/n, s.norm/float64(s.steps)
	it.Agreement = s.agreed / n
}

// learning returns the figures of the iteration that only this learner has.
func (it *Iteration) learning() []env.Figure {
	list := []env.Figure{
		{Name: "policy_loss", Unit: "1", Value: it.PolicyLoss},
		{Name: "value_loss", Unit: "1", Value: it.ValueLoss},
		{Name: "entropy", Unit: "nat", Value: it.Entropy},
		{Name: "kl", Unit: "nat", Value: it.KL},
		{Name: "clip_fraction", Unit: "1", Value: it.ClipFraction},
		{Name: "explained_variance", Unit: "1", Value: it.ExplainedVariance},
		{Name: "reward_scale", Unit: "1", Value: it.RewardScale},
		{Name: "gradient_norm", Unit: "1", Value: it.GradientNorm},
		{Name: "learning_rate", Unit: "1", Value: it.LearningRate},
		{Name: "epochs", Unit: "1", Value: float64(it.Epochs)},
	}
	if it.Imitated {
		list = append(list, env.Figure{Name: "agreement", Unit: "1", Value: it.Agreement})
	}
	return list
}

// Train returns a greedy policy for the environments that mk makes. mk is
// called once, with Options.Seed; the environment must be in mode Disabled or
// SameStep.
//
// When ctx is cancelled (looked at between steps and minibatches), when the
// training diverges or when the environment returns an error, the error comes
// together with the policy of the last completed iteration. The policy is nil
// only if training could not begin.
func Train(ctx context.Context, spec Spec, mk func(seed uint64) (env.Environment, error), opt Options) (*mlp.Policy, error) {
	l, err := newLearner(spec, mk, opt)
	if err != nil {
		return nil, fmt.Errorf("ppo: %w", err)
	}
	last := l.checkpoint()
	_, err = train.Run(ctx, l, train.Options{
		History: make([]train.Iteration, l.iteration),
		Keep: func(_ train.Iteration, state train.Checkpoint, _ bool) error {
			last = state.(*Checkpoint)
			if opt.Checkpoint != nil {
				if err := opt.Checkpoint(last); err != nil {
					return err
				}
			}
			if opt.Progress != nil {
				opt.Progress(l.last)
			}
			return nil
		},
	})
	return last.policy(), err
}

// New returns a training of its own for train.Run, which then takes the place
// of Options.Checkpoint and Options.Progress. mk is called as by Train.
func New(spec Spec, mk func(seed uint64) (env.Environment, error), opt Options) (train.Learner, error) {
	l, err := newLearner(spec, mk, opt)
	if err != nil {
		return nil, fmt.Errorf("ppo: %w", err)
	}
	return l, nil
}

// learner is a training under way.
type learner struct {
	spec   Spec
	seed   uint64
	key    rng.Key
	schema env.Schema
	clock  func() time.Duration
	networks
	adam      *descent.Adam
	scale     float64   // factor on rewards; 0 before it is found
	iteration int       // completed
	last      Iteration // the last one completed here
	collect   *collector
	elsewhere Gather      // nil where shards are played here
	x         *experience // of all shards
	played    tally       // what x came to
	update    *updater
}

// trainingKey returns the root of what is random in a training.
func trainingKey(seed uint64) rng.Key { return rng.Root(seed).Named("ppo") }

func newLearner(spec Spec, mk func(seed uint64) (env.Environment, error), opt Options) (*learner, error) {
	if err := errors.Join(spec.Validate()...); err != nil {
		return nil, err
	}
	e, err := mk(opt.Seed)
	if err != nil {
		return nil, fmt.Errorf("environment: %w", err)
	}
	l := &learner{spec: spec, seed: opt.Seed, key: trainingKey(opt.Seed), schema: e.Schema(), clock: opt.Clock, elsewhere: opt.Gather}
	if l.clock == nil {
		l.clock = func() time.Duration { return 0 }
	}
	start := opt.Resume
	if start == nil {
		if start, err = l.begin(opt.Init); err != nil {
			return nil, err
		}
		start.Constraints = l.beginConstraints(opt.Limits)
	} else if err := start.resumes(spec, opt.Seed, opt.Limits, l.schema); err != nil {
		return nil, fmt.Errorf("resume: %w", err)
	}
	if l.collect, err = newCollector(e, start, opt.Workers); err != nil {
		return nil, err
	}
	if err := l.collect.instruct(opt); err != nil {
		return nil, err
	}
	l.networks = l.collect.nets
	l.scale, l.adam, l.iteration = start.RewardScale, start.adam.Clone(), start.Iteration
	l.x = l.collect.experience(spec.Shards)
	l.update, err = newUpdater(spec, l.networks, l.collect.costs, len(l.x.action), opt)
	return l, err
}

// begin returns the state before the first iteration.
func (l *learner) begin(from *mlp.Policy) (*Checkpoint, error) {
	sizes := l.spec.sizes(len(l.schema.Fields), len(l.schema.Actions))
	if err := mlp.CheckShape(sizes, l.spec.Activation); err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	key := l.key.Named("weights")
	// A last layer of small weights starts the policy near uniform, but for the
	// first action, which in an environment where others can do harm is the safe
	// one: learning then explores around it.
	actor := mlp.New(sizes, l.spec.Activation, 0.01, key.Named("actor"))
	actor.B[len(actor.B)-1][0] = float32(l.spec.FirstBias)
	if from != nil {
		if err := from.Fits(l.schema, sizes, l.spec.Activation); err != nil {
			return nil, fmt.Errorf("init: %w", err)
		}
		actor = from.Actor.Clone()
	}
	critic := mlp.New(l.spec.sizes(len(l.schema.Fields), 1), l.spec.Activation, 1, key.Named("critic"))
	return &Checkpoint{Spec: l.spec, Seed: l.seed, Schema: l.schema, RewardScale: l.spec.RewardScale, Actor: actor, Critic: critic,
		adam: descent.NewAdam(l.spec.parameters(actor.In(), actor.Out()))}, nil
}

var (
	_ train.Learner    = (*learner)(nil)
	_ train.Staged     = (*learner)(nil)
	_ train.Judged     = (*learner)(nil)
	_ train.Checkpoint = (*Checkpoint)(nil)
)

func (l *learner) Iterations() int              { return l.spec.Iterations }
func (l *learner) Completed() int               { return l.iteration }
func (l *learner) Checkpoint() train.Checkpoint { return l.checkpoint() }

// EndsStage implements train.Staged: the policy that has learned all it will
// from the teacher is worth a verdict.
func (l *learner) EndsStage() bool { return l.iteration > 0 && l.iteration == l.spec.taught() }

// TakeVerdict implements train.Judged: with Spec.FollowVerdicts, limits are
// controlled by how the greedy policy keeps them, too.
func (l *learner) TakeVerdict(v train.Verdict) {
	if c := l.collect.costs; c != nil && l.spec.FollowVerdicts > 0 {
		c.follow(l.spec.FollowVerdicts, v)
	}
}

// Name implements train.Learner.
func (l *learner) Name() string { return label(l.collect.costs != nil) }

// label names the algorithm, without limits or with.
func label(limited bool) string {
	if limited {
		return "ppo-lagrangian"
	}
	return "ppo"
}

// Iterate implements train.Learner.
func (l *learner) Iterate(ctx context.Context) (train.Iteration, error) {
	it, err := l.iterate(ctx)
	if err != nil {
		return train.Iteration{}, err
	}
	it.Learning = it.learning()
	if c := l.collect.costs; c != nil {
		it.Learning = append(it.Learning, c.figures()...)
		it.Learning = append(it.Learning, env.Figure{Name: "cost_loss", Unit: "1", Value: it.CostLoss})
	}
	it.Learning = train.Finite(it.Learning)
	l.last = it
	return it.Iteration, nil
}

// iterate makes one iteration. After an error the learner is of no more use.
func (l *learner) iterate(ctx context.Context) (Iteration, error) {
	it := Iteration{LearningRate: l.spec.rate(l.iteration), Imitated: l.iteration < l.spec.taught()}
	it.Number, it.Steps = l.iteration, l.spec.Shards*l.spec.Horizon*l.collect.e.Rows()
	began := l.clock()
	if err := l.gather(ctx); err != nil {
		return it, err
	}
	played := l.clock()
	shuffle := l.key.Named("shuffle").At(uint64(l.iteration))
	if err := l.update.update(ctx, l.x, l.theta, l.adam, shuffle, &it); err != nil {
		return it, err
	}
	done := l.clock()
	it.Return, it.Episodes = l.played.mean(), l.played.episodes
	it.RewardScale = l.scale
	it.Figures = l.played.figures
	it.RewardMean = l.played.total / float64(it.Steps)
	it.PlayS, it.LearnS = (played - began).Seconds(), (done - played).Seconds()
	if done > played && played >= began {
		it.StepsPerS = float64(it.Steps) / (done - began).Seconds()
		it.UpdatesPerS = float64(it.Rows*it.Epochs) / it.LearnS
	}
	l.iteration++
	return it, nil
}

func (l *learner) checkpoint() *Checkpoint {
	c := &Checkpoint{
		Spec: l.spec, Seed: l.seed, Schema: l.schema, Iteration: l.iteration, RewardScale: l.scale, adam: l.adam.Clone(),
	}
	c.Actor, c.Critic = l.split()
	if l.collect.costs != nil {
		c.Constraints = l.collect.costs.Constraints.clone()
	}
	return c
}
