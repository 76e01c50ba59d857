package fault

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// line is a layout of sites on a line, 100 m apart, with one sector each and
// two carriers.
func line(sites int) Layout {
	l := Layout{Carriers: []string{"low", "high"}}
	for i := range sites {
		l.SiteX, l.SiteY = append(l.SiteX, 100*float64(i)), append(l.SiteY, 0)
		l.SectorSite = append(l.SectorSite, int32(i))
		l.CellSector = append(l.CellSector, int32(i), int32(i))
		l.CellCarrier = append(l.CellCarrier, 0, 1)
	}
	return l
}

func often() Spec {
	s := DefaultSpec()
	s.Random = true
	s.RadioUnit = Rates{MTBFH: 200, MTTRH: 5, RepairCV: 1}
	s.Baseband = Rates{MTBFH: 500, MTTRH: 10, RepairCV: 0}
	s.Mains = Rates{MTBFH: 100, MTTRH: 2, RepairCV: 2}
	return s
}

func plan(t testing.TB, s Spec, l Layout, seed uint64, start des.Time) *Plan {
	t.Helper()
	p, err := New(s, l, rng.Root(seed), start)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The plan does not depend on how it is asked, and begins alike whatever its
// length.
func TestPlanIsAFunctionOfTime(t *testing.T) {
	s := often()
	s.Scheduled = []Scheduled{{Kind: "mains", Site: 2, RadiusM: 100, StartH: 700, DurationH: 1}, {Kind: "radio_unit", Sector: 1, StartH: 30, DurationH: 2}}
	start := 3 * des.Day
	whole := plan(t, s, line(20), 1, start).Until(start + 60*des.Day)
	var parts []Fault
	p := plan(t, s, line(20), 1, start)
	for day := range des.Time(60) {
		parts = append(parts, p.Until(start+(day+1)*des.Day)...)
	}
	if !reflect.DeepEqual(whole, parts) {
		t.Errorf("%d faults at once, %d by day", len(whole), len(parts))
	}
	if len(whole) < 100 || !slices.IsSortedFunc(whole, func(a, b Fault) int { return int(a.Start - b.Start) }) {
		t.Errorf("%d faults, or not in order", len(whole))
	}
	if other := plan(t, s, line(20), 2, start).Until(start + 60*des.Day); reflect.DeepEqual(whole, other) {
		t.Error("another key gives the same faults")
	}
	fixed := slices.IndexFunc(whole, func(f Fault) bool { return f.Start == start+700*des.Hour })
	if fixed < 0 || !slices.Equal(whole[fixed].Sites, []int32{1, 2, 3}) || whole[fixed].End != start+701*des.Hour {
		t.Errorf("the scheduled fault: %+v", whole[max(fixed, 0)])
	}
}

// Each thing is down for MTTR / (MTBF + MTTR) of a long time, and its repair
// times have the mean and spread of the Spec.
func TestAvailability(t *testing.T) {
	s := often()
	const sites = 400
	p := plan(t, s, line(sites), 3, 0)
	span := 800 * des.Day
	var sum, square, n [NumKinds]float64
	for _, f := range p.Until(span) {
		h := (f.End - f.Start).Hours()
		sum[f.Kind] += h
		square[f.Kind] += h * h
		n[f.Kind]++
	}
	for k, r := range s.rates() {
		things := []float64{2 * sites, sites, sites}[k]
		want := r.MTTRH / (r.MTBFH + r.MTTRH)
		mean := sum[k] / n[k]
		cv := math.Sqrt(square[k]/n[k]-mean*mean) / mean
		// Four standard errors: of the mean cv/sqrt(n), of the count about 1/sqrt(n).
		tol := 4 * (1 + r.RepairCV) / math.Sqrt(n[k])
		if got := sum[k] / (things * span.Hours()); math.Abs(got/want-1) > tol {
			t.Errorf("%v: down %.5f of the time, want %.5f", Kind(k), got, want)
		}
		if math.Abs(mean/r.MTTRH-1) > tol || math.Abs(cv-r.RepairCV) > 0.1*r.RepairCV+1e-6 {
			t.Errorf("%v: repair of %.3f h with cv %.3f, want %g and %g", Kind(k), mean, cv, r.MTTRH, r.RepairCV)
		}
	}
}

func TestFeedersFailTogether(t *testing.T) {
	s := often()
	s.FeederM = 300 // sites 0-2, 3-5, 6-8, 9
	s.RadioUnit.MTBFH, s.Baseband.MTBFH = 0, 0
	for _, f := range plan(t, s, line(10), 4, 0).Until(100 * des.Day) {
		first := f.Sites[0]
		if first%3 != 0 || len(f.Sites) != min(3, 10-int(first)) {
			t.Fatalf("sites %v fail together", f.Sites)
		}
	}
}

// Nothing breaks again before it is repaired, however long the repair.
func TestOneFaultAtATime(t *testing.T) {
	s := often()
	s.Mains = Rates{MTBFH: 1, MTTRH: 100, RepairCV: 5}
	s.RadioUnit.MTBFH, s.Baseband.MTBFH = 0, 0
	last := map[int32]des.Time{}
	for _, f := range plan(t, s, line(5), 5, 0).Until(1000 * des.Day) {
		if f.Start < last[f.Sites[0]] || f.End <= f.Start {
			t.Fatalf("%+v begins before %v", f, last[f.Sites[0]])
		}
		last[f.Sites[0]] = f.End
	}
}

func TestVeryRareFaultsDoNotWrapRound(t *testing.T) {
	s := often()
	s.RadioUnit = Rates{MTBFH: 1e8, MTTRH: 8760, RepairCV: 10}
	s.Baseband.MTBFH, s.Mains.MTBFH = 0, 0
	for _, f := range plan(t, s, line(2000), 6, 0).Until(10000 * des.Day) {
		if f.Start < 0 || f.End <= f.Start {
			t.Fatalf("%+v", f)
		}
	}
}

func TestWhatDoesNotFitTheLayout(t *testing.T) {
	for want, change := range map[string]func(*Spec){
		"scheduled[0].sector: must be in [0, 2]": func(s *Spec) {
			s.Scheduled = []Scheduled{{Kind: "radio_unit", Sector: 3, DurationH: 1}}
		},
		`scheduled[0].carrier: sector 0 has no cell of carrier "n41"`: func(s *Spec) {
			s.Scheduled = []Scheduled{{Kind: "radio_unit", Carrier: "n41", DurationH: 1}}
		},
		"scheduled[0].site: must be in [0, 2], got 9": func(s *Spec) {
			s.Scheduled = []Scheduled{{Kind: "baseband", Site: 9, DurationH: 1}}
		},
		`battery.shed[0].carrier: no carrier "n41"`: func(s *Spec) { s.Battery.Shed = []Shed{{"n41", 1}} },
	} {
		s := DefaultSpec()
		change(&s)
		if _, err := New(s, line(3), rng.Root(0), 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestValidate(t *testing.T) {
	if faults := DefaultSpec().Validate(); faults != nil || DefaultSpec().Active() || (Spec{}).Active() {
		t.Errorf("the default: %v", faults)
	}
	for want, change := range map[string]func(*Spec){
		"radio_unit.mtbf_h: must be in [0, 1e+08], got -1":       func(s *Spec) { s.RadioUnit.MTBFH = -1 },
		"baseband.mttr_h: must be in (0, 8760] h, got 0":         func(s *Spec) { s.Baseband.MTTRH = 0 },
		"mains.repair_cv: must be in [0, 10], got NaN":           func(s *Spec) { s.Mains.RepairCV = math.NaN() },
		"feeder_m: must be in [0, 100000], got -5":               func(s *Spec) { s.FeederM = -5 },
		"restart_s: must be in [0, 86400], got 1e+06":            func(s *Spec) { s.RestartS = 1e6 },
		"battery.capacity_kwh: must be in [0, 10000], got +Inf":  func(s *Spec) { s.Battery.CapacityKWh = math.Inf(1) },
		"battery.charge_efficiency: must be in [0.1, 1], got 0":  func(s *Spec) { s.Battery.ChargeEfficiency = 0 },
		"battery.charge_w: must be in [0, 1e+06], got -1":        func(s *Spec) { s.Battery.ChargeW = -1 },
		"battery.shed[1].below: must not exceed that of the one": func(s *Spec) { s.Battery.Shed = []Shed{{"a", 0.5}, {"b", 0.6}} },
		"battery.shed[0].carrier: must not be empty":             func(s *Spec) { s.Battery.Shed = []Shed{{"", 0.5}} },
		"compensation.cio_db: must be in [0, 6], got 6.5":        func(s *Spec) { s.Compensation.CIODB = 6.5 },
		"compensation.power_db: must be in [0, 3], got 4":        func(s *Spec) { s.Compensation.PowerDB = 4 },
		"compensation.neighbours: must be in [0, 64], got 65":    func(s *Spec) { s.Compensation.Neighbours = 65 },
		`scheduled[0].kind: must be radio_unit, baseband`:        func(s *Spec) { s.Scheduled = []Scheduled{{Kind: "fire", DurationH: 1}} },
		"scheduled[0].duration_h: must be in (0, 876000] h":      func(s *Spec) { s.Scheduled = []Scheduled{{Kind: "mains"}} },
		"scheduled[0].site: a radio unit is found by sector":     func(s *Spec) { s.Scheduled = []Scheduled{{Kind: "radio_unit", Site: 1, DurationH: 1}} },
		"scheduled[0].sector: only a radio unit":                 func(s *Spec) { s.Scheduled = []Scheduled{{Kind: "mains", Sector: 1, DurationH: 1}} },
		"scheduled[0].radius_m: is for mains only":               func(s *Spec) { s.Scheduled = []Scheduled{{Kind: "baseband", RadiusM: 1, DurationH: 1}} },
	} {
		s := DefaultSpec()
		change(&s)
		if got := fmt.Sprint(s.Validate()); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A Spec that is valid makes a plan of sound faults or says what does not fit.
func FuzzSpec(f *testing.F) {
	f.Add(uint64(1), 100.0, 5.0, 1.0, 0.0, 0, "mains", 10.0, 3.0)
	f.Add(uint64(2), 1e8, 1e-9, 10.0, 1e5, 2, "baseband", 0.0, 876000.0)
	f.Add(uint64(3), 0.001, 1e-3, 0.0, 250.0, 1, "radio_unit", 24.0, 1e-12)
	f.Add(uint64(4), math.NaN(), -1.0, math.Inf(1), -3.0, -1, "", -1.0, 0.0)
	f.Fuzz(func(t *testing.T, seed uint64, mtbf, mttr, cv, feeder float64, index int, kind string, start, duration float64) {
		s := DefaultSpec()
		s.Random, s.FeederM = true, feeder
		s.Mains, s.Baseband = Rates{mtbf, mttr, cv}, Rates{mtbf, mttr, cv}
		one := Scheduled{Kind: kind, StartH: start, DurationH: duration}
		if kind == "radio_unit" {
			one.Sector = index
		} else {
			one.Site = index
		}
		s.Scheduled = []Scheduled{one}
		if s.Validate() != nil || mtbf > 0 && mtbf+mttr < 0.01 {
			return // the second would be a fault every few seconds
		}
		p, err := New(s, line(4), rng.Root(seed), des.Day)
		if err != nil {
			return
		}
		for _, f := range p.Until(3 * des.Day) {
			if f.Start < des.Day || f.End < f.Start || f.End == f.Start && f.Start != des.Day+des.FromSeconds(start*3600) || len(f.Cells)+len(f.Sites) == 0 {
				t.Fatalf("fault %+v", f)
			}
		}
	})
}

func TestCrossing(t *testing.T) {
	for _, c := range []struct {
		charge, target, rate float64
		want                 des.Time
		ok                   bool
	}{
		{3600, 0, -1, des.Hour, true},
		{3600, 1800, -0.5, des.Hour, true},
		{1, 0, -3, 333334, true}, // rounded up
		{0, 100, 10, 10 * des.Second, true},
		{0, 0, -5, 0, true},
		{5, 10, -1, 0, true}, // the target lies behind
		{10, 5, 1, 0, true},
		{5, 10, 0, 0, false},
		{1e30, 0, -1e-30, 0, false},
		{1, 0, math.NaN(), 0, false},
	} {
		if got, ok := Crossing(c.charge, c.target, c.rate); got != c.want || ok != c.ok {
			t.Errorf("from %g to %g at %g W: %v, %v, want %v, %v", c.charge, c.target, c.rate, got, ok, c.want, c.ok)
		}
	}
}

func TestKinds(t *testing.T) {
	for k := range NumKinds {
		if got, err := ParseKind(k.String()); err != nil || got != k {
			t.Errorf("kind %d: %v, %v", k, got, err)
		}
	}
	if NumKinds.String() != "Kind(3)" {
		t.Error(NumKinds.String())
	}
}
