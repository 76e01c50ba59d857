package published

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat"

	"hibernet/scenarios"
	"hibernet/sim/des"
	"hibernet/sim/rng"
	"hibernet/sim/validation"
)

// ituLoadSource is where the measured loads are from.
const ituLoadSource = "hourly loads of 670 5G cells, 1 to 7 January 2023: ITU AI/ML in 5G Challenge, 5G energy consumption modelling"

// ituMeanLoad is the mean of the cells' mean loads there.
const ituMeanLoad = 0.249

// ituQuantiles are quantiles of the load over cell-hours there.
var ituQuantiles = []struct{ p, load float64 }{
	{0.05, 0.011}, {0.25, 0.055}, {0.50, 0.167}, {0.75, 0.372}, {0.90, 0.632}, {0.95, 0.772}, {0.99, 0.945},
}

// ituBelow are shares of cell-hours below a load there: at all hours, and at
// the quietest, 05:00. night is the least share at 05:00 that leaves the
// deviation as described.
var ituBelow = []struct{ load, all, quiet, night float64 }{{0.05, 0.235, 0.603, 0.75}, {0.1, 0.368, 0.782, 0.9}, {0.2, 0.552, 0.944, 0.96}}

// ituHours is the mean load by hour of the day there, each cell's divided by
// its own mean.
var ituHours = [24]float64{
	1.090, 0.842, 0.560, 0.428, 0.321, 0.281, 0.277, 0.405, 0.704, 0.959, 1.003, 1.091,
	1.174, 1.354, 1.453, 1.341, 1.388, 1.416, 1.444, 1.454, 1.318, 1.242, 1.244, 1.234,
}

// loadCheck sets the hourly loads of a generated city's capacity cells, all
// awake for a week, beside those measured. Only the mean is set; the spread
// over cells and hours comes from the traffic generator, the radio conditions
// and the load coupling together.
func loadCheck() validation.Check {
	return validation.Check{
		Name: "city-load", Slow: true,
		Doc: "hourly loads of the scenario quickstart at the measured mean load, against measured cells of another country",
		Run: func(ctx validation.Context) (validation.Result, error) {
			sc, err := scenarios.Preset("quickstart", nil)
			if err != nil {
				return validation.Result{}, err
			}
			sc.Load.TargetMean = ituMeanLoad
			loads, err := hourlyLoads(ctx, sc)
			if err != nil {
				return validation.Result{}, err
			}
			return loadResult(loads), nil
		},
	}
}

// hoursOfWeek is the length of the simulated week.
const hoursOfWeek = 168

// hourlyLoads returns the mean load of every capacity cell in every hour of a
// week with all cells awake: [cells][168].
func hourlyLoads(ctx validation.Context, sc scenarios.Scenario) ([][]float64, error) {
	w, err := scenarios.Build(ctx, sc, scenarios.Inputs{}, ctx.Workers)
	if err != nil {
		return nil, err
	}
	n, err := w.Network()
	if err != nil {
		return nil, err
	}
	if err := n.Start(0, w.Demand.Reseeded(rng.Root(sc.Seed).Named("validation"))); err != nil {
		return nil, err
	}
	t := w.Topology
	var cells []int
	for c := range t.NumCells() {
		if !t.Carriers[t.CellCarrier[c]].Coverage {
			cells = append(cells, c)
		}
	}
	loads := make([][]float64, len(cells))
	for h := range hoursOfWeek {
		n.BeginInterval()
		if err := n.RunUntil(des.Time(h+1) * des.Hour); err != nil {
			return nil, err
		}
		for i, c := range cells {
			loads[i] = append(loads[i], float64(n.View().LoadS[c])/des.Hour.Seconds())
		}
		ctx.Tell(float64(h+1) / hoursOfWeek)
	}
	return loads, nil
}

// loadResult compares loads [cells][168] with the measured ones.
func loadResult(loads [][]float64) validation.Result {
	var all, quiet, means []float64
	var hours [24]float64
	for _, cell := range loads {
		mean := stat.Mean(cell, nil)
		means = append(means, mean)
		for h, load := range cell {
			all = append(all, load)
			if h%24 == 5 {
				quiet = append(quiet, load)
			}
			if mean > 0 {
				hours[h%24] += load / mean / float64(len(loads)*hoursOfWeek/24)
			}
		}
	}
	slices.Sort(all)
	slices.Sort(quiet)
	claim := func(quantity string) validation.Claim {
		return validation.Claim{Quantity: quantity, Unit: "1", Source: ituLoadSource, Trust: validation.Primary}
	}
	rows := []validation.Row{claim("mean load of capacity cells").Absolute(ituMeanLoad, stat.Mean(means, nil), 0.01)}
	for _, q := range ituQuantiles {
		// Three hundredths of load, or a tenth: what two cities differ by.
		tol := max(0.03, 0.1*q.load)
		rows = append(rows, claim("load of cell-hours, quantile "+percent(q.p)).Absolute(q.load, stat.Quantile(q.p, stat.Empirical, all, nil), tol))
	}
	for _, b := range ituBelow {
		rows = append(rows,
			claim("share of cell-hours below a load of "+percent(b.load)).Absolute(b.all, below(all, b.load), 0.05),
			claim("the same at 05:00, below "+percent(b.load)).Still("D1", b.quiet, b.night, 1, below(quiet, b.load)))
	}
	r := stat.Correlation(hours[:], ituHours[:], nil)
	rows = append(rows,
		claim("load at 05:00 over the cell's mean").Still("D1", ituHours[5], 0.05, 0.2, hours[5]),
		claim("correlation of the mean course over the day, each cell over its own mean").Within(0.85, 1, r))
	return validation.Result{Rows: rows, Figures: []validation.Figure{loadFigure(all), courseFigure(hours)}}
}

// below returns the share of sorted values below x.
func below(sorted []float64, x float64) float64 {
	i, _ := slices.BinarySearch(sorted, x)
	return float64(i) / float64(len(sorted))
}

// loadFigure draws the distribution of loads over cell-hours.
func loadFigure(sorted []float64) validation.Figure {
	var x, y, mx, my []float64
	for p := 0.01; p < 1; p += 0.01 {
		x, y = append(x, stat.Quantile(p, stat.Empirical, sorted, nil)), append(y, p)
	}
	for _, q := range ituQuantiles {
		mx, my = append(mx, q.load), append(my, q.p)
	}
	return validation.Figure{
		Name: "city-load", Title: "Hourly load of capacity cells", XLabel: "load", YLabel: "share of cell-hours below",
		Series: []validation.Series{{Name: "simulated", X: x, Y: y}, {Name: "measured (ITU)", X: mx, Y: my, Points: true}},
	}
}

// courseFigure draws the course of load over the day.
func courseFigure(hours [24]float64) validation.Figure {
	x := make([]float64, 24)
	for h := range x {
		x[h] = float64(h)
	}
	return validation.Figure{
		Name: "city-course", Title: "Course of load over the day", XLabel: "hour", YLabel: "load over the cell's mean",
		Series: []validation.Series{{Name: "simulated", X: x, Y: hours[:]}, {Name: "measured (ITU)", X: x, Y: ituHours[:], Points: true}},
	}
}

// percent spells a share.
func percent(p float64) string {
	return strconv.FormatFloat(math.Round(p*1e4)/1e2, 'g', -1, 64) + " %"
}
