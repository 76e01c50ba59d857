package topology

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestValidateNamesTheField(t *testing.T) {
	carrier := func(change func(*Carrier)) func(*Spec) {
		return func(s *Spec) { c := s.Carriers["n41"]; change(&c); s.Carriers["n41"] = c }
	}
	class := func(change func(*ClassSpec)) func(*Spec) {
		return func(s *Spec) { c := s.Classes["urban"]; change(&c); s.Classes["urban"] = c }
	}
	for want, change := range map[string]func(*Spec){
		"layout: must be hex":                     func(s *Spec) { s.Layout = "grid" },
		"penetration: must be materials":          func(s *Spec) { s.Penetration = "" },
		"bins: must be in 1..16, got 17":          func(s *Spec) { s.Bins = 17 },
		"bin_share_sigma: must be in 0..3":        func(s *Spec) { s.BinShareSigma = math.NaN() },
		"neighbours: must be in 0..64":            func(s *Spec) { s.Neighbours = -1 },
		"search_sites: must be in 1..500":         func(s *Spec) { s.SearchSites = 0 },
		"ut_height_m: must be in 1.1..13":         func(s *Spec) { s.UTHeightM = 13 },
		"ut_height_m: at most 10 with scenario":   func(s *Spec) { s.UTHeightM = 11 },
		"shadow_correlation: must be in 0..1":     func(s *Spec) { s.ShadowCorr = 1.5 },
		"min_coupling_loss_db: must be in 1..120": func(s *Spec) { s.MinCouplingLossDB = 0 },
		"wrap: needs a single area":               func(s *Spec) { s.Areas = append(s.Areas, s.Areas[0]) },
		"wrap: imported sites cannot wrap":        func(s *Spec) { s.Layout = LayoutImported },
		"areas: must list at least one":           func(s *Spec) { s.Areas = nil },
		"areas[0].class: \"city\" is not in":      func(s *Spec) { s.Areas[0].Class = "city" },
		"areas[0].sites: must be at least 1":      func(s *Spec) { s.Areas[0].Sites = 0 },
		"areas[0].sites: at least 12 with wrap":   func(s *Spec) { s.Areas[0].Sites = 11 },
		"nearest are 48 and 50, got 49":           func(s *Spec) { s.Areas[0].Sites = 49 },
		"areas[0].isd_m: must be 0 or in":         func(s *Spec) { s.Areas[0].ISDM = 5 },
		"areas[0].median_nn_m: only with layout":  func(s *Spec) { s.Areas[0].MedianNNM = 300 },
		"areas[0].median_nn_m: give either":       func(s *Spec) { s.Areas[0].MedianNNM, s.Areas[0].ISDM = 300, 300 },
		"areas[0].carriers[1]: no carrier \"x\"":  func(s *Spec) { s.Areas[0].Carriers = []string{"n28", "x"} },
		"areas[0].carriers[1]: carrier \"n28\"":   func(s *Spec) { s.Areas[0].Carriers = []string{"n28", "n28"} },
		"classes.city: not an area class":         func(s *Spec) { s.Classes["city"] = s.Classes["urban"] },
		"classes.urban.isd_m":                     class(func(c *ClassSpec) { c.ISDM = math.Inf(1) }),
		"classes.urban.scenario":                  class(func(c *ClassSpec) { c.Scenario = "inh" }),
		"classes.urban.bs_height_m: must exceed":  class(func(c *ClassSpec) { c.BSHeightM = 1.5 }),
		"classes.urban.carriers: must name":       class(func(c *ClassSpec) { c.Carriers = nil }),
		"classes.urban.indoor_share":              class(func(c *ClassSpec) { c.IndoorShare = -0.1 }),
		"carriers.n41.freq_ghz":                   carrier(func(c *Carrier) { c.FreqGHz = 0.1 }),
		"carriers.n41.dl_share: must be above 0":  carrier(func(c *Carrier) { c.DLShare = 0 }),
		"carriers.n41.overhead":                   carrier(func(c *Carrier) { c.Overhead = 1 }),
		"carriers.n41.prbs: 300 blocks at 30 kHz": carrier(func(c *Carrier) { c.PRBs = 300 }),
		"carriers.n41.layers":                     carrier(func(c *Carrier) { c.Layers = 0 }),
	} {
		spec := DefaultSpec()
		change(&spec)
		if !slices.ContainsFunc(spec.Validate(), func(err error) bool { return strings.Contains(err.Error(), want) }) {
			t.Errorf("want a fault with %q, got %v", want, spec.Validate())
		}
	}
}

func TestValidateReportsAllFaults(t *testing.T) {
	spec := DefaultSpec()
	spec.Bins, spec.Neighbours, spec.Layout = 0, -1, ""
	if got := len(spec.Validate()); got < 3 {
		t.Errorf("%d faults, want at least 3", got)
	}
}

func TestHexTorus(t *testing.T) {
	for _, c := range []struct{ n, rows int }{{12, 4}, {48, 8}, {49, 0}, {100, 10}, {400, 20}, {10000, 100}, {13, 0}} {
		if got := hexTorus(c.n); got != c.rows {
			t.Errorf("%d sites: %d rows, want %d", c.n, got, c.rows)
		}
	}
}
