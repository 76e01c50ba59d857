package ppo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"hibernet/agents"
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
	nets    networks
	costs   *costs        // nil without limits
	rows    int           // learned from
	picked  []int32       // [rows] rows of the environment, ascending
	outputs []float32     // [environment's rows x the actor's outputs]
	action  []int32       // [environment's rows]
	logProb []float32     // [environment's rows]
	teacher agents.Policy // nil where there is none to imitate
	taught  bool          // the teacher acts in what is played
	strange []int         // [shards of the environment's rows] scratch: a row with something wrong, -1 if none
	final   []float32     // [rows x fields] what the picked rows observe after the step
	values  []float32     // [rows x the outputs of who tells values] of that
	running []float64     // [environment's rows] sum of the rewards since the episode began
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
	c.nets = newNetworks(spec, state.Actor, state.Critic)
	actor := c.nets.actor
	teller, _ := c.nets.valued()
	c.outputs, c.action, c.logProb = make([]float32, all*actor.Out()), make([]int32, all), make([]float32, all)
	c.strange = make([]int, shard.Count(all))
	c.final, c.values, c.running = make([]float32, rows*actor.In()), make([]float32, rows*teller.Out()), make([]float64, all)
	nets := []*mlp.Net{actor, teller}
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
	return newExperience(shards*c.spec.Horizon, c.rows, c.nets.actor.In(), c.nets.actions, limits)
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
	if c.taught = iteration < c.spec.taught(); c.taught {
		if err := c.askTeacher(seed); err != nil {
			return tally{}, err
		}
	}
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
	x, fields := c.x, c.nets.actor.In()
	lo, hi, last := t*x.rows, (t+1)*x.rows, t == x.steps-1
	if err := c.checkObs(); err != nil {
		return err
	}
	c.nets.actor.ForwardTo(c.outputs, c.batch.Obs, c.e.Rows(), c.scratch)
	if err := c.choose(key); err != nil {
		return err
	}
	if c.taught {
		if err := c.obey(); err != nil {
			return err
		}
	}
	c.pool.Each(shard.Count(x.rows), func(i int) { c.remember(lo, i) })
	obs := x.obs[lo*fields : hi*fields]
	if c.nets.critic != nil {
		c.nets.critic.ForwardTo(x.value[lo:hi], obs, x.rows, c.scratch)
	}
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
	if c.taught && !last && c.over(0) {
		return c.askTeacher(key.Named("teacher").Uint64(0))
	}
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
	width, actions := c.nets.actor.Out(), c.nets.actions
	c.pool.Each(len(c.strange), func(i int) {
		c.strange[i] = -1
		lo, hi := shard.Range(i, len(c.action))
		for row := lo; row < hi; row++ {
			a, logProb := mlp.Sample(c.outputs[row*width:row*width+actions], c.batch.Mask[row*actions:(row+1)*actions], key.Float64(uint64(row)))
			if a < 0 && c.strange[i] < 0 {
				c.strange[i] = row
			}
			c.action[row], c.logProb[row] = int32(a), float32(logProb)
		}
	})
	if row := c.strangest(); row >= 0 {
		return c.blame(row)
	}
	return nil
}

// strangest returns the first row with something wrong, -1 if there is none.
func (c *collector) strangest() int {
	for _, row := range c.strange {
		if row >= 0 {
			return row
		}
	}
	return -1
}

// blame says why a row has no action.
func (c *collector) blame(row int) error {
	actions := c.nets.actions
	if !slices.Contains(c.batch.Mask[row*actions:(row+1)*actions], true) {
		return fmt.Errorf("row %d: the mask allows no action", row)
	}
	return fmt.Errorf("row %d: a logit is not finite: %w", row, ErrDiverged)
}

// checkObs names the first observation that is not finite: a saturating
// activation would let an infinite one pass unseen.
func (c *collector) checkObs() error {
	fields := c.nets.actor.In()
	c.pool.Each(len(c.strange), func(i int) {
		lo, hi := shard.Range(i, c.e.Rows())
		c.strange[i] = -1
		if !finite(c.batch.Obs[lo*fields : hi*fields]) {
			c.strange[i] = lo
		}
	})
	lo := c.strangest()
	if lo < 0 {
		return nil
	}
	for i, x := range c.batch.Obs[lo*fields:] {
		if x*0 != 0 {
			return fmt.Errorf("row %d: observation %s is not finite (%g)", lo+i/fields, c.e.Schema().Fields[i%fields].Name, x)
		}
	}
	return nil
}

// finite says whether all values are.
func finite(values []float32) bool {
	var a, b, c, d float32 // sums of 0, or NaN where a value is not finite
	for ; len(values) >= 4; values = values[4:] {
		a += values[0] * 0
		b += values[1] * 0
		c += values[2] * 0
		d += values[3] * 0
	}
	for _, x := range values {
		a += x * 0
	}
	return a+b+c+d == 0
}

// remember copies what a shard of the picked rows saw and did, to row-steps from
// lo on.
func (c *collector) remember(lo, i int) {
	x, fields, width, actions := c.x, c.nets.actor.In(), c.nets.actor.Out(), c.nets.actions
	first, last := shard.Range(i, x.rows)
	for s := first; s < last; s++ {
		row, i := int(c.picked[s]), lo+s
		copy(x.obs[i*fields:(i+1)*fields], c.batch.Obs[row*fields:(row+1)*fields])
		mask := c.batch.Mask[row*actions : (row+1)*actions]
		outputs, offset := c.outputs[row*width:(row+1)*width], x.offset[i*actions:(i+1)*actions]
		top, allowed := -outputs[mlp.Argmax(outputs[:actions], mask)], 0
		for a, ok := range mask {
			offset[a] = forbidden
			if ok {
				offset[a] = top
				allowed++
			}
		}
		x.forced[i] = allowed == 1
		x.action[i], x.logProb[i] = c.action[row], c.logProb[row]
		if c.nets.critic == nil {
			x.value[i] = outputs[actions]
		}
	}
}

// foresee writes the value of what follows the step: of the final observation
// of rows that were truncated and, after the last step, of the present one of
// rows whose episode goes on.
func (c *collector) foresee(lo int, last bool) {
	x := c.x
	if !last && !slices.Contains(c.batch.Truncated, true) {
		clear(x.after[lo : lo+x.rows])
		for j := range x.costs {
			clear(x.costs[j].after[lo : lo+x.rows])
		}
		return
	}
	c.pool.Each(shard.Count(x.rows), c.follow)
	if c.costs != nil {
		c.costs.foresee(x, c.final, c.batch, c.picked, lo, c.scratch)
	}
	teller, at := c.nets.valued()
	teller.ForwardTo(c.values, c.final, x.rows, c.scratch)
	for s, row := range c.picked {
		x.after[lo+s] = c.values[s*teller.Out()+at]
		if c.batch.Terminated[row] {
			x.after[lo+s] = 0
		}
	}
}

// follow copies what a shard of the picked rows observe after the step.
func (c *collector) follow(i int) {
	fields := c.nets.actor.In()
	first, last := shard.Range(i, len(c.picked))
	for s := first; s < last; s++ {
		row, from := int(c.picked[s]), c.batch.Obs
		if c.over(c.picked[s]) {
			from = c.batch.FinalObs
		}
		copy(c.final[s*fields:(s+1)*fields], from[row*fields:(row+1)*fields])
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
