package capacity

import (
	"context"
	"math"
	"runtime"
	"testing"
	"time"

	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/scenarios"
	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/topology"
)

func load(t *testing.T, name string, sets ...string) scenarios.Scenario {
	t.Helper()
	text, err := scenarios.PresetText(name)
	if err != nil {
		t.Fatal(err)
	}
	sc, err := scenarios.Load(name, text, sets)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// TestSize: the size told beforehand is that of the network that is built.
func TestSize(t *testing.T) {
	for _, sets := range [][]string{
		nil, {"topology.neighbours=3"}, {"topology.areas[0].sectors=4"}, {"topology.areas[0].carriers=[n41]"},
	} {
		sc := load(t, "quickstart", sets...)
		size := sc.Topology.Size(0)
		world, err := scenarios.Build(context.Background(), sc, scenarios.Inputs{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		top := world.Topology
		got := topology.Size{Sites: top.Sites(), Sectors: top.Sectors(), Cells: top.NumCells(), Links: len(top.Links.Cell)}
		if ratio := float64(size.Links) / float64(got.Links); !(ratio > 0.75 && ratio < 1.2) {
			t.Errorf("%v: about %d links, %d built", sets, size.Links, got.Links)
		}
		got.Links = size.Links
		if got != size {
			t.Errorf("%v: %+v told, %+v built", sets, size, got)
		}
	}
	s := topology.DefaultSpec()
	s.Layout = topology.LayoutImported
	if got := s.Size(7); got.Sites != 7 || got.Sectors != 21 || got.Cells != 42 {
		t.Errorf("7 imported sites: %+v, want 21 sectors and, as no class has more than two carriers, 42 cells", got)
	}
}

func TestScaled(t *testing.T) {
	for _, cells := range []int{1000, 50_000, 1_500_000, 14_500_000} {
		sc, err := Scaled(cells)
		if err != nil {
			t.Fatal(err)
		}
		if got := sc.Topology.Size(0).Cells; math.Abs(float64(got-cells)) > 0.03*float64(cells) {
			t.Errorf("%d cells asked for, got %d", cells, got)
		}
	}
}

// TestMemory: the estimate is near what the heap of a run holds, for networks
// of several shapes.
func TestMemory(t *testing.T) {
	for _, c := range []struct {
		cells int
		sets  []string
	}{
		{cells: 20_000},
		{20_000, []string{"topology.neighbours=20"}},
		{10_000, []string{"topology.bins=16"}},
		{20_000, []string{"topology.areas=[{class: urban, sites: 3000, carriers: [n41]}]"}},
	} {
		base, err := Scaled(c.cells)
		if err != nil {
			t.Fatal(err)
		}
		sc := load(t, Preset, c.sets...)
		if len(sc.Topology.Areas) == len(base.Topology.Areas) {
			sc.Topology.Areas = base.Topology.Areas
		}
		sc.Load.TargetMean = 0 // the calibration is let go before the run
		before := heap()
		world, err := scenarios.Build(context.Background(), sc, scenarios.Inputs{}, 2)
		if err != nil {
			t.Fatal(err)
		}
		policy, err := world.Baseline("threshold")
		if err != nil {
			t.Fatal(err)
		}
		e, err := world.Environment(scenarios.Evaluate, nil, func(*sleep.Moment) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		b, seed := env.NewBatch(e), uint64(1)
		if err := e.Reset(&seed, b); err != nil {
			t.Fatal(err)
		}
		visitStates(t, e.Network())
		held := float64(heap() - before)
		runtime.KeepAlive(world)
		runtime.KeepAlive(b)
		runtime.KeepAlive(policy)
		runtime.KeepAlive(e)
		told := float64(Memory(sc, sc.Topology.Size(0), 1)-atRest) / headroom(sc.Topology.Size(0).Cells)
		t.Logf("%v: %.2f MB told, %.2f MB held; a cell %.0f B, %+v", c.sets, told/1e6, held/1e6, held/float64(world.Topology.NumCells()), sc.Topology.Size(0))
		if ratio := told / held; !(ratio > 0.92 && ratio < 1.1) {
			t.Errorf("%v: %.2f MB told, %.2f MB held, ratio %.2f; a cell %.0f B", c.sets, told/1e6, held/1e6, ratio, held/float64(world.Topology.NumCells()))
		}
	}
}

// visitStates sends a cell into each power state that its unit has, and back.
func visitStates(t *testing.T, n *sim.Network) {
	t.Helper()
	send := func(s func(cell int) power.State, after des.Time) {
		for c := range int(power.NumStates) {
			if state := s(c); n.Profile(c).States[state].Available {
				if err := n.Request(c, state); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := n.RunUntil(n.View().Now + after); err != nil {
			t.Fatal(err)
		}
	}
	send(func(cell int) power.State { return power.State(cell) }, des.Hour)
	send(func(int) power.State { return power.Full }, des.Hour)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestPlay: a short play of a small network fills in what it measures.
func TestPlay(t *testing.T) {
	sc, err := Scaled(2000)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	m := Machine{Workers: 2, Clock: func() time.Duration { return time.Since(start) }}
	last := 0.0
	p, err := m.Play(context.Background(), sc, 3, func(_ string, share float64) { last = share })
	if err != nil {
		t.Fatal(err)
	}
	if p.Cells != sc.Topology.Size(0).Cells || p.Steps != 3 || last != 1 || !(p.StepsS > 0) || !(p.BuildS > p.TopologyS) || !(p.Sweeps > 0.1) || !(p.LoadMean > 0) {
		t.Errorf("%+v, last share %g", p, last)
	}
	f := p.Forecast(sc, topology.Size{Cells: 2 * p.Cells}, 1)
	if math.Abs(f.RunS-p.StepsS/3*96*2) > 1e-9 || math.Abs(f.BuildS-2*p.BuildS) > 1e-9 {
		t.Errorf("twice the cells for a day: %+v of %+v", f, p)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Play(ctx, sc, 3, func(string, float64) {}); err == nil {
		t.Error("a cancelled play ends without an error")
	}
}

// BenchmarkLearn trains as hibernet bench does, building included.
func BenchmarkLearn(b *testing.B) {
	start := time.Now()
	m := Machine{Workers: 2, Clock: func() time.Duration { return time.Since(start) }}
	for b.Loop() {
		l, err := m.Learn(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(l.StepsPerS, "agent-steps/s")
		b.ReportMetric(l.Shares.Simulate, "simulate")
		b.ReportMetric(l.Shares.Infer, "infer")
		b.ReportMetric(l.Shares.Learn, "learn")
	}
}
