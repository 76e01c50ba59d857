package ppo

import (
	"math"

	"hibernet/agents/train"
	"hibernet/env"
)

// rollout is what was seen of the rows that are learned from, step-major:
// row-step i is step i/rows, of the i%rows-th of these rows. The steps of
// several shards follow one another.
type rollout struct {
	steps, rows int
	obs         []float32 // [steps*rows x fields]
	offset      []float32 // [steps*rows x actions] forbidden where masked, else minus the largest allowed logit
	forced      []bool    // [steps*rows] the mask allows one action only
	action      []int32   // [steps*rows] taken
	logProb     []float32 // [steps*rows] of that action
	value       []float32 // [steps*rows] of the observation
	reward      []float32 // [steps*rows] scaled once all shards are there
	ended       []bool    // [steps*rows] the episode or the shard ended with this step
	after       []float32 // [steps*rows] value of what follows, where ended
}

// experience is what an iteration learns from, or a shard of it.
type experience struct {
	rollout
	costs []rollout // [limits] only reward, which is the cost, value and after; flags are those of the rollout
}

func newExperience(steps, rows, fields, actions, limits int) *experience {
	n := steps * rows
	x := &experience{rollout: rollout{
		steps: steps, rows: rows,
		obs: make([]float32, n*fields), offset: make([]float32, n*actions), forced: make([]bool, n),
		action: make([]int32, n), logProb: make([]float32, n), value: make([]float32, n),
		reward: make([]float32, n), ended: make([]bool, n), after: make([]float32, n),
	}}
	for range limits {
		x.costs = append(x.costs, rollout{steps: steps, rows: rows, forced: x.forced, ended: x.ended,
			reward: make([]float32, n), value: make([]float32, n), after: make([]float32, n)})
	}
	return x
}

// part returns the i-th of so many equal parts, which shares its memory.
func (x *experience) part(i, of int) *experience {
	p := &experience{rollout: x.rollout.part(i, of)}
	for _, c := range x.costs {
		p.costs = append(p.costs, c.part(i, of))
	}
	return p
}

func (r *rollout) part(i, of int) rollout {
	return rollout{
		steps: r.steps / of, rows: r.rows,
		obs: block(r.obs, i, of), offset: block(r.offset, i, of), forced: block(r.forced, i, of),
		action: block(r.action, i, of), logProb: block(r.logProb, i, of), value: block(r.value, i, of),
		reward: block(r.reward, i, of), ended: block(r.ended, i, of), after: block(r.after, i, of),
	}
}

// block returns the i-th of so many equal parts of v.
func block[T any](v []T, i, of int) []T {
	n := len(v) / of
	return v[i*n : (i+1)*n]
}

// symlog replaces each x by sign(x) log(1 + |x|).
func symlog(x []float32) {
	for i, v := range x {
		x[i] = float32(math.Copysign(math.Log1p(math.Abs(float64(v))), float64(v)))
	}
}

// unitScale returns the factor that gives the discounted sums of rewards, up
// to the end of the episode or the shard, a root mean square of 1, but at
// most maxRewardScale; 1 if all rewards are 0.
func (r *rollout) unitScale(gamma float64) float64 {
	var squares float64
	for row := range r.rows {
		var sum float64
		for t := r.steps - 1; t >= 0; t-- {
			i := t*r.rows + row
			if r.ended[i] {
				sum = 0
			}
			sum = float64(r.reward[i]) + gamma*sum
			squares += sum * sum
		}
	}
	if squares == 0 {
		return 1
	}
	return math.Min(maxRewardScale, 1/math.Sqrt(squares/float64(r.steps*r.rows)))
}

// tally is what a shard came to, or all of an iteration. Rewards are those of
// all rows, as the environment gives them.
type tally struct {
	total    float64      // all rewards
	finished float64      // those of the episodes that ended
	episodes int          // row-episodes that ended
	rows     int          // of the environment, over all shards
	limited  []float64    // [limits] sum of the figure over episodes: those that ended, or the only one
	ended    int          // episodes in limited
	figures  []env.Figure // finite ones, of the last episode; of several shards the mean
}

// tallyOf returns what shards came to together.
func tallyOf(shards []tally) tally {
	t := tally{limited: make([]float64, len(shards[0].limited))}
	var figures [][]env.Figure
	for _, s := range shards {
		t.total += s.total
		t.finished += s.finished
		t.episodes += s.episodes
		t.rows += s.rows
		t.ended += s.ended
		for j, v := range s.limited {
			t.limited[j] += v
		}
		figures = append(figures, s.figures)
	}
	t.figures = train.Means(figures)
	return t
}

// mean returns the mean return of the row-episodes that ended, or of all that
// was played where none did.
func (t *tally) mean() float64 {
	if t.episodes > 0 {
		return t.finished / float64(t.episodes)
	}
	return t.total / float64(t.rows)
}
