package trace

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ReadSitesCSV reads locations of sites from CSV text, plain or gzip. Report
// and errors are as in ReadCSV.
func ReadSitesCSV(ctx context.Context, r io.Reader, m SiteMapping, o Options) (*Sites, *Report, error) {
	return importSites(m, o, func(o Options) (table, error) { return openCSV(ctx, r, m.Delimiter, o) })
}

// ReadSitesParquet reads locations of sites from a foreign Parquet file of
// flat columns. For our own files use ReadSites.
func ReadSitesParquet(ctx context.Context, r io.ReaderAt, size int64, m SiteMapping, o Options) (*Sites, *Report, error) {
	return importSites(m, o, func(o Options) (table, error) { return openParquetTable(ctx, r, size, o) })
}

// site is one row of a file of sites.
type site struct {
	id, operator, technology string
	line                     int64
}

// siteReader is one import under way.
type siteReader struct {
	o     Options
	p     Policy
	m     SiteMapping
	rep   *Report
	cols  *columnSet
	keep  rowFilter
	at    siteColumns
	sites []site
	pos   []position
	index map[string]int
}

// siteColumns are the columns of a file of sites; -1 for those absent.
type siteColumns struct {
	id              []int
	lat, lon        int // or y and x
	point, operator int
	technology      []int
	label           []string // of technology: written instead of a text that is not empty
	metres          bool
}

func importSites(m SiteMapping, o Options, open func(Options) (table, error)) (*Sites, *Report, error) {
	o = o.withDefaults()
	r := &siteReader{o: o, m: m, index: make(map[string]int)}
	var err error
	if r.p, err = o.Policy.resolve(true); err != nil {
		return nil, nil, fmt.Errorf("%s: policy: %w", o.Name, err)
	}
	if err := m.validate(); err != nil {
		return nil, nil, fmt.Errorf("%s: mapping: %w", o.Name, err)
	}
	tab, err := open(o)
	if err != nil {
		return nil, nil, err
	}
	r.rep = &Report{Source: o.Name, Layout: "sites"}
	s, err := r.read(tab)
	if err != nil {
		return nil, r.rep, err
	}
	return s, r.rep, nil
}

func (r *siteReader) read(tab table) (*Sites, error) {
	r.cols = &columnSet{name: r.o.Name, names: tab.header()}
	r.columns()
	r.keep = newRowFilter(r.cols, r.m.Filter)
	if r.cols.err != nil {
		return nil, r.cols.err
	}
	r.rep.Columns = r.cols.taken
	for {
		row, line, err := tab.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := r.row(row, line); err != nil {
			return nil, err
		}
	}
	r.rep.SHA256 = tab.digest()
	return r.finish()
}

// columns finds the columns; a way to give the position that the mapping names
// goes before one that is guessed.
func (r *siteReader) columns() {
	c, at := r.cols, &r.at
	at.id = c.all("id", r.m.ID)
	at.lat, at.lon, at.point = -1, -1, -1
	switch {
	case r.m.X != "":
		at.metres = true
		at.lat, at.lon = c.must("y", r.m.Y), c.must("x", r.m.X)
	case r.m.Point != "":
		at.point = c.must("point", r.m.Point)
	case r.m.Lat != "" || c.peek("lat") >= 0 && c.peek("lon") >= 0:
		at.lat, at.lon = c.must("lat", r.m.Lat), c.must("lon", r.m.Lon)
	case c.peek("point") >= 0:
		at.point = c.guess("point")
	case c.peek("x") >= 0 && c.peek("y") >= 0:
		at.metres = true
		at.lat, at.lon = c.guess("y"), c.guess("x")
	default:
		c.fail("%s: line 1: no column holds the position, allowed lat and lon, x and y, or one point, among %s", c.name, c.list())
	}
	at.operator = c.must("operator", r.m.Operator)
	if len(r.m.Technology) == 0 {
		if i := c.guess("technology"); i >= 0 {
			at.technology, at.label = []int{i}, []string{""}
		}
		return
	}
	for _, t := range r.m.Technology {
		name, label, _ := strings.Cut(t, "=")
		at.technology = append(at.technology, c.must("technology", name))
		at.label = append(at.label, label)
	}
}

// row takes one row.
func (r *siteReader) row(row []string, line int64) error {
	r.rep.Rows.Read++
	if len(row) != len(r.cols.names) {
		return r.badRow(RaggedRow, line, Example{Value: fmt.Sprintf("%d fields", len(row))},
			fmt.Errorf("%d fields, allowed %d as in the header", len(row), len(r.cols.names)))
	}
	if !r.keep.keeps(row) {
		r.rep.Rows.drop(Filtered, 1)
		return nil
	}
	s := site{id: fmt.Sprintf("site%d", r.rep.Rows.Read), line: line, technology: r.technology(row)}
	if len(r.at.id) > 0 {
		if s.id = joined(row, r.at.id, "/"); strings.Trim(s.id, "/") == "" {
			return r.badRow(EmptyID, line, Example{Column: r.cols.names[r.at.id[0]]}, fmt.Errorf("the id is empty, allowed any text"))
		}
	}
	if r.at.operator >= 0 {
		s.operator = strings.TrimSpace(row[r.at.operator])
	}
	s.id, s.operator = strings.Clone(s.id), strings.Clone(s.operator)
	return r.add(s, r.position(row))
}

func (r *siteReader) badRow(kind string, line int64, e Example, why error) error {
	if r.p.OnBadRow == Fail {
		return fmt.Errorf("%s: line %d: %w", r.o.Name, line, why)
	}
	e.Line = line
	r.rep.defect(kind, ofRows, Drop, 1, e)
	r.rep.Rows.drop(kind, 1)
	return nil
}

// add applies OnDuplicate.
func (r *siteReader) add(s site, p position) error {
	i, twice := r.index[s.id]
	if !twice {
		r.index[s.id] = len(r.sites)
		r.sites, r.pos = append(r.sites, s), append(r.pos, p)
		return nil
	}
	if r.p.OnDuplicate == Fail {
		return fmt.Errorf("%s: line %d: site %q comes again (first in line %d), allowed once: set on-duplicate", r.o.Name, s.line, cut(s.id), r.sites[i].line)
	}
	r.rep.defect(Duplicate, ofRows, r.p.OnDuplicate, 1, Example{Line: s.line, ID: s.id})
	r.rep.Rows.drop(Duplicate, 1)
	if r.p.OnDuplicate == Last {
		r.sites[i], r.pos[i] = s, p
	}
	return nil
}

// technology joins the technology columns.
func (r *siteReader) technology(row []string) string {
	var parts []string
	for k, i := range r.at.technology {
		text := strings.TrimSpace(row[i])
		if text != "" && r.at.label[k] != "" {
			text = r.at.label[k]
		}
		if text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "+")
}

// position reads the position of a row; unknown when it cannot be read.
func (r *siteReader) position(row []string) position {
	var a, b float64
	var err1, err2 error
	if r.at.point >= 0 {
		a, b, err1 = parsePoint(row[r.at.point])
	} else {
		a, err1 = parseNumber(row[r.at.lat], r.m.DecimalComma)
		b, err2 = parseNumber(row[r.at.lon], r.m.DecimalComma)
	}
	switch {
	case err1 != nil || err2 != nil:
		return position{}
	case r.at.metres:
		return position{known: finite(a) && finite(b), y: a, x: b}
	}
	return position{known: validLatLon(a, b), lat: a, lon: b}
}

// Ways to write a point: keys (JSON or the like), well-known text, and a pair.
var (
	pointLat  = regexp.MustCompile(`(?i)["']?\b(?:lat|latitude)["']?\s*[:=]\s*["']?(-?[0-9.eE+-]+)`)
	pointLon  = regexp.MustCompile(`(?i)["']?\b(?:lon|lng|long|longitude)["']?\s*[:=]\s*["']?(-?[0-9.eE+-]+)`)
	pointWKT  = regexp.MustCompile(`(?i)^(?:SRID=\d+;)?POINT\s*(?:Z\s*)?\(\s*(-?[0-9.eE+-]+)\s+(-?[0-9.eE+-]+)[^()]*\)$`)
	pointGeo  = regexp.MustCompile(`["']coordinates["']\s*:\s*\[\s*(-?[0-9.eE+-]+)\s*,\s*(-?[0-9.eE+-]+)`)
	pointPair = regexp.MustCompile(`^[(\[]?\s*(-?[0-9.]+)\s*[,;]\s*(-?[0-9.]+)\s*[)\]]?$`)
)

// parsePoint reads latitude and longitude from one text. Keys say which is
// which; WKT and GeoJSON put the longitude first, a bare pair the latitude.
func parsePoint(text string) (lat, lon float64, err error) {
	text = strings.TrimSpace(text)
	var a, b string
	if m, n := pointLat.FindStringSubmatch(text), pointLon.FindStringSubmatch(text); m != nil && n != nil {
		a, b = m[1], n[1]
	} else if m := pointWKT.FindStringSubmatch(text); m != nil {
		a, b = m[2], m[1]
	} else if m := pointGeo.FindStringSubmatch(text); m != nil {
		a, b = m[2], m[1]
	} else if m := pointPair.FindStringSubmatch(text); m != nil {
		a, b = m[1], m[2]
	} else {
		return 0, 0, fmt.Errorf("%q is not a point", cut(text))
	}
	if lat, err = strconv.ParseFloat(a, 64); err != nil {
		return 0, 0, err
	}
	lon, err = strconv.ParseFloat(b, 64)
	return lat, lon, err
}

// finish applies the policy to the sites read.
func (r *siteReader) finish() (*Sites, error) {
	if len(r.sites) == 0 {
		return nil, fmt.Errorf("%s: no row holds a site that can be used: %s", r.o.Name, r.rep.Rows.causes())
	}
	id := func(i int) string { return r.sites[i].id }
	line := func(i int) int64 { return r.sites[i].line }
	if err := screen(r.pos, &r.p, &r.o, r.rep, r.at.metres, id, line); err != nil {
		return nil, err
	}
	if err := r.samePosition(); err != nil {
		return nil, err
	}
	s := &Sites{}
	if !r.at.metres {
		s.OriginLat, s.OriginLon = project(r.pos)
	}
	for i, p := range r.pos {
		r.rep.Places.Read++
		if p.drop != "" {
			r.rep.Rows.drop(p.drop, 1)
			r.rep.Places.drop(p.drop, 1)
			continue
		}
		r.rep.Places.Used++
		r.rep.Rows.Used++
		s.ID, s.Operator, s.Technology = append(s.ID, r.sites[i].id), append(s.Operator, r.sites[i].operator), append(s.Technology, r.sites[i].technology)
		s.X, s.Y = append(s.X, p.x), append(s.Y, p.y)
		if !r.at.metres {
			s.Lat, s.Lon = append(s.Lat, p.lat), append(s.Lon, p.lon)
		}
	}
	r.rep.Values = Tally{Read: r.rep.Rows.Read, Used: r.rep.Rows.Used, Dropped: slices.Clone(r.rep.Rows.Dropped)}
	slices.SortStableFunc(r.rep.Defects, func(a, b Defect) int { return kindOrder(a.Kind) - kindOrder(b.Kind) })
	if s.Len() == 0 {
		return nil, fmt.Errorf("%s: every site was dropped (%s)", r.o.Name, r.rep.Places.causes())
	}
	if r.m.Classify {
		s.Area = Classify(s.X, s.Y)
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", r.o.Name, err)
	}
	return s, nil
}

// samePosition applies OnSamePosition.
func (r *siteReader) samePosition() error {
	type key struct {
		a, b     float64
		operator string
	}
	first := make(map[key]int)
	for i := range r.pos {
		p := &r.pos[i]
		if p.drop != "" {
			continue
		}
		k := key{p.lat, p.lon, r.sites[i].operator}
		if r.at.metres {
			k.a, k.b = p.y, p.x
		}
		j, again := first[k]
		if !again {
			first[k] = i
			continue
		}
		if r.p.OnSamePosition == Fail {
			return fmt.Errorf("%s: line %d: site %q lies where %q (line %d) does: set on-same-position",
				r.o.Name, r.sites[i].line, cut(r.sites[i].id), cut(r.sites[j].id), r.sites[j].line)
		}
		r.rep.defect(SamePosition, ofPlaces, r.p.OnSamePosition, 1, Example{Line: r.sites[i].line, ID: r.sites[i].id, Value: "as " + r.sites[j].id})
		if r.p.OnSamePosition == Merge {
			p.drop = SamePosition
			r.sites[j].technology = mergeTechnology(r.sites[j].technology, r.sites[i].technology)
		}
	}
	return nil
}

// mergeTechnology adds what is new in b.
func mergeTechnology(a, b string) string {
	if a == "" {
		return b
	}
	parts := strings.Split(a, "+")
	for _, t := range strings.Split(b, "+") {
		if t != "" && !slices.Contains(parts, t) {
			parts = append(parts, t)
		}
	}
	return strings.Join(parts, "+")
}
