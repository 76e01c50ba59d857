package validation

import (
	"fmt"

	"hibernet/sim/power"
)

// aggregateRows compares the report's rule for several carriers of one device.
func aggregateRows(ctx Context) ([]Row, error) {
	p, err := power.Lookup(ctx.Profiles, "tr38864-cat1-set1")
	if err != nil {
		return nil, err
	}
	q, err := power.Lookup(ctx.Profiles, "tr38864-cat1-set2")
	if err != nil {
		return nil, err
	}
	c := Claim{Unit: "W", Source: tr38864Source + ": 0.7 for each further contiguous carrier of a band", Trust: Secondary}
	row := func(quantity string, want, got float64) Row {
		c.Quantity = quantity
		return c.Relative(want, got, exact)
	}
	rows := []Row{
		row("device of carriers of 100 W, 50 W contiguous, 20 W in another band", 100+0.7*50+20,
			power.Aggregate([]float64{100, 50, 20}, []bool{true, true, false})),
	}
	u := power.Contiguous{Profiles: []power.Profile{p, q}}
	both := []power.State{power.Full, power.Full}
	asleep := []power.State{power.DeepSleep, power.Full}
	var dst [2]float64
	got := u.PowerTo(dst[:], both, []float64{0.5, 0.25})
	rows = append(rows, row("contiguous carriers, both awake", p.PowerW(power.Full, 0.5)+0.7*q.PowerW(power.Full, 0.25), got),
		row("contiguous carriers, both awake: part of the second", 0.7*q.PowerW(power.Full, 0.25), dst[1]))
	got = u.PowerTo(dst[:], asleep, []float64{0, 0.25})
	rows = append(rows, row("contiguous carriers, the first asleep", 0.7*p.PowerW(power.DeepSleep, 0)+q.PowerW(power.Full, 0.25), got))
	got = u.PowerTo(dst[:], []power.State{power.Sleep, power.Sleep}, []float64{0, 0})
	return append(rows, row("contiguous carriers, both asleep", p.PowerW(power.Sleep, 0)+0.7*q.PowerW(power.Sleep, 0), got)), nil
}

// hoursOfYear turns kW into MWh a year.
const hoursOfYear = 8760

// siteRows compares a macro site of three 64-chain units with published bands:
// main equipment empty and full, and the energy of a year with rectifier and
// cooling at measured mean loads.
func siteRows(ctx Context) ([]Row, error) {
	p, err := power.Lookup(ctx.Profiles, "field-64t")
	if err != nil {
		return nil, err
	}
	s := power.DefaultSpec()
	const (
		equipment = "S111 64T64R site, main equipment: CCSA, quoted by the press of Zhenjiang and China Electronics News, 2020-21"
		bills     = "macro S111 5G sites of China, 24 to 42 MWh a year: bills of stations quoted by the press, 2020-21; derived"
		assumed   = "macro site of China around 2020: see power.DefaultSpec"
	)
	watt := func(rho float64) float64 { return 3*p.PowerW(power.Full, rho) + s.SiteBasebandW }
	rows := []Row{
		Claim{"macro site of three field-64t, main equipment, empty", "W", equipment, Secondary}.Within(2200, 2300, watt(0)),
		Claim{"macro site of three field-64t, main equipment, full", "W", equipment, Secondary}.Within(3700, 3900, watt(1)),
		Claim{"baseband of a site", "W", "operators' test of 2019: 255 and 293 W (recalled)", Recalled}.Relative(275, s.SiteBasebandW, exact),
		Claim{"efficiency of the rectifier", "1", "high-efficiency modules (recalled)", Recalled}.Relative(0.96, s.RectifierEfficiency, exact),
		Claim{"cooling over equipment", "1", "Auer et al. 2011, Table I (recalled)", Recalled}.Relative(0.10, s.CoolingShare, exact),
		Claim{"factor on the spread between units", "1", "as measured", Derived}.Relative(1, s.UnitSpread, exact),
		Claim{"grid power over equipment power", "1", assumed, Derived}.Relative(1/0.96+0.1, s.Overhead(), exact),
		Claim{"site of 1000 W of radio units at the grid", "W", assumed, Derived}.Relative((1000+275)*(1/0.96+0.1), s.SiteW(1000), exact),
	}
	earth, err := power.Lookup(ctx.Profiles, "earth-macro")
	if err != nil {
		return nil, err
	}
	rows = append(rows,
		Claim{"factor on a radio unit, field-64t", "1", assumed, Derived}.Relative(1/0.96+0.1, s.RadioFactor(&p), exact),
		Claim{"factor on a unit whose profile is a whole site, earth-macro", "1", assumed, Derived}.Relative(1, s.RadioFactor(&earth), exact))
	// Mean loads of cells in the ITU data set, log-normal with -1.923 and 0.877:
	// a site of three average cells.
	for _, l := range []struct {
		what string
		load float64
	}{{"median", 0.146}, {"mean", 0.215}} {
		mwh := s.SiteW(3*p.PowerW(power.Full, l.load)) * hoursOfYear / 1e6
		c := Claim{fmt.Sprintf("energy of a year of a macro site at the %s of measured loads, %g", l.what, l.load), "MWh", bills, Derived}
		rows = append(rows, c.Within(24, 42, mwh))
	}
	return rows, nil
}

// overrideRows compares what a Spec changes in a profile.
func overrideRows(ctx Context) ([]Row, error) {
	p, err := power.Lookup(ctx.Profiles, "field-64t")
	if err != nil {
		return nil, err
	}
	s := power.DefaultSpec()
	c := Claim{Source: "the settings' definition", Trust: Derived, Unit: "W"}
	row := func(quantity string, want, got float64) Row {
		c.Quantity = quantity
		return c.Relative(want, got, exact)
	}
	s.Overrides = map[string]power.Override{"field-64t": {ExitScale: 2}}
	q := s.Apply(p)
	rows := []Row{
		row("override without factors on power", 658+517*0.5, q.PowerW(power.Full, 0.5)),
		row("override that doubles times: energy of a deep sleep", 2*26649, q.States[power.DeepSleep].TransitionJ),
		row("override that doubles times: wake-up of deep sleep in s", 2*60, float64(q.States[power.DeepSleep].ExitUs)/1e6),
	}
	s.Overrides = map[string]power.Override{"field-64t": {IdleScale: 1.1, SlopeScale: 0.9, SymbolSleep: 0.5}}
	q = s.Apply(p)
	// Half of the time without traffic at the power of carrier sleep, 0.5 of idle.
	return append(rows,
		row("override of power and symbol sleep, empty", 1.1*658*0.75, q.PowerW(power.Full, 0)),
		row("override of power and symbol sleep, full", 1.1*658+0.9*517, q.PowerW(power.Full, 1)),
		row("override of power and symbol sleep: carrier sleep", 1.1*329, q.PowerW(power.Sleep, 0))), nil
}

// loadFigure draws power over load of a target unit and a field unit of the same
// task, each in all states: side by side, never mixed.
func loadFigure(ctx Context) (Figure, error) {
	f := Figure{
		Name: "power_load", Title: "Power of a 64-chain radio unit over its load: target hardware (TR 38.864) and field hardware",
		XLabel: "load (share of the state's capacity)", YLabel: "power (W)",
	}
	for _, name := range []string{"tr38864-cat1-set1", "field-64t"} {
		p, err := power.Lookup(ctx.Profiles, name)
		if err != nil {
			return f, err
		}
		for s := range power.State(power.NumStates) {
			if p.States[s].Available {
				f.Series = append(f.Series, Series{Name: fmt.Sprintf("%s (%s): %v", name, p.Family, s),
					X: []float64{0, 1}, Y: []float64{p.PowerW(s, 0), p.PowerW(s, 1)}})
			}
		}
	}
	return f, nil
}
