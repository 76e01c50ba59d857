package topology

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// Site is a site whose position is given.
type Site struct {
	X, Y     float64 // m
	Area     Area
	Azimuths []float64 // deg clockwise from north, one a sector, distinct; empty = three sectors
	Carriers []string  // names of the carrier table; empty = those of the site's area or class
}

// placed is a site of the plan.
type placed struct {
	x, y     float64
	class    int32 // index into plan.classes
	area     Area
	azimuths []float64 // deg, ascending
	carriers []string
}

// plan is the map before it is cut into sectors.
type plan struct {
	sites   []placed
	classes []ClassSpec // one for each entry of the area list, then those of other imported classes
	minX    float64
	minY    float64
	maxX    float64
	maxY    float64
}

// hexFirstDeg is a sector of a site in a hexagonal layout: it, and the others
// 120 degrees on, point at neighbouring sites, as in 3GPP TR 36.814 Figure
// A.2.1.1-1.
const hexFirstDeg = 30.0

// makePlan places the sites of a valid spec.
func makePlan(spec *Spec, key rng.Key, opt *Options, pool *shard.Pool) (*plan, error) {
	p := &plan{}
	for i := range spec.Areas {
		p.classes = append(p.classes, spec.class(&spec.Areas[i]))
	}
	if spec.Layout == LayoutImported {
		if err := p.importSites(spec, key, opt.Sites); err != nil {
			return nil, err
		}
	} else {
		if len(opt.Sites) > 0 {
			return nil, fmt.Errorf("layout: sites are given but the layout is %s, not imported", spec.Layout)
		}
		p.generate(spec, key, pool)
	}
	if opt.Keep != nil {
		before := len(p.sites)
		p.sites = slices.DeleteFunc(p.sites, func(s placed) bool { return !opt.Keep(s.x, s.y) })
		if len(p.sites) == 0 {
			return nil, fmt.Errorf("keep: none of the %d sites is inside the area that is kept", before)
		}
	}
	return p, nil
}

// bandAspect is how many times higher than wide an area may be. Without a
// limit a small town beside a wide country would become a row of sites.
const bandAspect = 4

// band is the sites of one area, from its lower left corner on, m.
type band struct {
	xs, ys          []float64
	widthM, heightM float64
}

// generate lays out the areas side by side. Each is a vertical band of the
// map's height, which is chosen to make the whole about square, or lower and
// in the middle where it would be too narrow.
func (p *plan) generate(spec *Spec, key rng.Key, pool *shard.Pool) {
	square := make([]float64, len(spec.Areas))
	total, sites := 0.0, 0
	for i, a := range spec.Areas {
		square[i] = float64(a.Sites) * hexArea(p.classes[i].ISDM)
		total += square[i]
		sites += a.Sites
	}
	mapM := math.Sqrt(total)
	bands := make([]band, len(spec.Areas))
	pool.Each(len(bands), func(i int) {
		n, isd, height := spec.Areas[i].Sites, p.classes[i].ISDM, min(mapM, math.Sqrt(bandAspect*square[i]))
		b := &bands[i]
		if spec.Layout == LayoutHex {
			b.xs, b.ys, b.widthM, b.heightM = hexagons(n, isd, height, spec.Wrap)
			return
		}
		b.heightM = height
		b.xs, b.ys, b.widthM = irregular(n, isd, height, spec.Wrap, key.Named("layout").At(uint64(i)))
	})
	p.sites = make([]placed, 0, sites)
	p.minY, p.maxY = mapM/2, mapM/2
	for i := range bands {
		area, b := &spec.Areas[i], &bands[i]
		kind, _ := ParseArea(area.Class) // Validate has parsed it
		low := (mapM - b.heightM) / 2
		for j := range b.xs {
			azimuths := spaced(hexFirstDeg, area.Sectors)
			if spec.Layout != LayoutHex {
				azimuths = turned(key, len(p.sites), area.Sectors)
			}
			p.sites = append(p.sites, placed{
				x: p.maxX + b.xs[j], y: low + b.ys[j], class: int32(i), area: kind,
				azimuths: azimuths, carriers: p.classes[i].Carriers,
			})
		}
		p.maxX += b.widthM
		p.minY, p.maxY = min(p.minY, low), max(p.maxY, low+b.heightM)
	}
}

// hexArea returns the area that belongs to a site of a hexagonal layout.
func hexArea(isdM float64) float64 { return isdM * isdM * math.Sqrt(3) / 2 }

// usualSectors and maxSectors are how many sectors a site has where nothing
// else is said, and at most.
const usualSectors, maxSectors = 3, 6

// spaced returns n equally spaced sectors, the usual number for 0, of which
// one points at first.
func spaced(first float64, n int) []float64 {
	n = cmp.Or(n, usualSectors)
	azimuths := make([]float64, n)
	for i := range azimuths {
		azimuths[i] = first + float64(i)*(360/float64(n))
	}
	return azimuths
}

// turned is spaced in a random orientation.
func turned(key rng.Key, site, n int) []float64 {
	return spaced(360/float64(cmp.Or(n, usualSectors))*key.Named("orientation").Float64(uint64(site)), n)
}

// hexagons places n sites in rows isdM*sqrt(3)/2 apart, every other row shifted
// by half a distance, in a band of about heightM; the last row may be short,
// except on a torus.
func hexagons(n int, isdM, heightM float64, torus bool) (xs, ys []float64, widthM, topM float64) {
	rowM := isdM * math.Sqrt(3) / 2
	rows := max(1, int(math.Round(heightM/rowM)))
	if torus {
		rows = hexTorus(n)
	}
	columns := (n + rows - 1) / rows
	for i := range n {
		row, column := i/columns, i%columns
		xs = append(xs, (float64(column)+0.25+0.5*float64(row%2))*isdM)
		ys = append(ys, (float64(row)+0.5)*rowM)
	}
	rows = (n + columns - 1) / columns
	return xs, ys, float64(columns) * isdM, float64(rows) * rowM
}

// importSites takes over given sites. Each is of the first area in the list
// with its class, or as its class is by default.
func (p *plan) importSites(spec *Spec, key rng.Key, sites []Site) error {
	if len(sites) == 0 {
		return fmt.Errorf("layout: imported, but no sites are given")
	}
	if len(sites) > maxSites {
		return fmt.Errorf("sites: at most %d, got %d", maxSites, len(sites))
	}
	var classOf [NumAreas]int32
	for a := range classOf {
		classOf[a] = p.importClass(spec, Area(a).String())
	}
	p.minX, p.minY = math.Inf(1), math.Inf(1)
	p.maxX, p.maxY = math.Inf(-1), math.Inf(-1)
	for i := range sites {
		s, path := &sites[i], fmt.Sprintf("sites[%d]", i)
		if !(math.Abs(s.X) <= maxCoordinateM && math.Abs(s.Y) <= maxCoordinateM) {
			return fmt.Errorf("%s: position (%g, %g) m, allowed within +-%g", path, s.X, s.Y, float64(maxCoordinateM))
		}
		if s.Area >= NumAreas || classOf[s.Area] < 0 {
			return fmt.Errorf("%s.area: %s is not in classes", path, s.Area)
		}
		class := classOf[s.Area]
		q := placed{x: s.X, y: s.Y, class: class, area: s.Area, carriers: s.Carriers}
		if len(q.carriers) == 0 {
			q.carriers = p.classes[class].Carriers
		}
		var f faults
		if spec.validateNames(path+".carriers", q.carriers, &f); len(f) > 0 {
			return f[0]
		}
		var err error
		if q.azimuths, err = importAzimuths(s.Azimuths); err != nil {
			return fmt.Errorf("%s.azimuths: %w", path, err)
		}
		if len(q.azimuths) == 0 {
			q.azimuths = turned(key, i, usualSectors)
		}
		p.sites = append(p.sites, q)
		isd := p.classes[class].ISDM
		p.minX, p.maxX = min(p.minX, s.X-isd), max(p.maxX, s.X+isd)
		p.minY, p.maxY = min(p.minY, s.Y-isd), max(p.maxY, s.Y+isd)
	}
	return nil
}

// maxCoordinateM bounds positions so that float32 bins keep them to within
// half a metre.
const maxCoordinateM = 5e6

// importClass returns the index of a class in p.classes, adding it if the area
// list does not name it; -1 if the spec does not describe it at all.
func (p *plan) importClass(spec *Spec, name string) int32 {
	for i := range spec.Areas {
		if spec.Areas[i].Class == name {
			return int32(i)
		}
	}
	class, ok := spec.Classes[name]
	if !ok {
		return -1
	}
	p.classes = append(p.classes, class)
	return int32(len(p.classes) - 1)
}

// importAzimuths returns given azimuths in [0, 360), ascending.
func importAzimuths(given []float64) ([]float64, error) {
	if len(given) > 12 {
		return nil, fmt.Errorf("at most 12 sectors, got %d", len(given))
	}
	out := make([]float64, len(given))
	for i, a := range given {
		if !(a >= -360 && a <= 720) {
			return nil, fmt.Errorf("[%d]: must be in -360..720, got %g", i, a)
		}
		out[i] = math.Mod(a+360, 360)
	}
	slices.Sort(out)
	for i := range out {
		next := out[(i+1)%len(out)]
		if len(out) > 1 && math.Mod(next-out[i]+360, 360) < 1 {
			return nil, fmt.Errorf("sectors at %g and %g are less than 1 degree apart", out[i], next)
		}
	}
	return out, nil
}
