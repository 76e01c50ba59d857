package topology

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"hibernet/sim/rng"
)

// nearestOther returns each site's distance to its k-th nearest other site, by
// comparing all pairs.
func nearestOther(top *Topology, k int) []float64 {
	sp := space{torus: top.Wrap, widthM: top.MaxX - top.MinX, heightM: top.MaxY - top.MinY}
	return kthNearest(top.SiteX, top.SiteY, sp, k)
}

func kthNearest(xs, ys []float64, sp space, k int) []float64 {
	out := make([]float64, len(xs))
	least := make([]float64, k) // ascending
	for i := range xs {
		for n := range least {
			least[n] = math.Inf(1)
		}
		for j := range xs {
			if i == j {
				continue
			}
			dx, dy := sp.delta(xs[i]-xs[j], ys[i]-ys[j])
			d := dx*dx + dy*dy
			for n := 0; n < k && d < least[k-1]; n++ {
				if d < least[n] {
					least[n], d = d, least[n]
				}
			}
		}
		out[i] = math.Sqrt(least[k-1])
	}
	return out
}

// bare returns the spec with little to do beyond placing sites.
func bare(spec Spec) Spec {
	spec.Bins, spec.Neighbours, spec.SearchSites = 1, 0, 1
	return spec
}

func TestCounts(t *testing.T) {
	for _, layout := range []string{LayoutHex, LayoutPoissonDisc} {
		for _, n := range []int{1, 2, 3, 7, 50, 101} {
			top := build(t, sized(layout, n), Options{})
			if top.Sites() != n || top.Sectors() != 3*n || top.NumCells() != 6*n || len(top.BinX) != 3*n*8 {
				t.Errorf("%s, %d sites: got %d sites, %d sectors, %d cells, %d bins", layout, n, top.Sites(), top.Sectors(), top.NumCells(), len(top.BinX))
			}
		}
	}
}

// In a hexagonal torus every site has six neighbours at exactly the inter-site
// distance, and sectors point at three of them.
func TestHexGeometry(t *testing.T) {
	top := build(t, DefaultSpec(), Options{})
	for k := 1; k <= 6; k++ {
		for i, d := range nearestOther(top, k) {
			if math.Abs(d-500) > 1e-6 {
				t.Fatalf("site %d: neighbour %d at %g m, want 500", i, k, d)
			}
		}
	}
	sp := space{torus: true, widthM: top.MaxX - top.MinX, heightM: top.MaxY - top.MinY}
	for s, az := range top.SectorAzimuth {
		site := top.SectorSite[s]
		sin, cos := math.Sincos(float64(az) * math.Pi / 180)
		hit := false
		for j := range top.SiteX {
			dx, dy := sp.delta(top.SiteX[j]-top.SiteX[site]-500*sin, top.SiteY[j]-top.SiteY[site]-500*cos)
			hit = hit || math.Hypot(dx, dy) < 1e-3
		}
		if !hit {
			t.Fatalf("sector %d at %g degrees points at no neighbour", s, az)
		}
	}
}

func TestHexWithoutWrapKeepsDistance(t *testing.T) {
	top := build(t, sized(LayoutHex, 53), Options{})
	for i, d := range nearestOther(top, 1) {
		if math.Abs(d-500) > 1e-6 {
			t.Fatalf("site %d: nearest at %g m, want 500", i, d)
		}
	}
}

// Measured for one operator in Paris and in urban Ireland: R_local 1.2 to 1.3,
// standard deviation of ln(distance) 0.38 to 0.55.
func TestIrregularSpacingAsMeasured(t *testing.T) {
	for _, c := range []struct {
		n       int
		medianM float64
		wrap    bool
	}{{800, 260, true}, {800, 260, false}, {400, 640, true}} {
		spec := sized(LayoutPoissonDisc, c.n)
		spec.Wrap = c.wrap
		spec.Areas[0].MedianNNM = c.medianM
		top := build(t, bare(spec), Options{})
		median, r, sigma := spacing(nearestOther(top, 1), nearestOther(top, 10))
		t.Logf("%d sites, wrap %v: median %.1f m, R_local %.3f, sigma(ln) %.3f", c.n, c.wrap, median, r, sigma)
		if math.Abs(median/c.medianM-1) > 0.15 {
			t.Errorf("median %g m, want %g within 15 %%", median, c.medianM)
		}
		if math.Abs(r-1.25) > 0.1 {
			t.Errorf("R_local %g, want 1.25 within 0.1", r)
		}
		if sigma < 0.38 || sigma > 0.55 {
			t.Errorf("sigma(ln distance) %g, want 0.38..0.55", sigma)
		}
	}
}

// spacing returns the median nearest-neighbour distance, R_local (mean of
// NN x 2 sqrt(10/(pi r10^2)), 1 for a Poisson process) and the standard
// deviation of ln(NN), from distances to the first and tenth neighbours.
func spacing(nn, r10 []float64) (medianM, rLocal, sigmaLn float64) {
	var sum, squares float64
	for i, d := range nn {
		rLocal += d * 2 * math.Sqrt(10/(math.Pi*r10[i]*r10[i]))
		sum += math.Log(d)
		squares += math.Log(d) * math.Log(d)
	}
	n := float64(len(nn))
	slices.Sort(nn)
	return nn[len(nn)/2], rLocal / n, math.Sqrt(squares/n - sum*sum/n/n)
}

// An irregular layout has the density of the hexagonal one of the same
// inter-site distance.
func TestIrregularDensity(t *testing.T) {
	for _, wrap := range []bool{true, false} {
		spec := sized(LayoutPoissonDisc, 200)
		spec.Wrap = wrap
		top := build(t, bare(spec), Options{})
		area := (top.MaxX - top.MinX) * (top.MaxY - top.MinY)
		if want := 200 * 500 * 500 * math.Sqrt(3) / 2; math.Abs(area/want-1) > 0.05 {
			t.Errorf("wrap %v: area %g, want %g within 5 %%", wrap, area, want)
		}
	}
}

func TestAreasLieSideBySide(t *testing.T) {
	spec := sized(LayoutHex, 60)
	spec.Areas = []AreaSpec{{Class: "dense_urban", Sites: 60}, {Class: "rural", Sites: 30, Carriers: []string{"n28"}}, {Class: "urban", Sites: 40, ISDM: 400}}
	for _, layout := range []string{LayoutHex, LayoutPoissonDisc} {
		spec.Layout = layout
		top := build(t, spec, Options{})
		count := map[Area]int{}
		lo, hi := map[Area]float64{}, map[Area]float64{}
		for i, a := range top.SiteArea {
			if count[a]++; count[a] == 1 {
				lo[a], hi[a] = top.SiteX[i], top.SiteX[i]
			}
			lo[a], hi[a] = min(lo[a], top.SiteX[i]), max(hi[a], top.SiteX[i])
		}
		if count[DenseUrban] != 60 || count[Rural] != 30 || count[Urban] != 40 {
			t.Errorf("%s: sites by class %v", layout, count)
		}
		if !(hi[DenseUrban] < lo[Rural] && hi[Rural] < lo[Urban]) {
			t.Errorf("%s: bands overlap: %v to %v", layout, lo, hi)
		}
		for s := range top.SectorSite {
			want := int32(2)
			if top.SiteArea[top.SectorSite[s]] == Rural {
				want = 1
			}
			if got := top.SectorCellOff[s+1] - top.SectorCellOff[s]; got != want {
				t.Fatalf("%s: sector %d has %d cells, want %d", layout, s, got, want)
			}
		}
	}
}

// A small town beside a wide country stays a town.
func TestSmallAreaIsNotStretched(t *testing.T) {
	spec := sized(LayoutHex, 0)
	spec.Areas = []AreaSpec{{Class: "dense_urban", Sites: 60}, {Class: "rural", Sites: 200}}
	for _, layout := range []string{LayoutHex, LayoutPoissonDisc} {
		spec.Layout = layout
		top := build(t, bare(spec), Options{})
		xs, ys := []float64{}, []float64{}
		for i, a := range top.SiteArea {
			if a == DenseUrban {
				xs, ys = append(xs, top.SiteX[i]), append(ys, top.SiteY[i])
			}
			if top.SiteX[i] < top.MinX || top.SiteX[i] > top.MaxX || top.SiteY[i] < top.MinY || top.SiteY[i] > top.MaxY {
				t.Fatalf("%s: site %d lies outside the map", layout, i)
			}
		}
		wide, high := slices.Max(xs)-slices.Min(xs), slices.Max(ys)-slices.Min(ys)
		if high > 6*wide || wide > 6*high {
			t.Errorf("%s: the town is %g m wide and %g m high", layout, wide, high)
		}
		if median, _, _ := spacing(kthNearest(xs, ys, space{}, 1), kthNearest(xs, ys, space{}, 10)); median < 90 || median > 210 {
			t.Errorf("%s: the town's median spacing is %g m", layout, median)
		}
	}
}

func TestImportedSites(t *testing.T) {
	spec := sized(LayoutImported, 0)
	sites := []Site{
		{X: 1000, Y: 2000, Area: Urban, Azimuths: []float64{350, 100, -120}},
		{X: 1000, Y: 2000, Area: Urban, Carriers: []string{"n78"}}, // on the same mast
		{X: 1600, Y: 2100, Area: Rural, Azimuths: []float64{45}},
		{X: 1200, Y: 2600, Area: DenseUrban},
	}
	top := build(t, spec, Options{Sites: sites})
	if top.Sites() != 4 || top.Sectors() != 3+3+1+3 || top.NumCells() != 6+3+2+6 {
		t.Fatalf("got %d sites, %d sectors, %d cells", top.Sites(), top.Sectors(), top.NumCells())
	}
	names := []string{}
	for _, c := range top.Carriers {
		names = append(names, c.Name)
	}
	if got := fmt.Sprint(names); got != "[n28 n41 n78]" {
		t.Errorf("carriers %s, want those in use by ascending frequency", got)
	}
	for i := range top.SiteX {
		first, last := top.SiteSectorOff[i], top.SiteSectorOff[i+1]
		switch {
		case top.SiteArea[i] == Rural && (last-first != 1 || top.SectorAzimuth[first] != 45):
			t.Errorf("single sector: %v", top.SectorAzimuth[first:last])
		case top.SiteX[i] == 1000 && top.SectorAzimuth[first] == 100:
			if got := fmt.Sprint(top.SectorAzimuth[first:last]); got != "[100 240 350]" {
				t.Errorf("azimuths %s, want [100 240 350]", got)
			}
		}
	}
	// The n78-only mast has no coverage cell of its own but is offered its
	// neighbours'.
	for s := range top.SectorSite {
		if top.CoverageCell[s] >= 0 {
			continue
		}
		offered := false
		for _, c := range top.Links.Cell[top.Links.Off[s]:top.Links.Off[s+1]] {
			offered = offered || top.Carriers[top.CellCarrier[c]].Name == "n28"
		}
		if !offered {
			t.Errorf("sector %d has neither a coverage cell nor one among its candidates", s)
		}
	}
}

func TestManyCoLocatedSites(t *testing.T) {
	sites := make([]Site, 40)
	for i := range sites {
		sites[i].Area = Urban
	}
	top := build(t, sized(LayoutImported, 0), Options{Sites: sites})
	if top.Sites() != 40 {
		t.Errorf("got %d sites, want 40", top.Sites())
	}
}

func TestKeepDropsSites(t *testing.T) {
	spec := sized(LayoutHex, 100)
	all := build(t, spec, Options{})
	middle := (all.MinX + all.MaxX) / 2
	half := build(t, spec, Options{Keep: func(x, _ float64) bool { return x < middle }})
	if half.Sites() == 0 || half.Sites() >= all.Sites() {
		t.Fatalf("kept %d of %d sites", half.Sites(), all.Sites())
	}
	for i, x := range half.SiteX {
		if x >= middle {
			t.Fatalf("site %d at x = %g should be gone", i, x)
		}
	}
}

func TestFaults(t *testing.T) {
	nan := math.NaN()
	imported := sized(LayoutImported, 0)
	far := []Site{{X: 0, Area: Urban}}
	for _, c := range []struct {
		name string
		spec Spec
		opt  Options
		want string
	}{
		{"nothing kept", sized(LayoutHex, 20), Options{Keep: func(_, _ float64) bool { return false }}, "keep: none of the 20 sites"},
		{"no sites", imported, Options{}, "no sites are given"},
		{"sites for a made layout", sized(LayoutHex, 20), Options{Sites: far}, "layout is hex, not imported"},
		{"NaN", imported, Options{Sites: []Site{{X: 1, Y: nan}}}, "sites[0]: position (1, NaN)"},
		{"far away", imported, Options{Sites: []Site{{Area: Urban}, {X: 1e9}}}, "sites[1]: position"},
		{"area", imported, Options{Sites: []Site{{Area: 9}}}, "sites[0].area: area(9)"},
		{"carrier", imported, Options{Sites: []Site{{Carriers: []string{"n41", "x"}}}}, `sites[0].carriers[1]: no carrier "x"`},
		{"carrier twice", imported, Options{Sites: []Site{{Carriers: []string{"n41", "n41"}}}}, `sites[0].carriers[1]: carrier "n41" is listed twice`},
		{"azimuth", imported, Options{Sites: []Site{{Azimuths: []float64{0, nan}}}}, "sites[0].azimuths: [1]"},
		{"equal azimuths", imported, Options{Sites: []Site{{Azimuths: []float64{0, 120, 360}}}}, "less than 1 degree apart"},
		{"too many azimuths", imported, Options{Sites: []Site{{Azimuths: make([]float64, 13)}}}, "at most 12 sectors"},
		{"no layout", Spec{}, Options{}, "layout: must be hex"},
	} {
		_, err := Build(c.spec, rng.Root(1), c.opt)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one with %q", c.name, err, c.want)
		}
	}
}

// Sites have as many sectors as their area says, equally spaced; the bins of
// the only sector of a site lie all around it.
func TestSectors(t *testing.T) {
	for _, layout := range []string{LayoutHex, LayoutPoissonDisc} {
		for _, sectors := range []int{0, 1, 2, 6} {
			spec := DefaultSpec()
			spec.Layout, spec.Wrap = layout, false
			spec.Areas = []AreaSpec{{Class: "urban", Sites: 7, Sectors: sectors}}
			top, err := Build(spec, rng.Root(1), Options{})
			if err != nil {
				t.Fatal(err)
			}
			want := sectors
			if want == 0 {
				want = 3
			}
			if top.Sectors() != 7*want {
				t.Errorf("%s, %d sectors: %d in all", layout, sectors, top.Sectors())
			}
			for s := 1; s < want; s++ {
				if gap := float64(top.SectorAzimuth[s] - top.SectorAzimuth[s-1]); math.Abs(gap-360/float64(want)) > 1e-3 {
					t.Errorf("%s, %d sectors: %g degrees apart", layout, sectors, gap)
				}
			}
			if sectors != 1 {
				continue
			}
			var quadrants [4]bool
			for i := range spec.Bins {
				q := 0
				if top.BinX[i] > float32(top.SiteX[0]) {
					q++
				}
				if top.BinY[i] > float32(top.SiteY[0]) {
					q += 2
				}
				quadrants[q] = true
			}
			if quadrants != [4]bool{true, true, true, true} {
				t.Errorf("%s: bins in quadrants %v", layout, quadrants)
			}
		}
	}
	spec := DefaultSpec()
	spec.Areas[0].Sectors = 7
	if errs := spec.Validate(); len(errs) != 1 || errs[0].Error() != "areas[0].sectors: must be in 0..6, got 7" {
		t.Errorf("got %v", errs)
	}
}
