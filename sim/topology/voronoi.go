package topology

import (
	"cmp"
	"math"
	"slices"
)

// coLocatedM is the distance below which two sites count as one mast: no
// border is drawn between them, and both serve the same area.
const coLocatedM = 1.0

// point is a position relative to a site, m.
type point struct{ x, y float64 }

// ground cuts the map into the areas that are nearest to each site (Voronoi
// cells), not farther than reach from it.
type ground struct {
	grid    *grid
	bounds  *plan
	found   []near
	polygon []point
	spare   []point
}

// cell returns the corners of the Voronoi cell of a site, relative to the site
// and counter-clockwise. It is convex and contains the site. The slice is the
// ground's own until the next call.
func (g *ground) cell(site int32, reachM float64) []point {
	x, y := g.grid.xs[site], g.grid.ys[site]
	g.polygon = g.polygon[:0]
	for i := range 16 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 16)
		g.polygon = append(g.polygon, point{reachM * cos, reachM * sin})
	}
	if !g.grid.torus {
		b := g.bounds
		g.clip(1, 0, b.maxX-x)
		g.clip(-1, 0, x-b.minX)
		g.clip(0, 1, b.maxY-y)
		g.clip(0, -1, y-b.minY)
	}
	for k := 16; ; k *= 4 {
		g.found = g.grid.nearest(x, y, k, g.found)
		for _, n := range g.found {
			if n.site != site && n.d2 >= coLocatedM*coLocatedM {
				g.clip(n.dx, n.dy, n.d2/2)
			}
		}
		// A site farther than twice the farthest corner cannot cut it off.
		far := 0.0
		for _, p := range g.polygon {
			far = max(far, p.x*p.x+p.y*p.y)
		}
		if len(g.found) < k || g.found[k-1].d2 >= 4*far {
			return g.polygon
		}
	}
}

// clip keeps the part of the polygon where nx x + ny y <= c (Sutherland and
// Hodgman's method against one edge).
func (g *ground) clip(nx, ny, c float64) {
	out := g.spare[:0]
	for i, p := range g.polygon {
		q := g.polygon[(i+1)%len(g.polygon)]
		dp, dq := nx*p.x+ny*p.y-c, nx*q.x+ny*q.y-c
		if dp <= 0 {
			out = append(out, p)
		}
		if dp < 0 && dq > 0 || dp > 0 && dq < 0 {
			t := dp / (dp - dq)
			out = append(out, point{p.x + t*(q.x-p.x), p.y + t*(q.y-p.y)})
		}
	}
	g.polygon, g.spare = out, g.polygon
}

// fan is the part of a site's cell that belongs to one sector: triangles with
// one corner at the site and the others at successive rim points.
type fan struct {
	rim []point
	sum []float64 // [len(rim)-1] area of the triangles up to and with this one, m2
}

// wedge cuts from a polygon about the origin the part between two azimuths
// (deg, from clockwise to to; from == to is all of it).
func (f *fan) wedge(polygon []point, fromDeg, toDeg float64) {
	width := clockwiseDeg(fromDeg, toDeg)
	if width == 0 {
		width = 360
	}
	f.rim = append(f.rim[:0], rimAt(polygon, fromDeg))
	type corner struct {
		turn float64
		at   point
	}
	var corners []corner
	for _, p := range polygon {
		turn := clockwiseDeg(fromDeg, azimuthDeg(p.x, p.y))
		if turn > 0 && turn < width {
			corners = append(corners, corner{turn, p})
		}
	}
	slices.SortFunc(corners, func(a, b corner) int { return cmp.Compare(a.turn, b.turn) })
	for _, c := range corners {
		f.rim = append(f.rim, c.at)
	}
	f.rim = append(f.rim, rimAt(polygon, toDeg))
	f.sum = f.sum[:0]
	total := 0.0
	for i := range len(f.rim) - 1 {
		a, b := f.rim[i], f.rim[i+1]
		total += math.Abs(a.x*b.y-a.y*b.x) / 2
		f.sum = append(f.sum, total)
	}
}

// at maps two uniform values in (0, 1) to a point uniform over the fan: u
// turns through it from one edge to the other, v goes outwards.
func (f *fan) at(u, v float64) point {
	want := u * f.sum[len(f.sum)-1]
	i, _ := slices.BinarySearch(f.sum, want)
	i = min(i, len(f.sum)-1)
	low := 0.0
	if i > 0 {
		low = f.sum[i-1]
	}
	t := 0.5
	if size := f.sum[i] - low; size > 0 {
		t = (want - low) / size
	}
	a, b, out := f.rim[i], f.rim[i+1], math.Sqrt(v)
	return point{out * (a.x + t*(b.x-a.x)), out * (a.y + t*(b.y-a.y))}
}

// azimuthDeg returns the direction of (x, y), clockwise from north, in
// [-180, 180].
func azimuthDeg(x, y float64) float64 { return math.Atan2(x, y) * 180 / math.Pi }

// clockwiseDeg returns the turn from one azimuth to another, in [0, 360).
func clockwiseDeg(from, to float64) float64 {
	turn := math.Mod(to-from, 360)
	if turn < 0 {
		turn += 360
	}
	return turn
}

// rimAt returns where the ray from the origin at an azimuth leaves the
// polygon.
func rimAt(polygon []point, deg float64) point {
	sin, cos := math.Sincos(deg * math.Pi / 180)
	reach := math.Inf(1)
	for i, p := range polygon {
		q := polygon[(i+1)%len(polygon)]
		// Outward normal of a counter-clockwise edge.
		nx, ny := q.y-p.y, p.x-q.x
		if along := nx*sin + ny*cos; along > 0 {
			reach = min(reach, max(nx*p.x+ny*p.y, 0)/along)
		}
	}
	if math.IsInf(reach, 1) {
		return point{} // a polygon without area
	}
	return point{reach * sin, reach * cos}
}
