package sim

import (
	"hibernet/sim/kpi"
	"hibernet/sim/power"
	"hibernet/sim/shard"
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
	energyJ, transitionJ, loadS, awakeS, askedBit, servedBit []float64 // [cells]
	switches                                                 []int64   // [cells]
	stateS                                                   []float32 // [cells*states] up to now
	offered, servedIn, dropped, slow, outageS                []float64 // [sectors]

	groups      []Group    // [areas*carriers]
	groupsNow   []Group    // [shards of cells][areas*carriers] of the present interval
	users       []kpi.Hist // [shards of sectors] user throughput, Mbit/s, weighted by bit
	usersNow    []kpi.Hist // [shards of sectors] the same, of the present interval
	seconds     float64    // up to now
	solves      int        // of the load coupling
	unconverged int        // solves that did not converge
	iterations  int        // of all solves
}

func newTotals(sectors, cells, groups int) totals {
	return totals{
		energyJ: make([]float64, cells), transitionJ: make([]float64, cells), loadS: make([]float64, cells),
		awakeS: make([]float64, cells), askedBit: make([]float64, cells), servedBit: make([]float64, cells),
		switches: make([]int64, cells), stateS: make([]float32, cells*numStates),
		offered: make([]float64, sectors), servedIn: make([]float64, sectors), dropped: make([]float64, sectors),
		slow: make([]float64, sectors), outageS: make([]float64, sectors),
		groups: make([]Group, groups), groupsNow: make([]Group, shard.Count(cells)*groups),
		users:    make([]kpi.Hist, shard.Count(sectors)),
		usersNow: make([]kpi.Hist, shard.Count(sectors)),
	}
}

func (t *totals) clear() {
	for _, a := range [][]float64{t.energyJ, t.transitionJ, t.loadS, t.awakeS, t.askedBit, t.servedBit, t.offered, t.servedIn, t.dropped, t.slow, t.outageS} {
		clear(a)
	}
	clear(t.switches)
	clear(t.stateS)
	clear(t.groups)
	clear(t.groupsNow)
	for i := range t.users {
		t.users[i].Reset()
		t.usersNow[i].Reset()
	}
	t.seconds, t.solves, t.unconverged, t.iterations = 0, 0, 0, 0
}

// foldInterval adds the present interval to the totals.
func (n *Network) foldInterval() {
	t, v := &n.total, &n.view
	for c := range t.energyJ {
		t.energyJ[c] += v.EnergyJ[c]
		t.transitionJ[c] += v.TransitionJ[c]
		t.loadS[c] += v.LoadS[c]
		t.awakeS[c] += v.AwakeS[c]
		t.askedBit[c] += v.AskedBit[c]
		t.servedBit[c] += v.ServedBit[c]
		t.switches[c] += int64(v.Switches[c])
	}
	for s := range t.offered {
		t.offered[s] += v.OfferedBit[s]
		t.servedIn[s] += v.ServedInBit[s]
		t.dropped[s] += v.DroppedBit[s]
		t.slow[s] += v.SlowBit[s]
		t.outageS[s] += v.OutageS[s]
	}
	if o := n.outages; o != nil {
		for c, s := range v.DownS {
			o.sums.downS[c] += s
		}
	}
	n.IntervalGroupsTo(n.groupScratch)
	for g := range t.groups {
		t.groups[g].add(&n.groupScratch[g])
	}
	clear(t.groupsNow)
	for i := range t.users {
		t.users[i].Merge(&t.usersNow[i])
		t.usersNow[i].Reset()
	}
}

// Totals returns the sums of the run so far, in a form that figures follow
// from. Shield counts are left empty: a Network knows of no shield.
func (n *Network) Totals() *kpi.Totals {
	t, v := &n.total, &n.view
	cells, sectors := len(n.until), len(n.demand)
	out := kpi.NewTotals(kpi.Shape{Cells: cells, Sectors: sectors, States: numStates, Carriers: len(n.profile)})
	out.DurationS, out.CellS = t.seconds, t.seconds*float64(cells)
	out.Epochs, out.UnconvergedEpochs = int64(t.solves), int64(t.unconverged)
	for c := range cells {
		radio, transition := t.energyJ[c]+v.EnergyJ[c], t.transitionJ[c]+v.TransitionJ[c]
		out.EnergyJ += radio + transition
		out.TransitionJ += transition
		out.CarrierJ[n.topo.CellCarrier[c]] += radio + transition
		out.ServedBit += t.servedBit[c] + v.ServedBit[c]
		out.LoadS += t.loadS[c] + v.LoadS[c]
		out.Switches += t.switches[c] + int64(v.Switches[c])
	}
	for s := range sectors {
		out.OfferedBit += t.offered[s] + v.OfferedBit[s]
		out.DroppedBit += t.dropped[s] + v.DroppedBit[s]
		out.OutageShareS += t.outageS[s] + v.OutageS[s]
		out.QueuedBit += n.queue[s]
	}
	groups := make([]Group, len(t.groups))
	n.IntervalGroupsTo(groups)
	for g := range groups {
		groups[g].add(&t.groups[g])
		out.OverloadCellS += groups[g].OverloadS
		for s := range numStates {
			out.StateJ[s] += groups[g].StateJ[s]
			out.StateS[s] += groups[g].StateS[s]
		}
	}
	out.SiteJ = n.SitesW() * t.seconds
	if n.outages != nil {
		out.SiteJ, out.Faults = n.outages.sums.siteJ, n.faultTotals()
	}
	out.EnergyJ += out.SiteJ
	for i := range t.users {
		out.Throughput.Merge(&t.users[i])
		out.Throughput.Merge(&t.usersNow[i])
	}
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
	for i := range n.total.groupsNow {
		dst[i%len(dst)].add(&n.total.groupsNow[i])
	}
}

// IntervalThroughputTo sets dst to the histogram of user throughput (Mbit/s,
// weighted by bit) of the present control interval.
func (n *Network) IntervalThroughputTo(dst *kpi.Hist) {
	dst.Reset()
	for i := range n.total.usersNow {
		dst.Merge(&n.total.usersNow[i])
	}
}

// SolveCounts returns how often the load coupling was solved in the run so
// far, and the iterations that took altogether.
func (n *Network) SolveCounts() (solves, iterations int) {
	return n.total.solves, n.total.iterations
}

// SitesW returns the power of all sites' baseband with its supply overhead,
// which does not depend on load or sleep, W: with all in order and on the
// mains. What a site drew, View.SiteJ says where things break.
func (n *Network) SitesW() float64 {
	return float64(len(n.topo.SiteX)) * n.site.SiteW(0)
}

// CellTotals are the sums of a run for each cell [cells].
type CellTotals struct {
	EnergyJ   []float64   // radio unit with transitions and supply overhead
	LoadS     []float64   // integral of load, s
	AwakeS    []float64   // time serving, s
	AskedBit  []float64   // traffic of the bins that the cell served, from whichever sector
	ServedBit []float64   // of it, what was carried
	Switches  []int64     // changes of power state
	StateS    [][]float64 // time in each power state, s; [cells][states]
	DownS     []float64   // time out of order and starting after that, s; of it, only the start is time in a state, Full
	Seconds   float64     // length of the run so far
}

// CellTotals returns the sums of the run so far, in slices of the caller's.
func (n *Network) CellTotals() CellTotals {
	t, v, cells := &n.total, &n.view, len(n.until)
	out := CellTotals{
		EnergyJ: make([]float64, cells), LoadS: make([]float64, cells), AwakeS: make([]float64, cells),
		AskedBit: make([]float64, cells), ServedBit: make([]float64, cells), Switches: make([]int64, cells), StateS: make([][]float64, cells),
		DownS: make([]float64, cells), Seconds: t.seconds,
	}
	for c := range cells {
		out.EnergyJ[c] = t.energyJ[c] + v.EnergyJ[c] + t.transitionJ[c] + v.TransitionJ[c]
		out.LoadS[c] = t.loadS[c] + v.LoadS[c]
		out.AwakeS[c] = t.awakeS[c] + v.AwakeS[c]
		out.AskedBit[c] = t.askedBit[c] + v.AskedBit[c]
		out.ServedBit[c] = t.servedBit[c] + v.ServedBit[c]
		out.Switches[c] = t.switches[c] + int64(v.Switches[c])
		if n.outages != nil {
			out.DownS[c] = n.outages.sums.downS[c] + v.DownS[c]
		}
		out.StateS[c] = make([]float64, numStates)
		for s := range numStates {
			out.StateS[c][s] = float64(t.stateS[c*numStates+s])
		}
	}
	return out
}
