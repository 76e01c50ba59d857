package topology

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"hibernet/sim/rng"
)

// bareGrid returns a grid over random points on a map of the given size.
func bareGrid(n int, width, height float64, torus bool, key rng.Key) (*grid, *plan) {
	p := &plan{maxX: width, maxY: height}
	var xs, ys []float64
	for i := range n {
		xs = append(xs, width*key.Float64(uint64(2*i)))
		ys = append(ys, height*key.Float64(uint64(2*i+1)))
	}
	return newGrid(xs, ys, p, torus), p
}

func TestNearestEqualsBruteForce(t *testing.T) {
	for _, torus := range []bool{false, true} {
		for seed, size := range [][2]float64{{1000, 1000}, {4000, 300}, {10, 9000}} {
			key := rng.Root(uint64(seed))
			g, _ := bareGrid(150, size[0], size[1], torus, key.Named("sites"))
			var buf []near
			for q := range 200 {
				// Also from points outside the map.
				x := size[0] * (2*key.Float64(uint64(2*q)) - 0.5)
				y := size[1] * (2*key.Float64(uint64(2*q+1)) - 0.5)
				var want []near
				for i := range g.xs {
					dx, dy := g.delta(g.xs[i]-x, g.ys[i]-y)
					want = append(want, near{site: int32(i), d2: dx*dx + dy*dy})
				}
				slices.SortFunc(want, func(a, b near) int { return cmp.Compare(a.d2, b.d2) })
				for _, k := range []int{1, 7, 24, 200} {
					buf = g.nearest(x, y, k, buf)
					if len(buf) != min(k, 150) {
						t.Fatalf("seed %d: %d sites, want %d", seed, len(buf), min(k, 150))
					}
					for i := range buf {
						// Moving a point around the torus costs a last digit.
						if math.Abs(buf[i].d2-want[i].d2) > 1e-9*(1+want[i].d2) {
							t.Fatalf("torus %v, seed %d, from (%g, %g), k %d: site %d is at %g, want %g", torus, seed, x, y, k, i, math.Sqrt(buf[i].d2), math.Sqrt(want[i].d2))
						}
					}
				}
			}
		}
	}
}

func polygonArea(p []point) float64 {
	sum := 0.0
	for i, a := range p {
		b := p[(i+1)%len(p)]
		sum += a.x*b.y - a.y*b.x
	}
	return sum / 2
}

// The cells of all sites tile the map.
func TestVoronoiCellsTileTheMap(t *testing.T) {
	for _, torus := range []bool{false, true} {
		gr, p := bareGrid(120, 3000, 2000, torus, rng.Root(3))
		g := &ground{grid: gr, bounds: p}
		sum := 0.0
		for i := range gr.xs {
			area := polygonArea(g.cell(int32(i), 1e5))
			if area <= 0 {
				t.Fatalf("cell %d: area %g", i, area)
			}
			sum += area
		}
		if math.Abs(sum/6e6-1) > 1e-9 {
			t.Errorf("torus %v: cells cover %g m2 of 6e6", torus, sum)
		}
	}
}

// The wedges of a site's sectors tile its cell, for any number of sectors.
func TestWedgesTileTheCell(t *testing.T) {
	gr, p := bareGrid(30, 1000, 1000, false, rng.Root(4))
	g := &ground{grid: gr, bounds: p}
	var f fan
	for site := range gr.xs {
		polygon := g.cell(int32(site), 400)
		for _, borders := range [][]float64{{17}, {10, 200}, {0, 90}, {5, 100, 355}, {30, 150, 270}, {1, 2, 3, 4, 5}} {
			sum := 0.0
			for i, from := range borders {
				f.wedge(polygon, from, borders[(i+1)%len(borders)])
				sum += f.sum[len(f.sum)-1]
			}
			if want := polygonArea(polygon); math.Abs(sum/want-1) > 1e-9 {
				t.Fatalf("site %d, borders %v: wedges cover %g of %g m2", site, borders, sum, want)
			}
		}
	}
}

// Points of a fan are uniform: of a square about the origin, half the points
// of the eastern wedge lie in the half of its area near the origin.
func TestFanIsUniform(t *testing.T) {
	square := []point{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}}
	var f fan
	f.wedge(square, 45, 135)
	key, n, inside, north := rng.Root(9), 20000, 0, 0
	for i := range n {
		p := f.at(key.Float64(uint64(2*i)), key.Float64(uint64(2*i+1)))
		if p.x < 0 || p.x > 1 || math.Abs(p.y) > p.x+1e-9 {
			t.Fatalf("(%g, %g) is outside the wedge", p.x, p.y)
		}
		if p.x < math.Sqrt(0.5) {
			inside++
		}
		if p.y > 0 {
			north++
		}
	}
	for _, got := range []int{inside, north} {
		if math.Abs(float64(got)-float64(n)/2) > 5*math.Sqrt(float64(n))/2 {
			t.Errorf("%d of %d points in half of the area", got, n)
		}
	}
}

// Every bin is nearer to its own site than to any other, lies in its sector's
// wedge, and within reach.
func TestBinsLieInTheirSector(t *testing.T) {
	wrapped := DefaultSpec()
	wrapped.Layout = LayoutPoissonDisc
	for _, spec := range []Spec{DefaultSpec(), wrapped, sized(LayoutPoissonDisc, 60), sized(LayoutHex, 40)} {
		top := build(t, spec, Options{})
		sp := space{torus: top.Wrap, widthM: top.MaxX - top.MinX, heightM: top.MaxY - top.MinY}
		for s, site := range top.SectorSite {
			for b := s * top.Bins(); b < (s+1)*top.Bins(); b++ {
				dx, dy := float64(top.BinX[b])-top.SiteX[site], float64(top.BinY[b])-top.SiteY[site]
				own := math.Hypot(dx, dy)
				for j := range top.SiteX {
					if d := math.Hypot(sp.delta(float64(top.BinX[b])-top.SiteX[j], float64(top.BinY[b])-top.SiteY[j])); d < own-0.01 {
						t.Fatalf("bin %d of sector %d: site %d at %g m is nearer than its own at %g m", b, s, j, d, own)
					}
				}
				off := clockwiseDeg(float64(top.SectorAzimuth[s])-60, azimuthDeg(dx, dy))
				if own > 1 && off > 120.1 && off < 359.9 || own > 1000 {
					t.Fatalf("bin %d of sector %d is at %g m, %g degrees into its wedge", b, s, own, off)
				}
			}
		}
	}
}

func TestIndoorShareAndBuildings(t *testing.T) {
	spec := sized(LayoutHex, 300)
	spec.SearchSites = 1
	top := build(t, spec, Options{})
	n, indoor := float64(len(top.BinIndoor)), 0.0
	for i, in := range top.BinIndoor {
		if in {
			indoor++
		}
		if in == (top.BinBuilding[i].String() == "car") {
			t.Fatalf("bin %d: indoor %v in %s", i, in, top.BinBuilding[i])
		}
	}
	if math.Abs(indoor/n-0.8) > 4*math.Sqrt(0.8*0.2/n) {
		t.Errorf("indoor share %g of %g bins, want 0.8", indoor/n, n)
	}
}

func TestEqualShares(t *testing.T) {
	spec := DefaultSpec()
	spec.BinShareSigma = 0
	for _, share := range build(t, spec, Options{}).BinShare {
		if share != 0.125 {
			t.Fatalf("share %g, want 1/8", share)
		}
	}
}
