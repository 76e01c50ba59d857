package shield

import (
	"math"
	"math/bits"
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
// its way: the one that covers it with the least power, on a tie the one
// listed first. Last, the coverage rule looks at the cells whose decision
// reaches less far than their present state, in ascending order of load, ties
// by ascending index: each is granted if every position that it covers keeps
// another cell, counting those granted before and no cell that is still
// waking. A refused cell keeps its present state.
//
// The cells are decided in parallel; what follows is done one after the other,
// for the few cells about which anything was decided.
func (s *Shield) Filter(dst []uint8, in *Input) {
	n := s.cells
	if len(dst) != n || len(in.Wish) != n || len(in.Present) != n || len(in.Target) != n || len(in.Flags) != n ||
		len(in.Load) != n || len(in.Pressure) != n || in.AgeS != nil && len(in.AgeS) != n {
		panic("shield: Filter needs slices of the number of cells")
	}
	s.turn(in.NowUs)
	s.in, s.dst = in, dst
	s.each(len(s.found), s.decidePass)
	if s.spec.KeepCoverage {
		s.follow()
		s.repair()
		s.grant()
	}
	for c := range s.Acted {
		s.count[s.cause[c]]++
		if s.note[c]&noteHelped != 0 {
			s.note[c] &^= noteHelped
			s.count[EmergencyWake]++
		}
		if in.Flags[c]&Down == 0 {
			s.remember(c, !s.ladder.Awake[dst[c]], in.NowUs)
		}
	}
	s.in, s.dst = nil, nil
}

// Acted yields, ascending, the cells about which the last Filter decided
// something: all whose decision is not their Target are among them.
func (s *Shield) Acted(yield func(cell int) bool) {
	for i, n := range s.found {
		lo := i * shardCells
		for _, off := range s.active[lo : lo+int(n)] {
			if !yield(lo + int(off)) {
				return
			}
		}
	}
}

// decideShard decides the cells of a shard, each for itself, and lists those
// that are not just to stay as they are.
func (s *Shield) decideShard(i int) {
	in, lo := s.in, i*shardCells
	hi := min(lo+shardCells, s.cells)
	active := s.active[lo:hi]
	for _, off := range active[:s.found[i]] {
		s.note[lo+int(off)] &^= noteActed
		s.cause[lo+int(off)] = None
	}
	if in.Some {
		s.found[i] = int32(s.decideSome(lo, hi))
		return
	}
	n, limit, fresh := 0, float32(s.spec.EmergencyLoad), in.AgeS == nil
	ignore := uint8(0) // levels are not kept
	if !s.spec.KeepCoverage {
		ignore = nowhere
	}
	note, level, dst := s.note[lo:hi], s.level[lo:hi], s.dst[lo:hi]
	wish, present, target, flags := in.Wish[lo:hi], in.Present[lo:hi], in.Target[lo:hi], in.Flags[lo:hi]
	load, pressure, class := in.Load[lo:hi], in.Pressure[lo:hi], s.class[lo:hi]
	for k, w := range wish {
		// Most cells are to stay in a state in which they have been for a
		// while: of those nothing is to be decided or noted.
		if moved := (w ^ present[k]) | (w ^ target[k]); moved|w|uint8(flags[k]^Serving)|note[k]&noteAsleep|level[k]&^ignore == 0 {
			dst[k] = w
			continue
		} else if moved|uint8(flags[k]) == 0 && note[k] == noteAsleep && level[k] == nowhere && w < 8 && fresh &&
			s.states[class[k]].asleep>>w&1 == 1 && pressure[k] >= 0 && pressure[k] < limit && load[k] >= 0 && load[k] <= 1 {
			dst[k] = w
			continue
		}
		if s.decide(lo + k) {
			note[k] |= noteActed
			active[n] = uint16(k)
			n++
		}
	}
	s.found[i] = int32(n)
}

// decideSome decides the cells of a shard that are to be looked at, and
// returns how many it has listed.
func (s *Shield) decideSome(lo, hi int) int {
	n := 0
	copy(s.dst[lo:hi], s.in.Target[lo:hi])
	for k, f := range s.in.Flags[lo:hi] {
		if f&Look != 0 && s.decide(lo+k) {
			s.note[lo+k] |= noteActed
			s.active[lo+n] = uint16(k)
			n++
		}
	}
	return n
}

// decide decides a cell without regard to coverage, and reports whether there
// is more to do about it.
func (s *Shield) decide(c int) bool {
	in := s.in
	s.observe(c)
	wish, target := in.Wish[c], in.Target[c]
	to, cause := s.alone(c, wish)
	s.dst[c], s.cause[c] = to, cause
	if cause != None || to != target || s.note[c]&noteHelped != 0 || s.ladder.Awake[to] == (s.note[c]&noteAsleep != 0) {
		return true
	}
	return s.spec.KeepCoverage && s.holds(c) != s.level[c]
}

// awakeAt reports whether a state is one of the ladder in which a cell serves.
func (s *Shield) awakeAt(state uint8) bool {
	return int(state) < s.ladder.States && s.ladder.Awake[state]
}

// observe notes that a cell's state is not what was decided last, if so:
// someone else has changed it. One that was woken to stand in for failed cells
// counts as an emergency.
func (s *Shield) observe(c int) {
	in := s.in
	flags := in.Flags[c]
	if flags&Down != 0 {
		return
	}
	if flags&Helping != 0 && s.note[c]&noteAsleep != 0 && s.awakeAt(in.Target[c]) {
		s.note[c] |= noteHelped
		s.remember(c, false, in.NowUs)
	}
	if flags&Busy == 0 && int(in.Present[c]) < s.ladder.States {
		s.remember(c, !s.ladder.Awake[in.Present[c]], in.NowUs)
	}
}

// remember notes a change between awake and asleep.
func (s *Shield) remember(c int, sleeps bool, nowUs int64) {
	if sleeps == (s.note[c]&noteAsleep != 0) {
		return
	}
	s.note[c] ^= noteAsleep
	s.since[c] = nowUs
	if !sleeps && s.wakes[c] < math.MaxUint16 {
		s.wakes[c]++
	}
}

// alone decides a cell without regard to coverage.
func (s *Shield) alone(c int, wish uint8) (uint8, Cause) {
	in := s.in
	present, target, flags := in.Present[c], in.Target[c], in.Flags[c]
	if flags&(Down|Busy) != 0 {
		return target, because(wish != target, Transition)
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
	case s.note[c]&noteHeldOn != 0 && !willWake:
		return s.own(c, wish)
	case !wasAwake && pressure >= limit:
		return safe, because(wish != safe, EmergencyWake)
	case wasAwake && !willWake && (pressure >= limit || flags&Helping != 0):
		return present, EmergencyWake
	case wasAwake && wish != safe && load >= limit:
		return safe, EmergencyWake
	}
	return s.own(c, wish)
}

// because returns the cause if the decision is not the wish.
func because(changed bool, cause Cause) Cause {
	if changed {
		return cause
	}
	return None
}

// own applies the rules that concern the cell alone, to one that takes
// requests and a wish that it has.
func (s *Shield) own(c int, wish uint8) (uint8, Cause) {
	present := s.in.Present[c]
	if !s.available(c, present) {
		return safe, because(wish != safe, InvalidWish)
	}
	held := s.note[c]&noteHeldOn != 0
	wasAwake, willWake := s.ladder.Awake[present], s.ladder.Awake[wish]
	switch {
	case !willWake && held:
		if wasAwake {
			return present, AlwaysOn
		}
		return safe, AlwaysOn
	case willWake == wasAwake || held:
		return wish, None
	case willWake && s.dwells(c, s.in.NowUs):
		return present, MinOffTime
	case !willWake && s.dwells(c, s.in.NowUs):
		return present, MinOnTime
	case !willWake && int(s.wakes[c]) >= s.spec.MaxWakesPerDay:
		return present, WakeBudget
	}
	return wish, None
}

// holds returns the level of a cell throughout the decision if no wish to
// reach less far is granted: what it reaches now, or will at the end of a
// transition, whichever is less.
func (s *Shield) holds(c int) uint8 {
	in := s.in
	level := in.Present[c]
	if in.Flags[c]&Serving == 0 || int(level) >= s.ladder.States {
		return nowhere
	}
	if in.Flags[c]&Busy != 0 && s.reach(c, s.dst[c]) < s.reach(c, level) {
		level = s.dst[c]
	}
	if s.reach(c, level) == 0 {
		return nowhere
	}
	return level
}

// follow brings the levels, and the counts of covering cells, up to date.
func (s *Shield) follow() {
	changes := 0
	for c := range s.Acted {
		if s.holds(c) != s.level[c] {
			changes++
		}
	}
	// Counting anew visits each link of all sectors, on all workers, a change the
	// sectors of one cell.
	anew := changes > s.cells/2
	for c := range s.Acted {
		switch level := s.holds(c); {
		case level == s.level[c]:
		case anew:
			s.level[c] = level
		default:
			s.setLevel(c, level)
		}
	}
	if anew {
		s.recount()
	}
}

// grant refuses the decisions that would open a coverage hole.
func (s *Shield) grant() {
	in, dst := s.in, s.dst
	s.order = s.order[:0]
	for c := range s.Acted {
		if in.Flags[c]&Busy == 0 && s.reach(c, dst[c]) < s.reach(c, s.level[c]) {
			// The bits of floats >= 0 order as the floats do; adding 0 takes
			// the sign from a negative zero.
			s.order = append(s.order, uint64(math.Float32bits(in.Load[c]+0))<<32|uint64(c))
		}
	}
	slices.Sort(s.order)
	for _, key := range s.order {
		c := int(uint32(key))
		if s.opensHole(c, dst[c]) {
			dst[c], s.cause[c] = in.Present[c], CoverageHole
			continue
		}
		level := dst[c]
		if s.reach(c, level) == 0 {
			level = nowhere
		}
		s.setLevel(c, level)
	}
}

// repair wakes a cell for each position that none covers. It comes before
// grant, which takes no cell from such a position and sees the woken cells.
func (s *Shield) repair() {
	if s.holes == 0 {
		return
	}
	for at, x := range s.cover {
		for zero := zeroBytes(x); zero != 0; zero &= zero - 1 {
			s.mend(at/s.words, at%s.words*8+bits.TrailingZeros64(zero)/8)
		}
	}
}

// mend wakes a cell for position b of a sector, unless one is on its way.
func (s *Shield) mend(sector, b int) {
	in, dst := s.in, s.dst
	best, least := -1, float32(2)
	for l := int(s.coverage.Off[sector]); l < int(s.coverage.Off[sector+1]); l++ {
		if s.coverage.mask(l)>>b&1 == 0 {
			continue
		}
		c, need := int(s.coverage.Cell[l]), s.need(l, b)
		if s.onItsWay(c, dst[c]) && s.reach(c, dst[c]) >= need {
			return
		}
		if need < least && in.Flags[c]&(Busy|Down) == 0 && s.mends(c) {
			best, least = c, need
		}
	}
	if best < 0 {
		return
	}
	dst[best], s.cause[best] = safe, because(in.Wish[best] != safe, CoverageRepair)
	if s.note[best]&noteActed == 0 {
		s.list(best)
	}
}

// list adds a cell to those about which something was decided.
func (s *Shield) list(c int) {
	s.note[c] |= noteActed
	i := c / shardCells
	n, off := int(s.found[i]), uint16(c%shardCells)
	shard := s.active[i*shardCells:]
	at, _ := slices.BinarySearch(shard[:n], off)
	copy(shard[at+1:n+1], shard[at:n])
	shard[at] = off
	s.found[i]++
}

// onItsWay reports whether a cell that does not serve now is about to.
func (s *Shield) onItsWay(c int, to uint8) bool {
	in := s.in
	return in.Flags[c]&Down == 0 && s.ladder.Awake[to] && (in.Flags[c]&Busy != 0 || to != in.Present[c])
}

// mends reports whether asking for the full state changes anything: a failed
// cell that is awake already does not serve whatever it is asked for.
func (s *Shield) mends(c int) bool {
	present, serving := s.in.Present[c], s.in.Flags[c]&Serving != 0
	return int(present) < s.ladder.States && !s.ladder.Awake[present] || serving && present != safe
}
