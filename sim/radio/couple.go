package radio

import (
	"slices"

	"hibernet/sim/shard"
	"hibernet/sim/simd"
)

// SolveStats says how a solution of the load coupling was reached.
type SolveStats struct {
	Iterations     int     // passes over the network
	CellIterations int64   // times that a cell's co-channel bins were worked through, altogether
	Residual       float32 // largest change of any cell's load in the last pass
	Converged      bool
}

// Solve finds the cells' loads that carry demand [sectors, bit/s] under the
// association of the last Associate, starting from load [cells] and leaving
// the solution there, clipped to [0, 1].
//
// The model is the load coupling of Siomina and Yuan (IEEE Trans. Wireless
// Commun. 11(6), 2012, pp. 2287-2297): with p, g per PRB,
//
//	SINR_j(rho) = a_i p_i g_ij / (sum_{k != i} rho_k p_k c_k g_kj + noise)   for bin j served by cell i
//	rho_i       = sum_{j in i} demand_j / rate_j(rho)
//	rate_j      = B_i n_i min(alpha log2(1 + SINR_j/n_i), cap)       with n_i spatial layers
//
// where a_i is what the data beam that points at the served user gains over
// the sector pattern, and c_k what the beams of another cell, pointing at its
// own users, come to on average.
//
// The map is positive, monotone and scalable (a standard interference
// function, Yates 1995), and so is its clipping at 1, which always has
// exactly one fixed point that the iteration reaches from any start. It stops
// when no load changes by more than the tolerance. There is no SINR cut-off
// inside: dropping a bin would lower the load and break monotonicity.
//
// The network is worked through in blocks of neighbouring sectors, each swept a
// few times while it is at hand (block). A cell whose load has moved by less
// than a fraction of the tolerance since other blocks last heard of it is left
// as they know it, and blocks that hear nothing new are passed over: most of a
// network stands still while a few cells settle.
func (m *Model) Solve(load, demand []float32, st *State) SolveStats {
	if len(load) != len(m.cells.Carrier) || len(demand) != m.links.Sectors() {
		panic("radio: Solve: load or demand has the wrong length")
	}
	m.load, m.demand, m.state = load, demand, st
	var stats SolveStats
	m.pool.Each(len(m.blocks), m.weighPass)
	for stats.Iterations < m.spec.MaxIterations && !stats.Converged {
		m.choose()
		m.pool.Each(len(m.blocks), m.listenPass)
		m.pool.Each(len(m.blocks), m.sweepPass)
		stats.Residual = 0
		for i := range m.blocks {
			if b := &m.blocks[i]; b.heard {
				stats.Residual = max(stats.Residual, b.residual)
				stats.CellIterations += b.rowPasses
			}
		}
		stats.Iterations++
		stats.Converged = float64(stats.Residual) <= m.spec.Tolerance
	}
	m.pool.Each(len(m.blocks), m.ratePass)
	return stats
}

// hearing is the part of the tolerance by which a load may move unheard.
const hearing = 0.25

// mostSweeps is how often a block is swept in a pass. More sweeps settle a
// block that its neighbours then disturb again.
const mostSweeps = 3

// weighBlock brings what a block's cells send up to date with their loads and
// states, and notes whether its demand has changed. A state that leaves a share
// of the time (cell DTX) is silent for the rest, so it interferes for load x
// share of the time.
func (m *Model) weighBlock(i int) {
	b := &m.blocks[i]
	b.seen = false
	lo, hi := shard.Range(i, len(m.demand))
	if !slices.Equal(m.demand[lo:hi], m.known[lo:hi]) {
		copy(m.known[lo:hi], m.demand[lo:hi])
		b.fresh = true
	}
	for j, c := range b.own {
		full := float32(0)
		if m.state.Serving[c] {
			full = m.state.Capacity[c] * m.signalW[c] * m.cells.LeakGain[c]
		}
		if full != m.full[c] {
			m.full[c], b.fresh = full, true
		}
		if m.load[c] != min(m.offered[c], 1) {
			b.fresh = true // not where the last solution left it
		}
		b.weight[j] = m.load[c] * full
	}
	m.tell(b)
}

// differs says whether a weight has moved by more than may go unheard.
func (m *Model) differs(w, known, full float32) bool {
	unheard := float32(hearing*m.spec.Tolerance) * full
	return w-known > unheard || known-w > unheard
}

// tell lets the other blocks know what a block's cells send.
func (m *Model) tell(b *block) {
	for j, c := range b.own {
		if w := b.weight[j]; m.differs(w, m.interfere[c], m.full[c]) || w == 0 && m.interfere[c] != 0 {
			m.interfere[c], b.dirty = w, true
		}
	}
}

// choose picks the blocks of the next pass: those with something new, or beside
// one that has.
func (m *Model) choose() {
	for i := range m.blocks {
		b := &m.blocks[i]
		b.heard = b.fresh || b.dirty
		for _, j := range b.near {
			b.heard = b.heard || m.blocks[j].dirty || m.blocks[j].fresh
		}
	}
	for i := range m.blocks {
		b := &m.blocks[i]
		b.fresh, b.dirty = false, false
	}
}

// listenBlock takes what other blocks send and ask for.
func (m *Model) listenBlock(i int) {
	b := &m.blocks[i]
	if !b.heard {
		return
	}
	for j, c := range b.halo {
		b.weight[len(b.own)+j] = m.interfere[c]
	}
	clear(b.foreign)
	for _, near := range b.near {
		guests, sent := m.blocks[near].guestsOf(int32(i))
		for j, g := range guests {
			b.foreign[g.cell] += max(sent[j], 0)
		}
	}
}

// sweepBlock settles a block against what it has heard.
func (m *Model) sweepBlock(i int) {
	b := &m.blocks[i]
	if !b.heard {
		return
	}
	b.seen, b.rowPasses = true, 0
	lo, hi := shard.Range(i, len(m.demand))
	first, last := int(m.sectorOff[lo])*m.chunks, int(m.sectorOff[hi])*m.chunks
	ceiling := float32(m.spec.RateCapBpsHz / m.spec.RateAlpha)
	for sweep := range mostSweeps {
		m.rows.NeedTo(m.rowNeed[first*simd.Lanes:last*simd.Lanes], m.rowHome[first:last], b.weight, ceiling, first, last)
		b.rowPasses += int64(last - first)
		change := m.loadBlock(b, lo, hi)
		if sweep == 0 {
			b.residual = change
		}
		if float64(change) <= hearing*m.spec.Tolerance {
			break
		}
	}
	m.tell(b)
	for j, g := range b.out {
		need := m.demand[g.sector] * m.rowNeed[g.lane]
		if m.differs(need, b.sent[j], 1) {
			b.sent[j], b.dirty = need, true
		}
	}
}

// loadBlock adds up what is asked of a block's cells and clips their loads. It
// returns the largest change of one.
func (m *Model) loadBlock(b *block, lo, hi int) float32 {
	f := b.load
	copy(f, b.foreign)
	for s := lo; s < hi; s++ {
		demand := m.demand[s]
		for row := int(m.sectorOff[s]) * m.chunks; row < int(m.sectorOff[s+1])*m.chunks; row++ {
			if own := m.rowOwn[row]; own >= 0 {
				f[own] += demand * m.rowHome[row]
			}
		}
	}
	for _, g := range b.guests {
		f[g.cell] += m.demand[g.sector] * m.rowNeed[g.lane]
	}
	var change float32
	for j, c := range b.own {
		m.offered[c] = f[j]
		clipped := min(f[j], 1)
		change = max(change, clipped-m.load[c], m.load[c]-clipped)
		m.load[c] = clipped
		b.weight[j] = clipped * m.full[c]
	}
	return change
}

// rateBlock tells the rates of the bins of a block that was swept.
func (m *Model) rateBlock(i int) {
	if !m.blocks[i].seen {
		return
	}
	lo, hi := shard.Range(i, len(m.demand))
	for at := lo * m.links.Bins; at < hi*m.links.Bins; at++ {
		m.rate[at] = 0
		if m.serve[at] >= 0 {
			m.rate[at] = max(m.share[at], leastShare) / m.rowNeed[m.lane[at]]
		}
	}
}
