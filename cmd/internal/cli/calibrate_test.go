package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"hibernet/sim/power"
	"hibernet/sim/rng"
)

// meterTable is one table of stations whose energy of an hour is
// (10 + 20 load)(1 - 0.5 sleep) times a level of the station, in kWh.
func meterTable(stations, hours int) string {
	var b strings.Builder
	b.WriteString("station,time,type,trx,load,ESMode1,energy\n")
	for i := range stations {
		k := rng.Root(1).At(uint64(i))
		level := math.Exp(0.1 * k.Named("level").Norm(0))
		for h := range hours {
			load, sleep := k.Named("load").Float64(uint64(h)), 0.0
			if h%24 < 6 {
				sleep = k.Named("sleep").Float64(uint64(h))
			}
			e := (10*level + 20*load) * (1 - 0.5*sleep) * (1 + 0.01*k.Named("noise").Norm(uint64(h)))
			fmt.Fprintf(&b, "s%02d,2024-05-%02d %02d:00,unit,4,%.5f,%.5f,%.5f\n", i, 1+h/24, h%24, load, sleep, e/100)
		}
	}
	return b.String()
}

// TestCalibratePower fits one table, and runs a scenario on what came out.
func TestCalibratePower(t *testing.T) {
	s := newShell(t)
	s.write("meters.csv", meterTable(8, 72)+"s00,2024-05-01 00:00,unit,4,much,0,1\n")
	args := []string{"calibrate", "power", "meters.csv", "--energy-unit", "kWh", "--state", "carrier_sleep=ESMode1", "--out", "fitted"}
	text := s.do(args...)
	contains(t, text, "meters.csv: 577 rows read, 576 used", `1 dropped as non_numeric (first: meters.csv: line 578, column "load": got "much", allowed a number from 0 to 1)`,
		"lag +0 steps", "unit/4", "wrote fitted: profiles.yaml, stations.csv, report.html, report.json")
	golden(t, "calibrate-power.txt", shape(text))

	ps, err := power.Decode("profiles.yaml", s.read("fitted/profiles.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p := ps[0]
	idle, full := p.PowerW(power.Full, 0), p.PowerW(power.Full, 1)
	if p.Name != "fit-unit-4" || p.TRX != 4 || math.Abs(full-idle-200) > 3 || math.Abs(p.PowerW(power.Sleep, 0)/idle-0.5) > 0.01 {
		t.Errorf("profile %s, %d chains, %g to %g W, asleep %g W", p.Name, p.TRX, idle, full, p.PowerW(power.Sleep, 0))
	}
	contains(t, string(s.read("fitted/report.html")), "<svg", "Power calibration", "Clocks", "unit/4")
	if lines := strings.Split(strings.TrimSpace(string(s.read("fitted/stations.csv"))), "\n"); len(lines) != 9 {
		t.Errorf("%d lines of stations", len(lines))
	}
	s.do("run", "tiny", "--days", "0.25", "--set", "inputs.profiles_file=fitted/profiles.yaml", "--set", "topology.carriers.n41.profile=fit-unit-4", "--out", "run")

	// The same command gives the same files, and only with --force.
	before := s.tree()
	if o := s.try(args...); o.code != ExitUsage {
		t.Errorf("a second time: exit code %d", o.code)
	}
	s.do(append(args, "--force")...)
	s.unchanged(t, before)
}

// TestCalibratePowerJSON holds --json to what report.json holds, with readings
// without a unit and a clock that is an hour off.
func TestCalibratePowerJSON(t *testing.T) {
	s := newShell(t)
	var loads, energy strings.Builder
	loads.WriteString("time,station,cell,load\n")
	energy.WriteString("time,station,energy\n")
	for _, line := range strings.Split(strings.TrimSpace(meterTable(6, 72)), "\n")[1:] {
		f := strings.Split(line, ",")
		fmt.Fprintf(&loads, "%s,%s,c,%s\n", f[1], f[0], f[4])
		var day, hour int
		if _, err := fmt.Sscanf(f[1], "2024-05-%d %d:00", &day, &hour); err != nil {
			t.Fatal(err)
		}
		late := (day-1)*24 + hour + 1
		fmt.Fprintf(&energy, "2024-05-%02d %02d:00,%s,%s\n", 1+late/24, late%24, f[0], f[6])
	}
	s.write("loads.csv.gz", zipped(t, loads.String()))
	s.write("energy.csv", strings.ReplaceAll(energy.String(), ",", ";"))
	s.write("cells.csv", "station,cell,rutype\ns00,c,a\ns01,c,a\ns02,c,a\ns03,c,b\ns04,c,b\ns05,c,b\n")
	out := s.do("calibrate", "power", "loads.csv.gz", "--energy", "energy.csv", "--cells", "cells.csv", "--json", "--out", "fitted")
	if out != string(s.read("fitted/report.json")) {
		t.Error("--json prints something other than report.json holds")
	}
	var got struct {
		NoProfiles string `json:"no_profiles"`
		Files      []string
		Result     struct {
			Clocks []struct {
				LagSteps int `json:"lag_steps"`
				Stations int
			}
			Types []struct{ Name string }
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if c := got.Result.Clocks; len(c) != 1 || c[0].LagSteps != -1 || c[0].Stations != 6 {
		t.Errorf("clocks %+v", c)
	}
	if len(got.Result.Types) != 2 || !strings.Contains(got.NoProfiles, "no anchor") || len(got.Files) != 3 {
		t.Errorf("report %+v", got)
	}
	if _, err := os.Stat(s.path("fitted/profiles.yaml")); err == nil {
		t.Error("there are profiles without a scale")
	}
	text := s.do("calibrate", "power", "loads.csv.gz", "--energy", "energy.csv", "--cells", "cells.csv", "--anchor-w", "a=500", "--out", "fitted", "--force")
	contains(t, text, "profiles.yaml")
	contains(t, string(s.read("fitted/profiles.yaml")), "a draws 500 W at full load", "name: fit-b")
}

func TestBadCalibrations(t *testing.T) {
	s := newShell(t)
	s.write("meters.csv", meterTable(3, 30))
	s.write("bad.csv", "station,time,load,energy\na,2024-01-01 00:00,0.5,1\na,2024-01-01 01:00,1.5,1\n")
	s.write("headless.csv", "a,b\n1,2\n")
	s.write("there/report.json", "{}")
	bad := func(name, args string, code int, want ...string) fault {
		return fault{name, "calibrate power " + args, code, want}
	}
	s.check([]fault{
		bad("to nowhere", "meters.csv", ExitUsage, "--out: name the folder to write"),
		bad("no table", "--out x", ExitUsage, "LOADS is missing"),
		bad("taken", "meters.csv --out there", ExitUsage, "--out: there holds a calibration already", "--force"),
		bad("missing file", "none.csv --out x", ExitInput, "none.csv: no such file"),
		bad("missing energy", "meters.csv --energy none.csv --out x", ExitInput, "none.csv: no such file"),
		bad("no such column", "meters.csv --load prb --out x", ExitUsage, `--load: meters.csv: there is no column "prb", allowed station, time`),
		bad("no such energy", "meters.csv --energy-column kW --out x", ExitUsage, `--energy-column: meters.csv: there is no column "kW"`),
		bad("no columns", "headless.csv --out x", ExitUsage, "--station: headless.csv: no column has a usual name"),
		bad("strict", "bad.csv --strict --out x", ExitInput, `bad.csv: line 3, column "load": got "1.5", allowed a number from 0 to 1`),
		bad("too little", "bad.csv --out x", ExitInput, "no station has 12 rows", "1 dropped as out_of_range"),
		bad("unit", "meters.csv --energy-unit MWh --out x", ExitUsage, `--energy-unit: "MWh" is not known, allowed kWh, Wh, J, W, relative`),
		bad("folds", "meters.csv --folds 1 --out x", ExitUsage, "--folds: must be from 2 to 100, got 1"),
		bad("state", "meters.csv --state nap=ESMode1 --out x", ExitUsage, `--state: power state "nap": want one of full`),
		bad("state without mode", "meters.csv --state dtx --out x", ExitUsage, `--state: must be STATE=MODE, got "dtx"`),
		bad("awake state", "meters.csv --state backoff=ESMode1 --energy-unit kWh --out x", ExitUsage, "--state: backoff cannot be told from a meter"),
		bad("no such mode", "meters.csv --state dtx=ESMode9 --energy-unit kWh --out x", ExitUsage, `--state: the effect of mode "ESMode9" was fitted for no type`),
		bad("anchor", "meters.csv --anchor-w 400 --out x", ExitUsage, `--anchor-w: must be TYPE=WATT, got "400"`),
		bad("anchor of no type", "meters.csv --anchor-w x=400 --out x", ExitUsage, `--anchor-w: there is no type "x", allowed unit/4`),
		bad("wake", "meters.csv --wake-s dormant=-1 --out x", ExitUsage, `--wake-s: must be from 0 to 3600 s, got "-1"`),
		bad("control", "meters.csv --control-s sleep=1 --out x", ExitUsage, "--control-s: power state"),
		bad("additive", "meters.csv --additive x --out x", ExitUsage, `--additive: there is no mode "x"`),
		{"no such calibration", "calibrate radio", ExitUsage, []string{`unknown command "radio" for "hibernet calibrate"`}},
	})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.ctx = ctx
	if o := s.try("calibrate", "power", "meters.csv", "--out", "x"); o.code != ExitInterrupted {
		t.Errorf("interrupted: exit code %d, %s", o.code, o.err)
	}
}
