package capacity

import (
	"hibernet/scenarios"
	"hibernet/sim/simd"
	"hibernet/sim/topology"
)

// What the arrays of a run hold, bytes: measured on the heap of scenarios of
// several shapes (TestMemory), and where it follows from an array's type, that.
const (
	perCell      = 637
	perLane      = 9 // of a cell: signal, need and server of the lanes that its bins take
	perSector    = 94
	perBin       = 67       // place, share, server; demand and its noise
	perLink      = 16       // its cell, the bins that it covers, and who hears whom
	perGain      = 2        // of a link to a bin
	sharedLink   = 6        // of perLink, what all networks over a world share
	sharedBin    = 4        // of perBin likewise
	sharedSector = 90       // of perSector likewise
	atRest       = 48 << 20 // the program, its tables, one shard of everything
)

// headroom is how much more memory the program holds than it has in use: what
// the garbage collector has not taken back, and what building needs for a while.
const headroom = 1.2

// Memory estimates the resident memory of a run of a scenario whose network
// has the given size, bytes, with all columns observed and with the sums of
// each cell, which a network without an observer does not keep: 76 B less a cell.
// More networks over the same world, at the same time, share its topology and
// what is fixed about its demand.
func Memory(sc scenarios.Scenario, size topology.Size, networks int) int64 {
	bins := sc.Topology.Bins
	lanes := (bins + simd.Lanes - 1) / simd.Lanes * simd.Lanes
	own := 0 // gains that a network has for itself
	if bins != simd.Lanes {
		own = lanes // the load model pads them to whole lanes
	}
	live := size.Cells*(perCell+perLane*lanes) + size.Sectors*(perSector+perBin*bins) + size.Links*(perLink+perGain*(bins+own))
	shared := size.Sectors*(sharedSector+sharedBin*bins) + size.Links*(sharedLink+perGain*bins)
	return atRest + int64(headroom*float64(live+max(networks-1, 0)*(live-shared)))
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
