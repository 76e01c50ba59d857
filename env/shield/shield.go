package shield

import (
	"fmt"
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

// Coverage lists, for each position of users (in the simulator: a sector's
// position bin), the cells that cover it when fully awake, in compressed
// sparse rows. A position with an empty list is covered by no one and ignored.
type Coverage struct {
	Off  []int32 // [positions+1]
	Cell []int32 // [links] ascending preference: the first is the first to be woken for the position
	// Need [links] is the least factor on received power (Ladder.Reach) at
	// which the cell still covers the position, in (0, 1].
	Need []float32
}

// Cells describes the cells.
type Cells struct {
	Class    []uint8 // [cells] index into the ladder's classes
	AlwaysOn []bool  // [cells] never asleep: list of the operator
	Coverage []bool  // [cells] of the coverage layer
}

// Input is what a decision is made from; all slices [cells], read only.
type Input struct {
	NowUs   int64     // time, not before that of the last call
	Wish    []uint8   // states wished for
	Present []uint8   // states the cells are in (the one they leave, while waking)
	Target  []uint8   // states the cells are on the way to; differs from Present in a transition only
	Busy    []bool    // in transition: takes no request
	Serving []bool    // serves users: awake, not failed
	Down    []bool    // failed, or starting after that: takes no request; nil for none
	Helping []bool    // stands in for failed cells, for which others may wake it: must not fall asleep; nil for none
	Load    []float32 // own load, share of capacity, in [0, 1]
	// Pressure is the highest load among the awake cells that carry, or would
	// carry, the cell's traffic while it sleeps.
	Pressure []float32
	// AgeS is the age of the cell's observation; nil if all are fresh.
	AgeS []float32
}

// Shield applies the rules and remembers what they need: when each cell last
// fell asleep or woke, how often it was woken on this day, and the counts.
// It is for one goroutine.
type Shield struct {
	spec     Spec
	ladder   Ladder
	coverage Coverage
	cells    Cells
	// The inverse of coverage: the positions of each cell.
	cellOff  []int32   // [cells+1]
	cellPos  []int32   // [links] position
	cellNeed []float32 // [links] what the cell needs to cover it

	awake []bool  // [cells] as decided last
	since []int64 // [cells] when awake last changed, µs
	wakes []int32 // [cells] wake-ups on this day
	day   int64
	count [NumCauses]int64

	cause []Cause   // [cells] of the last Filter
	level []float32 // [cells] reach that holds throughout the decision
	cover []int32   // [positions] cells that cover it
	order []uint64  // scratch: load and index of the cells that wish to reach less far
}

// New returns a shield for the given cells. It keeps the slices and does not
// change them. An error names the slice that does not fit.
func New(spec Spec, ladder Ladder, coverage Coverage, cells Cells) (*Shield, error) {
	if faults := spec.Validate(); len(faults) > 0 {
		return nil, fmt.Errorf("shield: %w", faults[0])
	}
	if err := check(ladder, coverage, cells); err != nil {
		return nil, fmt.Errorf("shield: %w", err)
	}
	n, positions := len(cells.Class), len(coverage.Off)-1
	s := &Shield{
		spec: spec, ladder: ladder, coverage: coverage, cells: cells,
		cellOff: make([]int32, n+1), cellPos: make([]int32, len(coverage.Cell)), cellNeed: make([]float32, len(coverage.Cell)),
		awake: make([]bool, n), since: make([]int64, n), wakes: make([]int32, n),
		cause: make([]Cause, n), level: make([]float32, n), cover: make([]int32, positions), order: make([]uint64, 0, n),
	}
	s.invert()
	s.Reset(0)
	return s, nil
}

func check(l Ladder, c Coverage, cells Cells) error {
	n := len(cells.Class)
	switch {
	case l.States < 1 || l.States > 256 || len(l.Awake) != l.States || !l.Awake[0]:
		return fmt.Errorf("ladder: %d states, %d awake flags: state 0 must be awake", l.States, len(l.Awake))
	case len(l.Reach) != len(l.Available) || len(l.Reach)%l.States != 0:
		return fmt.Errorf("ladder: %d reaches, %d availabilities: both classes*%d", len(l.Reach), len(l.Available), l.States)
	case len(cells.AlwaysOn) != n || len(cells.Coverage) != n:
		return fmt.Errorf("cells: %d classes, %d always on, %d coverage: must be equal", n, len(cells.AlwaysOn), len(cells.Coverage))
	case len(c.Off) < 1 || c.Off[0] != 0 || int(c.Off[len(c.Off)-1]) != len(c.Cell) || !slices.IsSorted(c.Off) || len(c.Need) != len(c.Cell):
		return fmt.Errorf("coverage: offsets must rise from 0 to the %d links, with %d needs", len(c.Cell), len(c.Need))
	}
	for cell, class := range cells.Class {
		if first := int(class) * l.States; first >= len(l.Available) || !l.Available[first] {
			return fmt.Errorf("cell %d: class %d has no state 0", cell, class)
		}
	}
	for i, cell := range c.Cell {
		if cell < 0 || int(cell) >= n {
			return fmt.Errorf("coverage: link %d: cell %d, allowed 0..%d", i, cell, n-1)
		}
		if need := c.Need[i]; !(need > 0 && need <= 1) {
			return fmt.Errorf("coverage: link %d: need %g, allowed (0, 1]", i, need)
		}
	}
	return nil
}

// invert lists the positions of each cell.
func (s *Shield) invert() {
	c := s.coverage
	for _, cell := range c.Cell {
		s.cellOff[cell+1]++
	}
	for i := range s.cells.Class {
		s.cellOff[i+1] += s.cellOff[i]
	}
	next := slices.Clone(s.cellOff)
	for p := range s.cover {
		for l := c.Off[p]; l < c.Off[p+1]; l++ {
			cell := c.Cell[l]
			s.cellPos[next[cell]], s.cellNeed[next[cell]] = int32(p), c.Need[l]
			next[cell]++
		}
	}
}

// Reset forgets everything: all cells count as awake for long enough, with
// their whole wake-up budget, and the counts are zero.
func (s *Shield) Reset(nowUs int64) {
	for c := range s.awake {
		s.awake[c], s.since[c], s.wakes[c] = true, math.MinInt64/2, 0
	}
	s.day = dayOf(nowUs)
	s.count = [NumCauses]int64{}
	clear(s.cause)
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

// reach returns the factor on received power of a cell in a state.
func (s *Shield) reach(cell int, state uint8) float32 {
	return s.ladder.Reach[int(s.cells.Class[cell])*s.ladder.States+int(state)]
}

func (s *Shield) available(cell int, state uint8) bool {
	return int(state) < s.ladder.States && s.ladder.Available[int(s.cells.Class[cell])*s.ladder.States+int(state)]
}

// heldOn reports whether a cell may never sleep.
func (s *Shield) heldOn(cell int) bool {
	return s.cells.AlwaysOn[cell] || s.spec.AlwaysOnCoverage && s.cells.Coverage[cell]
}

// DwellLeftS returns the time until a cell may change between awake and
// asleep by a wish, 0 if it may now.
func (s *Shield) DwellLeftS(cell int, nowUs int64) float64 {
	dwell := s.spec.MinOffS
	if s.awake[cell] {
		dwell = s.spec.MinOnS
	}
	return max(0, dwell-float64(nowUs-s.since[cell])/microsASecond)
}

// WakesLeft returns how often a cell may still be woken on this day.
func (s *Shield) WakesLeft(cell int) int {
	return max(0, s.spec.MaxWakesPerDay-int(s.wakes[cell]))
}

// MaskTo writes for each cell and state, dst [cells*States], whether the wish
// would pass the rules that concern the cell alone: availability, transition
// under way, always-on list, dwell times, wake-up budget. The rules that
// depend on others (coverage, load) and on observations are left to Filter.
// In each row at least one state is allowed.
func (s *Shield) MaskTo(dst []bool, nowUs int64, present, target []uint8, busy []bool) {
	n := len(s.cells.Class)
	if len(dst) != n*s.ladder.States || len(present) != n || len(target) != n || len(busy) != n {
		panic("shield: MaskTo needs slices of the number of cells")
	}
	s.turn(nowUs)
	for c := range n {
		row := dst[c*s.ladder.States : (c+1)*s.ladder.States]
		now := moment{us: nowUs, present: present[c], target: target[c], busy: busy[c]}
		for state := range row {
			_, cause := s.own(c, uint8(state), now)
			row[state] = cause == None
		}
	}
}

// turn begins a new day's budget.
func (s *Shield) turn(nowUs int64) {
	if day := dayOf(nowUs); day != s.day {
		s.day = day
		clear(s.wakes)
	}
}
