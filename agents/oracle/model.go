package oracle

import (
	"fmt"
	"math"
)

// Outcome is what one step comes to.
type Outcome struct {
	EnergyJ float64 // +Inf where the step cannot be taken
	DropBit float64
}

// priced returns the energy with the dropped traffic at a price, J a bit.
func (o Outcome) priced(price float64) float64 {
	if math.IsInf(o.EnergyJ, 1) {
		return o.EnergyJ
	}
	return o.EnergyJ + price*o.DropBit
}

// Model is a small network with all that can become of it: a joint power state
// of its cells at a time, a step a control interval, and in each step one of
// some states of the traffic's noise, which follow each other as a Markov chain
// that no decision moves.
type Model struct {
	Steps, States, Noises int
	Start                 int // joint state before the first step
	// Outcomes [Steps*Noises*States*States] is what a step comes to, by step,
	// noise, joint state before it and joint state decided on for it.
	Outcomes []Outcome
	// First [Noises] is the law of the noise in the first step, and Next
	// [Noises*Noises] that in the step after each noise.
	First, Next []float64
	// Draws [steps] says whence each step has its noise; nil for Moved in all.
	Draws []Draw
}

// Draw says whence a step has its noise. The first step's is always First.
type Draw uint8

// The draws.
const (
	Moved Draw = iota // by Next, from that of the step before
	Held              // it is that of the step before
	Anew              // by First, whatever was before
)

// chance returns the probability of a noise in a step, after that of the step
// before; -1 in the first step.
func (m *Model) chance(step, after, noise int) float64 {
	draw := Moved
	if m.Draws != nil {
		draw = m.Draws[step]
	}
	switch {
	case after < 0 || draw == Anew:
		return m.First[noise]
	case draw == Moved:
		return m.Next[after*m.Noises+noise]
	case after == noise:
		return 1
	}
	return 0
}

// at returns the outcomes of a step under a noise from a joint state, by the
// joint state decided on.
func (m *Model) at(step, noise, from int) []Outcome {
	i := ((step*m.Noises+noise)*m.States + from) * m.States
	return m.Outcomes[i : i+m.States]
}

// lawTolerance is how far probabilities may be from adding up to 1.
const lawTolerance = 1e-9

// Validate returns the first fault of the shapes and of the laws of the noise.
func (m *Model) Validate() error {
	switch {
	case m.Steps < 1 || m.States < 1 || m.Noises < 1:
		return fmt.Errorf("oracle: model: needs steps, states and noises, got %d, %d, %d", m.Steps, m.States, m.Noises)
	case m.Start < 0 || m.Start >= m.States:
		return fmt.Errorf("oracle: model: start %d, allowed 0..%d", m.Start, m.States-1)
	case len(m.Outcomes) != m.Steps*m.Noises*m.States*m.States:
		return fmt.Errorf("oracle: model: %d outcomes, want %d", len(m.Outcomes), m.Steps*m.Noises*m.States*m.States)
	case len(m.First) != m.Noises || len(m.Next) != m.Noises*m.Noises:
		return fmt.Errorf("oracle: model: laws of %d and %d probabilities for %d noises", len(m.First), len(m.Next), m.Noises)
	case m.Draws != nil && len(m.Draws) != m.Steps:
		return fmt.Errorf("oracle: model: %d draws, want %d", len(m.Draws), m.Steps)
	}
	for t, d := range m.Draws {
		if d > Anew {
			return fmt.Errorf("oracle: model: draw of step %d is %d, allowed 0..%d", t, d, Anew)
		}
	}
	for i := -1; i < m.Noises; i++ {
		law, sum := m.law(i), 0.0
		for _, p := range law {
			if !(p >= 0) {
				return fmt.Errorf("oracle: model: law after noise %d: probability %g", i, p)
			}
			sum += p
		}
		if math.Abs(sum-1) > lawTolerance {
			return fmt.Errorf("oracle: model: law after noise %d: adds up to %g", i, sum)
		}
	}
	for i, o := range m.Outcomes {
		if math.IsNaN(o.EnergyJ) || !(o.DropBit >= 0) {
			return fmt.Errorf("oracle: model: outcome %d is %g J, %g bit", i, o.EnergyJ, o.DropBit)
		}
	}
	return nil
}

// law returns the law of the noise after a noise, of the first step for -1.
func (m *Model) law(after int) []float64 {
	if after < 0 {
		return m.First
	}
	return m.Next[after*m.Noises : (after+1)*m.Noises]
}

// checkPath returns an error if path is not a noise a step.
func (m *Model) checkPath(path []int) error {
	if len(path) != m.Steps {
		return fmt.Errorf("oracle: path of %d noises, the model has %d steps", len(path), m.Steps)
	}
	for t, noise := range path {
		if noise < 0 || noise >= m.Noises {
			return fmt.Errorf("oracle: path[%d]: noise %d, allowed 0..%d", t, noise, m.Noises-1)
		}
	}
	return nil
}
