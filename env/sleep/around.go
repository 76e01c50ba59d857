package sleep

import mathbits "math/bits"

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
	t := e.net.Topology()
	a := surroundings{topCell: -1}
	for l := t.Links.Off[s]; l < t.Links.Off[s+1]; l++ {
		c, mask := t.Links.Cell[l], t.Cover[l]
		if mask == 0 || !e.view.Serving[c] {
			continue
		}
		load := e.load[c]
		a.count++
		a.sum += load
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
			mask := e.plan.ownMask(s, c)
			mean, top, sole := a.without(c, e.view.Serving[c] && mask != 0, e.load[c], mask)
			row := e.batch.Obs[int(c)*width : (int(c)+1)*width]
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

// pooled are the features that a sector's cells are told of their neighbours,
// in the order of the columns from colAroundIfFull on: a message of fixed size,
// however many neighbours there are.
type pooled [colAroundDrop - colAroundIfFull + 1]float64

// told returns what an awake cell tells of itself.
func (e *Env) told(c int32) (p pooled) {
	s := int(e.net.Topology().CellSector[c])
	if e.at[colAroundIfFull] >= 0 {
		p[colAroundIfFull-colAroundIfFull] = float64(e.ifFull[c])
	}
	if e.at[colAroundSector] >= 0 {
		p[colAroundSector-colAroundIfFull] = e.sectorLoad(s)
	}
	if e.at[colAroundDrop] >= 0 {
		p[colAroundDrop-colAroundIfFull] = e.dropShare(s)
	}
	return p
}

// observePooled writes what the awake cells that cover a sector tell its cells,
// each one's own message left out.
func (e *Env) observePooled(lo, hi int) {
	t, width := e.net.Topology(), len(e.cols)
	for s := lo; s < hi; s++ {
		count, sum := 0, pooled{}
		for l := t.Links.Off[s]; l < t.Links.Off[s+1]; l++ {
			c := t.Links.Cell[l]
			if t.Cover[l] == 0 || !e.view.Serving[c] {
				continue
			}
			count++
			for i, x := range e.told(c) {
				sum[i] += x
			}
		}
		for c := t.SectorCellOff[s]; c < t.SectorCellOff[s+1]; c++ {
			n, rest := count, sum
			if e.view.Serving[c] && e.plan.ownMask(s, c) != 0 {
				n--
				for i, x := range e.told(c) {
					rest[i] -= x
				}
			}
			row := e.batch.Obs[int(c)*width : (int(c)+1)*width]
			if at := e.at[colAroundCount]; at >= 0 {
				row[at] = scaled(colAroundCount, float64(n))
			}
			for i, x := range rest {
				if at := e.at[colAroundIfFull+i]; at >= 0 {
					row[at] = scaled(colAroundIfFull+i, max(0, share(x, float64(n))))
				}
			}
		}
	}
}
