package ppo

import (
	"errors"
	"fmt"

	"hibernet/agents/mlp"
	"hibernet/agents/train"
)

// The transforms of rewards that may be learned from. SymLog (Hafner et al.,
// arXiv:2301.04104, eq. 9) keeps sign and order: what is worse stays worse,
// but trades between rewards of very different size are no longer those of
// their sum.
const (
	None   = "none"
	SymLog = "symlog"
)

// maxRewardScale is the largest factor on rewards.
const maxRewardScale = 1e12

// Spec holds the settings of training.
type Spec struct {
	Iterations    int     `yaml:"iterations" doc:"updates, each from new rollouts" unit:"1" min:"1" max:"1000000"`
	Shards        int     `yaml:"shards" doc:"rollouts of an iteration, each in an episode of its own that differs from the others as episodes do; hibernet train --engine temporal plays them on many machines" unit:"1" min:"1" max:"1000"`
	Horizon       int     `yaml:"horizon" doc:"steps of a rollout; each begins with a new episode" unit:"1" min:"1" max:"1000000"`
	RowsPerUpdate int     `yaml:"rows_per_update" doc:"rows of a rollout that are learned from, drawn anew for each; 0 for all" unit:"1" min:"0" max:"100000000"`
	Epochs        int     `yaml:"epochs" doc:"passes over the rollouts of an iteration" unit:"1" min:"1" max:"1000"`
	Minibatch     int     `yaml:"minibatch" doc:"most row-steps in one gradient step" unit:"1" min:"1" max:"1000000"`
	Gamma         float64 `yaml:"gamma" doc:"discount a step" unit:"1" min:"0" max:"1"`
	Lambda        float64 `yaml:"lambda" doc:"decay of generalised advantage estimation" unit:"1" min:"0" max:"1"`
	// RewardTransform is None or SymLog.
	RewardTransform string  `yaml:"reward_transform" doc:"what is learned from: none, the reward as it is; symlog, sign(r) log(1 + |r|), so that rows in deep trouble do not drown all others" enum:"none,symlog"`
	RewardScale     float64 `yaml:"reward_scale" doc:"factor on rewards; 0: found in the first iteration, so that discounted sums of rewards have a root mean square of 1" unit:"1" min:"0" max:"1e12"`
	Clip            float64 `yaml:"clip" doc:"probability ratios count between 1 - clip and 1 + clip" unit:"1" gt:"0" lt:"1"`
	AdvantageClip   float64 `yaml:"advantage_clip" doc:"advantages beyond so many standard deviations count as that, and are then normalised anew: for costs that few rows have nearly all of; 0 for no limit" unit:"1" min:"0" max:"1e6"`
	ValueClip       float64 `yaml:"value_clip" doc:"most that a value counts as moved in an update, as a multiple of the root mean square error of the values before it; 0 for no limit" unit:"1" min:"0" max:"1e6"`
	FirstBias       float64 `yaml:"first_bias" doc:"logit of the first action at the start, the others' being about 0: above 0 learning begins near a policy that takes it" unit:"1" min:"-20" max:"20"`
	// Teacher is read by whoever makes Options.Teacher of it.
	Teacher           string    `yaml:"teacher" doc:"rule that the policy imitates before it learns from rewards: always_on, schedule, threshold, forecast or random with the settings of baselines, or a tuned rule's file (.yaml); empty for none" maxlen:"1000"`
	TeacherIterations int       `yaml:"teacher_iterations" doc:"the first of the iterations, in which the teacher acts and is imitated; without a teacher there are none" unit:"1" min:"1" max:"1000000"`
	TeacherSmoothing  float64   `yaml:"teacher_smoothing" doc:"share of probability that imitation spreads over all allowed actions, so that the policy still tries others afterwards" unit:"1" min:"0" max:"0.5"`
	Entropy           float64   `yaml:"entropy" doc:"weight of the entropy bonus" unit:"1" min:"0" max:"100"`
	ValueCoef         float64   `yaml:"value_coef" doc:"weight of the value loss" unit:"1" min:"0" max:"100"`
	MaxGradNorm       float64   `yaml:"max_grad_norm" doc:"limit of the gradient's norm over all parameters" unit:"1" gt:"0" max:"1e6"`
	LearningRate      float64   `yaml:"learning_rate" doc:"of Adam, in the first iteration" unit:"1" gt:"0" max:"1"`
	Schedule          string    `yaml:"schedule" doc:"linear: the learning rate falls to zero over the iterations" enum:"linear,constant"`
	TargetKL          float64   `yaml:"target_kl" doc:"no further epoch once the policy has moved by 1.5 times this; 0 for no limit" unit:"nat" min:"0" max:"100"`
	Lagrangian        train.PID `yaml:"lagrangian" doc:"how the multipliers of the guards are controlled, by --algo ppo-lagrangian only: errors are shares of a limit, advantages have unit deviation"`
	FollowVerdicts    float64   `yaml:"follow_verdicts" doc:"part of the excess over a guard in each verdict that is added to the excesses from then on, by which multipliers are controlled, by --algo ppo-lagrangian only: so what is limited is the policy that is judged; 0 for none" unit:"1" min:"0" max:"10"`
	Hidden            []int     `yaml:"hidden" doc:"widths of the hidden layers, of the policy and of the value" unit:"1" min:"1" max:"1024" minlen:"1"`
	SharedTrunk       bool      `yaml:"shared_trunk" doc:"the policy and the value share the hidden layers, which is half the work; else they have such layers each"`
	Activation        string    `yaml:"activation" doc:"of the hidden layers" enum:"tanh,relu"`
}

// DefaultSpec returns the settings that Schulman et al. (arXiv:1707.06347) and
// the public implementations after them use for small dense networks, with
// three differences: minibatches are as large as many rows allow, the learning
// rate is higher to go with them (with 1e-3 and few rows the learner stays at
// the nearest rule that is better than doing nothing, as the two-cell toy
// shows), and the reward scale and the limit on the values do not depend on
// the unit of the reward.
func DefaultSpec() Spec {
	return Spec{
		Iterations: 100, Shards: 1, Horizon: 96, RowsPerUpdate: 0, Epochs: 4, Minibatch: 2048,
		Gamma: 0.99, Lambda: 0.95, RewardTransform: None, RewardScale: 0,
		Clip: 0.2, ValueClip: 1, TeacherIterations: 8, TeacherSmoothing: 0.05, Entropy: 0.01, ValueCoef: 0.5, MaxGradNorm: 0.5,
		LearningRate: 3e-3, Schedule: train.Linear, TargetKL: 0, Lagrangian: train.DefaultPID(),
		Hidden: []int{64, 64}, Activation: mlp.Tanh,
	}
}

// Validate returns every broken relation, each named by its path.
func (s Spec) Validate() []error {
	errs := train.Bounds([]train.Bound{
		{Path: "iterations", Value: float64(s.Iterations), Lo: 1, Hi: 1e6},
		{Path: "shards", Value: float64(s.Shards), Lo: 1, Hi: 1000},
		{Path: "horizon", Value: float64(s.Horizon), Lo: 1, Hi: 1e6},
		{Path: "rows_per_update", Value: float64(s.RowsPerUpdate), Lo: 0, Hi: 1e8},
		{Path: "epochs", Value: float64(s.Epochs), Lo: 1, Hi: 1000},
		{Path: "minibatch", Value: float64(s.Minibatch), Lo: 1, Hi: 1e6},
		{Path: "gamma", Value: s.Gamma, Lo: 0, Hi: 1},
		{Path: "lambda", Value: s.Lambda, Lo: 0, Hi: 1},
		{Path: "reward_scale", Value: s.RewardScale, Lo: 0, Hi: maxRewardScale},
		{Path: "clip", Value: s.Clip, Lo: 0, Hi: 1, Open: true},
		{Path: "follow_verdicts", Value: s.FollowVerdicts, Lo: 0, Hi: 10},
		{Path: "advantage_clip", Value: s.AdvantageClip, Lo: 0, Hi: 1e6},
		{Path: "value_clip", Value: s.ValueClip, Lo: 0, Hi: 1e6},
		{Path: "first_bias", Value: s.FirstBias, Lo: -20, Hi: 20},
		{Path: "teacher_iterations", Value: float64(s.TeacherIterations), Lo: 1, Hi: 1e6},
		{Path: "teacher_smoothing", Value: s.TeacherSmoothing, Lo: 0, Hi: 0.5},
		{Path: "entropy", Value: s.Entropy, Lo: 0, Hi: 100},
		{Path: "value_coef", Value: s.ValueCoef, Lo: 0, Hi: 100},
		{Path: "max_grad_norm", Value: s.MaxGradNorm, Lo: 0, Hi: 1e6, Open: true},
		{Path: "learning_rate", Value: s.LearningRate, Lo: 0, Hi: 1, Open: true},
		{Path: "target_kl", Value: s.TargetKL, Lo: 0, Hi: 100},
	})
	if s.Clip == 1 {
		errs = append(errs, errors.New("clip: less than 1, got 1"))
	}
	if s.taught() > s.Iterations {
		errs = append(errs, fmt.Errorf("teacher_iterations: at most the %d of iterations, got %d", s.Iterations, s.TeacherIterations))
	}
	errs = append(errs, train.Section("lagrangian", s.Lagrangian.Validate())...)
	if s.RewardTransform != None && s.RewardTransform != SymLog {
		errs = append(errs, fmt.Errorf("reward_transform: allowed %q, %q, got %q", None, SymLog, s.RewardTransform))
	}
	errs = append(errs, train.CheckSchedule(s.Schedule)...)
	return append(errs, mlp.CheckHidden(s.Hidden, s.Activation)...)
}

// taught returns how many iterations imitate a teacher.
func (s Spec) taught() int {
	if s.Teacher == "" {
		return 0
	}
	return s.TeacherIterations
}

// sizes returns the widths of a network from in inputs to out outputs.
func (s Spec) sizes(in, out int) []int {
	return append(append([]int{in}, s.Hidden...), out)
}

// rate returns the learning rate of an iteration, from 0.
func (s Spec) rate(iteration int) float64 {
	return s.LearningRate * train.Left(s.Schedule, iteration, s.Iterations)
}
