package sleep

import (
	"hibernet/env"
	"hibernet/env/shield"
)

// Actions that steer users and leave the power state as it is. They follow
// those of the states.
const (
	actCIODown = numStates + iota
	actCIOUp
	actLayerDown
	actLayerUp
	numActions
)

// steerings describes them.
var steerings = [numActions - numStates]env.Action{
	actCIODown - numStates:   {Name: "cio_down", Doc: "lowers the cell individual offset by cio_step_db: users at the edge go to neighbours"},
	actCIOUp - numStates:     {Name: "cio_up", Doc: "raises it by as much: users come from neighbours"},
	actLayerDown - numStates: {Name: "layer_down", Doc: "lowers the cell's layer priority by layer_step_db: users go to other layers"},
	actLayerUp - numStates:   {Name: "layer_up", Doc: "raises it by as much: users come from other layers"},
}

// steering is how far actions have moved the users of the cells. Offset and
// priority decide among the cells that reach a position and never whether one
// does: no step of either can open a coverage hole, so the shield, which sees
// that none opens, has no say in it.
type steering struct {
	cio, layer []int8  // [cells] steps from the plan
	moves      []uint8 // [cells] of the last call: bits as in steerable, one at most; 0 if it was a state
	most       [2]int8 // steps that offset and priority may be away from the plan
}

// newSteering returns nil where the settings have no step.
func newSteering(s Spec, cells int) *steering {
	if s.CIOStepDB == 0 && s.LayerStepDB == 0 {
		return nil
	}
	g := &steering{cio: make([]int8, cells), layer: make([]int8, cells), moves: make([]uint8, cells)}
	g.most = [2]int8{stepsIn(s.CIOLimitDB, s.CIOStepDB), stepsIn(s.LayerLimitDB, s.LayerStepDB)}
	return g
}

// stepsIn returns how many whole steps are within a limit, 0 without a step.
func stepsIn(limit, step float64) int8 {
	const rounding = 1e-9 // 6 dB has ten steps of 0.6 dB
	if step == 0 {
		return 0
	}
	return int8(limit/step + rounding)
}

// steerable returns which of the steering actions a cell may take, as bits: one
// that serves and is not in transition, within the limits.
func (e *Env) steerable(c int) uint8 {
	g := e.steering
	if g == nil || e.flags[c]&^(shield.Helping|shield.Look) != shield.Serving {
		return 0
	}
	return bit(g.cio[c] > -g.most[0]) | bit(g.cio[c] < g.most[0])<<1 |
		bit(g.layer[c] > -g.most[1])<<2 | bit(g.layer[c] < g.most[1])<<3
}

// steer carries out the steps that were asked for.
func (e *Env) steer() error {
	g := e.steering
	if g == nil {
		return nil
	}
	for c, move := range g.moves {
		if move == 0 {
			continue
		}
		g.cio[c] += int8(move>>1&1) - int8(move&1)
		g.layer[c] += int8(move>>3&1) - int8(move>>2&1)
		err := error(nil)
		if move&3 != 0 {
			err = e.net.SetCIO(c, e.cioDB(c))
		} else {
			err = e.net.ShiftPriority(c, e.layerDB(c))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unsteer forgets all steps: the network has, too.
func (e *Env) unsteer() {
	if g := e.steering; g != nil {
		clear(g.cio)
		clear(g.layer)
		clear(g.moves)
	}
}

// cioDB returns the offset that actions have given a cell, dB.
func (e *Env) cioDB(c int) float64 {
	if e.steering == nil {
		return 0
	}
	return float64(e.steering.cio[c]) * e.spec.CIOStepDB
}

// layerDB returns what actions have added to a cell's layer priority, dB.
func (e *Env) layerDB(c int) float64 {
	if e.steering == nil {
		return 0
	}
	return float64(e.steering.layer[c]) * e.spec.LayerStepDB
}

// takeSteering makes a steering action of a cell a wish for the state that it
// is in, and reports whether it is allowed.
func (e *Env) takeSteering(c int, action int32) bool {
	if action < 0 || int(action) >= numActions {
		return false
	}
	move := uint8(1) << (int(action) - numStates)
	if e.steerable(c)&move == 0 {
		return false
	}
	e.wish[c], e.steering.moves[c] = e.target[c], move
	return true
}
