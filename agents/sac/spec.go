package sac

import (
	"hibernet/agents/mlp"
	"hibernet/agents/replay"
	"hibernet/agents/train"
)

// Spec holds the settings of training.
type Spec struct {
	Iterations    int         `yaml:"iterations" doc:"plays, each followed by gradient steps" unit:"1" min:"1" max:"1000000"`
	Updates       int         `yaml:"updates" doc:"gradient steps of an iteration, for the values and for the policy" unit:"1" min:"1" max:"1000000"`
	Minibatch     int         `yaml:"minibatch" doc:"transitions of a gradient step" unit:"1" min:"1" max:"1000000"`
	Tau           float64     `yaml:"tau" doc:"share of the way that the target networks go to the learned ones with each gradient step" unit:"1" gt:"0" max:"1"`
	TargetEntropy float64     `yaml:"target_entropy" doc:"entropy that the policy is held at, as a share of the largest that the allowed actions of a row permit" unit:"1" min:"0" max:"1"`
	Temperature   float64     `yaml:"temperature" doc:"worth of entropy, in scaled reward a nat, at the start" unit:"1" gt:"0" max:"1e6"`
	ErrorClip     float64     `yaml:"error_clip" doc:"error of a value, in scaled reward, from which on the loss grows linearly and no longer as the square: what is rare and costs much then counts for less than its mean" unit:"1" gt:"0" max:"1e6"`
	MaxGradNorm   float64     `yaml:"max_grad_norm" doc:"limit of the gradient's norm over all parameters" unit:"1" gt:"0" max:"1e6"`
	LearningRate  float64     `yaml:"learning_rate" doc:"of Adam, in the first iteration" unit:"1" gt:"0" max:"1"`
	Schedule      string      `yaml:"schedule" doc:"linear: the learning rate and the target entropy fall to zero over the iterations" enum:"linear,constant"`
	Hidden        []int       `yaml:"hidden" doc:"widths of the hidden layers, of the policy and of the values" unit:"1" min:"1" max:"1024" minlen:"1"`
	Activation    string      `yaml:"activation" doc:"of the hidden layers" enum:"tanh,relu"`
	Lagrangian    train.PID   `yaml:"lagrangian" doc:"how the multipliers of the guards are controlled, by --algo sac-lagrangian only: errors are shares of a limit, scaled rewards and costs have unit deviation"`
	Replay        replay.Spec `yaml:"replay" doc:"what is played and remembered"`
}

// DefaultSpec returns the settings of Christodoulou (arXiv:1910.07207, table
// 2) where they do not depend on the size of a network (tau, squares of errors
// of any size), a lower target
// entropy, since his 0.98 leaves the policy all but random, and steps and rates
// for small dense networks and many rows (ours). Transitions are single steps:
// the entropy of steps between would be missing from longer ones.
func DefaultSpec() Spec {
	r := replay.DefaultSpec()
	r.NStep = 1
	return Spec{
		Iterations: 100, Updates: 200, Minibatch: 256, Tau: 0.005, TargetEntropy: 0.3, Temperature: 0.1,
		ErrorClip: 1e6, MaxGradNorm: 10, LearningRate: 1e-3, Schedule: train.Linear,
		Hidden: []int{64, 64}, Activation: mlp.ReLU, Lagrangian: train.SlowPID(), Replay: r,
	}
}

// Validate returns every broken relation, each named by its path.
func (s Spec) Validate() []error {
	errs := train.Bounds([]train.Bound{
		{Path: "iterations", Value: float64(s.Iterations), Lo: 1, Hi: 1e6},
		{Path: "updates", Value: float64(s.Updates), Lo: 1, Hi: 1e6},
		{Path: "minibatch", Value: float64(s.Minibatch), Lo: 1, Hi: 1e6},
		{Path: "tau", Value: s.Tau, Lo: 0, Hi: 1, Open: true},
		{Path: "target_entropy", Value: s.TargetEntropy, Lo: 0, Hi: 1},
		{Path: "temperature", Value: s.Temperature, Lo: 0, Hi: 1e6, Open: true},
		{Path: "error_clip", Value: s.ErrorClip, Lo: 0, Hi: 1e6, Open: true},
		{Path: "max_grad_norm", Value: s.MaxGradNorm, Lo: 0, Hi: 1e6, Open: true},
		{Path: "learning_rate", Value: s.LearningRate, Lo: 0, Hi: 1, Open: true},
	})
	errs = append(errs, train.CheckSchedule(s.Schedule)...)
	errs = append(errs, mlp.CheckHidden(s.Hidden, s.Activation)...)
	errs = append(errs, train.Section("lagrangian", s.Lagrangian.Validate())...)
	return append(errs, train.Section("replay", s.Replay.Validate())...)
}

// sizes returns the widths of a network of in inputs and out outputs.
func (s Spec) sizes(in, out int) []int { return append(append([]int{in}, s.Hidden...), out) }

// left is the share of its first value that a falling setting has left in an
// iteration.
func (s Spec) left(iteration int) float64 { return train.Left(s.Schedule, iteration, s.Iterations) }
