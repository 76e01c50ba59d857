package capacity

import (
	"hibernet/scenarios"
	"hibernet/sim/power"
	"hibernet/sim/simd"
	"hibernet/sim/topology"
)

// What the arrays of a run hold, bytes: measured on the heap of scenarios of
// several shapes (TestMemory), and where it follows from an array's type, that.
const (
	perCell      = 593
	perState     = 6 // of a cell: sum of its time in a state, once any cell has left it
	perLane      = 9 // of a cell: signal, need and server of the lanes that its bins take
	perSector    = 62
	perBin       = 65       // place, share, server; demand and its noise
	perLink      = 14       // its cell, the bins that it covers, and who hears whom
	perGain      = 2        // of a link to a bin
	sharedLink   = 5        // of perLink, what all networks over a world share
	sharedBin    = 4        // of perBin likewise
	sharedSector = 90       // of perSector likewise
	atRest       = 48 << 20 // the program, its tables, one shard of everything
)

// Above so many cells memory counts for more than the time of the garbage
// collector: a run allocates next to nothing once it is built, and what it holds
// has hardly a pointer to follow.
const (
	largeCells = 200_000
	hugeCells  = 5_000_000
)

// GarbagePercent returns how much garbage a run of a network of so many cells
// may hold beside what is in use, in percent of it, as debug.SetGCPercent takes it.
func GarbagePercent(cells int) int {
	switch {
	case cells > hugeCells:
		return 1
	case cells > largeCells:
		return 15
	}
	return 100
}

// headroom is how much more memory the program holds than it has in use: what
// the garbage collector has not taken back, and what building needs for a while.
// Small networks hold more than this says, of next to nothing.
func headroom(cells int) float64 { return 1.05 + float64(min(GarbagePercent(cells), 15))/100 }

// Memory estimates the resident memory of a run of a scenario whose network
// has the given size, bytes, with all columns observed, with the sums of each
// cell, which a network without an observer does not keep, and with cells in
// every power state: a rule that observes little and knows one sleep state takes
// less.
// More networks over the same world, at the same time, share its topology and
// what is fixed about its demand.
func Memory(sc scenarios.Scenario, size topology.Size, networks int) int64 {
	bins := sc.Topology.Bins
	lanes := (bins + simd.Lanes - 1) / simd.Lanes * simd.Lanes
	own := 0 // gains that a network has for itself
	if bins != simd.Lanes {
		own = lanes // the load model pads them to whole lanes
	}
	live := size.Cells*(perCell+perState*(power.NumStates-1)+perLane*lanes) + size.Sectors*(perSector+perBin*bins) + size.Links*(perLink+perGain*(bins+own))
	shared := size.Sectors*(sharedSector+sharedBin*bins) + size.Links*(sharedLink+perGain*bins)
	return atRest + int64(headroom(size.Cells)*float64(live+max(networks-1, 0)*(live-shared)))
}

// Forecast is what a run of a scenario will take.
type Forecast struct {
	Scenario string  `json:"scenario"`
	Cells    int     `json:"cells"`
	Days     float64 `json:"days"`
	BuildS   float64 `json:"build_s"`
	RunS     float64 `json:"run_s"`
	Memory   int64   `json:"memory_bytes"`
}

// Forecast tells from what was played how long another scenario takes on the
// same machine. Time is taken to grow with the cells, and with the epochs that
// are simulated.
func (p Played) Forecast(sc scenarios.Scenario, size topology.Size, days float64) Forecast {
	epochs := days * 86400 / sc.Network.EpochS
	return Forecast{
		Scenario: sc.Name, Cells: size.Cells, Days: days,
		BuildS: p.BuildS * float64(size.Cells) / float64(p.Cells),
		RunS:   float64(size.Cells) * epochs / p.CellStepsPerS(),
		Memory: Memory(sc, size, 1),
	}
}
