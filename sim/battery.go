package sim

import (
	"slices"

	"hibernet/sim/des"
	"hibernet/sim/fault"
	"hibernet/sim/power"
)

// batteries is what stands behind the mains of the sites.
//
// A battery feeds its site behind the rectifier, so that the rectifier's loss
// falls away while the overhead of cooling stays. What it feeds is constant
// between events: it runs empty at a time that follows from that power, and
// every event that may change it has the time reckoned again. An empty
// battery, or one without capacity, leaves the site dark until the mains
// return; they charge it at constant power until it is full.
type batteries struct {
	site     power.Spec
	capacity float64   // J
	chargeJ  []float64 // [sites]
	empty    []bool    // [sites] neither mains nor battery
	shed     []int     // [sites] entries of the Spec's list that have been shed
	busy     []int32   // sites that feed from their battery or charge it, ascending
	fed      []float64 // [busy] W drawn from the battery, negative while it charges
	current  int64     // number of the valid event of the batteries
	pending  bool      // it is due at the moment pendingAt
	due      des.Time
}

func newBatteries(site power.Spec, sites int) batteries {
	return batteries{site: site, chargeJ: make([]float64, sites), empty: make([]bool, sites), shed: make([]int, sites)}
}

// start fills all batteries.
func (b *batteries) start(spec fault.Battery) {
	b.capacity = spec.CapacityJ()
	for i := range b.chargeJ {
		b.chargeJ[i] = b.capacity
	}
	clear(b.empty)
	clear(b.shed)
	b.busy, b.fed, b.current, b.pending = b.busy[:0], b.fed[:0], 0, false
}

// join lists a site as busy, leave takes it off.
func (b *batteries) join(site int32) {
	if at, found := slices.BinarySearch(b.busy, site); !found {
		b.busy = slices.Insert(b.busy, at, site)
	}
}

func (b *batteries) leave(site int32) {
	if at, found := slices.BinarySearch(b.busy, site); found {
		b.busy = slices.Delete(b.busy, at, at+1)
	}
}

// toBattery switches a site from the mains to its battery.
func (n *Network) toBattery(site int32) {
	o := n.outages
	n.resolve = true // the same loads draw another power
	o.leave(site)
	if o.capacity == 0 {
		o.empty[site] = true
		o.loseSite(site, o.mainsOf[site])
		return
	}
	o.join(site)
}

// toMains switches a site back to the mains.
func (n *Network) toMains(site int32) {
	o := n.outages
	n.resolve = true
	o.empty[site], o.shed[site] = false, 0
	for _, c := range o.cellsOf(site) {
		o.shedCell[c] = false
	}
	o.leave(site)
	if o.chargeJ[site] < o.capacity && o.spec.Battery.ChargeW > 0 {
		o.join(site)
	}
}

// onBattery says whether the battery feeds a site.
func (o *outages) onBattery(site int32) bool { return o.mains[site] > 0 && !o.empty[site] }

// supply returns the power that the supply of a cell draws over that of its
// radio unit.
func (n *Network) supply(cell int) float64 {
	o, k := n.outages, n.topo.CellCarrier[cell]
	if o == nil || n.profile[k].WholeSite || !o.onBattery(o.siteOf(int32(cell))) {
		return n.factor[k]
	}
	return 1 + o.site.CoolingShare
}

// faultyW returns the power of a cell's radio unit with its supply, in a
// network in which things break. What a raised transmit power costs grows with
// the load in the same proportion (an assumption: the amplifier's efficiency
// does not change).
func (n *Network) faultyW(c int) float64 {
	if n.outages.dark[c] {
		return 0
	}
	data := &n.Profile(c).States[n.view.State[c]]
	idle, slope := data.BaseW*n.unitOf(c), data.SlopeW*n.loadErr[n.topo.CellCarrier[c]]*float64(n.view.Load[c])
	return (idle + slope*n.outages.boost(c) + n.standInW(c)) * n.supply(c)
}

// basebandW returns the power of a site's baseband with its supply.
func (o *outages) basebandW(site int32) float64 {
	switch {
	case o.baseband[site] > 0 || o.empty[site]:
		return 0
	case o.onBattery(site):
		return o.site.SiteBasebandW * (1 + o.site.CoolingShare)
	}
	return o.site.SiteW(0)
}

// siteW returns the power of a site, radio units included; the rates must be
// up to date.
func (n *Network) siteW(site int32) float64 {
	sum := n.outages.basebandW(site)
	for _, c := range n.outages.cellsOf(site) {
		sum += n.rate.powerW[c]
	}
	return sum
}

// sumSites integrates the sites' baseband and batteries over dt seconds.
func (n *Network) sumSites(dt float64) {
	o := n.outages
	for i := range n.view.SiteJ {
		energy := o.basebandW(int32(i)) * dt
		n.view.SiteJ[i] += energy
		o.sums.siteJ += energy
	}
	for i, site := range o.busy {
		if fed := o.fed[i]; fed > 0 {
			n.drawBattery(site, fed*dt)
			continue
		}
		stored := min(-o.fed[i]*dt, o.capacity-o.chargeJ[site])
		o.chargeJ[site] += stored
		o.sums.storedJ += stored
		o.sums.chargeJ += stored / o.spec.Battery.ChargeEfficiency
	}
}

// drawBattery takes energy from a battery. The clock counts microseconds, so
// that the last one may take more than there is: that of one microsecond.
func (n *Network) drawBattery(site int32, energyJ float64) {
	o := n.outages
	o.chargeJ[site] -= energyJ
	o.sums.batteryJ += energyJ
	n.view.BatteryJ[site] += energyJ
}

// touchBatteries has the times at which batteries run empty reckoned again,
// at this moment but after everything else that happens at it.
func (n *Network) touchBatteries() error {
	o := n.outages
	if o == nil || len(o.busy) == 0 || o.pending && o.due == n.now {
		return nil
	}
	return n.dueBatteries(n.now)
}

// dueBatteries replaces the batteries' event.
func (n *Network) dueBatteries(at des.Time) error {
	o := n.outages
	o.current++
	o.pending, o.due = true, at
	return n.loop.Schedule(at, evBattery, prioBattery, o.current)
}

// target returns the charge of a busy site's battery at which something
// happens: the next carrier is shed, it is empty, or it is full.
func (o *outages) target(site int32) float64 {
	if !o.onBattery(site) {
		return o.capacity
	}
	if list := o.spec.Battery.Shed; o.shed[site] < len(list) {
		return o.capacity * list[o.shed[site]].Below
	}
	return 0
}

// checkBatteries deals with the batteries that have come to their target and
// reckons which one is the next.
func (n *Network) checkBatteries(e des.Event) error {
	o := n.outages
	if e.Arg != o.current {
		return nil // reckoned anew since
	}
	n.advance(e.At)
	n.settle()
	o.pending = false
	o.losses = o.losses[:0]
	for _, site := range slices.Clone(o.busy) {
		o.reach(site)
	}
	if err := n.takeDown(); err != nil {
		return err
	}
	n.settle()
	o.fed = o.fed[:0]
	next, any := des.Time(0), false
	for _, site := range o.busy {
		fed := -o.spec.Battery.StoreW()
		if o.onBattery(site) {
			fed = n.siteW(site)
		}
		o.fed = append(o.fed, fed)
		if in, ok := fault.Crossing(o.chargeJ[site], o.target(site), -fed); ok && (!any || in < next) {
			next, any = in, true
		}
	}
	if !any {
		return nil
	}
	return n.dueBatteries(e.At + next)
}

// reach deals with a battery that has come to its target, and with those
// behind it; what it no longer feeds is noted as lost.
func (o *outages) reach(site int32) {
	if !o.onBattery(site) {
		if o.chargeJ[site] >= o.capacity {
			o.leave(site)
		}
		return
	}
	for list := o.spec.Battery.Shed; o.shed[site] < len(list) && o.chargeJ[site] <= o.target(site); o.shed[site]++ {
		for _, c := range o.cellsOf(site) {
			if o.layout.Carriers[o.layout.CellCarrier[c]] == list[o.shed[site]].Carrier {
				o.shedCell[c] = true
				o.lose(c, o.mainsOf[site])
			}
		}
	}
	if o.shed[site] == len(o.spec.Battery.Shed) && o.chargeJ[site] <= 0 {
		o.sums.emptied++
		o.empty[site] = true
		o.leave(site)
		o.loseSite(site, o.mainsOf[site])
	}
}
