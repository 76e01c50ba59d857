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
	algoPPO         = "ppo"
	algoCoordinated = tandem.Name // a coordinator and the cells' policy, both by ppo
)

// algorithms returns the values that --algo takes.
func algorithms() []string { return []string{algoPPO, algoCoordinated} }

// learnerOptions are the options of a training that every learner has.
type learnerOptions struct {
	init    *mlp.Policy      // to begin from; nil for random weights
	resume  train.Checkpoint // of decodeCheckpoint, to go on from; nil for a new training
	workers int
	clock   func() time.Duration
}

// newLearner returns the training of an algorithm under the settings of sc.
func newLearner(algo string, sc scenarios.Scenario, mk func(seed uint64) (env.Environment, error), opt learnerOptions) (train.Learner, error) {
	switch algo {
	case algoPPO:
		o := ppo.Options{Seed: sc.Seed, Workers: opt.workers, Init: opt.init, Clock: opt.clock}
		if opt.resume != nil {
			o.Resume = opt.resume.(*ppo.Checkpoint)
		}
		return ppo.New(sc.PPO, mk, o)
	case algoCoordinated:
		if opt.init != nil {
			return nil, input(errors.New("--init: a policy of two levels begins from nothing"), "")
		}
		hold, err := sc.Coordinator.Hold(sc.Network.ControlS)
		if err != nil {
			return nil, input(fmt.Errorf("coordinator.%w", err), "")
		}
		o := tandem.Options{Seed: sc.Seed, Workers: opt.workers, Clock: opt.clock}
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
	case algoPPO:
		c, err := ppo.DecodeCheckpoint(data)
		if err != nil {
			return nil, err
		}
		return c, nil
	case algoCoordinated:
		c, err := tandem.DecodeCheckpoint(data)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	return nil, fmt.Errorf("algorithm %q is not known", algo)
}
