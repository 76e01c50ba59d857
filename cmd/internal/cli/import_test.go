package cli

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hibernet/results/record"
	"hibernet/traffic/trace"
)

// fixture returns a file of testdata.
func fixture(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// series reads an imported traffic file.
func (s *shell) series(name string) *trace.Series {
	s.t.Helper()
	io := s.io
	io.Dir = s.dir
	series, err := io.readSeries(name)
	if err != nil {
		s.t.Fatal(err)
	}
	return series
}

func (s *shell) sites(name string) *trace.Sites {
	s.t.Helper()
	io := s.io
	io.Dir = s.dir
	sites, err := io.readSites(name)
	if err != nil {
		s.t.Fatal(err)
	}
	return sites
}

// TestImportTraffic imports the same numbers from every layout and container.
func TestImportTraffic(t *testing.T) {
	s := newShell(t)
	long, wide := fixture(t, "long.csv"), fixture(t, "wide.csv")
	s.write("long.csv", long)
	s.write("wide.csv", wide)
	s.write("long.csv.gz", zipped(t, long))
	s.write("semicolons.csv", strings.NewReplacer(",", ";", ".", ",").Replace(long))

	var said strings.Builder
	for _, line := range []string{
		"import traffic long.csv --unit MB --out long.parquet",
		"import traffic long.csv.gz --unit MB --out gzip.parquet",
		"import traffic semicolons.csv --decimal-comma --unit MB --out semicolons.parquet",
		"import traffic wide.csv --step step --weekday dow --hour hour --side-m 500 --unit MB --out wide.parquet",
	} {
		// The size of a file is not fixed: it holds the command line.
		text := s.do(strings.Fields(line)...)
		said.WriteString("$ hibernet " + line + "\n" + text[:strings.LastIndex(text, " (")] + "\n")
	}
	golden(t, "import.txt", said.String())

	first := s.series("long.parquet")
	if fmt.Sprint(first.ID) != "[a b c]" || first.Steps != 6 || first.StepS != 3600 || !first.HasPosition {
		t.Errorf("places %v, %d steps of %d s", first.ID, first.Steps, first.StepS)
	}
	if first.Values[0] != 10*8e6 || first.Values[17] != 4*8e6 {
		t.Errorf("values %v bit", first.Values)
	}
	for _, name := range []string{"gzip.parquet", "semicolons.parquet", "wide.parquet"} {
		other := s.series(name)
		if fmt.Sprint(other.Values) != fmt.Sprint(first.Values) || other.StartWeekday != first.StartWeekday {
			t.Errorf("%s: values %v, want %v", name, other.Values, first.Values)
		}
	}
	wideSeries := s.series("wide.parquet")
	if d := math.Hypot(wideSeries.X[1]-wideSeries.X[0], wideSeries.Y[1]-wideSeries.Y[0]); d != 500 {
		t.Errorf("squares 0 and 1 are %g m apart", d)
	}
}

// TestImportParquet reads Parquet of others: the tables of a run.
func TestImportParquet(t *testing.T) {
	s := newShell(t)
	s.do("run", "tiny", "--policy", "always-on", "--days", "0.25", "--cell-steps", "--out", "r")
	s.do("import", "traffic", "r/cell_steps.parquet", "--id", "cell", "--time", "time_s", "--time-format", "unix",
		"--value", "served_gbit", "--unit", "Gbit", "--out", "traffic.parquet")
	if got := s.series("traffic.parquet"); len(got.ID) != 18 || got.Steps != 24 || got.StepS != 900 {
		t.Errorf("%d places, %d steps of %d s", len(got.ID), got.Steps, got.StepS)
	}
	s.do("import", "sites", "r/cells.parquet", "--id", "site", "--x", "x_m", "--y", "y_m", "--out", "sites.parquet")
	if got := s.sites("sites.parquet"); len(got.ID) != 3 {
		t.Errorf("%d sites", len(got.ID))
	}
}

func TestImportSites(t *testing.T) {
	s := newShell(t)
	s.write("sites.csv", fixture(t, "sites.csv"))
	text := s.do("import", "sites", "sites.csv", "--area", "auto", "--on-outside", "drop", "--operator", "operator",
		"--filter", "operator=Nord", "--technology", "five_g=5g", "--classify", "--out", "sites.parquet")
	golden(t, "import-sites.txt", text[:strings.LastIndex(text, " (")]+"\n")
	sites := s.sites("sites.parquet")
	if len(sites.ID) != 8 {
		t.Errorf("%d sites: %v", len(sites.ID), sites.ID)
	}
}

// TestImportJSON holds --json to a report in which every row is accounted for.
func TestImportJSON(t *testing.T) {
	s := newShell(t)
	s.write("sites.csv", fixture(t, "sites.csv"))
	var got struct {
		File   string
		Bytes  int
		Report struct {
			Rows struct {
				Read, Used int64
				Dropped    []struct{ N int64 }
			}
		}
	}
	decode(t, s.do("import", "sites", "sites.csv", "--area", "40,0,50,5", "--on-outside", "drop", "--out", "s.parquet", "--json"), &got)
	dropped := int64(0)
	for _, d := range got.Report.Rows.Dropped {
		dropped += d.N
	}
	if r := got.Report.Rows; r.Read != 13 || r.Used != 12 || dropped != 1 {
		t.Errorf("report %+v", got)
	}
	if got.File != "s.parquet" || got.Bytes != len(s.read("s.parquet")) {
		t.Errorf("file %s of %d bytes", got.File, got.Bytes)
	}
}

// TestImportedDataDrive runs scenarios begun with scenario new on imported
// traffic and on imported sites.
func TestImportedDataDrive(t *testing.T) {
	s := newShell(t)
	var csv strings.Builder
	csv.WriteString("step,dow,hour")
	for square := range 9 {
		fmt.Fprintf(&csv, ",r%dc%d", square/3, square%3)
	}
	for hour := range 7 * 24 {
		fmt.Fprintf(&csv, "\n%d,%d,%d", hour, hour/24, hour%24)
		for square := range 9 {
			fmt.Fprintf(&csv, ",%.3f", (2+math.Sin(float64(hour)*math.Pi/12))*float64(1+square))
		}
	}
	s.write("wide.csv", csv.String()+"\n")
	s.do("import", "traffic", "wide.csv", "--step", "step", "--weekday", "dow", "--hour", "hour", "--side-m", "500", "--out", "traffic.parquet")
	s.do("scenario", "new", "--kind", "trace", "--out", "trace.yaml")
	s.do("run", "trace.yaml", "--set", "topology.areas[0].sites=12", "--days", "0.25", "--out", "trace")

	s.write("sites.csv", fixture(t, "sites.csv"))
	s.do("import", "sites", "sites.csv", "--area", "auto", "--on-outside", "drop", "--classify", "--out", "sites.parquet")
	s.do("scenario", "new", "--kind", "sites", "--out", "sites.yaml")
	var run runOutcome
	if err := json.Unmarshal([]byte(s.do("run", "sites.yaml", "--days", "0.25", "--out", "sites", "--json")), &run); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"trace", "sites"} {
		if s.open(name).Manifest.Scenario == "" {
			t.Errorf("%s: no scenario", name)
		}
	}
	// Data that are not there, or of another kind, are a fault of the input.
	for _, args := range [][]string{
		{"run", "trace.yaml", "--set", "inputs.traffic_file=none.parquet", "--out", "x"},
		{"run", "trace.yaml", "--set", "inputs.traffic_file=sites.parquet", "--out", "x"},
		{"run", "sites.yaml", "--set", "inputs.sites_file=traffic.parquet", "--out", "x"},
		{"run", "sites.yaml", "--set", "inputs.sites_file=sites.csv", "--out", "x"},
	} {
		o := s.try(args...)
		_, file, _ := strings.Cut(args[3], "=")
		if o.code != ExitInput || s.exists("x") {
			t.Errorf("%v: exit code %d", args, o.code)
		}
		contains(t, o.err, "scenario my-scenario: inputs.", file, "hint: hibernet import ")
	}
}

// TestOwnUnits runs with a power profile of the user's own, in control
// intervals of 20 ms.
func TestOwnUnits(t *testing.T) {
	s := newShell(t)
	s.write("units.yaml", `profiles:
  - {name: my-8t, family: field, source: own meters, trx: 8, linear: {idle_w: 210, full_w: 500, slope_static_share: 0.4, idle_share: {carrier_sleep: 0.6, deep_sleep: 0.3}}}
`)
	s.do("run", "tiny", "--set", "inputs.profiles_file=units.yaml", "--set", "topology.carriers.n41.profile=my-8t",
		"--set", "network.epoch_s=0.02", "--set", "network.control_s=0.02", "--days", "0.0005", "--out", "r")
	var all, covered float64
	for _, row := range table[record.Step](t, s.open("r")) {
		if row.Scope != "network" {
			continue
		}
		if math.Abs(row.TimeS-0.02*all) > 1e-9 || row.DurationS != 0.02 {
			t.Fatalf("interval %g: at %g s, %g s long", all, row.TimeS, row.DurationS)
		}
		all++
		covered += row.DurationS
	}
	if all != 2160 || math.Abs(covered-43.2) > 1e-9 {
		t.Errorf("%g intervals of %g s together, want 2160 of 43.2 s", all, covered)
	}
}

// TestImportForce replaces a file when it is told to, and leaves nothing else.
func TestImportForce(t *testing.T) {
	s := newShell(t)
	s.write("long.csv", fixture(t, "long.csv"))
	s.write("out/x.parquet", "old")
	s.do("import", "traffic", "long.csv", "--force", "--out", "out/x.parquet")
	if got := len(s.series("out/x.parquet").ID); got != 3 {
		t.Errorf("%d places", got)
	}
	if files := s.tree(); len(files) != 4 {
		t.Errorf("%d entries in the folder", len(files))
	}
}

// TestInterruptedImport holds an import that is interrupted to exit code 130
// and to writing nothing.
func TestInterruptedImport(t *testing.T) {
	s := newShell(t)
	var csv strings.Builder
	csv.WriteString("cell,time,value\n")
	for i := range 50000 {
		fmt.Fprintf(&csv, "c%d,2024-01-01 %02d:00,1\n", i/24, i%24)
	}
	s.write("long.csv", csv.String())
	before := s.tree()
	looks := 0
	s.interruptAt(func() bool { looks++; return looks > 2 })
	o := s.try("import", "traffic", "long.csv", "--out", "x.parquet")
	if o.code != ExitInterrupted || o.stdout != "" {
		t.Errorf("exit code %d, stdout %q", o.code, o.stdout)
	}
	s.unchanged(t, before)
}
