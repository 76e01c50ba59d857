package trace

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// position is where a place or site is.
type position struct {
	known    bool
	lat, lon float64 // degrees, when the file gave them
	x, y     float64 // metres
	drop     string  // why the place is dropped, empty if it is not
}

// earthRadiusM is the mean radius of the Earth, (2a+b)/3 of WGS84 (IUGG;
// Moritz, Geodetic Reference System 1980, J. Geodesy 2000).
const earthRadiusM = 6371008.8

// project sets x and y of the positions that stay: equirectangular about the
// mean of their latitudes and longitudes, on a sphere. North–south distances
// are true within 0.5 % (the Earth is not a sphere); east–west distances at
// d radians of latitude from the centre are wrong by a factor of 1 − d·tan(lat),
// within 0.5 % up to 30 km at 45°.
func project(pos []position) (lat0, lon0 float64) {
	n := 0.0
	for i := range pos {
		if p := &pos[i]; p.known && p.drop == "" {
			n++
			lat0 += (p.lat - lat0) / n
			lon0 += (p.lon - lon0) / n
		}
	}
	const rad = math.Pi / 180
	k := math.Cos(lat0 * rad)
	for i := range pos {
		pos[i].x = earthRadiusM * rad * (pos[i].lon - lon0) * k
		pos[i].y = earthRadiusM * rad * (pos[i].lat - lat0)
	}
	return lat0, lon0
}

// regionOf returns the box of an Area; Auto needs the positions, given as
// degrees or metres.
func regionOf(a Area, pos []position, metres bool) Area {
	if !a.Auto {
		return a
	}
	var lats, lons []float64
	for i := range pos {
		if p := &pos[i]; p.known && p.drop == "" {
			lat, lon := p.lat, p.lon
			if metres {
				lat, lon = p.y, p.x
			}
			lats, lons = append(lats, lat), append(lons, lon)
		}
	}
	a.MinLat, a.MaxLat = robustRange(lats, a.K)
	a.MinLon, a.MaxLon = robustRange(lons, a.K)
	return a
}

// robustRange returns median ± k interquartile ranges, everything when there
// is no spread to judge by.
func robustRange(x []float64, k float64) (lo, hi float64) {
	if len(x) == 0 {
		return math.Inf(-1), math.Inf(1)
	}
	slices.Sort(x)
	q := func(p float64) float64 { return stat.Quantile(p, stat.LinInterp, x, nil) }
	iqr := q(0.75) - q(0.25)
	if iqr <= 0 {
		return math.Inf(-1), math.Inf(1)
	}
	return q(0.5) - k*iqr, q(0.5) + k*iqr
}

// screen applies OnNoLocation and OnOutside; id and line describe an entry,
// whose line is 0 when it has none.
func screen(pos []position, p *Policy, o *Options, rep *Report, metres bool, id func(int) string, line func(int) int64) error {
	for i := range pos {
		if pos[i].known || pos[i].drop != "" {
			continue
		}
		if p.OnNoLocation == Fail {
			return fmt.Errorf("%s: %s%q has no position: set on-no-location", o.Name, lineText(line(i)), cut(id(i)))
		}
		rep.defect(NoLocation, ofPlaces, p.OnNoLocation, 1, Example{Line: line(i), ID: id(i)})
		if p.OnNoLocation == Drop {
			pos[i].drop = NoLocation
		}
	}
	if !p.Area.set() {
		return nil
	}
	if metres && !p.Area.Auto {
		return fmt.Errorf("%s: area: a box in degrees needs positions in degrees, the file has metres", o.Name)
	}
	a := regionOf(p.Area, pos, metres)
	rep.note("area: latitude or y %.6g to %.6g, longitude or x %.6g to %.6g", a.MinLat, a.MaxLat, a.MinLon, a.MaxLon)
	for i := range pos {
		lat, lon := pos[i].lat, pos[i].lon
		if metres {
			lat, lon = pos[i].y, pos[i].x
		}
		inside := lat >= a.MinLat && lat <= a.MaxLat && lon >= a.MinLon && lon <= a.MaxLon
		if inside || !pos[i].known || pos[i].drop != "" {
			continue
		}
		where := fmt.Sprintf("%.6f, %.6f", lat, lon)
		if p.OnOutside == Fail {
			return fmt.Errorf("%s: %s%q at %s lies outside the area, allowed %g to %g, %g to %g: set on-outside",
				o.Name, lineText(line(i)), cut(id(i)), where, a.MinLat, a.MaxLat, a.MinLon, a.MaxLon)
		}
		rep.defect(Outside, ofPlaces, p.OnOutside, 1, Example{Line: line(i), ID: id(i), Value: where})
		if p.OnOutside == Drop {
			pos[i].drop = Outside
		}
	}
	return nil
}

// lineText begins a message with the line of an entry that has one.
func lineText(line int64) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf("line %d: ", line)
}

// square is the place of an id in a grid.
type square struct {
	patch    string
	row, col int
}

// maxSquare bounds rows and columns of a grid.
const maxSquare = 1 << 20

// squares reads all ids as squares of a grid; nil unless every id is one.
func squares(ids []string, re *regexp.Regexp) []square {
	row, col, patch := re.SubexpIndex("row"), re.SubexpIndex("col"), re.SubexpIndex("patch")
	out := make([]square, len(ids))
	for i, id := range ids {
		m := re.FindStringSubmatch(id)
		if m == nil {
			return nil
		}
		r, err1 := strconv.Atoi(m[row])
		c, err2 := strconv.Atoi(m[col])
		if err1 != nil || err2 != nil || r < 0 || c < 0 || r > maxSquare || c > maxSquare {
			return nil
		}
		out[i] = square{row: r, col: c}
		if patch >= 0 {
			out[i].patch = m[patch]
		}
	}
	return out
}

// gridPositions places squares by row and column: column 0 in the west, row 0
// in the north, the origin at the south-west corner of the whole. Patches are
// laid out as a mosaic when gap is positive; without a gap several patches
// have no known positions.
func gridPositions(sq []square, side float64, gap int) []position {
	var patches []string
	index := make(map[string]int)
	rows, cols := 0, 0
	for _, s := range sq {
		if _, ok := index[s.patch]; !ok {
			index[s.patch] = len(patches)
			patches = append(patches, s.patch)
		}
		rows, cols = max(rows, s.row+1), max(cols, s.col+1)
	}
	if len(patches) > 1 && gap <= 0 {
		return nil
	}
	across := int(math.Ceil(math.Sqrt(float64(len(patches)))))
	down := (len(patches) + across - 1) / across
	height := down*(rows+gap) - gap
	if len(patches) == 1 {
		height = rows
	}
	pos := make([]position, len(sq))
	for i, s := range sq {
		k := index[s.patch]
		r, c := s.row+k/across*(rows+gap), s.col+k%across*(cols+gap)
		pos[i] = position{known: true, x: (float64(c) + 0.5) * side, y: (float64(height-1-r) + 0.5) * side}
	}
	return pos
}

// parseNumber reads a number of a position.
func parseNumber(text string, decimalComma bool) (float64, error) {
	text = strings.TrimSpace(text)
	if decimalComma {
		text = strings.Replace(text, ",", ".", 1)
	}
	return strconv.ParseFloat(text, 64)
}
