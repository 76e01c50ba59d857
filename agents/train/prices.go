package train

import (
	"fmt"
	"math"
	"slices"

	"hibernet/env"
)

// edgeCost is the mean cost at the limit of a guard that bounds a 5th
// percentile from below: by the contract of env it is then the share of the
// traffic beneath, in percent.
const edgeCost = 5

// Prices are what limits cost a learner that remembers rewards and costs apart:
// each cost times its multiplier, which a Controller moves after every
// iteration, is taken off the reward when a transition is drawn, so that old
// experience is valued at present prices. A nil *Prices takes nothing off.
type Prices struct {
	Limits      []Limit      `json:"limits"`
	Controllers []Controller `json:"controllers"` // [limits]
	Scale       []float64    `json:"cost_scale"`  // [limits] factor on costs; 0 before the first iteration
	Columns     []int        `json:"columns"`     // [limits] of env.Batch.Cost
	Excess      []float64    `json:"excess"`      // [limits] of the last iteration
}

// NewPrices returns the prices before the first iteration, 0 each; nil where
// there is nothing to limit. A limit without a cost in s is an error.
func NewPrices(limits []Limit, s env.Schema) (*Prices, error) {
	if len(limits) == 0 {
		return nil, nil
	}
	k := len(limits)
	p := &Prices{Limits: slices.Clone(limits), Controllers: make([]Controller, k), Scale: make([]float64, k), Excess: make([]float64, k)}
	for _, l := range limits {
		column, ok := s.Guard(l.Guard.Figure)
		if !ok {
			return nil, fmt.Errorf("limit on %s: the environment %s has no cost for it", l.Guard.Figure, s.Environment)
		}
		if slices.Contains(p.Columns, column) {
			return nil, fmt.Errorf("limit on %s: given twice", l.Guard.Figure)
		}
		p.Columns = append(p.Columns, column)
	}
	return p, nil
}

// Clone returns a deep copy, nil of nil.
func (p *Prices) Clone() *Prices {
	if p == nil {
		return nil
	}
	return &Prices{
		Limits: slices.Clone(p.Limits), Controllers: slices.Clone(p.Controllers), Scale: slices.Clone(p.Scale),
		Columns: slices.Clone(p.Columns), Excess: slices.Clone(p.Excess),
	}
}

// Net returns what is learned from in place of a scaled reward:
//
//	(r - sum_k lambda_k c_k) / (1 + sum_k lambda_k)
//
// (Stooke, Achiam and Abbeel, arXiv:2007.03964, section 6.1, for rewards in
// place of advantages). It allocates nothing.
func (p *Prices) Net(reward float32, cost []float32) float32 {
	if p == nil {
		return reward
	}
	total := float32(1)
	for k, c := range p.Controllers {
		m := float32(c.Multiplier)
		reward -= m * float32(p.Scale[k]) * cost[p.Columns[k]]
		total += m
	}
	return reward / total
}

// Outcome is what an iteration's play came to, for Prices.
type Outcome struct {
	Figures []env.Figure
	Squares []float64 // [guards] mean square of the discounted sum of each cost
	Gamma   float64   // that it is discounted by, a step
	Steps   int       // most steps in a sum
	Own     float64   // share of the actions that were the policy's, 0 to 1
}

// Move moves the multipliers by what was played in an iteration. The first
// gives the costs their scale: a root mean square of their discounted sums of
// 1, there or, if that is more, where the limit is just spent in every step.
// An excess counts by the share of the actions that were the policy's, so that
// exploring alone winds no multiplier up.
func (p *Prices) Move(s PID, played Outcome) error {
	if p == nil {
		return nil
	}
	for k, l := range p.Limits {
		i := slices.IndexFunc(played.Figures, func(f env.Figure) bool { return f.Name == l.Guard.Figure })
		if i < 0 {
			return fmt.Errorf("limit on %s: the environment gives no such figure", l.Guard.Figure)
		}
		if p.Scale[k] == 0 {
			p.Scale[k] = l.unit(played, played.Squares[p.Columns[k]])
		}
		p.Excess[k] = min(max(l.Guard.Excess(played.Figures[i].Value, l.Bound), -MaxExcess), MaxExcess)
		if math.IsNaN(p.Excess[k]) {
			p.Excess[k] = MaxExcess
		}
		p.Controllers[k].Update(s, played.Own*p.Excess[k])
	}
	return nil
}

// unit returns the first factor on a cost.
func (l Limit) unit(played Outcome, squares float64) float64 {
	spent := math.Abs(l.Bound)
	if !l.Guard.AtMost {
		spent = edgeCost
	}
	sum := 0.0
	for range played.Steps {
		sum = 1 + played.Gamma*sum
	}
	most := math.Max(math.Sqrt(squares), spent*sum)
	if most == 0 {
		return 1
	}
	return 1 / most
}

// Figures returns what an iteration tells of the limits.
func (p *Prices) Figures() []env.Figure {
	if p == nil {
		return nil
	}
	var list []env.Figure
	for k, l := range p.Limits {
		list = append(list,
			env.Figure{Name: "multiplier_" + l.Guard.Figure, Unit: "1", Value: p.Controllers[k].Multiplier},
			env.Figure{Name: "excess_" + l.Guard.Figure, Unit: "1", Value: p.Excess[k]})
	}
	return list
}

// Check returns an error unless p, read from a file, can be the state under s
// after so many iterations in an environment of schema e.
func (p *Prices) Check(s PID, e env.Schema, iterations int) error {
	if p == nil {
		return nil
	}
	want, err := NewPrices(p.Limits, e)
	if err != nil {
		return fmt.Errorf("prices.limits: %w", err)
	}
	k := len(p.Limits)
	if k == 0 || len(p.Controllers) != k || len(p.Scale) != k || len(p.Excess) != k || !slices.Equal(p.Columns, want.Columns) {
		return fmt.Errorf("prices: %d limits with %d controllers, %d scales, %d excesses and columns %v", k, len(p.Controllers), len(p.Scale), len(p.Excess), p.Columns)
	}
	for i, c := range p.Controllers {
		if !c.Possible(s, iterations) {
			return fmt.Errorf("prices.controllers[%d]: not possible after %d iterations: %+v", i, iterations, c)
		}
		if x := p.Scale[i]; !(x >= 0) || math.IsInf(x, 0) || (x == 0) != (iterations == 0) {
			return fmt.Errorf("prices.cost_scale[%d]: not possible after %d iterations: %g", i, iterations, x)
		}
	}
	return nil
}

// Under returns an error unless p is under the given limits.
func (p *Prices) Under(limits []Limit) error {
	var had []Limit
	if p != nil {
		had = p.Limits
	}
	if !slices.Equal(had, limits) {
		return fmt.Errorf("limits: the checkpoint was made under %v, got %v", had, limits)
	}
	return nil
}
