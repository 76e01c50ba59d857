package sim

import (
	"hibernet/sim/des"
	"hibernet/sim/shard"
	"hibernet/sim/simd"
)

// rates is how fast things accumulate until the next event, as far as it is
// kept: what follows from it directly is reckoned when it is integrated.
type rates struct {
	draws  []draws      // [carriers*states] radio unit
	standW []float64    // [cells] what it draws for others that stand on it, before its supply; nil if no unit is shared
	yield  []simd.Yield // [cells] what users get: Mbit/s times Hz s of need
	asked  []float32    // [cells] bit/s of the bins that the cell serves

	// Where things break.
	powerW  []float64 // [cells] radio unit with its supply overhead
	dropped []float64 // [sectors] bit/s
}

// draws is what a radio unit draws in a state, with its supply, W.
type draws struct {
	idle  float64 // without load, before its own deviation
	slope float64 // what full load adds
}

func newRates(sectors, cells, carriers int, faults bool) rates {
	r := rates{
		draws: make([]draws, carriers*numStates),
		yield: make([]simd.Yield, cells), asked: make([]float32, cells),
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
	q, yield, perHz := newSharing(n.spec.MaxTransfers), n.rate.yield[lo:hi], n.model.PerHz()[lo:hi]
	light := float32(q.light)
	for c, f := range n.view.Offered[lo:hi] {
		part, user := float32(1), 1-f
		if f >= light {
			of, gets := q.of(float64(f))
			part, user = float32(of), float32(gets)
		}
		yield[c] = simd.Yield{Part: part, Rate: user * 1e-6 / perHz[c]}
	}
	if n.outages != nil {
		for c := lo; c < hi; c++ {
			n.rate.powerW[c] = n.faultyW(c)
		}
	}
}

// sumPart integrates a part of the network over the present piece of time.
func (n *Network) sumPart(i int) {
	p := &n.total.parts[i]
	n.sumSectors(p)
	n.sumCells(p)
}

// sumCells integrates the cells of a part.
func (n *Network) sumCells(p *part) {
	v, r := &n.view, &n.rate
	var energyJ [shard.Size]float64
	for lo := p.cells[0]; lo < p.cells[1]; lo += shard.Size {
		hi := min(lo+shard.Size, p.cells[1])
		n.sumEnergy(energyJ[:hi-lo], p, lo)
		to := simd.CellSums{
			EnergyJ: v.EnergyJ[lo:hi], LoadS: v.LoadS[lo:hi], AwakeS: v.AwakeS[lo:hi], AskedBit: v.AskedBit[lo:hi], ServedBit: v.ServedBit[lo:hi],
		}
		if n.first {
			for _, a := range [...][]float32{to.EnergyJ, to.LoadS, to.AwakeS, to.AskedBit, to.ServedBit} {
				clear(a)
			}
		}
		total := to.Add(energyJ[:hi-lo], v.Load[lo:hi], v.Serving[lo:hi], r.asked[lo:hi], r.yield[lo:hi], n.dt)
		p.energyJ, p.loadS, p.served = p.energyJ+total.EnergyJ, p.loadS+total.LoadS, p.served+total.ServedBit
	}
}

// sumEnergy writes what some of a part's cells, from lo on, draw in the present
// piece of time, dst [cells], J, and counts it by group and state. A cell without
// power serves nobody: it adds nothing to any sum, and is in no state.
func (n *Network) sumEnergy(dst []float64, p *part, lo int) {
	v, r, dt, hi := &n.view, &n.rate, n.dt, lo+len(dst)
	load, state, offered := v.Load[lo:hi], v.State[lo:hi], v.Offered[lo:hi]
	carrier, unit, group := n.topo.CellCarrier[lo:hi], n.unit[lo:hi], n.group[lo:hi]
	for c, now := range state {
		k := int(carrier[c])
		draws := &r.draws[k*numStates+int(now)]
		watt := draws.idle*float64(unit[c]) + draws.slope*float64(load[c])
		if r.standW != nil {
			watt += r.standW[lo+c] * n.factor[k]
		}
		if n.outages != nil {
			watt = r.powerW[lo+c]
			if v.Down[lo+c] {
				v.DownS[lo+c] += dt
			}
			if n.outages.dark[lo+c] {
				dst[c] = 0
				continue
			}
		}
		energy := watt * dt
		dst[c] = energy
		of := &p.now[group[c]]
		of.StateJ[now] += energy
		of.StateS[now] += dt
		if offered[c] > 1 {
			of.OverloadS += dt
		}
	}
}
