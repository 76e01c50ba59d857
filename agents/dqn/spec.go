package dqn

import (
	"hibernet/agents/mlp"
	"hibernet/agents/replay"
	"hibernet/agents/train"
)

// Spec holds the settings of training.
type Spec struct {
	Iterations   int         `yaml:"iterations" doc:"plays, each followed by gradient steps" unit:"1" min:"1" max:"1000000"`
	Updates      int         `yaml:"updates" doc:"gradient steps of an iteration" unit:"1" min:"1" max:"1000000"`
	Minibatch    int         `yaml:"minibatch" doc:"transitions of a gradient step" unit:"1" min:"1" max:"1000000"`
	TargetEvery  int         `yaml:"target_every" doc:"gradient steps after which the target network is made equal to the learned one" unit:"1" min:"1" max:"1000000"`
	Double       bool        `yaml:"double" doc:"the learned network chooses the action that the target network values"`
	Dueling      bool        `yaml:"dueling" doc:"the value of a state and the advantages of actions are learned apart"`
	ExploreFirst float64     `yaml:"explore_first" doc:"share of random actions in the first iteration" unit:"1" min:"0" max:"1"`
	ExploreLast  float64     `yaml:"explore_last" doc:"share of random actions in the last" unit:"1" min:"0" max:"1"`
	ExploreFall  float64     `yaml:"explore_fall" doc:"share of the iterations in which the first falls to the last" unit:"1" gt:"0" max:"1"`
	Alpha        float64     `yaml:"alpha" doc:"power of an error that makes a priority; 0: all are equal" unit:"1" min:"0" max:"1"`
	Beta         float64     `yaml:"beta" doc:"power of the weights that undo the bias of priorities, in the first iteration; it grows to 1" unit:"1" min:"0" max:"1"`
	ErrorClip    float64     `yaml:"error_clip" doc:"error, in scaled reward, from which on the loss grows linearly and no longer as the square: what is rare and costs much then counts for less than its mean" unit:"1" gt:"0" max:"1e6"`
	MaxGradNorm  float64     `yaml:"max_grad_norm" doc:"limit of the gradient's norm over all parameters" unit:"1" gt:"0" max:"1e6"`
	LearningRate float64     `yaml:"learning_rate" doc:"of Adam, in the first iteration" unit:"1" gt:"0" max:"1"`
	Schedule     string      `yaml:"schedule" doc:"linear: the learning rate falls to zero over the iterations" enum:"linear,constant"`
	Hidden       []int       `yaml:"hidden" doc:"widths of the hidden layers" unit:"1" min:"1" max:"1024" minlen:"1"`
	Activation   string      `yaml:"activation" doc:"of the hidden layers" enum:"tanh,relu"`
	Lagrangian   train.PID   `yaml:"lagrangian" doc:"how the multipliers of the guards are controlled, by --algo dqn-lagrangian only: errors are shares of a limit, scaled rewards and costs have unit deviation"`
	Replay       replay.Spec `yaml:"replay" doc:"what is played and remembered"`
}

// DefaultSpec returns the parts of Hessel et al. (arXiv:1710.02298) that hold
// without distributions or noise in the network: double, dueling, priorities
// with alpha 0.5 and beta from 0.4, three steps. Steps and rates are for small
// dense networks and many rows (ours).
func DefaultSpec() Spec {
	return Spec{
		Iterations: 100, Updates: 200, Minibatch: 256, TargetEvery: 200, Double: true, Dueling: true,
		ExploreFirst: 1, ExploreLast: 0.02, ExploreFall: 0.5, Alpha: 0.5, Beta: 0.4,
		ErrorClip: 1, MaxGradNorm: 10, LearningRate: 1e-3, Schedule: train.Linear,
		Hidden: []int{64, 64}, Activation: mlp.ReLU, Lagrangian: train.SlowPID(), Replay: replay.DefaultSpec(),
	}
}

// Validate returns every broken relation, each named by its path.
func (s Spec) Validate() []error {
	errs := train.Bounds([]train.Bound{
		{Path: "iterations", Value: float64(s.Iterations), Lo: 1, Hi: 1e6},
		{Path: "updates", Value: float64(s.Updates), Lo: 1, Hi: 1e6},
		{Path: "minibatch", Value: float64(s.Minibatch), Lo: 1, Hi: 1e6},
		{Path: "target_every", Value: float64(s.TargetEvery), Lo: 1, Hi: 1e6},
		{Path: "explore_first", Value: s.ExploreFirst, Lo: 0, Hi: 1},
		{Path: "explore_last", Value: s.ExploreLast, Lo: 0, Hi: 1},
		{Path: "explore_fall", Value: s.ExploreFall, Lo: 0, Hi: 1, Open: true},
		{Path: "alpha", Value: s.Alpha, Lo: 0, Hi: 1},
		{Path: "beta", Value: s.Beta, Lo: 0, Hi: 1},
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

// progress is how much of the training lies before an iteration.
func (s Spec) progress(iteration int) float64 { return float64(iteration) / float64(s.Iterations) }

func (s Spec) rate(iteration int) float64 {
	return s.LearningRate * train.Left(s.Schedule, iteration, s.Iterations)
}

// explore returns the share of random actions in an iteration.
func (s Spec) explore(iteration int) float64 {
	done := min(1, s.progress(iteration)/s.ExploreFall)
	return s.ExploreFirst + done*(s.ExploreLast-s.ExploreFirst)
}

// beta returns the power of the weights in an iteration.
func (s Spec) beta(iteration int) float64 { return s.Beta + s.progress(iteration)*(1-s.Beta) }
