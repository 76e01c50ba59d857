package radio

import "hibernet/sim/shard"

// SolveStats says how a solution of the load coupling was reached.
type SolveStats struct {
	Iterations int
	Residual   float32 // largest change of any cell's load in the last iteration
	Converged  bool
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
// A cell whose load has moved by less than a fraction of the tolerance since
// its neighbours last heard of it is left as they know it, and sectors that
// hear nothing new keep their rates: most of a network stands still while a
// few cells settle.
func (m *Model) Solve(load, demand []float32, st *State) SolveStats {
	if len(load) != len(m.cells.Carrier) || len(demand) != m.links.Sectors() {
		panic("radio: Solve: load or demand has the wrong length")
	}
	m.load, m.demand, m.state = load, demand, st
	cellShards, sectorShards := shard.Count(len(load)), shard.Count(len(demand))
	var stats SolveStats
	for stats.Iterations < m.spec.MaxIterations && !stats.Converged {
		m.pool.Each(cellShards, m.interferePass)
		m.pool.Each(sectorShards, m.ratePass)
		m.pool.Each(cellShards, m.loadPass)
		stats.Residual = 0
		for _, r := range m.residual {
			stats.Residual = max(stats.Residual, r)
		}
		stats.Iterations++
		stats.Converged = float64(stats.Residual) <= m.spec.Tolerance
	}
	return stats
}

// hearing is the part of the tolerance by which a load may move unheard.
const hearing = 0.25

// interfereCells brings each cell's mean interference power per PRB and unit
// of gain up to date. A state that leaves a share of the time (cell DTX) is
// silent for the rest, so it interferes for load x share of the time.
func (m *Model) interfereCells(i int) {
	lo, hi := shard.Range(i, len(m.load))
	unheard := float32(hearing * m.spec.Tolerance)
	for c := lo; c < hi; c++ {
		full, w := m.state.Capacity[c]*m.signalW[c]*m.cells.LeakGain[c], float32(0)
		if m.state.Serving[c] {
			w = m.load[c] * full
		}
		change := w - m.interfere[c]
		m.louder[c] = change > unheard*full || -change > unheard*full
		if m.louder[c] {
			m.interfere[c] = w
		}
	}
}

// rateSectors sets the rate of every bin, and the share of its server's time
// that it needs, where the interference has changed.
func (m *Model) rateSectors(i int) {
	links := m.links
	lo, hi := shard.Range(i, links.Sectors())
	var scratch [16]float32
	for s := lo; s < hi; s++ {
		stale := m.stale[s]
		if stale {
			m.stale[s] = false
			clear(m.rate[s*links.Bins : (s+1)*links.Bins]) // what falls into outage must not keep its rate
		}
		for k := m.sectorOff[s]; k < m.sectorOff[s+1]; k++ {
			first, last := int(m.groupOff[k]), int(m.groupOff[k+1])
			if m.serving[k] && (stale || m.anyOf(m.louder, first, last)) {
				m.rateGroup(s, first, last, scratch[:])
			}
		}
	}
}

// rateGroup handles the bins of sector s that the co-channel links
// [first, last) serve. The server's own signal is left out of the sum rather
// than subtracted from it, which would lose it to rounding where it dominates.
func (m *Model) rateGroup(s, first, last int, scratch []float32) {
	links, bins := m.links, m.links.Bins
	if bins > len(scratch) {
		scratch = make([]float32, bins)
	}
	sum := scratch[:bins]
	clear(sum)
	serve := m.serve[s*bins : (s+1)*bins]
	for l := first; l < last; l++ {
		w := m.interfere[links.Cell[l]]
		if w == 0 {
			continue
		}
		gain := links.Gain[l*bins : (l+1)*bins]
		if !m.used[l] {
			for b, g := range gain {
				sum[b] += w * g
			}
			continue
		}
		for b, g := range gain {
			if serve[b] != int32(l) {
				sum[b] += w * g
			}
		}
	}
	for b, l := range serve {
		if int(l) < first || int(l) >= last {
			continue
		}
		c := links.Cell[l]
		layers := m.state.Layers[c]
		sinr := m.signalW[c] * m.cells.BeamGain[c] * links.Gain[int(l)*bins+b] / (sum[b] + m.cells.NoiseRBW[c])
		efficiency := min(m.spec.RateAlpha*log2(1+float64(sinr/layers)), m.spec.RateCapBpsHz)
		rate := m.cells.BandwidthHz[c] * m.state.Capacity[c] * layers * float32(efficiency)
		at := s*bins + b
		m.rate[at] = rate
		m.need[at] = m.share[at] / rate
	}
}

// loadCells sums each cell's bins in ascending order and clips the load.
func (m *Model) loadCells(i int) {
	lo, hi := shard.Range(i, len(m.load))
	bins := int32(m.links.Bins)
	var change float32
	for c := lo; c < hi; c++ {
		var f float32
		for _, b := range m.ServedBins(c) {
			f += m.demand[b/bins] * m.need[b]
		}
		m.offered[c] = f
		clipped := min(f, 1)
		change = max(change, clipped-m.load[c], m.load[c]-clipped)
		m.load[c] = clipped
	}
	m.residual[i] = change
}
