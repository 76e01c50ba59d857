package sleep

import (
	"fmt"
	mathbits "math/bits"

	"hibernet/env"
	"hibernet/env/shield"
	"hibernet/sim/power"
	"hibernet/sim/shard"
)

// sense reads from the network what shield and mask need, unless that has been
// done since time last passed.
func (e *Env) sense() {
	if !e.sensed {
		e.pool.Each(shard.Count(e.sectors), e.sensePass)
		e.sensed = true
	}
}

func (e *Env) senseShard(i int) {
	lo, hi := e.cellsOf(shard.Range(i, e.sectors))
	e.senseCells(lo, hi)
}

// cellsOf returns the cells of the sectors [lo, hi).
func (e *Env) cellsOf(lo, hi int) (first, last int) {
	off := e.net.Topology().SectorCellOff
	return int(off[lo]), int(off[hi])
}

// bit returns 1 for true, without a branch.
func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

func (e *Env) senseCells(lo, hi int) {
	v := e.view
	n := hi - lo
	state, target, until, serving := v.State[lo:hi], v.Target[lo:hi][:n], v.Until[lo:hi][:n], v.Serving[lo:hi][:n]
	present, to, flags := e.present[lo:hi][:n], e.target[lo:hi][:n], e.flags[lo:hi][:n]
	for k, s := range state {
		present[k], to[k] = uint8(s), uint8(target[k])
		flags[k] = shield.Flags(bit(serving[k])*uint8(shield.Serving) | bit(until[k] != 0)*uint8(shield.Busy))
	}
	if len(v.Down) == 0 { // nothing may break
		return
	}
	down, helping := v.Down[lo:hi], v.Helping[lo:hi]
	for k, is := range down {
		if is {
			flags[k] |= shield.Down | shield.Busy
		}
		if helping[k] {
			flags[k] |= shield.Helping
		}
	}
}

// firstTwo has, for the bits of the cells that are awake, the places of the
// first two.
var firstTwo = func() (table [1 << maxTakers][2]uint8) {
	for awake := range table {
		table[awake][0] = uint8(mathbits.TrailingZeros(uint(awake))) % maxTakers
		table[awake][1] = uint8(mathbits.TrailingZeros(uint(awake&(awake-1)))) % maxTakers
	}
	return table
}()

// takers returns the awake cells that come first and second in the order in
// which cells take over in a sector, -1 where there is none: for a cell that
// is not the first, that is the one that carries, or would carry, its traffic
// while it sleeps; for the first it is the second.
func (e *Env) takers(s int) (first, second int32) {
	order, serving := &e.plan.takers[s], e.view.Serving
	if order[maxTakers-1] < 0 {
		return e.takersOfAll(s)
	}
	// Whether a cell is awake is as good as random at night: no branch on it.
	awake := bit(serving[order[0]]) | bit(serving[order[1]])<<1 | bit(serving[order[2]])<<2 |
		bit(serving[order[3]])<<3 | bit(serving[order[4]])<<4 | bit(serving[order[5]])<<5
	if awake&(awake-1) == 0 {
		return e.takersOfAll(s)
	}
	at := firstTwo[awake%(1<<maxTakers)]
	return order[at[0]%8%maxTakers], order[at[1]%8%maxTakers]
}

// takersOfAll is takers for a sector of which few of the cells that are kept
// in order are awake.
func (e *Env) takersOfAll(s int) (first, second int32) {
	t, serving := e.net.Topology(), e.view.Serving
	first = -1
	for _, c := range e.plan.takers[s] {
		switch {
		case c < 0 || !serving[c]:
		case first < 0:
			first = c
		default:
			return first, c
		}
	}
	for l := t.Links.Off[s]; l < t.Links.Off[s+1]; l++ {
		c := t.Links.Cell[l]
		switch {
		case !serving[c] || c == first || t.CoverOf(int(l)) == 0:
		case first < 0:
			first = c
		default:
			return first, c
		}
	}
	return first, -1
}

// pressShard finds, for the cells of a shard of sectors, the load of the cell
// that takes over. In a sector whose cells are, and shall be, all in full the
// shield does not look at it.
func (e *Env) pressShard(i int) {
	off, present, target, wish := e.net.Topology().SectorCellOff, e.present, e.target, e.input.Wish
	lo, hi := shard.Range(i, e.sectors)
	first := off[lo]
	for s := lo; s < hi; s++ {
		last := off[s+1]
		var any uint8
		for c := first; c < last; c++ {
			any |= present[c] | target[c] | wish[c]
		}
		if any != 0 {
			e.press(s)
		}
		first = last
	}
}

// press notes for a sector's cells the present load of the one that takes
// over.
func (e *Env) press(s int) {
	a, b := e.takers(s)
	lo, hi := e.cellsOf(s, s+1)
	for c := lo; c < hi; c++ {
		k := a
		if int(k) == c {
			k = b
		}
		x := float32(0)
		if k >= 0 {
			x = e.view.Load[k]
		}
		e.pressure[c] = x
	}
}

// lookShard senses the cells of a shard of sectors inside a control interval,
// and marks those that the shield is to look at: that have changed, or are
// loaded as heavily as an emergency is. The latter it lists in crowded.
func (e *Env) lookShard(i int) {
	off, v := e.net.Topology().SectorCellOff, e.view
	limit := float32(e.cfg.Shield.EmergencyLoad)
	crowded := e.crowded[i][:0]
	lo, hi := shard.Range(i, e.sectors)
	first := off[lo]
	for s := lo; s < hi; s++ {
		last := off[s+1]
		moved := false
		for c := first; c < last; c++ {
			state, target := uint8(v.State[c]), uint8(v.Target[c])
			f := shield.Flags(bit(v.Serving[c])*uint8(shield.Serving) | bit(v.Until[c] != 0)*uint8(shield.Busy))
			if len(v.Down) != 0 {
				f |= shield.Flags(bit(v.Down[c])*uint8(shield.Down|shield.Busy) | bit(v.Helping[c])*uint8(shield.Helping))
			}
			if (state^e.present[c])|(target^e.target[c])|uint8(f^e.flags[c]&^shield.Look) != 0 {
				moved = true
				f |= shield.Look
			}
			if load := v.Load[c]; !(load >= 0 && load < limit) {
				crowded = append(crowded, c)
				f |= shield.Look
			}
			e.present[c], e.target[c], e.flags[c] = state, target, f
		}
		if moved {
			e.press(s)
		}
		first = last
	}
	e.crowded[i] = crowded
}

// lookAround marks the cells that a crowded cell may stand in for.
func (e *Env) lookAround() {
	for _, shard := range e.crowded {
		for _, k := range shard {
			e.press(int(e.net.Topology().CellSector[k]))
			for s := range e.shield.Sectors(int(k)) {
				e.press(int(s))
				lo, hi := e.cellsOf(int(s), int(s)+1)
				for c := lo; c < hi; c++ {
					e.flags[c] |= shield.Look
				}
			}
		}
	}
}

// begin asks the shield about the wishes, at the start of a control interval.
func (e *Env) begin() error {
	e.sense()
	e.input.Wish, e.input.Some = e.wish, false
	if !e.needs.takers { // else the observation came by the pressure
		e.pool.Each(shard.Count(e.sectors), e.pressPass)
	}
	return e.decide(e.decision)
}

// guard asks the shield inside a control interval, with nothing wished for,
// about the cells for which that can matter. All others have been decided at
// the start of the interval and have not changed since; they stay as they are
// unless the cell that stands in for them, or they themselves, are crowded.
func (e *Env) guard() error {
	e.pool.Each(shard.Count(e.sectors), e.lookPass)
	e.lookAround()
	e.input.Wish, e.input.Some = e.target, true
	if e.thorough {
		e.sensed = false
		e.sense()
		for s := range e.sectors {
			e.press(s)
		}
		e.input.Some = false
	}
	return e.decide(e.urgent)
}

// decide asks the shield and then the network.
func (e *Env) decide(dst []uint8) error {
	e.input.NowUs = int64(e.view.Now)
	e.sensed = false // requests change it
	e.shield.Filter(dst, &e.input)
	for c := range e.shield.Acted {
		if s := dst[c]; s != e.target[c] {
			if err := e.net.Request(c, power.State(s)); err != nil {
				return err
			}
		}
	}
	return nil
}

// allow works out which actions are allowed.
func (e *Env) allow() {
	e.input.NowUs = int64(e.view.Now)
	e.shield.MaskTo(e.mask, &e.input)
}

// bits has, for each 8 bits, whether each is set: those of the actions that wish
// for a state, the steering ones forbidden.
var bits = func() (table [256][numActions]bool) {
	for mask := range table {
		for b := range numStates {
			table[mask][b] = mask>>b&1 == 1
		}
	}
	return table
}()

// take makes the actions wishes, and notes the steering ones. Where the mask is
// not told, an action that it forbids is a wish for the state that the cell has
// or is on its way to. It returns an error that wraps env.ErrMasked
// and names the first row whose action the last mask forbids.
func (e *Env) take(actions []int32) error {
	if len(actions) != len(e.wish) {
		return fmt.Errorf("sleep: %d actions for %d rows", len(actions), len(e.wish))
	}
	e.actions = actions
	e.pool.Each(len(e.refused), e.takePass)
	e.actions = nil // they are the caller's
	for _, row := range e.refused {
		if row >= 0 {
			return fmt.Errorf("%w: row %d: action %d", env.ErrMasked, row, actions[row])
		}
	}
	for _, n := range e.ignored {
		e.masked += n
	}
	return nil
}

func (e *Env) takeShard(i int) {
	lo, hi := shard.Range(i, len(e.wish))
	e.refused[i], e.ignored[i] = -1, 0
	actions, mask, wish := e.actions[lo:hi], e.mask[lo:hi], e.wish[lo:hi]
	if e.steering != nil {
		clear(e.steering.moves[lo:hi])
	}
	for k, a := range actions {
		switch {
		case uint32(a) < uint32(numStates) && mask[k]>>uint32(a)&1 == 1:
			wish[k] = uint8(a)
		case uint32(a) >= uint32(numStates) && e.takeSteering(lo+k, a):
		case !e.spec.Mask && uint32(a) < uint32(numActions):
			wish[k] = e.target[lo+k]
			e.ignored[i]++
		default:
			e.refused[i] = int32(lo + k)
			return
		}
	}
}
