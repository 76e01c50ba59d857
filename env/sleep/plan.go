package sleep

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"hibernet/env/shield"
	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/radio"
	"hibernet/sim/topology"
)

// nominalBpsHz is the spectral efficiency, bit/s/Hz and layer, at which a
// cell's nominal capacity is reckoned. It only sets the scale of the sector
// loads in the observation (about what 3GPP TR 36.942 Annex A gives at 10 dB:
// 0.6 x log2(1+10) = 2.1).
const nominalBpsHz = 2

// plan is what is fixed about the network and used in every step.
type plan struct {
	// Cells that cover bins of a sector, in order of preference as its
	// takeover cell: the coverage cell first, then by the share of demand that
	// they cover, falling.
	nearOff  []int32  // [sectors+1]
	nearCell []int32  // [neighbours]
	nearMask []uint16 // [neighbours] bins that the cell covers
	ownMask  []uint16 // [cells] bins of its own sector that the cell covers

	capacity  []float32 // [cells] nominal, bit/s
	sectorCap []float32 // [sectors] of its own cells, bit/s
	coverage  []bool    // [cells] of a coverage layer
	history   []float32 // [24*sectors] usual offered rate by hour, bit/s
	usualMean []float32 // [sectors] mean of that, bit/s
	// Constant observations of a cell, scaled: see fixedColumns.
	fixed []float32 // [cells*len(fixedColumns)]
}

// fixedColumns are the observations that never change.
var fixedColumns = [...]int{colIsCoverage, colCapacityRatio, colIdleShare, colSleepShare, colPowerShare}

func newPlan(net *sim.Network) *plan {
	t := net.Topology()
	p := &plan{
		ownMask: make([]uint16, t.NumCells()), capacity: make([]float32, t.NumCells()),
		sectorCap: make([]float32, t.Sectors()), coverage: make([]bool, t.NumCells()),
	}
	for c := range p.capacity {
		p.capacity[c] = t.Cells.BandwidthHz[c] * t.Cells.Layers[c] * nominalBpsHz
		p.sectorCap[t.CellSector[c]] += p.capacity[c]
		p.coverage[c] = t.Carriers[t.CellCarrier[c]].Coverage
	}
	p.neighbours(t)
	p.constants(net)
	return p
}

// neighbours sorts the covering cells of each sector.
func (p *plan) neighbours(t *topology.Topology) {
	type near struct {
		cell  int32
		mask  uint16
		share float32
	}
	p.nearOff = make([]int32, 1, t.Sectors()+1)
	var list []near
	for s := range t.Sectors() {
		list = list[:0]
		for l := t.Links.Off[s]; l < t.Links.Off[s+1]; l++ {
			n := near{cell: t.Links.Cell[l], mask: t.Cover[l]}
			if int(t.CellSector[n.cell]) == s {
				p.ownMask[n.cell] = n.mask
			}
			for b := range t.Bins() {
				if n.mask>>b&1 == 1 {
					n.share += t.BinShare[s*t.Bins()+b]
				}
			}
			if n.cell == t.CoverageCell[s] {
				n.share += 2 // shares sum to 1
			}
			if n.mask != 0 {
				list = append(list, n)
			}
		}
		slices.SortStableFunc(list, func(a, b near) int { return cmp.Compare(b.share, a.share) })
		for _, n := range list {
			p.nearCell, p.nearMask = append(p.nearCell, n.cell), append(p.nearMask, n.mask)
		}
		p.nearOff = append(p.nearOff, int32(len(p.nearCell)))
	}
}

// constants works out the observations that never change.
func (p *plan) constants(net *sim.Network) {
	t := net.Topology()
	full := func(c int) float64 { return net.Profile(c).PowerW(power.Full, 1) }
	p.fixed = make([]float32, 0, t.NumCells()*len(fixedColumns))
	for c := range t.NumCells() {
		s := t.CellSector[c]
		sum := 0.0
		for k := t.SectorCellOff[s]; k < t.SectorCellOff[s+1]; k++ {
			sum += full(int(k))
		}
		ratio := 0.0
		if v := t.CoverageCell[s]; v >= 0 {
			ratio = math.Log2(float64(p.capacity[c]) / float64(p.capacity[v]))
		}
		idle := net.Profile(c).PowerW(power.Full, 0)
		isCoverage := 0.0
		if p.coverage[c] {
			isCoverage = 1
		}
		for i, raw := range [len(fixedColumns)]float64{isCoverage, ratio, idle / full(c), leastAsleepW(net.Profile(c)) / idle, full(c) / sum} {
			p.fixed = append(p.fixed, scaled(fixedColumns[i], raw))
		}
	}
}

// leastAsleepW returns the least power of a profile's sleep states, or the
// idle power if there are none.
func leastAsleepW(p *power.Profile) float64 {
	least := p.PowerW(power.Full, 0)
	for s := range p.States {
		if st := power.State(s); p.States[s].Available && !st.Awake() {
			least = min(least, p.PowerW(st, 0))
		}
	}
	return least
}

// History returns the mean offered rate of each sector by hour of the day, in
// bit/s, [24*sectors] hour-major, over the given days of src (0 = Monday of
// the first week). It is what an operator's counters of past weeks give; take
// it from days that a policy may know, never from those it is judged on.
func History(src sim.DemandSource, sectors int, days []int) []float32 {
	const perHour = 2
	sum := make([]float64, 24*sectors)
	now := make([]float32, sectors)
	for _, day := range days {
		for i := range 24 * perHour {
			src.DemandTo(now, des.Time(day)*des.Day+des.Time(i)*des.Hour/perHour)
			for s, x := range now {
				sum[i/perHour*sectors+s] += float64(x)
			}
		}
	}
	out := make([]float32, len(sum))
	for i, x := range sum {
		out[i] = float32(x / float64(perHour*max(len(days), 1)))
	}
	return out
}

// setHistory checks and keeps the history.
func (p *plan) setHistory(history []float32) error {
	sectors := len(p.sectorCap)
	if len(history) != 24*sectors {
		return fmt.Errorf("history: %d values, 24 hours of %d sectors need %d", len(history), sectors, 24*sectors)
	}
	p.history, p.usualMean = history, make([]float32, sectors)
	for i, x := range history {
		if !(x >= 0) || math.IsInf(float64(x), 0) {
			return fmt.Errorf("history: hour %d, sector %d: %v bit/s", i/sectors, i%sectors, x)
		}
		p.usualMean[i%sectors] += x / 24
	}
	return nil
}

// newShield describes the network to the shield.
func newShield(spec shield.Spec, net *sim.Network, coverage, alwaysOn []bool) (*shield.Shield, error) {
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
	return shield.New(spec, ladder, coverageOf(t), shield.Cells{Class: t.CellCarrier, AlwaysOn: alwaysOn, Coverage: coverage})
}

// coverageOf lists the cells of each bin, those with most margin first.
func coverageOf(t *topology.Topology) shield.Coverage {
	const margin = 1 + 1e-6 // the network compares in float32: stay on the safe side
	type link struct {
		cell int32
		need float32
	}
	out := shield.Coverage{Off: make([]int32, 1, t.Sectors()*t.Bins()+1)}
	var list []link
	for s := range t.Sectors() {
		for b := range t.Bins() {
			list = list[:0]
			for l := t.Links.Off[s]; l < t.Links.Off[s+1]; l++ {
				if t.Cover[l]>>b&1 == 0 {
					continue
				}
				c := t.Links.Cell[l]
				leastW := math.Pow(10, (float64(t.Cells.MinRSRPDBm[c])-30)/10)
				gotW := float64(t.Links.At(int(l), b)) * float64(t.Cells.TxRBW[c]) / radio.SubcarriersPerPRB
				list = append(list, link{c, float32(min(1, leastW/gotW*margin))})
			}
			slices.SortStableFunc(list, func(a, b link) int { return cmp.Compare(a.need, b.need) })
			for _, l := range list {
				out.Cell, out.Need = append(out.Cell, l.cell), append(out.Need, l.need)
			}
			out.Off = append(out.Off, int32(len(out.Cell)))
		}
	}
	return out
}
