package fit

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Units of energy. A reading is the energy of one step, or for Watt its mean
// power; relative readings have no unit that is known.
const (
	KWh      = "kWh"
	Wh       = "Wh"
	Joule    = "J"
	Watt     = "W"
	Relative = "relative"
)

// EnergyUnits lists the units of energy.
func EnergyUnits() []string { return []string{KWh, Wh, Joule, Watt, Relative} }

// Scales of loads and activations.
const (
	Share   = "share"   // 0 to 1
	Percent = "percent" // 0 to 100
)

// Mapping says which columns of the tables mean what. An empty name is searched
// among the usual ones (without regard to case, blanks, - and _).
type Mapping struct {
	Station string   // whose meter it is; in every table
	Cell    string   // in the tables of loads and cells; without it a station is one cell
	Time    string   // label of the step, in the tables of loads and energy
	Load    string   // share of the resources in use
	Energy  string   // in the table of energy, or in that of loads where there is no other
	Type    []string // columns that make the type of a cell, in the table of cells or else of loads
	Detail  []string // further columns, by which the level of an unknown station is told more closely
	Chains  string   // transceiver chains of the cell; "none": not known
	Modes   []string // activation of energy-saving modes, in the table of loads

	TimeFormat      string // layout of Go's time package, "unix", or "" to find out
	StepS           int    // length of a step in s; 0: the most common distance of readings
	Delimiter       rune   // 0: comma, semicolon, tab or bar, whichever the header has most of
	DecimalComma    bool
	LoadScale       string // Share or Percent; "" is Share
	ActivationScale string // likewise
	EnergyUnit      string // "" is Relative
}

// SettingError is a fault of a Mapping or of Options, by the setting's name.
type SettingError struct {
	Setting string
	Err     error
}

func (e *SettingError) Error() string { return e.Setting + ": " + e.Err.Error() }
func (e *SettingError) Unwrap() error { return e.Err }

func badSetting(name, format string, a ...any) error {
	return &SettingError{name, fmt.Errorf(format, a...)}
}

// Source is a table to be read: CSV, plain or gzip, with a header line.
type Source struct {
	Name string // for messages
	R    io.Reader
}

// Input is one table with everything, or up to three that are joined.
type Input struct {
	Loads  Source
	Energy *Source // by station and time; nil: the table of loads has the column
	Cells  *Source // by station and cell; nil: the table of loads has the columns of the type
}

// usual lists the names under which columns are searched, in normal form.
var usual = map[string][]string{
	"station": {"bs", "station", "stationid", "site", "siteid", "enodeb", "gnodeb", "nodeb", "ne"},
	"cell":    {"cell", "cellname", "cellid"},
	"time":    {"time", "datetime", "timestamp", "hour", "date"},
	"load":    {"load", "prbload", "prbutilization", "prbusage", "prb", "utilization"},
	"energy":  {"energy", "energyconsumption", "consumption", "kwh", "wh", "power"},
	"type":    {"rutype", "radiounit", "radiounittype", "unittype", "type"},
	"width":   {"bandwidth", "bw", "bandwidthmhz"},
	"chains":  {"antennas", "trx", "chains", "txrx"},
}

// normal is a column's name as it is compared.
func normal(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(strings.TrimSpace(name)))
}

// find returns the index of a column: the named one, or one of the usual names
// of its kind. -1: there is none, which is an error if it was named or needed.
func (t *table) find(setting, kind, name string, needed bool) (int, error) {
	if name != "" {
		for i, c := range t.cols {
			if c == name {
				return i, nil
			}
		}
		return -1, badSetting(setting, "%s: there is no column %q, allowed %s", t.name, name, strings.Join(t.cols, ", "))
	}
	for _, u := range usual[kind] {
		for i, c := range t.cols {
			if normal(c) == u {
				return i, nil
			}
		}
	}
	if needed {
		return -1, badSetting(setting, "%s: no column has a usual name (%s); name one of %s", t.name, strings.Join(usual[kind], ", "), strings.Join(t.cols, ", "))
	}
	return -1, nil
}

// findAll returns the indices of named columns.
func (t *table) findAll(setting string, names []string) ([]int, error) {
	var at []int
	for _, name := range names {
		i, err := t.find(setting, "", name, true)
		if err != nil {
			return nil, err
		}
		at = append(at, i)
	}
	return at, nil
}

// typeColumns returns the columns of a cell's type: those named, or radio unit,
// bandwidth and chains as far as the table has them.
func (t *table) typeColumns(m *Mapping) ([]int, error) {
	if len(m.Type) > 0 {
		return t.findAll("type", m.Type)
	}
	var at []int
	for _, kind := range []string{"type", "width", "chains"} {
		if i, _ := t.find("type", kind, "", false); i >= 0 {
			at = append(at, i)
		}
	}
	return at, nil
}

// modeColumns returns the columns of modes: those named, or all that begin with
// "esmode".
func (t *table) modeColumns(m *Mapping) ([]int, error) {
	if len(m.Modes) > 0 {
		if len(m.Modes) == 1 && m.Modes[0] == "none" {
			return nil, nil
		}
		return t.findAll("modes", m.Modes)
	}
	var at []int
	for i, c := range t.cols {
		if strings.HasPrefix(normal(c), "esmode") {
			at = append(at, i)
		}
	}
	return at, nil
}

// check returns the first fault of the settings that no table is needed for.
func (m *Mapping) check() error {
	for _, s := range [][2]string{{"load-scale", m.LoadScale}, {"activation-scale", m.ActivationScale}} {
		if s[1] != "" && s[1] != Share && s[1] != Percent {
			return badSetting(s[0], "%q is not known, allowed %s, %s", s[1], Share, Percent)
		}
	}
	if m.EnergyUnit != "" && !slices.Contains(EnergyUnits(), m.EnergyUnit) {
		return badSetting("energy-unit", "%q is not known, allowed %s", m.EnergyUnit, strings.Join(EnergyUnits(), ", "))
	}
	if m.StepS < 0 || m.StepS > 86400 {
		return badSetting("step-s", "must be from 0 to 86400, got %d", m.StepS)
	}
	if d := m.Delimiter; d == '"' || d == '\n' || d == '\r' {
		return badSetting("delimiter", "%q cannot separate fields", d)
	}
	return nil
}
