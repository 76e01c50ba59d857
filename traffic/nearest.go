package traffic

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/spatial/kdtree"

	"hibernet/traffic/trace"
)

// placeFinder finds the place of a trace a position lies in.
type placeFinder struct {
	x, y    []float64 // centres, in the coordinates of the area
	side    float64   // of a grid square, 0 for scattered places
	nearest *nearest
}

// newPlaceFinder puts the series' places into the area: the lower-left corner
// of the rectangle around a grid's squares comes to the origin. Scattered
// places keep their coordinates, shifted by the origin.
func newPlaceFinder(spec TraceSpec, s *trace.Series) (*placeFinder, error) {
	if !s.HasPosition {
		return nil, fmt.Errorf("trace: the series has no positions; it cannot be laid over an area")
	}
	dx, dy := spec.OriginXM, spec.OriginYM
	if s.SideM > 0 {
		left, low := s.X[0], s.Y[0]
		for i := range s.X {
			left, low = math.Min(left, s.X[i]), math.Min(low, s.Y[i])
		}
		dx, dy = dx+s.SideM/2-left, dy+s.SideM/2-low
	}
	f := &placeFinder{side: s.SideM, x: make([]float64, len(s.X)), y: make([]float64, len(s.Y))}
	for i := range s.X {
		f.x[i], f.y[i] = s.X[i]+dx, s.Y[i]+dy
	}
	f.nearest = newNearest(f.x, f.y)
	return f, nil
}

// centre returns where a place lies in the area.
func (f *placeFinder) centre(place int) (x, y float64) { return f.x[place], f.y[place] }

// find returns the place of a position and whether the position lies in it.
// In a square grid the nearest centre is that of the square one is in.
func (f *placeFinder) find(x, y float64) (place int, inside bool) {
	place = f.nearest.find(x, y)
	if f.side == 0 {
		return place, true
	}
	// A hair of slack, so that the outer edges belong to the grid.
	half := f.side / 2 * (1 + 1e-9)
	return place, math.Abs(x-f.x[place]) <= half && math.Abs(y-f.y[place]) <= half
}

// nearest finds the nearest of some points.
type nearest struct{ tree *kdtree.Tree }

func newNearest(x, y []float64) *nearest {
	s := make(sites, len(x))
	for i := range s {
		s[i] = site{x[i], y[i], i}
	}
	return &nearest{kdtree.New(s, false)}
}

// find returns the index of the nearest point.
func (n *nearest) find(x, y float64) int {
	got, _ := n.tree.Nearest(site{x, y, -1})
	return got.(site).index
}

// site is a point of the search tree.
type site struct {
	x, y  float64
	index int
}

func (s site) coord(d kdtree.Dim) float64 {
	if d == 0 {
		return s.x
	}
	return s.y
}

// Compare implements kdtree.Comparable.
func (s site) Compare(c kdtree.Comparable, d kdtree.Dim) float64 {
	return s.coord(d) - c.(site).coord(d)
}

// Dims implements kdtree.Comparable.
func (s site) Dims() int { return 2 }

// Distance implements kdtree.Comparable: the square of the distance.
func (s site) Distance(c kdtree.Comparable) float64 {
	o := c.(site)
	return (s.x-o.x)*(s.x-o.x) + (s.y-o.y)*(s.y-o.y)
}

// sites implements kdtree.Interface.
type sites []site

// Index implements kdtree.Interface.
func (s sites) Index(i int) kdtree.Comparable { return s[i] }

// Len implements kdtree.Interface.
func (s sites) Len() int { return len(s) }

// Slice implements kdtree.Interface.
func (s sites) Slice(start, end int) kdtree.Interface { return s[start:end] }

// Pivot implements kdtree.Interface by sorting: gonum's own pivots draw from
// the global random source, so a tie could go one way or the other.
func (s sites) Pivot(d kdtree.Dim) int {
	slices.SortFunc(s, func(a, b site) int {
		if c := cmp.Compare(a.coord(d), b.coord(d)); c != 0 {
			return c
		}
		return cmp.Compare(a.index, b.index)
	})
	return len(s) / 2
}
