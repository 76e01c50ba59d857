// Package agents is what acts on an environment: the Policy interface, which
// baselines, trained networks and imported policies all satisfy, and Rollout,
// which plays one episode with any of them.
//
// A policy sees nothing but the env.Schema, the observations and the masks of
// a Batch. It answers one action index a row; it must pick an action that the
// row's mask allows. The same seed and the same observations give the same
// actions, whatever the number of workers a policy uses inside.
package agents

import (
	"context"
	"fmt"

	"hibernet/env"
)

// Policy chooses actions for all rows of an environment at once.
type Policy interface {
	// Name identifies the policy in tables and file names.
	Name() string
	// Reset prepares for an episode of rows agents under schema s. It returns
	// an error when the policy cannot act under s, for example because a
	// column is missing or the policy was trained under another schema. All
	// randomness of the episode depends on seed only.
	Reset(s env.Schema, rows int, seed uint64) error
	// ActTo writes one action index a row to dst, which has length rows. It
	// reads b.Obs and b.Mask, changes nothing in b and keeps no reference to
	// either.
	ActTo(dst []int32, b *env.Batch) error
}

// Selective is a Policy that reads only some of the columns of an environment
// that can do without the others.
type Selective interface {
	Policy
	// Columns returns the names of the columns that the policy reads; nil
	// means all, an empty slice none. With these columns alone it does the
	// same as with all, or it can act on these alone and Reset refuses others.
	Columns() []string
}

// Columns returns the names of the columns that p reads, nil for all.
func Columns(p Policy) []string {
	if s, ok := p.(Selective); ok {
		return s.Columns()
	}
	return nil
}

// Parallel is a Policy that can use several goroutines.
type Parallel interface {
	Policy
	// SetWorkers sets how many goroutines each call may use, at least one. It
	// changes no action.
	SetWorkers(workers int)
}

// SetWorkers sets how many goroutines p may use, if it can use several.
func SetWorkers(p Policy, workers int) {
	if q, ok := p.(Parallel); ok {
		q.SetWorkers(workers)
	}
}

// Result is what an episode came to.
type Result struct {
	Steps   int          // control intervals until the last row ended
	Return  float64      // undiscounted sum of rewards, mean over rows
	Figures []env.Figure // the environment's figures of the whole episode
}

// Rollout plays one episode of e with p from Reset(seed) until it ends, for all
// rows at once, in any reset mode. The policy is reset with *seed, or with 0 where seed is nil and e goes on to the
// next episode of its present sequence. b must fit e and is overwritten.
//
// A cancelled ctx stops it between steps with ctx's error.
func Rollout(ctx context.Context, e env.Environment, p Policy, b *env.Batch, seed *uint64) (Result, error) {
	rows := e.Rows()
	var policySeed uint64
	if seed != nil {
		policySeed = *seed
	}
	if err := b.Fits(e.Schema(), rows); err != nil {
		return Result{}, err
	}
	if err := p.Reset(e.Schema(), rows, policySeed); err != nil {
		return Result{}, fmt.Errorf("policy %s: %w", p.Name(), err)
	}
	if err := e.Reset(seed, b); err != nil {
		return Result{}, fmt.Errorf("reset: %w", err)
	}
	var (
		result  Result
		total   float64
		actions = make([]int32, rows)
	)
	for ended := rows == 0; !ended; {
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		if err := p.ActTo(actions, b); err != nil {
			return Result{}, fmt.Errorf("policy %s: step %d: %w", p.Name(), result.Steps, err)
		}
		if err := e.Step(actions, b); err != nil {
			return Result{}, fmt.Errorf("policy %s: step %d: %w", p.Name(), result.Steps, err)
		}
		result.Steps++
		total += sum(b.Reward)
		// Rows end together: one tells whether it is time to look at all.
		if b.Terminated[0] || b.Truncated[0] {
			var err error
			if ended, err = b.Ended(); err != nil {
				return Result{}, fmt.Errorf("step %d: %w", result.Steps, err)
			}
		}
	}
	if rows > 0 {
		result.Return = total / float64(rows)
	}
	result.Figures = e.Figures(nil)
	return result, nil
}

// sum adds up rewards in four sums at a time, which do not wait for each
// other; the order is always the same.
func sum(x []float32) float64 {
	var a, b, c, d float64
	for ; len(x) >= 4; x = x[4:] {
		a += float64(x[0])
		b += float64(x[1])
		c += float64(x[2])
		d += float64(x[3])
	}
	for _, v := range x {
		a += float64(v)
	}
	return (a + b) + (c + d)
}
