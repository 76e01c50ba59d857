package shield

import (
	"math"
	"slices"
)

// safe is the state that every doubt leads to.
const safe = 0

// Filter writes the decisions for all cells to dst [cells], which may be
// in.Wish itself, and remembers them as carried out. Call it whenever
// decisions can be carried out; with in.Wish equal to in.Target it acts only
// on emergencies.
//
// First each cell is decided by the rules in the order of the causes. Then a
// position that no cell covers now (a cell has failed, or others have changed
// states) gets the first of its cells that takes a request, unless one is on
// its way. Last, the coverage rule looks at the cells whose decision reaches
// less far than their present state, in ascending order of load, ties by
// ascending index: each is granted if every position that it covers keeps
// another cell, counting those granted before and no cell that is still
// waking. A refused cell keeps its present state.
func (s *Shield) Filter(dst []uint8, in *Input) {
	n := len(s.cells.Class)
	if len(dst) != n || len(in.Wish) != n || len(in.Present) != n || len(in.Target) != n || len(in.Busy) != n ||
		len(in.Serving) != n || len(in.Load) != n || len(in.Pressure) != n || in.AgeS != nil && len(in.AgeS) != n ||
		in.Down != nil && len(in.Down) != n || in.Helping != nil && len(in.Helping) != n {
		panic("shield: Filter needs slices of the number of cells")
	}
	s.turn(in.NowUs)
	s.observe(in)
	for c := range n {
		dst[c], s.cause[c] = s.alone(c, in)
	}
	if s.spec.KeepCoverage {
		s.countCover(dst, in)
		s.repair(dst, in)
		s.grant(dst, in)
	}
	for c := range n {
		s.count[s.cause[c]]++
		if !in.down(c) {
			s.remember(c, s.ladder.Awake[dst[c]], in.NowUs)
		}
	}
}

// down reports whether a cell has failed.
func (in *Input) down(c int) bool { return in.Down != nil && in.Down[c] }

// helping reports whether a cell stands in for failed ones.
func (in *Input) helping(c int) bool { return in.Helping != nil && in.Helping[c] }

// awakeAt reports whether a state is one of the ladder in which a cell serves.
func (s *Shield) awakeAt(state uint8) bool {
	return int(state) < s.ladder.States && s.ladder.Awake[state]
}

// observe notes the cells whose state is not what was decided last: someone
// else has changed them. One that was woken to stand in for failed cells
// counts as an emergency.
func (s *Shield) observe(in *Input) {
	for c := range s.awake {
		if in.down(c) {
			continue
		}
		if in.helping(c) && !s.awake[c] && s.awakeAt(in.Target[c]) {
			s.count[EmergencyWake]++
			s.remember(c, true, in.NowUs)
		}
		if !in.Busy[c] && int(in.Present[c]) < s.ladder.States {
			s.remember(c, s.ladder.Awake[in.Present[c]], in.NowUs)
		}
	}
}

// remember notes a change between awake and asleep.
func (s *Shield) remember(c int, awake bool, nowUs int64) {
	if awake == s.awake[c] {
		return
	}
	s.awake[c], s.since[c] = awake, nowUs
	if awake {
		s.wakes[c]++
	}
}

// alone decides a cell without regard to coverage.
func (s *Shield) alone(c int, in *Input) (uint8, Cause) {
	wish, present := in.Wish[c], in.Present[c]
	if in.down(c) {
		return in.Target[c], because(wish != in.Target[c], Transition)
	}
	now := moment{us: in.NowUs, present: present, target: in.Target[c], busy: in.Busy[c]}
	if in.Busy[c] {
		return s.own(c, wish, now)
	}
	load, pressure := in.Load[c], in.Pressure[c]
	stale := in.AgeS != nil && !(in.AgeS[c] >= 0 && float64(in.AgeS[c]) <= s.spec.MaxAgeS)
	if stale || !(load >= 0 && load <= 1) || !(pressure >= 0 && pressure <= 1) || int(present) >= s.ladder.States {
		return safe, because(wish != safe, StaleInput)
	}
	if !s.available(c, wish) {
		return safe, InvalidWish
	}
	limit := float32(s.spec.EmergencyLoad)
	wasAwake, willWake := s.ladder.Awake[present], s.ladder.Awake[wish]
	switch {
	case s.heldOn(c) && !willWake:
		return s.own(c, wish, now)
	case !wasAwake && pressure >= limit:
		return safe, because(wish != safe, EmergencyWake)
	case wasAwake && !willWake && (pressure >= limit || in.helping(c)):
		return present, EmergencyWake
	case wasAwake && wish != safe && load >= limit:
		return safe, EmergencyWake
	}
	return s.own(c, wish, now)
}

// because returns the cause if the decision is not the wish.
func because(changed bool, cause Cause) Cause {
	if changed {
		return cause
	}
	return None
}

// moment is what the rules that concern a cell alone look at.
type moment struct {
	us              int64
	present, target uint8
	busy            bool
}

// own applies the rules that concern the cell alone.
func (s *Shield) own(c int, wish uint8, now moment) (uint8, Cause) {
	if now.busy {
		return now.target, because(wish != now.target, Transition)
	}
	present := now.present
	if !s.available(c, wish) || !s.available(c, present) {
		return safe, because(wish != safe, InvalidWish)
	}
	wasAwake, willWake := s.ladder.Awake[present], s.ladder.Awake[wish]
	switch {
	case !willWake && s.heldOn(c):
		if wasAwake {
			return present, AlwaysOn
		}
		return safe, AlwaysOn
	case willWake == wasAwake || s.heldOn(c):
		return wish, None
	case willWake && s.DwellLeftS(c, now.us) > 0:
		return present, MinOffTime
	case !willWake && s.DwellLeftS(c, now.us) > 0:
		return present, MinOnTime
	case !willWake && s.WakesLeft(c) == 0:
		return present, WakeBudget
	}
	return wish, None
}

// countCover sets what each cell's reach is throughout the decision if no
// wish to reach less far is granted, and how many cells cover each position
// with it.
func (s *Shield) countCover(dst []uint8, in *Input) {
	clear(s.cover)
	for c := range dst {
		level := s.held(c, in)
		if in.Busy[c] {
			level = min(level, s.reach(c, dst[c]))
		}
		s.level[c] = level
		lo, hi := s.cellOff[c], s.cellOff[c+1]
		for i, need := range s.cellNeed[lo:hi] {
			if level >= need {
				s.cover[s.cellPos[lo+int32(i)]]++
			}
		}
	}
}

// grant refuses the decisions that would open a coverage hole.
func (s *Shield) grant(dst []uint8, in *Input) {
	s.order = s.order[:0]
	for c := range dst {
		if !in.Busy[c] && s.reach(c, dst[c]) < s.level[c] {
			// The bits of floats >= 0 order as the floats do; adding 0 takes
			// the sign from a negative zero.
			s.order = append(s.order, uint64(math.Float32bits(in.Load[c]+0))<<32|uint64(c))
		}
	}
	slices.Sort(s.order)
	for _, key := range s.order {
		c := int(uint32(key))
		to := s.reach(c, dst[c])
		if s.opensHole(c, to) {
			dst[c], s.cause[c] = in.Present[c], CoverageHole
			continue
		}
		lo, hi := s.cellOff[c], s.cellOff[c+1]
		for i, need := range s.cellNeed[lo:hi] {
			if s.level[c] >= need && to < need {
				s.cover[s.cellPos[lo+int32(i)]]--
			}
		}
		s.level[c] = to
	}
}

// held returns the reach that a cell has now, 0 if it does not serve.
func (s *Shield) held(c int, in *Input) float32 {
	if !in.Serving[c] || int(in.Present[c]) >= s.ladder.States {
		return 0
	}
	return s.reach(c, in.Present[c])
}

// opensHole reports whether a position would lose its last cell if c reached
// only as far as to.
func (s *Shield) opensHole(c int, to float32) bool {
	lo, hi := s.cellOff[c], s.cellOff[c+1]
	for i, need := range s.cellNeed[lo:hi] {
		if s.level[c] >= need && to < need && s.cover[s.cellPos[lo+int32(i)]] == 1 {
			return true
		}
	}
	return false
}

// repair wakes a cell for each position that none covers. It comes before
// grant, which takes no cell from such a position and sees the woken cells.
func (s *Shield) repair(dst []uint8, in *Input) {
	for p, cells := range s.cover {
		if cells > 0 {
			continue
		}
		links := s.coverage.Cell[s.coverage.Off[p]:s.coverage.Off[p+1]]
		needs := s.coverage.Need[s.coverage.Off[p]:s.coverage.Off[p+1]]
		coming := false
		for i, c := range links {
			coming = coming || s.onItsWay(int(c), dst[c], in) && s.reach(int(c), dst[c]) >= needs[i]
		}
		for _, c := range links {
			if coming {
				break
			}
			if !in.Busy[c] && !in.down(int(c)) && s.mends(int(c), in) {
				s.cause[c] = because(in.Wish[c] != safe, CoverageRepair)
				dst[c], coming = safe, true
			}
		}
	}
}

// onItsWay reports whether a cell that does not serve now is about to.
func (s *Shield) onItsWay(c int, to uint8, in *Input) bool {
	return !in.down(c) && s.ladder.Awake[to] && (in.Busy[c] || to != in.Present[c])
}

// mends reports whether asking for the full state changes anything: a failed
// cell that is awake already does not serve whatever it is asked for.
func (s *Shield) mends(c int, in *Input) bool {
	asleep := int(in.Present[c]) < s.ladder.States && !s.ladder.Awake[in.Present[c]]
	return asleep || in.Serving[c] && in.Present[c] != safe
}
