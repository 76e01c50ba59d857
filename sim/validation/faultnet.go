package validation

import (
	"math"

	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/fault"
	"hibernet/sim/power"
	"hibernet/sim/radio"
	"hibernet/sim/rng"
	"hibernet/sim/topology"
)

// The networks of the fault check are small enough to follow by hand: a line
// of sites of one sector with one or two cells, a sector's demand in two bins
// of equal share, and no interference, as no two cells of a carrier serve at
// the same time.
const (
	faultGainNear, faultGainFar = 0x1p-30, 0x1p-37 // of a sector's own cells to its two bins; kept exactly
	faultGainNext               = 0x1p-33          // of the next site's cells to both
	faultNoiseW                 = 1e-13            // per PRB
	faultLowHz, faultHighHz     = 20e6, 80e6
	faultLayers                 = 2
	faultIdleW, faultSlopeW     = 100.0, 100.0
	faultDeepW, faultDeepJ      = 10.0, 100.0
	faultExitS, faultControlS   = 12.0, 10.0 // of deep sleep: waking, of which setting up the cell
	faultRestartS               = 180.0
	faultBasebandW              = 300.0
	faultRectifier, faultCool   = 0.8, 0.2
)

// faultRate returns the rate of a user alone in a bin, bit/s, as the rate
// curve gives it for a signal of gain x power.
func faultRate(hz, gain float64) float64 {
	s := radio.DefaultSpec()
	perLayer := gain / faultNoiseW / faultLayers
	return hz * faultLayers * min(s.RateAlpha*math.Log2(1+perLayer), s.RateCapBpsHz)
}

// faultCapacity returns what a cell carries of demand that is spread over the
// two bins of its own sector, bit/s.
func faultCapacity(hz float64) float64 {
	return 1 / (0.5/faultRate(hz, faultGainNear) + 0.5/faultRate(hz, faultGainFar))
}

// faultLine returns the topology: carriers per sector, of which the first
// covers; 40 dB of priority have the second serve while it can.
func faultLine(sites, carriers int) *topology.Topology {
	t := &topology.Topology{SectorCellOff: []int32{0}}
	t.Carriers = []topology.Carrier{{Name: "low", Coverage: true}, {Name: "high"}}[:carriers]
	t.Links = radio.Links{Bins: 2, Off: []int32{0}}
	for s := range sites {
		t.SiteX, t.SiteY = append(t.SiteX, 500*float64(s)), append(t.SiteY, 0)
		t.SiteArea, t.SectorSite = append(t.SiteArea, topology.Urban), append(t.SectorSite, int32(s))
		t.SectorAzimuth, t.CoverageCell = append(t.SectorAzimuth, 0), append(t.CoverageCell, int32(carriers*s))
		for k := range carriers {
			t.CellSector, t.CellCarrier = append(t.CellSector, int32(s)), append(t.CellCarrier, uint8(k))
			c := &t.Cells
			c.Carrier, c.TxRBW = append(c.Carrier, uint8(k)), append(c.TxRBW, 1)
			c.BandwidthHz = append(c.BandwidthHz, []float32{faultLowHz, faultHighHz}[k])
			c.BeamGain, c.LeakGain = append(c.BeamGain, 1), append(c.LeakGain, 1)
			c.NoiseRBW, c.Layers = append(c.NoiseRBW, faultNoiseW), append(c.Layers, faultLayers)
			c.PRBs, c.PriorityDB = append(c.PRBs, 100), append(c.PriorityDB, []float32{0, 40}[k])
			c.MinRSRPDBm = append(c.MinRSRPDBm, -100)
			t.Links.Cell = append(t.Links.Cell, int32(carriers*s+k))
			t.Links.Gain = append(t.Links.Gain, radio.PackGain(faultGainNear), radio.PackGain(faultGainFar))
			if next := (s + 1) % sites; next != s {
				t.Links.Cell = append(t.Links.Cell, int32(carriers*next+k))
				t.Links.Gain = append(t.Links.Gain, radio.PackGain(faultGainNext), radio.PackGain(faultGainNext))
			}
		}
		t.SectorCellOff = append(t.SectorCellOff, int32(carriers*(s+1)))
		t.Links.Off = append(t.Links.Off, int32(len(t.Links.Cell)))
		t.BinShare = append(t.BinShare, 0.5, 0.5)
		t.BinX, t.BinY = append(t.BinX, 0, 0), append(t.BinY, 0, 0)
		t.BinIndoor = append(t.BinIndoor, false, false)
	}
	return t
}

// faultUnit is a radio unit of round numbers.
func faultUnit() power.Profile {
	p := power.Profile{Name: "round", Family: power.Target, Source: "by hand", TRX: 64}
	p.States[power.Full] = power.StateData{Available: true, BaseW: faultIdleW, SlopeW: faultSlopeW, ChainShare: 1, PowerShare: 1, CapacityShare: 1}
	p.States[power.DeepSleep] = power.StateData{
		Available: true, BaseW: faultDeepW, EntryUs: 5e6, ExitUs: faultExitS * 1e6,
		WakeUs: (faultExitS - faultControlS) * 1e6, ControlUs: faultControlS * 1e6, TransitionJ: faultDeepJ,
	}
	return p
}

// faultDemand offers each sector the same traffic at all times, bit/s.
type faultDemand []float32

// DemandTo implements sim.DemandSource.
func (d faultDemand) DemandTo(dst []float32, _ des.Time) { copy(dst, d) }

// faultCase is a network, its demand and what breaks.
type faultCase struct {
	sites, carriers int
	demand          faultDemand
	spec            fault.Spec
	sleeps          []int // cells sent to deep sleep at the start
	cio             float64
}

// run plays the case to the end of the hours, with an hour as epoch. seen,
// if not nil, is told of transitions.
func (c *faultCase) run(workers int, hours float64, seen func(sim.Transition)) (*sim.Network, error) {
	topo := faultLine(c.sites, c.carriers)
	spec, site := sim.DefaultSpec(), power.DefaultSpec()
	spec.EpochS, spec.ControlS = 3600, 3600
	site.SiteBasebandW, site.RectifierEfficiency, site.CoolingShare, site.UnitSpread = faultBasebandW, faultRectifier, faultCool, 0
	n, err := sim.New(spec, sim.Parts{
		Topology: topo, Radio: radio.DefaultSpec(), Site: site, Faults: c.spec, Workers: workers,
		Profiles: []power.Profile{faultUnit(), faultUnit()}[:c.carriers], Key: rng.Root(1),
	})
	if err != nil {
		return nil, err
	}
	n.OnTransition(seen)
	if err := n.Start(0, c.demand); err != nil {
		return nil, err
	}
	for _, cell := range c.sleeps {
		if err := n.Request(cell, power.DeepSleep); err != nil {
			return nil, err
		}
	}
	if c.cio != 0 {
		for cell := range n.View().State {
			if err := n.SetCIO(cell, c.cio); err != nil {
				return nil, err
			}
		}
	}
	return n, n.RunUntil(des.FromSeconds(hours * 3600))
}

// faultSpec returns settings without random faults, neighbours that do
// nothing, and no battery.
func faultSpec(list ...fault.Scheduled) fault.Spec {
	s := fault.DefaultSpec()
	s.RestartS, s.Scheduled, s.Compensation = faultRestartS, list, fault.Compensation{}
	s.Battery.CapacityKWh = 0
	return s
}
