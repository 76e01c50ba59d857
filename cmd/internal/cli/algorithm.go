package cli

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"hibernet/agents"
	"hibernet/agents/bandit"
	"hibernet/agents/dqn"
	"hibernet/agents/mlp"
	"hibernet/agents/offline"
	"hibernet/agents/ppo"
	"hibernet/agents/replay"
	"hibernet/agents/sac"
	"hibernet/agents/tandem"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/scenarios"
)

// The algorithms of hibernet train.
const (
	algoPPO        = "ppo"
	algoLagrangian = "ppo-lagrangian"
	algoDQN        = "dqn"
	algoDQNLimited = "dqn-lagrangian"
	algoSAC        = "sac"
	algoSACLimited = "sac-lagrangian"
	algoBandit     = "bandit"
	algoCQL        = offline.CQL
	algoIQL        = offline.IQL
	// A coordinator and the cells' policy, both by ppo or by ppo-lagrangian.
	algoCoordinated           = tandem.Name
	algoCoordinatedLagrangian = tandem.NameLimited
)

// algorithms returns the values that --algo takes.
func algorithms() []string {
	return append(simulated(), algoCQL, algoIQL)
}

// simulated returns those that learn from the simulator.
func simulated() []string {
	return []string{algoPPO, algoLagrangian, algoDQN, algoDQNLimited, algoSAC, algoSACLimited, algoBandit, algoCoordinated, algoCoordinatedLagrangian}
}

// offlineOnly says whether an algorithm learns from a log, without the
// simulator.
func offlineOnly(algo string) bool { return algo == algoCQL || algo == algoIQL }

// limited says whether an algorithm learns under the limits of the guards.
func limited(algo string) bool {
	return slices.Contains([]string{algoLagrangian, algoDQNLimited, algoSACLimited, algoCoordinatedLagrangian}, algo)
}

// withoutPrices returns the scenario of an algorithm that learns under limits:
// what service costs is found by its multipliers, so that the reward keeps
// only energy and switches.
func withoutPrices(sc scenarios.Scenario) scenarios.Scenario {
	sc.Sleep.DropPricePerGbit, sc.Sleep.SlowPricePerGbit = 0, 0
	return sc
}

// learnerOptions are the options of a training that every learner has.
type learnerOptions struct {
	init    *mlp.Policy      // to begin from; nil for random weights
	resume  train.Checkpoint // of decodeCheckpoint, to go on from; nil for a new training
	limits  []train.Limit    // of the guards, for an algorithm that keeps limits
	memory  *replay.Memory   // for an algorithm that learns from a log
	teacher agents.Policy    // for ppo, to imitate first; nil for none
	gather  ppo.Gather       // for ppo with its shards played elsewhere; nil for here
	workers int
	clock   func() time.Duration
}

// learnerSeed returns the root of what is random in learning. The network is
// that of the scenario's seed, whatever the seed of the training.
func learnerSeed(sc scenarios.Scenario) uint64 { return sc.Seed + 7_000_003*sc.Training.Seed }

// newLearner returns the training of an algorithm under the settings of sc.
func newLearner(algo string, sc scenarios.Scenario, mk func(seed uint64) (env.Environment, error), opt learnerOptions) (train.Learner, error) {
	switch algo {
	case algoPPO, algoLagrangian:
		o := ppo.Options{Seed: learnerSeed(sc), Workers: opt.workers, Init: opt.init, Teacher: opt.teacher, Limits: opt.limits, Gather: opt.gather, Clock: opt.clock}
		if opt.resume != nil {
			o.Resume = opt.resume.(*ppo.Checkpoint)
		}
		return ppo.New(sc.PPO, mk, o)
	case algoDQN, algoDQNLimited:
		o := dqn.Options{Seed: learnerSeed(sc), Workers: opt.workers, Init: opt.init, Limits: opt.limits, Clock: opt.clock}
		if opt.resume != nil {
			o.Resume = opt.resume.(*dqn.Checkpoint)
		}
		return dqn.New(sc.DQN, mk, o)
	case algoSAC, algoSACLimited:
		o := sac.Options{Seed: learnerSeed(sc), Workers: opt.workers, Init: opt.init, Limits: opt.limits, Clock: opt.clock}
		if opt.resume != nil {
			o.Resume = opt.resume.(*sac.Checkpoint)
		}
		return sac.New(sc.SAC, mk, o)
	case algoBandit:
		o := bandit.Options{Seed: learnerSeed(sc), Workers: opt.workers, Clock: opt.clock}
		if opt.init != nil {
			return nil, usage(fmt.Errorf("--init: --algo %s solves its regressions and begins from nothing", algo), "")
		}
		if opt.resume != nil {
			o.Resume = opt.resume.(*bandit.Checkpoint)
		}
		return bandit.New(sc.Bandit, mk, o)
	case algoCQL, algoIQL:
		o := offline.Options{Seed: learnerSeed(sc), Workers: opt.workers, Clock: opt.clock}
		if opt.resume != nil {
			o.Resume = opt.resume.(*offline.Checkpoint)
		}
		return offline.New(algo, sc.Offline, sleep.NewSchema(), opt.memory, o)
	case algoCoordinated, algoCoordinatedLagrangian:
		if opt.init != nil {
			return nil, input(errors.New("--init: a policy of two levels begins from nothing"), "")
		}
		hold, err := sc.Coordinator.Hold(sc.Network.ControlS)
		if err != nil {
			return nil, input(fmt.Errorf("coordinator.%w", err), "")
		}
		o := tandem.Options{Seed: learnerSeed(sc), Workers: opt.workers, Limits: opt.limits, Clock: opt.clock}
		if opt.resume != nil {
			o.Resume = opt.resume.(*tandem.Checkpoint)
		}
		return tandem.New(tandem.Setting{Tandem: sc.Tandem, Regions: sc.Coordinator, Hold: hold, PPO: sc.PPO}, mk, o)
	}
	return nil, fmt.Errorf("algorithm %q is not known", algo)
}

// decodeCheckpoint reads a checkpoint of the algorithm's learner.
func decodeCheckpoint(algo string, data []byte) (train.Checkpoint, error) {
	switch algo {
	case algoPPO, algoLagrangian:
		return checkpoint(ppo.DecodeCheckpoint(data))
	case algoDQN, algoDQNLimited:
		return checkpoint(dqn.DecodeCheckpoint(data))
	case algoSAC, algoSACLimited:
		return checkpoint(sac.DecodeCheckpoint(data))
	case algoBandit:
		return checkpoint(bandit.DecodeCheckpoint(data))
	case algoCQL, algoIQL:
		return checkpoint(offline.DecodeCheckpoint(algo, data))
	case algoCoordinated, algoCoordinatedLagrangian:
		return checkpoint(tandem.DecodeCheckpoint(data))
	}
	return nil, fmt.Errorf("algorithm %q is not known", algo)
}

// checkpoint is c, or nothing at all where there is an error.
func checkpoint[C train.Checkpoint](c C, err error) (train.Checkpoint, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}
