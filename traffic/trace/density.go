package trace

import (
	"math"

	"gonum.org/v1/gonum/spatial/kdtree"
)

// densityNeighbours is the number of neighbours by which density is judged.
const densityNeighbours = 10

// Density class limits in sites per km², smallest first: rural below 0.3,
// suburban below 2, urban below 10, dense urban above. The limits are this
// project's choice; spacing statistics by these classes were measured on the
// Shanghai, Irish and Paris site data.
const (
	ruralBelow    = 0.3
	suburbanBelow = 2
	urbanBelow    = 10
)

// Density returns the local density at each site in sites per km²:
// k / (π r²) with r the distance to the k-th nearest other site, k = 10, or
// all others when there are fewer. A lone site has density 0; sites that all
// lie at one point have infinite density.
func Density(x, y []float64) []float64 {
	n := len(x)
	out := make([]float64, n)
	k := min(densityNeighbours, n-1)
	if k < 1 {
		return out
	}
	points := make(kdtree.Points, n)
	for i := range points {
		points[i] = kdtree.Point{x[i], y[i]}
	}
	// The tree reorders its points, so it gets a slice of its own.
	tree := kdtree.New(append(kdtree.Points(nil), points...), false)
	for i, p := range points {
		keep := kdtree.NewNKeeper(k + 1) // the site itself is at distance 0
		tree.NearestSet(keep, p)
		r2 := 0.0
		for _, c := range keep.Heap {
			if c.Comparable != nil {
				r2 = math.Max(r2, c.Dist) // squared metres
			}
		}
		out[i] = float64(k) / (math.Pi * r2 * 1e-6)
	}
	return out
}

// Classify returns the area class of each site, an index into AreaNames, by
// Density.
func Classify(x, y []float64) []uint8 {
	out := make([]uint8, len(x))
	for i, d := range Density(x, y) {
		switch {
		case d < ruralBelow:
			out[i] = 3
		case d < suburbanBelow:
			out[i] = 2
		case d < urbanBelow:
			out[i] = 1
		default:
			out[i] = 0
		}
	}
	return out
}
