package fit

import (
	"context"
	"strconv"
	"strings"
)

// ReadOptions are how tables are read.
type ReadOptions struct {
	Strict   bool        // the first bad row is a fault
	Progress func(n int) // told of the bytes read since the last call
}

// Readings are bounded against slips: above by a 100 kW site for a day in J; below
// because a meter that reads nothing is broken or off, and errors are relative.
const (
	maxEnergy = 1e10
	minEnergy = 1e-9
)

// reader holds what is known while the tables are read.
type reader struct {
	m     *Mapping
	o     ReadOptions
	times *labels

	cells   map[[2]string]int // by station and cell
	station map[string]int
	ids     []string
	listed  bool // cells come from a table of their own
	list    []cellInfo
	modes   []string
	columns []string // of the type
	details []string

	single   *table // the only table of readings, or nil
	loads    []loadRow
	acts     []float64 // len(modes) a load row
	energies []energyRow
}

type cellInfo struct {
	station, line      int
	name, kind, detail string
	chains             int
}

type loadRow struct {
	cell, line int
	time       int32
	load       float64
}

type energyRow struct {
	station, line int
	time          int32
	energy        float64
}

// Read reads and joins the tables. Bad rows are counted by cause in the
// Tallies of the Data; an error is a table that cannot be read at all, a
// setting at fault (*SettingError) or, in strict reading, a *RowError.
func Read(ctx context.Context, in Input, m Mapping, o ReadOptions) (*Data, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	r := &reader{m: &m, o: o, times: newLabels(), cells: map[[2]string]int{}, station: map[string]int{}}
	var tables []*table
	if in.Cells != nil {
		t, err := r.readCells(ctx, *in.Cells)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	loads, err := r.readLoads(ctx, in.Loads, in.Energy == nil)
	if err != nil {
		return nil, err
	}
	tables = append(tables, loads)
	energies := loads
	if in.Energy == nil {
		r.single = loads
	} else {
		if energies, err = r.readEnergy(ctx, *in.Energy); err != nil {
			return nil, err
		}
		tables = append(tables, energies)
	}
	return r.join(tables, loads, energies)
}

// stationOf returns the index of a station.
func (r *reader) stationOf(id string) int {
	i, ok := r.station[id]
	if !ok {
		id = strings.Clone(id)
		i = len(r.ids)
		r.station[id] = i
		r.ids = append(r.ids, id)
	}
	return i
}

// about are the columns that describe a cell.
type about struct {
	station, cell, chains int
	kind, detail          []int
}

func (t *table) about(m *Mapping, described bool) (about, error) {
	var a about
	var err error
	if a.station, err = t.find("station", "station", m.Station, true); err != nil {
		return a, err
	}
	if a.cell, err = t.find("cell", "cell", m.Cell, false); err != nil {
		return a, err
	}
	a.chains = -1
	if !described {
		return a, nil
	}
	if a.kind, err = t.typeColumns(m); err != nil {
		return a, err
	}
	if a.detail, err = t.findAll("detail", m.Detail); err != nil {
		return a, err
	}
	if m.Chains != "none" {
		a.chains, err = t.find("chains", "chains", m.Chains, false)
	}
	return a, err
}

// names returns the station and cell of the current row.
func (t *table) names(a *about) (station, cell string, ok bool, err error) {
	if station, ok, err = t.id(a.station); !ok {
		return "", "", false, err
	}
	if a.cell >= 0 {
		cell, ok, err = t.id(a.cell)
	}
	return station, cell, ok, err
}

// describe returns what the current row says of its cell.
func (t *table) describe(a *about) (info cellInfo, ok bool, err error) {
	info.kind, info.detail = t.values(a.kind), t.values(a.detail)
	if info.kind == "" {
		info.kind = "all"
	}
	if a.chains >= 0 {
		const most = 1024
		n, ok, err := t.number(a.chains, 1, 1, most)
		if !ok {
			return info, false, err
		}
		info.chains = int(n)
	}
	return info, true, nil
}

// values joins the values of columns.
func (t *table) values(at []int) string {
	parts := make([]string, len(at))
	for i, c := range at {
		parts[i] = strings.TrimSpace(t.row[c])
	}
	return strings.Join(parts, "/")
}

func (t *table) nameAll(at []int) []string {
	var names []string
	for _, c := range at {
		names = append(names, t.cols[c])
	}
	return names
}

// readCells reads the table of cells.
func (r *reader) readCells(ctx context.Context, src Source) (*table, error) {
	t, err := openTable(ctx, src, r.m, r.o)
	if err != nil {
		return nil, err
	}
	a, err := t.about(r.m, true)
	if err != nil {
		return nil, err
	}
	r.listed, r.columns, r.details = true, t.nameAll(a.kind), t.nameAll(a.detail)
	for {
		ok, err := t.next()
		if !ok || err != nil {
			return t, err
		}
		station, cell, ok, err := t.names(&a)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		info, ok, err := t.describe(&a)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if _, known := r.cells[[2]string{station, cell}]; known {
			if err := t.refuse(Duplicate, a.station, station+" "+cell, "each cell once"); err != nil {
				return nil, err
			}
			continue
		}
		r.addCell(t, station, cell, info)
	}
}

func (r *reader) addCell(t *table, station, cell string, info cellInfo) int {
	info.station, info.name, info.line = r.stationOf(station), strings.Clone(cell), t.line
	i := len(r.list)
	r.list = append(r.list, info)
	r.cells[[2]string{r.ids[info.station], info.name}] = i
	return i
}

// cellOf returns the cell of the current row of the table of loads. A cell that
// is not known is made, unless a table lists them all.
func (r *reader) cellOf(t *table, a *about) (int, bool, error) {
	station, cell, ok, err := t.names(a)
	if !ok {
		return 0, false, err
	}
	i, known := r.cells[[2]string{station, cell}]
	if r.listed {
		if !known {
			return 0, false, t.refuse(UnknownCell, a.station, station+" "+cell, "a cell of the table of cells")
		}
		return i, true, nil
	}
	info, ok, err := t.describe(a)
	if !ok {
		return 0, false, err
	}
	if !known {
		return r.addCell(t, station, cell, info), true, nil
	}
	if c := &r.list[i]; c.kind != info.kind || c.detail != info.detail || c.chains != info.chains {
		return 0, false, t.refuse(Conflict, a.station, station+" "+cell+" "+info.kind+" "+info.detail, "the type of line "+strconv.Itoa(c.line))
	}
	return i, true, nil
}

// readLoads reads the table of loads; with energy it is the only one.
func (r *reader) readLoads(ctx context.Context, src Source, withEnergy bool) (*table, error) {
	t, err := openTable(ctx, src, r.m, r.o)
	if err != nil {
		return nil, err
	}
	a, err := t.about(r.m, !r.listed)
	if err != nil {
		return nil, err
	}
	if !r.listed {
		r.columns, r.details = t.nameAll(a.kind), t.nameAll(a.detail)
	}
	at, err := t.find("time", "time", r.m.Time, true)
	if err != nil {
		return nil, err
	}
	t.time = t.cols[at]
	load, err := t.find("load", "load", r.m.Load, true)
	if err != nil {
		return nil, err
	}
	modes, err := t.modeColumns(r.m)
	if err != nil {
		return nil, err
	}
	energy := -1
	if withEnergy {
		if energy, err = t.find("energy", "energy", r.m.Energy, true); err != nil {
			return nil, err
		}
	}
	r.modes = t.nameAll(modes)
	acts := make([]float64, len(modes))
	for {
		ok, err := t.next()
		if !ok || err != nil {
			return t, err
		}
		if err := r.readLoad(t, &a, at, load, energy, modes, acts); err != nil {
			return nil, err
		}
	}
}

// scale returns the factor that turns a value of a scale into a share.
func scale(s string) float64 {
	if s == Percent {
		return 0.01
	}
	return 1
}

// readLoad reads one row of loads.
func (r *reader) readLoad(t *table, a *about, at, load, energy int, modes []int, acts []float64) error {
	cell, ok, err := r.cellOf(t, a)
	if !ok {
		return err
	}
	v, ok, err := t.number(load, scale(r.m.LoadScale), 0, 1)
	if !ok {
		return err
	}
	for i, c := range modes {
		if acts[i], ok, err = t.number(c, scale(r.m.ActivationScale), 0, 1); !ok {
			return err
		}
	}
	e := 0.0
	if energy >= 0 {
		if e, ok, err = t.number(energy, 1, minEnergy, maxEnergy); !ok {
			return err
		}
	}
	row := loadRow{cell: cell, line: t.line, time: r.times.add(t.row[at]), load: v}
	if energy >= 0 {
		r.energies = append(r.energies, energyRow{r.list[cell].station, t.line, row.time, e})
	}
	r.loads = append(r.loads, row)
	r.acts = append(r.acts, acts...)
	return nil
}

// readEnergy reads the table of energy.
func (r *reader) readEnergy(ctx context.Context, src Source) (*table, error) {
	t, err := openTable(ctx, src, r.m, r.o)
	if err != nil {
		return nil, err
	}
	station, err := t.find("station", "station", r.m.Station, true)
	if err != nil {
		return nil, err
	}
	at, err := t.find("time", "time", r.m.Time, true)
	if err != nil {
		return nil, err
	}
	t.time = t.cols[at]
	energy, err := t.find("energy", "energy", r.m.Energy, true)
	if err != nil {
		return nil, err
	}
	for {
		ok, err := t.next()
		if !ok || err != nil {
			return t, err
		}
		id, ok, err := t.id(station)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		v, ok, err := t.number(energy, 1, minEnergy, maxEnergy)
		if err != nil {
			return nil, err
		}
		if ok {
			r.energies = append(r.energies, energyRow{r.stationOf(id), t.line, r.times.add(t.row[at]), v})
		}
	}
}
