package ppo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"hibernet/agents/mlp"
	"hibernet/env"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// rollout is what was seen of the rows that are learned from, step-major:
// row-step i is step i/rows of row picked[i%rows].
type rollout struct {
	steps, rows int
	picked      []int32   // [rows] rows of the environment, ascending
	obs         []float32 // [steps*rows x fields]
	offset      []float32 // [steps*rows x actions] forbidden where masked, else minus the largest allowed logit
	forced      []bool    // [steps*rows] the mask allows one action only
	action      []int32   // [steps*rows] taken
	logProb     []float32 // [steps*rows] of that action
	value       []float32 // [steps*rows] of the observation
	reward      []float32 // [steps*rows] scaled once the rollout is complete
	ended       []bool    // [steps*rows] the episode ended with this step
	after       []float32 // [steps*rows] value of what follows, where the episode or the rollout ended
}

// collector steps the environment and keeps the buffers for it.
type collector struct {
	spec    Spec
	key     rng.Key
	scale   float64 // factor on rewards; 0 before it is found
	e       env.Environment
	batch   *env.Batch
	scratch *mlp.Scratch
	pool    *shard.Pool
	roll    rollout
	nets    networks
	outputs []float32 // [environment's rows x the actor's outputs]
	action  []int32   // [environment's rows]
	logProb []float32 // [environment's rows]
	strange []int     // [shards of the environment's rows] scratch: a row with something wrong, -1 if none
	final   []float32 // [rows x fields] what the picked rows observe after the step
	values  []float32 // [rows x the outputs of who tells values] of that
	scores  scores
	costs   *costs // nil without limits
	figures []env.Figure
}

func newCollector(e env.Environment, spec Spec, key rng.Key, nets networks, workers int) (*collector, error) {
	if mode := e.ResetMode(); mode == env.Disabled {
		e = env.AutoReset(e, env.SameStep)
	} else if mode != env.SameStep {
		return nil, fmt.Errorf("environment resets itself in mode %v: need %v or %v", mode, env.Disabled, env.SameStep)
	}
	all, fields, actions := e.Rows(), nets.actor.In(), nets.actions
	if all < 1 {
		return nil, errors.New("environment has no rows")
	}
	rows := all
	if spec.RowsPerUpdate > 0 {
		rows = min(rows, spec.RowsPerUpdate)
	}
	n := spec.Horizon * rows
	teller, _ := nets.valued()
	return &collector{
		spec: spec, key: key, e: e, batch: env.NewBatch(e), nets: nets,
		scratch: mlp.NewScratch(workers, nets.actor, teller), pool: shard.New(workers),
		outputs: make([]float32, all*nets.actor.Out()), action: make([]int32, all), logProb: make([]float32, all),
		strange: make([]int, shard.Count(all)),
		final:   make([]float32, rows*fields), values: make([]float32, rows*teller.Out()),
		scores: scores{running: make([]float64, all)},
		roll: rollout{
			steps: spec.Horizon, rows: rows,
			obs: make([]float32, n*fields), offset: make([]float32, n*actions), forced: make([]bool, n),
			action: make([]int32, n), logProb: make([]float32, n), value: make([]float32, n),
			reward: make([]float32, n), ended: make([]bool, n), after: make([]float32, n),
		},
	}, nil
}

// limit has the collector account for what is limited; c may be nil.
func (c *collector) limit(constraints *Constraints, workers int) (err error) {
	if c.costs, err = newCosts(constraints, c.e.Schema(), c.spec, &c.roll); c.costs != nil {
		teller, _ := c.nets.valued()
		c.scratch = mlp.NewScratch(workers, c.nets.actor, teller, c.costs.Critic)
	}
	return err
}

// collect plays the rollout of an iteration, which depends on nothing but the
// key, the iteration and the networks.
func (c *collector) collect(ctx context.Context, iteration int) error {
	c.pick(iteration)
	seed := c.key.Named("episodes").Uint64(uint64(iteration))
	if err := c.e.Reset(&seed, c.batch); err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	clear(c.scores.running)
	c.scores = scores{running: c.scores.running}
	if c.costs != nil {
		c.costs.begin()
	}
	key := c.key.Named("actions").At(uint64(iteration))
	for t := range c.roll.steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.step(t, key.At(uint64(t))); err != nil {
			return fmt.Errorf("step %d: %w", t, err)
		}
	}
	if c.costs != nil {
		if c.costs.ended == 0 {
			if err := c.costs.judge(c.e.Figures(c.figures[:0])); err != nil {
				return err
			}
		}
		c.costs.finish(c.spec)
	}
	if c.spec.RewardTransform == SymLog {
		symlog(c.roll.reward)
	}
	if c.scale == 0 {
		c.scale = c.roll.unitScale(c.spec.Gamma)
	}
	for i := range c.roll.reward {
		c.roll.reward[i] *= float32(c.scale)
	}
	return nil
}

// symlog replaces each x by sign(x) log(1 + |x|).
func symlog(x []float32) {
	for i, v := range x {
		x[i] = float32(math.Copysign(math.Log1p(math.Abs(float64(v))), float64(v)))
	}
}

// unitScale returns the factor that gives the discounted sums of rewards, up
// to the end of the episode or the rollout, a root mean square of 1, but at
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

// pick draws the rows that the iteration learns from.
func (c *collector) pick(iteration int) {
	all := c.e.Rows()
	c.roll.picked = c.roll.picked[:0]
	if c.roll.rows == all {
		for row := range all {
			c.roll.picked = append(c.roll.picked, int32(row))
		}
		return
	}
	for _, row := range c.key.Named("rows").At(uint64(iteration)).Stream().Perm(all)[:c.roll.rows] {
		c.roll.picked = append(c.roll.picked, int32(row))
	}
	slices.Sort(c.roll.picked)
}

func (c *collector) step(t int, key rng.Key) error {
	r, fields := &c.roll, c.nets.actor.In()
	lo, hi := t*r.rows, (t+1)*r.rows
	if err := c.checkObs(); err != nil {
		return err
	}
	c.nets.actor.ForwardTo(c.outputs, c.batch.Obs, c.e.Rows(), c.scratch)
	if err := c.choose(key); err != nil {
		return err
	}
	c.pool.Each(shard.Count(r.rows), func(i int) { c.remember(lo, i) })
	if c.nets.critic != nil {
		c.nets.critic.ForwardTo(r.value[lo:hi], r.obs[lo*fields:hi*fields], r.rows, c.scratch)
	}
	if c.costs != nil {
		c.costs.foretell(r.obs[lo*fields:hi*fields], lo, r.rows, c.scratch)
	}
	if err := c.e.Step(c.action, c.batch); err != nil {
		return err
	}
	if err := c.scores.add(c.batch); err != nil {
		return err
	}
	for s, row := range r.picked {
		r.reward[lo+s] = c.batch.Reward[row]
		r.ended[lo+s] = c.batch.Terminated[row] || c.batch.Truncated[row]
	}
	if c.costs != nil {
		if err := c.account(lo); err != nil {
			return err
		}
	}
	c.foresee(lo, t == r.steps-1)
	return nil
}

// account takes the costs of the step and, where it ended the episode, the
// figures that the limits are on.
func (c *collector) account(lo int) error {
	if c.batch.Terminated[0] || c.batch.Truncated[0] {
		c.figures = c.e.Figures(c.figures[:0])
		if err := c.costs.judge(c.figures); err != nil {
			return err
		}
	}
	return c.costs.take(c.batch, &c.roll, lo)
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
	r, fields, width, actions := &c.roll, c.nets.actor.In(), c.nets.actor.Out(), c.nets.actions
	first, last := shard.Range(i, r.rows)
	for s := first; s < last; s++ {
		row, i := int(r.picked[s]), lo+s
		copy(r.obs[i*fields:(i+1)*fields], c.batch.Obs[row*fields:(row+1)*fields])
		mask := c.batch.Mask[row*actions : (row+1)*actions]
		outputs, offset := c.outputs[row*width:(row+1)*width], r.offset[i*actions:(i+1)*actions]
		top, allowed := -outputs[mlp.Argmax(outputs[:actions], mask)], 0
		for a, ok := range mask {
			offset[a] = forbidden
			if ok {
				offset[a] = top
				allowed++
			}
		}
		r.forced[i] = allowed == 1
		r.action[i], r.logProb[i] = c.action[row], c.logProb[row]
		if c.nets.critic == nil {
			r.value[i] = outputs[actions]
		}
	}
}

// foresee writes the value of what follows the step: of the final observation
// of rows that were truncated and, after the last step, of the present one of
// rows whose episode goes on.
func (c *collector) foresee(lo int, last bool) {
	r := &c.roll
	if !last && !slices.Contains(c.batch.Truncated, true) {
		clear(r.after[lo : lo+r.rows])
		if c.costs != nil {
			c.costs.foresee(nil, c.batch, r, lo, c.scratch)
		}
		return
	}
	c.pool.Each(shard.Count(r.rows), func(i int) { c.follow(lo, i) })
	if c.costs != nil {
		c.costs.foresee(c.final, c.batch, r, lo, c.scratch)
	}
	teller, at := c.nets.valued()
	teller.ForwardTo(c.values, c.final, r.rows, c.scratch)
	for s, row := range r.picked {
		r.after[lo+s] = c.values[s*teller.Out()+at]
		if c.batch.Terminated[row] {
			r.after[lo+s] = 0
		}
	}
}

// follow copies what a shard of the picked rows observe after row-steps from lo
// on.
func (c *collector) follow(lo, i int) {
	r, fields := &c.roll, c.nets.actor.In()
	first, last := shard.Range(i, r.rows)
	for s := first; s < last; s++ {
		row, from := int(r.picked[s]), c.batch.Obs
		if r.ended[lo+s] {
			from = c.batch.FinalObs
		}
		copy(c.final[s*fields:(s+1)*fields], from[row*fields:(row+1)*fields])
	}
}
