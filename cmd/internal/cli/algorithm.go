package cli

import (
	"errors"
	"fmt"
	"time"

	"hibernet/agents/mlp"
	"hibernet/agents/ppo"
	"hibernet/agents/tandem"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/scenarios"
)

// The algorithms of hibernet train.
const (
	algoPPO        = "ppo"
	algoLagrangian = "ppo-lagrangian"
	// A coordinator and the cells' policy, both by ppo or by ppo-lagrangian.
	algoCoordinated           = tandem.Name
	algoCoordinatedLagrangian = tandem.NameLimited
)

// algorithms returns the values that --algo takes.
func algorithms() []string {
	return []string{algoPPO, algoLagrangian, algoCoordinated, algoCoordinatedLagrangian}
}

// limited says whether an algorithm learns under the limits of the guards.
func limited(algo string) bool { return algo == algoLagrangian || algo == algoCoordinatedLagrangian }

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
	workers int
	clock   func() time.Duration
}

// newLearner returns the training of an algorithm under the settings of sc.
func newLearner(algo string, sc scenarios.Scenario, mk func(seed uint64) (env.Environment, error), opt learnerOptions) (train.Learner, error) {
	switch algo {
	case algoPPO, algoLagrangian:
		o := ppo.Options{Seed: sc.Seed, Workers: opt.workers, Init: opt.init, Limits: opt.limits, Clock: opt.clock}
		if opt.resume != nil {
			o.Resume = opt.resume.(*ppo.Checkpoint)
		}
		return ppo.New(sc.PPO, mk, o)
	case algoCoordinated, algoCoordinatedLagrangian:
		if opt.init != nil {
			return nil, input(errors.New("--init: a policy of two levels begins from nothing"), "")
		}
		hold, err := sc.Coordinator.Hold(sc.Network.ControlS)
		if err != nil {
			return nil, input(fmt.Errorf("coordinator.%w", err), "")
		}
		o := tandem.Options{Seed: sc.Seed, Workers: opt.workers, Limits: opt.limits, Clock: opt.clock}
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
		c, err := ppo.DecodeCheckpoint(data)
		if err != nil {
			return nil, err
		}
		return c, nil
	case algoCoordinated, algoCoordinatedLagrangian:
		c, err := tandem.DecodeCheckpoint(data)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	return nil, fmt.Errorf("algorithm %q is not known", algo)
}
