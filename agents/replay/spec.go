package replay

import (
	"math"

	"hibernet/agents/train"
	"hibernet/env"
)

// MaxRewardScale is the largest factor on rewards.
const MaxRewardScale = 1e12

// Spec holds the settings of playing and remembering.
type Spec struct {
	Horizon       int     `yaml:"horizon" doc:"steps played in an iteration, which begins with a new episode" unit:"1" min:"1" max:"1000000"`
	RowsPerUpdate int     `yaml:"rows_per_update" doc:"rows remembered of an iteration, drawn anew for each; 0 for all" unit:"1" min:"0" max:"100000000"`
	Capacity      int     `yaml:"capacity" doc:"transitions remembered, the newest in place of the oldest; a checkpoint holds them all" unit:"1" min:"1" max:"100000000"`
	NStep         int     `yaml:"n_step" doc:"steps of a transition, whose rewards are summed" unit:"1" min:"1" max:"1000"`
	Gamma         float64 `yaml:"gamma" doc:"discount a step" unit:"1" min:"0" max:"1"`
	RewardScale   float64 `yaml:"reward_scale" doc:"factor on rewards; 0: found in the first iteration, so that discounted sums of rewards have a root mean square of 1" unit:"1" min:"0" max:"1e12"`
}

// DefaultSpec returns a memory of about a hundred thousand transitions of
// three steps, the n-step return of Hessel et al. (arXiv:1710.02298, table 1).
func DefaultSpec() Spec {
	return Spec{Horizon: 96, RowsPerUpdate: 512, Capacity: 100_000, NStep: 3, Gamma: 0.99}
}

// Validate returns every broken relation, each named by its path.
func (s Spec) Validate() []error {
	return train.Bounds([]train.Bound{
		{Path: "horizon", Value: float64(s.Horizon), Lo: 1, Hi: 1e6},
		{Path: "rows_per_update", Value: float64(s.RowsPerUpdate), Lo: 0, Hi: 1e8},
		{Path: "capacity", Value: float64(s.Capacity), Lo: 1, Hi: 1e8},
		{Path: "n_step", Value: float64(s.NStep), Lo: 1, Hi: 1000},
		{Path: "gamma", Value: s.Gamma, Lo: 0, Hi: 1},
		{Path: "reward_scale", Value: s.RewardScale, Lo: 0, Hi: MaxRewardScale},
	})
}

// Play returns what a Player is told.
func (s Spec) Play() Play {
	return Play{Horizon: s.Horizon, Rows: s.RowsPerUpdate, Steps: s.NStep, Gamma: s.Gamma}
}

// Shape returns that of the memory of an environment of schema e.
func (s Spec) Shape(e env.Schema) Shape {
	return Shape{Capacity: s.Capacity, Fields: len(e.Fields), Actions: len(e.Actions), Guards: len(e.Guards)}
}

// Scale returns the factor on rewards: the setting or, where that is 0, the one
// that gives discounted sums of rewards, whose mean square is given, a root
// mean square of 1; 1 if all rewards are 0.
func (s Spec) Scale(squares float64) float64 {
	switch {
	case s.RewardScale > 0:
		return s.RewardScale
	case squares == 0:
		return 1
	}
	return math.Min(MaxRewardScale, 1/math.Sqrt(squares))
}
