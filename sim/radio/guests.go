package radio

import (
	"cmp"
	"math/bits"
	"slices"
	"sort"

	"hibernet/sim/simd"
)

// serverAt returns the local index of the cell that serves a lane of a row.
func (m *Model) serverAt(row int32, lane int) uint16 {
	return m.rows.Cell[m.rows.First[row]+int32(m.rows.Server[int(row)*simd.Lanes+lane])]
}

// scratch is what a worker needs for a block that it is at.
type scratch struct {
	list          []uint16 // rows or cells
	found, placed []guest
	out           []outer
}

// relist lists the bins of a block that other cells than their rows' own serve
// anew, for those of its rows that are laid again. The order does not depend on
// what was before.
func (m *Model) relist(b *block, laid bitset) {
	s := <-m.spare
	defer func() { m.spare <- s }()
	m.findGuests(s, b, laid)
	again := func(g guest) bool { return laid.has(g.row()) }
	b.guests = insert(slices.DeleteFunc(b.guests, again), s.sorted(b.guestOff), func(g guest) guest { return g })
	offsets(b.guestOff, b.guests, func(g guest) int { return g.server() })
	b.flow = slices.Grow(b.flow[:0], len(b.guests))[:len(b.guests)]

	slices.SortFunc(s.out, func(x, y outer) int { return cmp.Compare(x.guest, y.guest) })
	b.out = insert(slices.DeleteFunc(b.out, func(g outer) bool { return again(g.guest) }), s.out, func(g outer) guest { return g.guest })
	offsets(b.outOff, b.out, func(g outer) int { return g.server() })
	b.sent = slices.Grow(b.sent[:0], len(b.out))[:len(b.out)]
}

// findGuests lists the guests in those of a block's rows that are laid again, row
// after row, and those of other blocks.
func (m *Model) findGuests(s *scratch, b *block, laid bitset) {
	s.found, s.out = s.found[:0], s.out[:0]
	own := len(b.own)
	for k, rows := range laid {
		for ; rows != 0; rows &= rows - 1 {
			j := k*64 + bits.TrailingZeros64(rows)
			row := b.row + int32(j)
			for lanes := m.rowGuests[row]; lanes != 0; lanes &= lanes - 1 {
				lane := bits.TrailingZeros8(lanes)
				c := int(m.serverAt(row, lane))
				if c < own {
					s.found = append(s.found, guestOf(c, j*simd.Lanes+lane))
					continue
				}
				stand := b.stands[c-own]
				share := m.rows.Share[int(m.rows.Eight[row])*simd.Lanes+lane]
				s.out = append(s.out, outer{guest: guestOf(int(stand.near), j*simd.Lanes+lane), weight: share * m.perHz[b.halo[c-own]], cell: stand.cell})
			}
		}
	}
}

// sorted returns the guests that were found, row after row, in ascending order:
// by a counting sort over their servers. It needs a number for each server and
// one more.
func (s *scratch) sorted(next []int32) []guest {
	s.placed = slices.Grow(s.placed[:0], len(s.found))[:len(s.found)]
	offsets(next, s.found, func(g guest) int { return g.server() })
	for _, g := range s.found {
		s.placed[next[g.server()]] = g
		next[g.server()]++
	}
	return s.placed
}

// offsets sets off [groups+1] to where the elements of each group begin, or
// would if they were in order.
func offsets[T any](off []int32, list []T, group func(T) int) {
	clear(off)
	for _, x := range list {
		off[group(x)+1]++
	}
	sum := int32(0)
	for i, n := range off {
		sum += n
		off[i] = sum
	}
}

// insert puts more into list, both ascending.
func insert[T any](list, more []T, key func(T) guest) []T {
	i, j := len(list)-1, len(more)-1
	list = append(list, more...)
	for k := len(list) - 1; j >= 0; k-- {
		if i >= 0 && key(list[i]) > key(more[j]) {
			list[k] = list[i]
			i--
		} else {
			list[k] = more[j]
			j--
		}
	}
	return list
}

// outTo returns which of out the cells of a near block serve.
func (b *block) outTo(near int32) (from, to int32) { return b.outOff[near], b.outOff[near+1] }

// weighGuests brings what the guests of a block demand up to date, and what those
// of other blocks ask of them.
func (m *Model) weighGuests(b *block) {
	demand, eight := m.rowDemand[b.row:b.row+b.rows], m.rows.Eight[b.row:b.row+b.rows]
	flow := b.flow[:len(b.guests)]
	for k, g := range b.guests {
		row := g.row()
		flow[k] = demand[row] * m.rows.Share[int(eight[row])*simd.Lanes+g.lane()%simd.Lanes]
	}
	needs, _ := m.rowsOf(b)
	for j := range b.out {
		g := &b.out[j]
		g.flow = demand[g.row()] * g.weight
		b.sent[j] = g.flow * needs[g.lane()]
	}
}

// needAll sets offered to what a block's rows need of its own cells: loads, but
// for the factor perHz.
func (m *Model) needAll(b *block) {
	n, homes := len(b.own), int(b.homes)
	offered := b.offered[:n]
	demand, home := m.rowDemand[b.row:b.row+b.rows], m.rowHome[b.row:b.row+b.rows]
	need := m.rowNeed[int(b.row)*simd.Lanes : int(b.row+b.rows)*simd.Lanes]
	clear(offered[homes:])
	for j := range homes {
		offered[j] = demand[j] * home[j]
	}
	for row := homes; row < homes*m.chunks; row++ {
		offered[row%homes] += demand[row] * home[row]
	}
	flow := b.flow[:len(b.guests)]
	for k, g := range b.guests {
		offered[g.server()] += flow[k] * need[g.lane()]
	}
}

// offerOne returns what is offered to one of the own cells, as a load: by its
// own rows, by other rows of the block, by other blocks.
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
	for k, g := range b.guests[from:to] {
		sum += flow[k] * need[g.lane()]
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

// ask lets the other blocks know what a block's bins need of their cells.
func (m *Model) ask(b *block) {
	needs, _ := m.rowsOf(b)
	for j := range b.out {
		g := &b.out[j]
		need := g.flow * needs[g.lane()]
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
			row := int(near.row) + g.row()
			b.foreign[g.cell] += m.rowDemand[row] * m.rows.Share[int(m.rows.Eight[row])*simd.Lanes+g.lane()%simd.Lanes]
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
