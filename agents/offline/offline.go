// Package offline trains a policy from logged transitions alone, with no
// environment in the loop: by conservative Q-learning (CQL, Kumar et al.,
// arXiv:2006.04779), which lowers the values of actions that the log does not
// show, and by implicit Q-learning (IQL, Kostrikov et al., arXiv:2110.06169),
// which never asks for their values.
//
// The log is a replay.Memory that the caller filled. An iteration is a number
// of gradient steps on minibatches drawn evenly from it. The policy of CQL
// takes the action of the highest value; that of IQL imitates the log's actions
// by how much better than their state they were.
//
// What a policy learned here is worth is not known before it has acted: the
// values reported are the learner's own.
package offline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"hibernet/agents/descent"
	"hibernet/agents/mlp"
	"hibernet/agents/replay"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/sim/rng"
)

// Options of a training that do not change what is learned, but for Seed.
type Options struct {
	Seed    uint64 // root of all randomness of the training
	Workers int    // goroutines, at least one; does not change the result
	// Resume, if not nil, goes on from there. Algorithm, seed, spec and
	// memory must be those that it was made with.
	Resume *Checkpoint
	// Clock, if not nil, is a running time, for the speeds reported.
	Clock func() time.Duration
}

// maxWeight bounds the weight of a transition for IQL's policy (ibid., appendix
// B).
const maxWeight = 100

// part is a network that is learned, with what moves it.
type part struct {
	theta   []float32
	net     *mlp.Net
	adam    *descent.Adam
	descent *descent.Descent
}

var _ train.Learner = (*learner)(nil)

// learner is a training under way.
type learner struct {
	algorithm string
	spec      Spec
	seed      uint64
	key       rng.Key
	schema    env.Schema
	memory    *replay.Memory
	clock     train.Clock
	iteration int     // completed
	log       uint32  // checksum of memory
	scale     float64 // factor on rewards
	value     *part
	target    []float32 // parameters of late
	late      *mlp.Net
	state     *part // of IQL, else nil
	policy    *part // of IQL, else nil
	scratch   *mlp.Scratch

	drawn  []int32   // [minibatch]
	after  []float32 // [minibatch x fields]
	now    []float32 // [minibatch x actions] a network's outputs
	future []float32 // [minibatch x actions]
	worth  []float32 // [minibatch] values of states
}

// New returns a training of an algorithm for train.Run, from the transitions in
// memory, which must be of schema s.
func New(algorithm string, spec Spec, s env.Schema, memory *replay.Memory, opt Options) (train.Learner, error) {
	if algorithm != CQL && algorithm != IQL {
		return nil, fmt.Errorf("offline: algorithm: allowed %q, %q, got %q", CQL, IQL, algorithm)
	}
	l, err := newLearner(algorithm, spec, s, memory, opt)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", algorithm, err)
	}
	return l, nil
}

func newLearner(algorithm string, spec Spec, s env.Schema, memory *replay.Memory, opt Options) (*learner, error) {
	if err := errors.Join(spec.Validate()...); err != nil {
		return nil, err
	}
	if shape := memory.Shape(); shape.Fields != len(s.Fields) || shape.Actions != len(s.Actions) || memory.Len() == 0 {
		return nil, fmt.Errorf("log: %d transitions of %d fields and %d actions, want some of %d and %d", memory.Len(), shape.Fields, shape.Actions, len(s.Fields), len(s.Actions))
	}
	l := &learner{algorithm: algorithm, spec: spec, seed: opt.Seed, key: rng.Root(opt.Seed).Named(algorithm), schema: s, memory: memory, clock: opt.Clock, log: memory.Checksum(), scale: spec.scale(memory)}
	fields, actions := len(s.Fields), len(s.Actions)
	if err := mlp.CheckShape(spec.sizes(fields, actions), spec.Activation); err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	c := opt.Resume
	if c == nil {
		c = begin(algorithm, spec, opt.Seed, s)
	} else if err := c.resumes(algorithm, spec, opt.Seed, s, l.log); err != nil {
		return nil, fmt.Errorf("resume: %w", err)
	}
	l.iteration = c.Iteration
	l.target = append([]float32(nil), c.target...)
	l.late = mlp.View(spec.sizes(fields, actions), spec.Activation, l.target)
	if err := l.assemble(c.parts, opt.Workers); err != nil {
		return nil, err
	}
	l.scratch = mlp.NewScratch(opt.Workers, l.late)
	n := spec.Minibatch
	l.drawn, l.after, l.worth = make([]int32, n), make([]float32, n*fields), make([]float32, n)
	l.now, l.future = make([]float32, n*actions), make([]float32, n*actions)
	return l, nil
}

// assemble makes the parts of copies of the given states, in the order of
// outputs.
func (l *learner) assemble(states []state, workers int) error {
	var parts []*part
	for i, out := range outputs(l.algorithm, len(l.schema.Actions)) {
		p := &part{theta: append([]float32(nil), states[i].theta...), adam: states[i].adam.Clone()}
		p.net = mlp.View(l.spec.sizes(len(l.schema.Fields), out), l.spec.Activation, p.theta)
		parts = append(parts, p)
	}
	losses := []descent.Loss{}
	if l.value = parts[0]; l.algorithm == CQL {
		losses = append(losses, valueLoss(l.value.net, l.spec.Conservatism, l.spec.ErrorClip))
	} else {
		l.state, l.policy = parts[1], parts[2]
		losses = append(losses, valueLoss(l.value.net, 0, l.spec.ErrorClip), stateLoss(l.state.net, l.spec.Expectile), policyLoss(l.policy.net))
	}
	for i, p := range parts {
		var err error
		if p.descent, err = descent.New(losses[i], p.theta, descent.Settings{Rows: l.spec.Minibatch, MaxNorm: l.spec.MaxGradNorm, Workers: workers}); err != nil {
			return err
		}
	}
	return nil
}

// Name implements train.Learner.
func (l *learner) Name() string { return l.algorithm }

// Iterations implements train.Learner.
func (l *learner) Iterations() int { return l.spec.Iterations }

// Completed implements train.Learner.
func (l *learner) Completed() int { return l.iteration }

// sums are over the gradient steps of an iteration.
type sums struct{ loss, policy, value, norm float64 }

// Iterate implements train.Learner. What it reports as return is the mean
// reward of the log's transitions.
func (l *learner) Iterate(ctx context.Context) (train.Iteration, error) {
	began := l.clock.Now()
	var s sums
	key, rewards := l.key.Named("draw").At(uint64(l.iteration)), 0.0
	err := train.Updates(ctx, l.spec.Updates, func(u int) error {
		l.memory.Uniform(l.drawn, key.At(uint64(u)))
		for _, at := range l.drawn {
			rewards += float64(l.memory.At(int(at)).Reward)
		}
		return l.update(&s)
	})
	if err != nil {
		return train.Iteration{}, err
	}
	n := float64(l.spec.Updates)
	it := train.Iteration{
		Number: l.iteration, Rows: l.spec.Updates * l.spec.Minibatch, RewardMean: rewards / n / float64(l.spec.Minibatch),
		Learning: train.Finite([]env.Figure{
			{Name: "value_loss", Unit: "1", Value: s.loss / n},
			{Name: "policy_loss", Unit: "1", Value: s.policy / n},
			{Name: "value_mean", Unit: "1", Value: s.value / n / l.scale},
			{Name: "gradient_norm", Unit: "1", Value: s.norm / n},
			{Name: "reward_scale", Unit: "1", Value: l.scale},
			{Name: "learning_rate", Unit: "1", Value: l.spec.rate(l.iteration)},
		}),
	}
	it.Return = it.RewardMean
	it.Time(0, l.clock.Now()-began)
	l.iteration++
	return it, nil
}

// update takes one gradient step of every part.
func (l *learner) update(s *sums) error {
	l.fill()
	if l.algorithm == CQL {
		l.chooseTargets()
	} else if err := l.stateTargets(s); err != nil {
		return err
	}
	n, rate := len(l.drawn), l.spec.rate(l.iteration)
	loss, norm, err := l.value.descent.Step(n, l.value.adam, rate)
	if err != nil {
		return err
	}
	value := 0.0
	for _, v := range l.value.descent.Told(0)[:n] {
		value += float64(v) / float64(n)
	}
	s.loss, s.norm, s.value = s.loss+loss, s.norm+norm, s.value+value
	for i, v := range l.value.theta {
		l.target[i] += float32(l.spec.Tau) * (v - l.target[i])
	}
	return nil
}

// fill writes what does not depend on the algorithm.
func (l *learner) fill() {
	fields, actions := len(l.schema.Fields), len(l.schema.Actions)
	d := l.value.descent
	clear(d.In(inChosen))
	for i, at := range l.drawn {
		t := l.memory.At(int(at))
		copy(d.In(inObs)[i*fields:(i+1)*fields], t.Obs)
		copy(l.after[i*fields:(i+1)*fields], t.Next)
		d.In(inChosen)[i*actions+int(t.Action)] = 1
	}
	l.value.net.ForwardTo(l.now, d.In(inObs), len(l.drawn), l.scratch)
	l.offset(d.In(inOffset), d.In(inTop))
}

// offset writes, for each row of the outputs in now, Forbidden where the mask
// forbids and minus the largest allowed output elsewhere, and that output.
func (l *learner) offset(dst, top []float32) {
	actions := len(l.schema.Actions)
	for i, at := range l.drawn {
		mask := l.memory.At(int(at)).Mask
		high := float32(0)
		if a := mlp.Argmax(l.now[i*actions:(i+1)*actions], mask); a >= 0 {
			high = l.now[i*actions+a]
		}
		for a, ok := range mask {
			dst[i*actions+a] = -high
			if !ok {
				dst[i*actions+a] = descent.Forbidden
			}
		}
		if top != nil {
			top[i] = high
		}
	}
}

// chooseTargets writes CQL's targets: r + discount * late(next, best), best by
// the learned network (van Hasselt et al., arXiv:1509.06461).
func (l *learner) chooseTargets() {
	actions := len(l.schema.Actions)
	l.value.net.ForwardTo(l.now, l.after, len(l.drawn), l.scratch)
	l.late.ForwardTo(l.future, l.after, len(l.drawn), l.scratch)
	for i, at := range l.drawn {
		t := l.memory.At(int(at))
		y := t.Reward * float32(l.scale)
		if best := mlp.Argmax(l.now[i*actions:(i+1)*actions], t.NextMask); best >= 0 {
			y += t.Discount * l.future[i*actions+best]
		}
		l.value.descent.In(inTarget)[i] = y
	}
}

// stateTargets takes the steps of IQL's states and policy and writes the targets
// of its values: r + discount * V(next).
func (l *learner) stateTargets(s *sums) error {
	actions, n, rate := len(l.schema.Actions), len(l.drawn), l.spec.rate(l.iteration)
	obs := l.value.descent.In(inObs)
	v, p := l.state.descent, l.policy.descent
	copy(v.In(inObs), obs)
	copy(p.In(inObs), obs)
	copy(p.In(inChosen), l.value.descent.In(inChosen))
	l.late.ForwardTo(l.future, obs, n, l.scratch)
	l.state.net.ForwardTo(l.worth, obs, n, l.scratch)
	for i, at := range l.drawn {
		worth := l.future[i*actions+int(l.memory.At(int(at)).Action)]
		v.In(inWorth)[i] = worth
		p.In(inWeight)[i] = float32(math.Min(maxWeight, math.Exp(l.spec.Greed*float64(worth-l.worth[i]))))
	}
	l.policy.net.ForwardTo(l.now, obs, n, l.scratch)
	l.offset(p.In(inLogits), nil)
	if _, _, err := v.Step(n, l.state.adam, rate); err != nil {
		return err
	}
	loss, _, err := p.Step(n, l.policy.adam, rate)
	if err != nil {
		return err
	}
	s.policy += loss
	l.state.net.ForwardTo(l.worth, l.after, n, l.scratch)
	for i, at := range l.drawn {
		t := l.memory.At(int(at))
		l.value.descent.In(inTarget)[i] = t.Reward*float32(l.scale) + t.Discount*l.worth[i]
	}
	return nil
}
