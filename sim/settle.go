package sim

import (
	"hibernet/sim/des"
	"hibernet/sim/radio"
	"hibernet/sim/shard"
)

// rates is how fast things accumulate until the next event, as far as it is
// kept: what follows from it directly is reckoned when it is integrated.
type rates struct {
	baseW  []float64 // [carriers*states] radio unit without load, before its own deviation and its supply
	standW []float64 // [cells] what it draws for others that stand on it, before its supply; nil if no unit is shared
	slopeW []float64 // [carriers*states] what full load adds, with the supply
	part   []float32 // [cells] of what is asked, what is served
	share  []float32 // [cells] of the rate alone, what a user gets, Mbit/s a bit/s
	asked  []float32 // [cells] bit/s of the bins that the cell serves

	// Where things break.
	powerW  []float64 // [cells] radio unit with its supply overhead
	dropped []float64 // [sectors] bit/s
}

func newRates(sectors, cells, carriers int, faults bool) rates {
	r := rates{
		baseW: make([]float64, carriers*numStates), slopeW: make([]float64, carriers*numStates),
		part: make([]float32, cells), share: make([]float32, cells), asked: make([]float32, cells),
	}
	if faults {
		r.powerW, r.dropped = make([]float64, cells), make([]float64, sectors)
	}
	return r
}

// advance integrates everything from now up to t at constant rates.
func (n *Network) advance(t des.Time) {
	if t == n.now {
		return
	}
	n.settle()
	n.dt = (t - n.now).Seconds()
	n.pool.Each(len(n.total.parts), n.sumPass)
	if n.outages != nil {
		n.sumOutages(n.dt)
	}
	n.total.seconds += n.dt
	n.now, n.first = t, false
}

// settle brings association, loads and rates up to date with what changed.
func (n *Network) settle() {
	if !n.reassign && !n.resolve {
		return
	}
	if n.reassign {
		n.model.AssociateAt(n.radio, n.applied)
		n.applied = n.applied[:0]
	}
	stats := n.model.Solve(n.view.Load, n.asked)
	n.total.solves++
	if !stats.Converged {
		n.total.unconverged++
	}
	n.total.iterations += stats.Iterations
	n.total.cellIterations += stats.CellIterations
	n.model.AskedTo(n.rate.asked)
	n.pool.Each(shard.Count(len(n.until)), n.sharePass)
	n.reassign, n.resolve = false, false
	if n.outages != nil {
		n.pool.Each(shard.Count(len(n.demand)), n.dropPass)
		n.assess()
	}
}

// shareCells says what the users of a shard of cells get of them.
func (n *Network) shareCells(i int) {
	lo, hi := shard.Range(i, len(n.until))
	q, r := newSharing(n.spec.MaxTransfers), &n.rate
	light := float32(q.light)
	for c, f := range n.view.Offered[lo:hi] {
		if f < light {
			r.part[lo+c], r.share[lo+c] = 1, (1-f)*1e-6
			continue
		}
		part, user := q.of(float64(f))
		r.part[lo+c], r.share[lo+c] = float32(part), float32(user*1e-6)
	}
	if n.outages != nil {
		for c := lo; c < hi; c++ {
			r.powerW[c] = n.faultyW(c)
		}
	}
}

// dropSectors sets what the sectors of a shard drop.
func (n *Network) dropSectors(i int) {
	lo, hi := shard.Range(i, len(n.demand))
	var u users
	for s := lo; s < hi; s++ {
		n.usersOf(&u, s)
		n.rate.dropped[s] = u.dropped
	}
}

// users is what becomes of a sector's traffic.
type users struct {
	served, dropped, deferred, slow, poor float64 // bit/s
	outage                                float64 // share of demand

	alone, mbps, flow [mostBins]float32 // [bins] bit/s alone in the cell; user throughput; bit/s asked for
}

// mostBins is the largest number of position bins of a sector that users has
// room for.
const mostBins = 16

// usersOf reckons with a sector. The throughput of a user in a bin is that of
// a processor-sharing queue (sharing), whatever the law of the file sizes.
func (n *Network) usersOf(u *users, s int) {
	bins, asked, cells := n.topo.Links.Bins, n.asked[s], n.topo.Links.Cell[n.topo.Links.Off[s]:n.topo.Links.Off[s+1]]
	n.model.AloneTo(u.alone[:bins], s)
	share, target := n.topo.BinShare[s*bins:(s+1)*bins], float32(n.spec.TargetThroughputMbps)
	var served, slow, poor, lost, over, outage float32
	for b, server := range n.model.Servers(s) {
		flow := asked * share[b]
		u.flow[b], u.mbps[b] = flow, 0
		if server == radio.Outage {
			lost += flow
			outage += share[b]
			continue
		}
		c := cells[server]
		got, mbps := flow*n.rate.part[c], u.alone[b]*n.rate.share[c]
		u.mbps[b] = mbps
		served += got
		over += flow - got
		if mbps < target {
			slow += got
		}
		if mbps < n.guardMbps {
			poor += got
		}
	}
	u.served, u.slow, u.poor, u.outage = float64(served), float64(slow), float64(poor), float64(outage)
	u.deferred, u.dropped = 0, float64(lost+over)
	if n.spec.Overload == OverloadQueue {
		u.deferred, u.dropped = float64(over), float64(lost)
	}
}

// sumPart integrates a part of the network over the present piece of time.
func (n *Network) sumPart(i int) {
	p := &n.total.parts[i]
	n.sumSectors(p)
	n.sumCells(p)
}

// sumSectors integrates the sectors of a part.
func (n *Network) sumSectors(p *part) {
	v, dt, bins := &n.view, n.dt, n.topo.Links.Bins
	queues := n.spec.Overload == OverloadQueue
	var u users
	for s := p.sectors[0]; s < p.sectors[1]; s++ {
		n.usersOf(&u, s)
		offered, served, dropped, outage := float64(n.demand[s])*dt, u.served*dt, u.dropped*dt, u.outage*dt
		if queues {
			v.DroppedBit[s] += float32(dropped)
			n.queue[s] = max(n.queue[s]+(u.deferred-n.drain[s])*dt, 0)
		}
		if n.first {
			v.OfferedBit[s], v.ServedInBit[s], v.SlowBit[s], v.OutageS[s] = float32(offered), float32(served), float32(u.slow*dt), float32(outage)
			if !queues {
				v.DroppedBit[s] = float32(dropped)
			}
		} else {
			v.OfferedBit[s] += float32(offered)
			v.ServedInBit[s] += float32(served)
			v.SlowBit[s] += float32(u.slow * dt)
			v.OutageS[s] += float32(outage)
			if !queues {
				v.DroppedBit[s] += float32(dropped)
			}
		}
		if v.PoorBit != nil {
			if n.first {
				v.PoorBit[s] = 0
			}
			v.PoorBit[s] += float32(u.poor * dt)
		}
		p.offered, p.dropped, p.outageS = p.offered+offered, p.dropped+dropped, p.outageS+outage
		p.usersNow.AddAll(u.mbps[:bins], u.flow[:bins], dt)
	}
}

// idleW returns what a cell's radio unit draws in its present state without load,
// with its supply overhead.
func (n *Network) idleW(c int) float64 {
	k := int(n.topo.CellCarrier[c])
	w := n.rate.baseW[k*numStates+int(n.view.State[c])] * n.unitOf(c)
	if n.rate.standW != nil {
		w += n.rate.standW[c]
	}
	return w * n.factor[k]
}

// sumCells integrates the cells of a part.
func (n *Network) sumCells(p *part) {
	v, r, dt := &n.view, &n.rate, n.dt
	faulty := n.outages != nil
	for c := p.cells[0]; c < p.cells[1]; c++ {
		if faulty && v.Down[c] {
			if v.DownS[c] += dt; n.outages.dark[c] {
				if n.first {
					v.EnergyJ[c], v.LoadS[c], v.AskedBit[c], v.ServedBit[c], v.AwakeS[c] = 0, 0, 0, 0, 0
				}
				continue // neither power nor a state
			}
		}
		load := float64(v.Load[c]) * dt
		energy := n.idleW(c)*dt + r.slopeW[int(n.topo.CellCarrier[c])*numStates+int(v.State[c])]*load
		if faulty {
			energy = r.powerW[c] * dt
		}
		asked := float64(r.asked[c]) * dt
		served := asked * float64(r.part[c])
		awake := 0.0
		if v.Serving[c] {
			awake = dt
		}
		if n.first {
			v.EnergyJ[c], v.LoadS[c], v.AskedBit[c], v.ServedBit[c], v.AwakeS[c] = float32(energy), float32(load), float32(asked), float32(served), float32(awake)
		} else {
			v.EnergyJ[c] += float32(energy)
			v.LoadS[c] += float32(load)
			v.AskedBit[c] += float32(asked)
			v.ServedBit[c] += float32(served)
			v.AwakeS[c] += float32(awake)
		}
		p.energyJ, p.loadS, p.served = p.energyJ+energy, p.loadS+load, p.served+served
		state := v.State[c]
		group := &p.now[n.group[c]]
		group.StateJ[state] += energy
		group.StateS[state] += dt
		if v.Offered[c] > 1 {
			group.OverloadS += dt
		}
		if n.total.cells != nil {
			n.total.cells.stateS[c*numStates+int(state)] += float32(dt)
		}
	}
}
