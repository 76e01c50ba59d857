package trace

import (
	"context"
	"os"
	"testing"
)

func openReal(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open("../../../shared/data/" + path)
	if err != nil {
		t.Skipf("the real data are not here: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func readReal(t *testing.T, path string, m Mapping, p Policy) (*Series, *Report) {
	t.Helper()
	s, rep, err := ReadCSV(context.Background(), openReal(t, path), m, Options{Name: path, Policy: p})
	if err != nil {
		t.Fatalf("%v\n%v", err, rep)
	}
	if !rep.Balanced() {
		t.Fatalf("the account does not add up:\n%v", rep)
	}
	t.Log("\n" + rep.String())
	return s, rep
}

func TestRealBeijing(t *testing.T) {
	s, rep := readReal(t, "npdiff_grids/MobileBJ_hourly.csv.gz", Mapping{SideM: 1000}, Policy{})
	if s.Places() != 672 || s.Steps != 168 || s.StepS != 3600 || s.StartS != 0 || !s.HasPosition {
		t.Errorf("got %d places, %d steps of %d s from %d", s.Places(), s.Steps, s.StepS, s.StartS)
	}
	if n := rep.Count(EmptyPlace); n != 52 {
		t.Errorf("got %d empty squares, want 52", n)
	}
}

func TestRealSD(t *testing.T) {
	m := Mapping{StepS: 3600, Unit: "relative", SideM: 1000, PatchGap: 2}
	s, rep := readReal(t, "uomo_china/SD_traffic_60min.csv.gz", m, Policy{OnHole: Gap, OnEmptyPlace: Drop})
	if n := rep.Count(Hole); n != 7 {
		t.Errorf("got %d steps in holes, want one a day", n)
	}
	_, _ = s, rep
}

func TestRealLTE(t *testing.T) {
	readReal(t, "lte_3cells_1y/traffic.csv.gz", Mapping{Unit: "MB"}, Policy{OnLongGap: Zero})
}

func TestRealBrazil(t *testing.T) {
	readReal(t, "brazil_lte_noised/df_hourly_sample.csv.gz", Mapping{Value: "PRB_Utilization_Percent", Unit: "load"}, Policy{MaxGapS: -1})
	readReal(t, "brazil_lte_noised/df_hourly_sample.csv.gz", Mapping{Unit: "kB"}, Policy{MaxGapS: -1})
}

func TestRealITU(t *testing.T) {
	readReal(t, "itu5g_energy/CLdata.csv.gz", Mapping{ID: []string{"BS", "CellName"}, Value: "load", TimeFormat: "us", Unit: "load"}, Policy{OnMixedStep: Gap, MaxGapS: -1, MinCover: 120.0 / 168})
}

func TestRealBarcelona(t *testing.T) {
	readReal(t, "barcelona_pdcch/PobleSec.csv.gz", Mapping{Value: "down", Unit: "bit", Zone: "Europe/Madrid"}, Policy{})
	readReal(t, "barcelona_pdcch/PobleSec.csv.gz", Mapping{Value: "down", Unit: "bit", Zone: "Europe/Madrid", StepS: 900}, Policy{OnMixedStep: Resample})
}

func readRealSites(t *testing.T, path string, m SiteMapping, p Policy) (*Sites, *Report) {
	t.Helper()
	s, rep, err := ReadSitesCSV(context.Background(), openReal(t, path), m, Options{Name: path, Policy: p})
	if err != nil {
		t.Fatalf("%v\n%v", err, rep)
	}
	if !rep.Balanced() {
		t.Fatalf("the account does not add up:\n%v", rep)
	}
	t.Log("\n" + rep.String())
	return s, rep
}

func TestRealShanghai(t *testing.T) {
	s, rep := readRealSites(t, "shanghai_telecom/base_stations.csv.gz", SiteMapping{Classify: true}, Policy{OnOutside: Drop, Area: Area{Auto: true}})
	var n [4]int
	for _, a := range s.Area {
		n[a]++
	}
	t.Log(n, rep.Count(Outside))
}

func TestRealParis(t *testing.T) {
	readRealSites(t, "paris_antennas/antennes.csv.gz", SiteMapping{Filter: []Filter{{"operateur", "ORANGE"}}, Technology: []string{"type", "mise_en_serv_5g_3500=5g3500"}}, Policy{})
}

func TestRealIreland(t *testing.T) {
	readRealSites(t, "ireland_two_operators/base_stations.csv.gz", SiteMapping{}, Policy{OnSamePosition: Merge})
}
