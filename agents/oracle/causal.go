package oracle

import "math"

// Strategy is what a policy that sees the past does best, and what that costs.
type Strategy struct {
	// Value is the expectation of energy plus drops at the price, J.
	Value float64
	// decide [steps*(noises+1)*states] is the joint state to go to, by step,
	// noise of the step before plus one (0 before the first) and joint state.
	decide []int
	model  *Model
}

// Decide returns the joint state to go to in a step from a joint state, after
// the noise of the step before; -1 in the first step.
func (s *Strategy) Decide(step, noise, from int) int {
	return s.decide[(step*(s.model.Noises+1)+noise+1)*s.model.States+from]
}

// Causal returns the strategy with the least expectation of energy plus drops at
// a price, J a bit, among all that know the model, its laws and the noises of
// past steps, but not the noise of the step that they decide about: stochastic
// dynamic programming, exact for the model.
//
// A limit on the drops enters through the price: by weak duality Value less
// price times limit is a bound on the expected energy of any causal policy that
// keeps the limit in expectation.
func Causal(m *Model, price float64) (*Strategy, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	s := &Strategy{model: m, decide: make([]int, m.Steps*(m.Noises+1)*m.States)}
	next, now := make([]float64, m.Noises*m.States), make([]float64, (m.Noises+1)*m.States)
	for t := m.Steps - 1; t >= 0; t-- {
		for noise := -1; noise < m.Noises; noise++ {
			for from := range m.States {
				i := (noise+1)*m.States + from
				now[i], s.decide[t*len(now)+i] = m.bestTo(t, noise, from, price, next)
			}
		}
		copy(next, now[m.States:])
	}
	s.Value = now[m.Start]
	return s, nil
}

// bestTo returns the least expectation from a state on, after a noise, and where it
// leads. next is that of the next step, by noise and state.
func (m *Model) bestTo(step, after, from int, price float64, next []float64) (value float64, to int) {
	value = math.Inf(1)
	for candidate := range m.States {
		sum := 0.0
		for noise := range m.Noises {
			if p := m.chance(step, after, noise); p > 0 {
				sum += p * (m.at(step, noise, from)[candidate].priced(price) + next[noise*m.States+candidate])
			}
		}
		if sum < value {
			value, to = sum, candidate
		}
	}
	return value, to
}

// Clairvoyant returns the least energy plus drops at a price, J, when the noise
// takes the given path [steps] and the planner knows it.
func Clairvoyant(m *Model, path []int, price float64) (float64, error) {
	if err := m.Validate(); err != nil {
		return 0, err
	}
	if err := m.checkPath(path); err != nil {
		return 0, err
	}
	toGo, _ := follow(m, path, func(o Outcome) float64 { return o.priced(price) })
	return toGo[m.Start], nil
}
