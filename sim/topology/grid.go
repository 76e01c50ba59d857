package topology

import (
	"math"
	"slices"
)

// space measures differences between points of the map, around its edges if
// it is a torus.
type space struct {
	torus           bool
	widthM, heightM float64
}

// delta returns the shortest form of a difference of positions.
func (s *space) delta(dx, dy float64) (float64, float64) {
	if s.torus {
		return nearImage(dx, s.widthM), nearImage(dy, s.heightM)
	}
	return dx, dy
}

// near is a site seen from a point: its offset from the point and squared
// distance.
type near struct {
	site   int32
	dx, dy float64
	d2     float64
}

// before says whether a site is nearer than another, or of lower index.
func (n *near) before(other *near) bool {
	return n.d2 < other.d2 || n.d2 == other.d2 && n.site < other.site
}

// grid finds the sites nearest to a point: squares that hold about one site
// on average, each with its sites in ascending order.
type grid struct {
	space
	xs, ys     []float64
	minX, minY float64
	nx, ny     int
	stepX      float64
	stepY      float64
	off        []int32 // [nx*ny+1]
	site       []int32 // [sites]
}

func newGrid(xs, ys []float64, p *plan, torus bool) *grid {
	g := &grid{xs: xs, ys: ys, minX: p.minX, minY: p.minY}
	g.space = space{torus: torus, widthM: p.maxX - p.minX, heightM: p.maxY - p.minY}
	step := math.Sqrt(g.widthM * g.heightM / float64(len(xs)))
	// The bound keeps a long thin map from making more squares than sites.
	g.nx = min(max(1, int(g.widthM/step)), len(xs))
	g.ny = min(max(1, int(g.heightM/step)), len(xs))
	g.stepX, g.stepY = g.widthM/float64(g.nx), g.heightM/float64(g.ny)
	g.off = make([]int32, g.nx*g.ny+1)
	g.site = make([]int32, len(xs))
	for i := range xs {
		cx, cy := g.square(xs[i], ys[i])
		g.off[cy*g.nx+cx+1]++
	}
	for i := range g.nx * g.ny {
		g.off[i+1] += g.off[i]
	}
	fill := slices.Clone(g.off)
	for i := range xs {
		cx, cy := g.square(xs[i], ys[i])
		g.site[fill[cy*g.nx+cx]] = int32(i)
		fill[cy*g.nx+cx]++
	}
	return g
}

func (g *grid) square(x, y float64) (int, int) {
	cx, cy := int((x-g.minX)/g.stepX), int((y-g.minY)/g.stepY)
	return min(max(cx, 0), g.nx-1), min(max(cy, 0), g.ny-1)
}

// nearest returns the k sites nearest to (x, y), nearest first and by index at
// equal distance, or all if there are fewer. It uses buf's memory.
func (g *grid) nearest(x, y float64, k int, buf []near) []near {
	if g.torus {
		x, y = g.minX+settle(x-g.minX, g.widthM, true), g.minY+settle(y-g.minY, g.heightM, true)
	}
	cx, cy := g.square(x, y)
	step := min(g.stepX, g.stepY)
	found := shortlist{list: buf[:0], most: k}
	for ring := 0; ; ring++ {
		if g.torus && (2*ring+1 > g.nx || 2*ring+1 > g.ny) || ring >= max(g.nx, g.ny) {
			found.list = found.list[:0] // the ring meets itself, or nothing is left: take all
			for i := range g.xs {
				g.take(&found, int32(i), x, y)
			}
			return found.list
		}
		g.ring(&found, cx, cy, ring, x, y)
		// Whatever has not been visited is more than ring squares away.
		if reach := float64(ring) * step; len(found.list) == k && found.list[k-1].d2 <= reach*reach {
			return found.list
		}
	}
}

// ring takes the sites of the squares at Chebyshev distance r from (cx, cy).
func (g *grid) ring(found *shortlist, cx, cy, r int, x, y float64) {
	for dy := -r; dy <= r; dy++ {
		stride := 2 * r
		if dy == -r || dy == r || r == 0 {
			stride = 1
		}
		for dx := -r; dx <= r; dx += stride {
			i, j := cx+dx, cy+dy
			if g.torus {
				i, j = (i+g.nx)%g.nx, (j+g.ny)%g.ny
			} else if i < 0 || j < 0 || i >= g.nx || j >= g.ny {
				continue
			}
			at := j*g.nx + i
			for _, s := range g.site[g.off[at]:g.off[at+1]] {
				g.take(found, s, x, y)
			}
		}
	}
}

func (g *grid) take(found *shortlist, s int32, x, y float64) {
	dx, dy := g.delta(g.xs[s]-x, g.ys[s]-y)
	found.add(near{site: s, dx: dx, dy: dy, d2: dx*dx + dy*dy})
}

// shortlist is the most nearest sites met so far, nearest first and by index at
// equal distance.
type shortlist struct {
	list []near
	most int
}

func (r *shortlist) add(n near) {
	at := len(r.list)
	if at == r.most {
		if !n.before(&r.list[at-1]) {
			return
		}
		at--
	} else {
		r.list = append(r.list, n)
	}
	for at > 0 && n.before(&r.list[at-1]) {
		r.list[at] = r.list[at-1]
		at--
	}
	r.list[at] = n
}
