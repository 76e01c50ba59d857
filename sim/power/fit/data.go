package fit

// Data are readings that were read and joined by station, not yet aligned: the
// clocks of load and energy may differ.
type Data struct {
	StepS      int
	Unit       string   // of energy, one of EnergyUnits
	TimeFormat string   // layout by which times were read
	Columns    []string // of the type of a cell
	Details    []string // columns of the detail
	Modes      []string // names of the modes; modes that always act together are one
	Stations   []Station
	Tallies    []Tally // one a table; rows that fitting will leave out still count as used
	Warnings   []string

	loads, energies int // indices in Tallies
	cells           int // likewise, -1 if there is no such table
}

// Station is one meter and the cells behind it.
type Station struct {
	ID     string
	Type   string    // of its cells, in their order; the group it is fitted with
	Detail string    // values of the columns of detail
	Cells  []Cell    // ordered by type, then name
	At     []int     // steps at which every cell has a load, ascending
	Load   []float64 // load of cell c at At[i]: Load[i*len(Cells)+c], 0 to 1
	Act    []float64 // activation of mode m in cell c: Act[(i*len(Cells)+c)*modes+m], 0 to 1

	EnergyAt []int     // steps with energy, ascending
	Energy   []float64 // in the unit of the data
}

// Cell is one radio unit.
type Cell struct {
	Name, Type string
	Chains     int // transceiver chains, 0 if not known
}
