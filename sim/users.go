package sim

import (
	"hibernet/sim/radio"
	"hibernet/sim/shard"
	"hibernet/sim/simd"
)

// atOnce is how many sectors are reckoned with at a time: what is written of them
// stays in the nearest cache.
const atOnce = 16

// mostBins is the largest number of position bins of a sector that users has
// room for.
const mostBins = 16

// users is what becomes of the traffic of some sectors, one after the other.
type users struct {
	sums       [atOnce]simd.Served        // bit/s; slow below the target, poor below the guard
	mbps, flow [atOnce * mostBins]float32 // [sectors*bins] user throughput; bit/s asked for
}

// usersTo reckons with the sectors [lo, hi), at most atOnce. The throughput of a
// user in a bin is that of a processor-sharing queue (sharing), whatever the law
// of the file sizes.
func (n *Network) usersTo(u *users, lo, hi int) {
	bins, targets := n.topo.Links.Bins, [2]float32{float32(n.spec.TargetThroughputMbps), n.guardMbps}
	if bins == simd.Lanes {
		sectors, m := n.model.Sectors(), (hi-lo)*bins
		sectors.UsersTo(u.sums[:hi-lo], u.mbps[:m], u.flow[:m], lo, n.asked[lo:hi], n.rate.yield, targets)
		return
	}
	for s := lo; s < hi; s++ {
		from, to := (s-lo)*bins, (s-lo+1)*bins
		u.sums[s-lo] = n.usersOf(u.mbps[from:to], u.flow[from:to], s, targets)
	}
}

// usersOf is usersTo for one sector of any number of bins.
func (n *Network) usersOf(mbps, flow []float32, s int, targets [2]float32) (sum simd.Served) {
	asked, cells := n.asked[s], n.topo.Links.Cell[n.topo.Links.Off[s]:n.topo.Links.Off[s+1]]
	share := n.topo.BinShare[s*len(mbps) : (s+1)*len(mbps)]
	n.model.NeedTo(mbps, s)
	for b, server := range n.model.Servers(s) {
		need := mbps[b]
		flow[b], mbps[b] = asked*share[b], 0
		if server == radio.Outage {
			sum.Lost += flow[b]
			sum.Outage += share[b]
			continue
		}
		y := n.rate.yield[cells[server]]
		if need > 0 {
			mbps[b] = y.Rate / need
		}
		got := flow[b] * y.Part
		sum.Served += got
		sum.Over += flow[b] - got
		if mbps[b] < targets[0] {
			sum.Slow += got
		}
		if mbps[b] < targets[1] {
			sum.Poor += got
		}
	}
	return sum
}

// unserved returns what of a sector's traffic is dropped and what waits, bit/s.
func (n *Network) unserved(sum *simd.Served) (dropped, deferred float64) {
	if n.spec.Overload == OverloadQueue {
		return float64(sum.Lost), float64(sum.Over)
	}
	return float64(sum.Lost + sum.Over), 0
}

// dropSectors sets what the sectors of a shard drop.
func (n *Network) dropSectors(i int) {
	var u users
	for lo, end := shard.Range(i, len(n.demand)); lo < end; lo += atOnce {
		hi := min(lo+atOnce, end)
		n.usersTo(&u, lo, hi)
		for s := lo; s < hi; s++ {
			n.rate.dropped[s], _ = n.unserved(&u.sums[s-lo])
		}
	}
}

// sumSectors integrates the sectors of a part.
func (n *Network) sumSectors(p *part) {
	var u users
	bins := n.topo.Links.Bins
	for lo := p.sectors[0]; lo < p.sectors[1]; lo += atOnce {
		hi := min(lo+atOnce, p.sectors[1])
		n.usersTo(&u, lo, hi)
		n.sumUsers(p, u.sums[:hi-lo], lo)
		p.usersNow.AddAll(u.mbps[:(hi-lo)*bins], u.flow[:(hi-lo)*bins], n.dt)
	}
}

// sumUsers integrates the sums of some of a part's sectors, from lo on.
func (n *Network) sumUsers(p *part, sums []simd.Served, lo int) {
	v, dt, hi := &n.view, n.dt, lo+len(sums)
	demand, offered, served := n.demand[lo:hi], v.OfferedBit[lo:hi], v.ServedInBit[lo:hi]
	dropped, slow, outage := v.DroppedBit[lo:hi], v.SlowBit[lo:hi], v.OutageS[lo:hi]
	var poor []float32
	if v.PoorBit != nil {
		poor = v.PoorBit[lo:hi]
	}
	if n.first {
		for _, a := range [...][]float32{offered, served, slow, outage, poor} {
			clear(a)
		}
		if n.queue == nil { // else it is counted when an epoch begins, too
			clear(dropped)
		}
	}
	for s := range sums {
		sum := &sums[s]
		drops, waits := n.unserved(sum)
		if n.queue != nil {
			n.queue[lo+s] = max(n.queue[lo+s]+(waits-n.drain[lo+s])*dt, 0)
		}
		in, out, gone := float64(demand[s])*dt, drops*dt, float64(sum.Outage)*dt
		offered[s] += float32(in)
		served[s] += float32(float64(sum.Served) * dt)
		dropped[s] += float32(out)
		slow[s] += float32(float64(sum.Slow) * dt)
		outage[s] += float32(gone)
		if poor != nil {
			poor[s] += float32(float64(sum.Poor) * dt)
		}
		p.offered, p.dropped, p.outageS = p.offered+in, p.dropped+out, p.outageS+gone
	}
}
