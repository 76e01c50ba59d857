package evaluate

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"hibernet/env"
	"hibernet/results/record"
	"hibernet/sim/kpi"
	"hibernet/sim/rng"
)

var update = flag.Bool("update", false, "rewrite golden files")

// episodesOf makes one episode a value, two on each seed.
func episodesOf(policy string, name, unit string, values ...float64) []Episode {
	var list []Episode
	for i, v := range values {
		list = append(list, Episode{Policy: policy, Seed: uint64(i / 2), Episode: i % 2,
			Figures: []env.Figure{{Name: name, Unit: unit, Value: v}}})
	}
	return list
}

func near(t *testing.T, what string, got Number, want, tolerance float64) {
	t.Helper()
	if math.Abs(float64(got)-want) > tolerance {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// The quantiles are those of the usual tables of Student's t.
func TestTQuantiles(t *testing.T) {
	for n, want := range map[int]float64{2: 12.706, 3: 4.303, 5: 2.776, 10: 2.262, 31: 2.042} {
		if got := tQuantile(n); math.Abs(got-want) > 5e-4 {
			t.Errorf("n %d: %g, want %g", n, got, want)
		}
	}
}

// By hand: differences -1, -2, -3, -2 have mean -2 and standard deviation
// sqrt(2/3); half width 3.182446 * sqrt(2/3) / 2.
func TestPairedDifferenceByHand(t *testing.T) {
	all := append(episodesOf("on", "energy_kwh", "kWh", 10, 20, 30, 40), episodesOf("p", "energy_kwh", "kWh", 9, 18, 27, 38)...)
	c, err := Compare(all, Against{AlwaysOn: "on"})
	if err != nil {
		t.Fatal(err)
	}
	d, ok := c.Estimate("p", "energy_kwh", record.MeasureDifference, "on")
	if !ok || d.Episodes != 4 || d.Unit != "kWh" {
		t.Fatalf("difference %+v", d)
	}
	near(t, "difference", d.Value, -2, 1e-12)
	near(t, "its interval", d.CI95, 3.182446*math.Sqrt(2.0/3)/2, 1e-5)
	s, _ := c.Estimate("p", "energy_kwh", record.MeasureSaving, "on")
	near(t, "saving", s.Value, 8, 1e-12) // 100 kWh become 92
	// residuals 9-9.2, 18-18.4, 27-27.6, 38-36.8: squares sum to 2.
	near(t, "its interval", s.CI95, 100*3.182446*math.Sqrt(2.0/3)/2/25, 1e-5)
	total, _ := c.Estimate("p", "energy_kwh", record.MeasureTotal, "")
	near(t, "total", total.Value, 92, 1e-12)
	if s.Unit != "%" || total.Unit != "kWh" {
		t.Errorf("units %q %q", s.Unit, total.Unit)
	}
}

// A 95 % interval covers the truth in 95 % of repetitions: for the paired mean
// exactly, for the ratio nearly.
func TestIntervalsCover(t *testing.T) {
	r := rng.Root(7).Named("intervals").Stream()
	const trials, n, saving = 4000, 8, 0.2
	var mean, rat int
	for range trials {
		on, p, d := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range on {
			on[i] = 100 + 20*r.Float64()
			p[i] = on[i]*(1-saving) + 3*r.Norm()
			d[i] = 5 + r.Norm()
		}
		if m, h := MeanInterval(d); math.Abs(m-5) <= h {
			mean++
		}
		if q, h := RatioInterval(p, on); math.Abs(q-(1-saving)) <= h {
			rat++
		}
	}
	// Standard error of a share of 0.95 in 4000 trials is 0.0034; five of them.
	for name, hits := range map[string]int{"mean": mean, "ratio": rat} {
		if share := float64(hits) / trials; math.Abs(share-0.95) > 0.0175 {
			t.Errorf("%s: covers in %.3f of %d trials (seed 7)", name, share, trials)
		}
	}
}

func TestMeasureFollowsTheFigure(t *testing.T) {
	want := map[string]string{
		"energy_kwh": "total", "offered_gbit": "total", "served_gbit": "total", "dropped_gbit": "total",
		"queued_gbit": "mean", "dropped_pct": "ratio", "energy_per_gbit_kwh": "ratio", "outage_min": "total",
		"overload_cell_h": "total", "unconverged_epochs": "total", "shield_total": "total",
		"throughput_p5_mbps": "mean", "throughput_p50_mbps": "mean", "throughput_mean_mbps": "mean",
		"switches_per_cell_day": "mean", "load_mean": "mean",
		"fault_down_cell_h": "total", "fault_lost_gbit": "total", "fault_cuts": "total", "fault_wakes": "total",
		"fault_restore_mean_min": "mean", "fault_restore_max_min": "mean",
		"battery_empty": "total", "battery_kwh": "total", "grid_kwh": "total",
		"faults_mains": "total", "fault_lost_mains_gbit": "total",
	}
	for _, d := range append(kpi.Defs(), kpi.FaultDefs([]string{"mains"})...) {
		if w, ok := want[d.Name]; !ok || Measure(d.Name, d.Unit) != w {
			t.Errorf("%s [%s]: %s, want %q", d.Name, d.Unit, Measure(d.Name, d.Unit), w)
		}
	}
	if Measure("shield_coverage", "1") != "total" {
		t.Error("an intervention of the shield is a count")
	}
}

func TestRatioIsOfSums(t *testing.T) {
	var all []Episode
	for i, x := range [][2]float64{{1, 100}, {9, 100}, {0, 800}} {
		all = append(all, Episode{Policy: "p", Seed: uint64(i), Figures: []env.Figure{
			{Name: "dropped_pct", Unit: "%", Value: 100 * x[0] / x[1]},
			{Name: "dropped_gbit", Unit: "Gbit", Value: x[0]}, {Name: "offered_gbit", Unit: "Gbit", Value: x[1]}}})
	}
	c, err := Compare(all, Against{})
	if err != nil {
		t.Fatal(err)
	}
	e, _ := c.Estimate("p", "dropped_pct", record.MeasureRatio, "")
	near(t, "dropped", e.Value, 1, 1e-12)
}

func hasWarning(c *Comparison, code string) bool {
	for _, w := range c.Warnings {
		if w.Code == code {
			return true
		}
	}
	return false
}

func TestWarnings(t *testing.T) {
	on := episodesOf("on", "energy_kwh", "kWh", 10, 20)
	gap := episodesOf("p", "energy_kwh", "kWh", 5, math.NaN())
	gone := episodesOf("q", "energy_kwh", "kWh", 5, 6)
	gone[1].Figures = nil
	all := append(append(append([]Episode{}, on...), gap...), gone...)
	c, err := Compare(all, Against{AlwaysOn: "on", Reference: "threshold"})
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{WarnFewEpisodes, WarnOneSeed, WarnReference, WarnUndefined, WarnMissing, WarnTraffic} {
		if !hasWarning(c, code) {
			t.Errorf("no warning %s in %+v", code, c.Warnings)
		}
	}
	for _, p := range []string{"p", "q"} {
		if e, ok := c.Estimate(p, "energy_kwh", record.MeasureSaving, "on"); !ok || !math.IsNaN(float64(e.Value)) {
			t.Errorf("saving of %s from an undefined energy is %+v", p, e)
		}
	}
	one, err := Compare(on[:1], Against{})
	if err != nil {
		t.Fatal(err)
	}
	if e, _ := one.Estimate("on", "energy_kwh", record.MeasureTotal, ""); !math.IsNaN(float64(e.CI95)) || !hasWarning(one, WarnFewEpisodes) {
		t.Errorf("one episode: %+v, %v", e, one.Warnings)
	}
}

func TestCompareRefusesUnpaired(t *testing.T) {
	a, b := episodesOf("a", "energy_kwh", "kWh", 1, 2, 3), episodesOf("b", "energy_kwh", "kWh", 1, 2)
	for _, all := range [][]Episode{append(a, b...), append(b, a...)} {
		if _, err := Compare(all, Against{}); err == nil || !strings.Contains(err.Error(), "different episodes") {
			t.Errorf("error %v", err)
		}
	}
	if _, err := Compare(nil, Against{}); err == nil {
		t.Error("nothing is compared")
	}
}

// fakeComparison runs the toy environment with every contender.
func fakeComparison(t *testing.T, change func(*fakeEnv), seeds []uint64, perSeed int) *Comparison {
	t.Helper()
	list := append([]Contender{contender("a_policy_with_a_very_long_name", 2)}, contenders...)
	all, err := Run(context.Background(), makeFake(change), list, Options{Seeds: seeds, Episodes: perSeed, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compare(all, Against{AlwaysOn: "always_on", Reference: "light"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPresentationGolden(t *testing.T) {
	for name, c := range map[string]*Comparison{
		"three_seeds":   fakeComparison(t, nil, []uint64{1, 2, 3}, 2),
		"one_undefined": fakeComparison(t, func(e *fakeEnv) { e.undefined = true }, []uint64{math.MaxUint64}, 1),
	} {
		var text, js bytes.Buffer
		if err := c.WriteTable(&text); err != nil {
			t.Fatal(err)
		}
		if err := c.WriteJSON(&js); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", text.Bytes())
		golden(t, name+".json", js.Bytes())
		for i, line := range strings.Split(text.String(), "\n") {
			if n := utf8.RuneCountInString(line); n > 100 && !strings.HasPrefix(line, "warning: ") {
				t.Errorf("%s: line %d has %d columns", name, i+1, n)
			}
		}
		if !json.Valid(js.Bytes()) {
			t.Errorf("%s: not JSON", name)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s differs (err %v), got:\n%s\nrun with -update and read the diff", path, err, got)
	}
}

func TestRecordRows(t *testing.T) {
	c := fakeComparison(t, nil, []uint64{4, 5}, 2)
	if rows := c.SummaryRows(); len(rows) != len(c.Estimates) || rows[0].Policy != c.Policies[0] || rows[0].Figure != "energy_kwh" {
		t.Errorf("%d summary rows for %d estimates: %+v", len(rows), len(c.Estimates), rows[0])
	}
	rows := c.EpisodeRows(func(seed uint64, episode int) int { return 10*int(seed) + episode })
	if want := len(c.Episodes) * 8; len(rows) != want {
		t.Fatalf("%d episode rows, want %d", len(rows), want)
	}
	if r := rows[8]; r.Figure != "return" || r.Day != 41 || r.Episode != 1 || r.Phase != "evaluate" || r.Value >= 0 {
		t.Errorf("row %+v", r)
	}
	if r := c.EpisodeRows(nil)[1]; r.Day != -1 || r.Figure != "energy_kwh" || r.Unit != "kWh" {
		t.Errorf("row %+v", r)
	}
}

// Small networks and short episodes draw little energy: it must not be shown
// as 0.
func TestTableShowsSmallFigures(t *testing.T) {
	for _, c := range []struct {
		largest float64
		usual   int
		want    int
	}{{24724.5, 1, 1}, {0.1, 1, 1}, {0.0123, 1, 4}, {4e-6, 1, 8}, {0, 1, 1}, {1e-30, 1, 9}} {
		comparison, err := Compare([]Episode{{
			Policy: "p", Seed: 1, Steps: 1,
			Figures: []env.Figure{{Name: "energy_kwh", Unit: "kWh", Value: c.largest}},
		}}, Against{})
		if err != nil {
			t.Fatal(err)
		}
		if got := comparison.decimals("energy_kwh", c.usual); got != c.want {
			t.Errorf("%g with %d decimals as usual: %d, want %d", c.largest, c.usual, got, c.want)
		}
	}
}
