package tandem

import (
	"fmt"
	"math"

	"hibernet/agents/ppo"
	"hibernet/env/region"
)

// Spec holds how the levels take turns.
type Spec struct {
	CellTurn        int     `yaml:"cell_turn" doc:"iterations of the cells' policy in a turn" unit:"1" min:"1" max:"100000"`
	CoordinatorTurn int     `yaml:"coordinator_turn" doc:"iterations of the coordinator in a turn; it has the first" unit:"1" min:"1" max:"100000"`
	Heed            float64 `yaml:"heed" doc:"how much the cells heed the target at the start: about the fall of the first action's logit from the middle target to the highest; 0 leaves them to find a meaning" unit:"1" min:"0" max:"20"`
}

// DefaultSpec gives three iterations of four to the cells, which have more to
// learn. Ours.
func DefaultSpec() Spec { return Spec{CellTurn: 6, CoordinatorTurn: 2, Heed: 1} }

// Validate returns every fault of the settings.
func (s Spec) Validate() []error {
	var faults []error
	for _, f := range []struct {
		path  string
		value int
	}{{"cell_turn", s.CellTurn}, {"coordinator_turn", s.CoordinatorTurn}} {
		if f.value < 1 || f.value > 100000 {
			faults = append(faults, fmt.Errorf("%s: must be in 1..100000, got %d", f.path, f.value))
		}
	}
	if !(s.Heed >= 0 && s.Heed <= 20) {
		faults = append(faults, fmt.Errorf("heed: must be in [0, 20], got %g", s.Heed))
	}
	return faults
}

// Level is one of the two policies.
type Level uint8

// The levels.
const (
	Cells Level = iota
	Coordinator
)

// String returns "cells" or "coordinator".
func (l Level) String() string {
	if l == Coordinator {
		return "coordinator"
	}
	return "cells"
}

// turn returns which level makes the n-th iteration, from 0.
func (s Spec) turn(n int) Level {
	if n%(s.CellTurn+s.CoordinatorTurn) < s.CoordinatorTurn {
		return Coordinator
	}
	return Cells
}

// share returns how many of the first n iterations each level makes.
func (s Spec) share(n int) (cells, coordinator int) {
	cycle := s.CellTurn + s.CoordinatorTurn
	coordinator = n/cycle*s.CoordinatorTurn + min(n%cycle, s.CoordinatorTurn)
	return n - coordinator, coordinator
}

// Setting is what is trained.
type Setting struct {
	Tandem  Spec
	Regions region.Spec
	Hold    int      // steps of the environment between two decisions
	PPO     ppo.Spec // of the cells; Iterations of both levels together
}

// leastMinibatch is the smallest minibatch that the coordinator's settings
// come to.
const leastMinibatch = 32

// specs returns the settings of the levels' own trainings. The coordinator's
// rollout lasts as many steps of the environment as the cells' does, the
// discount of its long step is that of the steps in it, and its minibatches
// stand for as much of the network: it has far fewer rows, and would otherwise
// take a gradient step or two where the cells take a hundred.
func (s Setting) specs() (cells, coordinator ppo.Spec) {
	cells, coordinator = s.PPO, s.PPO
	cells.Iterations, coordinator.Iterations = s.Tandem.share(s.PPO.Iterations)
	coordinator.Horizon = max(1, s.PPO.Horizon/s.Hold)
	coordinator.Gamma = math.Pow(s.PPO.Gamma, float64(s.Hold))
	coordinator.RowsPerUpdate, coordinator.FirstBias = 0, 0
	coordinator.Minibatch = max(min(leastMinibatch, s.PPO.Minibatch), s.PPO.Minibatch/(s.Regions.Rows*s.Hold))
	return cells, coordinator
}

// Validate returns every fault of the setting.
func (s Setting) Validate() []error {
	faults := append(s.Tandem.Validate(), s.Regions.Validate()...)
	faults = append(faults, s.PPO.Validate()...)
	// gonum's float32 dot product adds in an order that depends on how a vector
	// lies in memory. Vectors of these lengths lie alike in every run, or have
	// too few terms for it to matter; with 5 levels two runs of one training in
	// two ended in other bits.
	if s.Regions.Levels != 2 && s.Regions.Levels%4 != 0 {
		faults = append(faults, fmt.Errorf("levels: must be 2 or a multiple of 4 to be trained, got %d", s.Regions.Levels))
	}
	if s.PPO.Teacher != "" {
		faults = append(faults, fmt.Errorf("teacher: a coordinator and its cells have none, allowed: empty, got %q", s.PPO.Teacher))
	}
	if s.Hold < 1 {
		return append(faults, fmt.Errorf("hold: must be at least 1 step, got %d", s.Hold))
	}
	if len(faults) == 0 {
		if cells, _ := s.specs(); cells.Iterations < 1 {
			faults = append(faults, fmt.Errorf("coordinator_turn: %d of %d iterations leave none to the cells", s.Tandem.CoordinatorTurn, s.PPO.Iterations))
		}
	}
	return faults
}
