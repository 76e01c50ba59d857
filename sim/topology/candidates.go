package topology

import (
	"fmt"
	"math"
	"slices"

	"hibernet/sim/radio"
	"hibernet/sim/shard"
)

// candidate is a cell that a sector's bins may be served or disturbed by.
type candidate struct {
	cell int32
	own  bool
	mean float64 // share-weighted mean gain over the bins; times a power that all cells of a carrier have in common
	at   int32   // its gains are scratch.gain[at*M : (at+1)*M]
}

// found is the links of one shard of sectors.
type found struct {
	count []int32 // links of each sector
	cell  []int32
	gain  []uint16
	cover []uint16
}

// scratch is the memory of one pass over sectors.
type scratch struct {
	near []near
	gain []float32
	all  []candidate
	best []candidate
	draw [maxBins]draws
}

// links finds the candidates of all sectors, shard by shard, and then puts the
// shards together in order.
func (b *builder) links() error {
	t, m := b.top, b.spec.Bins
	shards := make([]found, shard.Count(t.Sectors()))
	err := b.each(len(shards), func(i int) {
		var sc scratch
		lo, hi := shard.Range(i, t.Sectors())
		for s := lo; s < hi; s++ {
			b.survey(s, &sc)
			b.choose(&sc, &shards[i])
		}
	})
	if err != nil {
		return err
	}
	total := 0
	for i := range shards {
		total += len(shards[i].cell)
	}
	if total > math.MaxInt32 {
		return fmt.Errorf("neighbours: %d candidate links, at most %d can be numbered; ask for fewer neighbours", total, math.MaxInt32)
	}
	t.Links.Off = make([]int32, 1, t.Sectors()+1)
	t.Links.Cell = make([]int32, 0, total)
	t.Links.Gain = make([]uint16, 0, total*m)
	t.Cover = make([]uint16, 0, total)
	for i := range shards {
		f := &shards[i]
		for _, n := range f.count {
			t.Links.Off = append(t.Links.Off, t.Links.Off[len(t.Links.Off)-1]+n)
		}
		t.Links.Cell = append(t.Links.Cell, f.cell...)
		t.Links.Gain = append(t.Links.Gain, f.gain...)
		t.Cover = append(t.Cover, f.cover...)
		*f = found{} // give the memory back before the next shard is copied
	}
	return nil
}

// survey works out the gains of the cells of the sites nearest to the middle
// of sector s, and of its own site.
func (b *builder) survey(s int, sc *scratch) {
	t := b.top
	x, y := t.SectorCentre(s)
	sc.near = b.grid.nearest(x, y, b.spec.SearchSites, sc.near)
	for i := range b.spec.Bins {
		sc.draw[i] = b.drawsOf(s*b.spec.Bins + i)
	}
	own := t.SectorSite[s]
	sc.all, sc.gain = sc.all[:0], sc.gain[:0]
	if !slices.ContainsFunc(sc.near, func(n near) bool { return n.site == own }) {
		b.surveySite(s, own, sc)
	}
	for _, n := range sc.near {
		b.surveySite(s, n.site, sc)
	}
}

// surveySite appends the cells of one site, with their gains to the bins of
// sector s.
func (b *builder) surveySite(s int, site int32, sc *scratch) {
	t, m := b.top, b.spec.Bins
	firstSector, lastSector := t.SiteSectorOff[site], t.SiteSectorOff[site+1]
	firstCell, lastCell := t.SectorCellOff[firstSector], t.SectorCellOff[lastSector]
	perSector := int((lastCell - firstCell) / (lastSector - firstSector)) // all sectors of a site have the same carriers
	base := len(sc.all)
	for c := firstCell; c < lastCell; c++ {
		sc.all = append(sc.all, candidate{cell: c, own: int(t.CellSector[c]) == s, at: int32(len(sc.all))})
	}
	sc.gain = slices.Grow(sc.gain, int(lastCell-firstCell)*m)[:len(sc.all)*m]
	for i := range m {
		bin := s*m + i
		dx, dy := b.grid.delta(float64(t.BinX[bin])-t.SiteX[site], float64(t.BinY[bin])-t.SiteY[site])
		r := b.rayTo(site, bin, dx, dy, &sc.draw[i])
		for j := range perSector {
			k := int(t.CellCarrier[int(firstCell)+j])
			loss := b.lossDB(site, bin, k, &r)
			lastDB, last := math.Inf(1), float32(0) // sectors that look away have the same gain
			for q := range int(lastSector - firstSector) {
				c := &sc.all[base+q*perSector+j]
				db := b.gainDB(b.siteClass[site], k, float64(t.SectorAzimuth[int(firstSector)+q]), loss, &r)
				if db != lastDB {
					lastDB, last = db, float32(max(dbToLinear(db), minGain))
				}
				g := last
				sc.gain[int(c.at)*m+i] = radio.UnpackGain(radio.PackGain(g)) // as it is kept
				c.mean += float64(t.BinShare[bin]) * float64(g)
			}
		}
	}
}

// choose keeps, of each carrier, the sector's own cell and the strongest
// others. Of a carrier that the sector does not have, neighbours are kept only
// if one of them could serve a bin.
func (b *builder) choose(sc *scratch, out *found) {
	t, m := b.top, b.spec.Bins
	before := len(out.cell)
	for k := range t.Carriers {
		group := b.strongest(sc, uint8(k))
		if len(group) == 0 || !group[0].own && !b.anyCovers(group, sc) {
			continue
		}
		for _, c := range group {
			gain := sc.gain[int(c.at)*m : (int(c.at)+1)*m]
			out.cell = append(out.cell, c.cell)
			for _, g := range gain {
				out.gain = append(out.gain, radio.PackGain(g))
			}
			out.cover = append(out.cover, b.coverOf(c.cell, gain))
		}
	}
	out.count = append(out.count, int32(len(out.cell)-before))
}

// strongest returns the cells of carrier k that a sector keeps: its own first,
// then the others by falling mean gain, the first by index of equals. The slice
// is the scratch's until the next call.
func (b *builder) strongest(sc *scratch, k uint8) []candidate {
	list, others := sc.best[:0], 0
	for _, c := range sc.all {
		if b.top.CellCarrier[c.cell] != k {
			continue
		}
		if c.own {
			list = slices.Insert(list, 0, c)
			continue
		}
		if others == b.spec.Neighbours && (others == 0 || !stronger(&c, &list[len(list)-1])) {
			continue
		}
		at := len(list)
		for at > 0 && !list[at-1].own && stronger(&c, &list[at-1]) {
			at--
		}
		if others == b.spec.Neighbours {
			list = list[:len(list)-1]
		} else {
			others++
		}
		list = slices.Insert(list, at, c)
	}
	sc.best = list
	return list
}

// stronger says whether a comes before b among the neighbours.
func stronger(a, b *candidate) bool {
	return a.mean > b.mean || a.mean == b.mean && a.cell < b.cell
}

func (b *builder) anyCovers(group []candidate, sc *scratch) bool {
	m := b.spec.Bins
	return slices.ContainsFunc(group, func(c candidate) bool {
		return b.coverOf(c.cell, sc.gain[int(c.at)*m:(int(c.at)+1)*m]) != 0
	})
}

// coverOf returns the bins that a cell reaches at nominal power, by the
// comparison that radio.Model.Associate makes.
func (b *builder) coverOf(cell int32, gain []float32) uint16 {
	rxW := b.top.Cells.TxRBW[cell] / radio.SubcarriersPerPRB
	least := b.minW[b.top.CellCarrier[cell]]
	var mask uint16
	for i, g := range gain {
		if g*rxW >= least {
			mask |= 1 << i
		}
	}
	return mask
}
