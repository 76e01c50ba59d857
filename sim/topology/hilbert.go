package topology

import (
	"cmp"
	"slices"
)

// hilbertBits is the resolution of the curve along each axis.
const hilbertBits = 16

// orderSites sorts the sites along a Hilbert curve through the map, so that
// cells which interfere are near each other in memory. Sites at one point of
// the curve keep an order by position and then as given.
func orderSites(p *plan) {
	side := max(p.maxX-p.minX, p.maxY-p.minY)
	scale := float64(1<<hilbertBits-1) / side
	type at struct {
		along uint64
		site  int32
	}
	order := make([]at, len(p.sites))
	for i, s := range p.sites {
		order[i] = at{hilbert(uint32((s.x-p.minX)*scale), uint32((s.y-p.minY)*scale)), int32(i)}
	}
	slices.SortFunc(order, func(a, b at) int {
		sa, sb := &p.sites[a.site], &p.sites[b.site]
		return cmp.Or(cmp.Compare(a.along, b.along), cmp.Compare(sa.x, sb.x), cmp.Compare(sa.y, sb.y), cmp.Compare(a.site, b.site))
	})
	sorted := make([]placed, len(order))
	for i, o := range order {
		sorted[i] = p.sites[o.site]
	}
	p.sites = sorted
}

// hilbert returns the distance along a Hilbert curve of 2^hilbertBits squares a
// side at which it visits square (x, y).
func hilbert(x, y uint32) uint64 {
	var d uint64
	for s := uint32(1) << (hilbertBits - 1); s > 0; s >>= 1 {
		var rx, ry uint32
		if x&s != 0 {
			rx = 1
		}
		if y&s != 0 {
			ry = 1
		}
		d += uint64(s) * uint64(s) * uint64((3*rx)^ry)
		x, y = x&(s-1), y&(s-1)
		if ry == 0 {
			if rx == 1 {
				x, y = s-1-x, s-1-y
			}
			x, y = y, x
		}
	}
	return d
}
