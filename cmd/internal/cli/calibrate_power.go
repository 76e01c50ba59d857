package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hibernet/sim/power"
	"hibernet/sim/power/fit"
)

// Files of a calibration's folder.
const (
	calibrationReport   = "report.json"
	calibrationProfiles = "profiles.yaml"
	calibrationStations = "stations.csv"
)

// powerCalibration holds the flags of calibrate power.
type powerCalibration struct {
	energy, cells string
	mapping       fit.Mapping
	read          fit.ReadOptions
	fit           fit.Options
	profile       fit.ProfileOptions

	delimiter, anchor       string
	states, wakeS, controlS []string
	out                     string
	force, asJSON           bool
}

func newCalibratePower(io IO) *cobra.Command {
	c := powerCalibration{fit: fit.DefaultOptions(), profile: fit.DefaultProfileOptions()}
	cmd := &cobra.Command{
		Use:   "power LOADS",
		Short: "Fit power profiles to meter readings",
		Long: `Fit a power profile for each type of radio unit to meter readings: rows of station, time,
load, activation of energy-saving modes, and energy. They stand in one CSV table (plain or
gzip), or in up to three: LOADS by cell and time, --energy by station and time, --cells by
cell. Columns that are not named are searched among the usual names.

The energy of a station is (level + slope x load) x (1 - saving x activation), with a level
of each station and slope and saving of its type, fitted so that gross errors do not count.
Stations of several cells get a slope for each. Before, the clocks of load and energy are
compared: every station's lag is the one that explains its energy best, if it is clearly
better than all others, else that of the stations with records of like length.

Written are profiles.yaml, report.json, stations.csv (lag, level and error of each station)
and report.html. Every row that is not used is counted by its cause. A scenario takes the
profiles by inputs.profiles_file; its carriers, under topology.carriers, then name them.

Errors are judged on what the fit did not see: folds of stations are held out in turn and
predicted from the table of types alone, and from a level that their first rows give.`,
		Example: `  # one table, energy in kWh an hour
  hibernet calibrate power readings.csv --energy-unit kWh --type unit --state carrier_sleep=sleep --modes sleep --out calibration

  # three tables; the energy has no unit, so one type's power at full load gives the scale
  hibernet calibrate power CLdata.csv.gz --energy ECdata.csv.gz --cells BSinfo.csv.gz --detail TXpower \
    --state carrier_sleep=ESMode1 --state dtx=ESMode6 --anchor-w Type2/20/4=690 --out calibration`,
		Args: exactly("LOADS"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), io, args[0]) },
	}
	c.registerTables(cmd)
	c.registerFit(cmd)
	return cmd
}

// registerTables declares the flags that describe the tables.
func (c *powerCalibration) registerTables(cmd *cobra.Command) {
	f, m := cmd.Flags(), &c.mapping
	f.StringVar(&c.energy, "energy", "", "`FILE` with the energy of stations; without it LOADS has the column")
	f.StringVar(&c.cells, "cells", "", "`FILE` with the type of cells; without it LOADS has the columns")
	f.StringVar(&m.Station, "station", "", "`COLUMN` of the station, that is the meter")
	f.StringVar(&m.Cell, "cell", "", "`COLUMN` of the cell; without one a station is one cell")
	f.StringVar(&m.Time, "time", "", "`COLUMN` of the time")
	f.StringVar(&m.Load, "load", "", "`COLUMN` of the load")
	f.StringVar(&m.Energy, "energy-column", "", "`COLUMN` of the energy")
	f.StringSliceVar(&m.Type, "type", nil, "`COLUMN,...` that make the type of a cell (default radio unit, bandwidth and antennas, as far as there are such)")
	f.StringSliceVar(&m.Detail, "detail", nil, "`COLUMN,...` that tell the level of an unknown station more closely within its type")
	f.StringVar(&m.Chains, "chains", "", "`COLUMN` of the number of transceiver chains; none: not known")
	f.StringSliceVar(&m.Modes, "modes", nil, "`COLUMN,...` of the activation of energy-saving modes (default all that begin with ESMode); none: without")
	f.StringVar(&m.TimeFormat, "time-format", "", "layout of Go's time package, or unix (default the one that reads most rows)")
	f.IntVar(&m.StepS, "step-s", 0, "length of a step, s; 0 takes it from the times")
	f.StringVar(&c.delimiter, "delimiter", "", "CSV delimiter, one character or tab; without it comma, semicolon, tab and bar are tried")
	f.BoolVar(&m.DecimalComma, "decimal-comma", false, "read 1,5 as one and a half")
	f.StringVar(&m.LoadScale, "load-scale", fit.Share, "share (0 to 1) or percent")
	f.StringVar(&m.ActivationScale, "activation-scale", fit.Share, "share (0 to 1) or percent")
	f.StringVar(&m.EnergyUnit, "energy-unit", fit.Relative, "`UNIT` of the energy of a step: "+strings.Join(fit.EnergyUnits(), ", ")+" (W is its mean power)")
	f.BoolVar(&c.read.Strict, "strict", false, "stop at the first bad row instead of counting it")
	completeFlag(cmd, "load-scale", fit.Share, fit.Percent)
	completeFlag(cmd, "activation-scale", fit.Share, fit.Percent)
	completeFlag(cmd, "energy-unit", fit.EnergyUnits()...)
}

// registerFit declares the flags of fitting and of what is written.
func (c *powerCalibration) registerFit(cmd *cobra.Command) {
	f, o, p := cmd.Flags(), &c.fit, &c.profile
	f.IntVar(&o.MaxLag, "max-lag", o.MaxLag, "clocks are compared up to so many steps either way; 0: they agree")
	f.IntVar(&o.MinRows, "min-rows", o.MinRows, "rows that a station needs")
	f.IntVar(&o.OwnRows, "own-rows", o.OwnRows, "first rows of a held-out station that give its own level")
	f.IntVar(&o.Folds, "folds", o.Folds, "parts of the stations that are held out in turn")
	f.IntVar(&o.Resamples, "resamples", o.Resamples, "of the stations, for the 95 % intervals; 0: none")
	f.StringSliceVar(&o.Additive, "additive", nil, "`MODE,...` whose effect is an energy that is added, not a share that is saved")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "of folds and resamples")
	f.StringArrayVar(&c.states, "state", nil, "`STATE=MODE`: the mode is this power state (dtx, carrier_sleep, deep_sleep, dormant); may be repeated")
	f.StringVar(&c.anchor, "anchor-w", "", "`TYPE=WATT`: power of a radio unit of that type at full load, where the energy has no unit")
	f.BoolVar(&p.WholeSite, "whole-site", false, "the meters take in baseband, rectifier and cooling")
	f.StringVar(&p.Prefix, "prefix", p.Prefix, "beginning of the profiles' names")
	f.StringVar(&p.Source, "source", "", "where the readings come from, for the profiles (default the names of the files)")
	f.IntVar(&p.MinStations, "min-stations", p.MinStations, "a type of fewer stations gets no profile")
	f.StringArrayVar(&c.wakeS, "wake-s", nil, "`STATE=S`: time of the hardware to wake, s (default carrier_sleep=1, deep_sleep=50, dormant=180)")
	f.StringArrayVar(&c.controlS, "control-s", nil, "`STATE=S`: time of the control plane after it, s (default carrier_sleep=2, deep_sleep=10, dormant=10)")
	f.StringVar(&c.out, "out", "", "`FOLDER` to write (required)")
	f.BoolVar(&c.force, "force", false, "replace a calibration in that folder")
	f.BoolVar(&c.asJSON, "json", false, "print the report as JSON")
}

// settle turns flags of text into options, and says whether the output may be
// written.
func (c *powerCalibration) settle(io IO, loads string) error {
	if c.out == "" {
		return usage(errors.New("--out: name the folder to write"), "for example --out calibration")
	}
	if _, err := os.Stat(filepath.Join(io.path(c.out), calibrationReport)); err == nil && !c.force {
		return usage(fmt.Errorf("--out: %s holds a calibration already", c.out), "--force replaces it")
	}
	h := handling{delimiter: c.delimiter}
	var err error
	if c.mapping.Delimiter, err = h.delim(); err != nil {
		return err
	}
	for _, text := range c.states {
		state, mode, err := stateFlag("state", "STATE=MODE", text)
		if err != nil {
			return err
		}
		c.profile.States = append(c.profile.States, fit.StateOf{State: state, Mode: mode})
	}
	if err := secondsFlag("wake-s", c.wakeS, &c.profile.WakeS); err != nil {
		return err
	}
	if err := secondsFlag("control-s", c.controlS, &c.profile.ControlS); err != nil {
		return err
	}
	if c.anchor != "" {
		name, text, ok := strings.Cut(c.anchor, "=")
		w, err := strconv.ParseFloat(text, 64)
		if !ok || name == "" || err != nil {
			return usage(fmt.Errorf("--anchor-w: must be TYPE=WATT, got %q", c.anchor), "")
		}
		c.profile.AnchorType, c.profile.AnchorW = name, w
	}
	if c.profile.Source == "" {
		c.profile.Source = "meter readings of " + strings.Join(nonEmpty(filepath.Base(loads), base(c.energy), base(c.cells)), ", ")
	}
	return nil
}

func base(name string) string {
	if name == "" {
		return ""
	}
	return filepath.Base(name)
}

func nonEmpty(list ...string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// stateFlag reads STATE=TEXT.
func stateFlag(flag, form, text string) (power.State, string, error) {
	name, rest, ok := strings.Cut(text, "=")
	if !ok || rest == "" {
		return 0, "", usage(fmt.Errorf("--%s: must be %s, got %q", flag, form, text), "")
	}
	state, err := power.ParseState(name)
	if err != nil {
		return 0, "", usage(fmt.Errorf("--%s: %w", flag, err), "")
	}
	return state, rest, nil
}

// secondsFlag reads STATE=S for each text.
func secondsFlag(flag string, texts []string, dst *[power.NumStates]float64) error {
	for _, text := range texts {
		state, rest, err := stateFlag(flag, "STATE=S", text)
		if err != nil {
			return err
		}
		s, err := strconv.ParseFloat(rest, 64)
		if err != nil || !(s >= 0 && s <= 3600) {
			return usage(fmt.Errorf("--%s: must be from 0 to 3600 s, got %q", flag, rest), "")
		}
		dst[state] = s
	}
	return nil
}

// run reads, fits and writes.
func (c *powerCalibration) run(ctx context.Context, io IO, loads string) error {
	if err := c.settle(io, loads); err != nil {
		return err
	}
	data, err := c.readTables(ctx, io, loads)
	if err != nil {
		return fitFault(err)
	}
	p := io.progress("fit", 1)
	c.fit.Progress = func(done, total int, note string) {
		p.total = total
		p.set(done, note)
	}
	result, err := fit.Fit(ctx, data, c.fit)
	p.close()
	if err != nil {
		return fitFault(err)
	}
	text, left, err := result.Profiles(c.profile)
	why := ""
	var setting *fit.SettingError
	switch {
	case errors.As(err, &setting):
		return fitFault(err)
	case err != nil: // the report is worth having without profiles
		why = err.Error()
	}
	return c.write(io, &calibrationOutcome{Folder: c.out, Profiles: text, NoProfiles: why, LeftOut: left, Result: result})
}

// readTables opens and reads the tables.
func (c *powerCalibration) readTables(ctx context.Context, io IO, loads string) (*fit.Data, error) {
	names := []string{loads, c.energy, c.cells}
	sources := make([]*fit.Source, len(names))
	var size int64
	for i, name := range names {
		if name == "" {
			continue
		}
		src, err := io.open(name)
		if err != nil {
			return nil, err
		}
		defer src.Close()
		sources[i] = &fit.Source{Name: name, R: src}
		size += src.size
	}
	show, done := io.counting("read "+loads, size)
	defer done()
	var total int64
	c.read.Progress = func(n int) {
		total += int64(n)
		show(total)
	}
	return fit.Read(ctx, fit.Input{Loads: *sources[0], Energy: sources[1], Cells: sources[2]}, c.mapping, c.read)
}

// fitFault marks a setting at fault as one of the command line, and all else
// as one of the data.
func fitFault(err error) error {
	var setting *fit.SettingError
	if errors.As(err, &setting) {
		flag := setting.Setting
		if flag == "energy" {
			flag = "energy-column"
		}
		return usage(fmt.Errorf("--%s: %w", flag, setting.Err), "")
	}
	return input(err, "")
}
