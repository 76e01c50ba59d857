package kpi

import "math"

// Value is a figure with what it means.
type Value struct {
	Def   Def
	Value float64
}

// Units of the figures in those of the sums.
const (
	jouleAKWh    = 3.6e6
	bitAGbit     = 1e9
	secondAHour  = 3600
	secondADay   = 86400
	secondMinute = 60
)

// Figures returns the figures of the episode: those of Defs in their order,
// then those of FaultDefs if anything may break, then one a cause of the
// shield. A figure that is not defined is NaN: the
// throughputs of a run without traffic, rates over no time.
func (t *Totals) Figures() []Value {
	shield := int64(0)
	for _, n := range t.ShieldCounts {
		shield += n
	}
	energyKWh := t.EnergyJ / jouleAKWh
	values := [len(defs)]float64{
		energyKWh,
		t.OfferedBit / bitAGbit,
		t.ServedBit / bitAGbit,
		t.DroppedBit / bitAGbit,
		t.QueuedBit / bitAGbit,
		100 * ratio(t.DroppedBit, t.OfferedBit),
		t.Throughput.Quantile(0.05),
		t.Throughput.Quantile(0.5),
		t.Throughput.Mean(),
		ratio(t.OutageShareS, float64(t.Sectors)) / secondMinute,
		ratio(float64(t.Switches), t.CellS/secondADay),
		ratio(t.LoadS, t.CellS),
		t.OverloadCellS / secondAHour,
		ratio(energyKWh, t.ServedBit/bitAGbit),
		float64(t.UnconvergedEpochs),
		float64(shield),
	}
	out := make([]Value, 0, len(values)+len(t.ShieldCauses))
	for i, v := range values {
		out = append(out, Value{defs[i], v})
	}
	if t.Faults != nil {
		out = append(out, t.Faults.figures(t.EnergyJ)...)
	}
	for i, cause := range t.ShieldCauses {
		out = append(out, Value{ShieldDef(cause), float64(t.ShieldCounts[i])})
	}
	return out
}

// ratio returns a/b, or NaN where b is 0: a rate over nothing is not defined,
// also where a is not 0.
func ratio(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}
