package kpi

import "strings"

// Direction says which way a figure improves.
type Direction uint8

// Directions of figures.
const (
	Neutral Direction = iota // describes the run, is neither good nor bad
	Lower                    // less is better
	Higher                   // more is better
)

// String returns "neutral", "lower" or "higher".
func (d Direction) String() string {
	switch d {
	case Lower:
		return "lower"
	case Higher:
		return "higher"
	}
	return "neutral"
}

// Def describes a figure.
type Def struct {
	Name   string    // lower case with underscores, the unit at the end
	Unit   string    // "1" for a plain number
	Doc    string    // one sentence
	Better Direction // which way is better
}

// shieldPrefix begins the name of every figure that counts interventions.
const shieldPrefix = "shield_"

// defs lists the figures that every run has, in the order of reports.
var defs = [...]Def{
	{"energy_kwh", "kWh", "Energy of the network: radio units, transitions and sites, with their overhead.", Lower},
	{"offered_gbit", "Gbit", "Traffic that users asked for.", Neutral},
	{"served_gbit", "Gbit", "Traffic delivered.", Higher},
	{"dropped_gbit", "Gbit", "Traffic refused: no coverage, or overload that is not queued.", Lower},
	{"queued_gbit", "Gbit", "Traffic still waiting at the end.", Lower},
	{"dropped_pct", "%", "Dropped share of the offered traffic.", Lower},
	{"throughput_p5_mbps", "Mbit/s", "5th percentile of the user throughput, weighted by offered traffic (the edge user of Rep. ITU-R M.2410).", Higher},
	{"throughput_p50_mbps", "Mbit/s", "Median of the user throughput, weighted by offered traffic.", Higher},
	{"throughput_mean_mbps", "Mbit/s", "Mean of the user throughput, weighted by offered traffic.", Higher},
	{"outage_min", "min", "Time without coverage, weighted by the share of users it concerns; mean over sectors.", Lower},
	{"switches_per_cell_day", "1/d", "Changes of power state, a cell and day.", Lower},
	{"load_mean", "1", "Mean PRB utilisation over all cells and the whole time; a sleeping cell counts with 0.", Neutral},
	{"overload_cell_h", "h", "Cell-hours in which the demand exceeded the cell's capacity.", Lower},
	{"energy_per_gbit_kwh", "kWh/Gbit", "Energy over served traffic (the inverse of the energy efficiency of ETSI ES 203 228).", Lower},
	{"unconverged_epochs", "1", "Traffic epochs whose load coupling stopped at the limit of iterations.", Lower},
	{"shield_total", "1", "Interventions of the safety shield, all causes.", Lower},
}

// Defs returns the figures that every run has, in the order of reports.
func Defs() []Def { return append([]Def(nil), defs[:]...) }

// ShieldDef returns the figure that counts the shield's interventions for one
// cause.
func ShieldDef(cause string) Def {
	return Def{shieldPrefix + cause, "1", "Interventions of the safety shield: " + spaced(cause) + ".", Lower}
}

func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

// Find returns the definition of a figure by name. Any name that begins with
// "shield_" is taken for a cause, and one made like those by kind of fault for
// a kind; whether a run has it, its Figures say.
func Find(name string) (Def, bool) {
	for _, d := range defs {
		if d.Name == name {
			return d, true
		}
	}
	for _, d := range faultDefs {
		if d.Name == name {
			return d, true
		}
	}
	if kind, ok := strings.CutPrefix(name, faultsPrefix); ok && kind != "" {
		return FaultDefs([]string{kind})[len(faultDefs)], true
	}
	if rest, ok := strings.CutPrefix(name, faultLostPrefix); ok {
		if kind, ok := strings.CutSuffix(rest, gbitSuffix); ok && kind != "" {
			return FaultDefs([]string{kind})[len(faultDefs)+1], true
		}
	}
	if cause, ok := strings.CutPrefix(name, shieldPrefix); ok && cause != "" {
		return ShieldDef(cause), true
	}
	return Def{}, false
}
