package sim

import (
	"math"

	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/shard"
)

// cellSums are the sums of each cell over a run: 28 bytes a cell, and 6 more
// for each state other than Full that any cell has been in.
type cellSums struct {
	energyJ, loadS, askedBit, servedBit sums
	switches                            []int32 // [cells]

	// Time in each state, up to when the cell left it last; nothing before the
	// first cell leaves it. What is missing of the run is time in Full.
	stateUs [numStates]times
}

func newCellSums(cells int) *cellSums {
	return &cellSums{
		energyJ: sums{newWords48(cells)}, loadS: sums{newWords48(cells)},
		askedBit: sums{newWords48(cells)}, servedBit: sums{newWords48(cells)},
		switches: make([]int32, cells),
	}
}

func (t *cellSums) clear() {
	for _, s := range [...]sums{t.energyJ, t.loadS, t.askedBit, t.servedBit} {
		s.clear()
	}
	for s := range t.stateUs {
		t.stateUs[s].clear()
	}
	clear(t.switches)
}

// leave adds the time that a cell has been in a state other than Full, which it
// leaves.
func (t *cellSums) leave(cell int, s power.State, us des.Time) {
	if t.stateUs[s].hi == nil {
		t.stateUs[s] = times{newWords48(len(t.switches))}
	}
	t.stateUs[s].add(cell, us)
}

// words48 are numbers of 48 bits, of which a large network has many.
type words48 struct {
	hi []uint32 // [cells]
	lo []uint16 // [cells]
}

func newWords48(cells int) words48 {
	return words48{make([]uint32, cells), make([]uint16, cells)}
}

func (w words48) at(i int) uint64     { return uint64(w.hi[i])<<16 | uint64(w.lo[i]) }
func (w words48) set(i int, v uint64) { w.hi[i], w.lo[i] = uint32(v>>16), uint16(v) }

func (w words48) clear() {
	clear(w.hi)
	clear(w.lo)
}

// sums are sums of positive numbers: a float64 without the last 16 bits of its
// fraction, rounded to the nearest after each addition. That puts a sum wrong
// by 2^-37 of itself at most, and n additions by n times that: 5e-9 after the
// 672 quarter hours of a week, 3e-7 after those of a year, and less as a rule,
// since one rounding goes up and another down. The single precision in which an
// interval comes (View) is wrong by 6e-8.
type sums struct{ words48 }

func (s sums) of(i int) float64 { return math.Float64frombits(s.at(i) << 16) }

func (s sums) add(i int, v float64) {
	s.set(i, (math.Float64bits(s.of(i)+v)+1<<15)>>16) // a carry into the exponent is right
}

// times are sums of microseconds, exact up to nine years.
type times struct{ words48 }

// of returns a sum, 0 where there are none.
func (t times) of(i int) des.Time {
	if t.hi == nil {
		return 0
	}
	return des.Time(t.at(i))
}

func (t times) add(i int, us des.Time) { t.set(i, uint64(t.of(i)+us)) }

// foldCells adds the present interval of a shard of cells to their sums.
func (n *Network) foldCells(i int) {
	t, v := n.total.cells, &n.view
	lo, hi := shard.Range(i, len(n.until))
	for c := lo; c < hi; c++ {
		t.energyJ.add(c, float64(v.TransitionJ[c]))
		t.switches[c] += v.Switches[c]
	}
	if n.first {
		return // what the view shows is folded already
	}
	for c := lo; c < hi; c++ {
		t.energyJ.add(c, float64(v.EnergyJ[c]))
		t.loadS.add(c, float64(v.LoadS[c]))
		t.askedBit.add(c, float64(v.AskedBit[c]))
		t.servedBit.add(c, float64(v.ServedBit[c]))
	}
}

// CellTotals are the sums of a run for one cell.
type CellTotals struct {
	EnergyJ   float64            // radio unit with transitions and supply overhead
	LoadS     float64            // integral of load, s
	AskedBit  float64            // traffic of the bins that the cell served, from whichever sector
	ServedBit float64            // of it, what was carried
	Switches  int64              // changes of power state
	StateS    [numStates]float64 // time in each power state, s
	DownS     float64            // time out of order and starting after that, s; of it, only the start is time in a state, Full
}

// CellTotals returns the sums of the run so far of cell c. It panics if the
// network was made without them (Parts.NoCellTotals).
func (n *Network) CellTotals(c int) CellTotals {
	t, v := n.total.cells, &n.view
	if t == nil {
		panic("sim: CellTotals of a network that keeps none")
	}
	out := CellTotals{
		EnergyJ: t.energyJ.of(c) + float64(v.TransitionJ[c]),
		LoadS:   t.loadS.of(c), AskedBit: t.askedBit.of(c), ServedBit: t.servedBit.of(c),
		Switches: int64(t.switches[c] + v.Switches[c]),
		StateS:   n.stateTimes(c),
	}
	if !n.first {
		out.EnergyJ += float64(v.EnergyJ[c])
		out.LoadS += float64(v.LoadS[c])
		out.AskedBit += float64(v.AskedBit[c])
		out.ServedBit += float64(v.ServedBit[c])
	}
	if n.outages != nil {
		out.DownS = n.outages.sums.downS[c] + v.DownS[c]
	}
	return out
}

// stateTimes returns how long a cell has been in each state in the run so far, s.
func (n *Network) stateTimes(c int) (seconds [numStates]float64) {
	present, since := n.view.State[c], n.now-n.view.Since[c]
	full := n.now - n.began
	if o := n.outages; o != nil {
		full -= o.sums.darkUs[c]
		if o.dark[c] {
			full -= since // in state Full by name only
		}
	}
	for s := power.Full + 1; s < power.NumStates; s++ {
		us := n.total.cells.stateUs[s].of(c)
		if s == present {
			us += since
		}
		seconds[s] = us.Seconds()
		full -= us
	}
	seconds[power.Full] = full.Seconds()
	return seconds
}

// leaveState is for when a cell is about to enter another state.
func (n *Network) leaveState(cell int) {
	if s := n.view.State[cell]; s != power.Full && n.total.cells != nil {
		n.total.cells.leave(cell, s, n.now-n.view.Since[cell])
	}
}
