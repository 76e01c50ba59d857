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
	mean float64         // share-weighted mean gain over the bins; times a power that all cells of a carrier have in common
	gain [maxBins]uint16 // as radio.Links keeps them
}

// group is the best candidates of one carrier: the sector's own cell first,
// then the others by falling mean gain, the first by index of equals.
type group struct {
	list    []candidate
	others  int
	floorDB float64 // a cell whose largest gain is below is not among the best
}

// found is the links of one shard of sectors.
type found struct {
	count []int32 // links of each sector
	cell  []int32
	gain  []uint16
	cover []uint8
}

// scratch is the memory of one pass over sectors.
type scratch struct {
	near    []near
	draws   draws
	rays    rays
	beam    beam
	gainDB  [maxBins]float64
	entryDB [][maxBins]float64 // [carriers]
	groups  []group            // [carriers]
}

// waveShards is how many shards of sectors are surveyed before their links are
// put into place: enough for all workers, few enough that what waits is small.
const waveShards = 64

// links finds the candidates of all sectors, wave by wave of shards, and puts
// them together in order.
func (b *builder) links() error {
	t, m := b.top, b.spec.Bins
	// Sectors keep hardly any cells of carriers that they do not have.
	room := t.NumCells() * (b.spec.Neighbours + 1)
	room += room / 32
	t.Links.Off = make([]int32, 1, t.Sectors()+1)
	t.Links.Cell = make([]int32, 0, room)
	t.Links.Gain = make([]uint16, 0, room*m)
	t.Cover = make([]uint8, 0, room*((m+7)/8))
	var wave [waveShards]found
	shards := shard.Count(t.Sectors())
	for from := 0; from < shards; from += waveShards {
		parts := wave[:min(waveShards, shards-from)]
		if err := b.each(len(parts), func(i int) { b.surveyShard(from+i, &parts[i]) }); err != nil {
			return err
		}
		for i := range parts {
			f := &parts[i]
			if total := len(t.Links.Cell) + len(f.cell); total > math.MaxInt32 {
				return fmt.Errorf("neighbours: more than %d candidate links, which is how many can be numbered; ask for fewer neighbours", math.MaxInt32)
			}
			for _, n := range f.count {
				t.Links.Off = append(t.Links.Off, t.Links.Off[len(t.Links.Off)-1]+n)
			}
			t.Links.Cell = append(t.Links.Cell, f.cell...)
			t.Links.Gain = append(t.Links.Gain, f.gain...)
			t.Cover = append(t.Cover, f.cover...)
		}
	}
	return nil
}

// surveyShard finds the candidates of one shard of sectors.
func (b *builder) surveyShard(i int, out *found) {
	t := b.top
	sc := scratch{entryDB: make([][maxBins]float64, len(t.Carriers)), groups: make([]group, len(t.Carriers))}
	out.count, out.cell, out.gain, out.cover = out.count[:0], out.cell[:0], out.gain[:0], out.cover[:0]
	lo, hi := shard.Range(i, t.Sectors())
	for s := lo; s < hi; s++ {
		b.survey(s, &sc)
		b.choose(&sc, out)
	}
}

// survey works out the gains of the cells of the sites nearest to the middle
// of sector s, and of its own site.
func (b *builder) survey(s int, sc *scratch) {
	t := b.top
	x, y := t.SectorCentre(s)
	sc.near = b.grid.nearest(x, y, b.spec.SearchSites, sc.near)
	b.draw(s, &sc.draws)
	for k := range sc.groups {
		b.entryLoss(&sc.entryDB[k], s, k)
		sc.groups[k] = group{list: sc.groups[k].list[:0], floorDB: math.Inf(-1)}
	}
	own := t.SectorSite[s]
	if !slices.ContainsFunc(sc.near, func(n near) bool { return n.site == own }) {
		b.surveySite(s, own, sc)
	}
	for _, n := range sc.near {
		b.surveySite(s, n.site, sc)
	}
}

// surveySite adds the cells of one site to the candidates of sector s, but for
// those that cannot be among the best.
func (b *builder) surveySite(s int, site int32, sc *scratch) {
	t, m := b.top, b.spec.Bins
	firstSector, lastSector := t.SiteSectorOff[site], t.SiteSectorOff[site+1]
	firstCell := t.SectorCellOff[firstSector]
	perSector := t.SectorCellOff[firstSector+1] - firstCell // all sectors of a site have the same carriers
	tilt, r, v := b.plan.classes[b.siteClass[site]].DowntiltDeg, &sc.rays, &sc.beam
	b.raysTo(r, site, s, &sc.draws)
	for j := range perSector {
		k := int(t.CellCarrier[firstCell+j])
		b.lossTo(&v.lossDB, site, s, k, &sc.entryDB[k], r)
		for i := range m {
			v.verticalDB[i] = b.pattern[k].VerticalDB(r.downDeg[i], tilt)
		}
		if t.SectorSite[s] != site && b.mostTo(k, v) < sc.groups[k].floorDB {
			continue // none of its cells is among the best
		}
		for q := firstSector; q < lastSector; q++ {
			c := candidate{cell: firstCell + (q-firstSector)*perSector + j, own: int(q) == s}
			most := b.gainTo(&sc.gainDB, k, float64(t.SectorAzimuth[q]), v, r)
			if g := &sc.groups[k]; c.own || most >= g.floorDB {
				b.weigh(&c, s, &sc.gainDB)
				g.add(&c, b.spec.Neighbours)
			}
		}
	}
}

// weigh sets a candidate's gains to the bins of sector s.
func (b *builder) weigh(c *candidate, s int, db *[maxBins]float64) {
	share := b.top.BinShare[s*b.spec.Bins:]
	for i := range b.spec.Bins {
		g := float32(max(dbToLinear(db[i]), minGain))
		c.gain[i] = radio.PackGain(g)
		c.mean += float64(share[i]) * float64(g)
	}
}

// slackDB is far above what rounding makes of a mean, and of the bins' shares
// that sum to 1.
const slackDB = 1e-3

// add takes a candidate among the best if it is the sector's own or one of the
// most best others.
func (g *group) add(c *candidate, most int) {
	if c.own {
		g.list = slices.Insert(g.list, 0, *c)
		return
	}
	if g.others == most && (most == 0 || !stronger(c, &g.list[len(g.list)-1])) {
		return
	}
	at := len(g.list)
	for at > 0 && !g.list[at-1].own && stronger(c, &g.list[at-1]) {
		at--
	}
	if g.others == most {
		g.list = g.list[:len(g.list)-1]
	} else {
		g.others++
	}
	g.list = slices.Insert(g.list, at, *c)
	if g.others == most {
		g.floorDB = 10*log10Of(g.list[len(g.list)-1].mean) - slackDB
	}
}

// stronger says whether a comes before b among the neighbours.
func stronger(a, b *candidate) bool {
	return a.mean > b.mean || a.mean == b.mean && a.cell < b.cell
}

// choose keeps the best candidates of each carrier. Of a carrier that the
// sector does not have, they are kept only if one of them could serve a bin.
func (b *builder) choose(sc *scratch, out *found) {
	m, before := b.spec.Bins, len(out.cell)
	for k := range sc.groups {
		list := sc.groups[k].list
		if len(list) == 0 || !list[0].own && !slices.ContainsFunc(list, func(c candidate) bool { return b.coverOf(&c) != 0 }) {
			continue
		}
		for i := range list {
			c := &list[i]
			out.cell = append(out.cell, c.cell)
			out.gain = append(out.gain, c.gain[:m]...)
			mask := b.coverOf(c)
			if out.cover = append(out.cover, uint8(mask)); m > 8 {
				out.cover = append(out.cover, uint8(mask>>8))
			}
		}
	}
	out.count = append(out.count, int32(len(out.cell)-before))
}

// coverOf returns the bins that a cell reaches at nominal power, by the
// comparison that radio.Model.Associate makes.
func (b *builder) coverOf(c *candidate) uint16 {
	rxW := b.top.Cells.TxRBW[b.top.CellCarrier[c.cell]] / radio.SubcarriersPerPRB
	least := b.minW[b.top.CellCarrier[c.cell]]
	var mask uint16
	for i, g := range c.gain[:b.spec.Bins] {
		if radio.UnpackGain(g)*rxW >= least {
			mask |= 1 << i
		}
	}
	return mask
}
