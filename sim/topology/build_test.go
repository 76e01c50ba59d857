package topology

import (
	"errors"
	"math"
	"reflect"
	"sync/atomic"
	"testing"

	"hibernet/sim/radio"
	"hibernet/sim/rng"
)

func TestSameBitsForAnyWorkerCount(t *testing.T) {
	spec := sized(LayoutPoissonDisc, 0)
	spec.Areas = []AreaSpec{{Class: "dense_urban", Sites: 300}, {Class: "rural", Sites: 320}}
	spec.Bins, spec.SearchSites = 3, 12
	want := build(t, spec, Options{Workers: 1})
	for _, workers := range []int{2, 7} {
		if got := build(t, spec, Options{Workers: workers}); !reflect.DeepEqual(got, want) {
			t.Errorf("%d workers: another topology than with one", workers)
		}
	}
	other, err := Build(spec, rng.Root(2), Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if reflect.DeepEqual(other.Links.Gain, want.Links.Gain) {
		t.Error("another seed gave the same gains")
	}
}

func TestCheckFindsFaults(t *testing.T) {
	for name, spoil := range map[string]func(*Topology){
		"gain of one":     func(t *Topology) { t.Links.Gain[100] = radio.PackGain(1) },
		"gain of zero":    func(t *Topology) { t.Links.Gain[100] = 0 },
		"NaN gain":        func(t *Topology) { t.Links.Gain[0] = 0x7fc0 },
		"share":           func(t *Topology) { t.BinShare[8] += 1e-4 },
		"position":        func(t *Topology) { t.SiteX[3] = math.Inf(1) },
		"bin position":    func(t *Topology) { t.BinY[3] = float32(math.NaN()) },
		"coverage cell":   func(t *Topology) { t.CoverageCell[5]++ },
		"parent":          func(t *Topology) { t.CellSector[7] = 1 },
		"sector's site":   func(t *Topology) { t.SectorSite[7] = 0 },
		"carrier":         func(t *Topology) { t.CellCarrier[2] = 9 },
		"candidate":       func(t *Topology) { t.Links.Cell[4] = int32(t.NumCells()) },
		"order":           func(t *Topology) { c := t.Links.Cell; c[0], c[17] = c[17], c[0] },
		"own cell second": func(t *Topology) { c := t.Links.Cell; c[0], c[1] = c[1], c[0] },
		"own cell gone":   func(t *Topology) { t.Links.Cell[0] = t.Links.Cell[1] },
		"short mask":      func(t *Topology) { t.Cover = t.Cover[1:] },
		"offsets":         func(t *Topology) { t.Links.Off[t.Sectors()]-- },
	} {
		top := build(t, DefaultSpec(), Options{})
		if err := top.Check(); err != nil {
			t.Fatal(err)
		}
		if spoil(top); top.Check() == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

func TestCellsOfCarriers(t *testing.T) {
	spec := DefaultSpec()
	spec.Areas[0].Carriers = []string{"n258", "n78", "n28", "n1", "n79", "n41"} // any order
	top := build(t, spec, Options{})
	for k, want := range []struct {
		name                      string
		bandwidthMHz, txW, noiseW float64
	}{
		// PRBs x 12 x SCS x downlink share x (1 - overhead); W per PRB; kTB F.
		{"n28", 28.8 * 0.86, 1.5, 180e3 * 4.0039e-21 * 7.9433},
		{"n1", 19.08 * 0.86, 240.0 / 106, 180e3 * 4.0039e-21 * 7.9433},
		{"n41", 98.28 * 52 / 70 * 0.86, 240.0 / 273, 360e3 * 4.0039e-21 * 7.9433},
		{"n78", 98.28 * 52 / 70 * 0.86, 200.0 / 273, 360e3 * 4.0039e-21 * 7.9433},
		{"n79", 98.28 * 52 / 70 * 0.86, 200.0 / 273, 360e3 * 4.0039e-21 * 7.9433},
		{"n258", 380.16 * 52 / 70 * 0.82, 2.0 / 264, 1440e3 * 4.0039e-21 * 10},
	} {
		c := int(top.SectorCellOff[4]) + k
		if top.Carriers[k].Name != want.name {
			t.Fatalf("carrier %d is %s, want %s", k, top.Carriers[k].Name, want.name)
		}
		for _, f := range []struct {
			what      string
			got       float32
			wantValue float64
		}{
			{"bandwidth", top.Cells.BandwidthHz[top.CellCarrier[c]], want.bandwidthMHz * 1e6},
			{"power", top.Cells.TxRBW[top.CellCarrier[c]], want.txW},
			{"noise", top.Cells.NoiseRBW[top.CellCarrier[c]], want.noiseW},
		} {
			if math.Abs(float64(f.got)/f.wantValue-1) > 1e-3 {
				t.Errorf("%s: %s %g, want %g", want.name, f.what, f.got, f.wantValue)
			}
		}
	}
	if top.CoverageCell[4] != top.SectorCellOff[4] {
		t.Errorf("coverage cell %d, want n28's, %d", top.CoverageCell[4], top.SectorCellOff[4])
	}
}

// The default network's load can be solved, and all demand is served at a
// light load.
func TestModelRunsOnDefaults(t *testing.T) {
	top := build(t, DefaultSpec(), Options{})
	m, err := radio.NewModel(radio.DefaultSpec(), &top.Links, &top.Cells, top.BinShare, 1)
	if err != nil {
		t.Fatal(err)
	}
	st := radio.NewState(&top.Cells)
	m.Associate(st)
	load, demand := make([]float32, top.NumCells()), make([]float32, top.Sectors())
	for s := range demand {
		demand[s] = 2e7
	}
	if stats := m.Solve(load, demand); !stats.Converged {
		t.Errorf("not converged: %+v", stats)
	}
	mean := 0.0
	for _, l := range load {
		mean += float64(l) / float64(len(load))
	}
	t.Logf("mean load at 20 Mbit/s a sector: %.3f", mean)
	if mean <= 0.005 || mean > 0.5 {
		t.Errorf("mean load %g at 20 Mbit/s a sector", mean)
	}
}

func FuzzBuild(f *testing.F) {
	f.Add("hex", "urban", 12, 500.0, 8, 8, 24, 1.5, 0.5, 25.0, true)
	f.Add("poisson_disc", "rural", 5, 0.0, 1, 0, 1, 12.9, 0.0, 150.0, false)
	f.Add("imported", "nowhere", -3, math.NaN(), 17, -1, 0, 50.0, 2.0, math.Inf(1), true)
	f.Add("poisson_disc", "urban", 12, 10.0, 16, 64, 500, 1.1, 1.0, 5.0, true)
	f.Fuzz(func(t *testing.T, layout, class string, sites int, isd float64, bins, neighbours, search int, ut, corr, bs float64, wrap bool) {
		spec := DefaultSpec()
		spec.Layout, spec.Wrap, spec.Bins, spec.Neighbours, spec.SearchSites = layout, wrap, bins, neighbours, search
		spec.UTHeightM, spec.ShadowCorr = ut, corr
		spec.Areas = []AreaSpec{{Class: class, Sites: sites % 30, ISDM: isd}}
		changed := spec.Classes["urban"]
		changed.BSHeightM, changed.DowntiltDeg = bs, corr*10
		spec.Classes["urban"] = changed
		opt := Options{}
		if layout == LayoutImported {
			opt.Sites = []Site{{X: isd, Y: ut, Area: Urban}, {X: bs, Y: isd, Area: Area(bins), Azimuths: []float64{bs, ut}}}
		}
		top, err := Build(spec, rng.Root(1), opt)
		if (top == nil) == (err == nil) {
			t.Fatalf("topology %v and error %v", top != nil, err)
		}
		if len(spec.Validate()) > 0 && err == nil {
			t.Fatal("an invalid spec was built")
		}
	})
}

func TestDefaultsAreValid(t *testing.T) {
	for _, fault := range DefaultSpec().Validate() {
		t.Error(fault)
	}
}

// A cancelled build stops before the next shard, in either pass, and says why.
func TestBuildCancelled(t *testing.T) {
	spec := sized(LayoutHex, 2000) // 4 shards of sites, 12 of sectors
	spec.Bins, spec.Neighbours, spec.SearchSites = 1, 1, 1
	reason := errors.New("enough")
	for _, workers := range []int{1, 3} {
		for _, after := range []int64{0, 2, 7} {
			var asked atomic.Int64
			top, err := Build(spec, rng.Root(1), Options{Workers: workers, Cancelled: func() error {
				if asked.Add(1) > after {
					return reason
				}
				return nil
			}})
			if top != nil || !errors.Is(err, reason) {
				t.Errorf("%d workers, cancelled after %d shards: got topology %v and error %v", workers, after, top != nil, err)
			}
		}
	}
	want := build(t, spec, Options{})
	if got := build(t, spec, Options{Cancelled: func() error { return nil }}); !reflect.DeepEqual(got, want) {
		t.Error("another topology because it could have been cancelled")
	}
}
