package ppo

import (
	"fmt"
	"math"
	"slices"

	"hibernet/agents/descent"
	"hibernet/agents/mlp"
	"hibernet/agents/train"
	"hibernet/env"
)

// edgeCost is the mean cost at the limit of a guard that bounds a 5th
// percentile from below: by the contract of env it is then the share of the
// traffic beneath, in percent.
const edgeCost = 5

// Constraints is the part of a checkpoint that is there only under limits.
type Constraints struct {
	Limits      []train.Limit
	Controllers []train.Controller // [limits]
	Scale       []float64          // [limits] factor on costs before they are learned from; 0 before the first iteration
	Critic      *mlp.Net           // expected discounted costs, scaled: one output a limit
	adam        *descent.Adam
}

func (c *Constraints) clone() *Constraints {
	if c == nil {
		return nil
	}
	return &Constraints{
		Limits: slices.Clone(c.Limits), Controllers: slices.Clone(c.Controllers), Scale: slices.Clone(c.Scale),
		Critic: c.Critic.Clone(), adam: c.adam.Clone(),
	}
}

// beginConstraints returns the state before the first iteration: multipliers
// of 0 and a random critic, whose weights have a key of their own, so that
// the actor's do not depend on there being limits.
func (l *learner) beginConstraints(limits []train.Limit) *Constraints {
	if len(limits) == 0 {
		return nil
	}
	critic := mlp.New(l.spec.sizes(len(l.schema.Fields), len(limits)), l.spec.Activation, 1, l.key.Named("weights").Named("costs"))
	n := mlp.Len(critic.Sizes)
	return &Constraints{
		Limits: limits, Controllers: make([]train.Controller, len(limits)), Scale: make([]float64, len(limits)), Critic: critic,
		adam: descent.NewAdam(n),
	}
}

// costs foretells what is limited, and learns to.
type costs struct {
	*Constraints
	columns []int     // [limits] of env.Batch.Cost
	width   int       // columns of env.Batch.Cost
	theta   []float32 // the critic's parameters, which it views
	output  []float32 // [rows x limits]
	excess  []float64 // [limits] of the last iteration

	// Of a learner, which the updater makes:
	adv   [][]float32 // [limits][row-steps]
	gains [][]float32 // [limits][row-steps] lambda-returns of the cost
}

// newCosts returns nil where there is nothing to limit; rows are those that
// are learned from.
func newCosts(c *Constraints, s env.Schema, spec Spec, rows int) (*costs, error) {
	if c == nil {
		return nil, nil
	}
	k := len(c.Limits)
	costs := &costs{
		Constraints: c, width: len(s.Guards), theta: c.Critic.AppendTo(nil), output: make([]float32, rows*k), excess: make([]float64, k),
	}
	c.Critic = mlp.View(c.Critic.Sizes, spec.Activation, costs.theta)
	for _, l := range c.Limits {
		column, ok := s.Guard(l.Guard.Figure)
		if !ok {
			return nil, fmt.Errorf("limit on %s: the environment %s has no cost for it, allowed: %v", l.Guard.Figure, s.Environment, guardNames(s))
		}
		if slices.Contains(costs.columns, column) {
			return nil, fmt.Errorf("limit on %s: given twice", l.Guard.Figure)
		}
		costs.columns = append(costs.columns, column)
	}
	return costs, nil
}

func guardNames(s env.Schema) []string {
	names := make([]string, len(s.Guards))
	for i, g := range s.Guards {
		names[i] = g.Name
	}
	return names
}

// foretell writes the critic's values of the row-steps from lo on.
func (c *costs) foretell(x *experience, obs []float32, lo int, scratch *mlp.Scratch) {
	c.Critic.ForwardTo(c.output, obs, x.rows, scratch)
	k := len(x.costs)
	for j := range x.costs {
		for s := range x.rows {
			x.costs[j].value[lo+s] = c.output[s*k+j]
		}
	}
}

// take copies the costs of a step for the picked rows.
func (c *costs) take(x *experience, b *env.Batch, picked []int32, lo int) error {
	for j, column := range c.columns {
		for s, row := range picked {
			v := b.Cost[int(row)*c.width+column]
			if v*0 != 0 {
				return fmt.Errorf("row %d: the cost for %s is not finite (%g)", row, c.Limits[j].Guard.Figure, v)
			}
			x.costs[j].reward[lo+s] = v
		}
	}
	return nil
}

// foresee writes the value of what follows the step, as collector.foresee
// does for the reward; final are the observations that follow.
func (c *costs) foresee(x *experience, final []float32, b *env.Batch, picked []int32, lo int, scratch *mlp.Scratch) {
	c.Critic.ForwardTo(c.output, final, x.rows, scratch)
	k := len(x.costs)
	for j := range x.costs {
		for s, row := range picked {
			x.costs[j].after[lo+s] = c.output[s*k+j]
			if b.Terminated[row] {
				x.costs[j].after[lo+s] = 0
			}
		}
	}
}

// judge adds the figures of an episode to sums, one a limit.
func (c *costs) judge(sums []float64, figures []env.Figure) error {
	for j, l := range c.Limits {
		i := slices.IndexFunc(figures, func(f env.Figure) bool { return f.Name == l.Guard.Figure })
		if i < 0 {
			return fmt.Errorf("limit on %s: the environment gives no such figure", l.Guard.Figure)
		}
		sums[j] += figures[i].Value
	}
	return nil
}

// finish scales the costs of an iteration and, where move, moves the
// multipliers by the mean figures of its episodes.
func (c *costs) finish(spec Spec, x *experience, played tally, move bool) {
	for j := range x.costs {
		track := &x.costs[j]
		if c.Scale[j] == 0 {
			c.Scale[j] = c.unit(j, track, spec)
		}
		for i := range track.reward {
			track.reward[i] *= float32(c.Scale[j])
		}
		l := c.Limits[j]
		c.excess[j] = l.Guard.Excess(played.limited[j]/float64(played.ended), l.Bound)
		if move {
			c.Controllers[j].Update(spec.Lagrangian, c.excess[j])
		}
	}
}

// follow shifts what the multipliers are controlled by, as the guards of a verdict
// were kept or broken.
func (c *costs) follow(part float64, v train.Verdict) {
	for j, l := range c.Limits {
		for _, held := range v.Guards {
			if held.Figure == l.Guard.Figure {
				c.Controllers[j].Follow(part, held.Excess)
			}
		}
	}
}

// unit returns the factor that gives the discounted sums of a cost a root mean
// square of 1, in what was played or, if that is more, where the limit is just
// spent: a first rollout near always-on costs next to nothing.
func (c *costs) unit(j int, track *rollout, spec Spec) float64 {
	seen := track.unitScale(spec.Gamma)
	l := c.Limits[j]
	atLimit := math.Abs(l.Bound)
	if !l.Guard.AtMost {
		atLimit = edgeCost
	}
	sum := 0.0
	for range spec.Horizon {
		sum = 1 + spec.Gamma*sum
	}
	if atLimit == 0 {
		return seen
	}
	return min(seen, 1/(atLimit*sum))
}

// learn turns the costs into lambda-returns and takes their advantages off
// adv, that of the reward, both scaled but not normalised:
//
//	A = (A_r - sum_k lambda_k A_k) / (1 + sum_k lambda_k)
//
// (Stooke et al., section 6.1). The scales stay as they are for the whole
// training: with advantages normalised one by one the price of a cost would
// rise as the policy comes to avoid it.
func (c *costs) learn(x *experience, adv []float32, learnable []int32, spec Spec) {
	total := 1.0
	for j := range x.costs {
		x.costs[j].returnsTo(c.adv[j], c.gains[j], spec.Gamma, spec.Lambda)
		total += c.Controllers[j].Multiplier
	}
	for j := range x.costs {
		m := float32(c.Controllers[j].Multiplier)
		for _, i := range learnable {
			adv[i] -= m * c.adv[j][i]
		}
	}
	for _, i := range learnable {
		adv[i] /= float32(total)
	}
}

// figures returns what the iteration tells about the limits.
func (c *costs) figures() []env.Figure {
	var list []env.Figure
	for j, l := range c.Limits {
		list = append(list,
			env.Figure{Name: "multiplier_" + l.Guard.Figure, Unit: "1", Value: c.Controllers[j].Multiplier},
			env.Figure{Name: "excess_" + l.Guard.Figure, Unit: "1", Value: c.excess[j]})
	}
	return list
}
