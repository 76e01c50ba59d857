// Package train is what all trainings have in common, whatever they learn by:
// the loop over a Learner's iterations, what an iteration reports, the limits
// that a policy must keep, the choice of the best policy and the early stop.
//
// Run asks a Learner for one iteration after the other, has its policy judged
// every few of them on days that it is not trained on (Options.Judge), and
// hands each iteration with the state after it to Options.Keep, which writes
// files. All that Run decides by is in the list of iterations: a training
// that is resumed with the list so far ends as one that went straight through.
//
// The package reads no files and knows no simulator. Learners import it;
// commands tie both together.
package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"hibernet/agents"
	"hibernet/env"
)

// ErrDiverged is wrapped by the error of a learner whose outputs, loss or
// gradient are no longer finite.
var ErrDiverged = errors.New("training diverged (try a lower learning_rate or reward_scale)")

// Learner is a training under way. After an error of Iterate it is of no more
// use; the last Checkpoint still is.
type Learner interface {
	// Name names the algorithm, for folders and reports.
	Name() string
	// Iterations is how many the whole training has.
	Iterations() int
	// Completed is how many of them are done, of an earlier run too.
	Completed() int
	// Iterate makes the next one. An error that wraps ErrDiverged says that
	// numbers are no longer finite.
	Iterate(ctx context.Context) (Iteration, error)
	// Checkpoint returns the state after the last completed iteration. It
	// shares nothing with the learner.
	Checkpoint() Checkpoint
}

// Staged is a Learner that goes about its task in stages.
type Staged interface {
	Learner
	// EndsStage says whether the last completed iteration ended a stage: Run
	// then has the policy judged, if any is.
	EndsStage() bool
}

// Judged is a Learner that goes by the verdicts on its policy.
type Judged interface {
	Learner
	// TakeVerdict tells of the verdict on the policy after the last completed
	// iteration; Checkpoint then returns the state with it.
	TakeVerdict(Verdict)
}

// Checkpoint is the whole state of a training between two iterations.
type Checkpoint interface {
	// Encode returns the state as a file. Equal states give equal bytes.
	Encode() ([]byte, error)
	// Completed is how many iterations it was made after.
	Completed() int
	// Policy returns the policy that has been learned, greedy. It shares nothing
	// with the checkpoint.
	Policy() Policy
}

// Policy is a policy that can be written to a file, whatever it is made of.
type Policy interface {
	agents.Policy
	// Encode returns the policy as a file. Equal policies give equal bytes.
	Encode() ([]byte, error)
}

// Iteration is what one iteration of any learner came to. Times and speeds
// are 0 where no clock was given.
type Iteration struct {
	Number      int          `json:"iteration"`         // from 0
	Steps       int          `json:"steps"`             // row-steps played
	Rows        int          `json:"rows"`              // row-steps learned from
	Episodes    int          `json:"episodes"`          // row-episodes that ended
	Return      float64      `json:"return"`            // mean reward sum of these, unscaled and undiscounted; of what was played where none ended
	RewardMean  float64      `json:"reward_mean"`       // unscaled, a row-step
	Learning    []env.Figure `json:"learning"`          // the learner's own: losses, entropy, multipliers
	Figures     []env.Figure `json:"figures,omitempty"` // of the episodes played, as the environment gives them
	Verdict     *Verdict     `json:"verdict,omitempty"` // of the policy after the iteration, where it was judged
	PlayS       float64      `json:"play_s"`            // time for playing, s
	LearnS      float64      `json:"learn_s"`           // time for learning, s
	StepsPerS   float64      `json:"steps_per_s"`       // Steps over the time of both
	UpdatesPerS float64      `json:"row_updates_per_s"` // row-steps learned from, each pass counted, over LearnS
}

// Time sets the times and the speeds that follow from them.
func (it *Iteration) Time(play, learn time.Duration) {
	if play < 0 || learn <= 0 {
		return
	}
	it.PlayS, it.LearnS = play.Seconds(), learn.Seconds()
	it.StepsPerS = float64(it.Steps) / (play + learn).Seconds()
	it.UpdatesPerS = float64(it.Rows) / it.LearnS
}

// Figure returns the value of the named one of Learning and Figures, NaN if
// there is none.
func (it Iteration) Figure(name string) float64 {
	for _, list := range [][]env.Figure{it.Learning, it.Figures} {
		for _, f := range list {
			if f.Name == name {
				return f.Value
			}
		}
	}
	return math.NaN()
}

// Finite returns the figures that are finite, in their order: what is not
// known has no place in a file of JSON.
func Finite(list []env.Figure) []env.Figure {
	var kept []env.Figure
	for _, f := range list {
		if !math.IsNaN(f.Value) && !math.IsInf(f.Value, 0) {
			kept = append(kept, f)
		}
	}
	return kept
}

// endsStage says whether l is Staged and has ended a stage.
func endsStage(l Learner) bool {
	s, ok := l.(Staged)
	return ok && s.EndsStage()
}

// Means returns the mean of each figure over the lists that have it, in the
// order in which figures first appear.
func Means(lists [][]env.Figure) []env.Figure {
	var means []env.Figure
	var seen []float64 // lists that have the figure
	for _, list := range lists {
		for _, f := range list {
			i := slices.IndexFunc(means, func(g env.Figure) bool { return g.Name == f.Name })
			if i < 0 {
				means, seen = append(means, f), append(seen, 1)
				continue
			}
			means[i].Value += f.Value
			seen[i]++
		}
	}
	for i := range means {
		means[i].Value /= seen[i]
	}
	return means
}

// Options of Run.
type Options struct {
	Spec Spec
	// History holds the iterations that were completed before, in order.
	History []Iteration
	// Judge, if not nil, judges a policy on days that it is not trained on.
	Judge func(context.Context, Policy) (Verdict, error)
	// Keep, if not nil, is given each iteration and the state after it. best
	// says that no policy before was better. Its error stops the training.
	Keep func(it Iteration, state Checkpoint, best bool) error
}

// Run makes the iterations of l that are left and returns all of them. An
// error, a cancelled ctx among them, comes with those that are complete; a
// training without progress in Spec.Patience verdicts ends without an error.
func Run(ctx context.Context, l Learner, opt Options) ([]Iteration, error) {
	history := append([]Iteration(nil), opt.History...)
	if len(history) != l.Completed() {
		return history, fmt.Errorf("train: a history of %d iterations for a learner that made %d", len(history), l.Completed())
	}
	for l.Completed() < l.Iterations() && !opt.Spec.Stalled(history) {
		number := l.Completed()
		it, err := l.Iterate(ctx)
		if err != nil {
			return history, fmt.Errorf("%s: iteration %d: %w", l.Name(), number, err)
		}
		state := l.Checkpoint()
		if opt.Judge != nil && (opt.Spec.due(number, l.Iterations()) || opt.Spec.JudgeEvery > 0 && endsStage(l)) {
			verdict, err := opt.Judge(ctx, state.Policy())
			if err != nil {
				return history, fmt.Errorf("%s: iteration %d: verdict: %w", l.Name(), number, err)
			}
			it.Verdict = &verdict
			if j, ok := l.(Judged); ok {
				j.TakeVerdict(verdict)
				state = l.Checkpoint()
			}
		}
		if opt.Keep != nil {
			best, found := Best(append(history, it))
			if err := opt.Keep(it, state, found && best == number); err != nil {
				return history, fmt.Errorf("%s: iteration %d: checkpoint: %w", l.Name(), number, err)
			}
		}
		history = append(history, it)
	}
	return history, nil
}
