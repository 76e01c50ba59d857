package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"hibernet/agents/ppo"
	"hibernet/env"
	"hibernet/results/sweep/temporal"
	"hibernet/scenarios"
)

// shardOrder is what a worker must know to play a shard of an iteration.
type shardOrder struct {
	Name         string          `json:"name"`     // of the scenario
	Scenario     string          `json:"scenario"` // as hibernet scenario show has it
	SHA256       string          `json:"scenario_sha256"`
	InputsSHA256 string          `json:"inputs_sha256"` // of its data files
	State        json.RawMessage `json:"state"`         // a checkpoint, made before the iteration
}

// connect connects a training to the engine temporal, if it is that, before
// anything large is built; the function that it returns ends that.
func (f *trainFlags) connect(ctx context.Context, io IO) (stop func(), err error) {
	if f.engine == engineLocal {
		return func() {}, nil
	}
	link, store, stop, err := io.connect(ctx, f.server)
	if err != nil {
		return nil, err
	}
	rollouts := &temporal.Rollouts{
		Connection: link, Store: store, Heartbeat: f.server.heartbeat,
		Note: func(text string) { io.say("note: %s", text) },
	}
	f.elsewhere = func(sc scenarios.Scenario) (ppo.Gather, error) { return io.gatherer(rollouts.Gather, sc) }
	return stop, nil
}

// engineGather has the shards that an order is for played, as
// temporal.Rollouts.Gather does.
type engineGather func(ctx context.Context, order []byte, shards int, take func(shard int, data []byte) error) error

// gatherer returns what has the shards of a training played by an engine.
func (o IO) gatherer(gather engineGather, sc scenarios.Scenario) (ppo.Gather, error) {
	text, err := sc.Show()
	if err != nil {
		return nil, err
	}
	inputs, err := o.inputsDigest(sc.Inputs)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, state *ppo.Checkpoint, shards int, take func(int, []byte) error) error {
		data, err := state.Encode()
		if err != nil {
			return err
		}
		order, err := json.Marshal(shardOrder{sc.Name, string(text), sc.Hash(), inputs, data})
		if err != nil {
			return fmt.Errorf("order of a rollout: %w", err)
		}
		return gather(ctx, order, shards, take)
	}, nil
}

// shardPlayers plays shards of trainings for a worker, all in one process. It
// keeps the world of the last training, and an environment with its network
// for each slot that played: the next iteration needs them again.
type shardPlayers struct {
	io    IO
	slots int

	mu    sync.Mutex
	of    string // what world and idle are for
	world *scenarios.World
	idle  []*ppo.Player
}

// play plays a shard; several may be played at a time.
func (p *shardPlayers) play(ctx context.Context, order []byte, shard int) ([]byte, error) {
	var o shardOrder
	if err := json.Unmarshal(order, &o); err != nil {
		return nil, fmt.Errorf("order of a rollout: %w", err)
	}
	state, err := ppo.DecodeCheckpoint(o.State)
	if err != nil {
		return nil, err
	}
	// Trainings of one scenario, one under limits and one without, share no
	// environment: what a cost is told by depends on its limit.
	of := fmt.Sprint(o.SHA256, o.InputsSHA256, state.Limits())
	player, err := p.take(ctx, of, o, state)
	if err != nil {
		return nil, err
	}
	data, err := player.Play(ctx, state, shard)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == of {
		p.idle = append(p.idle, player)
	}
	return data, err
}

// take returns a player that is idle, or a new one.
func (p *shardPlayers) take(ctx context.Context, of string, o shardOrder, state *ppo.Checkpoint) (*ppo.Player, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of != of {
		p.of, p.world, p.idle = "", nil, nil // not two at a time
		world, err := p.build(ctx, o)
		if err != nil {
			return nil, err
		}
		p.of, p.world = of, world
	}
	if n := len(p.idle); n > 0 {
		player := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return player, nil
	}
	return ppo.NewPlayer(state, func(uint64) (env.Environment, error) {
		e, err := newJudge(p.world, 1).learning(state.Limits()).Environment(scenarios.Train, nil, nil)
		return e, err
	}, 1)
}

// build builds the world of a training.
func (p *shardPlayers) build(ctx context.Context, o shardOrder) (*scenarios.World, error) {
	sc, err := scenarios.Load(o.Name, []byte(o.Scenario), nil)
	if err != nil {
		return nil, err
	}
	s := setup{workers: 1, networks: p.slots - 1}
	return s.rebuild(ctx, p.io, sc, o.SHA256, o.InputsSHA256)
}
