package offline

import (
	"fmt"
	"math"

	"hibernet/agents/mlp"
	"hibernet/agents/replay"
	"hibernet/agents/train"
)

// The algorithms.
const (
	CQL = "cql" // conservative Q-learning
	IQL = "iql" // implicit Q-learning
)

// Spec holds the settings of training.
type Spec struct {
	Iterations   int     `yaml:"iterations" doc:"reports, each after so many gradient steps" unit:"1" min:"1" max:"1000000"`
	Updates      int     `yaml:"updates" doc:"gradient steps of an iteration" unit:"1" min:"1" max:"1000000"`
	Capacity     int     `yaml:"capacity" doc:"transitions of the log that are learned from; of a larger log an even sample" unit:"1" min:"1" max:"100000000"`
	Gamma        float64 `yaml:"gamma" doc:"discount a step" unit:"1" min:"0" max:"1"`
	Minibatch    int     `yaml:"minibatch" doc:"transitions of a gradient step" unit:"1" min:"1" max:"1000000"`
	Tau          float64 `yaml:"tau" doc:"share of the way that the target network goes to the learned one with each gradient step" unit:"1" gt:"0" max:"1"`
	Conservatism float64 `yaml:"conservatism" doc:"of cql: weight of what lowers the values of actions that were not taken" unit:"1" min:"0" max:"1000"`
	Expectile    float64 `yaml:"expectile" doc:"of iql: 0.5 values a state by the actions that were taken, near 1 by the best of them" unit:"1" gt:"0" lt:"1"`
	Greed        float64 `yaml:"greed" doc:"of iql: an action counts for the policy by the exponential of so many times its advantage, in scaled reward" unit:"1" min:"0" max:"1000"`
	RewardScale  float64 `yaml:"reward_scale" doc:"factor on rewards; 0: found from the log, so that their root mean square, discounted for ever, comes to 1" unit:"1" min:"0" max:"1e12"`
	ErrorClip    float64 `yaml:"error_clip" doc:"error of a value, in scaled reward, from which on the loss grows linearly and no longer as the square: what is rare and costs much then counts for less than its mean" unit:"1" gt:"0" max:"1e6"`
	MaxGradNorm  float64 `yaml:"max_grad_norm" doc:"limit of the gradient's norm over all parameters" unit:"1" gt:"0" max:"1e6"`
	LearningRate float64 `yaml:"learning_rate" doc:"of Adam, in the first iteration; it falls to zero" unit:"1" gt:"0" max:"1"`
	Hidden       []int   `yaml:"hidden" doc:"widths of the hidden layers" unit:"1" min:"1" max:"1024" minlen:"1"`
	Activation   string  `yaml:"activation" doc:"of the hidden layers" enum:"tanh,relu"`
}

// DefaultSpec returns the expectile and greed of Kostrikov et al.
// (arXiv:2110.06169, appendix B, locomotion), with a conservatism (ours, for
// rewards whose discounted sum is about 1), squares of errors of any size, steps
// and rates for small dense networks.
func DefaultSpec() Spec {
	return Spec{
		Iterations: 50, Updates: 200, Capacity: 1_000_000, Gamma: 0.99, Minibatch: 256, Tau: 0.005, Conservatism: 0.1, Expectile: 0.7, Greed: 3,
		ErrorClip: 1e6, MaxGradNorm: 10, LearningRate: 1e-3, Hidden: []int{64, 64}, Activation: mlp.ReLU,
	}
}

// Validate returns every broken relation, each named by its path.
func (s Spec) Validate() []error {
	errs := train.Bounds([]train.Bound{
		{Path: "iterations", Value: float64(s.Iterations), Lo: 1, Hi: 1e6},
		{Path: "updates", Value: float64(s.Updates), Lo: 1, Hi: 1e6},
		{Path: "capacity", Value: float64(s.Capacity), Lo: 1, Hi: 1e8},
		{Path: "gamma", Value: s.Gamma, Lo: 0, Hi: 1},
		{Path: "minibatch", Value: float64(s.Minibatch), Lo: 1, Hi: 1e6},
		{Path: "tau", Value: s.Tau, Lo: 0, Hi: 1, Open: true},
		{Path: "conservatism", Value: s.Conservatism, Lo: 0, Hi: 1000},
		{Path: "expectile", Value: s.Expectile, Lo: 0, Hi: 1, Open: true},
		{Path: "greed", Value: s.Greed, Lo: 0, Hi: 1000},
		{Path: "reward_scale", Value: s.RewardScale, Lo: 0, Hi: replay.MaxRewardScale},
		{Path: "error_clip", Value: s.ErrorClip, Lo: 0, Hi: 1e6, Open: true},
		{Path: "max_grad_norm", Value: s.MaxGradNorm, Lo: 0, Hi: 1e6, Open: true},
		{Path: "learning_rate", Value: s.LearningRate, Lo: 0, Hi: 1, Open: true},
	})
	if s.Expectile == 1 {
		errs = append(errs, fmt.Errorf("expectile: must be below 1, got 1"))
	}
	return append(errs, mlp.CheckHidden(s.Hidden, s.Activation)...)
}

// sizes returns the widths of a network of in inputs and out outputs.
func (s Spec) sizes(in, out int) []int { return append(append([]int{in}, s.Hidden...), out) }

// horizon bounds the steps that found scales take as a discounted sum's.
const horizon = 1000

// scale returns the factor on rewards of a memory: the setting or, where that
// is 0, what gives their root mean square, discounted over at most horizon
// steps, a sum of 1; 1 if all rewards are 0.
func (s Spec) scale(m *replay.Memory) float64 {
	if s.RewardScale > 0 {
		return s.RewardScale
	}
	squares := 0.0
	for i := range m.Len() {
		r := float64(m.At(i).Reward)
		squares += r * r
	}
	if squares == 0 {
		return 1
	}
	return min(replay.MaxRewardScale, max(1-s.Gamma, 1./horizon)/math.Sqrt(squares/float64(m.Len())))
}

func (s Spec) rate(iteration int) float64 {
	return s.LearningRate * train.Left(train.Linear, iteration, s.Iterations)
}
