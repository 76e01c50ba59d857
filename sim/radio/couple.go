package radio

import (
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
	for _, c := range m.unheard {
		m.load[c], m.offered[c] = 0, 0
	}
	var stats SolveStats
	m.pool.Each(len(m.blocks), m.weighPass)
	m.pool.Each(len(m.blocks), m.guessPass)
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
	m.rated = false
	return stats
}

// hearing is the part of the tolerance by which a load may move unheard.
const hearing = 0.25

// mostSweeps is how often a block is swept in a pass. More sweeps settle a
// block that its neighbours then disturb again.
const mostSweeps = 3

// weighBlock brings a block up to date with the demand and with its cells'
// loads and states. A state that leaves a share of the time (cell DTX) is
// silent for the rest, so it interferes for load x share of the time.
func (m *Model) weighBlock(i int) {
	b := &m.blocks[i]
	asked := m.rowDemand[b.row : b.row+b.rows]
	bins := int32(m.links.Bins)
	for j, bin := range m.rowBin[b.row : b.row+b.rows] {
		if d := m.demand[bin/bins]; d != asked[j] {
			asked[j], b.fresh = d, true
		}
	}
	b.follow = true
	for j, c := range b.own {
		full := float32(0)
		if m.state.Serving[c] {
			full = m.state.Capacity[c] * m.signalW[c] * m.cells.LeakGain[c]
		}
		if full != b.full[j] {
			b.full[j], b.fresh = full, true
		}
		if m.load[c] != min(b.offered[j], 1) {
			b.follow, b.fresh = false, true
		}
		b.load[j] = m.load[c]
		b.weight[j] = b.load[j] * full
	}
	if b.fresh {
		m.ask(b)
	}
}

// guessBlock begins a solution that goes on from the last one with the loads
// that the new demand would come to at the old rates: demand moves all loads at
// once, interference only in part.
func (m *Model) guessBlock(i int) {
	b := &m.blocks[i]
	if b.follow {
		m.hearGuests(i)
		m.loadBlock(b)
	}
	m.tell(b)
}

// differs says whether a value has moved by more than may go unheard.
func (m *Model) differs(w, known, full float32) bool {
	unheard := float32(hearing*m.spec.Tolerance) * full
	return w-known > unheard || known-w > unheard
}

// tell lets the other blocks know what a block's cells send.
func (m *Model) tell(b *block) {
	for _, j := range b.border {
		c, w := b.own[j], b.weight[j]
		if m.differs(w, m.interfere[c], b.full[j]) || w == 0 && m.interfere[c] != 0 {
			m.interfere[c], b.dirty = w, true
		}
	}
}

// ask lets the other blocks know what a block's bins need of their cells.
func (m *Model) ask(b *block) {
	for j, g := range b.out {
		need := m.rowDemand[g.lane/simd.Lanes] * m.rowNeed[g.lane]
		if m.differs(need, b.sent[j], 1) {
			b.sent[j], b.dirty = need, true
		}
	}
}

// choose picks the blocks of the next pass: those that are not settled, and
// those beside one with something new to hear.
func (m *Model) choose() {
	for i := range m.blocks {
		b := &m.blocks[i]
		b.heard = b.fresh
		for _, j := range b.near {
			b.heard = b.heard || m.blocks[j].dirty
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
	m.hearGuests(i)
}

// hearGuests adds up what bins of other blocks ask of a block's cells.
func (m *Model) hearGuests(i int) {
	b := &m.blocks[i]
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
	b.rowPasses = 0
	first, last := int(b.row), int(b.row+b.rows)
	ceiling := float32(m.spec.RateCapBpsHz / m.spec.RateAlpha)
	var change float32
	for sweep := range mostSweeps {
		m.rows.NeedTo(m.rowNeed[first*simd.Lanes:last*simd.Lanes], m.rowHome[first:last], b.weight, ceiling, first, last)
		b.rowPasses += int64(last - first)
		change = m.loadBlock(b)
		if sweep == 0 {
			b.residual = change
		}
		if float64(change) <= hearing*m.spec.Tolerance {
			break
		}
	}
	b.fresh = float64(change) > hearing*m.spec.Tolerance
	for j, c := range b.own {
		m.load[c], m.offered[c] = b.load[j], b.offered[j]
	}
	m.tell(b)
	m.ask(b)
}

// loadBlock adds up what is asked of a block's cells and clips their loads. It
// returns the largest change of one.
func (m *Model) loadBlock(b *block) float32 {
	offered := b.offered
	copy(offered, b.foreign)
	for chunk := range m.chunks {
		from := int(b.row) + chunk*int(b.homes)
		asked, home := m.rowDemand[from:from+int(b.homes)], m.rowHome[from:from+int(b.homes)]
		for j, d := range asked {
			offered[j] += d * home[j]
		}
	}
	for _, g := range b.guests {
		offered[g.cell] += m.rowDemand[g.lane/simd.Lanes] * m.rowNeed[g.lane]
	}
	var change float32
	load, full, weight := b.load[:len(offered)], b.full[:len(offered)], b.weight[:len(offered)]
	for j, f := range offered {
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

// rateBlock tells the rates of the bins of a block.
func (m *Model) rateBlock(i int) {
	lo, hi := shard.Range(i, len(m.demand))
	for s := lo; s < hi; s++ {
		m.AloneTo(m.rate[s*m.links.Bins:(s+1)*m.links.Bins], s)
	}
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
	for chunk := range m.chunks {
		from := int(b.row) + chunk*int(b.homes)
		asked, home := m.rowDemand[from:from+int(b.homes)], m.rowShare[from:from+int(b.homes)]
		for j, d := range asked {
			b.foreign[j] += d * home[j]
		}
	}
	for _, g := range b.guests {
		b.foreign[g.cell] += m.rowDemand[g.lane/simd.Lanes] * m.shareOf(g.lane)
	}
	for _, near := range b.near {
		guests, _ := m.blocks[near].guestsOf(int32(i))
		for _, g := range guests {
			b.foreign[g.cell] += m.rowDemand[g.lane/simd.Lanes] * m.shareOf(g.lane)
		}
	}
	for j, c := range b.own {
		m.asked[c] = b.foreign[j]
	}
}

// shareOf returns the share of its sector's demand that the bin of a lane has.
func (m *Model) shareOf(lane int32) float32 {
	return m.share[m.rowBin[lane/simd.Lanes]+lane%simd.Lanes]
}
