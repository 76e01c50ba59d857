package trace

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// readWide reads a file with one column a place.
func (t *trafficReader) readWide(tab table) (store, error) {
	at, err := t.placeColumns()
	if err != nil {
		return nil, err
	}
	st := &wideStore{ids: make([]string, len(at))}
	for i, c := range at {
		st.ids[i] = t.cols.names[c]
	}
	t.cols.taken = append(t.cols.taken, fmt.Sprintf("places = %d columns, %s to %s", len(at), cut(st.ids[0]), cut(st.ids[len(at)-1])))
	n := int64(len(at))
	for {
		row, line, err := tab.next()
		if err == io.EOF {
			return st, nil
		}
		if err != nil {
			return nil, err
		}
		when, use, err := t.start(row, line, n)
		if err != nil {
			return nil, err
		}
		if !use {
			continue
		}
		if int64(len(st.values))+n > t.o.MaxValues || len(st.times) >= math.MaxUint32 {
			return nil, fmt.Errorf("%s: line %d: more than %d values, allowed that many", t.o.Name, line, t.o.MaxValues)
		}
		t.span.add(when, line)
		st.times, st.lines = append(st.times, when), append(st.lines, line)
		for i, c := range at {
			v, ok, err := t.value(row[c], st.ids[i], c, line)
			if err != nil {
				return nil, err
			}
			if !ok {
				v = float32(math.NaN())
			}
			st.values = append(st.values, v)
		}
	}
}

// placeColumns returns the columns of a wide file that are places.
func (t *trafficReader) placeColumns() ([]int, error) {
	var at []int
	for _, name := range t.m.Columns {
		at = append(at, t.cols.must("place", name))
	}
	if t.cols.err != nil {
		return nil, t.cols.err
	}
	if len(at) == 0 {
		skip := append(t.when.columns(), t.keep.at...)
		for i, name := range t.cols.names {
			if name == "" && i == 0 || slices.Contains(skip, i) || slices.Contains(t.m.Ignore, name) {
				continue
			}
			at = append(at, i)
		}
	} else {
		t.cols.taken = t.cols.taken[:len(t.cols.taken)-len(at)] // summed up by the caller
	}
	if len(at) == 0 {
		return nil, fmt.Errorf("%s: line 1: no column is a place, allowed at least one beside %s", t.o.Name, t.cols.list())
	}
	for _, c := range at {
		if t.cols.names[c] == "" {
			return nil, fmt.Errorf("%s: line 1: column %d has no name, allowed a place's id", t.o.Name, c+1)
		}
	}
	return at, nil
}

// longColumns are the columns of a long file.
type longColumns struct {
	id, lat, lon []int // lat and lon: y and x when metres; empty when there are none
	value        int
}

func (t *trafficReader) longColumns() (longColumns, error) {
	c := longColumns{id: t.cols.all("id", t.m.ID), value: t.cols.must("value", t.m.Value)}
	pair := func(a, b, nameA, nameB string) bool {
		i, j := t.cols.must(nameA, a), t.cols.must(nameB, b)
		if i >= 0 && j >= 0 {
			c.lat, c.lon = []int{i}, []int{j}
		}
		return len(c.lat) > 0
	}
	if t.m.X != "" || t.m.Lat == "" && t.cols.peek("lat") < 0 {
		t.metres = pair(t.m.Y, t.m.X, "y", "x")
	} else {
		pair(t.m.Lat, t.m.Lon, "lat", "lon")
	}
	if c.value < 0 {
		t.cols.fail("%s: line 1: no column holds the value: name it, or say that the layout is wide; the columns are %s", t.o.Name, t.cols.list())
	}
	return c, t.cols.err
}

// readLong reads a file with one value a row.
func (t *trafficReader) readLong(tab table) (store, []position, error) {
	c, err := t.longColumns()
	if err != nil {
		return nil, nil, err
	}
	st := newLongStore()
	var pos []position
	for {
		row, line, err := tab.next()
		if err == io.EOF {
			return st, pos, nil
		}
		if err != nil {
			return nil, nil, err
		}
		when, use, err := t.start(row, line, 1)
		if err != nil {
			return nil, nil, err
		}
		if !use {
			continue
		}
		id, ok, err := t.placeID(row, c.id, line)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			continue
		}
		t.span.add(when, line)
		p, isNew := st.place(id, line)
		if len(c.lat) > 0 {
			if isNew {
				pos = append(pos, position{})
			}
			if !pos[p].known {
				pos[p] = t.parsePosition(row[c.lat[0]], row[c.lon[0]])
			}
		}
		v, ok, err := t.value(row[c.value], st.ids[p], c.value, line)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			st.add(p, when, v, line)
		}
	}
}

// placeID reads the id of a row; ok is false when it is empty.
func (t *trafficReader) placeID(row []string, at []int, line int64) (id string, ok bool, err error) {
	if len(at) == 0 {
		return cmp.Or(t.m.PlaceName, "place"), true, nil
	}
	if id = joined(row, at, "/"); strings.Trim(id, "/") != "" {
		return id, true, nil
	}
	e := Example{Column: t.cols.names[at[0]]}
	return "", false, t.badRow(EmptyID, line, 1, e, errors.New("the id is empty, allowed any text"))
}

// parsePosition reads a position; it is unknown when a text is not a number or
// outside the globe.
func (t *trafficReader) parsePosition(latText, lonText string) position {
	lat, err1 := parseNumber(latText, t.m.DecimalComma)
	lon, err2 := parseNumber(lonText, t.m.DecimalComma)
	if err1 != nil || err2 != nil {
		return position{}
	}
	if t.metres {
		return position{known: finite(lat) && finite(lon), x: lon, y: lat}
	}
	return position{known: validLatLon(lat, lon), lat: lat, lon: lon}
}

// locate finds the positions of all places: from columns, from the sites
// given, or from the ids of grid squares; nil when there are none.
func (t *trafficReader) locate(st store, pos []position, s *Series) ([]position, error) {
	ids := make([]string, st.places())
	for p := range ids {
		ids[p] = st.id(p)
	}
	metres := false
	switch {
	case t.o.Locations != nil:
		pos, metres = joinSites(ids, t.o.Locations)
	case pos != nil:
		metres = t.metres
	case t.m.grid != nil:
		sq := squares(ids, t.m.grid)
		if sq == nil {
			return nil, nil
		}
		s.SideM = t.m.SideM
		if s.SideM == 0 {
			t.rep.note("the places are squares of a grid, but have no positions, as the side of a square is not given")
			return nil, nil
		}
		if pos = gridPositions(sq, t.m.SideM, t.m.PatchGap); pos == nil {
			t.rep.note("the squares lie in several patches with unknown places, and have no positions, as the gap between patches is not given")
			return nil, nil
		}
		metres = true
	default:
		return nil, nil
	}
	if err := screen(pos, &t.p, &t.o, t.rep, metres, st.id, st.firstLine); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(pos, func(p position) bool { return !p.known && p.drop == "" }) {
		t.rep.note("some places kept have no position, so that the result has no positions at all")
		return pos, nil
	}
	if !metres && t.o.Locations == nil {
		project(pos)
	}
	t.located = true
	return pos, nil
}

// joinSites takes the positions of places from sites of the same id.
func joinSites(ids []string, sites *Sites) (pos []position, metres bool) {
	index := make(map[string]int, sites.Len())
	for i, id := range sites.ID {
		index[id] = i
	}
	pos = make([]position, len(ids))
	for p, id := range ids {
		if i, ok := index[id]; ok {
			pos[p] = position{known: true, x: sites.X[i], y: sites.Y[i]}
			if sites.Lat != nil {
				pos[p].lat, pos[p].lon = sites.Lat[i], sites.Lon[i]
			}
		}
	}
	return pos, sites.Lat == nil
}
