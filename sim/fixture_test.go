package sim

import (
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/radio"
	"hibernet/sim/topology"
)

// constant offers the same traffic at all times, bit/s per sector.
type constant []float32

func (c constant) DemandTo(dst []float32, _ des.Time) { copy(dst, c) }

// stepped offers a sector's traffic by epoch, the last one for ever.
type stepped struct {
	epoch des.Time
	rates [][]float32
}

func (s stepped) DemandTo(dst []float32, at des.Time) {
	copy(dst, s.rates[min(int(at/s.epoch), len(s.rates)-1)])
}

// testProfile is a radio unit whose numbers are easy to follow by hand:
// 100 W idle and 200 W at full load, 50 W asleep with 1 s down, 2 s up and
// 30 J, 10 W deep with 10 s each way and 100 J.
func testProfile() power.Profile {
	p := power.Profile{Name: "test", Family: power.Target, TRX: 64}
	awake := power.StateData{Available: true, BaseW: 100, SlopeW: 100, ChainShare: 1, PowerShare: 1, CapacityShare: 1}
	p.States[power.Full] = awake
	half := awake
	half.BaseW, half.SlopeW, half.ChainShare = 70, 60, 0.5
	p.States[power.HalfTRX] = half
	dtx := awake
	dtx.BaseW, dtx.SlopeW, dtx.CapacityShare = 60, 50, 0.5
	p.States[power.DTX] = dtx
	p.States[power.Sleep] = power.StateData{Available: true, BaseW: 50, EntryUs: 1e6, ExitUs: 2e6, TransitionJ: 30}
	p.States[power.DeepSleep] = power.StateData{Available: true, BaseW: 10, EntryUs: 10e6, ExitUs: 10e6, TransitionJ: 100}
	return p
}

// Path gains of the towers' near and far bins: powers of two, which are kept
// exactly.
const gainNear, gainFar = 0x1p-30, 0x1p-37

// towers is a topology of sites with one sector each, on a line, each with a
// coverage cell (even index) and a capacity cell (odd index) of two bins. A
// sector's bins hear the next sector's cells 20 dB weaker.
func towers(sectors int) *topology.Topology {
	const bins = 2
	t := &topology.Topology{Carriers: []topology.Carrier{{Name: "low", Coverage: true}, {Name: "high"}}}
	t.Links = radio.Links{Bins: bins, Off: []int32{0}}
	t.SectorCellOff = []int32{0}
	for s := range sectors {
		t.SiteX, t.SiteY = append(t.SiteX, float64(500*s)), append(t.SiteY, 0)
		t.SiteArea = append(t.SiteArea, topology.Urban)
		t.SectorSite, t.SectorAzimuth = append(t.SectorSite, int32(s)), append(t.SectorAzimuth, 0)
		t.CoverageCell = append(t.CoverageCell, int32(2*s))
		for k := range 2 {
			t.CellSector, t.CellCarrier = append(t.CellSector, int32(s)), append(t.CellCarrier, uint8(k))
			t.Cells.Carrier = append(t.Cells.Carrier, uint8(k))
			t.Cells.TxRBW = append(t.Cells.TxRBW, 1)
			t.Cells.BandwidthHz = append(t.Cells.BandwidthHz, []float32{2e7, 8e7}[k])
			t.Cells.BeamGain = append(t.Cells.BeamGain, 1)
			t.Cells.LeakGain = append(t.Cells.LeakGain, 1)
			t.Cells.NoiseRBW = append(t.Cells.NoiseRBW, 1e-13)
			t.Cells.Layers = append(t.Cells.Layers, 2)
			t.Cells.PRBs = append(t.Cells.PRBs, 100)
			t.Cells.PriorityDB = append(t.Cells.PriorityDB, []float32{0, 40}[k])
			t.Cells.MinRSRPDBm = append(t.Cells.MinRSRPDBm, -100)
		}
		t.SectorCellOff = append(t.SectorCellOff, int32(2*s+2))
		for k := range 2 {
			own, next := int32(2*s+k), int32(2*((s+1)%sectors)+k)
			t.Links.Cell = append(t.Links.Cell, own)
			t.Links.Gain = append(t.Links.Gain, radio.PackGain(gainNear), radio.PackGain(gainFar))
			if next != own {
				t.Links.Cell = append(t.Links.Cell, next)
				t.Links.Gain = append(t.Links.Gain, radio.PackGain(gainFar), radio.PackGain(gainFar/128))
			}
		}
		t.Links.Off = append(t.Links.Off, int32(len(t.Links.Cell)))
		for range bins {
			t.BinShare, t.BinX, t.BinY = append(t.BinShare, 0.5), append(t.BinX, 0), append(t.BinY, 0)
			t.BinIndoor = append(t.BinIndoor, false)
		}
	}
	return t
}

// bare is the site without baseband or supply losses.
func bare() power.Spec {
	s := power.DefaultSpec()
	s.SiteBasebandW, s.RectifierEfficiency, s.CoolingShare = 0, 1, 0
	s.UnitSpread = 0
	return s
}

func network(t testing.TB, spec Spec, site power.Spec, topo *topology.Topology, workers int) *Network {
	t.Helper()
	model := radio.DefaultSpec()
	model.Tolerance = 1e-6
	n, err := New(spec, Parts{
		Topology: topo, Radio: model, Site: site, Workers: workers,
		Profiles: []power.Profile{testProfile(), testProfile()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
