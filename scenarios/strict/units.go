package strict

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// unit relates a unit to the base unit of its dimension:
// base = toBase(value), value = fromBase(base).
type unit struct {
	dimension        string
	toBase, fromBase func(float64) float64
}

func scaled(dimension string, factor float64) unit {
	return unit{
		dimension: dimension,
		toBase:    func(x float64) float64 { return x * factor },
		fromBase:  func(x float64) float64 { return x / factor },
	}
}

// lookupUnit returns the unit of a name as people write it. Case counts only
// where it tells milli from mega: mW and MW, mJ and MJ, MWh.
func lookupUnit(name string) (unit, bool) {
	switch name {
	case "mW":
		return scaled("power", 1e-3), true
	case "MW":
		return scaled("power", 1e6), true
	case "mJ":
		return scaled("energy", 1e-3), true
	case "MJ":
		return scaled("energy", 1e6), true
	case "MWh":
		return scaled("energy", 3.6e9), true
	}
	switch strings.ToLower(name) {
	case "m", "meter", "metre", "meters", "metres":
		return scaled("length", 1), true
	case "km":
		return scaled("length", 1000), true
	case "cm":
		return scaled("length", 0.01), true
	case "mm":
		return scaled("length", 0.001), true
	case "ft":
		return scaled("length", 0.3048), true
	case "mi", "mile", "miles":
		return scaled("length", 1609.344), true
	case "us", "µs", "μs":
		return scaled("time", 1e-6), true
	case "ms":
		return scaled("time", 1e-3), true
	case "s", "sec", "second", "seconds":
		return scaled("time", 1), true
	case "min", "minute", "minutes":
		return scaled("time", 60), true
	case "h", "hr", "hour", "hours":
		return scaled("time", 3600), true
	case "d", "day", "days":
		return scaled("time", 86400), true
	case "week", "weeks":
		return scaled("time", 7*86400), true
	}
	return lookupElectric(strings.ToLower(name))
}

// lookupElectric knows frequency, power, energy, rate, volume and ratio.
func lookupElectric(name string) (unit, bool) {
	switch name {
	case "hz":
		return scaled("frequency", 1), true
	case "khz":
		return scaled("frequency", 1e3), true
	case "mhz":
		return scaled("frequency", 1e6), true
	case "ghz":
		return scaled("frequency", 1e9), true
	case "w":
		return scaled("power", 1), true
	case "kw":
		return scaled("power", 1e3), true
	case "dbm":
		return unit{
			dimension: "power",
			toBase:    func(x float64) float64 { return math.Pow(10, (x-30)/10) },
			fromBase:  func(x float64) float64 { return 10*math.Log10(x) + 30 },
		}, true
	case "j":
		return scaled("energy", 1), true
	case "kj":
		return scaled("energy", 1e3), true
	case "wh":
		return scaled("energy", 3600), true
	case "kwh":
		return scaled("energy", 3.6e6), true
	case "bit/s", "bps":
		return scaled("rate", 1), true
	case "kbit/s", "kbps":
		return scaled("rate", 1e3), true
	case "mbit/s", "mbps":
		return scaled("rate", 1e6), true
	case "gbit/s", "gbps":
		return scaled("rate", 1e9), true
	case "bit":
		return scaled("volume", 1), true
	case "mbit":
		return scaled("volume", 1e6), true
	case "gbit":
		return scaled("volume", 1e9), true
	case "mb":
		return scaled("volume", 8e6), true
	case "gb":
		return scaled("volume", 8e9), true
	case "1", "share", "ratio", "fraction":
		return scaled("ratio", 1), true
	case "%", "pct", "percent":
		return scaled("ratio", 0.01), true
	case "deg", "°", "degree", "degrees":
		return scaled("angle", math.Pi/180), true
	case "rad":
		return scaled("angle", 1), true
	case "db":
		return scaled("level", 1), true
	}
	return unit{}, false
}

// convert returns x of unit from in unit to, when both are known and measure
// the same thing.
func convert(x float64, from, to string) (float64, bool) {
	a, okA := lookupUnit(from)
	b, okB := lookupUnit(to)
	if !okA || !okB || a.dimension != b.dimension {
		return 0, false
	}
	y := b.fromBase(a.toBase(x))
	return y, !math.IsNaN(y) && !math.IsInf(y, 0)
}

// plain writes a converted number with 12 digits, which hides the last bit's
// rounding: 0.5 km is 500 m, not 500.00000000000006.
func plain(x float64) string {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 12, 64), 64)
	if err != nil {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return formatFloat(y)
}

var numberAndUnit = regexp.MustCompile(`^([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*([A-Za-zµμ%°/]+[A-Za-z0-9/]*)$`)

// withUnit explains a number that carries a unit: "500 m", "0.5km".
func withUnit(f field, text string) (problem, hint string, ok bool) {
	m := numberAndUnit.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return "", "", false
	}
	x, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return "", "", false
	}
	target := f.unit
	if target == "" {
		target = "1"
	}
	if y, can := convert(x, m[2], target); can {
		return "a unit where a plain number is expected", fmt.Sprintf("the unit is always %s: write %s", orPlain(target), plain(y)), true
	}
	if _, known := lookupUnit(m[2]); known {
		return "a wrong unit", fmt.Sprintf("the unit is always %s, which %s cannot be turned into", orPlain(target), m[2]), true
	}
	return "an unknown unit", fmt.Sprintf("the unit is always %s; write the number alone", orPlain(target)), true
}

func orPlain(unit string) string {
	if unit == "1" {
		return "1 (a plain number)"
	}
	return unit
}

// keyUnit returns the unit that the end of a key names.
func keyUnit(suffix string) (string, bool) {
	switch suffix {
	case "m", "km", "cm", "mm", "ft", "mi", "us", "ms", "s", "min", "h", "d",
		"hz", "khz", "mhz", "ghz", "w", "kw", "dbm", "j", "kj", "wh", "kwh",
		"bps", "kbps", "mbps", "gbps", "bit", "mbit", "gbit", "share", "pct", "deg", "rad", "db":
		return suffix, true
	case "mw":
		return "mW", true
	case "sec", "seconds", "minutes", "hours", "days", "percent", "ratio", "fraction":
		return suffix, true
	}
	return "", false
}

// splitUnit divides a key into its name and the unit at its end, if any:
// isd_km is isd in km.
func splitUnit(key string) (base, unit string) {
	i := strings.LastIndexByte(key, '_')
	if i <= 0 {
		return key, ""
	}
	if u, ok := keyUnit(key[i+1:]); ok {
		return key[:i], u
	}
	return key, ""
}
