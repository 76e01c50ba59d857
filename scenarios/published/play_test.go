package published

import (
	"context"
	"math"
	"testing"

	"hibernet/agents/baseline"
	"hibernet/scenarios"
	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/rng"
	"hibernet/sim/validation"
)

// ramp offers every sector the time in seconds, in bit/s.
type ramp struct{}

func (ramp) DemandTo(dst []float32, at des.Time) {
	for i := range dst {
		dst[i] = float32(at.Seconds())
	}
}

// steady offers every sector the same.
type steady float32

func (s steady) DemandTo(dst []float32, _ des.Time) {
	for i := range dst {
		dst[i] = float32(s)
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// Two seconds after the start of the clock, 1200 s of traffic have passed.
func TestHurried(t *testing.T) {
	h := hurried{source: ramp{}, from: des.Hour, start: des.Day, rate: 600}
	var dst [1]float32
	h.DemandTo(dst[:], des.Day+2*des.Second)
	near(t, "demand", float64(dst[0]), 3600+1200, 0)
}

// The quantile of the Poisson distribution by hand: with mean 1 there is no
// event with probability exp(-1), at most one with twice that.
func TestPoisson(t *testing.T) {
	p0 := math.Exp(-1)
	for _, c := range []struct {
		mean, u float64
		want    int
	}{{1, p0 - 1e-9, 0}, {1, p0 + 1e-9, 1}, {1, 2*p0 - 1e-9, 1}, {1, 2*p0 + 1e-9, 2}, {0, 1 - 1e-16, 0}, {0.001, 0.5, 0}} {
		if got := poisson(c.mean, c.u); got != c.want {
			t.Errorf("mean %g at %g: %d, want %d", c.mean, c.u, got, c.want)
		}
	}
	if n := poisson(1, 1); n > 200 {
		t.Errorf("at 1: %d events", n)
	}
}

// Files carry the traffic of their source, each at its least rate for as long
// as it may take, and not the same for two sectors.
func TestFiles(t *testing.T) {
	const mean = 15e6
	const epoch = 20 * des.Millisecond
	f := files{source: steady(mean), epoch: epoch, key: rng.Root(1)}
	share := 0.0
	for _, k := range fileKinds {
		share += k.share
	}
	near(t, "shares", share, 1, 1e-12)
	const epochs = 20000
	dst, sum, same := make([]float32, 2), 0.0, 0
	for i := range des.Time(epochs) {
		f.DemandTo(dst, i*epoch)
		sum += float64(dst[0])
		if dst[0] == dst[1] && dst[0] > 0 {
			same++
		}
		// Whole files: 30, 10 and 5 Mbit/s, and half of the 30 in the third
		// of its epochs.
		if r := math.Mod(float64(dst[0]), 5e6); r > 1 && r < 5e6-1 {
			t.Fatalf("%g bit/s is not made of files", dst[0])
		}
	}
	// 400 s of 10 files/s: four standard deviations of the number of files.
	near(t, "mean", sum/epochs, mean, 4/math.Sqrt(400*10))
	if same > epochs/2 {
		t.Errorf("two sectors had the same in %d of %d epochs", same, epochs)
	}
	// Every file that began brings its bits, whole: count them anew.
	begun := 0
	for k, kind := range fileKinds {
		key := f.key.At(0).At(uint64(k))
		for i := range epochs {
			begun += poisson(mean*kind.share*epoch.Seconds()/fileBit, key.Float64(uint64(i)))
		}
	}
	near(t, "bits of the files", sum*epoch.Seconds(), float64(begun)*fileBit, 1e-3)
	again := make([]float32, 2)
	f.DemandTo(again, 77*epoch)
	f.DemandTo(dst, 77*epoch)
	if again[0] != dst[0] || again[1] != dst[1] {
		t.Error("asked twice, another answer")
	}
}

// The presets of published settings run; nothing that is offered is lost from
// the books, and cell-seconds add up.
func TestPresetsConserve(t *testing.T) {
	ctx := validation.Context{Context: context.Background(), Workers: 2}
	for name, sets := range map[string][]string{
		"cai-mmimo":   {"sleep.episode_h=0.01"},
		"night-sleep": {"topology.areas[0].sites=12", "sleep.episode_h=6"},
		"nsa-offload": {"topology.areas[0].sites=12", "sleep.episode_h=6"},
	} {
		sc, err := scenarios.Preset(name, sets)
		if err != nil {
			t.Fatal(err)
		}
		w, err := scenarios.Build(ctx, sc, scenarios.Inputs{}, 2)
		if err != nil {
			t.Fatal(err)
		}
		threshold, err := baseline.NewThreshold(sc.Baselines.Threshold)
		if err != nil {
			t.Fatal(err)
		}
		awake, err := play(ctx, w, &baseline.AlwaysOn{}, 3, nil)
		if err != nil {
			t.Fatal(err)
		}
		o, err := play(ctx, w, threshold, 3, nil)
		if err != nil {
			t.Fatal(err)
		}
		near(t, name+": served and lost", o.ServedBit+o.LostBit, o.OfferedBit, 1e-6)
		near(t, name+": offered under another rule", o.OfferedBit, awake.OfferedBit, 1e-6)
		sum := 0.0
		for _, s := range o.StateS {
			sum += s
		}
		near(t, name+": cell-seconds", sum, o.CellS, 1e-9)
		near(t, name+": cells", o.CellS, sc.Sleep.EpisodeH*3600*float64(w.Topology.NumCells()), 1e-9)
		hours := 0.0
		for _, e := range o.HourJ {
			hours += e
		}
		near(t, name+": energy by hour", hours, o.UnitJ, 1e-9)
		if !(o.UnitJ < awake.UnitJ && o.UnitJ <= o.EnergyJ*(1+1e-9)) {
			t.Errorf("%s: the rule took %g J, always on %g J", name, o.UnitJ, awake.UnitJ)
		}
		twice := o
		twice.merge(&o)
		near(t, name+": merged", twice.bitPerJ(), o.bitPerJ(), 1e-12)
		near(t, name+": merged share", twice.poor(), o.poor(), 1e-12)
	}
}

var _ sim.DemandSource = hurried{}
