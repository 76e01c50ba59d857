package ppo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"hibernet/agents/mlp"
	"hibernet/agents/train"
	"hibernet/env"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// collector steps the environment and keeps the buffers for it.
type collector struct {
	spec    Spec
	key     rng.Key // of the training
	e       env.Environment
	batch   *env.Batch
	scratch *mlp.Scratch
	pool    *shard.Pool
	theta   []float32 // all parameters: of the actor, then of the critic
	actor   *mlp.Net  // view of theta
	critic  *mlp.Net  // view of theta
	costs   *costs    // nil without limits
	rows    int       // learned from
	picked  []int32   // [rows] rows of the environment, ascending
	logits  []float32 // [environment's rows x actions]
	action  []int32   // [environment's rows]
	logProb []float32 // [environment's rows]
	final   []float32 // [rows x fields] final observations of the picked rows
	values  []float32 // [rows] their values
	running []float64 // [environment's rows] sum of the rewards since the episode began
	x       *experience
	tally   tally // of x so far
	figures []env.Figure
}

// newCollector returns a collector that plays by the networks of a state.
func newCollector(e env.Environment, state *Checkpoint, workers int) (*collector, error) {
	if mode := e.ResetMode(); mode == env.Disabled {
		e = env.AutoReset(e, env.SameStep)
	} else if mode != env.SameStep {
		return nil, fmt.Errorf("environment resets itself in mode %v: need %v or %v", mode, env.Disabled, env.SameStep)
	}
	spec, all := state.Spec, e.Rows()
	if all < 1 {
		return nil, errors.New("environment has no rows")
	}
	rows := all
	if spec.RowsPerUpdate > 0 {
		rows = min(rows, spec.RowsPerUpdate)
	}
	c := &collector{spec: spec, key: trainingKey(state.Seed), e: e, batch: env.NewBatch(e), pool: shard.New(workers), rows: rows}
	c.theta = state.Critic.AppendTo(state.Actor.AppendTo(nil))
	split := mlp.Len(state.Actor.Sizes)
	c.actor = mlp.View(state.Actor.Sizes, spec.Activation, c.theta[:split])
	c.critic = mlp.View(state.Critic.Sizes, spec.Activation, c.theta[split:])
	fields, actions := c.actor.In(), c.actor.Out()
	c.logits, c.action, c.logProb = make([]float32, all*actions), make([]int32, all), make([]float32, all)
	c.final, c.values, c.running = make([]float32, rows*fields), make([]float32, rows), make([]float64, all)
	nets := []*mlp.Net{c.actor, c.critic}
	var err error
	if c.costs, err = newCosts(state.Constraints.clone(), e.Schema(), spec, rows); c.costs != nil {
		nets = append(nets, c.costs.Critic)
	}
	c.scratch = mlp.NewScratch(workers, nets...)
	return c, err
}

// experience returns buffers for so many shards.
func (c *collector) experience(shards int) *experience {
	limits := 0
	if c.costs != nil {
		limits = len(c.costs.Limits)
	}
	return newExperience(shards*c.spec.Horizon, c.rows, c.actor.In(), c.actor.Out(), limits)
}

// play plays a shard of an iteration to x, which depends on nothing but the
// key of the training, both numbers and the networks. The first shard is what
// a training with one shard plays.
func (c *collector) play(ctx context.Context, iteration, shard int, x *experience) (tally, error) {
	key := c.key
	if shard > 0 {
		key = key.Named("shard").At(uint64(shard))
	}
	c.pick(key, iteration)
	seed := key.Named("episodes").Uint64(uint64(iteration))
	if err := c.e.Reset(&seed, c.batch); err != nil {
		return tally{}, fmt.Errorf("reset: %w", err)
	}
	clear(c.running)
	c.x, c.tally = x, tally{rows: c.e.Rows(), limited: make([]float64, len(x.costs))}
	key = key.Named("actions").At(uint64(iteration))
	for t := range x.steps {
		if err := ctx.Err(); err != nil {
			return tally{}, err
		}
		if err := c.step(t, key.At(uint64(t))); err != nil {
			return tally{}, fmt.Errorf("step %d: %w", t, err)
		}
	}
	if c.costs != nil && c.tally.ended == 0 {
		if err := c.judge(); err != nil {
			return tally{}, err
		}
	}
	c.tally.figures = train.Finite(c.e.Figures(nil))
	return c.tally, nil
}

// pick draws the rows that are learned from.
func (c *collector) pick(key rng.Key, iteration int) {
	all := c.e.Rows()
	c.picked = c.picked[:0]
	if c.rows == all {
		for row := range all {
			c.picked = append(c.picked, int32(row))
		}
		return
	}
	for _, row := range key.Named("rows").At(uint64(iteration)).Stream().Perm(all)[:c.rows] {
		c.picked = append(c.picked, int32(row))
	}
	slices.Sort(c.picked)
}

func (c *collector) step(t int, key rng.Key) error {
	x, fields := c.x, c.actor.In()
	lo, hi, last := t*x.rows, (t+1)*x.rows, t == x.steps-1
	if err := c.checkObs(); err != nil {
		return err
	}
	c.actor.ForwardTo(c.logits, c.batch.Obs, c.e.Rows(), c.scratch)
	if err := c.choose(key); err != nil {
		return err
	}
	c.remember(lo)
	obs := x.obs[lo*fields : hi*fields]
	c.critic.ForwardTo(x.value[lo:hi], obs, x.rows, c.scratch)
	if c.costs != nil {
		c.costs.foretell(x, obs, lo, c.scratch)
	}
	if err := c.e.Step(c.action, c.batch); err != nil {
		return err
	}
	if err := c.score(); err != nil {
		return err
	}
	for s, row := range c.picked {
		x.reward[lo+s] = c.batch.Reward[row]
		x.ended[lo+s] = last || c.over(row)
	}
	if c.costs != nil {
		if err := c.account(lo); err != nil {
			return err
		}
	}
	c.foresee(lo, last)
	return nil
}

// over says whether the last step ended the episode of a row.
func (c *collector) over(row int32) bool { return c.batch.Terminated[row] || c.batch.Truncated[row] }

// account takes the costs of the step and, where it ended the episode, the
// figures that the limits are on.
func (c *collector) account(lo int) error {
	if c.over(0) {
		if err := c.judge(); err != nil {
			return err
		}
	}
	return c.costs.take(c.x, c.batch, c.picked, lo)
}

// judge adds the figures of an episode that ended, or was played so far.
func (c *collector) judge() error {
	c.figures = c.e.Figures(c.figures[:0])
	c.tally.ended++
	return c.costs.judge(c.tally.limited, c.figures)
}

// choose draws an action for every row of the environment.
func (c *collector) choose(key rng.Key) error {
	width := c.actor.Out()
	c.pool.Each(shard.Count(len(c.action)), func(i int) {
		lo, hi := shard.Range(i, len(c.action))
		for row := lo; row < hi; row++ {
			a, logProb := mlp.Sample(c.logits[row*width:(row+1)*width], c.batch.Mask[row*width:(row+1)*width], key.Float64(uint64(row)))
			c.action[row], c.logProb[row] = int32(a), float32(logProb)
		}
	})
	for row, a := range c.action {
		if a < 0 {
			return c.blame(row)
		}
	}
	return nil
}

// blame says why a row has no action.
func (c *collector) blame(row int) error {
	width := c.actor.Out()
	if !slices.Contains(c.batch.Mask[row*width:(row+1)*width], true) {
		return fmt.Errorf("row %d: the mask allows no action", row)
	}
	return fmt.Errorf("row %d: a logit is not finite: %w", row, ErrDiverged)
}

// checkObs names the first observation that is not finite: a saturating
// activation would let an infinite one pass unseen.
func (c *collector) checkObs() error {
	var sum float32
	for _, x := range c.batch.Obs {
		sum += x * 0 // 0, or NaN where x is not finite
	}
	if sum == 0 {
		return nil
	}
	fields := c.actor.In()
	for i, x := range c.batch.Obs {
		if x*0 != 0 {
			return fmt.Errorf("row %d: observation %s is not finite (%g)", i/fields, c.e.Schema().Fields[i%fields].Name, x)
		}
	}
	return nil
}

// remember copies what the picked rows saw and did, from row-step lo on.
func (c *collector) remember(lo int) {
	r, fields, width := c.x, c.actor.In(), c.actor.Out()
	for s, row32 := range c.picked {
		row, i := int(row32), lo+s
		copy(r.obs[i*fields:(i+1)*fields], c.batch.Obs[row*fields:(row+1)*fields])
		mask := c.batch.Mask[row*width : (row+1)*width]
		logits, offset := c.logits[row*width:(row+1)*width], r.offset[i*width:(i+1)*width]
		top, allowed := -logits[mlp.Argmax(logits, mask)], 0
		for a, ok := range mask {
			offset[a] = forbidden
			if ok {
				offset[a] = top
				allowed++
			}
		}
		r.forced[i] = allowed == 1
		r.action[i], r.logProb[i] = c.action[row], c.logProb[row]
	}
}

// foresee writes the value of what follows the step: of the final observation
// of rows that were truncated and, after the last step, of the present one of
// rows whose episode goes on.
func (c *collector) foresee(lo int, last bool) {
	x, fields := c.x, c.actor.In()
	needed := false
	for s, row32 := range c.picked {
		row := int(row32)
		from := c.batch.Obs
		if c.over(row32) {
			from = c.batch.FinalObs
		}
		needed = needed || last || c.batch.Truncated[row]
		copy(c.final[s*fields:(s+1)*fields], from[row*fields:(row+1)*fields])
	}
	if !needed {
		clear(x.after[lo : lo+x.rows])
		for j := range x.costs {
			clear(x.costs[j].after[lo : lo+x.rows])
		}
		return
	}
	if c.costs != nil {
		c.costs.foresee(x, c.final, c.batch, c.picked, lo, c.scratch)
	}
	c.critic.ForwardTo(c.values, c.final, x.rows, c.scratch)
	for s, row := range c.picked {
		x.after[lo+s] = c.values[s]
		if c.batch.Terminated[row] {
			x.after[lo+s] = 0
		}
	}
}

// score adds the rewards of a step, of all rows.
func (c *collector) score() error {
	for row, reward := range c.batch.Reward {
		if reward != reward || math.IsInf(float64(reward), 0) {
			return fmt.Errorf("row %d: the reward is not finite (%g)", row, reward)
		}
		c.tally.total += float64(reward)
		c.running[row] += float64(reward)
		if c.over(int32(row)) {
			c.tally.finished += c.running[row]
			c.running[row] = 0
			c.tally.episodes++
		}
	}
	return nil
}
