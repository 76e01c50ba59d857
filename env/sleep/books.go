package sleep

import (
	"fmt"
	"math"

	"hibernet/env"
	"hibernet/env/shield"
	"hibernet/sim/kpi"
)

// Figures implements env.Environment: the figures of package kpi, with the
// shield's counts. Those that are not defined (a rate over no time, a
// throughput without traffic) are left out.
func (e *Env) Figures(dst []env.Figure) []env.Figure {
	if !e.seeded {
		return dst
	}
	for _, f := range e.Totals().Figures() {
		if !math.IsNaN(f.Value) {
			dst = append(dst, env.Figure{Name: f.Def.Name, Unit: f.Def.Unit, Value: f.Value})
		}
	}
	return dst
}

// causeMasked is the cause under which wishes that the mask would have
// forbidden are counted, where policies are not told it.
const causeMasked = "masked"

// Totals returns the sums of the episode so far, shield counts included.
func (e *Env) Totals() *kpi.Totals {
	t := e.net.Totals()
	counts := e.shield.Counts()
	t.ShieldCauses, t.ShieldCounts = shield.Causes(), counts[:]
	if !e.spec.Mask {
		t.ShieldCauses, t.ShieldCounts = append(t.ShieldCauses, causeMasked), append(t.ShieldCounts, e.masked)
	}
	return t
}

// bookTolerance is how well an episode's books must close, relative: sums of
// float32 rates over many cells leave about 1e-7.
const bookTolerance = 1e-5

// balanced returns an error when the books of an episode do not close:
// traffic offered = served + dropped + queued, and energy = sum over states
// and transitions and sites. An episode that breaks a conservation law must
// not be learned from or reported.
func balanced(t *kpi.Totals) error {
	traffic, energy := t.Imbalance()
	if !(traffic <= bookTolerance && energy <= bookTolerance) {
		return fmt.Errorf("sleep: the episode's books do not close: traffic is off by %.2g, energy by %.2g of the whole", traffic, energy)
	}
	return nil
}
