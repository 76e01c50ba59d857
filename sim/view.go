package sim

import (
	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/shard"
)

// View is what may be seen of a network: its state now, and what has
// accumulated since the last BeginInterval. Its slices are the network's own,
// for reading only, and change with every call that lets time pass.
type View struct {
	Now des.Time

	// Per cell, now.
	Load    []float32     // PRB utilisation in [0, 1] of what the state leaves; 0 when not serving
	Offered []float32     // unclipped load; above 1 the cell is overloaded
	State   []power.State // the state whose power the cell draws
	Target  []power.State // differs from State while the cell wakes or changes between awake states
	Serving []bool        // awake and able to serve
	Since   []des.Time    // when the cell entered State
	Until   []des.Time    // when the present transition ends, 0 when in none
	Down    []bool        // out of order or starting after that: State and Target are Full and mean nothing; nil if nothing may break
	Helping []bool        // stands in for a cell that is down: should be kept awake; nil if nothing may break

	// Per cell, this control interval; before any time has passed in it, the last.
	// In single precision: a run's totals are summed up apart from them.
	EnergyJ     []float32 // radio unit with its supply overhead, transitions left out
	TransitionJ []float32 // transition energy with its supply overhead
	LoadS       []float32 // integral of load, s
	AwakeS      []float32 // time serving, s
	AskedBit    []float32 // traffic of the bins that the cell serves
	ServedBit   []float32 // of it, what was carried
	Switches    []int32   // changes of power state asked for and begun
	DownS       []float64 // time out of order and starting after that, s; nil if nothing may break

	// Per sector, likewise.
	OfferedBit  []float32
	ServedInBit []float32 // of the traffic offered in the sector, by whichever cell
	DroppedBit  []float32
	SlowBit     []float32 // served below the target user throughput
	PoorBit     []float32 // served below Parts.GuardThroughputMbps; nil without one
	OutageS     []float32 // integral of the demand share of the bins in outage, s
	LostBit     []float64 // of what was dropped, that while the sector suffered from a fault; nil if nothing may break

	// Per site, this control interval; nil if nothing may break.
	SiteJ    []float64 // baseband with its supply overhead
	BatteryJ []float64 // taken from the battery
}

func newView(sectors, cells int) View {
	return View{
		Load: make([]float32, cells), State: make([]power.State, cells), Target: make([]power.State, cells),
		Serving: make([]bool, cells), Since: make([]des.Time, cells),
		EnergyJ: make([]float32, cells), TransitionJ: make([]float32, cells), LoadS: make([]float32, cells),
		AwakeS: make([]float32, cells), AskedBit: make([]float32, cells), ServedBit: make([]float32, cells), Switches: make([]int32, cells),
		OfferedBit: make([]float32, sectors), ServedInBit: make([]float32, sectors), DroppedBit: make([]float32, sectors),
		SlowBit: make([]float32, sectors), OutageS: make([]float32, sectors),
	}
}

// forget zeroes what an interval's first piece of time does not write anew.
func (v *View) forget(switched []int32) {
	for _, c := range switched {
		v.TransitionJ[c], v.Switches[c] = 0, 0
	}
	v.clearFaults()
}

// clear zeroes what accumulates over a piece of time.
func (v *View) clear() {
	for _, a := range [...][]float32{v.EnergyJ, v.LoadS, v.AskedBit, v.ServedBit, v.AwakeS, v.OfferedBit, v.ServedInBit, v.DroppedBit, v.SlowBit, v.PoorBit, v.OutageS} {
		clear(a)
	}
}

// clearFaults zeroes what is kept where things may break.
func (v *View) clearFaults() {
	clear(v.DownS)
	clear(v.LostBit)
	clear(v.SiteJ)
	clear(v.BatteryJ)
}

// View returns the view of the network. It is valid until the next call that
// lets time pass.
func (n *Network) View() *View { return &n.view }

// QueuedBit returns the traffic that waits in each sector [sectors], bit; nil
// unless the scenario has traffic wait.
func (n *Network) QueuedBit() []float64 { return n.queue }

// BeginInterval adds what has accumulated to the run's totals and starts a
// new control interval. What the view shows of the last one is overwritten as
// soon as time passes.
func (n *Network) BeginInterval() {
	n.foldInterval()
	if n.total.cells != nil {
		n.pool.Each(shard.Count(len(n.until)), n.foldPass)
	}
	if n.spec.Overload == OverloadQueue {
		clear(n.view.DroppedBit) // counted when an epoch begins, too
	}
	n.view.forget(n.switched)
	n.switched, n.first = n.switched[:0], true
}

// Rate returns what a user alone in the cell that serves each bin (sector*Bins
// + bin) gets now, bit/s, 0 in outage. It holds until the next call that lets
// time pass.
func (n *Network) Rate() []float32 { return n.model.Rate() }
