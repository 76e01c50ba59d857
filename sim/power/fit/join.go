package fit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// join turns the rows into stations.
func (r *reader) join(tables []*table, loads, energies *table) (*Data, error) {
	d := &Data{Unit: cmp.Or(r.m.EnergyUnit, Relative), Columns: r.columns, Details: r.details, Modes: r.modes, cells: -1}
	layout, warning, err := r.times.settle(r.m.TimeFormat)
	if err != nil {
		return nil, err
	}
	d.TimeFormat = layout
	if warning != "" {
		d.Warnings = append(d.Warnings, warning)
	}
	g := r.grid()
	d.StepS = g.stepS
	d.Stations = make([]Station, len(r.ids))
	for i, id := range r.ids {
		d.Stations[i].ID = id
	}
	slot := r.placeCells(d)
	if err := r.joinEnergy(d, energies, g, loads == energies); err != nil {
		return nil, err
	}
	if err := r.joinLoads(d, loads, g, slot); err != nil {
		return nil, err
	}
	for i, t := range tables {
		switch {
		case t == loads && t == energies:
			d.loads, d.energies = i, i
		case t == loads:
			d.loads = i
		case t == energies:
			d.energies = i
		default:
			d.cells = i
		}
		t.tally.Used = t.tally.Rows
		for _, drop := range t.tally.Dropped {
			t.tally.Used -= drop.Rows
		}
		d.Tallies = append(d.Tallies, t.tally)
	}
	return d, nil
}

// grid are the steps on which readings lie.
type grid struct {
	stepS int
	first int64 // step 0
	phase int64 // labels are phase modulo the step
}

// step returns the number of the step of a time, if it lies on the grid.
func (g *grid) step(at int64) (int, bool) {
	if (at-g.phase)%int64(g.stepS) != 0 {
		return 0, false
	}
	return int((at - g.first) / int64(g.stepS)), true
}

// grid finds the step, the most common distance between a station's readings of
// energy in order of time, and the most common phase.
func (r *reader) grid() grid {
	g := grid{stepS: r.m.StepS}
	type reading struct {
		station int
		at      int64
	}
	var all []reading
	for _, e := range r.energies {
		if r.times.ok[e.time] {
			all = append(all, reading{e.station, r.times.at[e.time]})
		}
	}
	slices.SortFunc(all, func(a, b reading) int {
		return cmp.Or(cmp.Compare(a.station, b.station), cmp.Compare(a.at, b.at))
	})
	if g.stepS == 0 {
		gaps := map[int64]int{}
		for i := 1; i < len(all); i++ {
			if d := all[i].at - all[i-1].at; all[i].station == all[i-1].station && d > 0 && d <= 86400 {
				gaps[d]++
			}
		}
		g.stepS = 3600 // a single reading a station says nothing
		if d, ok := most(gaps); ok {
			g.stepS = int(d)
		}
	}
	phases := map[int64]int{}
	for i, a := range all {
		phases[mod(a.at, int64(g.stepS))]++
		if i == 0 || a.at < g.first {
			g.first = a.at
		}
	}
	g.phase, _ = most(phases)
	g.first += mod(g.phase-g.first, int64(g.stepS))
	return g
}

// mod is the remainder that is not negative.
func mod(a, b int64) int64 { return (a%b + b) % b }

// most returns the key with the greatest count, of equal ones the smallest.
func most(counts map[int64]int) (int64, bool) {
	var best int64
	n := 0
	for k, c := range counts {
		if c > n || c == n && k < best {
			best, n = k, c
		}
	}
	return best, n > 0
}

// placeCells orders the cells of each station by type, then name, so that cells
// of one kind have the same place in all stations of a group. It returns the
// place of each cell.
func (r *reader) placeCells(d *Data) []int {
	order := make([]int, len(r.list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := &r.list[a], &r.list[b]
		return cmp.Or(cmp.Compare(x.station, y.station), strings.Compare(x.kind, y.kind), strings.Compare(x.name, y.name))
	})
	slot := make([]int, len(r.list))
	for _, i := range order {
		c := &r.list[i]
		s := &d.Stations[c.station]
		slot[i] = len(s.Cells)
		if len(s.Cells) > 0 {
			s.Type += " + "
			s.Detail += " + "
		}
		s.Type += c.kind
		s.Detail += c.detail
		s.Cells = append(s.Cells, Cell{Name: c.name, Type: c.kind, Chains: c.chains})
	}
	return slot
}

// timeOf returns the step of a row, after counting it if it has none.
func (r *reader) timeOf(t *table, g grid, label int32, line int) (int, bool, error) {
	text := r.times.text[label]
	e := &RowError{File: t.name, Line: line, Column: t.time, Value: clip(text)}
	if !r.times.ok[label] {
		e.Cause, e.Allowed = BadTime, "a time as most rows have it"
		return 0, false, t.reject(e)
	}
	step, ok := g.step(r.times.at[label])
	if !ok {
		e.Cause, e.Allowed = OffGrid, fmt.Sprintf("a time on the steps of %d s", g.stepS)
		return 0, false, t.reject(e)
	}
	return step, true, nil
}

// joinEnergy hands the readings of energy to their stations. In one table the
// energy of a station may stand in the row of each of its cells.
func (r *reader) joinEnergy(d *Data, t *table, g grid, repeated bool) error {
	type reading struct {
		energyRow
		step int
	}
	var all []reading
	for _, e := range r.energies {
		step, ok, err := 0, false, error(nil)
		if repeated { // counted with the loads
			if r.times.ok[e.time] {
				step, ok = g.step(r.times.at[e.time])
			}
		} else if step, ok, err = r.timeOf(t, g, e.time, e.line); err != nil {
			return err
		}
		if ok {
			all = append(all, reading{e, step})
		}
	}
	slices.SortStableFunc(all, func(a, b reading) int {
		return cmp.Or(cmp.Compare(a.station, b.station), cmp.Compare(a.step, b.step))
	})
	for i := range all {
		e := &all[i]
		s := &d.Stations[e.station]
		if i > 0 && all[i-1].station == e.station && all[i-1].step == e.step {
			if repeated {
				continue
			}
			text := s.ID + " " + r.times.text[e.time]
			err := t.reject(&RowError{File: t.name, Line: e.line, Column: "station and time", Value: text, Allowed: "each once", Cause: Duplicate})
			if err != nil {
				return err
			}
			continue
		}
		s.EnergyAt = append(s.EnergyAt, e.step)
		s.Energy = append(s.Energy, e.energy)
	}
	return nil
}

// placed is a row of loads with its place.
type placed struct {
	row                 int // in reader.loads
	station, step, slot int
}

// joinLoads hands the loads to their stations, hour by hour: an hour counts
// once every cell of the station has a load.
func (r *reader) joinLoads(d *Data, t *table, g grid, slot []int) error {
	var all []placed
	for i := range r.loads {
		l := &r.loads[i]
		step, ok, err := r.timeOf(t, g, l.time, l.line)
		if err != nil {
			return err
		}
		if ok {
			all = append(all, placed{i, r.list[l.cell].station, step, slot[l.cell]})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.station, b.station), cmp.Compare(a.step, b.step), cmp.Compare(a.slot, b.slot))
	})
	for from := 0; from < len(all); {
		to := from
		for to < len(all) && all[to].station == all[from].station && all[to].step == all[from].step {
			to++
		}
		if err := r.joinHour(&d.Stations[all[from].station], t, all[from:to]); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// joinHour adds the loads of one station at one step.
func (r *reader) joinHour(s *Station, t *table, rows []placed) error {
	fault := func(p placed, cause, allowed string) error {
		l := &r.loads[p.row]
		return t.reject(&RowError{File: t.name, Line: l.line, Column: "cell and time", Cause: cause, Allowed: allowed,
			Value: strings.TrimSpace(s.ID + " " + r.list[l.cell].name + " " + r.times.text[l.time])})
	}
	var hour []placed
	for i, p := range rows {
		cause, allowed := "", ""
		switch {
		case i > 0 && rows[i-1].slot == p.slot:
			cause, allowed = Duplicate, "each once"
		case t == r.single && r.energies[p.row].energy != r.energies[rows[0].row].energy:
			cause, allowed = Conflict, "the same energy in the rows of all cells of a station"
		default:
			hour = append(hour, p)
			continue
		}
		if err := fault(p, cause, allowed); err != nil {
			return err
		}
	}
	if len(hour) < len(s.Cells) {
		for _, p := range hour {
			if err := fault(p, Incomplete, fmt.Sprintf("a load of all %d cells", len(s.Cells))); err != nil {
				return err
			}
		}
		return nil
	}
	s.At = append(s.At, hour[0].step)
	for _, p := range hour {
		s.Load = append(s.Load, r.loads[p.row].load)
		s.Act = append(s.Act, r.acts[p.row*len(r.modes):(p.row+1)*len(r.modes)]...)
	}
	return nil
}
