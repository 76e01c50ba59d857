package radio

import (
	"math"

	"hibernet/sim/shard"
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
	nc := len(m.cells.Carrier)
	m.pool.Each(shard.Count(nc), m.signalPass)
	m.pool.Each(len(m.blocks), m.associatePass)
	m.pool.Each(len(m.blocks), m.relistPass)
	for _, moved := range m.moved {
		if moved {
			m.groupBins()
			return
		}
	}
}

// signalCells prepares what each cell's candidates are compared by, and notes
// which cells have changed.
func (m *Model) signalCells(i int) {
	st, cells := m.state, m.cells
	lo, hi := shard.Range(i, len(cells.Carrier))
	for c := lo; c < hi; c++ {
		if db := cells.PriorityDB[c] + st.CIODB[c]; db != m.fixedDB[c] {
			m.fixedDB[c], m.factor[c] = db, float32(math.Pow(10, float64(db)/10))
		}
		signal, rx := cells.TxRBW[c]*st.Power[c], float32(0)
		if st.Serving[c] {
			rx = signal / SubcarriersPerPRB
		}
		best := rx * m.factor[c]
		m.changed[c] = signal != m.signalW[c] || rx != m.rxW[c] || best != m.bestW[c] ||
			st.Capacity[c] != m.capacity[c] || st.Layers[c] != m.layers[c]
		m.signalW[c], m.rxW[c], m.bestW[c] = signal, rx, best
		m.capacity[c], m.layers[c] = st.Capacity[c], st.Layers[c]
	}
}

func (m *Model) associateSectors(i int) {
	links := m.links
	lo, hi := shard.Range(i, links.Sectors())
	m.moved[i] = false
	for s := lo; s < hi; s++ {
		first, last := int(links.Off[s]), int(links.Off[s+1])
		if !m.anyOf(m.changed, first, last) {
			continue
		}
		m.blocks[i].fresh = true
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
				m.serve[at], m.moved[i] = bestLink, true
			}
		}
		m.layRow(s)
	}
}

// relistBlock lists the guests of a block of which some bin has moved.
func (m *Model) relistBlock(i int) {
	if m.moved[i] {
		m.relist(i)
	}
}

// anyOf says whether the flag of any cell among the links [first, last) is set.
func (m *Model) anyOf(flags []bool, first, last int) bool {
	for _, c := range m.links.Cell[first:last] {
		if flags[c] {
			return true
		}
	}
	return false
}

// groupBins lists the bins of each serving cell in ascending order, by a
// counting sort, so that a cell can sum over its bins in a fixed order.
func (m *Model) groupBins() {
	clear(m.cellFill)
	for _, l := range m.serve {
		if l >= 0 {
			m.cellFill[m.links.Cell[l]]++
		}
	}
	next := int32(0)
	for c, n := range m.cellFill {
		m.cellOff[c], m.cellFill[c] = next, next
		next += n
	}
	m.cellOff[len(m.cellFill)] = next
	for b, l := range m.serve {
		if l >= 0 {
			c := m.links.Cell[l]
			m.cellBin[m.cellFill[c]] = int32(b)
			m.cellFill[c]++
		}
	}
}
