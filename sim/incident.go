package sim

import (
	"slices"

	"hibernet/sim/des"
	"hibernet/sim/fault"
	"hibernet/sim/kpi"
)

// incident is a fault that has taken cells down, from the first of them until
// all of them serve again.
//
// The sectors that it concerns are those of the cells, and those with a
// position that one of them served. Time to restore is the time in which
// these sectors drop a larger share of what they are asked for than they did
// when they were hit, each weighed by what it is asked for now: it ends when
// neighbours carry the traffic again, when the cells do, or when so little is
// asked for that nothing is dropped. A fault that neighbours bear without a
// loss has a time of 0.
type incident struct {
	kind     fault.Kind
	waiting  int  // cells that it took down and that do not serve yet
	repaired bool // the fault itself is over
	closed   bool
	cut      bool // some cell was serving when it went down
	degraded bool // now
	restoreS float64
	sectors  []int32
	before   []float64 // [sectors] dropped share when they were hit
	lost     []int32   // positions (sector*bins + bin) that lost their cell
	helpers  []int32   // cells that stand in
	steered  []int32   // cells that are steered
	// Members of sectors, helpers and steered.
	hasSector, hasHelper, hasSteered map[int32]bool
}

// newIncident returns an incident that has taken nothing down yet.
func newIncident(f fault.Fault, now des.Time) incident {
	return incident{
		kind: f.Kind, repaired: f.End <= now,
		hasSector: map[int32]bool{}, hasHelper: map[int32]bool{}, hasSteered: map[int32]bool{},
	}
}

// restoredWithin is the rise of the dropped share that does not count as a
// loss of service: below what performance counters resolve (assumption).
const restoredWithin = 1e-3

// openIncidents enters the losses into the incidents of their faults and
// returns these, ascending. It looks at who serves whom before the losses.
func (n *Network) openIncidents() []int32 {
	o := n.outages
	var touched []int32
	for _, l := range o.losses {
		if o.cellOwner[l.cell] >= 0 {
			continue // it went down with another fault and was not back yet
		}
		id := o.owner[l.fault]
		if id < 0 {
			id = int32(len(o.incidents))
			o.owner[l.fault] = id
			o.incidents = append(o.incidents, newIncident(o.begun[l.fault], n.now))
			o.open = append(o.open, id)
		}
		inc := &o.incidents[id]
		o.cellOwner[l.cell] = id
		inc.waiting++
		if n.view.Serving[l.cell] && !inc.cut {
			inc.cut = true
			o.sums.cuts++
		}
		n.hit(id, n.topo.CellSector[l.cell])
		for _, b := range n.model.ServedBins(int(l.cell)) {
			inc.lost = append(inc.lost, b)
			n.hit(id, b/int32(n.topo.Bins()))
		}
		if !slices.Contains(touched, id) {
			touched = append(touched, id)
		}
	}
	slices.Sort(touched)
	return touched
}

// hit adds a sector to an incident, with the share of its traffic that it
// drops so far.
func (n *Network) hit(id, sector int32) {
	o := n.outages
	inc := &o.incidents[id]
	if inc.hasSector[sector] {
		return
	}
	inc.hasSector[sector] = true
	share := 0.0
	if asked := float64(n.asked[sector]); asked > 0 {
		share = n.rate.dropped[sector] / asked
	}
	inc.sectors, inc.before = append(inc.sectors, sector), append(inc.before, share)
	if o.lossOwner[sector] < 0 {
		o.lossOwner[sector] = id
	}
}

// assess finds which incidents cost service as the network is now.
func (n *Network) assess() {
	o := n.outages
	for _, id := range o.open {
		inc := &o.incidents[id]
		var asked, excess float64
		for i, s := range inc.sectors {
			a := float64(n.asked[s])
			asked += a
			excess += n.rate.dropped[s] - inc.before[i]*a
		}
		inc.degraded = excess > restoredWithin*asked
	}
}

// sumOutages integrates what the incidents cost over dt seconds, and what the
// sites draw.
func (n *Network) sumOutages(dt float64) {
	o := n.outages
	for _, id := range o.open {
		inc := &o.incidents[id]
		if inc.degraded && inc.cut {
			inc.restoreS += dt
			o.sums.restoreS += dt
			o.sums.restoreMaxS = max(o.sums.restoreMaxS, inc.restoreS)
		}
		for _, s := range inc.sectors {
			if o.lossOwner[s] == id {
				n.putDown(s, n.rate.dropped[s]*dt)
			}
		}
	}
	n.sumSites(dt)
}

// putDown puts traffic that sector s dropped down to the fault that it
// suffers from, if any.
func (n *Network) putDown(s int32, bit float64) {
	o := n.outages
	if id := o.lossOwner[s]; id >= 0 {
		n.view.LostBit[s] += bit
		o.sums.lostBit[o.incidents[id].kind] += bit
	}
}

// faultSums is what faults have cost in a run.
type faultSums struct {
	count       [fault.NumKinds]int64
	cuts        int64 // incidents that took a serving cell
	restoreS    float64
	restoreMaxS float64
	lostBit     [fault.NumKinds]float64
	emptied     int64      // batteries that ran empty
	wakes       int64      // of cells that stand in
	downS       []float64  // [cells] up to the last BeginInterval
	darkUs      []des.Time // [cells] without power, up to the last restart
	siteJ       float64    // of sites' baseband
	batteryJ    float64    // taken from batteries
	chargeJ     float64    // taken from the mains to charge
	storedJ     float64    // of that, what can be taken again
}

func newFaultSums(cells int) faultSums {
	return faultSums{downS: make([]float64, cells), darkUs: make([]des.Time, cells)}
}

func (s *faultSums) clear() {
	clear(s.downS)
	clear(s.darkUs)
	*s = faultSums{downS: s.downS, darkUs: s.darkUs}
}

// faultTotals returns the run's sums in the form of figures.
func (n *Network) faultTotals() *kpi.Faults {
	o := n.outages
	s := &o.sums
	f := &kpi.Faults{
		Count: make([]int64, fault.NumKinds), LostBit: make([]float64, fault.NumKinds),
		Cuts: s.cuts, RestoreS: s.restoreS, RestoreMaxS: s.restoreMaxS,
		Emptied: s.emptied, Wakes: s.wakes,
		BatteryJ: s.batteryJ, ChargeJ: s.chargeJ, StoredJ: s.storedJ,
	}
	copy(f.Count, s.count[:])
	copy(f.LostBit, s.lostBit[:])
	for k := range fault.NumKinds {
		f.Kinds = append(f.Kinds, k.String())
	}
	for c, down := range s.downS {
		f.DownCellS += down + n.view.DownS[c]
	}
	return f
}
