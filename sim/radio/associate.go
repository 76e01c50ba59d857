package radio

import (
	"math"

	"hibernet/sim/shard"
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
	m.state = st
	m.pool.Each(len(m.altered), m.signalPass)
	for _, some := range m.altered {
		if some {
			m.pool.Each(len(m.blocks), m.associatePass)
			m.rated, m.served.ready = false, false
			return
		}
	}
}

// signalCells prepares what each cell's candidates are compared by, and notes
// which cells have changed.
func (m *Model) signalCells(i int) {
	st, cells := m.state, m.cells
	lo, hi := shard.Range(i, len(cells.Carrier))
	m.altered[i] = false
	for c := lo; c < hi; c++ {
		if db := cells.PriorityDB[c] + st.CIODB[c]; db != m.fixedDB[c] {
			m.fixedDB[c], m.factor[c] = db, float32(math.Pow(10, float64(db)/10))
		}
		signal, rx := cells.TxRBW[c]*st.Power[c], float32(0)
		if st.Serving[c] {
			rx = signal / SubcarriersPerPRB
		}
		best := rx * m.factor[c]
		perHz := 1 / (cells.BandwidthHz[c] * st.Capacity[c] * st.Layers[c] * float32(m.spec.RateAlpha))
		strength := signal * cells.BeamGain[c] / st.Layers[c]
		m.changed[c] = 0
		if signal != m.signalW[c] || rx != m.rxW[c] || best != m.bestW[c] || perHz != m.perHz[c] || strength != m.strength[c] {
			m.changed[c], m.altered[i] = altered, true
			if best > m.bestW[c] || rx > m.rxW[c] {
				m.changed[c] |= gained
			}
		}
		m.signalW[c], m.rxW[c], m.bestW[c], m.perHz[c], m.strength[c] = signal, rx, best, perHz, strength
	}
}

// associateBlock looks at the sectors of a block that hear a changed cell.
func (m *Model) associateBlock(i int) {
	b, links := &m.blocks[i], m.links
	m.moved[i] = false
	if !m.hearsChange(b) {
		return
	}
	lo, hi := shard.Range(i, links.Sectors())
	relist := false
	for s := lo; s < hi; s++ {
		var seen change
		for _, c := range links.Cell[links.Off[s]:links.Off[s+1]] {
			seen |= m.changed[c]
		}
		if seen == 0 {
			continue
		}
		touched := m.servedByChanged(s)
		if touched || seen&gained != 0 {
			touched = m.chooseServers(s) || touched
		}
		if touched {
			m.laySector(s)
			relist = true
		}
	}
	if relist {
		b.fresh = true
		m.relist(i)
	}
}

// hearsChange reports whether a cell that a block hears has changed.
func (m *Model) hearsChange(b *block) bool {
	var seen change
	for _, c := range b.own {
		seen |= m.changed[c]
	}
	for _, c := range b.halo {
		seen |= m.changed[c]
	}
	return seen != 0
}

// servedByChanged reports whether a bin of a sector is served by a cell that
// has changed, or by nobody.
func (m *Model) servedByChanged(s int) bool {
	for _, l := range m.serve[s*m.links.Bins : (s+1)*m.links.Bins] {
		if l >= 0 && m.changed[m.links.Cell[l]] != 0 {
			return true
		}
	}
	return false
}

// chooseServers finds the servers of a sector's bins and reports whether any
// is another one.
func (m *Model) chooseServers(s int) (moved bool) {
	links := m.links
	first, last := int(links.Off[s]), int(links.Off[s+1])
	for b := range links.Bins {
		bestLink, best := int32(-1), float32(0)
		for l := first; l < last; l++ {
			c := links.Cell[l]
			gain := links.At(l, b)
			if w := gain * m.bestW[c]; w > best && gain*m.rxW[c] >= m.minW[c] {
				bestLink, best = int32(l), w
			}
		}
		if at := s*links.Bins + b; m.serve[at] != bestLink {
			m.serve[at], moved = bestLink, true
		}
	}
	return moved
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
	for _, l := range m.serve {
		if l >= 0 {
			v.fill[m.links.Cell[l]]++
		}
	}
	next := int32(0)
	for c, n := range v.fill {
		v.off[c], v.fill[c] = next, next
		next += n
	}
	v.off[len(v.fill)] = next
	for b, l := range m.serve {
		if l >= 0 {
			c := m.links.Cell[l]
			v.bin[v.fill[c]] = int32(b)
			v.fill[c]++
		}
	}
	v.ready = true
}
