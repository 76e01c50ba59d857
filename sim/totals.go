package sim

import (
	"hibernet/sim/kpi"
	"hibernet/sim/power"
	"hibernet/sim/shard"
	"hibernet/sim/topology"
)

const numStates = int(power.NumStates)

// Group is what the cells of one area class and carrier have accumulated.
type Group struct {
	StateJ    [numStates]float64 // radio units with their supply overhead, by the state that drew it
	StateS    [numStates]float64 // cell-seconds in each state
	OverloadS float64            // cell-seconds with more offered than can be carried
}

func (g *Group) add(o *Group) {
	for s := range numStates {
		g.StateJ[s] += o.StateJ[s]
		g.StateS[s] += o.StateS[s]
	}
	g.OverloadS += o.OverloadS
}

// totals is what a run has accumulated up to the last BeginInterval, and,
// where the present interval's share is not kept in the view, up to now.
type totals struct {
	parts []part
	cells *cellSums // nil: not kept

	groups         []Group   // [areas*carriers]
	users          kpi.Hist  // user throughput, Mbit/s, weighted by bit
	transitionJ    []float64 // [carriers] up to now
	switches       int64     // up to now
	seconds        float64   // up to now
	solves         int       // of the load coupling
	unconverged    int       // solves that did not converge
	iterations     int       // of all solves
	cellIterations int64     // of all solves
}

// part is a range of the network that is summed up as one, with its sums. The
// parts are fixed by the size of the network alone, and so is the order in
// which they are put together.
type part struct {
	sectors, cells [2]int // from, to
	faulty         int    // sector whose demand is no number or out of range, -1 if none

	// Up to now.
	energyJ, loadS, served    float64 // of the cells
	offered, dropped, outageS float64 // of the sectors

	// Of the present interval.
	now      []Group  // [areas*carriers]
	usersNow kpi.Hist // Mbit/s, weighted by bit
}

// mostParts bounds the number of parts, and so what it costs to put them
// together in each interval.
const mostParts = 64

// newParts cuts a network into parts of whole shards.
func newParts(topo *topology.Topology, groups int) []part {
	shards, sectors := shard.Count(topo.Sectors()), topo.Sectors()
	parts := make([]part, min(shards, mostParts))
	for i := range parts {
		lo, _ := shard.Range(i*shards/len(parts), sectors)
		_, hi := shard.Range((i+1)*shards/len(parts)-1, sectors)
		parts[i] = part{
			sectors: [2]int{lo, hi},
			cells:   [2]int{int(topo.SectorCellOff[lo]), int(topo.SectorCellOff[hi])},
			now:     make([]Group, groups),
		}
	}
	return parts
}

func newTotals(topo *topology.Topology, groups int, cells bool) totals {
	t := totals{
		parts: newParts(topo, groups), groups: make([]Group, groups), transitionJ: make([]float64, len(topo.Carriers)),
	}
	if cells {
		t.cells = newCellSums(topo.NumCells())
	}
	return t
}

func (t *totals) clear() {
	for i := range t.parts {
		p := &t.parts[i]
		clear(p.now)
		p.usersNow.Reset()
		p.energyJ, p.loadS, p.served, p.offered, p.dropped, p.outageS = 0, 0, 0, 0, 0, 0
	}
	if t.cells != nil {
		t.cells.clear()
	}
	clear(t.groups)
	clear(t.transitionJ)
	t.users.Reset()
	t.switches, t.seconds, t.solves, t.unconverged, t.iterations, t.cellIterations = 0, 0, 0, 0, 0, 0
}

// foldInterval adds the present interval to the totals.
func (n *Network) foldInterval() {
	t := &n.total
	for i := range t.parts {
		p := &t.parts[i]
		for g := range t.groups {
			t.groups[g].add(&p.now[g])
		}
		clear(p.now)
		t.users.Merge(&p.usersNow)
		p.usersNow.Reset()
	}
	if o := n.outages; o != nil {
		for c, s := range n.view.DownS {
			o.sums.downS[c] += s
		}
	}
}

// Totals returns the sums of the run so far, in a form that figures follow
// from. Shield counts are left empty: a Network knows of no shield.
func (n *Network) Totals() *kpi.Totals {
	t := &n.total
	cells, sectors, carriers := len(n.until), len(n.demand), len(n.profile)
	out := kpi.NewTotals(kpi.Shape{Cells: cells, Sectors: sectors, States: numStates, Carriers: carriers})
	out.DurationS, out.CellS = t.seconds, t.seconds*float64(cells)
	out.Epochs, out.UnconvergedEpochs = int64(t.solves), int64(t.unconverged)
	out.Switches = t.switches
	for i := range t.parts {
		p := &t.parts[i]
		out.EnergyJ += p.energyJ
		out.ServedBit += p.served
		out.LoadS += p.loadS
		out.OfferedBit += p.offered
		out.DroppedBit += p.dropped
		out.OutageShareS += p.outageS
		out.Throughput.Merge(&p.usersNow)
	}
	out.Throughput.Merge(&t.users)
	for _, bit := range n.queue {
		out.QueuedBit += bit
	}
	groups := make([]Group, len(t.groups))
	n.IntervalGroupsTo(groups)
	for g := range groups {
		groups[g].add(&t.groups[g])
		out.OverloadCellS += groups[g].OverloadS
		for s := range numStates {
			out.StateJ[s] += groups[g].StateJ[s]
			out.StateS[s] += groups[g].StateS[s]
			out.CarrierJ[g%carriers] += groups[g].StateJ[s]
		}
	}
	for k, j := range t.transitionJ {
		out.TransitionJ += j
		out.CarrierJ[k] += j
	}
	out.SiteJ = n.SitesW() * t.seconds
	if n.outages != nil {
		out.SiteJ, out.Faults = n.outages.sums.siteJ, n.faultTotals()
	}
	out.EnergyJ += out.TransitionJ + out.SiteJ
	return out
}

// GroupOf returns the index of the group that a cell belongs to: the area
// class of its site times the number of carriers, plus its carrier.
func (n *Network) GroupOf(cell int) int { return int(n.group[cell]) }

// Groups returns the number of groups: area classes times carriers.
func (n *Network) Groups() int { return len(n.total.groups) }

// IntervalGroupsTo sets dst [Groups] to what each group has accumulated in
// the present control interval.
func (n *Network) IntervalGroupsTo(dst []Group) {
	clear(dst)
	for i := range n.total.parts {
		for g := range dst {
			dst[g].add(&n.total.parts[i].now[g])
		}
	}
}

// IntervalThroughputTo sets dst to the histogram of user throughput (Mbit/s,
// weighted by bit) of the present control interval.
func (n *Network) IntervalThroughputTo(dst *kpi.Hist) {
	dst.Reset()
	for i := range n.total.parts {
		dst.Merge(&n.total.parts[i].usersNow)
	}
}

// SolveCounts returns how often the load coupling was solved in the run so
// far, and the iterations that took altogether.
func (n *Network) SolveCounts() (solves, iterations int) {
	return n.total.solves, n.total.iterations
}

// CellIterations returns how often a cell's bins on a carrier were worked
// through in the run so far, altogether.
func (n *Network) CellIterations() int64 { return n.total.cellIterations }

// SitesW returns the power of all sites' baseband with its supply overhead,
// which does not depend on load or sleep, W: with all in order and on the
// mains. What a site drew, View.SiteJ says where things break.
func (n *Network) SitesW() float64 {
	return float64(len(n.topo.SiteX)) * n.site.SiteW(0)
}

// Seconds returns the length of the run so far, s.
func (n *Network) Seconds() float64 { return n.total.seconds }
