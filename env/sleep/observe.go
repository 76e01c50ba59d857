package sleep

import (
	"math"
	"math/bits"

	"hibernet/env"
	"hibernet/sim/des"
	"hibernet/sim/shard"
)

// Raw values where there is no cell that could take over: a load of 1, and
// with this cell asleep all of its traffic too many.
const (
	noCandidateLoad     = 1
	noCandidateIfAsleep = 2
)

// scaled returns the clamped observation of a raw value.
func scaled(col int, raw float64) float32 {
	f := &fields[col]
	return float32(min(max((raw-f.Offset)/f.Scale, -ObsLimit), ObsLimit))
}

// common is what all rows observe alike.
type common struct {
	clock [colWeekend + 1]float32 // the columns up to colWeekend, scaled
	hour  int
}

func (e *Env) clockNow() common {
	day := int(e.view.Now/des.Day) % 7
	ofDay := e.view.Now % des.Day
	sin, cos := math.Sincos(2 * math.Pi * ofDay.Hours() / 24)
	weekend := 0.0
	if day >= 5 {
		weekend = 1
	}
	c := common{hour: int(ofDay / des.Hour)}
	for col, raw := range [...]float64{colHour: ofDay.Hours(), colHourSin: sin, colHourCos: cos, colDow: float64(day), colWeekend: weekend} {
		c.clock[col] = scaled(col, raw)
	}
	return c
}

// sense reads from the network what shield and mask need.
func (e *Env) sense() {
	copyStates(e.present, e.view.State)
	copyStates(e.target, e.view.Target)
	for c, until := range e.view.Until {
		e.busy[c] = until != 0
	}
	for c, down := range e.view.Down { // of no length where nothing may break
		e.busy[c] = e.busy[c] || down
	}
	e.pool.Each(shard.Count(len(e.cost)), e.takeoverPass)
}

// takeoverShard finds, for the cells of a shard of sectors, the cell that
// carries or would carry the traffic of each while it sleeps.
func (e *Env) takeoverShard(i int) {
	t, p := e.net.Topology(), e.plan
	lo, hi := shard.Range(i, len(e.cost))
	for s := lo; s < hi; s++ {
		first, second := int32(-1), int32(-1)
		for _, c := range p.nearCell[p.nearOff[s]:p.nearOff[s+1]] {
			if !e.view.Serving[c] {
				continue
			}
			if first >= 0 {
				second = c
				break
			}
			first = c
		}
		for c := t.SectorCellOff[s]; c < t.SectorCellOff[s+1]; c++ {
			e.takeover[c], e.pressure[c] = first, 0
			if first == c {
				e.takeover[c] = second
			}
			if k := e.takeover[c]; k >= 0 {
				e.pressure[c] = e.view.Load[k]
			}
		}
	}
}

// write fills everything but the rewards.
func (e *Env) write(b *env.Batch) {
	e.sense()
	e.shield.MaskTo(e.mask, int64(e.view.Now), e.present, e.target, e.busy)
	copy(b.Mask, e.mask)
	for row := range b.Terminated {
		b.Terminated[row], b.Truncated[row] = false, !e.live && e.step > 0
	}
	clear(e.ifFull)
	bins := e.net.Topology().Bins()
	for i, c := range e.fullCell {
		if c >= 0 {
			e.ifFull[c] += e.fullShare[i] * e.offered[i/bins]
		}
	}
	e.now = e.clockNow()
	e.batch = b
	e.pool.Each(shard.Count(len(e.cost)), e.observePass)
	e.batch = nil // it is the caller's
}

func (e *Env) observeShard(i int) {
	lo, hi := shard.Range(i, len(e.cost))
	for s := lo; s < hi; s++ {
		e.observeSector(s)
	}
}

// surroundings is what the cells of a sector see of the awake cells that
// cover it.
type surroundings struct {
	count       int
	sum         float32
	top, second float32 // the two largest loads
	topCell     int32
	once, twice uint16 // bins with at least one and at least two of them
}

func (e *Env) around(s int) surroundings {
	p := e.plan
	a := surroundings{topCell: -1}
	for n := p.nearOff[s]; n < p.nearOff[s+1]; n++ {
		c := p.nearCell[n]
		if !e.view.Serving[c] {
			continue
		}
		load := e.load[c]
		a.count++
		a.sum += load
		a.twice |= a.once & p.nearMask[n]
		a.once |= p.nearMask[n]
		if load > a.top || a.topCell < 0 {
			a.second, a.top, a.topCell = a.top, load, c
		} else {
			a.second = max(a.second, load)
		}
	}
	return a
}

// without returns mean and maximum of the loads with cell c, whose bins are
// mask, left out, and the bins that none of the others covers.
func (a surroundings) without(c int32, counted bool, load float32, mask uint16) (mean, top float32, sole uint16) {
	if !counted {
		if a.count > 0 {
			mean = a.sum / float32(a.count)
		}
		return mean, a.top, mask &^ a.once
	}
	if a.count > 1 {
		mean = max(0, (a.sum-load)/float32(a.count-1))
	}
	top = a.top
	if a.topCell == c {
		top = a.second
	}
	return mean, top, mask &^ a.twice
}

// observeSector writes the rows of a sector's cells.
func (e *Env) observeSector(s int) {
	t, p, v := e.net.Topology(), e.plan, e.view
	a := e.around(s)
	capacity, sectors := float64(p.sectorCap[s]), len(e.cost)
	lo, hi := t.SectorCellOff[s], t.SectorCellOff[s+1]
	awake := 0
	for c := lo; c < hi; c++ {
		if v.Serving[c] {
			awake++
		}
	}
	next := (e.now.hour + 1) % 24
	shared := [...]struct {
		col int
		raw float64
	}{
		{colSectorLoad, float64(e.offered[s]) / capacity},
		{colSectorPrev, float64(e.prevRate[s]) / capacity},
		{colUsualNow, float64(p.history[e.now.hour*sectors+s]) / capacity},
		{colUsualNext, float64(p.history[next*sectors+s]) / capacity},
		{colUsualMean, float64(p.usualMean[s]) / capacity},
		{colSlowShare, share(v.SlowBit[s], v.ServedInBit[s])},
		{colDropShare, share(v.DroppedBit[s], v.OfferedBit[s])},
		{colAwakeShare, float64(awake) / float64(hi-lo)},
	}
	for c := lo; c < hi; c++ {
		row := e.batch.Obs[int(c)*numColumns : (int(c)+1)*numColumns]
		copy(row, e.now.clock[:])
		for _, x := range shared {
			row[x.col] = scaled(x.col, x.raw)
		}
		for i, col := range fixedColumns {
			row[col] = p.fixed[int(c)*len(fixedColumns)+i]
		}
		e.observeCell(row, int(c), s, &a)
	}
}

// share returns part over whole, 0 of nothing.
func share(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return part / whole
}

// observeCell writes what only the cell itself observes.
func (e *Env) observeCell(row []float32, c, s int, a *surroundings) {
	p, v := e.plan, e.view
	put := func(col int, raw float64) { row[col] = scaled(col, raw) }
	put(colOwnLoad, float64(e.load[c]))
	put(colOwnTrend, float64(e.load[c]-e.prevLoad[c]))
	put(colOwnIfFull, float64(e.ifFull[c]))

	mask := p.ownMask[c]
	mean, top, sole := a.without(int32(c), v.Serving[c] && mask != 0, e.load[c], mask)
	put(colNeighbourMean, float64(mean))
	put(colNeighbourMax, float64(top))
	put(colSoleCover, e.demandShare(s, sole))

	candidate, ifAsleep, awake := float64(noCandidateLoad), float64(noCandidateIfAsleep), 0.0
	if k := e.takeover[c]; k >= 0 {
		candidate, awake = float64(e.load[k]), 1
		ifAsleep = candidate
		if v.Serving[c] {
			ifAsleep += float64(e.ifFull[c] * p.capacity[c] / p.capacity[k])
		}
	}
	put(colCandidate, candidate)
	put(colCandidateIfAsleep, ifAsleep)
	put(colCandidateAwake, awake)

	put(colTimeInState, (v.Now-v.Since[c]).Seconds()/60)
	put(colDwellLeft, e.shield.DwellLeftS(c, int64(v.Now))/60)
	put(colWakesLeft, share(float64(e.shield.WakesLeft(c)), float64(e.cfg.Shield.MaxWakesPerDay)))
	transition := 0.0
	if e.busy[c] {
		transition = 1
	}
	put(colInTransition, transition)
	clear(row[colState0:])
	row[colState0+int(e.target[c])] = 1
}

// demandShare returns the share of the sector's demand in the given bins.
func (e *Env) demandShare(s int, mask uint16) float64 {
	t := e.net.Topology()
	sum := 0.0
	for ; mask != 0; mask &= mask - 1 {
		sum += float64(t.BinShare[s*t.Bins()+bits.TrailingZeros16(mask)])
	}
	return sum
}
