package fit

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Means returns the mean of each place over a week, from some days: weekdays
// count five times and days of the weekend twice, whichever days they are.
func (c *City) Means(days []int) []float64 {
	means := make([]float64, c.Places())
	for i, row := range c.Hours {
		var sum, n [2]float64
		for _, d := range days {
			kind := 0
			if c.weekend(d) {
				kind = 1
			}
			for _, v := range row[d*hoursPerDay : (d+1)*hoursPerDay] {
				sum[kind] += v
			}
			n[kind] += hoursPerDay
		}
		switch {
		case n[1] == 0:
			means[i] = sum[0] / n[0]
		case n[0] == 0:
			means[i] = sum[1] / n[1]
		default:
			means[i] = (firstWeekend*sum[0]/n[0] + (daysPerWeek-firstWeekend)*sum[1]/n[1]) / daysPerWeek
		}
	}
	return means
}

// Shape is the course of a week, Monday 00:00 first, with mean 1.
type Shape [hoursPerWeek]float64

// Shapes returns the course of each place's week, from some days. A day of
// the week that is not there at least so many times is taken as the mean of
// its kind, weekday or weekend, and if there is none of its kind, of all.
func (c *City) Shapes(days []int, least int) []Shape {
	var use [daysPerWeek][]int
	for w := range use {
		same := func(yes func(d int) bool) []int {
			return slices.DeleteFunc(slices.Clone(days), func(d int) bool { return !yes(d) })
		}
		use[w] = same(func(d int) bool { return c.dayOfWeek(d) == w })
		if len(use[w]) < least {
			use[w] = same(func(d int) bool { return c.weekend(d) == (w >= firstWeekend) })
		}
		if len(use[w]) == 0 {
			use[w] = days
		}
	}
	shapes := make([]Shape, c.Places())
	for i, row := range c.Hours {
		s := &shapes[i]
		for w, list := range use {
			for _, d := range list {
				for h, v := range row[d*hoursPerDay : (d+1)*hoursPerDay] {
					s[w*hoursPerDay+h] += v / float64(len(list))
				}
			}
		}
		s.normalise()
	}
	return shapes
}

// enoughWeeks is the number of times that a day of the week must be there for
// a course of its own. From one or two, what the whole city happened to do on
// that day could not be told from what it does every week: the common noise
// would end up in the profile.
const enoughWeeks = 3

// usualShapes returns Shapes as a fit takes them.
func (c *City) usualShapes(days []int) []Shape { return c.Shapes(days, enoughWeeks) }

// normalise divides the shape by its mean, if it has one.
func (s *Shape) normalise() {
	if m := stat.Mean(s[:], nil); m > 0 {
		for h := range s {
			s[h] /= m
		}
	}
}

// day returns the mean day of the week.
func (s *Shape) day() (day [hoursPerDay]float64) {
	for h, v := range s {
		day[h%hoursPerDay] += v / daysPerWeek
	}
	return day
}

// maxLag is the longest lag, in hours, of Noise.ACF.
const maxLag = 24

// Noise are a city's figures of the noise from hour to hour about each place's
// own mean weekday.
type Noise struct {
	// CV is the coefficient of variation over weekdays at an hour: the median
	// over places of their medians over hours. ByHour is the median over
	// places for each hour, and NightOverDay its mean from 2 to 5 h over that
	// from 17 to 22 h.
	CV           float64
	ByHour       [hoursPerDay]float64
	NightOverDay float64
	// Exponent is that of a place's CV against its mean.
	Exponent float64
	// ACF is the median autocorrelation of the log residual by lag in hours.
	// The residual is about the mean of a few days, so that it is biased
	// downwards, most at 24 h.
	ACF [maxLag + 1]float64
	// Days is the share of the residual's variance that lies between days.
	Days float64
	// Common is the mean correlation of the residuals of two places.
	Common float64
	// Neighbours is the mean correlation of the residuals of places up to 1.1
	// units apart, Own the same once the median over places is taken away.
	Neighbours, Own float64
}

// Noise measures the noise on the weekdays among some days, of which there
// must be two.
func (c *City) Noise(days []int) Noise {
	means := c.Means(days)
	days = c.weekdays(days)
	if len(days) < 2 {
		panic("fit: Noise needs two weekdays")
	}
	var n Noise
	c.variation(&n, days, means)
	res := c.residuals(days)
	for lag := range n.ACF {
		n.ACF[lag] = medianOver(res, func(r []float64) float64 { return autocorrelation(r, days, lag) })
	}
	n.Days = medianOver(res, betweenDays)
	n.Common = meanCorrelation(res)
	n.Neighbours = c.neighbours(res)
	takeAwayMedian(res)
	n.Own = c.neighbours(res)
	return n
}

// variation fills in what concerns the coefficient of variation on weekdays.
func (c *City) variation(n *Noise, days []int, means []float64) {
	byHour := make([][]float64, hoursPerDay)
	var logMean, logCV, own []float64
	x := make([]float64, len(days))
	for i, row := range c.Hours {
		var cv []float64
		for h := range byHour {
			for k, d := range days {
				x[k] = row[d*hoursPerDay+h]
			}
			m, sd := stat.MeanStdDev(x, nil)
			if m > 0 {
				byHour[h], cv = append(byHour[h], sd/m), append(cv, sd/m)
			}
		}
		if len(cv) == 0 { // traffic at the weekend only
			continue
		}
		m := median(cv)
		own = append(own, m)
		if m > 0 {
			logMean, logCV = append(logMean, math.Log(means[i])), append(logCV, math.Log(m))
		}
	}
	n.CV = median(own)
	for h := range byHour {
		n.ByHour[h] = median(byHour[h])
	}
	n.NightOverDay = stat.Mean(n.ByHour[2:5], nil) / stat.Mean(n.ByHour[17:22], nil)
	_, n.Exponent = stat.LinearRegression(logMean, logCV, nil, false)
}

// residuals returns the log of the traffic, less its own mean at that hour of
// the day, on days, one after the other; nil for a place that is empty at any
// of these hours.
func (c *City) residuals(days []int) [][]float64 {
	out := make([][]float64, c.Places())
	for i, row := range c.Hours {
		var mean [hoursPerDay]float64
		for _, d := range days {
			for h, v := range row[d*hoursPerDay : (d+1)*hoursPerDay] {
				mean[h] += math.Log(v) / float64(len(days))
			}
		}
		r := make([]float64, 0, len(days)*hoursPerDay)
		for _, d := range days {
			for h, v := range row[d*hoursPerDay : (d+1)*hoursPerDay] {
				r = append(r, math.Log(v)-mean[h])
			}
		}
		if !slices.ContainsFunc(mean[:], func(m float64) bool { return math.IsInf(m, 0) }) {
			out[i] = r
		}
	}
	return out
}

// autocorrelation returns that of x, which holds the hours of some days, over
// those pairs of hours whose days are there. The lag must not exceed a day, so
// that no pair spans a day that is missing.
func autocorrelation(x []float64, days []int, lag int) float64 {
	m := stat.Mean(x, nil)
	num, den := 0.0, 0.0
	for t, v := range x {
		den += (v - m) * (v - m)
		u := t + lag
		if u < len(x) && days[u/hoursPerDay]-days[t/hoursPerDay] == u/hoursPerDay-t/hoursPerDay {
			num += (v - m) * (x[u] - m)
		}
	}
	return num / den
}

// betweenDays returns the variance of the means of days over that of all hours.
func betweenDays(x []float64) float64 {
	days := make([]float64, len(x)/hoursPerDay)
	for d := range days {
		days[d] = stat.Mean(x[d*hoursPerDay:(d+1)*hoursPerDay], nil)
	}
	return stat.PopVariance(days, nil) / stat.PopVariance(x, nil)
}

// meanCorrelation returns the mean correlation over all pairs of rows, from
// the variance of the mean of the standardised rows.
func meanCorrelation(rows [][]float64) float64 {
	var sum []float64
	n := 0.0
	for _, r := range rows {
		if r == nil {
			continue
		}
		if m, sd := stat.PopMeanStdDev(r, nil); sd > 0 {
			if sum == nil {
				sum = make([]float64, len(r))
			}
			for t, v := range r {
				sum[t] += (v - m) / sd
			}
			n++
		}
	}
	if n < 2 {
		return math.NaN()
	}
	return (stat.PopVariance(sum, nil)/n - 1) / (n - 1)
}

// neighbours returns the mean correlation of the rows of neighbouring places;
// NaN where there are none.
func (c *City) neighbours(rows [][]float64) float64 {
	sum, n := 0.0, 0.0
	for i := range rows {
		for j := range i {
			if rows[i] == nil || rows[j] == nil || c.Patch[i] != c.Patch[j] || c.distance(i, j) >= near {
				continue
			}
			if r := stat.Correlation(rows[i], rows[j], nil); !math.IsNaN(r) {
				sum, n = sum+r, n+1
			}
		}
	}
	return sum / n
}

// near is the distance, in units, up to which places are neighbours.
const near = 1.1

// takeAwayMedian subtracts the median over rows from each column.
func takeAwayMedian(rows [][]float64) {
	var live [][]float64
	for _, r := range rows {
		if r != nil {
			live = append(live, r)
		}
	}
	if len(live) == 0 {
		return
	}
	column := make([]float64, len(live))
	for t := range live[0] {
		for k, r := range live {
			column[k] = r[t]
		}
		m := median(column)
		for _, r := range live {
			r[t] -= m
		}
	}
}

// PeakToMean returns the median over places of the busiest hour over the mean.
func (c *City) PeakToMean() float64 {
	return medianOver(c.Hours, func(row []float64) float64 { return slices.Max(row) / stat.Mean(row, nil) })
}

// Total returns the course of the whole city's week.
func (c *City) Total(days []int) Shape {
	sum := City{Weekday: c.Weekday, Days: c.Days, Hours: [][]float64{make([]float64, c.Days*hoursPerDay)}}
	for _, row := range c.Hours {
		for t, v := range row {
			sum.Hours[0][t] += v
		}
	}
	return sum.Shapes(days, 1)[0]
}

// KS returns the Kolmogorov-Smirnov distance of two samples, each divided by
// its mean.
func KS(a, b []float64) float64 {
	a, b = sorted(unitMean(a)), sorted(unitMean(b))
	return stat.KolmogorovSmirnov(a, nil, b, nil)
}

// unitMean returns x over its mean.
func unitMean(x []float64) []float64 {
	m, out := stat.Mean(x, nil), make([]float64, len(x))
	for i, v := range x {
		out[i] = v / m
	}
	return out
}

// Logs returns the logarithms.
func Logs(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Log(v)
	}
	return out
}

// medianOver returns the median of f over the rows that are not nil and for
// which it is a number.
func medianOver(rows [][]float64, f func([]float64) float64) float64 {
	var x []float64
	for _, r := range rows {
		if r == nil {
			continue
		}
		if v := f(r); !math.IsNaN(v) {
			x = append(x, v)
		}
	}
	return median(x)
}

// median returns the middle value of x without changing it; NaN if empty.
func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	s := sorted(x)
	if m := len(s) / 2; len(s)%2 == 0 {
		return (s[m-1] + s[m]) / 2
	}
	return s[len(s)/2]
}

func sorted(x []float64) []float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	return s
}
