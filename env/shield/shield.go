package shield

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
)

const (
	microsASecond = 1e6
	microsADay    = 86400 * 1e6
)

// Ladder describes the power states of the cells, which are of one or more
// classes (kinds of radio unit).
type Ladder struct {
	States int    // number of states; state 0 is the full one, the safe state
	Awake  []bool // [States] true where a cell in the state serves users
	// Reach [classes*States] is the factor on received power in the state,
	// linear, 1 in full; 0 in states that are not awake.
	Reach []float32
	// Available [classes*States] tells the states that a class has. State 0
	// must be among them.
	Available []bool
}

// Coverage says which cells cover the positions of users, which are taken
// together in sectors of Bins positions each (in the simulator: the position
// bins of a sector), in compressed sparse rows by sector. Its slices may be
// shared: the shield reads them only. A position that no cell covers is
// ignored.
//
// A cell covers a position of its Mask if its factor on received power
// (Ladder.Reach) is at least Least/Gain, but never more than 1: in full it
// covers the whole Mask.
type Coverage struct {
	Bins  int       // positions of a sector, 1 to 16
	Off   []int32   // [sectors+1]: the links of sector s are [Off[s], Off[s+1])
	Cell  []int32   // [links]
	Mask  []uint8   // [links*ceil(Bins/8)] the positions that the cell, when in full, covers, a bit each, lowest first
	Gain  []uint16  // [links*Bins] linear gain from the cell to the position: upper half of a float32 (bfloat16)
	Least []float32 // [cells] least gain with which the cell, when in full, covers a position; above 0
}

// words returns how many times eight positions a sector has, the last in part.
func (c *Coverage) words() int { return (c.Bins + 7) / 8 }

// mask returns the positions that the cell of a link covers, a bit each.
func (c *Coverage) mask(link int) uint16 {
	if c.Bins <= 8 {
		return uint16(c.Mask[link])
	}
	return uint16(c.Mask[2*link]) | uint16(c.Mask[2*link+1])<<8
}

// Cells describes the cells.
type Cells struct {
	Class    []uint8 // [cells] index into the ladder's classes
	AlwaysOn []bool  // [cells] never asleep: list of the operator; nil for none
	Coverage []bool  // [cells] of the coverage layer; nil for none
}

// Flags say what goes on with a cell.
type Flags uint8

// The flags.
const (
	Serving Flags = 1 << iota // serves users: awake, not failed
	Busy                      // in transition: takes no request
	Down                      // failed, or starting after that: takes no request
	Helping                   // stands in for failed cells, for which others may wake it: must not fall asleep
	Look                      // with Input.Some: to be decided
)

// Input is what a decision is made from; all slices [cells], read only.
type Input struct {
	NowUs   int64   // time, not before that of the last call
	Wish    []uint8 // states wished for
	Present []uint8 // states the cells are in (the one they leave, while waking)
	Target  []uint8 // states the cells are on the way to; differs from Present in a transition only
	Flags   []Flags
	// Some has only the cells decided that have the flag Look; the others' wish
	// must be their Target. The caller knows that nothing would be decided
	// about them: that they have not changed since the last Filter, are in
	// order, and no load is near Spec.EmergencyLoad. The flag is not set
	// without Some.
	Some bool
	Load []float32 // own load, share of capacity, in [0, 1]
	// Pressure is the highest load among the awake cells that carry, or would
	// carry, the cell's traffic while it sleeps. It is not looked at where
	// Wish, Present and Target are all full.
	Pressure []float32
	// AgeS is the age of the cell's observation; nil if all are fresh.
	AgeS []float32
}

// Parallel calls pass(i) once for each i in [0, shards), on several
// goroutines if it likes, and returns when all have returned.
type Parallel func(shards int, pass func(shard int))

func serially(shards int, pass func(int)) {
	for i := range shards {
		pass(i)
	}
}

// What the shield keeps of a cell in one byte.
const (
	noteAsleep = 1 << iota // as decided or observed last
	noteHeldOn             // may never sleep
	noteActed              // the last Filter decided something about it: it is listed in Shield.active
	noteHelped             // found to have been woken for others, not counted yet
)

// nowhere is the level of a cell that covers nothing.
const nowhere = 255

// Shield applies the rules and remembers what they need: when each cell last
// fell asleep or woke, how often it was woken on this day, how many cells
// cover each position, and the counts. It is for one goroutine; inside, its
// passes run as the Parallel it was given sees fit, with the same result.
type Shield struct {
	spec     Spec
	ladder   Ladder
	coverage Coverage
	class    []uint8
	states   []states // [classes]
	each     Parallel
	cells    int
	minOnUs  int64
	minOffUs int64

	// The inverse of coverage: where a cell covers something.
	cellOff []int32 // [cells+1]
	entries []entry // those of cell c are [cellOff[c], cellOff[c+1]), sectors ascending

	// Reaches between none and all.
	tier    []uint8     // [classes*states] number of the state's reach among those of the class, from 1; tierNone or tierAll for others
	between [][]float32 // [classes] those of each class
	tiers   int         // most of a class
	partly  []uint8     // [entries*tiers] the positions covered at each; nil before they are asked for

	note  []uint8  // [cells] asleep, heldOn, acted
	since []int64  // [cells] when asleep last changed, µs
	wakes []uint16 // [cells] wake-ups on this day
	day   int64
	count [NumCauses]int64

	cause []Cause  // [cells] of the last Filter
	level []uint8  // [cells] state whose reach holds throughout the decision, or nowhere
	cover []uint64 // [sectors*words] number of cells that cover each position, a byte each, the first lowest
	words int      // of a sector: 8 positions each
	holes int      // positions that no cell covers though some could
	order []uint64 // scratch: load and index of the cells that wish to reach less far

	// The cells about which the last Filter decided something, by shards of
	// cells: those of shard i are at active[i*shardCells:][:found[i]],
	// ascending, less i*shardCells.
	active []uint16
	found  []int32

	// Of the present call.
	in   *Input
	dst  []uint8
	mask []uint8

	decidePass, recountPass, maskPass func(int) // made once, so that a pass allocates nothing
	holesIn                           []int32   // [shards of sectors] scratch
}

// states are those that a class has, as bits.
type states struct{ awake, asleep uint8 }

// A pass takes so many cells, or sectors, at a time. It moves no result.
const shardCells = 512

func shards(n int) int { return (n + shardCells - 1) / shardCells }

// New returns a shield for the given cells, whose passes run as each says; nil
// for one after the other. It keeps the slices of the ladder, the coverage and
// the classes and does not change them. An error names the slice that does not
// fit.
func New(spec Spec, ladder Ladder, coverage Coverage, cells Cells, each Parallel) (*Shield, error) {
	if faults := spec.Validate(); len(faults) > 0 {
		return nil, fmt.Errorf("shield: %w", faults[0])
	}
	if err := errors.Join(checkCells(ladder, cells), checkCoverage(coverage, len(cells.Class))); err != nil {
		return nil, fmt.Errorf("shield: %w", err)
	}
	if each == nil {
		each = serially
	}
	n, sectors := len(cells.Class), len(coverage.Off)-1
	s := &Shield{
		spec: spec, ladder: ladder, coverage: coverage, class: cells.Class, each: each, cells: n,
		minOnUs: int64(math.Ceil(spec.MinOnS * microsASecond)), minOffUs: int64(math.Ceil(spec.MinOffS * microsASecond)),
		note: make([]uint8, n), since: make([]int64, n), wakes: make([]uint16, n),
		cause: make([]Cause, n), level: make([]uint8, n),
		words: coverage.words(), holesIn: make([]int32, shards(sectors)),
		active: make([]uint16, n), found: make([]int32, shards(n)),
	}
	s.cover = make([]uint64, sectors*s.words)
	s.decidePass, s.recountPass, s.maskPass = s.decideShard, s.recountShard, s.maskShard
	s.sortStates()
	s.sortTiers()
	for c := range s.note {
		if cells.AlwaysOn != nil && cells.AlwaysOn[c] || spec.AlwaysOnCoverage && cells.Coverage != nil && cells.Coverage[c] {
			s.note[c] = noteHeldOn
		}
	}
	if err := s.invert(); err != nil {
		return nil, fmt.Errorf("shield: %w", err)
	}
	s.Reset(0)
	return s, nil
}

func checkCells(l Ladder, cells Cells) error {
	n := len(cells.Class)
	switch {
	case l.States < 1 || l.States > 8 || len(l.Awake) != l.States || !l.Awake[0]:
		return fmt.Errorf("ladder: %d states, %d awake flags: 1 to 8 states, of which state 0 must be awake", l.States, len(l.Awake))
	case len(l.Reach) != len(l.Available) || len(l.Reach)%l.States != 0:
		return fmt.Errorf("ladder: %d reaches, %d availabilities: both classes*%d", len(l.Reach), len(l.Available), l.States)
	case cells.AlwaysOn != nil && len(cells.AlwaysOn) != n || cells.Coverage != nil && len(cells.Coverage) != n:
		return fmt.Errorf("cells: %d classes, %d always on, %d coverage: must be equal", n, len(cells.AlwaysOn), len(cells.Coverage))
	}
	for cell, class := range cells.Class {
		if first := int(class) * l.States; first >= len(l.Available) || !l.Available[first] {
			return fmt.Errorf("cell %d: class %d has no state 0", cell, class)
		}
	}
	return nil
}

func checkCoverage(c Coverage, cells int) error {
	links := len(c.Cell)
	switch {
	case c.Bins < 1 || c.Bins > 16:
		return fmt.Errorf("coverage: %d positions a sector, allowed 1..16", c.Bins)
	case (len(c.Off)-1)*c.words() > mostWords:
		return fmt.Errorf("coverage: %d sectors of %d positions, allowed: %d times eight positions", len(c.Off)-1, c.Bins, mostWords)
	case len(c.Off) < 1 || c.Off[0] != 0 || int(c.Off[len(c.Off)-1]) != links || !slices.IsSorted(c.Off):
		return fmt.Errorf("coverage: offsets must rise from 0 to the %d links", links)
	case len(c.Mask) != links*c.words() || len(c.Gain) != links*c.Bins || len(c.Least) != cells:
		return fmt.Errorf("coverage: %d bytes of masks, %d gains, %d least gains for %d links of %d positions and %d cells",
			len(c.Mask), len(c.Gain), len(c.Least), links, c.Bins, cells)
	}
	for i, cell := range c.Cell {
		if cell < 0 || int(cell) >= cells {
			return fmt.Errorf("coverage: link %d: cell %d, allowed 0..%d", i, cell, cells-1)
		}
		if mask := c.mask(i); mask>>c.Bins != 0 {
			return fmt.Errorf("coverage: link %d: mask %#x has more than %d positions", i, mask, c.Bins)
		}
	}
	for cell, least := range c.Least {
		if !(least > 0) {
			return fmt.Errorf("coverage: cell %d: least gain %g, must be above 0", cell, least)
		}
	}
	return nil
}

// Reset forgets everything: all cells count as awake for long enough, with
// their whole wake-up budget, and the counts are zero.
func (s *Shield) Reset(nowUs int64) {
	for c := range s.note {
		s.note[c] &= noteHeldOn
		s.since[c] = math.MinInt64 / 2
		s.level[c] = nowhere
	}
	clear(s.wakes)
	s.day = dayOf(nowUs)
	s.count = [NumCauses]int64{}
	clear(s.cause)
	clear(s.found)
	if s.spec.KeepCoverage {
		s.recount()
	}
}

// dayOf numbers days; the first one begins at time 0.
func dayOf(us int64) int64 {
	d := us / microsADay
	if us%microsADay < 0 {
		d--
	}
	return d
}

// Counts returns the interventions since Reset by cause, in the order of
// Causes: index 0 is Transition.
func (s *Shield) Counts() [NumCauses - 1]int64 { return [NumCauses - 1]int64(s.count[1:]) }

// Cause returns why the last Filter did not grant a cell's wish, None if it
// did.
func (s *Shield) Cause(cell int) Cause { return s.cause[cell] }

// reach returns the factor on received power of a cell in a state, 0 at the
// level nowhere.
func (s *Shield) reach(cell int, state uint8) float32 {
	if state == nowhere {
		return 0
	}
	return s.ladder.Reach[int(s.class[cell])*s.ladder.States+int(state)]
}

func (s *Shield) available(cell int, state uint8) bool {
	return int(state) < s.ladder.States && s.ladder.Available[int(s.class[cell])*s.ladder.States+int(state)]
}

// dwells reports whether a cell may not yet change between awake and asleep by
// a wish.
func (s *Shield) dwells(cell int, nowUs int64) bool {
	dwell := s.minOnUs
	if s.note[cell]&noteAsleep != 0 {
		dwell = s.minOffUs
	}
	return nowUs-s.since[cell] < dwell
}

// DwellLeftS returns the time until a cell may change between awake and
// asleep by a wish, 0 if it may now.
func (s *Shield) DwellLeftS(cell int, nowUs int64) float64 {
	dwell := s.spec.MinOnS
	if s.note[cell]&noteAsleep != 0 {
		dwell = s.spec.MinOffS
	}
	return max(0, dwell-float64(nowUs-s.since[cell])/microsASecond)
}

// WakesLeft returns how often a cell may still be woken on this day.
func (s *Shield) WakesLeft(cell int) int {
	return max(0, s.spec.MaxWakesPerDay-int(s.wakes[cell]))
}

// Sectors yields the sectors in which a cell covers a position, ascending.
func (s *Shield) Sectors(cell int) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		last := -1
		for _, e := range s.entries[s.cellOff[cell]:s.cellOff[cell+1]] {
			sector := e.word() / s.words
			if sector != last && !yield(int32(sector)) {
				return
			}
			last = sector
		}
	}
}

// MaskTo writes for each cell, dst [cells], the states in which a wish would
// pass the rules that concern the cell alone, as bits: availability,
// transition under way, always-on list, dwell times, wake-up budget. The rules
// that depend on others (coverage, load) and on observations are left to
// Filter. At least one state is allowed. Of in it reads time, Present, Target
// and Flags.
func (s *Shield) MaskTo(dst []uint8, in *Input) {
	if n := s.cells; len(dst) != n || len(in.Present) != n || len(in.Target) != n || len(in.Flags) != n {
		panic("shield: MaskTo needs slices of the number of cells")
	}
	s.turn(in.NowUs)
	s.in, s.mask = in, dst
	s.each(shards(s.cells), s.maskPass)
	s.in, s.mask = nil, nil
}

func (s *Shield) maskShard(i int) {
	in, lo := s.in, i*shardCells
	hi := min(lo+shardCells, s.cells)
	// What sleeps may wake, and what is awake may sleep, if it has been so
	// since before these moments.
	notAfter := [2]int64{in.NowUs - s.minOnUs, in.NowUs - s.minOffUs}
	most := s.spec.MaxWakesPerDay
	mask, note, since, wakes := s.mask[lo:hi], s.note[lo:hi], s.since[lo:hi], s.wakes[lo:hi]
	present, flags, class := in.Present[lo:hi], in.Flags[lo:hi], s.class[lo:hi]
	for k, p := range present {
		have := s.states[class[k]]
		if flags[k]&(Busy|Down) != 0 {
			mask[k] = 1 << in.Target[lo+k]
			continue
		}
		if p >= 8 || (have.awake|have.asleep)>>p&1 == 0 {
			mask[k] = 1 << safe
			continue
		}
		if note[k]&noteHeldOn != 0 {
			mask[k] = have.awake
			continue
		}
		// The rest goes by bits, all or none of a byte: whether a cell sleeps
		// is as good as random.
		awake := -(have.awake >> p & 1)
		free := -bit(since[k] <= notAfter[note[k]&noteAsleep])
		mask[k] = have.awake&(awake|free) | have.asleep&(^awake|free&-bit(int(wakes[k]) < most))
	}
}

// bit returns 1 for true, without a branch.
func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// turn begins a new day's budget.
func (s *Shield) turn(nowUs int64) {
	if day := dayOf(nowUs); day != s.day {
		s.day = day
		clear(s.wakes)
	}
}
