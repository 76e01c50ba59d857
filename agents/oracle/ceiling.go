package oracle

import (
	"context"
	"math"
)

// Ceiling returns the strategy of Causal at the price of a dropped bit at which
// Value less price times dropBit, the bound on what a causal policy needs that
// drops at most dropBit in expectation, is about the highest, and that price, J
// a bit.
func Ceiling(ctx context.Context, m *Model, dropBit float64) (*Strategy, float64, error) {
	var failed error
	solve := func(price float64) (*Strategy, float64) {
		if failed == nil {
			failed = ctx.Err()
		}
		if failed != nil {
			return nil, math.Inf(-1)
		}
		s, err := Causal(m, price)
		if err != nil {
			failed = err
			return nil, math.Inf(-1)
		}
		return s, s.Value - price*dropBit
	}
	price := 0.0
	strategy, value := solve(0)
	// The bound is concave in the price: outwards by factors of four, then
	// inwards by halves.
	step := 4.0
	for p := firstPrice; p < lastPrice && failed == nil; p *= step {
		s, v := solve(p)
		if v <= value && price > 0 {
			break
		}
		if v > value {
			strategy, value, price = s, v, p
		}
	}
	for range ceilingHalvings {
		step = math.Sqrt(step)
		for _, p := range []float64{price / step, price * step} {
			if s, v := solve(p); v > value {
				strategy, value, price = s, v, p
			}
		}
	}
	return strategy, price, failed
}

// Prices that are tried, J a bit: a bit served costs some 1e-7 J, so that the
// first is nothing and the last forbids all drops; and how often the factor
// between two prices is halved, to below a part in a thousand.
const (
	firstPrice, lastPrice = 1e-12, 1e6
	ceilingHalvings       = 11
)

// Play follows the strategy on another model of the same steps and states, with
// noises of its own: seen [steps] are the noises that the strategy's model has for
// those of the path [steps] in the other. It returns what that comes to.
func (s *Strategy) Play(on *Model, path, seen []int) (Plan, error) {
	if err := on.checkPath(path); err != nil {
		return Plan{}, err
	}
	if err := s.model.checkPath(seen); err != nil {
		return Plan{}, err
	}
	plan, from, before := Plan{States: make([]int, on.Steps)}, on.Start, -1
	for t := range on.Steps {
		to := s.Decide(t, before, from)
		o := on.at(t, path[t], from)[to]
		plan.States[t] = to
		plan.EnergyJ += o.EnergyJ
		plan.DropBit += o.DropBit
		from, before = to, seen[t]
	}
	return plan, nil
}
