package report

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hibernet/results/record"
	"hibernet/sim/rng"
)

// The runs that the figures of the tests are drawn from: a week of a network
// of closed form, in which a policy is a depth of sleep at low load.

// depths is how much of the night load each policy sleeps away.
var depths = map[string]float64{"always_on": 0, "schedule": 0.35, "threshold": 0.5, "ppo": 0.7}

func createRun(t *testing.T, dir string, kind record.Kind) *record.Run {
	t.Helper()
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	r, err := record.Create(dir, record.Info{
		Kind: kind, ScenarioName: "quickstart", Scenario: []byte("name: quickstart\n"), Seed: 1, Workers: 2, Started: start,
		Build: record.Build{Commit: "0123456789ab", GoVersion: "go1.26.8", GOARCH: "amd64"},
	}, record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func finish(t *testing.T, r *record.Run) *record.Folder {
	t.Helper()
	if _, err := r.Finish(time.Date(2026, 3, 2, 8, 1, 30, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	f, err := record.Open(r.Dir(), record.OpenOptions{Hashes: true})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func put[T record.Row](t *testing.T, r *record.Run, rows []T) {
	t.Helper()
	w, err := record.NewWriter[T](r)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rows...); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// loadAt is the share of capacity in use at a time of the week.
func loadAt(seconds float64, key rng.Key) float64 {
	h := math.Mod(seconds/3600, 24)
	base := 0.16 + 0.11*math.Sin((h-10)/24*2*math.Pi) + 0.05*math.Sin((h-4)/12*2*math.Pi)
	if seconds >= 5*86400 {
		base *= 0.85
	}
	return math.Max(0.01, base*(1+0.05*key.Norm(uint64(seconds/900))))
}

// steps returns the rows of a policy: intervals of step seconds from begin.
func steps(policy string, n int, step float64) []record.Step {
	const cells = 300
	var rows []record.Step
	key := rng.Root(5).Named("load")
	for i := range n {
		t := float64(i) * step
		load := loadAt(t, key)
		asleep := cells * depths[policy] * math.Max(0, 1-load/0.25)
		var count, power [record.NumStates]float64
		count[0], count[1] = cells-asleep, 0
		if policy != "always_on" {
			count[1], count[0] = 0.2*(cells-asleep), 0.8*(cells-asleep)
		}
		count[5], count[6], count[7] = 0.2*asleep, 0.5*asleep, 0.3*asleep
		for s, w := range [record.NumStates]float64{620, 420, 340, 500, 380, 120, 60, 20} {
			power[s] = count[s] * w
			if s < 5 {
				power[s] *= 1 + 0.6*load
			}
		}
		r := record.Step{
			Policy: policy, Seed: 1, TimeS: t, DurationS: step, Hour: math.Mod(t/3600, 24), Scope: record.ScopeNetwork, Name: "all",
			Cells: cells, LoadMean: load, AwakeCells: cells - asleep, PowerSiteW: 38000,
			StateCells: record.NewStateCells(count), StatePower: record.NewStatePower(power),
		}
		r.PowerW = r.PowerSiteW
		for _, w := range power {
			r.PowerW += w
		}
		r.EnergyKWh = r.PowerW * step / 3.6e6
		rows = append(rows, r)
		rows = append(rows, record.Step{Policy: policy, Seed: 1, TimeS: t, DurationS: step, Scope: record.ScopeArea, Name: "urban", PowerW: 1e9})
	}
	return rows
}

// cells returns three cells a site on a disc, asleep more towards the edge.
func cells(policy string, sites int) []record.Cell {
	var rows []record.Cell
	for s := range sites {
		// Sunflower points: even spacing without a random source.
		r, a := math.Sqrt((float64(s)+0.5)/float64(sites)), float64(s)*2.399963
		for c := range 3 {
			sleep := depths[policy] * math.Min(1, r*r+0.1*float64(c))
			rows = append(rows, record.Cell{
				Policy: policy, Seed: 1, Cell: int32(3*s + c), Sector: int32(3*s + c), Site: int32(s), SleepShare: sleep,
				XM: 4000 * r * math.Cos(a) * math.Sqrt(float64(sites)/100), YM: 2500 * r * math.Sin(a) * math.Sqrt(float64(sites)/100),
			})
		}
	}
	return rows
}

// runFolder is one simulation under a policy.
func runFolder(t *testing.T, policy string, sites int) *record.Folder {
	r := createRun(t, filepath.Join(t.TempDir(), "run-"+policy), record.KindRun)
	put(t, r, steps(policy, 7*96, 900))
	put(t, r, cells(policy, sites))
	put(t, r, []record.Summary{{Policy: policy, Figure: "energy_kwh", Unit: "kWh", Measure: record.MeasureTotal, Value: 30000 * (1 - 0.4*depths[policy]), CI95: math.NaN(), Episodes: 1}})
	return finish(t, r)
}

// evaluateFolder is a comparison of all policies.
func evaluateFolder(t *testing.T) *record.Folder {
	r := createRun(t, filepath.Join(t.TempDir(), "evaluate"), record.KindEvaluate)
	var rows []record.Summary
	for i, p := range []string{"always_on", "schedule", "threshold", "ppo"} {
		add := func(figure, unit, measure, ref string, value, ci float64) {
			rows = append(rows, record.Summary{Policy: p, Figure: figure, Unit: unit, Measure: measure, Reference: ref, Value: value, CI95: ci, Episodes: 6})
		}
		d := depths[p]
		add("energy_kwh", "kWh", record.MeasureTotal, "", 34000*(1-0.4*d), 120)
		add("dropped_pct", "%", record.MeasureRatio, "", 0.02+0.3*d*d-0.05*float64(i/3), 0.02)
		add("throughput_p5_mbps", "Mbit/s", record.MeasureMean, "", 24-8*d, 0.8)
		add("outage_min", "min", record.MeasureTotal, "", 3*d, 0.2)
		add("switches_per_cell_day", "1/d", record.MeasureMean, "", 6*d, 0.2)
		if p != "always_on" {
			add("energy_kwh", "%", record.MeasureSaving, "always_on", 40*d, 1.5)
			add("energy_kwh", "kWh", record.MeasureDifference, "always_on", -5000*d, 100)
		}
	}
	put(t, r, rows)
	return finish(t, r)
}

// trainFolder is a training of n iterations.
func trainFolder(t *testing.T, n int) *record.Folder {
	r := createRun(t, filepath.Join(t.TempDir(), "train"), record.KindTrain)
	key := rng.Root(9).Named("training")
	var rows []record.Episode
	for i := range n {
		x := float64(i) / float64(n)
		for _, f := range []struct {
			name  string
			value float64
		}{
			{record.FigureReturn, -9 + 4*(1-math.Exp(-5*x)) + 0.15*key.Norm(uint64(4*i))},
			{record.FigureEntropy, 1.6 - 1.1*x + 0.03*key.Norm(uint64(4*i+1))},
			{record.FigureKL, 0.012*math.Exp(-x) + 0.002*math.Abs(key.Norm(uint64(4*i+2)))},
			{record.FigureExplainedVariance, 0.95 - 1.2*math.Exp(-8*x) + 0.02*key.Norm(uint64(4*i+3))},
			{"learning_rate", 3e-4},
		} {
			rows = append(rows, record.Episode{Phase: record.PhaseTrain, Policy: "ppo", Seed: 1, Episode: int32(i), Day: -1, Figure: f.name, Unit: "1", Value: f.value})
		}
	}
	put(t, r, rows)
	return finish(t, r)
}

// readFile returns the bytes of a file that must exist.
func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
