package radio

import (
	"math"
	"math/bits"

	"hibernet/sim/simd"
)

const (
	// fullSweeps is how often all of a block may be reckoned in a pass. More
	// sweeps settle a block that its neighbours then disturb again.
	fullSweeps = 2
	// mostSweeps is how often a block is swept in a pass, those counted in
	// which only some rows are reckoned.
	mostSweeps = 6
	// manyRows: if more than one in so many rows waits, all are reckoned.
	manyRows = 3
	// manyCells: if more than one in so many cells has moved, all rows are
	// reckoned, without asking which of them hear it.
	manyCells = 12
)

// sweepBlock settles a block against what it has heard: rows that hear a cell
// that has moved are reckoned anew, and the loads follow, until nothing moves
// by more than may go unheard.
func (m *Model) sweepBlock(i int) {
	b := &m.blocks[m.blockOfTurn(i)]
	b.notes = b.notes[:0]
	if !b.heard {
		return
	}
	s := <-m.spare
	defer func() { m.spare <- s }()
	b.reckoned, b.residual = 0, 0
	full := 0
	for sweep := 0; sweep < mostSweeps && b.waits(); sweep++ {
		var change float32
		if b.all || b.stale.count() > int(b.rows)/manyRows {
			if full++; full > fullSweeps {
				break
			}
			change = m.sweepAll(b)
		} else {
			change = m.sweepSome(b, s)
		}
		if sweep == 0 {
			b.residual = change
		}
	}
	m.tell(b)
	m.ask(b)
}

// publishBlock shows the loads of a block to the caller.
func (m *Model) publishBlock(i int) {
	b := &m.blocks[i]
	for j, c := range b.own {
		m.load[c], m.offered[c] = b.load[j], b.offered[j]
	}
}

// waits says whether something in a block is to be reckoned.
func (b *block) waits() bool { return b.all || b.stale.any() || b.touched.any() }

// wake has the rows that hear a cell reckoned, if not all are.
func (b *block) wake(c int32) {
	if b.all {
		return
	}
	for _, row := range b.hearers[b.hearOff[c]:b.hearOff[c+1]] {
		b.stale.set(row)
	}
}

func (m *Model) ceiling() float32 { return float32(m.spec.RateCapBpsHz / m.spec.RateAlpha) }

// rowsOf returns what the rows of a block need, lane by lane, and what of it
// their own cells serve.
func (m *Model) rowsOf(b *block) (need, home []float32) {
	return m.rowNeed[b.row*simd.Lanes : (b.row+b.rows)*simd.Lanes], m.rowHome[b.row : b.row+b.rows]
}

// sweepAll reckons all rows of a block and then the loads of its cells. It
// returns the largest change of a load.
func (m *Model) sweepAll(b *block) float32 {
	clear(b.stale)
	clear(b.touched)
	b.all = false
	copy(b.known, b.weight[:len(b.own)])
	need, home := m.rowsOf(b)
	m.rows.NeedTo(need, home, b.weight, m.ceiling(), int(b.row), int(b.row+b.rows))
	b.reckoned += int64(b.rows)
	return m.loadAll(b)
}

// loadAll sets the loads of a block's own cells and wakes the rows that hear
// those whose mean power has moved. It returns the largest change of a load.
func (m *Model) loadAll(b *block) float32 {
	m.needAll(b)
	n := len(b.own)
	l := simd.Loads{Offered: b.offered, Foreign: b.foreign, PerHz: b.perHz, Load: b.load, Weight: b.weight[:n], Full: b.full, Known: b.known, Moved: b.moved}
	change, count := l.Settle(float32(hearing * m.spec.Tolerance))
	if count > n/manyCells {
		b.all = true
	} else if count > 0 {
		for i, set := range b.moved {
			for ; set != 0; set &= set - 1 {
				j := i*8 + bits.TrailingZeros8(set)
				b.known[j] = b.weight[j]
				b.wake(int32(j))
			}
		}
	}
	return change
}

// loadCell sets the load of one of a block's own cells and returns its change.
func (m *Model) loadCell(b *block, j int32) float32 {
	f := m.offerOne(b, int(j))
	b.offered[j] = f
	if f > 1 {
		f = 1
	}
	d := size(f - b.load[j])
	b.load[j], b.weight[j] = f, f*b.full[j]
	return d
}

// size returns |x|, without a branch: the signs of changes follow no pattern.
func size(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// wakeIfMoved wakes the rows that hear an own cell if its mean power has moved
// by more than may go unheard since rows were reckoned by it.
func (m *Model) wakeIfMoved(b *block, j int32) {
	if w := b.weight[j]; m.differs(w, b.known[j], b.full[j]) || w == 0 && b.known[j] != 0 {
		b.known[j] = w
		b.wake(j)
	}
}

// sweepSome reckons the rows of a block that wait for it, and the loads of the
// cells that serve there. It returns the largest change of a load.
func (m *Model) sweepSome(b *block, s *scratch) float32 {
	s.list = b.stale.takeTo(s.list[:0])
	need, home := m.rowsOf(b)
	m.rows.NeedAt(need, home, b.weight, m.ceiling(), int(b.row), int(b.row+b.rows), s.list)
	b.reckoned += int64(len(s.list))
	for _, row := range s.list {
		m.touchServers(b, int32(row))
	}
	s.list = b.touched.takeTo(s.list[:0])
	var change float32
	for _, c := range s.list {
		change = max(change, m.loadCell(b, int32(c)))
		m.wakeIfMoved(b, int32(c))
	}
	return change
}
