package ppo

import (
	"context"
	"fmt"
	"slices"

	"hibernet/env"
)

// Gather has the shards of the iteration that follows a state played by
// players elsewhere, and gives take what each of them returned, in any order,
// one at a time. An error of take means that what came is damaged.
type Gather func(ctx context.Context, state *Checkpoint, shards int, take func(shard int, data []byte) error) error

// Player plays shards of a training whose learner is elsewhere. It is for one
// goroutine at a time.
type Player struct {
	collect *collector
	of      *Checkpoint
	x       *experience // of one shard
}

// NewPlayer returns a player for the training that a checkpoint is of, in an
// environment that mk makes. workers are goroutines, at least one; they do not
// change what is played.
func NewPlayer(of *Checkpoint, mk func(seed uint64) (env.Environment, error), workers int) (*Player, error) {
	if of.Spec.Teacher != "" {
		return nil, fmt.Errorf("ppo: %w", errTaughtElsewhere(of.Spec))
	}
	e, err := mk(of.Seed)
	if err != nil {
		return nil, fmt.Errorf("ppo: environment: %w", err)
	}
	c, err := newCollector(e, of, workers)
	if err != nil {
		return nil, fmt.Errorf("ppo: %w", err)
	}
	return &Player{collect: c, of: of, x: c.experience(1)}, nil
}

// Play plays a shard, from 0, of the iteration that follows a state of the
// training, and returns it for the learner (Gather). It depends on nothing but
// the state, the shard and the environment; multipliers, the optimiser and
// what was played before have no part in it.
func (p *Player) Play(ctx context.Context, state *Checkpoint, shard int) ([]byte, error) {
	if err := state.resumes(p.of.Spec, p.of.Seed, p.of.Limits(), p.collect.e.Schema()); err != nil {
		return nil, fmt.Errorf("ppo: play: %w", err)
	}
	if shard < 0 || shard >= state.Spec.Shards {
		return nil, fmt.Errorf("ppo: play: shard %d of %d", shard, state.Spec.Shards)
	}
	copy(p.collect.nets.theta, newNetworks(state.Spec, state.Actor, state.Critic).theta)
	if c := p.collect.costs; c != nil {
		state.Constraints.Critic.AppendTo(c.theta[:0])
	}
	played, err := p.collect.play(ctx, state.Iteration, shard, p.x)
	if err != nil {
		return nil, fmt.Errorf("ppo: iteration %d, shard %d: %w", state.Iteration, shard, err)
	}
	return p.x.encode(shardID{state.Iteration, shard}, played)
}

// gather has the next iteration played and makes of it what is learned from.
func (l *learner) gather(ctx context.Context) error {
	shards := make([]tally, l.spec.Shards)
	if err := l.play(ctx, shards); err != nil {
		return err
	}
	l.played = tallyOf(shards)
	if c := l.collect.costs; c != nil {
		c.finish(l.spec, l.x, l.played, l.iteration >= l.spec.taught())
	}
	if l.spec.RewardTransform == SymLog {
		symlog(l.x.reward)
	}
	if l.scale == 0 {
		l.scale = l.x.unitScale(l.spec.Gamma)
	}
	for i := range l.x.reward {
		l.x.reward[i] *= float32(l.scale)
	}
	return nil
}

// play fills the experience of the next iteration and what its shards came to.
func (l *learner) play(ctx context.Context, shards []tally) error {
	n, played := len(shards), make([]bool, len(shards))
	if l.elsewhere != nil {
		err := l.elsewhere(ctx, l.checkpoint(), n, func(i int, data []byte) (err error) {
			shards[i], err = l.x.part(i, n).decode(shardID{l.iteration, i}, data)
			played[i] = err == nil
			return err
		})
		if i := slices.Index(played, false); err == nil && i >= 0 {
			err = fmt.Errorf("shard %d was not played", i)
		}
		return err
	}
	for i := range shards {
		var err error
		if shards[i], err = l.collect.play(ctx, l.iteration, i, l.x.part(i, n)); err != nil && n > 1 {
			return fmt.Errorf("shard %d: %w", i, err)
		} else if err != nil {
			return err
		}
	}
	return nil
}
