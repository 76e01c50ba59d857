package ppo

import (
	"context"
	"fmt"
	"math"
	"time"

	"hibernet/agents/descent"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
	"hibernet/sim/simd"
)

// updater turns experience into gradient steps.
type updater struct {
	spec    Spec
	graphs  chan *lossGraph // one a worker
	pool    *shard.Pool
	actions int
	fields  int

	adv, returns []float32 // [row-steps]
	aside        []float32 // [row-steps x (actions + numAside)]
	learnable    []int32   // row-steps with a choice, ascending
	order        []int32   // the same, shuffled
	limit        float32   // most that a value counts as moved in this update
	imitate      bool      // the actions are a teacher's

	grads []float32 // [shards of a minibatch x parameters]
	stats []stats   // [shards of a minibatch]
	errs  []error   // [shards of a minibatch]
	grad  []float32 // [parameters] their sum

	now  func() time.Duration // nil where nobody asks for laps
	laps Laps                 // of the update so far

	costs      *costs          // nil without limits
	costGraphs chan *costGraph // one a worker
	costGrads  []float32       // [shards of a minibatch x parameters of the cost critic]
	costGrad   []float32       // [parameters of the cost critic] their sum
}

// stats are sums over row-steps.
type stats struct {
	rows                                                    int
	policy, value, cost, entropy, kl, clipped, agreed, norm float64 // norm: over gradient steps
	steps                                                   int     // gradient steps
	spent                                                   spent
}

func (s *stats) add(o stats) {
	s.rows += o.rows
	s.policy += o.policy
	s.value += o.value
	s.cost += o.cost
	s.entropy += o.entropy
	s.kl += o.kl
	s.clipped += o.clipped
	s.agreed += o.agreed
	s.norm += o.norm
	s.steps += o.steps
	s.spent.add(o.spent)
}

func newUpdater(spec Spec, nets networks, c *costs, rowSteps int, opt Options) (*updater, error) {
	shards, params := (min(spec.Minibatch, rowSteps)+shardRows-1)/shardRows, len(nets.theta)
	u := &updater{
		spec: spec, pool: shard.New(opt.Workers), now: opt.Lap, fields: nets.actor.In(), actions: nets.actions,
		adv: make([]float32, rowSteps), returns: make([]float32, rowSteps), aside: make([]float32, rowSteps*(nets.actions+numAside)),
		stats: make([]stats, shards), errs: make([]error, shards), grad: make([]float32, params), grads: make([]float32, shards*params),
	}
	graphs := min(u.pool.Workers(), shards)
	u.graphs = make(chan *lossGraph, graphs)
	for range graphs {
		g, err := newLossGraph(nets, spec)
		if err != nil {
			return nil, err
		}
		g.watch.now = opt.Lap
		u.graphs <- g
	}
	if c == nil {
		return u, nil
	}
	return u, u.learnCosts(c, rowSteps, shards, graphs)
}

// learnCosts has the updater learn costs too.
func (u *updater) learnCosts(c *costs, rowSteps, shards, graphs int) error {
	u.costs, u.costGrad, u.costGraphs = c, make([]float32, len(c.theta)), make(chan *costGraph, graphs)
	u.costGrads = make([]float32, shards*len(c.theta))
	for range c.Limits {
		c.adv, c.gains = append(c.adv, make([]float32, rowSteps)), append(c.gains, make([]float32, rowSteps))
	}
	for range graphs {
		g, err := newCostGraph(c.Critic)
		if err != nil {
			return err
		}
		u.costGraphs <- g
	}
	return nil
}

// update learns from x and changes theta, which the networks of the graphs
// view. It fills the fields of it that tell about learning.
func (u *updater) update(ctx context.Context, x *experience, theta []float32, opt *descent.Adam, key rng.Key, it *Iteration) error {
	x.returnsTo(u.adv, u.returns, u.spec.Gamma, u.spec.Lambda)
	u.learnable = u.learnable[:0]
	for i, forced := range x.forced {
		if !forced {
			u.learnable = append(u.learnable, int32(i))
		}
	}
	it.Rows = len(u.learnable)
	it.ExplainedVariance = explained(u.adv, u.returns, u.learnable)
	if it.Rows == 0 {
		return nil
	}
	u.imitate = it.Imitated
	mean, deviation := moments(u.adv, u.learnable)
	u.limit = float32(u.spec.ValueClip * math.Hypot(mean, deviation))
	if u.costs != nil {
		u.costs.learn(x, u.adv, u.learnable, u.spec)
	}
	normalise(u.adv, u.learnable)
	if u.spec.AdvantageClip > 0 {
		winsorise(u.adv, u.learnable, float32(u.spec.AdvantageClip))
	}
	u.pool.Each(shard.Count(len(u.learnable)), func(i int) { u.putAside(&x.rollout, i) })
	u.laps = Laps{}
	for epoch := range u.spec.Epochs {
		s, err := u.epoch(ctx, &x.rollout, theta, opt, key.At(uint64(epoch)), it.LearningRate)
		if err != nil {
			return fmt.Errorf("epoch %d: %w", epoch, err)
		}
		it.Epochs++
		it.Laps = u.laps
		it.set(s)
		if u.spec.TargetKL > 0 && it.KL > 1.5*u.spec.TargetKL {
			break
		}
	}
	return nil
}

// epoch passes once over the learnable row-steps in an order drawn from key,
// in minibatches of nearly equal size.
func (u *updater) epoch(ctx context.Context, r *rollout, theta []float32, opt *descent.Adam, key rng.Key, rate float64) (stats, error) {
	u.order = u.order[:0]
	for _, i := range key.Stream().Perm(len(u.learnable)) {
		u.order = append(u.order, u.learnable[i])
	}
	var sum stats
	n := len(u.order)
	batches := (n + u.spec.Minibatch - 1) / u.spec.Minibatch
	for m := range batches {
		if err := ctx.Err(); err != nil {
			return stats{}, err
		}
		began := u.lap()
		s, err := u.minibatch(r, u.order[m*n/batches:(m+1)*n/batches])
		if err != nil {
			return stats{}, fmt.Errorf("minibatch %d: %w", m, err)
		}
		learned := u.lap()
		u.laps.split(learned-began, s.spent)
		s.norm, s.steps = descent.ClipNorm(u.grad, u.spec.MaxGradNorm), 1
		if check := s.norm + s.policy + s.value + s.cost + s.entropy + s.kl; math.IsNaN(check) || math.IsInf(check, 0) {
			return stats{}, fmt.Errorf("minibatch %d: the loss or its gradient is not finite: %w", m, ErrDiverged)
		}
		opt.Move(theta, u.grad, rate)
		if u.costs != nil {
			descent.ClipNorm(u.costGrad, u.spec.MaxGradNorm)
			u.costs.adam.Move(u.costs.theta, u.costGrad, rate)
		}
		u.laps.OptimiserS += (u.lap() - learned).Seconds()
		sum.add(s)
	}
	return sum, nil
}

// lap returns the time, 0 where nobody asks for it.
func (u *updater) lap() time.Duration {
	if u.now == nil {
		return 0
	}
	return u.now()
}

// minibatch computes the gradient over the given row-steps into u.grad.
func (u *updater) minibatch(r *rollout, picked []int32) (stats, error) {
	shards := (len(picked) + shardRows - 1) / shardRows
	weight := 1 / float32(len(picked))
	u.pool.Each(shards, func(i int) {
		g := <-u.graphs
		part := picked[i*shardRows : min((i+1)*shardRows, len(picked))]
		g.watch.lap(&g.watch.began)
		u.fill(&g.in, r, part, weight)
		g.watch.lap(&g.watch.filled)
		if u.errs[i] = g.run(); u.errs[i] == nil {
			g.gradientTo(u.grads[i*len(u.grad) : (i+1)*len(u.grad)])
			g.watch.lap(&g.watch.finish)
			u.stats[i] = g.measure(len(part), u.spec.Clip)
		}
		u.graphs <- g
		if u.costs != nil && u.errs[i] == nil {
			g := <-u.costGraphs
			u.stats[i].cost, u.errs[i] = g.run(u.costGrads[i*len(u.costGrad):(i+1)*len(u.costGrad)], r, u.costs, part, weight)
			u.costGraphs <- g
		}
	})
	var sum stats
	for i := range shards {
		if u.errs[i] != nil {
			return stats{}, u.errs[i]
		}
		sum.add(u.stats[i])
	}
	descent.Total(u.grad, u.grads, shards)
	if u.costs != nil {
		descent.Total(u.costGrad, u.costGrads, shards)
	}
	return sum, nil
}

// putAside writes what a shard of the learnable row-steps has beside its
// observation: what lies in one place is fetched at once when it is gathered.
func (u *updater) putAside(r *rollout, i int) {
	lo, hi := shard.Range(i, len(u.learnable))
	width := u.actions + numAside
	for _, at := range u.learnable[lo:hi] {
		x := u.aside[int(at)*width : (int(at)+1)*width]
		copy(x, r.offset[int(at)*u.actions:(int(at)+1)*u.actions])
		*(*[numAside]float32)(x[u.actions:]) = [numAside]float32{
			asideLogProb: r.logProb[at], asideAdv: u.adv[at], asideReturns: u.returns[at], asideValue: r.value[at], asideAction: float32(r.action[at]),
		}
	}
}

// fill writes the row-steps of a shard to a graph's inputs. Rows beyond them
// repeat the first with weight 0, so that nothing there can be infinite.
func (u *updater) fill(in *inputs, r *rollout, part []int32, weight float32) {
	in.limit, in.imitate = u.limit, u.imitate
	u.gather(in, r, 0, part)
	for row := range in.weight {
		in.weight[row] = weight
		if row >= len(part) {
			in.weight[row] = 0
			u.gather(in, r, row, part[:1])
		}
	}
}

// gather writes row-steps to the rows of a graph's inputs from row at on.
func (u *updater) gather(in *inputs, r *rollout, at int, part []int32) {
	width, end := u.actions+numAside, at+len(part)
	simd.GatherTo(in.aside[at*width:end*width], u.aside, width, part)
	simd.GatherTo(in.obs[at*u.fields:end*u.fields], r.obs, u.fields, part)
}

// measure sums what the last run of the graph tells about its first rows. The
// divergence is estimated by (ratio - 1) - log ratio, which is never negative
// (Schulman, "Approximating KL divergence", 2020).
func (l *lossGraph) measure(rows int, clip float64) stats {
	s := stats{rows: rows, spent: l.watch.spent()}
	logProb, negEntropy, value := l.out.logProb, l.out.negEntropy, l.out.value
	low, high := 1-clip, 1+clip
	for i := range rows {
		_, aside := l.in.at(i)
		miss := float64(value[i]) - float64(aside[asideReturns])
		s.value += miss * miss
		s.entropy -= float64(negEntropy[i])
		if l.in.imitate {
			s.policy -= float64(logProb[i])
			if l.out.agreed[i] {
				s.agreed++
			}
			continue
		}
		change := float64(logProb[i] - aside[asideLogProb])
		ratio, adv := l.out.ratio[i], float64(aside[asideAdv])
		s.policy -= min(ratio*adv, min(max(ratio, low), high)*adv)
		s.kl += ratio - 1 - change
		if ratio < low || ratio > high {
			s.clipped++
		}
	}
	return s
}
