package fit

import (
	"fmt"
	"slices"

	"hibernet/sim/validation"
	"hibernet/traffic"
)

// figures draws both sides of what was judged.
func (j *judge) figures(noise sides[Noise], space sides[[]Bin]) []validation.Figure {
	list := []validation.Figure{j.meansFigure(), j.totalFigure()}
	list = append(list, j.classFigures()...)
	lags, hours := numbers(1, maxLag), numbers(0, hoursPerDay-1)
	return append(list,
		validation.Figure{
			Name: "autocorrelation", Title: "Autocorrelation of the noise, about the mean of these days: median over places",
			XLabel: "lag (h)", YLabel: "autocorrelation (1)",
			Series: pair(lags, noise.real.ACF[1:], lags, noise.made.ACF[1:], false),
		},
		validation.Figure{
			Name: "noise-by-hour", Title: "Coefficient of variation over weekdays: median over places",
			XLabel: "hour of the day (h)", YLabel: "coefficient of variation (1)",
			Series: pair(hours, noise.real.ByHour[:], hours, noise.made.ByHour[:], false),
		},
		spaceFigure(space),
	)
}

// pair returns the two series that every figure shows.
func pair(x, real, mx, made []float64, points bool) []validation.Series {
	return []validation.Series{
		{Name: "measured, held out", X: x, Y: slices.Clone(real), Points: points},
		{Name: "generated", X: mx, Y: slices.Clone(made)},
	}
}

// numbers returns the whole numbers of a range.
func numbers(from, to int) []float64 {
	var x []float64
	for i := from; i <= to; i++ {
		x = append(x, float64(i))
	}
	return x
}

// meansFigure shows the distribution of the means.
func (j *judge) meansFigure() validation.Figure {
	all := j.held.AllDays()
	real := sorted(unitMean(j.held.Means(all)))
	var made []float64
	for _, c := range j.made {
		made = append(made, unitMean(c.Means(all))...)
	}
	made = thinned(sorted(made), len(real))
	return validation.Figure{
		Name: "means", Title: "Distribution of the means of places over their mean", LogX: true,
		XLabel: "mean over the area's mean (1)", YLabel: "share of places below (1)",
		Series: pair(real, ranks(len(real)), made, ranks(len(made)), true),
	}
}

// thinned returns n values of sorted x, evenly spread.
func thinned(x []float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = x[(2*i+1)*len(x)/(2*n)]
	}
	return out
}

// ranks returns the shares at which n sorted values stand.
func ranks(n int) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = (float64(i) + 0.5) / float64(n)
	}
	return y
}

// totalFigure shows the week of the whole area.
func (j *judge) totalFigure() validation.Figure {
	all, x := j.held.AllDays(), numbers(0, hoursPerWeek-1)
	real, made := j.held.Total(all), j.meanTotal(all)
	return validation.Figure{
		Name: "week", Title: "Week of the whole area", XLabel: "hour of the week from Monday (h)", YLabel: "demand over its mean (1)",
		Series: pair(x, real[:], x, made[:], false),
	}
}

// classFigures shows the week of each class that has held-out places.
func (j *judge) classFigures() []validation.Figure {
	all, x := j.held.AllDays(), numbers(0, hoursPerWeek-1)
	real, members := j.classWeeks([]*City{j.held}, all)
	made, madeMembers := j.classWeeks(j.made, all)
	var list []validation.Figure
	for k := range real {
		if members[k] == 0 || madeMembers[k] == 0 {
			continue
		}
		name := traffic.Class(k).String()
		list = append(list, validation.Figure{
			Name: "week-" + name, Title: fmt.Sprintf("Week of the %s class: %d held-out places", name, members[k]),
			XLabel: "hour of the week from Monday (h)", YLabel: "demand over its mean (1)",
			Series: pair(x, real[k][:], x, made[k][:], false),
		})
	}
	return list
}

// spaceFigure shows the correlation in space.
func spaceFigure(s sides[[]Bin]) validation.Figure {
	split := func(bins []Bin) (x, y []float64) {
		for _, b := range bins {
			if b.Pairs >= enoughPairs {
				x, y = append(x, b.Distance), append(y, b.Value)
			}
		}
		return x, y
	}
	x, y := split(s.real)
	mx, my := split(s.made)
	return validation.Figure{
		Name: "space", Title: "Correlation of the logs of the means of places by distance",
		XLabel: "distance (squares, or median distances of neighbours)", YLabel: "correlation (1)",
		Series: pair(x, y, mx, my, true),
	}
}
