package published

import (
	"fmt"

	"hibernet/agents/baseline"
	"hibernet/scenarios"
	"hibernet/sim/validation"
)

// siteSource is where the energy of a site is from.
const siteSource = "bills and meters of 5G macro sites in China (Zhenjiang 2021, China Tower, others; press): 24 to 42 MWh a year"

// The band of a macro site with three 64T64R units, MWh a year: 65 kWh a day at
// the low end, 31.5 thousand CNY at 0.75 CNY/kWh at the high end.
const siteLowMWh, siteHighMWh = 24, 42

// siteLoads are mean loads of the sites, the middle one as measured on the
// cells of the ITU AI/ML in 5G Challenge 2023 (5G energy consumption modelling).
var siteLoads = []float64{0.15, ituMeanLoad, 0.5}

// siteCheck sets the energy of a macro site over a simulated week beside what
// sites are billed for.
func siteCheck() validation.Check {
	return validation.Check{
		Name: "site-energy", Slow: true,
		Doc: "energy of a site of three 64T64R field units over a week of a generated city, always on, beside bills",
		Run: func(ctx validation.Context) (validation.Result, error) {
			var mwh []float64
			for i, load := range siteLoads {
				e, err := siteYear(ctx, load)
				if err != nil {
					return validation.Result{}, err
				}
				mwh = append(mwh, e)
				ctx.Tell(float64(i+1) / float64(len(siteLoads)))
			}
			return siteResult(mwh), nil
		},
	}
}

// siteYear returns the MWh a year of a site of the preset quickstart with
// nothing but its capacity layer, at a mean load.
func siteYear(ctx validation.Context, load float64) (float64, error) {
	sc, err := scenarios.Preset("quickstart", nil)
	if err != nil {
		return 0, err
	}
	for i := range sc.Topology.Areas {
		sc.Topology.Areas[i].Carriers = []string{"n41"}
	}
	sc.Load.TargetMean = load
	w, err := scenarios.Build(ctx, sc, scenarios.Inputs{}, ctx.Workers)
	if err != nil {
		return 0, err
	}
	w.Scenario.Sleep.EpisodeH = 7 * 24 // on all days: nothing is learned here
	o, err := play(ctx, w, &baseline.AlwaysOn{}, 0, nil)
	if err != nil {
		return 0, err
	}
	return mwhAYear(o.EnergyJ, 7, w.Topology.Sites()), nil
}

// mwhAYear turns the energy of sites over some days into MWh a year and site.
func mwhAYear(joule, days float64, sites int) float64 {
	const joulePerMWh, daysAYear = 3.6e9, 365
	return joule / joulePerMWh / days * daysAYear / float64(sites)
}

// siteResult compares the energies at siteLoads.
func siteResult(mwh []float64) validation.Result {
	var rows []validation.Row
	for i, load := range siteLoads {
		rows = append(rows, validation.Claim{
			Quantity: fmt.Sprintf("energy of an S111 64T64R site at a mean load of %g", load), Unit: "MWh/a",
			Source: siteSource, Trust: validation.Secondary,
		}.Within(siteLowMWh, siteHighMWh, mwh[i]))
	}
	band := func(level float64) []float64 { return []float64{level, level, level} }
	f := validation.Figure{
		Name: "site-energy", Title: "Energy of a site of three 64T64R field units, always on, and what sites are billed for",
		XLabel: "mean load", YLabel: "energy, MWh a year",
		Series: []validation.Series{
			{Name: "simulated", X: siteLoads, Y: mwh},
			{Name: "bills", X: siteLoads, Y: band((siteLowMWh + siteHighMWh) / 2), Lo: band(siteLowMWh), Hi: band(siteHighMWh)},
		},
	}
	return validation.Result{Rows: rows, Figures: []validation.Figure{f}}
}
