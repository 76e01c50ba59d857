package topology

import (
	"math"

	"hibernet/sim/radio"
	"hibernet/sim/shard"
)

// The words that a bin draws, in the order of its key.
const (
	wordTurn = iota
	wordOut
	wordIndoor
	wordBuilding
	wordDepth
	wordDepth2
	wordEntry
	wordShare
)

// depthM returns the largest distance inside a building, 25 m or in RMa 10 m;
// the distance is the smaller of two uniform values (TR 38.901 clause 7.4.3.1,
// recalled).
func depthM(s radio.Scenario) float64 {
	if s == radio.RMa {
		return 10
	}
	return 25
}

// binShard places the bins of one shard of sites.
func (b *builder) binShard(i int) {
	t := b.top
	g := &ground{grid: b.grid, bounds: b.plan}
	var f fan
	lo, hi := shard.Range(i, t.Sites())
	for site := lo; site < hi; site++ {
		// Beyond two inter-site distances a user is not this site's.
		polygon := g.cell(int32(site), 2*b.plan.classes[b.siteClass[site]].ISDM)
		first, last := t.SiteSectorOff[site], t.SiteSectorOff[site+1]
		for s := first; s < last; s++ {
			from, to := b.wedgeOf(first, last, s)
			f.wedge(polygon, from, to)
			b.sectorBins(int(s), site, &f)
		}
	}
}

// wedgeOf returns the azimuths between which sector s of the sectors
// [first, last) of a site serves: halfway to the next boresight on each side.
func (b *builder) wedgeOf(first, last, s int32) (from, to float64) {
	azimuth := func(s int32) float64 { return float64(b.top.SectorAzimuth[s]) }
	if last-first == 1 {
		return azimuth(s), azimuth(s)
	}
	before, after := s-1, s+1
	if s == first {
		before = last - 1
	}
	if after == last {
		after = first
	}
	back, ahead := clockwiseDeg(azimuth(before), azimuth(s)), clockwiseDeg(azimuth(s), azimuth(after))
	return azimuth(s) - back/2, azimuth(s) + ahead/2
}

// sectorBins draws the bins of a sector: uniform over its part of the ground,
// one in each of M equal parts by turning angle, so that they spread out.
func (b *builder) sectorBins(s, site int, f *fan) {
	t, m := b.top, b.spec.Bins
	class := &b.plan.classes[b.siteClass[site]]
	scenario := b.scenario[b.siteClass[site]]
	total := 0.0
	var weight [maxBins]float64
	for i := range m {
		at := s*m + i
		key := b.binKey.At(uint64(at))
		p := f.at((float64(i)+key.Float64(wordTurn))/float64(m), key.Float64(wordOut))
		t.BinX[at], t.BinY[at] = float32(t.SiteX[site]+p.x), float32(t.SiteY[site]+p.y)
		kind := b.enclosure(class, key.Float64(wordIndoor), key.Float64(wordBuilding))
		t.BinBuilding[at] = kind
		t.BinIndoor[at] = kind != radio.Outdoor && kind != radio.Car
		b.entry[at] = float32(key.Norm(wordEntry))
		if t.BinIndoor[at] {
			depth := min(key.Float64(wordDepth), key.Float64(wordDepth2))
			if kind == radio.SimpleBelow6G { // Table 7.4.3-3: one uniform value
				depth = key.Float64(wordDepth)
			}
			b.inDepthM[at] = float32(depth * depthM(scenario))
		}
		weight[i] = math.Exp(b.spec.BinShareSigma * key.Norm(wordShare))
		total += weight[i]
	}
	for i := range m {
		t.BinShare[s*m+i] = float32(weight[i] / total)
	}
}

// enclosure draws what a bin's users are in.
func (b *builder) enclosure(class *ClassSpec, indoor, building float64) radio.Building {
	switch {
	case indoor < class.IndoorShare && b.spec.Penetration == penetrationSimple:
		return radio.SimpleBelow6G
	case indoor < class.IndoorShare && building < class.HighLossShare:
		return radio.HighLoss
	case indoor < class.IndoorShare:
		return radio.LowLoss
	case building < class.CarShare:
		return radio.Car
	}
	return radio.Outdoor
}
