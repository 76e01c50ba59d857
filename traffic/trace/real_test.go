package trace

import (
	"context"
	"math"
	"os"
	"slices"
	"strings"
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
	mustBalance(t, rep, err)
	return s, rep
}

func readRealSites(t *testing.T, path string, m SiteMapping, p Policy) (*Sites, *Report) {
	t.Helper()
	s, rep, err := ReadSitesCSV(context.Background(), openReal(t, path), m, Options{Name: path, Policy: p})
	mustBalance(t, rep, err)
	return s, rep
}

func mustBalance(t *testing.T, rep *Report, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v\n%v", err, rep)
	}
	if !rep.Balanced() {
		t.Fatalf("the account does not add up:\n%v", rep)
	}
	t.Logf("\n%v", rep)
}

func TestRealBeijing(t *testing.T) {
	s, rep := readReal(t, "npdiff_grids/MobileBJ_hourly.csv.gz", Mapping{SideM: 1000}, Policy{})
	if s.Places() != 672 || s.Steps != 168 || s.StepS != 3600 || s.StartS != 0 || !s.HasPosition {
		t.Errorf("got %d places, %d steps of %d s from %d", s.Places(), s.Steps, s.StepS, s.StartS)
	}
	if n := rep.Count(EmptyPlace); n != 52 || rep.Count(Hole) != 0 {
		t.Errorf("got %d empty squares, want 52; %d steps in holes, want none", n, rep.Count(Hole))
	}
}

func wantShape(t *testing.T, s *Series, places, steps, stepS int, start string) {
	t.Helper()
	if s.Places() != places || s.Steps != steps || s.StepS != stepS || s.Start != start {
		t.Errorf("got %d places, %d steps of %d s from %q, want %d, %d, %d, %q", s.Places(), s.Steps, s.StepS, s.Start, places, steps, stepS, start)
	}
}

// TestRealSD: the counters of SD were not read at 04:00 of each day.
func TestRealSD(t *testing.T) {
	m := Mapping{StepS: 3600, SideM: 1000, PatchGap: 2}
	s, rep := readReal(t, "uomo_china/SD_traffic_60min.csv.gz", m, Policy{OnHole: Gap, OnEmptyPlace: Drop})
	wantShape(t, s, 433, 168, 3600, "")
	if n := rep.Count(Hole); n != 7 {
		t.Errorf("got %d steps in holes, want one a day", n)
	}
	if n := rep.Places.DroppedBy(EmptyPlace); n != 95 {
		t.Errorf("got %d empty squares of 528, want 95", n)
	}
	for d := range 7 {
		for p := range s.ID {
			row := s.Row(p)
			if i := d*24 + 4; row[i] < min(row[i-1], row[i+1]) || row[i] > max(row[i-1], row[i+1]) {
				t.Fatalf("place %s, day %d: 04:00 was not filled: %v", s.ID[p], d, row[i-1:i+2])
			}
		}
	}
	_, rep = readReal(t, "uomo_china/SD_users_60min.csv.gz", m, Policy{})
	if rep.Count(EmptyPlace) != 95 || rep.Count(Hole) != 7 || rep.Values.Used != 168*528 {
		t.Errorf("got %d empty squares, %d steps in holes, %d values used", rep.Count(EmptyPlace), rep.Count(Hole), rep.Values.Used)
	}
}

func TestRealLTE(t *testing.T) {
	s, rep := readReal(t, "lte_3cells_1y/traffic.csv.gz", Mapping{Unit: "MB"}, Policy{OnLongGap: Zero})
	wantShape(t, s, 1, 8760, 3600, "2017-10-23T00:00:00")
	if rep.Count(GapStep) != 20 || rep.Count(LongGap) != 7 || rep.Filled != 27 {
		t.Errorf("got %d + %d missing hours", rep.Count(GapStep), rep.Count(LongGap))
	}
	if want := float32(59.01721 * 8e6); s.Values[0] != want {
		t.Errorf("got %g bit in the first hour, want %g", s.Values[0], want)
	}
}

func TestRealBrazil(t *testing.T) {
	const file = "brazil_lte_noised/df_hourly_sample.csv.gz"
	s, rep := readReal(t, file, Mapping{Value: "PRB_Utilization_Percent", Unit: "load"}, Policy{MaxGapS: -1})
	wantShape(t, s, 2, 13824, 3600, "2019-01-01T00:00:00")
	if rep.Count(GapStep) != 2*13824-27470 || rep.Count(AboveOne) != 0 {
		t.Errorf("got %d missing hours, %d loads above 1", rep.Count(GapStep), rep.Count(AboveOne))
	}
	s, _ = readReal(t, file, Mapping{Unit: "kB"}, Policy{MaxGapS: -1})
	if want := float32(982962.3587402344 * 8e3); s.Unit != UnitBit || s.Values[0] != want {
		t.Errorf("got %g %s in the first hour, want %g", s.Values[0], s.Unit, want)
	}
}

// TestRealITU: half of the cells have less than the week, and some were
// recorded every two or three hours.
func TestRealITU(t *testing.T) {
	m := Mapping{ID: []string{"BS", "CellName"}, Value: "load", TimeFormat: "us", Unit: "load"}
	s, rep := readReal(t, "itu5g_energy/CLdata.csv.gz", m, Policy{OnMixedStep: Gap, MaxGapS: -1, MinCover: 120.0 / 168})
	wantShape(t, s, 670, 168, 3600, "2023-01-01T01:00:00")
	if s.ID[0] != "B_0/Cell0" || s.StartWeekday != 6 || rep.Places.DroppedBy(Sparse) != 302 {
		t.Errorf("got first place %s, weekday %d, %d sparse places", s.ID[0], s.StartWeekday, rep.Places.DroppedBy(Sparse))
	}
	m.TimeFormat = ""
	_, _, err := ReadCSV(context.Background(), openReal(t, "itu5g_energy/CLdata.csv.gz"), m, Options{Name: "CL"})
	if err == nil || !strings.Contains(err.Error(), "may be month/day or day/month: give the time format, us or eu") {
		t.Errorf("got %v", err)
	}
}

func TestRealBarcelona(t *testing.T) {
	const file = "barcelona_pdcch/PobleSec.csv.gz"
	m := Mapping{Value: "down", Unit: "bit", Zone: "Europe/Madrid", PlaceName: "PobleSec"}
	s, _ := readReal(t, file, m, Policy{})
	wantShape(t, s, 1, 15927, 120, "2018-02-05T23:40:00")
	m.StepS = 900
	r, rep := readReal(t, file, m, Policy{OnMixedStep: Resample})
	wantShape(t, r, 1, 2123, 900, "2018-02-05T23:45:00")
	if rep.Count(PartialStep) != 4 {
		t.Errorf("got %d values in no whole step, want 4", rep.Count(PartialStep))
	}
	if whole, got := total(s), total(r); got > whole || got < 0.999*whole {
		t.Errorf("total %g bit after resampling, %g before", got, whole)
	}
}

// TestRealShanghai: 33 of the stations are geocoding errors, and the automatic
// region finds the same ones as the box around Shanghai.
func TestRealShanghai(t *testing.T) {
	const file = "shanghai_telecom/base_stations.csv.gz"
	auto, rep := readRealSites(t, file, SiteMapping{Classify: true}, Policy{OnOutside: Drop, Area: Area{Auto: true}})
	if rep.Count(Outside) != 33 || auto.Len() != 3009 {
		t.Errorf("got %d outside, %d sites", rep.Count(Outside), auto.Len())
	}
	box, _ := readRealSites(t, file, SiteMapping{}, Policy{OnOutside: Drop, Area: Area{MinLat: 30.6, MaxLat: 31.9, MinLon: 120.8, MaxLon: 122.1}})
	if !slices.Equal(auto.ID, box.ID) {
		t.Error("the automatic region and the box keep other sites")
	}
	var n [4]int
	for _, a := range auto.Area {
		n[a]++
	}
	if n != [4]int{437, 1016, 996, 560} {
		t.Errorf("got classes %v", n)
	}
	if _, rep := readRealSites(t, file, SiteMapping{}, Policy{Area: Area{Auto: true}}); rep.Count(Outside) != 33 || rep.Places.Used != 3042 {
		t.Errorf("keep dropped something:\n%v", rep)
	}
}

func TestRealParis(t *testing.T) {
	m := SiteMapping{Technology: []string{"type", "mise_en_serv_5g_3500=5g3500"}}
	all, _ := readRealSites(t, "paris_antennas/antennes.csv.gz", m, Policy{})
	m.Filter = []Filter{{"operateur", "ORANGE"}}
	orange, rep := readRealSites(t, "paris_antennas/antennes.csv.gz", m, Policy{})
	m.Filter = []Filter{{"operateur", "FREE MOBILE"}, {"operateur", "Free Mobile"}}
	free, _ := readRealSites(t, "paris_antennas/antennes.csv.gz", m, Policy{})
	if all.Len() != 2170 || orange.Len() != 466 || free.Len() != 599 || rep.Rows.DroppedBy(Filtered) != 1704 {
		t.Errorf("got %d sites, %d of Orange, %d of Free", all.Len(), orange.Len(), free.Len())
	}
	with := 0
	for _, tech := range orange.Technology {
		if strings.HasSuffix(tech, "5g3500") {
			with++
		}
	}
	if share := float64(with) / 466; share < 0.80 || share > 0.82 { // Orange: 81 % have a date for 3.5 GHz
		t.Errorf("got a share of %.3f with 5G at 3.5 GHz", share)
	}
	for _, x := range append(slices.Clone(all.X), all.Y...) {
		if math.Abs(x) > 12e3 {
			t.Fatalf("a site %g m from the centre of Paris", x)
		}
	}
}

func TestRealIreland(t *testing.T) {
	s, rep := readRealSites(t, "ireland_two_operators/base_stations.csv.gz", SiteMapping{}, Policy{OnSamePosition: Merge})
	if s.Len() != 1855 || rep.Rows.DroppedBy(SamePosition) != 942 {
		t.Errorf("got %d sites", s.Len())
	}
	if i := slices.Index(s.Technology, "gsm+3g"); i < 0 {
		t.Error("no site has both technologies")
	}
	m := SiteMapping{Filter: []Filter{{"bs_technology", "3g"}}}
	if s, _ := readRealSites(t, "ireland_two_operators/base_stations.csv.gz", m, Policy{}); s.Len() != 1209 {
		t.Errorf("got %d sites with 3G", s.Len())
	}
}
