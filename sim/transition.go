package sim

import (
	"fmt"
	"slices"

	"hibernet/sim/des"
	"hibernet/sim/power"
)

// Cause says what began a transition.
type Cause uint8

// Causes of transitions.
const (
	ByRequest      Cause = iota // a call of Request
	ByFault                     // the cell has gone down; To has no meaning
	ByRepair                    // the cell, which was down, starts again; From has no meaning
	ByCompensation              // the cell stands in for one that has gone down
)

// Transition is a change of a cell's power state, at the moment it begins. A
// large network has millions of them in an interval: 16 bytes each.
type Transition struct {
	At       des.Time
	Cell     int32
	From, To power.State
	Cause    Cause
}

// OnTransition has f called at the beginning of every transition; nil for
// nobody. f must not change the network.
func (n *Network) OnTransition(f func(Transition)) { n.onTransition = f }

// Request asks that a cell go to power state s, from now. Asking for the
// state that the cell is in changes nothing.
//
// A cell that falls asleep stops serving at once and draws the sleep state's
// power from then on, its transition energy on top, once (the accounting of
// 3GPP TR 38.864 clause 5.1); for its entry time it cannot be asked for
// anything else. A cell that wakes draws the sleep state's power until its
// exit time is over and serves from then on. A change between awake states
// keeps the old state until it is done. The error wraps ErrBusy, ErrDown or
// ErrUnavailable, and then nothing changes.
func (n *Network) Request(cell int, s power.State) error {
	return n.request(cell, s, ByRequest)
}

func (n *Network) request(cell int, s power.State, cause Cause) error {
	if !n.started {
		return ErrNotStarted
	}
	if cell < 0 || cell >= len(n.until) {
		return fmt.Errorf("sim: request: cell %d, allowed 0..%d", cell, len(n.until)-1)
	}
	if n.outages != nil && n.view.Down[cell] {
		return fmt.Errorf("sim: request: cell %d to %s: %w", cell, s, ErrDown)
	}
	from := n.view.State[cell]
	if n.until[cell] != 0 {
		if s == n.view.Target[cell] {
			return nil
		}
		return fmt.Errorf("sim: request: cell %d to %s: %w", cell, s, ErrBusy)
	}
	if s == from {
		return nil
	}
	profile := n.Profile(cell)
	if s >= power.NumStates || !profile.States[s].Available {
		return fmt.Errorf("sim: request: cell %d to %s: %w", cell, s, ErrUnavailable)
	}
	exact := des.Time(profile.States[from].ExitUs + profile.States[s].EntryUs)
	duration := n.onGrid(exact)
	n.view.Target[cell] = s
	n.view.Switches[cell]++
	n.switched = append(n.switched, int32(cell))
	n.total.switches++
	if n.onTransition != nil {
		n.onTransition(Transition{n.now, int32(cell), from, s, cause})
	}
	if !s.Awake() {
		n.chargeTransition(cell, profile.States[s].TransitionJ)
		n.enter(cell, s)
	} else if duration != exact {
		// It draws the new state's power too early or too late.
		n.chargeTransition(cell, (profile.States[from].BaseW-profile.States[s].BaseW)*n.unitOf(cell)*(exact-duration).Seconds())
	}
	if duration == 0 {
		n.enter(cell, s)
		return n.touchBatteries()
	}
	n.until[cell] = n.now + duration
	n.applyState(cell)
	if err := n.touchBatteries(); err != nil {
		return err
	}
	return n.endAt(n.until[cell], int32(cell))
}

// onGrid rounds the duration of a transition to the grid that the settings
// ask for.
func (n *Network) onGrid(d des.Time) des.Time {
	grid := des.FromSeconds(n.spec.TransitionGridS)
	if grid == 0 {
		return d
	}
	return (d + grid/2) / grid * grid
}

// ending is the cells whose transitions end at one moment.
type ending struct {
	at    des.Time
	cells []int32
}

// recentEndings is among how many of the last endings a moment is looked for:
// requests of one moment differ in few durations.
const recentEndings = 16

// endAt has a cell's transition end at the given time. Cells that share a time
// share an event.
func (n *Network) endAt(at des.Time, cell int32) error {
	for i := len(n.open) - 1; i >= max(len(n.open)-recentEndings, 0); i-- {
		if e := &n.endings[n.open[i]]; e.at == at {
			e.cells = append(e.cells, cell)
			return nil
		}
	}
	slot := int32(len(n.endings))
	if k := len(n.spare); k > 0 {
		slot, n.spare = n.spare[k-1], n.spare[:k-1]
	} else {
		n.endings = append(n.endings, ending{})
	}
	e := &n.endings[slot]
	e.at, e.cells = at, append(e.cells[:0], cell)
	n.open = append(n.open, slot)
	return n.loop.Schedule(at, evTransition, prioTransition, int64(slot))
}

// forgetEndings empties the lists of transitions under way.
func (n *Network) forgetEndings() {
	n.open, n.spare = n.open[:0], n.spare[:0]
	for i := range n.endings {
		n.spare = append(n.spare, int32(i))
	}
}

// chargeTransition charges what a transition costs beside the states' power.
func (n *Network) chargeTransition(cell int, unitJ float64) {
	energy := unitJ * n.supply(cell)
	n.view.TransitionJ[cell] += float32(energy)
	n.switched = append(n.switched, int32(cell))
	n.total.transitionJ[n.topo.CellCarrier[cell]] += energy
	if o := n.outages; o != nil {
		if site := o.siteOf(int32(cell)); o.onBattery(site) {
			n.drawBattery(site, energy)
		}
	}
}

// endTransitions ends the transitions of an ending.
func (n *Network) endTransitions(e des.Event) error {
	slot := int32(e.Arg)
	n.advance(e.At)
	for _, cell := range n.endings[slot].cells {
		if err := n.endTransition(int(cell), e.At); err != nil {
			return err
		}
	}
	n.open = slices.DeleteFunc(n.open, func(s int32) bool { return s == slot })
	n.spare = append(n.spare, slot)
	return nil
}

func (n *Network) endTransition(cell int, at des.Time) error {
	if n.until[cell] != at {
		return nil // a fault has broken the transition off
	}
	n.until[cell] = 0
	if n.outages == nil {
		n.enter(cell, n.view.Target[cell])
		return nil
	}
	if n.view.Down[cell] {
		n.revive(cell)
	}
	n.enter(cell, n.view.Target[cell])
	if n.view.Helping[cell] && !n.view.State[cell].Awake() {
		// It was falling asleep when it was called.
		if err := n.awaken(cell); err != nil {
			return err
		}
	}
	return n.touchBatteries()
}

// enter puts a cell into a state, whose power it draws from now.
func (n *Network) enter(cell int, s power.State) {
	if n.view.State[cell] != s {
		n.leaveState(cell)
		n.view.State[cell], n.view.Since[cell] = s, n.now
	}
	n.applyState(cell)
}

// applyState sets the radio effect of a cell's power state. A cell on its way
// into or out of sleep does not serve; one changing between awake states does.
//
// Fewer chains lower the array gain in proportion, and (an assumption: a layer
// takes a fixed number of chains) the mean number of spatial layers too, down
// to one.
func (n *Network) applyState(cell int) {
	s, data := n.view.State[cell], &n.Profile(cell).States[n.view.State[cell]]
	c, full := cell, n.topo.Cells.Layers[n.topo.Cells.KindOf(int32(cell))]
	serving := s.Awake() && (n.outages == nil || !n.view.Down[c])
	n.view.Serving[c], n.radio.Serving[c] = serving, serving
	var share float64
	share, n.radio.Capacity[c], n.radio.Layers[c] = stateRadio(data, full)
	n.radio.Power[c] = float32(share * n.outages.boost(c))
	n.radio.CIODB[c] = n.biasDB(c)
	if n.anchor != nil {
		n.rate.standW[c] = n.standInW(c)
		if a := int(n.anchor[c]); a >= 0 {
			n.rate.standW[a] = n.standInW(a)
		}
	}
	n.reassign = true
	n.applied = append(n.applied, int32(c))
}
