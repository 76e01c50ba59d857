package radio

import (
	"math"
	"slices"

	"hibernet/sim/shard"
	"hibernet/sim/simd"
)

// change says what has become of a cell since the last association.
type change uint8

const (
	altered change = 1 << iota // something that its users' rates or the choice of a server depend on
	gained                     // it may have become the best server of bins that it did not serve
)

// Associate decides which cell serves each position bin: of the candidates
// that are serving and whose reference-signal received power reaches their
// layer's minimum, the one with the largest received power + layer priority +
// cell individual offset (dB); the first in candidate order on a tie. A bin
// with no such candidate is in outage (-1).
//
// Only sectors with a candidate that has changed since the last call are
// looked at. The decision uses received power only, never load or SINR: a decision that
// depended on the loads would have to be repeated inside the load coupling
// and could make it oscillate.
func (m *Model) Associate(st *State) {
	m.state, m.whole = st, false
	m.pool.Each(shard.Count(len(m.changed)), m.signalPass)
	for i := range m.blocks {
		b := &m.blocks[i]
		b.changed = b.changed[:0]
		for j, c := range b.own {
			if m.changed[c] != 0 {
				b.changed = append(b.changed, int32(j))
			}
		}
	}
	m.reassociate()
}

// AssociateAt is Associate where only the listed cells have changed since the
// last call. A cell may be listed more than once.
func (m *Model) AssociateAt(st *State, cells []int32) {
	if m.whole {
		m.Associate(st)
		return
	}
	m.state = st
	for i := range m.blocks {
		m.blocks[i].changed = m.blocks[i].changed[:0]
	}
	var lv levels
	for _, c := range cells {
		if m.changed[c] == 0 && m.sectorOf[c] >= 0 && m.signalCell(int(c), &lv) {
			b := &m.blocks[m.sectorOf[c]/shard.Size]
			b.changed = append(b.changed, m.ownAt[c])
		}
	}
	m.reassociate()
}

// reassociate deals with the changed cells of all blocks.
func (m *Model) reassociate() {
	m.pool.Each(len(m.blocks), m.associatePass)
	for i := range m.blocks {
		for _, j := range m.blocks[i].changed {
			m.changed[m.blocks[i].own[j]] = 0
		}
	}
	m.rated, m.served.ready = false, false
}

// signalCells looks for changes in a shard of cells.
func (m *Model) signalCells(i int) {
	lo, hi := shard.Range(i, len(m.changed))
	var lv levels
	for c := lo; c < hi; c++ {
		m.signalCell(c, &lv)
	}
}

// levels remembers the linear forms of a few levels: most cells of a carrier
// have the same ones.
type levels [8]struct {
	priority, least level
}

// level is a level in dB and its linear form.
type level struct {
	db, factor float32
	known      bool
}

func (l *level) of(db float32) float32 {
	if db != l.db || !l.known {
		*l = level{db, float32(math.Pow(10, float64(db)/10)), true}
	}
	return l.factor
}

// signalCell prepares what a cell's candidates are compared by, and says
// whether the cell has changed.
func (m *Model) signalCell(c int, lv *levels) bool {
	st, cells := m.state, m.cells
	l := &lv[int(cells.Carrier[c])%len(lv)]
	k := cells.KindOf(int32(c))
	signal, best, least := cells.TxRBW[k]*st.Power[c], float32(0), float32(math.Inf(1))
	if st.Serving[c] {
		rx := signal / SubcarriersPerPRB
		best = rx * l.priority.of(cells.PriorityDB[k]+st.CIODB[c])
		least = l.least.of(cells.MinRSRPDBm[k]-30) / rx // 0 dBW = 30 dBm
	}
	perHz := 1 / (cells.BandwidthHz[k] * st.Capacity[c] * st.Layers[c] * float32(m.spec.RateAlpha))
	strength := signal * cells.BeamGain[k] / st.Layers[c]
	if signal == m.signalW[c] && least == m.least[c] && best == m.bestW[c] && perHz == m.perHz[c] && strength == m.strength[c] {
		return false
	}
	m.changed[c] = altered
	if best > m.bestW[c] || least < m.least[c] {
		m.changed[c] |= gained
	}
	m.signalW[c], m.least[c], m.bestW[c], m.perHz[c], m.strength[c] = signal, least, best, perHz, strength
	return true
}

// associateBlock looks at the sectors of a block that hear a changed cell.
func (m *Model) associateBlock(i int) {
	b := &m.blocks[i]
	lo, _ := shard.Range(i, m.links.Sectors())
	for _, j := range b.changed {
		c := b.own[j]
		b.full[j], b.perHz[j] = 0, 0 // a state without capacity needs endless time for what nobody asks of it
		if m.state.Serving[c] {
			b.perHz[j] = m.perHz[c]
			b.full[j] = m.state.Capacity[c] * m.signalW[c] * m.cells.LeakGain[m.cells.KindOf(c)]
		}
	}
	var marks [shard.Size]change
	if !m.markAll(&marks, b) {
		return
	}
	var rows [mostRows / 64]uint64
	laid := bitset(rows[:len(b.stale)])
	for s, seen := range marks {
		if seen != 0 && m.associateSector(lo+s, seen) {
			m.laySector(lo+s, laid)
		}
	}
	if laid.any() {
		b.stale.add(laid)
		m.relist(b, laid)
	}
}

// markAll notes the sectors of a block that hear changed cells, its own or
// others, and reports whether there are any.
func (m *Model) markAll(marks *[shard.Size]change, b *block) (any bool) {
	first := m.sectorAt(b.row) / shard.Size * shard.Size
	mark := func(local int, kind change) {
		for _, row := range b.hearers[b.hearOff[local]:b.hearOff[local+1]] {
			marks[m.sectorAt(b.row+int32(row))-first] |= kind
			any = true
		}
	}
	for _, j := range b.changed {
		mark(int(j), m.changed[b.own[j]])
	}
	if slices.ContainsFunc(b.near, func(j int32) bool { return len(m.blocks[j].changed) > 0 }) {
		for k, c := range b.halo {
			if kind := m.changed[c]; kind != 0 {
				mark(len(b.own)+k, kind)
			}
		}
	}
	return any
}

// associateSector finds the servers of a sector of which a candidate has
// changed, and reports whether what the kernels read of it is out of date.
func (m *Model) associateSector(s int, seen change) (touched bool) {
	serve, cells := m.Servers(s), m.links.Cell[m.links.Off[s]:m.links.Off[s+1]]
	for _, server := range serve {
		touched = touched || server != Outage && m.changed[cells[server]] != 0
	}
	if !touched && seen&gained == 0 {
		return false // others have become worse, which the servers outdid before
	}
	first, last := m.links.Off[s], m.links.Off[s+1]
	if len(serve) == simd.Lanes {
		var best [simd.Lanes]int32
		simd.ServeTo(&best, cells, m.links.Gain[first*simd.Lanes:last*simd.Lanes], m.bestW, m.least)
		for b, l := range best {
			server := uint16(l) // -1 is Outage
			touched = touched || server != serve[b]
			serve[b] = server
		}
		return touched
	}
	for b := range serve {
		server := m.bestLink(int(first), cells, b)
		touched = touched || server != serve[b]
		serve[b] = server
	}
	return touched
}

// bestLink returns which of the links from first on, to the given cells, serves a
// bin, Outage if none does.
func (m *Model) bestLink(first int, cells []int32, bin int) uint16 {
	server, best := uint16(Outage), float32(0)
	for k, c := range cells {
		if gain := m.links.At(first+k, bin); gain*m.bestW[c] > best && gain >= m.least[c] {
			server, best = uint16(k), gain*m.bestW[c]
		}
	}
	return server
}

// inverse lists the bins of each serving cell, in compressed sparse rows.
type inverse struct {
	off, bin, fill []int32
	ready          bool
}

// ServedBins returns the bins (sector*Bins + bin, ascending) that cell c
// serves. It is the model's own and holds until the next Associate.
func (m *Model) ServedBins(c int) []int32 {
	if !m.served.ready {
		m.groupBins()
	}
	return m.served.bin[m.served.off[c]:m.served.off[c+1]]
}

// groupBins lists the bins of each serving cell in ascending order, by a
// counting sort.
func (m *Model) groupBins() {
	v := &m.served
	if v.off == nil {
		n := len(m.cells.Carrier)
		*v = inverse{off: make([]int32, n+1), fill: make([]int32, n), bin: make([]int32, len(m.serve))}
	}
	clear(v.fill)
	for b := range m.serve {
		if l := m.Server(b); l >= 0 {
			v.fill[m.links.Cell[l]]++
		}
	}
	next := int32(0)
	for c, n := range v.fill {
		v.off[c], v.fill[c] = next, next
		next += n
	}
	v.off[len(v.fill)] = next
	for b := range m.serve {
		if l := m.Server(b); l >= 0 {
			c := m.links.Cell[l]
			v.bin[v.fill[c]] = int32(b)
			v.fill[c]++
		}
	}
	v.ready = true
}
