package sim

import (
	"errors"
	"fmt"
	"slices"

	"hibernet/sim/des"
	"hibernet/sim/fault"
	"hibernet/sim/power"
	"hibernet/sim/rng"
	"hibernet/sim/topology"
)

// ErrDown is wrapped by Request's error while the cell is out of order.
var ErrDown = errors.New("the cell is out of order")

// planAhead is how far ahead faults are planned. It moves no result.
const planAhead = des.Day

// outages is what is out of order and what stands in for it; a network
// without faults has none.
//
// A cell is dark while its radio unit or its site's baseband is broken, while
// its site has neither mains nor battery, or while it is shed from the
// battery: it serves nobody and draws nothing (an assumption where only the
// baseband is broken: its radio units would idle without their link). When
// the last cause is gone it restarts, idling in state Full, for
// fault.Spec.RestartS and then its control-plane set-up time, and serves
// again. It is down, View.Down, for both.
type outages struct {
	spec    fault.Spec
	layout  fault.Layout
	key     rng.Key
	plan    *fault.Plan
	planned des.Time // faults that begin before this are in the queue
	begun   []fault.Fault
	owner   []int32 // [begun] the fault's incident, -1 if it took no cell down

	siteCellOff []int32 // [sites+1] cells of site i are siteCell[siteCellOff[i]:siteCellOff[i+1]]
	siteCell    []int32
	minRxW      []float64 // [cells] least reference-signal power at a user, W

	broken    []int16 // [cells] faults of the radio unit
	baseband  []int16 // [sites] faults of the baseband
	mains     []int16 // [sites] faults of the mains
	mainsOf   []int32 // [sites] the fault that took the mains
	shedCell  []bool  // [cells] disconnected from the battery
	dark      []bool  // [cells] no power
	losses    []loss  // scratch
	incidents []incident
	open      []int32 // incidents that are not over, ascending
	cellOwner []int32 // [cells] incident that took the cell down, -1 if it serves
	lossOwner []int32 // [sectors] incident that dropped traffic is put down to, -1
	helps     []int16 // [cells] open incidents that the cell stands in for
	steers    []int16 // [cells] of these, those in which it is steered

	batteries
	sums faultSums
}

// newOutages returns the state of a network that may break, nil if its Spec
// says that it does not.
func newOutages(n *Network, spec fault.Spec) (*outages, error) {
	if !spec.Active() {
		return nil, nil
	}
	if err := errors.Join(spec.Validate()...); err != nil {
		return nil, fmt.Errorf("faults: %w", err)
	}
	if err := CheckFaults(spec, n.topo); err != nil {
		return nil, fmt.Errorf("faults: %w", err)
	}
	t := n.topo
	sites, sectors, cells := t.Sites(), t.Sectors(), t.NumCells()
	o := &outages{
		spec:   spec,
		layout: faultLayout(t),
		broken: make([]int16, cells), baseband: make([]int16, sites), mains: make([]int16, sites), mainsOf: make([]int32, sites),
		shedCell: make([]bool, cells), dark: make([]bool, cells),
		cellOwner: make([]int32, cells), lossOwner: make([]int32, sectors),
		helps: make([]int16, cells), steers: make([]int16, cells),
		minRxW:    make([]float64, cells),
		batteries: newBatteries(n.site, sites),
		sums:      newFaultSums(cells),
	}
	for c := range o.minRxW {
		o.minRxW[c] = leastRxW(float64(t.Cells.MinRSRPDBm[t.Cells.KindOf(int32(c))]))
	}
	o.listSites(sites)
	n.view.Down, n.view.Helping = make([]bool, cells), make([]bool, cells)
	n.view.DownS, n.view.LostBit = make([]float64, cells), make([]float64, sectors)
	n.view.SiteJ, n.view.BatteryJ = make([]float64, sites), make([]float64, sites)
	return o, nil
}

// CheckFaults says what in a valid Spec does not fit a topology: sites,
// sectors and carriers that it does not have.
func CheckFaults(spec fault.Spec, t *topology.Topology) error {
	_, err := fault.New(spec, faultLayout(t), rng.Root(0), 0)
	return err
}

func faultLayout(t *topology.Topology) fault.Layout {
	l := fault.Layout{SiteX: t.SiteX, SiteY: t.SiteY, SectorSite: t.SectorSite, CellSector: t.CellSector, CellCarrier: t.CellCarrier}
	for k := range t.Carriers {
		l.Carriers = append(l.Carriers, t.Carriers[k].Name)
	}
	return l
}

// listSites lists the cells of each site.
func (o *outages) listSites(sites int) {
	o.siteCellOff = make([]int32, sites+1)
	bySite := make([][]int32, sites)
	for c, sector := range o.layout.CellSector {
		site := o.layout.SectorSite[sector]
		bySite[site] = append(bySite[site], int32(c))
	}
	for i, list := range bySite {
		o.siteCell = append(o.siteCell, list...)
		o.siteCellOff[i+1] = int32(len(o.siteCell))
	}
}

// cellsOf returns the cells of a site.
func (o *outages) cellsOf(site int32) []int32 {
	return o.siteCell[o.siteCellOff[site]:o.siteCellOff[site+1]]
}

// siteOf returns the site of a cell.
func (o *outages) siteOf(cell int32) int32 { return o.layout.SectorSite[o.layout.CellSector[cell]] }

// SeedFaults sets the key that the random faults of the next Start follow
// from. Without a call it follows from the network's own.
func (n *Network) SeedFaults(key rng.Key) {
	if n.outages != nil {
		n.outages.key = key
	}
}

// HasFaults says whether anything may break. The slices of View that say so
// are nil where not.
func (n *Network) HasFaults() bool { return n.outages != nil }

// start repairs everything and plans the faults of a run.
func (o *outages) start(n *Network, at des.Time) error {
	var err error
	if o.plan, err = fault.New(o.spec, o.layout, o.key, at); err != nil {
		return fmt.Errorf("faults: %w", err)
	}
	o.planned, o.begun, o.owner = at, o.begun[:0], o.owner[:0]
	for _, list := range [][]int16{o.broken, o.baseband, o.mains, o.helps, o.steers} {
		clear(list)
	}
	for _, list := range [][]bool{o.shedCell, o.dark, n.view.Down, n.view.Helping} {
		clear(list)
	}
	for _, list := range [][]int32{o.cellOwner, o.lossOwner} {
		for i := range list {
			list[i] = -1
		}
	}
	o.incidents, o.open = o.incidents[:0], o.open[:0]
	o.batteries.start(o.spec.Battery)
	o.sums.clear()
	return n.loop.Schedule(at, evPlan, prioRepair, 0)
}

// planFaults puts the faults of the next day into the queue.
func (n *Network) planFaults(e des.Event) error {
	o := n.outages
	o.planned = e.At + planAhead
	for _, f := range o.plan.Until(o.planned) {
		o.begun, o.owner = append(o.begun, f), append(o.owner, -1)
		if err := n.loop.Schedule(f.Start, evFault, prioFault, int64(len(o.begun)-1)); err != nil {
			return err
		}
	}
	return n.loop.Schedule(o.planned, evPlan, prioRepair, 0)
}

// beginFault breaks what a fault breaks.
func (n *Network) beginFault(e des.Event) error {
	n.advance(e.At)
	n.settle() // who served whom until now
	o, index := n.outages, int32(e.Arg)
	f := &o.begun[index]
	o.sums.count[f.Kind]++
	o.losses = o.losses[:0]
	for _, c := range f.Cells {
		o.broken[c]++
		o.lose(c, index)
	}
	for _, site := range f.Sites {
		if f.Kind == fault.Baseband {
			o.baseband[site]++
			o.loseSite(site, index)
			continue
		}
		if o.mains[site]++; o.mains[site] == 1 {
			o.mainsOf[site] = index
			n.toBattery(site)
		}
	}
	if err := n.loop.Schedule(f.End, evRepair, prioRepair, e.Arg); err != nil {
		return err
	}
	if err := n.takeDown(); err != nil {
		return err
	}
	return n.touchBatteries()
}

// endFault repairs what a fault has broken.
func (n *Network) endFault(e des.Event) error {
	n.advance(e.At)
	o := n.outages
	f := &o.begun[e.Arg]
	for _, c := range f.Cells {
		o.broken[c]--
		if err := n.restart(c); err != nil {
			return err
		}
	}
	for _, site := range f.Sites {
		if f.Kind == fault.Baseband {
			o.baseband[site]--
		} else if o.mains[site]--; o.mains[site] == 0 {
			n.toMains(site)
		}
		for _, c := range o.cellsOf(site) {
			if err := n.restart(c); err != nil {
				return err
			}
		}
	}
	if id := o.owner[e.Arg]; id >= 0 {
		o.incidents[id].repaired = true
		n.closeIncident(id)
	}
	return n.touchBatteries()
}

// loss is a cell that a fault is about to take down.
type loss struct {
	cell, fault int32
}

// lose notes a cell that has lost what it needs, unless it had before.
func (o *outages) lose(cell, fault int32) {
	if !o.dark[cell] {
		o.losses = append(o.losses, loss{cell, fault})
	}
}

func (o *outages) loseSite(site, fault int32) {
	for _, c := range o.cellsOf(site) {
		o.lose(c, fault)
	}
}

// takeDown takes the cells in losses down, of which a cell may be named
// twice; the network must be settled as it was before.
func (n *Network) takeDown() error {
	o := n.outages
	if len(o.losses) == 0 {
		return nil
	}
	touched := n.openIncidents()
	for _, l := range o.losses {
		c := int(l.cell)
		if o.dark[c] {
			continue
		}
		from := n.view.Target[c]
		o.dark[c], n.view.Down[c] = true, true
		n.until[c] = 0 // what was under way is off
		n.leaveState(c)
		n.view.State[c], n.view.Target[c], n.view.Since[c] = power.Full, power.Full, n.now
		n.applyState(c)
		if n.onTransition != nil {
			n.onTransition(Transition{n.now, l.cell, from, power.Full, ByFault})
		}
	}
	for _, id := range touched {
		if err := n.compensate(&o.incidents[id]); err != nil {
			return err
		}
	}
	return nil
}

// restart begins the start of a cell whose last cause of darkness is gone.
func (n *Network) restart(cell int32) error {
	o, site := n.outages, n.outages.siteOf(cell)
	if !o.dark[cell] || o.broken[cell] > 0 || o.baseband[site] > 0 || o.empty[site] || o.shedCell[cell] {
		return nil
	}
	o.dark[cell] = false
	n.reassign = true
	o.sums.darkUs[cell] += n.now - n.view.Since[cell]
	n.view.Since[cell] = n.now
	if n.onTransition != nil {
		n.onTransition(Transition{n.now, cell, power.Full, power.Full, ByRepair})
	}
	delay := des.FromSeconds(o.spec.RestartS) + setUp(n.Profile(int(cell)))
	n.until[cell] = n.now + delay
	return n.endAt(n.until[cell], int32(cell))
}

// setUp returns the time that the control plane takes to set up a cell from
// nothing: that of the deepest sleep that the unit has.
func setUp(p *power.Profile) des.Time {
	for s := power.NumStates - 1; s > 0; s-- {
		if d := &p.States[s]; d.Available && !power.State(s).Awake() {
			return des.Time(d.ControlUs)
		}
	}
	return 0
}

// revive lets a cell serve again.
func (n *Network) revive(cell int) {
	o := n.outages
	n.view.Down[cell] = false
	if id := o.cellOwner[cell]; id >= 0 {
		o.cellOwner[cell] = -1
		o.incidents[id].waiting--
		n.closeIncident(id)
	}
}

// closeIncident ends an incident whose fault is repaired and whose cells all
// serve again.
func (n *Network) closeIncident(id int32) {
	o := n.outages
	inc := &o.incidents[id]
	if !inc.repaired || inc.waiting > 0 || inc.closed {
		return
	}
	inc.closed = true
	at, _ := slices.BinarySearch(o.open, id)
	o.open = slices.Delete(o.open, at, at+1)
	for _, s := range inc.sectors {
		if o.lossOwner[s] == id {
			o.lossOwner[s] = o.heir(s)
		}
	}
	n.release(inc)
}

// heir returns the first open incident that concerns a sector, -1 if none.
func (o *outages) heir(sector int32) int32 {
	for _, id := range o.open {
		if o.incidents[id].hasSector[sector] {
			return id
		}
	}
	return -1
}
