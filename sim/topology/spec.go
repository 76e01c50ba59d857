package topology

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"hibernet/sim/radio"
)

// Limits of a topology: bins are bits of a uint16 mask, cells and links are
// indexed by int32.
const (
	maxBins     = 16
	maxCarriers = 32
	maxSites    = 4_000_000
)

// The layouts.
const (
	LayoutHex         = "hex"
	LayoutPoissonDisc = "poisson_disc"
	LayoutImported    = "imported"
)

// The penetration models.
const (
	penetrationMaterials = "materials"
	penetrationSimple    = "simple"
)

// AreaSpec is a part of the map of one area class. The parts lie side by side,
// in the order of the list, from west to east.
type AreaSpec struct {
	Class     string   `yaml:"class" doc:"area class" enum:"dense_urban,urban,suburban,rural"`
	Sites     int      `yaml:"sites" doc:"number of sites; not used with imported sites" min:"0" max:"4000000"`
	ISDM      float64  `yaml:"isd_m" doc:"inter-site distance of a hexagonal layout, or of the hexagonal layout with the same density; 0 takes the class's" unit:"m" min:"0" max:"50000"`
	MedianNNM float64  `yaml:"median_nn_m" doc:"median distance between nearest neighbours of an irregular layout, in place of isd_m; 0 leaves it to isd_m" unit:"m" min:"0" max:"50000"`
	Sectors   int      `yaml:"sectors" doc:"sectors of a site, equally spaced; 1 serves all around, with carriers of h_beam_deg 360; 0 means 3; not used with imported sites" min:"0" max:"6"`
	Carriers  []string `yaml:"carriers" doc:"carriers of the sites; empty takes the class's"`
}

// Spec holds the settings of a topology.
type Spec struct {
	Layout            string               `yaml:"layout" doc:"how sites are placed: hex = hexagonal grid, poisson_disc = irregular with the spacing statistics of real networks, imported = given positions" enum:"hex,poisson_disc,imported"`
	Wrap              bool                 `yaml:"wrap" doc:"join opposite edges of the map, so that no site is at an edge; one area, hex or poisson_disc"`
	Areas             []AreaSpec           `yaml:"areas" doc:"parts of the map, side by side" minlen:"1"`
	Classes           map[string]ClassSpec `yaml:"classes" doc:"what the area classes are like"`
	Carriers          map[string]Carrier   `yaml:"carriers" doc:"carrier table, by name"`
	Bins              int                  `yaml:"bins" doc:"position bins of a sector" min:"1" max:"16"`
	BinShareSigma     float64              `yaml:"bin_share_sigma" doc:"standard deviation of the logarithm of a bin's weight in its sector's demand; 0 = equal weights" min:"0" max:"3"`
	Neighbours        int                  `yaml:"neighbours" doc:"neighbouring candidate cells of a sector, per carrier; on a fully loaded urban hexagonal grid 8 hold 82 to 89 % of the interference, 16 hold 92 to 96 %, 24 hold 95 to 98 %" min:"0" max:"64"`
	SearchSites       int                  `yaml:"search_sites" doc:"nearest sites among which candidate cells are sought" min:"1" max:"500"`
	UTHeightM         float64              `yaml:"ut_height_m" doc:"height of the users above ground" unit:"m" min:"1.1" lt:"13"`
	ShadowCorr        float64              `yaml:"shadow_correlation" doc:"correlation of the shadow fading from a user to two sites" min:"0" max:"1"`
	Shadowing         bool                 `yaml:"shadowing" doc:"whether paths have shadow fading"`
	Penetration       string               `yaml:"penetration" doc:"entry loss of buildings: materials = low-loss and high-loss buildings, simple = 20 dB wall (3GPP TR 38.901 clause 7.4.3)" enum:"materials,simple"`
	MinCouplingLossDB float64              `yaml:"min_coupling_loss_db" doc:"least loss between antenna ports (3GPP TR 36.942: 70 dB urban, 80 dB rural)" unit:"dB" min:"1" max:"120"`
}

// DefaultSpec returns an urban map of 48 sites (288 cells) on a torus.
//
// The spread of the bins' weights (0.5) and the number of bins are
// assumptions: no public data resolve demand inside a sector.
func DefaultSpec() Spec {
	return Spec{
		Layout:            LayoutHex,
		Wrap:              true,
		Areas:             []AreaSpec{{Class: "urban", Sites: 48}},
		Classes:           DefaultClasses(),
		Carriers:          DefaultCarriers(),
		Bins:              8,
		BinShareSigma:     0.5,
		Neighbours:        8,
		SearchSites:       24,
		UTHeightM:         1.5,
		ShadowCorr:        radio.InterSiteCorrelation,
		Shadowing:         true,
		Penetration:       penetrationMaterials,
		MinCouplingLossDB: 70,
	}
}

// faults collects the faults of a Spec.
type faults []error

func (f *faults) check(ok bool, format string, args ...any) {
	if !ok {
		*f = append(*f, fmt.Errorf(format, args...))
	}
}

// within reports a number outside [lo, hi]; NaN is outside.
func (f *faults) within(path string, v, lo, hi float64) {
	f.check(v >= lo && v <= hi, "%s: must be in %g..%g, got %g", path, lo, hi, v)
}

// above reports a number outside (lo, hi].
func (f *faults) above(path string, v, lo, hi float64) {
	f.check(v > lo && v <= hi, "%s: must be above %g and at most %g, got %g", path, lo, hi, v)
}

// Validate returns every fault of the settings, each beginning with the path
// of the field.
func (s Spec) Validate() []error {
	var f faults
	f.check(s.Layout == LayoutHex || s.Layout == LayoutPoissonDisc || s.Layout == LayoutImported,
		"layout: must be hex, poisson_disc or imported, got %q", s.Layout)
	f.check(s.Penetration == penetrationMaterials || s.Penetration == penetrationSimple,
		"penetration: must be materials or simple, got %q", s.Penetration)
	f.within("bins", float64(s.Bins), 1, maxBins)
	f.within("bin_share_sigma", s.BinShareSigma, 0, 3)
	f.within("neighbours", float64(s.Neighbours), 0, 64)
	f.within("search_sites", float64(s.SearchSites), 1, 500)
	f.check(s.UTHeightM >= 1.1 && s.UTHeightM < 13, "ut_height_m: must be in 1.1..13 (13 excluded), got %g", s.UTHeightM)
	f.within("shadow_correlation", s.ShadowCorr, 0, 1)
	f.within("min_coupling_loss_db", s.MinCouplingLossDB, 1, 120)
	f.check(!s.Wrap || s.Layout != LayoutImported, "wrap: imported sites cannot wrap around, set it to false")
	f.check(!s.Wrap || len(s.Areas) <= 1, "wrap: needs a single area, got %d", len(s.Areas))
	f.check(len(s.Carriers) <= maxCarriers, "carriers: at most %d, got %d", maxCarriers, len(s.Carriers))
	for _, name := range slices.Sorted(maps.Keys(s.Carriers)) {
		c := s.Carriers[name]
		c.validate("carriers."+name, &f)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Classes)) {
		_, err := ParseArea(name)
		f.check(err == nil, "classes.%s: not an area class, allowed dense_urban, urban, suburban, rural", name)
		c := s.Classes[name]
		c.validate("classes."+name, &s, &f)
	}
	s.validateAreas(&f)
	return f
}

func (c *Carrier) validate(path string, f *faults) {
	f.within(path+".freq_ghz", c.FreqGHz, 0.5, 100)
	f.within(path+".bandwidth_mhz", c.BandwidthMHz, 5, 2000)
	f.within(path+".scs_khz", c.SCSKHz, 15, 960)
	f.within(path+".prbs", float64(c.PRBs), 1, 2000)
	f.above(path+".dl_share", c.DLShare, 0, 1)
	f.check(c.Overhead >= 0 && c.Overhead < 1, "%s.overhead: must be in 0..1 (1 excluded), got %g", path, c.Overhead)
	f.above(path+".tx_power_w", c.TxPowerW, 0, 2000)
	f.within(path+".trx", float64(c.TRX), 1, 1024)
	f.within(path+".gain_dbi", c.GainDBi, 0, 40)
	f.within(path+".h_beam_deg", c.HBeamDeg, 5, 360)
	f.within(path+".v_beam_deg", c.VBeamDeg, 2, 360)
	f.within(path+".side_lobe_db", c.SideLobeDB, 0, 60)
	f.within(path+".front_back_db", c.FrontBackDB, 0, 60)
	f.within(path+".layers", c.Layers, 1, 16)
	f.within(path+".noise_figure_db", c.NoiseFigureDB, 0, 30)
	f.within(path+".priority_db", c.PriorityDB, -100, 200)
	f.within(path+".min_rsrp_dbm", c.MinRSRPDBm, -156, -31)
	usedMHz := float64(c.PRBs) * 12 * c.SCSKHz / 1000
	f.check(!(usedMHz > c.BandwidthMHz), "%s.prbs: %d blocks at %g kHz are %g MHz wide, more than bandwidth_mhz (%g)",
		path, c.PRBs, c.SCSKHz, usedMHz, c.BandwidthMHz)
}

func (c *ClassSpec) validate(path string, s *Spec, f *faults) {
	f.within(path+".isd_m", c.ISDM, 10, 50000)
	f.check(c.Scenario == "uma" || c.Scenario == "umi" || c.Scenario == "rma",
		"%s.scenario: must be uma, umi or rma, got %q", path, c.Scenario)
	f.within(path+".bs_height_m", c.BSHeightM, 5, 150)
	f.check(!(c.BSHeightM <= s.UTHeightM), "%s.bs_height_m: must exceed ut_height_m (%g), got %g", path, s.UTHeightM, c.BSHeightM)
	f.check(c.Scenario != "rma" || s.UTHeightM <= 10, "ut_height_m: at most 10 with scenario rma (%s), got %g", path, s.UTHeightM)
	f.within(path+".downtilt_deg", c.DowntiltDeg, -10, 45)
	f.within(path+".indoor_share", c.IndoorShare, 0, 1)
	f.within(path+".high_loss_share", c.HighLossShare, 0, 1)
	f.within(path+".car_share", c.CarShare, 0, 1)
	f.check(len(c.Carriers) > 0, "%s.carriers: must name at least one carrier", path)
	s.validateNames(path+".carriers", c.Carriers, f)
}

// validateNames checks a list of carriers of a site.
func (s *Spec) validateNames(path string, names []string, f *faults) {
	for i, name := range names {
		_, ok := s.Carriers[name]
		f.check(ok, "%s[%d]: no carrier %q in the carrier table, which has %v", path, i, name, slices.Sorted(maps.Keys(s.Carriers)))
		f.check(!slices.Contains(names[:i], name), "%s[%d]: carrier %q is listed twice", path, i, name)
	}
}

func (s *Spec) validateAreas(f *faults) {
	f.check(len(s.Areas) > 0, "areas: must list at least one area")
	total := 0
	for i := range s.Areas {
		a, path := &s.Areas[i], fmt.Sprintf("areas[%d]", i)
		_, known := s.Classes[a.Class]
		f.check(known, "%s.class: %q is not in classes, which has %v", path, a.Class, slices.Sorted(maps.Keys(s.Classes)))
		f.check(a.Sites >= 0 && a.Sites <= maxSites, "%s.sites: must be in 0..%d, got %d", path, maxSites, a.Sites)
		f.check(a.Sites > 0 || s.Layout == LayoutImported, "%s.sites: must be at least 1 unless the layout is imported, got %d", path, a.Sites)
		f.check(a.ISDM == 0 || a.ISDM >= 10 && a.ISDM <= 50000, "%s.isd_m: must be 0 or in 10..50000, got %g", path, a.ISDM)
		f.check(a.MedianNNM == 0 || a.MedianNNM >= 10 && a.MedianNNM <= 50000, "%s.median_nn_m: must be 0 or in 10..50000, got %g", path, a.MedianNNM)
		f.check(a.MedianNNM == 0 || a.ISDM == 0, "%s.median_nn_m: give either this or isd_m, not both", path)
		f.check(a.MedianNNM == 0 || s.Layout == LayoutPoissonDisc, "%s.median_nn_m: only with layout poisson_disc, which is %q", path, s.Layout)
		f.check(a.Sectors >= 0 && a.Sectors <= maxSectors, "%s.sectors: must be in 0..%d, got %d", path, maxSectors, a.Sectors)
		s.validateNames(path+".carriers", a.Carriers, f)
		total = min(total+max(a.Sites, 0), 2*maxSites)
	}
	f.check(total <= maxSites, "areas: at most %d sites in all, got more", maxSites)
	if s.Wrap && len(s.Areas) == 1 {
		s.validateWrap(f)
	}
}

// validateWrap checks that the sites of a torus fill it. With fewer than 12
// sites a site could be its neighbour's neighbour on both sides.
func (s *Spec) validateWrap(f *faults) {
	n := s.Areas[0].Sites
	if n < 12 {
		f.check(false, "areas[0].sites: at least 12 with wrap, got %d", n)
		return
	}
	if s.Layout != LayoutHex || n > maxSites || hexTorus(n) > 0 {
		return
	}
	below, above := n-1, n+1
	for below > 12 && hexTorus(below) == 0 {
		below--
	}
	for hexTorus(above) == 0 {
		above++
	}
	f.check(false, "areas[0].sites: a wrapped hexagonal layout needs an even number of full rows; nearest are %d and %d, got %d", below, above, n)
}

// hexTorus returns the number of rows of a hexagonal torus of n sites whose
// sides differ least, or 0 if there is none with sides within a factor of two.
func hexTorus(n int) (rows int) {
	best := math.Log(2.1)
	for r := 4; r <= n/3; r += 2 {
		if n%r != 0 {
			continue
		}
		skew := math.Abs(math.Log(float64(r) * math.Sqrt(3) / 2 / float64(n/r)))
		if skew < best {
			best, rows = skew, r
		}
	}
	return rows
}

// class returns the area's class settings with the area's own put in.
func (s *Spec) class(a *AreaSpec) ClassSpec {
	c := s.Classes[a.Class]
	if a.ISDM > 0 {
		c.ISDM = a.ISDM
	}
	if a.MedianNNM > 0 {
		c.ISDM = isdForMedian(a.MedianNNM)
	}
	if len(a.Carriers) > 0 {
		c.Carriers = a.Carriers
	}
	return c
}
