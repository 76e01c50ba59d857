// Package env is the contract between environments and the learners, policies
// and evaluators that step them. It imports nothing of the simulator, so that
// whatever satisfies it can be trained on and compared.
//
// An Environment is vectorised: one step moves Rows agents at once (in the
// sleep environment a row is a cell). All rows of one Environment share an
// episode: they end together. Observations, masks, rewards and flags are
// written into a Batch that belongs to the caller; an environment keeps no
// reference to it between calls.
//
// What must be kept within limits, whatever the reward, is not in the reward:
// for each of the schema's guards a step also writes a cost a row, so that a
// learner can be given limits instead of prices.
//
// Episodes end in one of two ways, and a learner must be able to tell them
// apart: terminated (the task itself ended: the value of what follows is
// zero) and truncated (we stopped looking, for example at a time horizon: the
// value of what follows must be bootstrapped from the final observation).
// The terms, and the auto-reset modes below, are those of Gymnasium >= 1.1.
package env

import (
	"errors"
	"fmt"
)

// Errors that callers branch on.
var (
	// ErrNotReset is returned by Step before the first Reset.
	ErrNotReset = errors.New("env: Step before Reset")
	// ErrEpisodeOver is returned by Step after the end of an episode when the
	// environment does not reset itself.
	ErrEpisodeOver = errors.New("env: Step after the end of the episode; call Reset")
	// ErrNoSeed is returned by a first Reset with a nil seed.
	ErrNoSeed = errors.New("env: the first Reset needs a seed")
	// ErrMasked is wrapped by Step's error when a row's action is masked or
	// out of range.
	ErrMasked = errors.New("env: action not allowed by the mask")
)

// ResetMode says what happens in the Step that ends an episode and the one
// after it (Gymnasium's AutoresetMode).
type ResetMode uint8

const (
	// Disabled: the caller must Reset; Step returns ErrEpisodeOver until then.
	Disabled ResetMode = iota
	// NextStep: the Step that ends the episode returns its final observation;
	// the following Step ignores its actions, resets, and returns the first
	// observation of the next episode with zero reward and no flags.
	NextStep
	// SameStep: the Step that ends the episode resets at once: Obs and Mask
	// are the first of the next episode, FinalObs is the last of the old one.
	SameStep
)

// String returns the mode's name as Gymnasium spells it.
func (m ResetMode) String() string {
	switch m {
	case Disabled:
		return "Disabled"
	case NextStep:
		return "NextStep"
	case SameStep:
		return "SameStep"
	}
	return fmt.Sprintf("ResetMode(%d)", uint8(m))
}

// Environment is a task for Rows agents that act at the same moments.
type Environment interface {
	// Schema names and scales every observation column and action. It never
	// changes during the life of the environment.
	Schema() Schema
	// Rows is the number of agents.
	Rows() int
	// ResetMode says what Step does at the end of an episode.
	ResetMode() ResetMode
	// Reset begins an episode and writes its first Obs and Mask; Reward, Cost
	// and the flags are zeroed. A seed starts a new sequence of episodes that
	// depends on nothing but that seed; nil goes on to the next episode of
	// the present sequence (ErrNoSeed if there is none).
	Reset(seed *uint64, b *Batch) error
	// Step takes one action index a row and writes Obs, Mask, Reward, Cost,
	// Terminated and Truncated (and FinalObs in SameStep mode when the
	// episode ended). An action that the last Mask forbids is an error that
	// wraps ErrMasked and changes nothing.
	Step(actions []int32, b *Batch) error
	// Figures appends the figures of the present episode so far, or of the
	// one that has just ended until the next Step, to dst.
	Figures(dst []Figure) []Figure
}

// Figure is one number that an episode is judged by.
type Figure struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
}

// Batch holds what an environment writes, row-major, one row an agent. The
// caller owns it and may read and change it between calls.
type Batch struct {
	Obs        []float32 // [Rows x Fields] scaled observations
	Mask       []bool    // [Rows x Actions] true where the action is allowed
	Reward     []float32 // [Rows]
	Cost       []float32 // [Rows x Guards] of the last step, in the guards' units; may be nil where nobody reads it
	Terminated []bool    // [Rows]
	Truncated  []bool    // [Rows]
	FinalObs   []float32 // [Rows x Fields] valid for ended rows in SameStep mode; in others it may be nil
}

// NewBatch allocates a batch that fits e.
func NewBatch(e Environment) *Batch {
	s, n := e.Schema(), e.Rows()
	b := &Batch{
		Obs:        make([]float32, n*len(s.Fields)),
		Mask:       make([]bool, n*len(s.Actions)),
		Reward:     make([]float32, n),
		Cost:       make([]float32, n*len(s.Guards)),
		Terminated: make([]bool, n),
		Truncated:  make([]bool, n),
	}
	if e.ResetMode() == SameStep {
		b.FinalObs = make([]float32, n*len(s.Fields))
	}
	return b
}

// NewPlayBatch allocates a batch that fits e, for one who plays and does not
// learn: without Cost, which is then not worked out.
func NewPlayBatch(e Environment) *Batch {
	b := NewBatch(e)
	b.Cost = nil
	return b
}

// Fits returns an error that names the first buffer whose length is not that
// of rows agents under schema s. Cost and FinalObs may be empty.
func (b *Batch) Fits(s Schema, rows int) error {
	for _, f := range []struct {
		name      string
		got, want int
	}{
		{"Obs", len(b.Obs), rows * len(s.Fields)},
		{"Mask", len(b.Mask), rows * len(s.Actions)},
		{"Reward", len(b.Reward), rows},
		{"Cost", len(b.Cost), rows * len(s.Guards)},
		{"Terminated", len(b.Terminated), rows},
		{"Truncated", len(b.Truncated), rows},
		{"FinalObs", len(b.FinalObs), rows * len(s.Fields)},
	} {
		optional := f.name == "Cost" || f.name == "FinalObs"
		if f.got != f.want && (!optional || f.got != 0) {
			return fmt.Errorf("env: batch buffer %s holds %d values, %d rows need %d", f.name, f.got, rows, f.want)
		}
	}
	return nil
}

// CheckActions returns an error that wraps ErrMasked and names the first row
// of actions that is out of range or masked.
func CheckActions(actions []int32, mask []bool, width int) error {
	if len(actions)*width != len(mask) {
		return fmt.Errorf("env: %d actions for a mask of %d rows", len(actions), len(mask)/max(width, 1))
	}
	for row, a := range actions {
		if a < 0 || int(a) >= width {
			return fmt.Errorf("%w: row %d: action %d, allowed 0..%d", ErrMasked, row, a, width-1)
		}
		if !mask[row*width+int(a)] {
			return fmt.Errorf("%w: row %d: action %d", ErrMasked, row, a)
		}
	}
	return nil
}
