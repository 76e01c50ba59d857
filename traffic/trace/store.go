package trace

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// obs is one value as read: its time in seconds, and a reference to its row.
type obs struct {
	t   int64
	v   float32
	ref uint32
}

// store holds the values read until the grid of steps is known.
type store interface {
	// places returns the number of places, id the name of one.
	places() int
	id(p int) string
	// gather returns the values of a place in order of time, those of equal
	// time in the order of the file. The slice may use dst, and is valid until
	// the next call.
	gather(p int, dst []obs) []obs
	// line returns the line that a reference stands for; 0 when unknown.
	line(ref uint32) int64
	// firstLine returns the first line that names a place; 0 when no line
	// does, as where places are columns.
	firstLine(p int) int64
}

// longStore holds the values of a long file by place.
type longStore struct {
	ids    []string
	index  map[string]int
	first  []int64 // line of a place's first row
	values [][]obs
}

func newLongStore() *longStore { return &longStore{index: make(map[string]int)} }

// place returns the index of an id, a new one for an id that is new in line.
func (s *longStore) place(id string, line int64) (p int, isNew bool) {
	if p, ok := s.index[id]; ok {
		return p, false
	}
	p = len(s.ids)
	id = strings.Clone(id) // or the text of the whole row would stay in memory
	s.index[id] = p
	s.ids = append(s.ids, id)
	s.first = append(s.first, line)
	s.values = append(s.values, nil)
	return p, true
}

func (s *longStore) add(p int, t int64, v float32, line int64) {
	if line > math.MaxUint32 {
		line = 0
	}
	s.values[p] = append(s.values[p], obs{t, v, uint32(line)})
}

func (s *longStore) places() int           { return len(s.ids) }
func (s *longStore) id(p int) string       { return s.ids[p] }
func (s *longStore) line(ref uint32) int64 { return int64(ref) }
func (s *longStore) firstLine(p int) int64 { return s.first[p] }

func (s *longStore) gather(p int, _ []obs) []obs {
	sortObs(s.values[p])
	return s.values[p]
}

// wideStore holds a wide file row by row; a missing value is NaN.
type wideStore struct {
	ids    []string
	times  []int64 // of the rows
	lines  []int64
	values []float32 // rows × places
}

func (s *wideStore) places() int           { return len(s.ids) }
func (s *wideStore) id(p int) string       { return s.ids[p] }
func (s *wideStore) line(ref uint32) int64 { return s.lines[ref] }
func (s *wideStore) firstLine(int) int64   { return 0 }

func (s *wideStore) gather(p int, dst []obs) []obs {
	dst = dst[:0]
	for r, t := range s.times {
		if v := s.values[r*len(s.ids)+p]; v == v {
			dst = append(dst, obs{t, v, uint32(r)})
		}
	}
	sortObs(dst)
	return dst
}

func sortObs(o []obs) {
	byTime := func(a, b obs) int { return cmp.Compare(a.t, b.t) }
	if !slices.IsSortedFunc(o, byTime) {
		slices.SortStableFunc(o, byTime)
	}
}
