package trace

import "strings"

// The units a Series can have.
const (
	UnitBit      = "bit"      // volume per step
	UnitBitPerS  = "bit/s"    // mean rate over the step
	UnitLoad     = "load"     // share of capacity, 0 to 1
	UnitRelative = "relative" // no physical unit: only ratios mean anything
)

// unit is a unit of the input: its name, what it becomes, and by which factor.
type unit struct {
	name, canonical string
	factor          float64
}

// units lists all units of input. Decimal prefixes (IEC 80000-13): kB is 1000
// byte, KiB is 1024 byte.
var units = [...]unit{
	{"bit", UnitBit, 1}, {"kbit", UnitBit, 1e3}, {"Mbit", UnitBit, 1e6}, {"Gbit", UnitBit, 1e9}, {"Tbit", UnitBit, 1e12},
	{"byte", UnitBit, 8}, {"kB", UnitBit, 8e3}, {"MB", UnitBit, 8e6}, {"GB", UnitBit, 8e9}, {"TB", UnitBit, 8e12},
	{"KiB", UnitBit, 8 << 10}, {"MiB", UnitBit, 8 << 20}, {"GiB", UnitBit, 8 << 30},
	{"bit/s", UnitBitPerS, 1}, {"kbit/s", UnitBitPerS, 1e3}, {"Mbit/s", UnitBitPerS, 1e6}, {"Gbit/s", UnitBitPerS, 1e9},
	{"load", UnitLoad, 1}, {"percent", UnitLoad, 0.01},
	{"relative", UnitRelative, 1},
}

// Units returns the names of all units of input: volumes per step, rates,
// loads (a share, or percent) and relative.
func Units() []string {
	names := make([]string, len(units))
	for i, u := range units {
		names[i] = u.name
	}
	return names
}

func findUnit(name string) (unit, error) {
	for _, u := range units {
		if u.name == name {
			return u, nil
		}
	}
	return unit{}, badSetting("unit", "%q is not known, allowed %s", name, strings.Join(Units(), ", "))
}

func canonicalUnit(name string) bool {
	return name == UnitBit || name == UnitBitPerS || name == UnitLoad || name == UnitRelative
}
