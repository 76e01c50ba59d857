package power

import (
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files; read the diff before you commit")

func find(t *testing.T, name string) Profile {
	t.Helper()
	p, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEmbeddedFilesDecode(t *testing.T) {
	dir, err := files.ReadDir("profiles")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range dir {
		text, err := files.ReadFile("profiles/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		ps, err := Decode(f.Name(), text)
		if err != nil {
			t.Error(err)
		}
		for _, p := range ps {
			if seen[p.Name] {
				t.Errorf("%s: two profiles of this name", p.Name)
			}
			seen[p.Name] = true
		}
	}
	for _, name := range []string{
		"tr38864-cat1-set1", "tr38864-cat1-set2", "tr38864-cat1-set3", "tr38864-cat2-set1", "tr38864-cat2-set2", "tr38864-cat2-set3",
		"earth-macro", "earth-rrh", "earth-micro", "earth-pico", "earth-femto", "field-64t", "field-32t", "field-4t", "kth-mimo64", "asm-macro", "shared-64t-anchor", "shared-64t-added",
	} {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
	if _, err := Find("nokia"); err == nil || !strings.Contains(err.Error(), "field-32t, field-4t") {
		t.Errorf("unknown profile: %v", err)
	}
}

// Every number that a run uses, in a file: a change of power moves all
// results, so it must be seen.
func TestGoldenTable(t *testing.T) {
	var b strings.Builder
	for _, p := range Builtin() {
		fmt.Fprintf(&b, "%s (%s, %d TRX, cv %g)\n", p.Name, p.Family, p.TRX, p.BaseCV)
		for s, d := range p.States {
			if !d.Available {
				continue
			}
			fmt.Fprintf(&b, "  %-13v %9.3f + %8.3f*load W  entry %g s  exit %g+%g s  %.3f J", State(s), d.BaseW, d.SlopeW,
				float64(d.EntryUs)/1e6, float64(d.WakeUs)/1e6, float64(d.ControlUs)/1e6, d.TransitionJ)
			if State(s).Awake() {
				fmt.Fprintf(&b, "  chains %g power %.4f capacity %g layers %g", d.ChainShare, d.PowerShare, d.CapacityShare, d.MaxLayers)
			}
			b.WriteString("\n")
		}
	}
	const golden = "testdata/profiles.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("profiles differ from %s (run with -update and read the diff):\n%s", golden, b.String())
	}
}

// What must hold on every ladder.
func TestLadderProperties(t *testing.T) {
	for _, p := range Builtin() {
		if errs := p.Validate(); len(errs) > 0 {
			t.Error(p.Name, errs)
		}
		for rho := 0.0; rho <= 1; rho += 0.125 {
			full := p.PowerW(Full, rho)
			for s := HalfTRX; s <= DTX; s++ {
				if p.States[s].Available && p.PowerW(s, rho) > full {
					t.Errorf("%s: %v draws more than full at load %g", p.Name, s, rho)
				}
			}
			if p.States[QuarterTRX].Available && p.PowerW(QuarterTRX, rho) > p.PowerW(HalfTRX, rho) {
				t.Errorf("%s: fewer chains must not draw more at load %g", p.Name, rho)
			}
			// DTX serves the same traffic at a higher relative load.
			if d := p.States[DTX]; d.Available && rho > 0 && rho*d.CapacityShare < 1 && p.PowerW(DTX, rho) >= p.PowerW(Full, rho*d.CapacityShare) {
				t.Errorf("%s: DTX must save at equal traffic, relative load %g", p.Name, rho)
			}
		}
		for s := Sleep; s < NumStates; s++ {
			d := p.States[s]
			if !d.Available {
				continue
			}
			for awake := Full; awake <= DTX; awake++ {
				// Sleep modes of milliseconds keep all chains ready.
				fewer := p.States[awake].ChainShare < 1 && p.States[Sleep].ExitUs < 1e6
				if p.States[awake].Available && !fewer && d.BaseW >= p.PowerW(awake, 0) {
					t.Errorf("%s: %v must draw less than idling in %v", p.Name, s, awake)
				}
			}
			for deeper := s + 1; deeper < NumStates; deeper++ {
				if o := p.States[deeper]; o.Available && (o.BaseW > d.BaseW || o.ExitUs < d.ExitUs || o.TransitionJ < d.TransitionJ) {
					t.Errorf("%s: %v against %v: %+v, %+v", p.Name, deeper, s, o, d)
				}
			}
			if p.Family != Literature && d.ExitUs < 2e6 {
				t.Errorf("%s: %v: a carrier takes 2 s to come back, got %d us", p.Name, s, d.ExitUs)
			}
		}
		if !math.IsNaN(p.PowerW(Dormant, 0)) != p.States[Dormant].Available {
			t.Errorf("%s: power of an absent state must be NaN", p.Name)
		}
	}
}

// The reference units must give back the report's ratios and the anchor.
func TestTargetProfiles(t *testing.T) {
	p := find(t, "tr38864-cat1-set1")
	unit := p.States[DeepSleep].BaseW
	near(t, "watt a unit", unit, 4.80, 0.005)
	near(t, "full load", p.PowerW(Full, 1), 1127, 1e-9)
	near(t, "empty", p.PowerW(Full, 0)/unit, 60.71, 0.006)
	near(t, "light", p.States[Sleep].BaseW/unit, 25, 1e-9)
	near(t, "light transition", p.States[Sleep].TransitionJ, 0.090*unit+2*(p.PowerW(Full, 0)-p.PowerW(Sleep, 0)), 1e-9)
	near(t, "light transition time", float64(p.States[Sleep].EntryUs+p.States[Sleep].WakeUs), 6000, 0)
	near(t, "deep transition time", float64(p.States[DeepSleep].EntryUs+p.States[DeepSleep].WakeUs), 50000, 0)
	q := find(t, "tr38864-cat2-set1")
	near(t, "light, category 2", q.States[Sleep].BaseW/q.States[DeepSleep].BaseW, 2.1, 1e-9)
	near(t, "deep, category 2", float64(q.States[DeepSleep].EntryUs+q.States[DeepSleep].WakeUs), 10e6, 0)
	if q.States[DTX].Available || !p.States[DTX].Available || p.States[Dormant].Available {
		t.Error("DTX belongs to category 1 only, dormant to neither")
	}
}

// Savings as published or measured, over idle power.
func TestFieldProfiles(t *testing.T) {
	for _, c := range []struct {
		name                   string
		sleepLo, sleepHi       float64
		deepLo, deepHi         float64
		idleOverFull, fullOver float64
	}{
		{"field-64t", 0.46, 0.53, 0.61, 0.74, 0.42, 0.60},
		{"field-32t", 0.68, 0.69, 0.61, 0.74, 0.42, 0.60},
		{"field-4t", 0.34, 0.73, 0.61, 0.74, 0.21, 0.25},
	} {
		p := find(t, c.name)
		idle := p.PowerW(Full, 0)
		saving := func(s State) float64 { return 1 - p.PowerW(s, 0)/idle }
		in := func(what string, v, lo, hi float64) {
			if !(v >= lo-1e-9 && v <= hi+1e-9) {
				t.Errorf("%s: %s is %v, want %v to %v", c.name, what, v, lo, hi)
			}
		}
		in("saving of carrier sleep", saving(Sleep), c.sleepLo, c.sleepHi)
		in("saving of deep sleep", saving(DeepSleep), c.deepLo, c.deepHi)
		in("saving of dormancy", saving(Dormant), 0.80, 0.95)
		in("idle over full", idle/p.PowerW(Full, 1), c.idleOverFull, c.fullOver)
		in("minutes to wake from dormancy", float64(p.States[Dormant].ExitUs)/60e6, 2, 10)
	}
}

// A macro site of three sectors must lie in the bands published for China:
// 2.2-2.3 kW empty and 3.7-3.9 kW full for the main equipment; 2.5-4.8 kW and
// 24-42 MWh a year with rectifier and cooling.
func TestMacroSiteInPublishedBands(t *testing.T) {
	p, s := find(t, "field-64t"), DefaultSpec()
	equipment := func(rho float64) float64 { return 3*p.PowerW(Full, rho) + s.SiteBasebandW }
	if e, f := equipment(0), equipment(1); e < 2200 || e > 2300 || f < 3700 || f > 3900 {
		t.Errorf("main equipment: %g W empty, %g W full", e, f)
	}
	for rho := 0.0; rho <= 1; rho += 0.05 {
		if w := s.SiteW(3 * p.PowerW(Full, rho)); w < 2500 || w > 4800 {
			t.Errorf("load %g: %g W", rho, w)
		}
	}
	// Median, mean, upper quartile and 95th percentile of the cells' mean load
	// in the ITU data set.
	for _, rho := range []float64{0.145, 0.215, 0.29, 0.574} {
		if mwh := s.SiteW(3*p.PowerW(Full, rho)) * 8760 / 1e6; mwh < 24 || mwh > 42 {
			t.Errorf("load %g: %g MWh a year", rho, mwh)
		}
	}
}

func TestOffset(t *testing.T) {
	p := Profile{BaseCV: 0.2}
	if f := p.Offset(1.7, 0); f != 1 {
		t.Errorf("without spread: %v", f)
	}
	// Mean and deviation by the midpoint rule over the normal density.
	var mean, square, weight float64
	for z := -8.0; z < 8; z += 0.001 {
		w, f := math.Exp(-z*z/2), p.Offset(z, 1)
		mean, square, weight = mean+w*f, square+w*f*f, weight+w
	}
	mean, square = mean/weight, square/weight
	near(t, "mean", mean, 1, 1e-6)
	near(t, "coefficient of variation", math.Sqrt(square-mean*mean), 0.2, 1e-6)
}

func TestStateNames(t *testing.T) {
	for s := range State(NumStates) {
		got, err := ParseState(s.String())
		if err != nil || got != s || s.Awake() != (s < Sleep) {
			t.Errorf("%v: parsed %v, %v; awake %v", s, got, err, s.Awake())
		}
	}
	if _, err := ParseState("off"); err == nil || !strings.Contains(err.Error(), "carrier_sleep") {
		t.Errorf("unknown state: %v", err)
	}
	if got := State(9).String(); got != "state(9)" {
		t.Errorf("beyond the ladder: %q", got)
	}
}

func TestSpec(t *testing.T) {
	s := DefaultSpec()
	if errs := s.Validate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	near(t, "overhead", s.Overhead(), 1/0.96+0.1, 1e-12)
	earth, field := find(t, "earth-macro"), find(t, "field-64t")
	near(t, "whole site", s.RadioFactor(&earth), 1, 0)
	near(t, "radio unit", s.RadioFactor(&field), s.Overhead(), 0)
	near(t, "site", s.SiteW(1000), s.RadioFactor(&field)*1000+s.Site().BasebandW*s.Site().Factor, 1e-9)

	s.Overrides = map[string]Override{"field-64t": {IdleScale: 1.1, ExitScale: 2, Disable: []string{"dormant"}}}
	if errs := s.Validate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	got := s.Apply(field)
	near(t, "idle", got.States[Full].BaseW, 1.1*658, 1e-9)
	near(t, "slope", got.States[Full].SlopeW, 517, 1e-9)
	if got.States[Dormant].Available || got.States[Sleep].ExitUs != 2*field.States[Sleep].ExitUs {
		t.Errorf("overridden: %+v", got.States)
	}
	if errs := got.Validate(); len(errs) > 0 {
		t.Error(errs)
	}
	if same := s.Apply(earth); same != earth {
		t.Error("an override must change its own profile only")
	}

	// An awake unit at the power of carrier sleep in half of the time without
	// traffic: 658 W less a quarter when empty, 1175 W as before when full.
	s.Overrides["field-64t"] = Override{SymbolSleep: 0.5}
	got = s.Apply(field)
	near(t, "empty with symbol sleep", got.PowerW(Full, 0), 0.75*658, 1e-9)
	near(t, "half loaded with symbol sleep", got.PowerW(Full, 0.5), (0.75*658+1175)/2, 1e-9)
	near(t, "full with symbol sleep", got.PowerW(Full, 1), 1175, 1e-9)
	near(t, "half of the chains, full", got.PowerW(HalfTRX, 1), field.PowerW(HalfTRX, 1), 1e-9)
	near(t, "half of the chains, empty", got.PowerW(HalfTRX, 0), 0.75*field.PowerW(HalfTRX, 0), 1e-9)
	if got.States[DTX] != field.States[DTX] || got.States[Sleep] != field.States[Sleep] {
		t.Error("symbol sleep changed dtx or carrier_sleep")
	}
	wakeful := field
	wakeful.States[Sleep] = StateData{}
	if errs := s.ValidateWith([]Profile{wakeful}); len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), "overrides.field-64t.symbol_sleep: ") {
		t.Errorf("symbol sleep without the state: %v", errs)
	}

	bad := Spec{SiteBasebandW: -1, RectifierEfficiency: math.NaN(), CoolingShare: math.Inf(1), UnitSpread: 4,
		Overrides: map[string]Override{"nokia": {IdleScale: -1, SlopeScale: 11, ExitScale: math.NaN(), Disable: []string{"off", "full"}}}}
	var text []string
	for _, err := range bad.Validate() {
		text = append(text, err.Error())
	}
	for i, want := range []string{
		"site_baseband_w: ", "rectifier_efficiency: ", "cooling_share: ", "unit_spread: ", "overrides.nokia.idle_scale: ", "overrides.nokia.slope_scale: ",
		"overrides.nokia.exit_scale: ", "overrides.nokia.disable[0]: ", "overrides.nokia.disable[1]: full", "overrides.nokia: ",
	} {
		if i >= len(text) || !strings.HasPrefix(text[i], want) {
			t.Errorf("fault %d: want %q in %q", i, want, text)
		}
	}
}
