package sleep

import (
	mathbits "math/bits"

	"hibernet/sim/shard"
)

// surroundings is what the cells of a sector see of the awake cells that
// cover it.
type surroundings struct {
	count       int
	sum         float32
	top, second float32 // the two largest loads
	topCell     int32
	once, twice uint16  // bins with at least one and at least two of them
	told        message // sum of what they tell
}

func (e *Env) around(s int) surroundings {
	t := e.net.Topology()
	a := surroundings{topCell: -1}
	for l := t.Links.Off[s]; l < t.Links.Off[s+1]; l++ {
		c, mask := t.Links.Cell[l], t.CoverOf(int(l))
		if mask == 0 || !e.view.Serving[c] {
			continue
		}
		load := e.load[c]
		a.count++
		a.sum += load
		if e.needs.pooled {
			m := e.message(c)
			a.told = message{a.told[0] + m[0], a.told[1] + m[1], a.told[2] + m[2]}
		}
		a.twice |= a.once & mask
		a.once |= mask
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

// observeAround writes what the cells observe of the other awake ones.
func (e *Env) observeAround(lo, hi int) {
	t, width := e.net.Topology(), len(e.cols)
	for s := lo; s < hi; s++ {
		a := e.around(s)
		for c := t.SectorCellOff[s]; c < t.SectorCellOff[s+1]; c++ {
			mask := e.plan.own[c]
			counted := e.view.Serving[c] && mask != 0
			row := e.batch.Obs[int(c)*width : (int(c)+1)*width]
			if e.needs.around {
				e.observeNear(row, s, a, c, counted, mask)
			}
			if e.needs.pooled {
				e.observePooled(row, a, c, counted)
			}
		}
	}
}

// observeNear writes what a cell, whose bins are mask, observes of the loads and
// the cover of the others.
func (e *Env) observeNear(row []float32, s int, a surroundings, c int32, counted bool, mask uint16) {
	mean, top, sole := a.without(c, counted, e.load[c], mask)
	if at := e.at[colNeighbourMean]; at >= 0 {
		row[at] = scaled(colNeighbourMean, float64(mean))
	}
	if at := e.at[colNeighbourMax]; at >= 0 {
		row[at] = scaled(colNeighbourMax, float64(top))
	}
	if at := e.at[colSoleCover]; at >= 0 {
		row[at] = scaled(colSoleCover, e.demandShare(s, sole))
	}
}

// demandShare returns the share of the sector's demand in the given bins.
func (e *Env) demandShare(s int, mask uint16) float64 {
	t := e.net.Topology()
	sum := 0.0
	for ; mask != 0; mask &= mask - 1 {
		sum += float64(t.BinShare[s*t.Bins()+mathbits.TrailingZeros16(mask)])
	}
	return sum
}

// message is what a cell tells its neighbours: own_load_if_full, and its sector's
// sector_load and drop_share, in the order of the columns from colAroundIfFull
// on. What a cell is told is the mean of its awake neighbours' messages, and so
// of fixed size however many they are.
type message [colAroundDrop - colAroundIfFull + 1]float32

// tellShard notes what the cells of a shard of sectors tell of their sector.
func (e *Env) tellShard(i int) {
	lo, hi := shard.Range(i, e.sectors)
	for s := lo; s < hi; s++ {
		e.told[s] = [2]float32{float32(e.sectorLoad(s)), float32(e.dropShare(s))}
	}
}

// message returns what a cell tells.
func (e *Env) message(c int32) message {
	of := &e.told[e.net.Topology().CellSector[c]]
	return message{e.ifFull[c], of[0], of[1]}
}

// observePooled writes what the awake cells that cover a sector tell one of its
// cells, whose own message is left out.
func (e *Env) observePooled(row []float32, a surroundings, c int32, counted bool) {
	n, rest := a.count, a.told
	if counted {
		m := e.message(c)
		n, rest = n-1, message{rest[0] - m[0], rest[1] - m[1], rest[2] - m[2]}
	}
	if at := e.at[colAroundCount]; at >= 0 {
		row[at] = scaled(colAroundCount, float64(n))
	}
	for i, x := range rest {
		if at := e.at[colAroundIfFull+i]; at >= 0 {
			row[at] = scaled(colAroundIfFull+i, max(0, share(float64(x), float64(n))))
		}
	}
}
