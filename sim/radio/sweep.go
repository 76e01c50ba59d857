package radio

import (
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
	// strip is how many rows are reckoned before their cells' loads follow, so
	// that the next rows hear of these.
	strip = 128
)

// sweepBlock settles a block against what it has heard: rows that hear a cell
// that has moved are reckoned anew, and the loads follow, until nothing moves
// by more than may go unheard.
func (m *Model) sweepBlock(i int) {
	b := &m.blocks[i]
	b.bells, b.notes = b.bells[:0], b.notes[:0]
	if !b.heard {
		return
	}
	b.reckoned, b.residual = 0, 0
	b.shifted = b.shifted[:0]
	full := 0
	for sweep := 0; sweep < mostSweeps && b.waits(); sweep++ {
		var change float32
		if b.all || len(b.queue) > int(b.rows)/manyRows {
			if full++; full > fullSweeps {
				break
			}
			change = m.sweepAll(b)
		} else {
			change = m.sweepSome(b)
		}
		if sweep == 0 {
			b.residual = change
		}
	}
	if full > 0 {
		m.publish(b)
		m.tellAll(b)
	} else {
		for _, j := range b.shifted {
			c := b.own[j]
			m.load[c], m.offered[c] = b.load[j], b.offered[j]
			if place := b.place[j]; place >= 0 {
				m.tell(b, place)
			}
		}
	}
	m.ask(b)
}

// publish shows the loads of a block to the caller.
func (m *Model) publish(b *block) {
	for j, c := range b.own {
		m.load[c], m.offered[c] = b.load[j], b.offered[j]
	}
}

// waits says whether something in a block is to be reckoned.
func (b *block) waits() bool { return b.all || len(b.queue) > 0 || len(b.touched) > 0 }

// wake has the rows that hear a cell reckoned.
func (b *block) wake(c int32) {
	for _, row := range b.hearers[b.hearOff[c]:b.hearOff[c+1]] {
		b.enqueue(row)
	}
}

// markAll wakes the rows that hear own cells whose mean power has moved since
// the rows were reckoned.
func (m *Model) markAll(b *block) {
	most := len(b.own) / manyRows
	for j := range b.own {
		if m.hasMoved(b, int32(j)) {
			if most--; most < 0 {
				b.all = true
				return
			}
			b.known[j] = b.weight[j]
			b.wake(int32(j))
		}
	}
}

// hasMoved says whether the mean power of an own cell has moved by more than
// may go unheard since rows were reckoned by it.
func (m *Model) hasMoved(b *block, j int32) bool {
	w := b.weight[j]
	return m.differs(w, b.known[j], b.full[j]) || w == 0 && b.known[j] != 0
}

func (m *Model) ceiling() float32 { return float32(m.spec.RateCapBpsHz / m.spec.RateAlpha) }

// needRows reckons the rows [lo, hi) of a block.
func (m *Model) needRows(b *block, lo, hi int) {
	if lo == hi {
		return
	}
	first, last := int(b.row)+lo, int(b.row)+hi
	m.rows.NeedTo(m.rowNeed[first*simd.Lanes:last*simd.Lanes], m.rowHome[first:last], b.weight, m.ceiling(), first, last)
	b.reckoned += int64(hi - lo)
}

// sweepAll reckons all rows of a block, strip by strip, with the loads of a
// strip's cells following before the next. It returns the largest change of a
// load.
func (m *Model) sweepAll(b *block) float32 {
	for _, row := range b.queue {
		b.stale[row] = false
	}
	b.queue, b.touched, b.all = b.queue[:0], b.touched[:0], false
	copy(b.known, b.weight[:len(b.own)])
	var change float32
	homes := int(b.homes)
	if m.chunks > 1 {
		m.needRows(b, 0, int(b.rows))
	} else {
		for lo := 0; lo < homes; lo += strip {
			hi := min(lo+strip, homes)
			m.needRows(b, lo, hi)
			if d := m.loadCells(b, lo, hi); d > change {
				change = d
			}
		}
		m.needRows(b, homes, int(b.rows))
	}
	m.baseBlock(b)
	if d := m.loadCells(b, 0, len(b.own)); d > change {
		change = d
	}
	m.markAll(b)
	return change
}

// baseBlock adds up what bins outside their cells' own rows ask of the cells.
func (m *Model) baseBlock(b *block) {
	copy(b.base, b.foreign)
	for _, g := range b.guests {
		b.base[g.cell] += m.rowDemand[g.lane/simd.Lanes] * m.rowNeed[g.lane]
	}
}

// loadCells sets the loads of the own cells [lo, hi) of a block and returns
// the largest change of one.
func (m *Model) loadCells(b *block, lo, hi int) float32 {
	var change float32
	offered := b.offered[:hi]
	copy(offered[lo:], b.base[lo:hi])
	for chunk := range m.chunks {
		from := int(b.row) + chunk*int(b.homes)
		n := min(hi, int(b.homes))
		asked, home := m.rowDemand[from:from+n], m.rowHome[from:from+n]
		for j := lo; j < n; j++ {
			offered[j] += asked[j] * home[j]
		}
	}
	load, full, weight := b.load[:hi], b.full[:hi], b.weight[:hi]
	for j := lo; j < hi; j++ {
		f := offered[j]
		if f > 1 {
			f = 1
		}
		if d := f - load[j]; d > change {
			change = d
		} else if -d > change {
			change = -d
		}
		load[j], weight[j] = f, f*full[j]
	}
	return change
}

// sweepSome reckons the rows of a block that wait for it, and the loads of the
// cells that serve there. It returns the largest change of a load.
func (m *Model) sweepSome(b *block) float32 {
	b.work, b.queue = b.queue, b.work[:0]
	for _, row := range b.work {
		b.stale[row] = false
		m.shiftGuests(b, int(row), -1)
		m.needRows(b, int(row), int(row)+1)
		m.shiftGuests(b, int(row), 1)
		if int(row) < int(b.homes)*m.chunks {
			b.touched = append(b.touched, int32(row)%b.homes)
		}
	}
	var change float32
	for _, j := range b.touched {
		if d := m.loadCells(b, int(j), int(j)+1); d > change {
			change = d
		}
		if m.hasMoved(b, j) {
			b.known[j] = b.weight[j]
			b.wake(j)
		}
	}
	b.shifted = append(b.shifted, b.touched...)
	b.touched = b.touched[:0]
	return change
}

// shiftGuests adds what the guests of a row ask of the block's own cells to
// their base, or takes it away.
func (m *Model) shiftGuests(b *block, row int, sign float32) {
	at := int(b.row) + row
	for lanes := m.rowGuests[at]; lanes != 0; lanes &= lanes - 1 {
		lane := at*simd.Lanes + bits.TrailingZeros8(lanes)
		if c := m.rows.Cell[int(m.rows.Off[at])+int(m.rows.Server[lane])]; int(c) < len(b.own) {
			b.base[c] += sign * m.rowDemand[at] * m.rowNeed[lane]
			if sign > 0 {
				b.touched = append(b.touched, c)
			}
		}
	}
}
