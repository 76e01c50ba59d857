package scenarios

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"hibernet/agents"
	"hibernet/agents/baseline"
	"hibernet/agents/mlp"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/sim/des"
	"hibernet/sim/kpi"
	"hibernet/sim/radio"
	"hibernet/sim/rng"
	"hibernet/traffic/trace"
)

func mustPreset(t testing.TB, name string, sets ...string) Scenario {
	t.Helper()
	s, err := Preset(name, sets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustBuild(t testing.TB, s Scenario, in Inputs, workers int) *World {
	t.Helper()
	w, err := Build(context.Background(), s, in, workers)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// fixture is a trace of 3 x 3 squares of 1 km over a week, the middle one
// silent.
func fixture() *trace.Series {
	s := &trace.Series{HasPosition: true, SideM: 1000, StepS: 3600, Steps: 168, Unit: "relative"}
	for p := range 9 {
		s.ID = append(s.ID, string(rune('a'+p)))
		s.X = append(s.X, 5000+1000*float64(p%3))
		s.Y = append(s.Y, 7000+1000*float64(p/3))
		for step := range 168 {
			v := 1 + 0.8*math.Sin(2*math.Pi*float64(step)/24)
			if p == 4 {
				v = 0
			}
			s.Values = append(s.Values, float32(v*float64(p+1)))
		}
	}
	return s
}

// meanLoadOf is an independent measure of the mean load: a model of its own,
// every sampled hour solved from nothing.
func meanLoadOf(t *testing.T, w *World, capacity bool) float64 {
	t.Helper()
	top := w.Topology
	model, err := radio.NewModel(w.Scenario.Radio, &top.Links, &top.Cells, top.BinShare, 1)
	if err != nil {
		t.Fatal(err)
	}
	state := radio.NewState(&top.Cells)
	model.Associate(state)
	demand, sum, n := make([]float32, top.Sectors()), 0.0, 0.0
	source := w.Demand.Clone()
	for h := range 24 {
		source.DemandTo(demand, des.Time(h)*7*des.Hour+30*des.Minute)
		load := make([]float32, top.NumCells())
		model.Solve(load, demand)
		for c, rho := range load {
			if !capacity || !top.Carriers[top.CellCarrier[c]].Coverage {
				sum += float64(rho)
				n++
			}
		}
	}
	return sum / n
}

func TestBuildReachesTargetLoad(t *testing.T) {
	for _, c := range []struct{ target, cells string }{{"0.05", "all"}, {"0.249", "all"}, {"0.249", "capacity"}, {"0.6", "capacity"}} {
		target := c.target
		s := mustPreset(t, "tiny", "load.target_mean="+target, "load.cells="+c.cells)
		w := mustBuild(t, s, Inputs{}, 1)
		got := meanLoadOf(t, w, c.cells == "capacity")
		// The iteration's tolerance of 1e-3 in load comes on top of that of
		// the scaling.
		if math.Abs(got-s.Load.TargetMean) > s.Load.Tolerance*s.Load.TargetMean+2e-3 {
			t.Errorf("target %s: mean load %g after %d rounds", target, got, w.Scaling.Rounds)
		}
	}
}

// The way of large networks leads to the same factor, for any number of
// workers.
func TestScaleLargeNetwork(t *testing.T) {
	for target, tolerance := range map[string]float64{"0.02": 0.005, "0.12": 0.0002, "0.25": 0.0002, "0.5": 0.005} {
		sc := mustPreset(t, "quickstart", "load.target_mean=0")
		w := mustBuild(t, sc, Inputs{}, 1)
		spec := mustPreset(t, "quickstart", "load.target_mean="+target).Load
		spec.Tolerance = tolerance // the narrow one is not met at the first look at all hours
		var one Scaling
		for _, workers := range []int{1, 3} {
			s, err := newSample(w.Demand, sc.Radio, w.Topology, spec.Cells, true, workers)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.scale(context.Background(), spec, func(Scaling) {})
			if err != nil {
				t.Fatal(err)
			}
			if workers == 1 {
				one = got
			} else if got != one {
				t.Errorf("target %s: %d workers: %+v, with one %+v", target, workers, got, one)
			}
		}
		precise := sc
		precise.Radio.Tolerance = 1e-5
		mean := meanLoadOf(t, &World{Scenario: precise, Topology: w.Topology, Demand: w.Demand.Scaled(one.Factor)}, true)
		if math.Abs(one.MeanLoad/mean-1) > 1e-3 || math.Abs(mean/spec.TargetMean-1) > spec.Tolerance+1e-3 {
			t.Errorf("target %s: mean load %g, by the scaling %+v", target, mean, one)
		}
	}
}

// No demand, and no demand at the hours looked at first, in a large network.
func TestScaleLargeNetworkIdle(t *testing.T) {
	sc := mustPreset(t, "tiny", "load.target_mean=0", "traffic.mean.urban_mbps=0")
	w := mustBuild(t, sc, Inputs{}, 1)
	s, err := newSample(w.Demand, sc.Radio, w.Topology, allCells, true, 1)
	if err != nil {
		t.Fatal(err)
	}
	spec := LoadSpec{TargetMean: 0.02, Cells: allCells, Tolerance: 0.005}
	if _, err := s.scale(context.Background(), spec, func(Scaling) {}); !errors.Is(err, errIdle) {
		t.Errorf("without demand: %v", err)
	}
	first := s.order[0]
	for i := range s.demand[first] {
		s.demand[first][i] = 1e6
	}
	s.total[first] = sum(s.demand[first])
	if got, err := s.scale(context.Background(), spec, func(Scaling) {}); err != nil || math.Abs(got.MeanLoad/0.02-1) > 0.005 {
		t.Errorf("with demand at one hour: %+v, %v", got, err)
	}
}

func TestBuildWithoutTarget(t *testing.T) {
	w := mustBuild(t, mustPreset(t, "tiny", "load.target_mean=0"), Inputs{}, 1)
	if w.Scaling != (Scaling{Factor: 1}) {
		t.Errorf("got %+v", w.Scaling)
	}
}

// A demand that the cells cannot be brought to the target with is an error
// that names the key.
func TestTargetOutOfReach(t *testing.T) {
	// No sector is offered anything.
	_, err := Build(context.Background(), mustPreset(t, "tiny", "traffic.mean.urban_mbps=0"), Inputs{}, 1)
	if err == nil || !strings.Contains(err.Error(), "load.target_mean") {
		t.Errorf("got %v", err)
	}
	// Cells of the coverage layer serve nobody: the capacity layer reaches
	// every bin and goes before it.
	s := mustPreset(t, "tiny", "topology.carriers.n41.min_rsrp_dbm=-156", "topology.carriers.n41.priority_db=200", "load.cells=all", "load.target_mean=0.7")
	_, err = Build(context.Background(), s, Inputs{}, 1)
	if err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("got %v", err)
	}
}

// The same scenario gives the same bits for any number of workers.
func TestBuildWorkers(t *testing.T) {
	s := mustPreset(t, "quickstart", "topology.areas[0].sites=9", "topology.areas[1].sites=6")
	one := mustBuild(t, s, Inputs{}, 1)
	for _, workers := range []int{2, 7} {
		w := mustBuild(t, s, Inputs{}, workers)
		if w.Scaling != one.Scaling || !slices.Equal(w.Topology.Links.Gain, one.Topology.Links.Gain) {
			t.Errorf("%d workers: scaling %+v, with one %+v", workers, w.Scaling, one.Scaling)
		}
	}
}

// Settings of the demand leave the sites alone, and the seed changes both.
func TestSeeds(t *testing.T) {
	a := mustBuild(t, mustPreset(t, "tiny"), Inputs{}, 1)
	b := mustBuild(t, mustPreset(t, "tiny", "traffic.noise.cv=0.1"), Inputs{}, 1)
	c := mustBuild(t, mustPreset(t, "tiny", "seed=2"), Inputs{}, 1)
	if !slices.Equal(a.Topology.Links.Gain, b.Topology.Links.Gain) {
		t.Error("the demand's noise moved the radio paths")
	}
	if slices.Equal(a.Topology.Links.Gain, c.Topology.Links.Gain) {
		t.Error("another seed has the same radio paths")
	}
}

func traceScenario(t *testing.T, sets ...string) Scenario {
	return mustPreset(t, "beijing", append([]string{"inputs.sites_follow_traffic=0", "topology.areas=[{class: urban, sites: 60, isd_m: 600}]"}, sets...)...)
}

// Sites outside the trace's squares, and in its silent square, are dropped.
func TestSitesFollowTrace(t *testing.T) {
	w := mustBuild(t, traceScenario(t, "traffic.trace.origin_x_m=1000"), Inputs{Series: fixture()}, 1)
	if n := w.Topology.Sites(); n == 0 || n == 60 {
		t.Fatalf("%d sites", n)
	}
	for i := range w.Topology.SiteX {
		column, row := int(math.Floor((w.Topology.SiteX[i]-1000)/1000)), int(math.Floor(w.Topology.SiteY[i]/1000))
		if column < 0 || column > 2 || row < 0 || row > 2 || column == 1 && row == 1 {
			t.Errorf("a site at %g, %g: column %d, row %d of the trace", w.Topology.SiteX[i], w.Topology.SiteY[i], column, row)
		}
	}
	if math.Abs(w.Scaling.MeanLoad/0.249-1) > 0.005 {
		t.Errorf("mean load %g", w.Scaling.MeanLoad)
	}
}

// With sites_follow_traffic, busy squares keep their sites and quiet ones some:
// in the mean, in proportion to the traffic at a power of one.
func TestSitesFollowTrafficDensity(t *testing.T) {
	all := mustBuild(t, traceScenario(t, "load.target_mean=0", "topology.areas[0].isd_m=100", "topology.areas[0].sites=1100"), Inputs{Series: fixture()}, 2)
	some := mustBuild(t, traceScenario(t, "load.target_mean=0", "topology.areas[0].isd_m=100", "topology.areas[0].sites=1100", "inputs.sites_follow_traffic=1"), Inputs{Series: fixture()}, 2)
	count := func(w *World) (n [9]float64) {
		for i := range w.Topology.SiteX {
			n[int(w.Topology.SiteX[i]/1000)+3*int(w.Topology.SiteY[i]/1000)]++
		}
		return n
	}
	before, after := count(all), count(some)
	for p := range before {
		share := float64(p+1) / 9 // the fixture's traffic over the busiest square's
		if p == 4 {
			share = 0
		}
		// Four standard deviations of a binomial count.
		if slack := 4 * math.Sqrt(before[p]*share*(1-share)); math.Abs(after[p]-before[p]*share) > slack+1e-9 {
			t.Errorf("square %d: %g of %g sites kept, expected %g", p, after[p], before[p], before[p]*share)
		}
	}
}

func TestInputs(t *testing.T) {
	tiny := mustPreset(t, "tiny")
	imported := mustPreset(t, "tiny", "topology.layout=imported", "inputs.sites_file=s.parquet")
	sites := &trace.Sites{ID: []string{"a", "b"}, X: []float64{0, 500}, Y: []float64{0, 0}, Operator: []string{"", ""}, Technology: []string{"", ""}}
	for _, c := range []struct {
		name string
		s    Scenario
		in   Inputs
		want string
	}{
		{"series not opened", traceScenario(t), Inputs{}, "inputs.traffic_file: beijing.parquet has not been opened"},
		{"series not asked for", tiny, Inputs{Series: fixture()}, "inputs.traffic_file: traffic data are given"},
		{"sites not opened", imported, Inputs{}, "inputs.sites_file: s.parquet has not been opened"},
		{"sites not asked for", tiny, Inputs{Sites: sites}, "inputs.sites_file: sites are given"},
		{"bad sites", imported, Inputs{Sites: &trace.Sites{}}, "inputs.sites_file: no sites"},
		{"invalid scenario", Scenario{}, Inputs{}, "scenario : topology"},
	} {
		if _, err := Build(context.Background(), c.s, c.in, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	w := mustBuild(t, imported, Inputs{Sites: sites}, 1)
	if w.Topology.Sites() != 2 || w.Topology.NumCells() != 12 {
		t.Errorf("%d sites, %d cells", w.Topology.Sites(), w.Topology.NumCells())
	}
}

func TestBuildStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	rounds := 0
	in := Inputs{Progress: func(p Progress) {
		if p.Stage == "load" {
			rounds++
			cancel()
		}
	}}
	if _, err := Build(ctx, mustPreset(t, "tiny"), in, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v after %d rounds", err, rounds)
	}
}

// The longest step of a large network, the topology, stops too.
func TestTopologyStops(t *testing.T) {
	ctx := &countdown{Context: context.Background(), left: 2}
	_, err := Build(ctx, mustPreset(t, "tiny"), Inputs{}, 1)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "topology: ") {
		t.Errorf("got %v", err)
	}
}

// countdown is a context that is cancelled once it has been asked often.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// An environment with the columns that a policy reads gives the same episode
// as one with all, to the bit, on any number of goroutines.
func TestColumnsChangeNoEpisode(t *testing.T) {
	w := mustBuild(t, mustPreset(t, "tiny"), Inputs{}, 1)
	play := func(name string, columns func(agents.Policy) []string, workers int) (agents.Result, *kpi.Totals) {
		w := w.WithWorkers(workers)
		p, err := w.Baseline(name)
		if err != nil {
			t.Fatal(err)
		}
		e, err := w.Environment(Evaluate, columns(p), nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := columns(p); want != nil && len(want) != len(e.Schema().Fields) {
			t.Fatalf("%s: asked for %v, got %v", name, want, e.Schema().Fields)
		}
		seed := uint64(3)
		r, err := agents.Rollout(context.Background(), e, p, env.NewBatch(e), &seed)
		if err != nil {
			t.Fatal(err)
		}
		return r, e.Totals()
	}
	for _, name := range baseline.Names() {
		want, wantTotals := play(name, func(agents.Policy) []string { return nil }, 1)
		for _, workers := range []int{1, 3} {
			got, totals := play(name, agents.Columns, workers)
			if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(totals, wantTotals) {
				t.Errorf("%s with its columns, %d workers: %v, with all %v", name, workers, got, want)
			}
		}
	}
}

// A policy trained without some columns is judged without them, though the
// scenario that it is judged on has them all.
func TestATrainedPolicyAsksForItsColumns(t *testing.T) {
	sc := mustPreset(t, "tiny")
	sc.Sleep.Without = []string{"neighbours", "forecast"}
	trained, err := mustBuild(t, sc, Inputs{}, 1).Environment(Train, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := trained.Schema()
	if whole := len(sleep.NewSchema().Fields); len(s.Fields) != whole-13 {
		t.Fatalf("%d columns of %d: ten of neighbours and three of forecasts were to be left out", len(s.Fields), whole)
	}
	p := &mlp.Policy{Actor: mlp.New([]int{len(s.Fields), 4, len(s.Actions)}, mlp.Tanh, 1, rng.Root(1)), Schema: s, Label: "net", Greedy: true, Workers: 1}
	e, err := mustBuild(t, mustPreset(t, "tiny"), Inputs{}, 1).Environment(Evaluate, agents.Columns(p), nil)
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(3)
	if _, err := agents.Rollout(context.Background(), e, p, env.NewPlayBatch(e), &seed); err != nil {
		t.Error(err)
	}
}

// Environments of one world are independent: stepped at the same time, the
// same seed gives the same episode as alone, and only on the phase's days.
func TestEnvironments(t *testing.T) {
	w := mustBuild(t, mustPreset(t, "tiny"), Inputs{}, 1)
	play := func(phase Phase, seed uint64) (figures []env.Figure, days []int, err error) {
		e, err := w.Environment(phase, nil, func(m *sleep.Moment) error {
			if m.Step == 0 {
				days = append(days, int(m.Start/des.Day))
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		p, err := w.Baseline("threshold")
		if err != nil {
			return nil, nil, err
		}
		b, next := env.NewBatch(e), &seed
		for range 2 {
			r, err := agents.Rollout(context.Background(), e, p, b, next)
			if err != nil {
				return nil, nil, err
			}
			figures, next = append(figures, r.Figures...), nil
		}
		return figures, days, nil
	}
	want, days, err := play(Evaluate, 5)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(days, []int{3, 6}) {
		t.Errorf("evaluated on days %v", days)
	}
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			got, _, err := play(Evaluate, 5)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("got %v, %v; alone %v", got, err, want)
			}
		})
	}
	wait.Wait()
	if _, days, err = play(Train, 5); err != nil || slices.Contains(days, 3) || slices.Contains(days, 6) {
		t.Errorf("trained on days %v (%v)", days, err)
	}
	other, _, err := play(Evaluate, 6)
	if err != nil || slices.Equal(other, want) {
		t.Errorf("another seed gives the same episode (%v)", err)
	}
}

func TestNetworkAndBaselines(t *testing.T) {
	w := mustBuild(t, mustPreset(t, "tiny"), Inputs{}, 1)
	n, err := w.Network()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Start(0, w.Demand.Clone()); err != nil {
		t.Fatal(err)
	}
	if err := n.RunUntil(des.Hour); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"always_on", "schedule", "threshold", "random"} {
		if _, err := w.Baseline(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := w.Baseline("magic"); err == nil {
		t.Error("an unknown baseline is accepted")
	}
}
