package train

import (
	"math"
)

// PID holds the gains of the multipliers' controller.
type PID struct {
	Proportional float64 `yaml:"proportional" doc:"of the multiplier to the present excess over a limit" unit:"1" min:"0" max:"1000"`
	Integral     float64 `yaml:"integral" doc:"of the multiplier to the sum of the excesses of all iterations" unit:"1" gt:"0" max:"1000"`
	Derivative   float64 `yaml:"derivative" doc:"of the multiplier to the growth of the excess since the last iteration" unit:"1" min:"0" max:"1000"`
	Most         float64 `yaml:"most" doc:"largest multiplier: at 1 a guard weighs as much as the reward" unit:"1" gt:"0" max:"1000000"`
}

// DefaultPID returns gains (ours) for errors that are shares of the limit and
// advantages of unit deviation. A policy that is 100 % over a limit gets a
// multiplier of 1 at once and 0.1 more with every iteration.
func DefaultPID() PID { return PID{Proportional: 1, Integral: 0.1, Derivative: 0.5, Most: 20} }

// SlowPID returns gains (ours) without the proportional and the derivative
// part, for learners that take the best action by values which follow a price
// slowly: a small move of it may turn the policy over, and those parts swing it
// from one end to the other.
func SlowPID() PID { return PID{Integral: 0.1, Most: 20} }

// Validate returns every broken relation, each named by its path.
func (s PID) Validate() []error {
	return Bounds([]Bound{
		{Path: "proportional", Value: s.Proportional, Lo: 0, Hi: 1000},
		{Path: "integral", Value: s.Integral, Lo: 0, Hi: 1000, Open: true},
		{Path: "derivative", Value: s.Derivative, Lo: 0, Hi: 1000},
		{Path: "most", Value: s.Most, Lo: 0, Hi: 1e6, Open: true},
	})
}

// maxError bounds the controller's error on both sides: one bad iteration, or
// a figure that is not defined, must not wind the integral up for many.
const maxError = 1

// Controller is the state of one limit's multiplier.
type Controller struct {
	Multiplier float64 `json:"multiplier"` // of the last iteration, from 0 to PID.Most
	Sum        float64 `json:"sum"`        // of the errors, from 0 to PID.Most / PID.Integral
	Last       float64 `json:"last"`       // error of the last iteration
	Begun      bool    `json:"begun"`      // there was one
	// Shift is added to the excesses that are controlled, from 0 to maxError: by
	// so much the greedy policy is judged worse than what was played.
	Shift float64 `json:"shift,omitempty"`
}

// Follow moves the shift by a part of the excess in a verdict. What is played
// acts by chance, and on other days: a limit that it just keeps may be broken by
// the policy that is judged.
func (c *Controller) Follow(part, excess float64) {
	c.Shift = min(max(c.Shift+part*min(max(excess, -maxError), maxError), 0), maxError)
}

// Update moves the multiplier by the excess of an iteration, a share of the
// limit, and the shift (Stooke, Achiam and Abbeel, arXiv:2007.03964, algorithm 2):
//
//	multiplier = (K_P e + K_I sum + K_D max(0, e - last))_+
//
// The sum is kept at 0 or more, as there, and, against windup, at most where
// it alone gives the largest multiplier.
func (c *Controller) Update(s PID, excess float64) {
	e := min(max(excess+c.Shift, -maxError), maxError)
	growth := 0.0
	if c.Begun {
		growth = max(e-c.Last, 0)
	}
	c.Sum = min(max(c.Sum+e, 0), s.Most/s.Integral)
	c.Multiplier = min(max(s.Proportional*e+s.Integral*c.Sum+s.Derivative*growth, 0), s.Most)
	c.Last, c.Begun = e, true
}

// Possible says whether c can be the state after so many iterations under s.
func (c Controller) Possible(s PID, iterations int) bool {
	return c.Multiplier >= 0 && c.Multiplier <= s.Most && c.Sum >= 0 && c.Sum <= s.Most/s.Integral && math.Abs(c.Last) <= maxError && c.Shift >= 0 && c.Shift <= maxError &&
		c.Begun == (iterations > 0)
}
