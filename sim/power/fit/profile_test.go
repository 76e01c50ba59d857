package fit

import (
	"context"
	"errors"
	"strings"
	"testing"

	"hibernet/sim/power"
)

func profiles(t *testing.T, r *Result, o ProfileOptions) []power.Profile {
	t.Helper()
	text, _, err := r.Profiles(o)
	if err != nil {
		t.Fatal(err)
	}
	ps, err := power.Decode("profiles.yaml", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return ps
}

// fitted is a result of one type, made by hand.
func fitted(terms ...Term) *Result {
	return &Result{StepS: 1800, Unit: KWh, Columns: []string{"type"}, Types: []Type{{
		Name: "RU 8T/20", Cells: 1, Chains: 8, Stations: 9, Rows: 900, Level: 0.19, Mean: 0.2, LevelCV: 0.1,
		Slope: []Estimate{{Value: 0.3}}, Terms: terms,
	}}}
}

func sleepTerm(k float64) Term {
	return Term{Name: "m", Modes: []string{"m"}, Effect: Estimate{Value: k}}
}

// TestProfileInWatt converts energies of half an hour.
func TestProfileInWatt(t *testing.T) {
	o := DefaultProfileOptions()
	o.Source, o.States = "test", []StateOf{{power.Sleep, "m"}}
	for unit, watt := range map[string]float64{KWh: 2000, Wh: 2, Joule: 1.0 / 1800, Watt: 1} {
		r := fitted(sleepTerm(0.4))
		r.Unit = unit
		scale := 2000 / watt // the same power in each unit
		r.Types[0].Mean *= scale
		r.Types[0].Slope[0].Value *= scale
		p := profiles(t, r, o)[0]
		near(t, unit+": idle", p.PowerW(power.Full, 0), 400, 1e-9)
		near(t, unit+": full", p.PowerW(power.Full, 1), 1000, 1e-9)
		near(t, unit+": asleep", p.PowerW(power.Sleep, 0), 240, 1e-9)
		if p.Name != "fit-ru-8t-20" || p.TRX != 8 || p.BaseCV != 0.1 || p.Family != power.Field || p.WholeSite {
			t.Errorf("profile %+v", p)
		}
		if s := p.States[power.Sleep]; s.WakeUs != 1e6 || s.ControlUs != 2e6 {
			t.Errorf("transitions %+v", s)
		}
	}
}

// TestProfileOfAnchor scales readings without a unit.
func TestProfileOfAnchor(t *testing.T) {
	r := fitted()
	r.Unit = Relative
	o := DefaultProfileOptions()
	o.Source = "test"
	if _, _, err := r.Profiles(o); !errors.Is(err, ErrNoScale) {
		t.Errorf("without an anchor: %v", err)
	}
	o.AnchorType, o.AnchorW = "RU 8T/20", 750
	p := profiles(t, r, o)[0]
	near(t, "full load", p.PowerW(power.Full, 1), 750, 1e-9)
	near(t, "idle", p.PowerW(power.Full, 0), 300, 1e-9)
	if p.States[power.Sleep].Available || p.States[power.HalfTRX].Available {
		t.Error("a profile without a night mode has only what was measured")
	}
}

// TestProfileStates maps modes of either kind.
func TestProfileStates(t *testing.T) {
	o := DefaultProfileOptions()
	o.Source = "test"
	o.States = []StateOf{{power.Sleep, "m"}, {power.DTX, "d"}}
	deep := Term{Name: "d", Modes: []string{"d"}, Additive: true, Effect: Estimate{Value: -0.19}}
	p := profiles(t, fitted(sleepTerm(0.4), deep), o)[0]
	// The additive mode would leave 5 % of idle, less than the carrier asleep.
	near(t, "silent half", p.PowerW(power.DTX, 0), 400*(0.5+0.5*0.6), 1e-9)
	o.States = []StateOf{{power.DTX, "d"}}
	p = profiles(t, fitted(deep), o)[0]
	near(t, "silent half without carrier sleep", p.PowerW(power.DTX, 0), 400*(0.5+0.5*0.05), 1e-9)
	near(t, "its capacity", p.States[power.DTX].CapacityShare, 0.5, 0)
}

// TestTypesWithoutProfile says why.
func TestTypesWithoutProfile(t *testing.T) {
	r := fitted()
	add := func(change func(*Type)) {
		y := fitted().Types[0]
		change(&y)
		r.Types = append(r.Types, y)
	}
	add(func(y *Type) { y.Name, y.Cells, y.Slope = "a + b", 2, append(y.Slope, y.Slope...) })
	add(func(y *Type) { y.Name, y.Stations = "few", 2 })
	add(func(y *Type) { y.Name, y.Mean = "negative", -1 })
	add(func(y *Type) { y.Name, y.Slope = "falling", []Estimate{{Value: -0.1}} })
	add(func(y *Type) { y.Name = "ru_8t 20" })
	add(func(y *Type) { y.Name, y.Mean = "huge", 1e6 })
	add(func(y *Type) { y.Name, y.Cells, y.Slope = "c + c", 2, append(y.Slope, y.Slope...) })
	o := DefaultProfileOptions()
	o.Source = "test"
	_, left, err := r.Profiles(o)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"cells of different kinds share a meter", "2 stations, fewer than 3", "idle energy of -1", "slope of -0.1", "another type's profile is named fit-ru-8t-20", "base_w: must be from 0"}
	if len(left) != len(want) {
		t.Fatalf("left out %+v", left)
	}
	for i, w := range want {
		if !strings.Contains(left[i].Reason, w) {
			t.Errorf("%s: %s, want %q", left[i].Type, left[i].Reason, w)
		}
	}
	p := profiles(t, r, o)
	near(t, "idle of one of two equal cells", p[1].PowerW(power.Full, 0), 200, 1e-9)
}

func TestBadProfileOptions(t *testing.T) {
	for _, tt := range []struct {
		change func(*ProfileOptions)
		want   string
	}{
		{func(o *ProfileOptions) { o.States = []StateOf{{power.Full, "m"}} }, "state: full cannot be told from a meter"},
		{func(o *ProfileOptions) { o.States = []StateOf{{power.Sleep, "x"}} }, `state: the effect of mode "x" was fitted for no type, allowed m`},
		{func(o *ProfileOptions) { o.States = []StateOf{{power.Sleep, "m"}, {power.Sleep, "m"}} }, "state: carrier_sleep is given twice"},
		{func(o *ProfileOptions) { o.AnchorType, o.AnchorW = "x", 1 }, `anchor-w: there is no type "x", allowed RU 8T/20`},
		{func(o *ProfileOptions) { o.AnchorType, o.AnchorW = "RU 8T/20", -1 }, "anchor-w: must be above 0"},
		{func(o *ProfileOptions) { o.AnchorType, o.AnchorW = "RU 8T/20", 100 }, "anchor-w: readings in kWh need no anchor"},
		{func(o *ProfileOptions) { o.MinStations = 50 }, "no type can be given a profile; the first, RU 8T/20: 9 stations, fewer than 50"},
	} {
		o := DefaultProfileOptions()
		tt.change(&o)
		if _, _, err := fitted(sleepTerm(0.4)).Profiles(o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}

// TestTableToProfile goes the whole way from text.
func TestTableToProfile(t *testing.T) {
	p := newPlant(8, 72)
	p.extra = 0
	d, err := Read(context.Background(), input(p.table()), Mapping{EnergyUnit: Wh}, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o := DefaultProfileOptions()
	o.Source, o.States = "a plant\nof tests", []StateOf{{power.Sleep, "ESMode1"}}
	u := profiles(t, mustFit(t, d, DefaultOptions()), o)[0]
	near(t, "slope", u.States[power.Full].SlopeW, 20, 0.2)
	near(t, "asleep over idle", u.PowerW(power.Sleep, 0)/u.PowerW(power.Full, 0), 0.6, 0.01)
}
