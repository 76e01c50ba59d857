// Package bandit trains the light choice: a contextual bandit that is linear in
// the observation, one regression an action (LinUCB, Li et al.,
// arXiv:1003.0146; linear Thompson sampling, Agrawal and Goyal,
// arXiv:1209.3352). It takes seconds, has no step size to tune, and its policy
// is a network without a hidden layer, exported and served as any.
//
// It looks no further than Horizon steps: what an action is worth is the
// discounted sum of the rewards of its row over so many steps under whatever is
// done after it. So it plans nothing: where the price of an action comes later
// than that, or depends on more than a weighted sum of columns, it is wrong.
//
// An iteration plays with the regressions as they are, adds what it saw to
// them (ridge regression in closed form: matrices add up, nothing is
// remembered row by row) and solves them again. Everything is added in the
// order of steps and rows, so the number of workers changes no bit.
package bandit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"hibernet/agents/replay"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

const name = "bandit"

// The ways to explore.
const (
	UCB      = "ucb"
	Thompson = "thompson"
)

// Spec holds the settings of training.
type Spec struct {
	Iterations    int     `yaml:"iterations" doc:"plays, each followed by a solution of the regressions" unit:"1" min:"1" max:"1000000"`
	Play          int     `yaml:"play" doc:"steps of a play, which begins with a new episode" unit:"1" min:"1" max:"1000000"`
	RowsPerUpdate int     `yaml:"rows_per_update" doc:"rows learned from in an iteration, drawn anew for each; 0 for all" unit:"1" min:"0" max:"100000000"`
	Horizon       int     `yaml:"horizon" doc:"steps whose rewards an action is credited with; 1: its own only" unit:"1" min:"1" max:"1000"`
	Gamma         float64 `yaml:"gamma" doc:"discount a step within the horizon" unit:"1" min:"0" max:"1"`
	Explore       string  `yaml:"explore" doc:"ucb: an action is taken at the upper edge of what it may be worth; thompson: at a value drawn from it" enum:"ucb,thompson"`
	Width         float64 `yaml:"width" doc:"of that range, in standard deviations of the estimate, for rewards of unit scale" unit:"1" min:"0" max:"1000"`
	MostCharged   float64 `yaml:"most_charged" doc:"most that an action is charged with, in reward: what costs more counts as that, so that what is rare and costs much does not decide every weight" unit:"1" gt:"0" max:"1e9"`
	Ridge         float64 `yaml:"ridge" doc:"weight of the prior that nothing matters, in observations" unit:"1" gt:"0" max:"1e9"`
}

// DefaultSpec returns a bandit that credits an action with an hour of control
// intervals of 15 minutes (ours: long enough for a wake-up to show) and charges it
// with about three times what such an hour costs with every cell awake at most.
func DefaultSpec() Spec {
	return Spec{Iterations: 20, Play: 96, RowsPerUpdate: 512, Horizon: 4, Gamma: 0.9, Explore: Thompson, Width: 0.05, MostCharged: 10, Ridge: 1}
}

// Validate returns every broken relation, each named by its path.
func (s Spec) Validate() []error {
	errs := train.Bounds([]train.Bound{
		{Path: "iterations", Value: float64(s.Iterations), Lo: 1, Hi: 1e6},
		{Path: "play", Value: float64(s.Play), Lo: 1, Hi: 1e6},
		{Path: "rows_per_update", Value: float64(s.RowsPerUpdate), Lo: 0, Hi: 1e8},
		{Path: "horizon", Value: float64(s.Horizon), Lo: 1, Hi: 1000},
		{Path: "gamma", Value: s.Gamma, Lo: 0, Hi: 1},
		{Path: "width", Value: s.Width, Lo: 0, Hi: 1000},
		{Path: "most_charged", Value: s.MostCharged, Lo: 0, Hi: 1e9, Open: true},
		{Path: "ridge", Value: s.Ridge, Lo: 0, Hi: 1e9, Open: true},
	})
	if s.Explore != UCB && s.Explore != Thompson {
		errs = append(errs, fmt.Errorf("explore: allowed %q, %q, got %q", UCB, Thompson, s.Explore))
	}
	return errs
}

// Options of a training that do not change what is learned, but for Seed.
type Options struct {
	Seed    uint64 // root of all randomness of the training
	Workers int    // goroutines, at least one; does not change the result
	// Resume, if not nil, goes on from there. Seed and the spec must be those
	// that it was made with.
	Resume *Checkpoint
	// Clock, if not nil, is a running time, for the speeds reported.
	Clock func() time.Duration
}

var _ train.Learner = (*learner)(nil)

// learner is a training under way.
type learner struct {
	now    *Checkpoint // the present state
	key    rng.Key
	clock  train.Clock
	player *replay.Player
	pool   *shard.Pool
	root   [][]float64 // [actions][size*size] inverse of the lower Cholesky factor of the moments
}

// New returns a training for train.Run. mk is called once, with Options.Seed;
// the environment must be in mode Disabled.
func New(spec Spec, mk func(seed uint64) (env.Environment, error), opt Options) (train.Learner, error) {
	if err := errors.Join(spec.Validate()...); err != nil {
		return nil, fmt.Errorf("bandit: %w", err)
	}
	e, err := mk(opt.Seed)
	if err != nil {
		return nil, fmt.Errorf("bandit: environment: %w", err)
	}
	l := &learner{key: rng.Root(opt.Seed).Named(name), clock: opt.Clock, pool: shard.New(opt.Workers)}
	if l.player, err = replay.NewPlayer(e, replay.Play{Horizon: spec.Play, Rows: spec.RowsPerUpdate, Steps: spec.Horizon, Gamma: spec.Gamma}); err != nil {
		return nil, fmt.Errorf("bandit: %w", err)
	}
	if opt.Resume != nil {
		if err := opt.Resume.state().Resumes(spec, opt.Seed, e.Schema()); err != nil {
			return nil, fmt.Errorf("bandit: resume: %w", err)
		}
		l.now = opt.Resume.clone()
	} else {
		l.now = begin(spec, opt.Seed, e.Schema())
	}
	return l, l.solve()
}

// Name implements train.Learner.
func (*learner) Name() string { return name }

// Iterations implements train.Learner.
func (l *learner) Iterations() int { return l.now.Spec.Iterations }

// Completed implements train.Learner.
func (l *learner) Completed() int { return l.now.Iteration }

// Checkpoint implements train.Learner.
func (l *learner) Checkpoint() train.Checkpoint { return l.now.clone() }

// Iterate implements train.Learner.
func (l *learner) Iterate(ctx context.Context) (train.Iteration, error) {
	began := l.clock.Now()
	played, err := l.player.Play(ctx, l.key.At(uint64(l.now.Iteration)), l.choose, l.add)
	if err != nil {
		return train.Iteration{}, err
	}
	done := l.clock.Now()
	if err := l.solve(); err != nil {
		return train.Iteration{}, err
	}
	it := played.Iteration(l.now.Iteration)
	it.Rows = played.Added
	it.Learning = train.Finite([]env.Figure{{Name: "credit_rms", Unit: "1", Value: l.spread()}})
	it.Time(done-began, l.clock.Now()-done)
	l.now.Iteration++
	return it, nil
}

// choose takes the action of each row at the upper edge of its worth, or at a
// value drawn from its range with the normal number row*actions+action of key.
func (l *learner) choose(dst []int32, b *env.Batch, key rng.Key) error {
	fields, actions := len(l.now.Schema.Fields), len(l.now.Schema.Actions)
	width := l.now.Spec.Width * l.spread()
	l.pool.Each(shard.Count(len(dst)), func(i int) {
		lo, hi := shard.Range(i, len(dst))
		x := make([]float64, fields+1)
		x[fields] = 1
		for row := lo; row < hi; row++ {
			for j, v := range b.Obs[row*fields : (row+1)*fields] {
				x[j] = float64(v)
			}
			best, most := -1, 0.0
			for a := range actions {
				if !b.Mask[row*actions+a] {
					continue
				}
				u := width
				if l.now.Spec.Explore == Thompson {
					u *= key.Norm(uint64(row*actions + a))
				}
				worth := dot(l.now.Weights[a], x) + u*deviation(l.root[a], x)
				if best < 0 || worth > most {
					best, most = a, worth
				}
			}
			dst[row] = int32(best)
		}
	})
	return train.CheckChosen(dst, b.Mask, "value")
}

// add puts a transition into the regression of its action.
func (l *learner) add(t replay.Transition) {
	m, n, reward := l.now.Moments[t.Action], len(t.Obs)+1, max(float64(t.Reward), -l.now.Spec.MostCharged)
	at := func(i int) float64 {
		if i == n-1 {
			return 1
		}
		return float64(t.Obs[i])
	}
	for i := range n {
		x := at(i)
		if x == 0 {
			continue
		}
		for j := range n {
			m[i*n+j] += x * at(j)
		}
		l.now.Credit[t.Action][i] += x * reward
	}
	l.now.Squares += reward * reward
	l.now.Count++
}

// spread is the root mean square of what was credited so far, 1 before.
func (l *learner) spread() float64 {
	if l.now.Count == 0 || l.now.Squares == 0 {
		return 1
	}
	return math.Sqrt(l.now.Squares / float64(l.now.Count))
}

// solve finds the weights of all actions: (ridge I + sum x x')^-1 sum x r.
func (l *learner) solve() error {
	n := len(l.now.Schema.Fields) + 1
	l.root = l.root[:0]
	for a, m := range l.now.Moments {
		moments := mat.NewSymDense(n, slices.Clone(m))
		for i := range n {
			moments.SetSym(i, i, moments.At(i, i)+l.now.Spec.Ridge)
		}
		var factor mat.Cholesky
		if !factor.Factorize(moments) {
			return fmt.Errorf("action %s: the regression has no solution: %w", l.now.Schema.Actions[a].Name, train.ErrDiverged)
		}
		weights := mat.NewVecDense(n, l.now.Weights[a])
		if err := factor.SolveVecTo(weights, mat.NewVecDense(n, l.now.Credit[a])); err != nil {
			return fmt.Errorf("action %s: %w", l.now.Schema.Actions[a].Name, err)
		}
		var lower mat.TriDense
		factor.LTo(&lower)
		if err := lower.InverseTri(&lower); err != nil {
			return fmt.Errorf("action %s: %w", l.now.Schema.Actions[a].Name, err)
		}
		root := make([]float64, n*n)
		for i := range n {
			for j := range i + 1 {
				root[i*n+j] = lower.At(i, j)
			}
		}
		l.root = append(l.root, root)
	}
	return nil
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// deviation returns sqrt(x' A^-1 x) by the inverse of A's lower factor.
func deviation(root, x []float64) float64 {
	n, sum := len(x), 0.0
	for i := range n {
		v := dot(root[i*n:i*n+i+1], x)
		sum += v * v
	}
	return math.Sqrt(sum)
}
