package fit

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// sample holds the aligned rows of a group, station by station.
type sample struct {
	station []int // index in Data.Stations
	start   []int // rows of station i are start[i] to start[i+1]-1
	step    []int // of the energy's label
	y       []float64
	load    [][]float64 // by cell of the station
	act     [][]float64 // by term
	terms   []term
}

// term is one energy-saving mode of one cell, or several that act together.
type term struct {
	cell, mode int
	name       string
	modes      []string
	additive   bool
}

func (s *sample) rows() int { return len(s.y) }

// pairs returns the indices of readings of energy and of load that belong
// together when energy at label t belongs to the load at label t + lag.
func (st *Station) pairs(lag int) [][2]int {
	var out [][2]int
	j := 0
	for i, at := range st.EnergyAt {
		for j < len(st.At) && st.At[j] < at+lag {
			j++
		}
		if j < len(st.At) && st.At[j] == at+lag {
			out = append(out, [2]int{i, j})
		}
	}
	return out
}

// Which modes of a group are fitted.
const (
	activeFrom  = 0.05 // activations below it do not show in an energy
	minActive   = 20   // rows in which a mode must be active
	minActiveIn = 3    // stations that must have such rows
	sameMode    = 0.01 // mean difference, over the mean, of modes that act together
)

// rowsPerParameter is how many aligned rows a type needs for each of its levels
// and slopes.
const rowsPerParameter = 8

// group is a type of station: its members and their rows.
type group struct {
	name    string
	members []int // indices in Data.Stations
}

// groups returns the stations by type, sorted by name, and why stations are in
// none: FewReadings or SmallType, by index of the station.
func (d *Data) groups(lags []Lag, least int) ([]group, map[int]string) {
	at := map[string]int{}
	var all, out []group
	left := map[int]string{}
	var rows []int
	for i := range d.Stations {
		st := &d.Stations[i]
		n := len(st.pairs(lags[i].Steps))
		if n < least {
			left[i] = FewReadings
			continue
		}
		g, ok := at[st.Type]
		if !ok {
			g = len(all)
			at[st.Type] = g
			all, rows = append(all, group{name: st.Type}), append(rows, 0)
		}
		all[g].members = append(all[g].members, i)
		rows[g] += n
	}
	for i, g := range all {
		if rows[i] >= rowsPerParameter*(len(g.members)+len(d.Stations[g.members[0]].Cells)) {
			out = append(out, g)
			continue
		}
		for _, m := range g.members {
			left[m] = SmallType
		}
	}
	slices.SortFunc(out, func(a, b group) int { return strings.Compare(a.name, b.name) })
	return out, left
}

// sampleOf gathers the rows of stations of one type. additive names the modes
// whose term is additive.
func (d *Data) sampleOf(members []int, lags []Lag, terms []term) *sample {
	s := &sample{station: members, start: []int{0}, terms: terms}
	cells := len(d.Stations[members[0]].Cells)
	s.load, s.act = make([][]float64, cells), make([][]float64, len(terms))
	for _, m := range members {
		st := &d.Stations[m]
		for _, p := range st.pairs(lags[m].Steps) {
			s.y = append(s.y, st.Energy[p[0]])
			s.step = append(s.step, st.EnergyAt[p[0]])
			for c := range cells {
				s.load[c] = append(s.load[c], st.Load[p[1]*cells+c])
			}
			for i, t := range terms {
				s.act[i] = append(s.act[i], st.Act[(p[1]*cells+t.cell)*len(d.Modes)+t.mode])
			}
		}
		s.start = append(s.start, len(s.y))
	}
	return s
}

// termsOf decides which modes of a group can be fitted. Modes that always act
// together are one term with the names of all.
func (d *Data) termsOf(members []int, lags []Lag, additive []string) []term {
	var all []term
	for c := range d.Stations[members[0]].Cells {
		for m, name := range d.Modes {
			if len(d.Stations[members[0]].Cells) > 1 {
				name = fmt.Sprintf("%s of cell %d", name, c+1)
			}
			all = append(all, term{cell: c, mode: m, name: name, modes: []string{d.Modes[m]}, additive: slices.Contains(additive, d.Modes[m])})
		}
	}
	s := d.sampleOf(members, lags, all)
	var keep []int
next:
	for i := range all {
		if !s.active(i) {
			continue
		}
		for _, k := range keep {
			if all[k].cell == all[i].cell && s.together(k, i) {
				all[k].name += "+" + all[i].name
				all[k].modes = append(all[k].modes, all[i].modes...)
				continue next
			}
		}
		keep = append(keep, i)
	}
	var out []term
	for _, k := range keep {
		out = append(out, all[k])
	}
	return out
}

// active says whether a mode is active in enough rows of enough stations.
func (s *sample) active(i int) bool {
	rows, stations := 0, 0
	for st := range s.station {
		n := 0
		for row := s.start[st]; row < s.start[st+1]; row++ {
			if s.act[i][row] >= activeFrom {
				n++
			}
		}
		rows += n
		if n > 0 {
			stations++
		}
	}
	return rows >= minActive && stations >= min(minActiveIn, len(s.station))
}

// together says whether two modes act alike.
func (s *sample) together(a, b int) bool {
	diff, sum := 0.0, 0.0
	for row := range s.y {
		diff += math.Abs(s.act[a][row] - s.act[b][row])
		sum += max(s.act[a][row], s.act[b][row])
	}
	return diff <= sameMode*sum
}
