package kpi

import "slices"

// Faults is what faults have cost in an episode; all fields are plain sums,
// but for RestoreMaxS.
type Faults struct {
	Kinds       []string  // names of what breaks
	Count       []int64   // [kinds] faults that have begun
	LostBit     []float64 // [kinds] traffic dropped in the sectors that a fault has hit, until its cells serve again
	DownCellS   float64   // cell-seconds out of order and starting after that
	Cuts        int64     // faults that took a serving cell down
	RestoreS    float64   // sum over them of the time to restore
	RestoreMaxS float64   // the longest
	Emptied     int64     // batteries that ran empty
	Wakes       int64     // sleeping cells that were woken to stand in
	BatteryJ    float64   // energy taken from batteries
	ChargeJ     float64   // energy taken from the mains to charge them
	StoredJ     float64   // of that, what they can give again
}

// faultDefs lists the figures that a run has in which something may break.
// Those by kind follow them: see Faults.figures.
var faultDefs = [...]Def{
	{"fault_down_cell_h", "h", "Cell-hours out of order, the start after repair included.", Lower},
	{"fault_lost_gbit", "Gbit", "Traffic dropped in the sectors that a fault has hit, from the fault until its cells serve again; part of dropped_gbit.", Lower},
	{"fault_cuts", "1", "Faults that took a serving cell down.", Neutral},
	{"fault_restore_mean_min", "min", "Time to restore: how long the sectors that a fault has hit drop a larger share of their traffic than before it; mean over the faults that took a serving cell down.", Lower},
	{"fault_restore_max_min", "min", "The longest time to restore.", Lower},
	{"fault_wakes", "1", "Sleeping cells woken to stand in for cells that were down.", Neutral},
	{"battery_empty", "1", "Batteries that ran empty.", Lower},
	{"battery_kwh", "kWh", "Energy taken from batteries; part of energy_kwh.", Neutral},
	{"grid_kwh", "kWh", "Energy taken from the mains: energy_kwh less battery_kwh, and what charging takes.", Lower},
}

// Prefixes of the figures by kind of fault.
const (
	faultsPrefix    = "faults_"
	faultLostPrefix = "fault_lost_"
	gbitSuffix      = "_gbit"
)

// FaultDefs returns the figures that a run has in which something may break,
// in the order of reports; kinds names what breaks.
func FaultDefs(kinds []string) []Def {
	out := append([]Def(nil), faultDefs[:]...)
	for _, k := range kinds {
		out = append(out,
			Def{faultsPrefix + k, "1", "Faults begun: " + spaced(k) + ".", Neutral},
			Def{faultLostPrefix + k + gbitSuffix, "Gbit", "Traffic lost to faults: " + spaced(k) + ".", Lower})
	}
	return out
}

// figures returns the figures of an episode that drew energyJ in all.
func (f *Faults) figures(energyJ float64) []Value {
	lost := total(f.LostBit)
	values := []float64{
		f.DownCellS / secondAHour,
		lost / bitAGbit,
		float64(f.Cuts),
		ratio(f.RestoreS, float64(f.Cuts)) / secondMinute,
		f.RestoreMaxS / secondMinute,
		float64(f.Wakes),
		float64(f.Emptied),
		f.BatteryJ / jouleAKWh,
		(energyJ - f.BatteryJ + f.ChargeJ) / jouleAKWh,
	}
	for k := range f.Kinds {
		values = append(values, float64(f.Count[k]), f.LostBit[k]/bitAGbit)
	}
	out := make([]Value, len(values))
	for i, d := range FaultDefs(f.Kinds) {
		out[i] = Value{d, values[i]}
	}
	return out
}

// merge adds the sums of another episode. It panics if the kinds differ.
func (f *Faults) merge(o *Faults) {
	if !slices.Equal(f.Kinds, o.Kinds) {
		panic("kpi: Totals.Merge needs equal kinds of faults")
	}
	addTo(f.Count, o.Count)
	addTo(f.LostBit, o.LostBit)
	f.DownCellS += o.DownCellS
	f.Cuts += o.Cuts
	f.RestoreS += o.RestoreS
	f.RestoreMaxS = max(f.RestoreMaxS, o.RestoreMaxS)
	f.Emptied += o.Emptied
	f.Wakes += o.Wakes
	f.BatteryJ += o.BatteryJ
	f.ChargeJ += o.ChargeJ
	f.StoredJ += o.StoredJ
}

// clone returns a copy that shares nothing but the names.
func (f *Faults) clone() *Faults {
	out := *f
	out.Count, out.LostBit = slices.Clone(f.Count), slices.Clone(f.LostBit)
	return &out
}

// clear sets all sums to zero.
func (f *Faults) clear() {
	clear(f.Count)
	clear(f.LostBit)
	*f = Faults{Kinds: f.Kinds, Count: f.Count, LostBit: f.LostBit}
}
