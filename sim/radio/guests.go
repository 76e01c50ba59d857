package radio

import (
	"math/bits"
	"slices"
	"sort"

	"hibernet/sim/simd"
)

// serverAt returns the local index of the cell that serves a lane of a row.
func (m *Model) serverAt(row int32, lane int) uint16 {
	return m.rows.Cell[m.rows.First[row]+int32(m.rows.Server[int(row)*simd.Lanes+lane])]
}

// relist lists the bins of a block that other cells than their rows' own
// serve: by a counting sort, those of each cell in the order of the rows.
func (m *Model) relist(i int) {
	b := &m.blocks[i]
	own := len(b.own)
	clear(b.guestOff)
	clear(b.outOff)
	for row := b.row; row < b.row+b.rows; row++ {
		for lanes := m.rowGuests[row]; lanes != 0; lanes &= lanes - 1 {
			if c := int(m.serverAt(row, bits.TrailingZeros8(lanes))); c < own {
				b.guestOff[c]++
			} else {
				b.outOff[b.stands[c-own].near]++
			}
		}
	}
	guests, out := ends(b.guestOff), ends(b.outOff)
	b.guests, b.servers = slices.Grow(b.guests[:0], guests)[:guests], slices.Grow(b.servers[:0], guests)[:guests]
	b.flow = slices.Grow(b.flow[:0], guests)[:guests]
	b.out, b.sent = slices.Grow(b.out[:0], out)[:out], slices.Grow(b.sent[:0], out)[:out]
	// From the last to the first, each below those of its cell that are there:
	// in the end each offset is where its cell's begin.
	for row := b.row + b.rows - 1; row >= b.row; row-- {
		share := m.rows.Share[int(m.rows.Eight[row])*simd.Lanes:][:simd.Lanes]
		for lanes := m.rowGuests[row]; lanes != 0; {
			lane := bits.Len8(lanes) - 1
			lanes &^= 1 << lane
			c, at := int(m.serverAt(row, lane)), uint16(int(row-b.row)*simd.Lanes+lane)
			if c < own {
				b.guestOff[c]--
				k := b.guestOff[c]
				b.guests[k], b.servers[k], b.flow[k] = at, uint16(c), share[lane]*m.rowDemand[row]
				continue
			}
			stand := b.stands[c-own]
			b.outOff[stand.near]--
			b.out[b.outOff[stand.near]] = guest{at, stand.cell, share[lane] * m.perHz[b.halo[c-own]]}
		}
	}
}

// ends turns counts into the sums of all up to each, and returns the last.
func ends(counts []int32) int {
	sum := int32(0)
	for i, n := range counts {
		sum += n
		counts[i] = sum
	}
	return int(sum)
}

// outTo returns which of out the cells of a near block serve.
func (b *block) outTo(near int32) (from, to int32) { return b.outOff[near], b.outOff[near+1] }

// weighGuests brings what the guests of a block demand up to date.
func (m *Model) weighGuests(b *block) {
	demand, eight := m.rowDemand[b.row:b.row+b.rows], m.rows.Eight[b.row:b.row+b.rows]
	flow := b.flow[:len(b.guests)]
	for k, lane := range b.guests {
		row := lane / simd.Lanes
		flow[k] = demand[row] * m.rows.Share[int(eight[row])*simd.Lanes+int(lane%simd.Lanes)]
	}
}

// offerAll sets what is offered to a block's own cells, as loads: by their own
// rows, by other rows of the block, by other blocks.
func (m *Model) offerAll(b *block) {
	n, homes := len(b.own), int(b.homes)
	offered, foreign, perHz := b.offered[:n], b.foreign[:n], b.perHz[:n]
	demand, home := m.rowDemand[b.row:b.row+b.rows], m.rowHome[b.row:b.row+b.rows]
	need := m.rowNeed[int(b.row)*simd.Lanes : int(b.row+b.rows)*simd.Lanes]
	clear(offered[homes:])
	for j := range homes {
		offered[j] = demand[j] * home[j]
	}
	for row := homes; row < homes*m.chunks; row++ {
		offered[row%homes] += demand[row] * home[row]
	}
	servers, flow := b.servers[:len(b.guests)], b.flow[:len(b.guests)]
	for k, lane := range b.guests {
		offered[servers[k]] += flow[k] * need[lane]
	}
	for j, f := range foreign {
		offered[j] = f + offered[j]*perHz[j]
	}
}

// offerOne does so for one of the cells.
func (m *Model) offerOne(b *block, j int) float32 {
	sum, homes := float32(0), int(b.homes)
	if j < homes {
		for row := int(b.row) + j; row < int(b.row)+homes*m.chunks; row += homes {
			sum += m.rowDemand[row] * m.rowHome[row]
		}
	}
	need := m.rowNeed[int(b.row)*simd.Lanes : int(b.row+b.rows)*simd.Lanes]
	from, to := b.guestOff[j], b.guestOff[j+1]
	flow := b.flow[from:to]
	for k, lane := range b.guests[from:to] {
		sum += flow[k] * need[lane]
	}
	return b.foreign[j] + sum*b.perHz[j]
}

// touchServers has the loads of the cells that serve bins of a row reckoned.
func (m *Model) touchServers(b *block, row int32) {
	if own := row; own < b.homes*int32(m.chunks) {
		if own >= b.homes {
			own %= b.homes
		}
		b.touched.set(uint16(own))
	}
	for lanes := m.rowGuests[b.row+row]; lanes != 0; lanes &= lanes - 1 {
		if c := m.serverAt(b.row+row, bits.TrailingZeros8(lanes)); int(c) < len(b.own) {
			b.touched.set(c)
		}
	}
}

// asks returns what a guest of a block asks of the cell that serves it.
func (m *Model) asks(b *block, g guest) float32 {
	return m.rowDemand[b.row+int32(g.lane/simd.Lanes)] * g.weight * m.rowNeed[b.row*simd.Lanes+int32(g.lane)]
}

// ask lets the other blocks know what a block's bins need of their cells.
func (m *Model) ask(b *block) {
	for j, g := range b.out {
		need := m.asks(b, g)
		if m.differs(need, b.sent[j], 1) {
			b.notes = append(b.notes, note{int32(j), need - b.sent[j]})
			b.sent[j] = need
		}
	}
}

// notesTo returns what a block has noted for a near one.
func (b *block) notesTo(near int32) []note {
	from, to := b.outTo(near)
	first := sort.Search(len(b.notes), func(k int) bool { return b.notes[k].out >= from })
	rest := b.notes[first:]
	return rest[:sort.Search(len(rest), func(k int) bool { return rest[k].out >= to })]
}

// AskedTo writes what the bins that each cell serves ask of it in the last
// solution, dst [cells], bit/s.
func (m *Model) AskedTo(dst []float32) {
	if len(dst) != len(m.offered) {
		panic("radio: AskedTo: dst has the wrong length")
	}
	m.asked = dst
	for _, c := range m.unheard {
		dst[c] = 0
	}
	m.pool.Each(len(m.blocks), m.askPass)
}

// askBlock adds up what is asked of a block's cells.
func (m *Model) askBlock(i int) {
	b := &m.blocks[i]
	clear(b.foreign)
	for k, near := range b.near {
		near := &m.blocks[near]
		from, to := near.outTo(b.mirror[k])
		for _, g := range near.out[from:to] {
			row := near.row + int32(g.lane/simd.Lanes)
			b.foreign[g.cell] += m.rowDemand[row] * m.rows.Share[m.rows.Eight[row]*simd.Lanes+int32(g.lane%simd.Lanes)]
		}
	}
	demand, share := m.rowDemand[b.row:b.row+b.rows], m.rowShare[b.row:b.row+b.rows]
	for j, c := range b.own {
		sum := b.foreign[j]
		if j < int(b.homes) {
			for row := j; row < int(b.homes)*m.chunks; row += int(b.homes) {
				sum += demand[row] * share[row]
			}
		}
		for k := b.guestOff[j]; k < b.guestOff[j+1]; k++ {
			sum += b.flow[k]
		}
		m.asked[c] = sum
	}
}
