package evaluate

import (
	"encoding/json"
	"math"
	"strings"

	"hibernet/results/record"
)

// Names of figures that this package treats on their own (see sim/kpi).
const (
	figureEnergy   = "energy_kwh"
	figureOffered  = "offered_gbit"
	figureShield   = "shield_total"
	figureSwitches = "switches_per_cell_day"
)

// ratios are the figures that are a ratio of two others: name, numerator,
// denominator, factor.
var ratios = [...]struct {
	name, num, den string
	factor         float64
}{
	{"dropped_pct", "dropped_gbit", "offered_gbit", 100},
	{"energy_per_gbit_kwh", "energy_kwh", "served_gbit", 1},
}

// Measure returns how the named figure with the given unit is put together
// over episodes: record.MeasureTotal, MeasureRatio or MeasureMean.
func Measure(name, unit string) string {
	for _, r := range ratios {
		if r.name == name {
			return record.MeasureRatio
		}
	}
	switch {
	// Queued traffic is a level at the end, not an amount of the episode.
	// Times to restore are means and maxima already.
	case name == "queued_gbit", strings.HasPrefix(name, "fault_restore_"):
		return record.MeasureMean
	case name == "unconverged_epochs", strings.HasPrefix(name, "shield_"), strings.HasPrefix(name, "faults_"),
		name == "fault_cuts", name == "fault_wakes", name == "battery_empty":
		return record.MeasureTotal
	}
	switch unit {
	case "J", "Wh", "kWh", "MWh", "bit", "Mbit", "Gbit", "s", "min", "h":
		return record.MeasureTotal
	}
	return record.MeasureMean
}

// Number is a float64 that JSON writes as null where it is NaN or infinite.
type Number float64

// MarshalJSON encodes n, null where it is not finite.
func (n Number) MarshalJSON() ([]byte, error) {
	if v := float64(n); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON decodes a number, NaN from null.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}
