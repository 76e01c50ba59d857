package power

import (
	"math"
	"strings"
	"testing"
)

// with returns the profile with mechanisms in use.
func with(t *testing.T, name string, a Adaptation) Profile {
	t.Helper()
	s := DefaultSpec()
	s.Target = map[string]Adaptation{name: a}
	if errs := s.Validate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	p := s.Apply(find(t, name))
	if errs := p.Validate(); len(errs) > 0 {
		t.Error(errs)
	}
	return p
}

func TestAdaptation(t *testing.T) {
	const name = "tr38864-cat1-set1"
	plain := find(t, name)
	if same := with(t, name, Adaptation{}); same.States != plain.States {
		t.Errorf("no mechanism must change nothing: %+v", same.States)
	}
	slow := with(t, name, Adaptation{SSBPeriodMs: 160})
	if d := plain.PowerW(Full, 0) - slow.PowerW(Full, 0); !(d > 20 && d < 30) {
		t.Errorf("SSB at 160 ms saves %g W", d)
	}
	near(t, "at full load nothing", slow.PowerW(Full, 1), plain.PowerW(Full, 1), 1e-9)
	long := with(t, name, Adaptation{DTXCycleMs: 320, DTXOnMs: 80})
	near(t, "capacity", long.States[DTX].CapacityShare, 0.25, 0)
	if long.PowerW(DTX, 0) >= plain.PowerW(DTX, 0) {
		t.Error("a quarter active must draw less than a half")
	}
	scell := with(t, name, Adaptation{SSBLess: true})
	if ms := scell.States[DeepSleep].ExitUs / 1000; ms != 35 {
		t.Errorf("an SSB-less cell wakes from deep sleep in %d ms", ms)
	}
	if d := scell.States[DeepSleep].TransitionJ; d >= plain.States[DeepSleep].TransitionJ/2 {
		t.Errorf("without set-up a sleep must cost less, got %g J", d)
	}
	near(t, "back-off", with(t, name, Adaptation{BackoffDB: 9}).States[Backoff].PowerShare, math.Pow(10, -0.9), 1e-12)
	cat2 := with(t, "tr38864-cat2-set1", Adaptation{SSBLess: true, DTXCycleMs: 1280, DTXOnMs: 100})
	if !cat2.States[DTX].Available || cat2.PowerW(DTX, 0) >= cat2.PowerW(Full, 0)*0.7 {
		t.Errorf("category 2 without SSB: %+v", cat2.States[DTX])
	}
	if again := find(t, name); again.States != plain.States {
		t.Error("Apply must not change the embedded profile")
	}
}

// Overrides come on top of mechanisms.
func TestAdaptationThenOverride(t *testing.T) {
	const name = "tr38864-cat1-set1"
	s := DefaultSpec()
	s.Target = map[string]Adaptation{name: {SSBLess: true}}
	s.Overrides = map[string]Override{name: {IdleScale: 2, Disable: []string{"dtx"}}}
	p := s.Apply(find(t, name))
	scell := with(t, name, Adaptation{SSBLess: true})
	near(t, "idle", p.PowerW(Full, 0), 2*scell.PowerW(Full, 0), 1e-9)
	if p.States[DTX].Available {
		t.Error("dtx is disabled")
	}
}

func TestAdaptationFaults(t *testing.T) {
	const set1 = "tr38864-cat1-set1"
	for _, c := range []struct {
		name string
		a    Adaptation
		want string
	}{
		{set1, Adaptation{DTXCycleMs: 100, DTXOnMs: 10}, "dtx_cycle_ms: must be a cycle of TS 38.331"},
		{set1, Adaptation{DTXCycleMs: 160, DTXOnMs: 7}, "dtx_on_ms: must be an on-duration of TS 38.331, 1/32 to 31/32 or one of"},
		{set1, Adaptation{DTXCycleMs: 160}, "dtx_on_ms: must be an on-duration"},
		{set1, Adaptation{DTXOnMs: 80}, "dtx_cycle_ms: must be a cycle"},
		{set1, Adaptation{DTXCycleMs: 40, DTXOnMs: 60}, "dtx_on_ms: must be below dtx_cycle_ms (40), got 60"},
		{set1, Adaptation{DTXCycleMs: 10, DTXOnMs: 5}, "dtx_on_ms: must leave a silent gap of at least the profile's light sleep"},
		{set1, Adaptation{SSBPeriodMs: 30}, "ssb_period_ms: must be one of [5 10 20 40 80 160], got 30"},
		{set1, Adaptation{SIB1PeriodMs: 5}, "sib1_period_ms: must be one of [20 40 80 160], got 5"},
		{set1, Adaptation{SIB1PeriodMs: 20, SSBPeriodMs: 5}, "sib1_period_ms: the window must lie between"},
		{set1, Adaptation{OnDemandSIB1: true}, "on_demand_sib1: needs sib1_period_ms"},
		{set1, Adaptation{SSBLess: true, SIB1PeriodMs: 20}, "sib1_period_ms: belongs to cells that send SIB1"},
		{set1, Adaptation{SSBLess: true, OnDemandSSB: true}, "on_demand_ssb: belongs to cells"},
		{set1, Adaptation{SSBLess: true, SSBPeriodMs: 20}, "ssb_period_ms: belongs to cells"},
		{set1, Adaptation{BackoffDB: math.NaN()}, "backoff_db: must be from 0 to 30, got NaN"},
		{"tr38864-cat2-set1", Adaptation{DTXCycleMs: 1024, DTXOnMs: 200}, "dtx_on_ms: must leave a silent gap of at least the profile's light sleep in ms (640), got 200 of 1024 ms with gaps of 15 ms at most"},
		{"field-64t", Adaptation{SSBPeriodMs: 40}, "these mechanisms need a profile of TR 38.864"},
		{"nokia", Adaptation{}, `power profile "nokia": want one of`},
	} {
		s := DefaultSpec()
		s.Target = map[string]Adaptation{c.name: c.a}
		errs := s.Validate()
		if len(errs) == 0 || !strings.HasPrefix(errs[0].Error(), "target."+c.name) || !strings.Contains(errs[0].Error(), c.want) {
			t.Errorf("%+v: got %v, want %q first", c.a, errs, c.want)
		}
	}
	s := DefaultSpec()
	s.Target = map[string]Adaptation{"mine": {DTXCycleMs: 160, DTXOnMs: 80}}
	if errs := s.ValidateWith([]Profile{{Name: "mine"}}); len(errs) > 0 {
		t.Errorf("a profile of which only the name is known: %v", errs)
	}
}

// Settings either have a fault or make a valid profile; nothing panics.
func FuzzAdaptation(f *testing.F) {
	f.Add(uint8(0), 160.0, 80.0, 160.0, 20.0, uint8(0), 6.0)
	f.Add(uint8(3), 1024.0, 200.0, 0.0, 0.0, uint8(4), 0.0)
	f.Add(uint8(2), 10.0, 1.0/32, 5.0, 160.0, uint8(1), 30.0)
	f.Add(uint8(1), math.Inf(1), math.NaN(), -1.0, 1e300, uint8(7), -1.0)
	var names []string
	for _, p := range Builtin() {
		if p.form != nil {
			names = append(names, p.Name)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, cycle, on, ssb, sib1 float64, flags uint8, db float64) {
		name := names[int(which)%len(names)]
		s := DefaultSpec()
		s.Target = map[string]Adaptation{name: {
			DTXCycleMs: cycle, DTXOnMs: on, SSBPeriodMs: ssb, SIB1PeriodMs: sib1, BackoffDB: db,
			OnDemandSIB1: flags&1 != 0, OnDemandSSB: flags&2 != 0, SSBLess: flags&4 != 0,
		}}
		if len(s.Validate()) > 0 {
			return
		}
		p, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		q := s.Apply(p)
		if errs := q.Validate(); len(errs) > 0 {
			t.Fatal(errs)
		}
	})
}
