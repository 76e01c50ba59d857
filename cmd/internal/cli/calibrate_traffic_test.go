package cli

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"hibernet/scenarios"
	"hibernet/sim/rng"
)

// writeGrid writes a week of a grid of squares with two kinds of course and
// noise, and imports it.
func (s *shell) writeGrid(name string, side int) {
	s.t.Helper()
	var csv strings.Builder
	csv.WriteString("step,dow,hour")
	key, means := rng.Root(1), rng.Root(2)
	for p := range side * side {
		fmt.Fprintf(&csv, ",r%dc%d", p/side, p%side)
	}
	for h := range 7 * 24 {
		fmt.Fprintf(&csv, "\n%d,%d,%d", h, h/24, h%24)
		for p := range side * side {
			peak := 20.0 // in the evening; every third square at noon
			if p%3 == 0 {
				peak = 12
			}
			course := 1.2 + math.Cos((float64(h%24)-peak)*math.Pi/12)
			fmt.Fprintf(&csv, ",%.4f", course*math.Exp(0.7*means.Norm(uint64(p))+0.1*key.At(uint64(p)).Norm(uint64(h))))
		}
	}
	s.write("grid.csv", csv.String()+"\n")
	s.do("import", "traffic", "grid.csv", "--step", "step", "--weekday", "dow", "--hour", "hour", "--side-m", "500", "--out", name)
}

// TestCalibrateTraffic fits a grid and runs a scenario with what was fitted.
func TestCalibrateTraffic(t *testing.T) {
	s := newShell(t)
	s.writeGrid("grid.parquet", 10)
	text := s.do("calibrate", "traffic", "grid.parquet", "--out", "fit")
	contains(t, text, "100 places with traffic (0 without), 7 days; held out: ", "means: ", "noise: cv ", "comparisons pass\n",
		"wrote fit: traffic.yaml, report.html, report.json\n", "not fitted: mean.*_mbps")
	contains(t, string(s.read("fit/report.html")), "Calibration of the traffic generator: grid.parquet", "<svg", "Held-out days and places")

	settings := s.read("fit/traffic.yaml")
	contains(t, string(settings), "#   hibernet calibrate traffic grid.parquet --out fit\n")
	sc, err := scenarios.Load("fitted.yaml", append([]byte("name: fitted\n"), settings...), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(sc.Traffic.Profiles) < 2 || sc.Traffic.Mean.Shape == scenarios.Default().Traffic.Mean.Shape {
		t.Errorf("the settings were not taken: %+v", sc.Traffic)
	}
	// And through the command line, with settings of one's own on top.
	s.write("fitted.yaml", "name: fitted\ntopology: {areas: [{class: urban, sites: 12, isd_m: 500}]}\n"+string(settings))
	s.do("run", "fitted.yaml", "--set", "traffic.noise.cv=0.3", "--set", "traffic.profiles[0].relative_mean=1.5", "--days", "0.25", "--out", "run")

	var report trafficOutcome
	decode(t, s.do("calibrate", "traffic", "grid.parquet", "--out", "again", "--json"), &report)
	var file trafficOutcome
	decode(t, string(s.read("again/report.json")), &file)
	if !reflect.DeepEqual(report, file) || report.Places != 100 || report.Passed+report.Failed != len(report.Rows) || report.Passed < len(report.Rows)*3/4 {
		t.Errorf("report %+v", report)
	}
	if string(settings[strings.Index(string(settings), "traffic:"):]) != string(s.read("again/traffic.yaml")[strings.Index(string(s.read("again/traffic.yaml")), "traffic:"):]) {
		t.Error("the same calibration twice differs")
	}
}

func TestCalibrateTrafficRefuses(t *testing.T) {
	s := newShell(t)
	s.writeGrid("grid.parquet", 7)
	s.write("full/report.json", "{}")
	s.write("grid.txt", "text")
	before := s.tree()
	for _, c := range []struct {
		code       int
		args, want string
	}{
		{ExitUsage, "grid.parquet", "--out: name the folder to write"},
		{ExitUsage, "grid.parquet --out full", "full holds a calibration already"},
		{ExitUsage, "grid.parquet --out x --holdout-days 5", "--holdout-days: must be 1 to 4, got 5"},
		{ExitUsage, "grid.parquet --out x --holdout-squares 1", "--holdout-squares: must be above 0 and below 1, got 1"},
		{ExitUsage, "grid.parquet --out x --holdout-squares NaN", "--holdout-squares"},
		{ExitUsage, "--out x", "FILE is missing"},
		{ExitInput, "grid.parquet --out x", "grid.parquet: "}, // 49 squares are too few for two halves
		{ExitInput, "grid.txt --out x", "hint: hibernet import traffic writes such files"},
		{ExitInput, "none.parquet --out x", "none.parquet"},
	} {
		o := s.try(append([]string{"calibrate", "traffic"}, strings.Fields(c.args)...)...)
		if o.code != c.code || o.stdout != "" {
			t.Errorf("%s: exit code %d, want %d; stdout %q", c.args, o.code, c.code, o.stdout)
		}
		contains(t, o.err, c.want)
	}
	s.unchanged(t, before)
}

func TestInterruptedCalibrationOfTraffic(t *testing.T) {
	s := newShell(t)
	s.writeGrid("grid.parquet", 10)
	before := s.tree()
	looks := 0
	s.interruptAt(func() bool { looks++; return looks > 5 })
	if o := s.try("calibrate", "traffic", "grid.parquet", "--out", "x"); o.code != ExitInterrupted || o.stdout != "" {
		t.Errorf("exit code %d, stdout %q", o.code, o.stdout)
	}
	s.unchanged(t, before)
}
