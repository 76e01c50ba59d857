package sim

import (
	"hibernet/sim/des"
	"hibernet/sim/shard"
)

// rates is how fast things accumulate until the next event.
type rates struct {
	powerW    []float64 // [cells] radio unit with its supply overhead
	carried   []float64 // [cells] bit/s
	wanted    []float64 // [cells] bit/s of the bins that the cell serves
	served    []float64 // [sectors] bit/s
	dropped   []float64 // [sectors] bit/s
	deferred  []float64 // [sectors] bit/s that joins the queue
	slow      []float64 // [sectors] bit/s served below the target user throughput
	outage    []float64 // [sectors] share of demand in outage
	part      []float32 // [cells] of what is asked, what is served
	share     []float32 // [cells] of the rate alone, what a user gets
	user      []float32 // [bins] user throughput, Mbit/s
	flow      []float32 // [bins] bit/s asked for
	satisfied []float32 // [bins] bit/s served
	overload  []bool    // [cells]
}

func newRates(sectors, cells, bins int) rates {
	return rates{
		powerW: make([]float64, cells), carried: make([]float64, cells), wanted: make([]float64, cells),
		part: make([]float32, cells), share: make([]float32, cells),
		served: make([]float64, sectors), dropped: make([]float64, sectors), deferred: make([]float64, sectors),
		slow: make([]float64, sectors), outage: make([]float64, sectors),
		user: make([]float32, bins), flow: make([]float32, bins), satisfied: make([]float32, bins),
		overload: make([]bool, cells),
	}
}

// advance integrates everything from now up to t at constant rates.
func (n *Network) advance(t des.Time) {
	if t == n.now {
		return
	}
	n.settle()
	n.dt = (t - n.now).Seconds()
	n.pool.Each(shard.Count(len(n.demand)), n.sectorSum)
	n.pool.Each(shard.Count(len(n.until)), n.cellSum)
	if n.outages != nil {
		n.sumOutages(n.dt)
	}
	n.total.seconds += n.dt
	n.now = t
}

// settle brings association, loads and rates up to date with what changed.
func (n *Network) settle() {
	if !n.reassign && !n.resolve {
		return
	}
	if n.reassign {
		n.model.Associate(n.radio)
	}
	stats := n.model.Solve(n.view.Load, n.asked, n.radio)
	n.total.solves++
	if !stats.Converged {
		n.total.unconverged++
	}
	n.total.iterations += stats.Iterations
	n.pool.Each(shard.Count(len(n.until)), n.cellShares)
	n.pool.Each(shard.Count(len(n.demand)), n.sectorRates)
	n.pool.Each(shard.Count(len(n.until)), n.cellRates)
	n.reassign, n.resolve = false, false
	if n.outages != nil {
		n.assess()
	}
}

// shareCells says what the users of a shard of cells get of them.
func (n *Network) shareCells(i int) {
	lo, hi := shard.Range(i, len(n.until))
	q := newSharing(n.spec.MaxTransfers)
	for c := lo; c < hi; c++ {
		part, user := q.of(float64(n.view.Offered[c]))
		n.rate.part[c], n.rate.share[c] = float32(part), float32(user)
	}
}

// rateSectors sets the rates of a shard of sectors. The throughput of a
// user in a bin is that of a processor-sharing queue (sharing), whatever the
// law of the file sizes.
func (n *Network) rateSectors(i int) {
	lo, hi := shard.Range(i, len(n.demand))
	bins, serve, share, alone := n.topo.Links.Bins, n.model.Serve(), n.topo.BinShare, n.model.Rate()
	for s := lo; s < hi; s++ {
		var served, lost, slow, outage float64
		for b := s * bins; b < (s+1)*bins; b++ {
			flow := n.asked[s] * share[b]
			n.rate.flow[b], n.rate.user[b], n.rate.satisfied[b] = flow, 0, 0
			if serve[b] < 0 {
				lost += float64(flow)
				outage += float64(share[b])
				continue
			}
			c := n.topo.Links.Cell[serve[b]]
			got := flow * n.rate.part[c]
			user := alone[b] * n.rate.share[c] * 1e-6
			n.rate.user[b], n.rate.satisfied[b] = user, got
			served += float64(got)
			if float64(user) < n.spec.TargetThroughputMbps {
				slow += float64(got)
			}
		}
		unserved := max(float64(n.asked[s])-served-lost, 0)
		n.rate.served[s], n.rate.slow[s], n.rate.outage[s] = served, slow, outage
		n.rate.deferred[s], n.rate.dropped[s] = 0, lost+unserved
		if n.spec.Overload == OverloadQueue {
			n.rate.deferred[s], n.rate.dropped[s] = unserved, lost
		}
	}
}

// rateCells sets the rates of a shard of cells.
func (n *Network) rateCells(i int) {
	lo, hi := shard.Range(i, len(n.until))
	for c := lo; c < hi; c++ {
		var carried, wanted float64
		for _, b := range n.model.ServedBins(c) {
			carried += float64(n.rate.satisfied[b])
			wanted += float64(n.rate.flow[b])
		}
		n.rate.carried[c], n.rate.wanted[c] = carried, wanted
		n.rate.overload[c] = n.view.Offered[c] > 1
		if n.outages != nil {
			n.rate.powerW[c] = n.faultyW(c)
			continue
		}
		data := &n.Profile(c).States[n.view.State[c]]
		n.rate.powerW[c] = (data.BaseW*n.unit[c] + data.SlopeW*float64(n.view.Load[c]) + n.standInW(c)) * n.factor[n.topo.CellCarrier[c]]
	}
}

// sumSectors integrates a shard of sectors over the present piece of time.
func (n *Network) sumSectors(i int) {
	lo, hi := shard.Range(i, len(n.demand))
	v, r, dt := &n.view, &n.rate, n.dt
	for s := lo; s < hi; s++ {
		v.OfferedBit[s] += float64(n.demand[s]) * dt
		v.ServedInBit[s] += r.served[s] * dt
		v.DroppedBit[s] += r.dropped[s] * dt
		v.SlowBit[s] += r.slow[s] * dt
		v.OutageS[s] += r.outage[s] * dt
		n.queue[s] = max(n.queue[s]+(r.deferred[s]-n.drain[s])*dt, 0)
	}
	hist, bins := &n.total.usersNow[i], n.topo.Links.Bins
	for b := lo * bins; b < hi*bins; b++ {
		if flow := r.flow[b]; flow > 0 {
			hist.Add(float64(r.user[b]), float64(flow)*dt)
		}
	}
}

// sumCells integrates a shard of cells over the present piece of time.
func (n *Network) sumCells(i int) {
	lo, hi := shard.Range(i, len(n.until))
	v, r, dt := &n.view, &n.rate, n.dt
	groups := n.total.groupsNow[i*len(n.total.groups) : (i+1)*len(n.total.groups)]
	faulty := n.outages != nil
	for c := lo; c < hi; c++ {
		if faulty && v.Down[c] {
			if v.DownS[c] += dt; n.outages.dark[c] {
				continue // neither power nor a state
			}
		}
		energy := r.powerW[c] * dt
		v.EnergyJ[c] += energy
		v.LoadS[c] += float64(v.Load[c]) * dt
		v.AskedBit[c] += r.wanted[c] * dt
		v.ServedBit[c] += r.carried[c] * dt
		if v.Serving[c] {
			v.AwakeS[c] += dt
		}
		state := v.State[c]
		n.total.stateS[c*numStates+int(state)] += float32(dt)
		group := &groups[n.group[c]]
		group.StateJ[state] += energy
		group.StateS[state] += dt
		if r.overload[c] {
			group.OverloadS += dt
		}
	}
}
