package sleep

import (
	"math"
	"slices"

	"hibernet/env/shield"
	"hibernet/sim"
	"hibernet/sim/power"
	"hibernet/sim/radio"
	"hibernet/sim/shard"
	"hibernet/sim/topology"
)

// nominalBpsHz is the spectral efficiency, bit/s/Hz and layer, at which a
// cell's nominal capacity is reckoned. It only sets the scale of the sector
// loads in the observation (about what 3GPP TR 36.942 Annex A gives at 10 dB:
// 0.6 x log2(1+10) = 2.1).
const nominalBpsHz = 2

// plan is what is fixed about the network and used in every step.
type plan struct {
	net  *sim.Network
	topo *topology.Topology

	takers   [][maxTakers]int32 // [sectors] the cells that take over first, -1 past the last: see preference
	capacity []float32          // [sectors] nominal capacity of a sector's own cells, bit/s
	own      []uint16           // [cells] the bins of its own sector that a cell covers; nil before fix

	byCarrier [numColumns][256]float32 // scaled observations of the columns that only the carrier decides on
	fixed     [numColumns][]float32    // [cells] those of other columns that never change; nil of all others, and of what is not observed
	history   []float32                // [24*sectors] usual offered rate by hour, bit/s; nil if not observed
	usualMean []float32                // [sectors] mean of that, bit/s
}

// A sector's cells are put in order as those that take over: first the ranked
// ones, then the others as they are listed: the sector's own cell and
// neighbours of the lowest carrier first. Of the order maxTakers are kept; it
// is rare that fewer than two of them are awake.
const (
	ranked    = 4
	maxTakers = 6
)

func newPlan(net *sim.Network, pool *shard.Pool) *plan {
	t := net.Topology()
	p := &plan{net: net, topo: t, takers: make([][maxTakers]int32, t.Sectors()), capacity: make([]float32, t.Sectors())}
	pool.Each(shard.Count(t.Sectors()), func(i int) {
		var order preference
		lo, hi := shard.Range(i, t.Sectors())
		for s := lo; s < hi; s++ {
			order.rank(&p.takers[s], t, s)
			for c := t.SectorCellOff[s]; c < t.SectorCellOff[s+1]; c++ {
				p.capacity[s] += p.capacityOf(int(c))
			}
		}
	})
	for k := range t.Carriers {
		cell := slices.Index(t.CellCarrier, uint8(k))
		if cell < 0 {
			continue
		}
		profile := net.Profile(cell)
		idle, covers := profile.PowerW(power.Full, 0), 0.0
		if t.Carriers[k].Coverage {
			covers = 1
		}
		p.byCarrier[colIsCoverage][k] = scaled(colIsCoverage, covers)
		p.byCarrier[colIdleShare][k] = scaled(colIdleShare, idle/profile.PowerW(power.Full, 1))
		p.byCarrier[colSleepShare][k] = scaled(colSleepShare, leastAsleepW(profile)/idle)
	}
	return p
}

// fix works out what is observed of the cells and never changes. at are the
// places of the columns in a row, -1 where not observed.
func (p *plan) fix(at *[numColumns]int, needs needs, pool *shard.Pool) {
	cells := p.topo.NumCells()
	if needs.around || needs.pooled {
		p.own = make([]uint16, cells)
		pool.Each(shard.Count(cells), func(i int) {
			lo, hi := shard.Range(i, cells)
			for c := lo; c < hi; c++ {
				p.own[c] = p.ownMask(int(p.topo.CellSector[c]), int32(c))
			}
		})
	}
	for col, of := range map[int]func(int) float64{colCapacityRatio: p.capacityRatio, colPowerShare: p.powerShare} {
		if at[col] < 0 {
			continue
		}
		p.fixed[col] = make([]float32, cells)
		pool.Each(shard.Count(cells), func(i int) {
			lo, hi := shard.Range(i, cells)
			for c := lo; c < hi; c++ {
				p.fixed[col][c] = scaled(col, of(c))
			}
		})
	}
}

// capacityOf returns a cell's nominal capacity, bit/s.
func (p *plan) capacityOf(c int) float32 {
	k := p.topo.Cells.KindOf(int32(c))
	return p.topo.Cells.BandwidthHz[k] * p.topo.Cells.Layers[k] * nominalBpsHz
}

// capacityRatio returns the binary logarithm of a cell's capacity over that of
// the coverage cell of its sector, 0 without one.
func (p *plan) capacityRatio(c int) float64 {
	v := p.topo.CoverageCell[p.topo.CellSector[c]]
	if v < 0 {
		return 0
	}
	return math.Log2(float64(p.capacityOf(c)) / float64(p.capacityOf(int(v))))
}

// powerShare returns a cell's part of its sector's radio power at full load.
func (p *plan) powerShare(c int) float64 {
	s, sum := p.topo.CellSector[c], 0.0
	for k := p.topo.SectorCellOff[s]; k < p.topo.SectorCellOff[s+1]; k++ {
		sum += p.net.Profile(int(k)).PowerW(power.Full, 1)
	}
	return p.net.Profile(c).PowerW(power.Full, 1) / sum
}

// ownMask returns the bins of its own sector s that a cell covers.
func (p *plan) ownMask(s int, c int32) uint16 {
	links := &p.topo.Links
	for l := links.Off[s]; l < links.Off[s+1]; l++ {
		if links.Cell[l] == c {
			return p.topo.CoverOf(int(l))
		}
	}
	return 0
}

// preference ranks the cells of a sector by who takes over from whom. The
// slices are scratch.
type preference struct {
	weight []float32 // [links of the sector * bins] by which the network chooses the server of a bin, 0 out of reach
	share  []float32 // [links of the sector] of the demand
	ranked []bool
}

// rank writes the first cells of the order of a sector to dst, -1 past the
// last: the cell that serves most of the sector's demand when all are awake,
// the one that serves most when that one is asleep, and so on; on a tie the one
// listed first. It is the network's own choice of servers, with all powers and
// offsets as planned.
func (p *preference) rank(dst *[maxTakers]int32, t *topology.Topology, s int) {
	bins, lo := t.Bins(), int(t.Links.Off[s])
	n := int(t.Links.Off[s+1]) - lo
	p.weight = slices.Grow(p.weight[:0], n*bins)[:n*bins]
	p.share = slices.Grow(p.share[:0], n)[:n]
	p.ranked = slices.Grow(p.ranked[:0], n)[:n]
	for k := range n {
		c := t.Links.Cell[lo+k]
		kind := t.Cells.KindOf(c)
		biased := t.Cells.TxRBW[kind] * float32(math.Pow(10, float64(t.Cells.PriorityDB[kind])/10))
		for b := range bins {
			p.weight[k*bins+b] = 0
			if t.CoverOf(lo+k)>>b&1 == 1 {
				p.weight[k*bins+b] = t.Links.At(lo+k, b) * biased
			}
		}
		p.ranked[k] = t.CoverOf(lo+k) == 0
	}
	for i := range dst {
		first := -1
		if i < ranked {
			first = p.most(t.BinShare[s*bins:(s+1)*bins], n)
		} else {
			first = slices.Index(p.ranked, false)
		}
		if dst[i] = -1; first >= 0 {
			dst[i], p.ranked[first] = t.Links.Cell[lo+first], true
		}
	}
}

// most returns the cell that serves most of the demand among those not yet
// ranked, -1 if there are none.
func (p *preference) most(shares []float32, n int) int {
	bins := len(shares)
	clear(p.share)
	for b, share := range shares {
		best, most := -1, float32(0)
		for k := range n {
			if w := p.weight[k*bins+b]; w > most && !p.ranked[k] {
				best, most = k, w
			}
		}
		if best >= 0 {
			p.share[best] += share
		}
	}
	best := -1
	for k := range n {
		if !p.ranked[k] && (best < 0 || p.share[k] > p.share[best]) {
			best = k
		}
	}
	return best
}

// newShield describes the network to the shield.
func newShield(spec shield.Spec, net *sim.Network, alwaysOn []bool, each shield.Parallel) (*shield.Shield, error) {
	t := net.Topology()
	ladder := shield.Ladder{States: numStates, Awake: make([]bool, numStates)}
	for s := range numStates {
		ladder.Awake[s] = power.State(s).Awake()
	}
	for k := range t.Carriers {
		cell := slices.Index(t.CellCarrier, uint8(k))
		for s := range numStates {
			data := power.StateData{Available: s == 0, ChainShare: 1, PowerShare: 1}
			if cell >= 0 { // a carrier without cells is not asked about
				data = net.Profile(cell).States[s]
			}
			reach := float32(0)
			if ladder.Awake[s] && data.Available {
				reach = float32(data.ChainShare * data.PowerShare)
			}
			ladder.Reach = append(ladder.Reach, reach)
			ladder.Available = append(ladder.Available, data.Available)
		}
	}
	coverage := make([]bool, t.NumCells())
	for c, k := range t.CellCarrier {
		coverage[c] = t.Carriers[k].Coverage
	}
	return shield.New(spec, ladder, coverageOf(t), shield.Cells{Class: t.CellCarrier, AlwaysOn: alwaysOn, Coverage: coverage}, each)
}

// coverageOf describes the cover of the topology, whose slices it shares.
func coverageOf(t *topology.Topology) shield.Coverage {
	const margin = 1 + 1e-6 // the network compares in float32: stay on the safe side
	out := shield.Coverage{Bins: t.Bins(), Off: t.Links.Off, Cell: t.Links.Cell, Mask: t.Cover, Gain: t.Links.Gain,
		Least: make([]float32, t.NumCells())}
	for c := range out.Least {
		k := t.Cells.KindOf(int32(c))
		leastW := math.Pow(10, (float64(t.Cells.MinRSRPDBm[k])-30)/10)
		out.Least[c] = float32(leastW / (float64(t.Cells.TxRBW[k]) / radio.SubcarriersPerPRB) * margin)
	}
	return out
}
