package radio

import (
	"hibernet/sim/shard"
)

// SolveStats says how a solution of the load coupling was reached.
type SolveStats struct {
	Iterations     int     // passes over the network
	CellIterations int64   // times that a cell's co-channel bins were worked through, altogether
	Residual       float32 // largest change of any cell's load in the last pass
	Converged      bool
}

// Solve finds the cells' loads that carry demand [sectors, bit/s] under the
// states and the association of the last Associate, starting from load [cells]
// and leaving the solution there, clipped to [0, 1].
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
// than a fraction of the tolerance since others last heard of it is left as
// they know it; bins and blocks that hear nothing new are passed over: most of
// a network stands still while a few cells settle.
func (m *Model) Solve(load, demand []float32) SolveStats {
	if len(load) != len(m.cells.Carrier) || len(demand) != m.links.Sectors() {
		panic("radio: Solve: load or demand has the wrong length")
	}
	m.load, m.demand = load, demand
	for _, c := range m.unheard {
		m.load[c], m.offered[c] = 0, 0
	}
	var stats SolveStats
	m.pool.Each(len(m.blocks), m.weighPass)
	m.clock++
	m.pool.Each(len(m.blocks), m.guessPass)
	for stats.Iterations < m.spec.MaxIterations && !stats.Converged {
		for m.turn = range m.turns {
			m.clock++
			m.choose()
			m.pool.Each(m.blocksOfTurn(), m.listenPass)
			m.pool.Each(m.blocksOfTurn(), m.sweepPass)
		}
		stats.Residual = 0
		for i := range m.blocks {
			if b := &m.blocks[i]; b.heard {
				stats.Residual = max(stats.Residual, b.residual)
				stats.CellIterations += b.reckoned
			}
		}
		stats.Iterations++
		stats.Converged = float64(stats.Residual) <= m.spec.Tolerance
	}
	m.pool.Each(len(m.blocks), m.publishPass)
	m.rated = false
	return stats
}

// hearing is the part of the tolerance by which a load may move unheard.
const hearing = 0.5

// weighBlock brings a block up to date with the demand and with its cells'
// loads and states. A state that leaves a share of the time (cell DTX) is
// silent for the rest, so it interferes for load x share of the time.
func (m *Model) weighBlock(i int) {
	b := &m.blocks[i]
	asked := m.rowDemand[b.row : b.row+b.rows]
	for j := range asked {
		asked[j] = m.demand[m.sectorAt(b.row+int32(j))]
	}
	m.weighGuests(b)
	b.follow = true
	for j, c := range b.own {
		if m.load[c] != b.load[j] {
			b.follow = false
			b.load[j] = m.load[c]
		}
		b.weight[j] = b.load[j] * b.full[j]
	}
	b.notes = b.notes[:0]
}

// guessBlock begins a solution that goes on from the last one with the loads
// that the new demand would come to at the old rates: demand moves all loads at
// once, interference only in part.
func (m *Model) guessBlock(i int) {
	b := &m.blocks[i]
	clear(b.foreign)
	for k, near := range b.near {
		near := &m.blocks[near]
		from, to := near.outTo(b.mirror[k])
		for j, g := range near.out[from:to] {
			b.foreign[g.cell] += near.sent[int(from)+j]
		}
	}
	if b.follow {
		m.loadAll(b)
	} else {
		b.all = true
	}
	m.tell(b)
}

// differs says whether a value has moved by more than may go unheard.
func (m *Model) differs(w, known, full float32) bool {
	return size(w-known) > float32(hearing*m.spec.Tolerance)*full
}

// tell lets the other blocks know what the cells of the border send.
func (m *Model) tell(b *block) {
	for place, j := range b.border {
		if w := b.weight[j]; m.differs(w, b.told[place], b.full[j]) || w == 0 && b.told[place] != 0 {
			b.told[place] = w
			b.spoke = m.clock
		}
	}
}

// fewTurns is the number of blocks from which on they take turns, four in a
// pass: sixteen blocks of a turn keep so many processors busy.
const fewTurns = 64

// turnsOf returns how many turns so many blocks take in a pass. What a block
// hears of one whose turn came before in the same pass is newer by a pass than
// if all went at once, which takes 7 % fewer sweeps for 100,000 cells. Blocks
// that follow each other along the Hilbert curve are neighbours, so that they
// take different turns. The number depends on the network only, not on who works.
func turnsOf(blocks int) int {
	if blocks < fewTurns {
		return 1
	}
	return 4
}

// blocksOfTurn returns how many blocks have the present turn: every turns-th.
func (m *Model) blocksOfTurn() int { return (len(m.blocks) - m.turn + m.turns - 1) / m.turns }

// blockOfTurn returns the block i of those that have the present turn.
func (m *Model) blockOfTurn(i int) int { return i*m.turns + m.turn }

// choose picks the blocks of the present turn: those that are not settled, and
// those beside one with something new to hear. What another block of the same
// turn says comes after this one has listened.
func (m *Model) choose() {
	for i := range m.blocksOfTurn() {
		b := &m.blocks[m.blockOfTurn(i)]
		b.heard = b.waits()
		for _, j := range b.near {
			near := &m.blocks[j]
			b.heard = b.heard || near.spoke >= b.listen || len(near.notes) > 0
		}
	}
}

// listenBlock takes what other blocks send and ask for.
func (m *Model) listenBlock(i int) {
	b := &m.blocks[m.blockOfTurn(i)]
	if !b.heard {
		return
	}
	b.listen = m.clock
	own := len(b.own)
	for k, s := range b.stands {
		if w := m.blocks[b.near[s.near]].told[s.place]; w != b.weight[own+k] {
			b.weight[own+k] = w
			b.wake(int32(own + k))
		}
	}
	for k, j := range b.near {
		near := &m.blocks[j]
		for _, n := range near.notesTo(b.mirror[k]) {
			c := near.out[n.out].cell
			b.foreign[c] = max(b.foreign[c]+n.delta, 0) // rounding could leave less than nothing
			b.touched.set(c)
		}
	}
}

// rateBlock tells the rates of the bins of a block.
func (m *Model) rateBlock(i int) {
	lo, hi := shard.Range(i, len(m.demand))
	for s := lo; s < hi; s++ {
		alone, cells := m.rate[s*m.links.Bins:(s+1)*m.links.Bins], m.links.Cell[m.links.Off[s]:]
		m.NeedTo(alone, s)
		for i, l := range m.Servers(s) {
			if l != Outage && alone[i] > 0 {
				alone[i] = 1 / (alone[i] * m.perHz[cells[l]])
			}
		}
	}
}
