package sleep

import (
	"fmt"

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

func (e *Env) senseCells(lo, hi int) {
	v := e.view
	state, target, until, serving := v.State[lo:hi], v.Target[lo:hi], v.Until[lo:hi], v.Serving[lo:hi]
	present, to, flags := e.present[lo:hi], e.target[lo:hi], e.flags[lo:hi]
	for k, s := range state {
		var f shield.Flags
		if serving[k] {
			f = shield.Serving
		}
		if until[k] != 0 {
			f |= shield.Busy
		}
		present[k], to[k], flags[k] = uint8(s), uint8(target[k]), f
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

// takers returns the awake cells that come first and second in the order in
// which cells take over in a sector, -1 where there is none: for a cell that
// is not the first, that is the one that carries, or would carry, its traffic
// while it sleeps; for the first it is the second.
func (e *Env) takers(s int) (first, second int32) {
	serving := e.view.Serving
	first = -1
	for _, c := range e.plan.takers[s*maxTakers : (s+1)*maxTakers] {
		switch {
		case c < 0 || !serving[c]:
		case first < 0:
			first = c
		default:
			return first, c
		}
	}
	return e.furtherTakers(s, first)
}

// furtherTakers goes on with the cells that are not ranked: those that are
// have at most one awake cell among them, first.
func (e *Env) furtherTakers(s int, first int32) (int32, int32) {
	t := e.net.Topology()
	for l := t.Links.Off[s]; l < t.Links.Off[s+1]; l++ {
		c := t.Links.Cell[l]
		switch {
		case !e.view.Serving[c] || c == first || t.Cover[l] == 0:
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
	for s := lo; s < hi; s++ {
		first, last := off[s], off[s+1]
		var any uint8
		for c := first; c < last; c++ {
			any |= present[c] | target[c] | wish[c]
		}
		if any == 0 {
			continue
		}
		a, b := e.takers(s)
		for c := first; c < last; c++ {
			k := a
			if k == c {
				k = b
			}
			e.pressure[c] = 0
			if k >= 0 {
				e.pressure[c] = e.view.Load[k]
			}
		}
	}
}

// lookShard is senseShard and pressShard in one.
func (e *Env) lookShard(i int) {
	e.senseShard(i)
	e.pressShard(i)
}

// decide asks the shield and then the network. wish may be e.target: it then
// says what stands.
func (e *Env) decide(dst, wish []uint8) error {
	e.input.Wish, e.input.NowUs = wish, int64(e.view.Now)
	switch {
	case !e.sensed:
		e.pool.Each(shard.Count(e.sectors), e.lookPass)
	case !e.needs.takers: // else the observation came by the pressure
		e.pool.Each(shard.Count(e.sectors), e.pressPass)
	}
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

// bits has, for each 8 bits, whether each is set.
var bits = func() (table [256][numStates]bool) {
	for mask := range table {
		for b := range numStates {
			table[mask][b] = mask>>b&1 == 1
		}
	}
	return table
}()

// take makes the actions wishes. It returns an error that wraps env.ErrMasked
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
	return nil
}

func (e *Env) takeShard(i int) {
	lo, hi := shard.Range(i, len(e.wish))
	e.refused[i] = -1
	actions, mask, wish := e.actions[lo:hi], e.mask[lo:hi], e.wish[lo:hi]
	for k, a := range actions {
		if uint32(a) >= uint32(numStates) || mask[k]>>uint32(a)&1 == 0 {
			e.refused[i] = int32(lo + k)
			return
		}
		wish[k] = uint8(a)
	}
}
