package fit

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"hibernet/sim/rng"
	"hibernet/sim/validation"
	"hibernet/traffic"
)

// How far a generated city may be from a measured one: from the spread
// between the real cities and cells that were measured (the Beijing grid of
// NPDiff, IJCAI 2025; the SD squares of UoMo, KDD 2025; LTE and 5G cells).
const (
	tolKS       = 0.08  // distance of the distributions of means
	tolSigma    = 0.12  // sigma of the log mean
	minShapeR   = 0.95  // correlation of the weeks of a class
	maxShapeErr = 0.15  // their root mean square difference
	tolCV       = 0.20  // relative
	minNight    = 2     // CV at night over that in the evening
	tolExponent = 0.10  // half of -0.45 to -0.25
	tolACF      = 0.085 // half of 0.35 to 0.52
	tolACF24    = 0.125 // half of 0.10 to 0.35
	tolRho      = 0.10  // half of 0.30 to 0.50
	tolResidual = 0.15  // correlation of neighbours' residuals
	tolPeak     = 0.50  // half of 1.7 to 2.7
	tolWeekend  = 0.10  // demand at the weekend over that on weekdays
)

// judgeCities is the number of cities whose mean figures are judged: what is
// judged is the model, not one draw of it.
const judgeCities = 12

// enoughMembers is the least number of places of a class, on either side,
// whose mean week is judged. The week of one place differs from its class's by 0.2 to 0.5
// at the hours of demand.
const enoughMembers = 10

// judge holds what rows are made of.
type judge struct {
	source  string
	city    *City   // all that was measured
	held    *City   // the held-out places, all days
	whole   []*City // cities of the model
	made    []*City // their held-out places
	model   *Model
	split   Split
	rows    []validation.Row
	skipped []string
}

// Judge generates cities with a model and compares their held-out places with
// what was measured there. It returns the rows, what could not be
// compared and why, and figures.
func Judge(ctx context.Context, c *City, s Split, m *Model, source string, key rng.Key, progress func(float64)) (*Verdict, error) {
	j := &judge{source: source, city: c, held: c.Only(s.HeldPlaces), model: m, split: s}
	for k := range judgeCities {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		g, err := m.Generate(c, key.At(uint64(k)))
		if err != nil {
			return nil, err
		}
		j.whole, j.made = append(j.whole, g), append(j.made, g.Only(s.HeldPlaces))
		if progress != nil {
			progress(float64(k+1) / judgeCities)
		}
	}
	j.means()
	j.classes(c.AllDays(), "week")
	j.area()
	noise := j.noise()
	space := j.space()
	j.days()
	return &Verdict{Rows: j.rows, Skipped: j.skipped, Figures: j.figures(noise, space)}, nil
}

// Verdict is how a model compares with a city.
type Verdict struct {
	Rows    []validation.Row
	Skipped []string // comparisons that could not be made, each with the reason
	Figures []validation.Figure
}

// add makes a row, unless the measured figure is not there.
func (j *judge) add(quantity, unit string, expected, got, lo, hi float64) {
	if math.IsNaN(expected) {
		j.skipped = append(j.skipped, quantity+": cannot be measured on the held-out places")
		return
	}
	j.rows = append(j.rows, validation.Row{
		Quantity: quantity, Unit: unit, Source: j.source, Trust: validation.Primary,
		Expected: expected, Got: got, Lo: lo, Hi: hi, Pass: got >= lo && got <= hi,
	})
}

// near makes a row that passes if got is within tol of what was measured.
func (j *judge) near(quantity, unit string, expected, got, tol float64) {
	j.add(quantity, unit, expected, got, expected-tol, expected+tol)
}

// over returns the mean of a figure over the made cities.
func (j *judge) over(f func(c *City) float64) float64 {
	sum := 0.0
	for _, c := range j.made {
		sum += f(c) / float64(len(j.made))
	}
	return sum
}

// both makes a row of one figure taken on both sides.
func (j *judge) both(quantity, unit string, tol float64, f func(c *City) float64) {
	j.near(quantity, unit, f(j.held), j.over(f), tol)
}

// means judges the distribution of the means.
func (j *judge) means() {
	all := j.held.AllDays()
	real := j.held.Means(all)
	var made []float64
	for _, c := range j.made {
		made = append(made, unitMean(c.Means(all))...)
	}
	j.add("means: KS distance of generated from held-out places", "1", 0, KS(made, real), 0, tolKS)
	class := Assign(j.held.usualShapes(j.split.FitDays), j.model.Classes)
	rest, _ := withoutClass(real, class, j.held.Area, len(j.model.Classes))
	for _, f := range j.model.Families {
		if f.Name == j.model.Spec.Mean.Family {
			j.add("means: KS distance of the fitted "+f.Name+" from held-out places, less class", "1", 0, distanceTo(rest, f.dist), 0, tolKS)
		}
	}
	j.both("means: sigma of the log", "1", tolSigma, func(c *City) float64 { return stat.StdDev(Logs(c.Means(all)), nil) })
}

// classWeeks returns the mean week of each class, whose members are told by
// the days of the fit alone, on some days, and the number of members.
func (j *judge) classWeeks(cities []*City, days []int) ([]Shape, []int) {
	var shapes []Shape
	var class []int
	for _, c := range cities {
		class = append(class, Assign(c.usualShapes(j.split.FitDays), j.model.Classes)...)
		shapes = append(shapes, c.Shapes(days, 1)...)
	}
	return classMeans(shapes, class, len(j.model.Classes))
}

// classes judges the weeks of the classes at the hours of some days.
func (j *judge) classes(days []int, when string) {
	real, members := j.classWeeks([]*City{j.held}, days)
	made, _ := j.classWeeks(j.made, days)
	hours := j.hoursOf(days)
	for k := range real {
		if j.model.Members[k] == 0 {
			continue
		}
		name := fmt.Sprintf("%s: %s class, ", when, traffic.Class(k))
		if min(members[k], j.model.Members[k]) < enoughMembers {
			j.skipped = append(j.skipped, fmt.Sprintf("%sit has %d places of the fit and %d held out; %d are needed", name, j.model.Members[k], members[k], enoughMembers))
			continue
		}
		j.shape(name, at168(real[k], hours), at168(made[k], hours))
	}
}

// shape judges the likeness of two courses.
func (j *judge) shape(name string, real, made []float64) {
	ss := 0.0
	for h := range real {
		ss += (real[h] - made[h]) * (real[h] - made[h]) / float64(len(real))
	}
	j.add(name+"correlation", "1", 1, stat.Correlation(real, made, nil), minShapeR, 1)
	j.add(name+"root mean square difference", "1", 0, math.Sqrt(ss), 0, maxShapeErr)
}

// hoursOf returns the hours of the week that days cover, ascending.
func (j *judge) hoursOf(days []int) []int {
	var on [daysPerWeek]bool
	for _, d := range days {
		on[j.held.dayOfWeek(d)] = true
	}
	var hours []int
	for h := range hoursPerWeek {
		if on[h/hoursPerDay] {
			hours = append(hours, h)
		}
	}
	return hours
}

func at168(s Shape, hours []int) []float64 {
	out := make([]float64, len(hours))
	for i, h := range hours {
		out[i] = s[h]
	}
	return out
}

// meanTotal returns the week of all made cities together.
func (j *judge) meanTotal(days []int) (sum Shape) {
	for _, c := range j.made {
		t := c.Total(days)
		for h, v := range t {
			sum[h] += v / float64(len(j.made))
		}
	}
	return sum
}

// area judges the whole area's week and the peaks.
func (j *judge) area() {
	all := j.held.AllDays()
	real, made := j.held.Total(all), j.meanTotal(all)
	j.shape("week: whole area, ", real[:], made[:])
	weekend := func(s Shape) float64 {
		return stat.Mean(s[firstWeekend*hoursPerDay:], nil) / stat.Mean(s[:firstWeekend*hoursPerDay], nil)
	}
	j.near("week: whole area, weekend over weekdays", "1", weekend(real), weekend(made), tolWeekend)
	j.both("week: peak over mean of a place, median", "1", tolPeak, (*City).PeakToMean)
}

// sides is a figure of many numbers, measured and generated.
type sides[T any] struct{ real, made T }

// noise judges the noise from hour to hour.
func (j *judge) noise() sides[Noise] {
	all := j.held.AllDays()
	var made []Noise
	for _, c := range j.made {
		made = append(made, c.Noise(all))
	}
	a, b := j.held.Noise(all), meanNoise(made)
	j.near("noise: median CV", "1", a.CV, b.CV, tolCV*a.CV)
	j.add("noise: CV at night over evening", "1", a.NightOverDay, b.NightOverDay, math.Min(minNight, a.NightOverDay), 1.5*a.NightOverDay)
	j.near("noise: exponent of CV against mean", "1", a.Exponent, b.Exponent, tolExponent)
	for lag := 1; lag <= 3; lag++ {
		j.near(fmt.Sprintf("noise: autocorrelation at %d h", lag), "1", a.ACF[lag], b.ACF[lag], tolACF)
	}
	fall := func(n Noise) float64 { return math.Min(n.ACF[1]-n.ACF[2], n.ACF[2]-n.ACF[3]) }
	j.add("noise: least fall of the autocorrelation, 1 to 3 h", "1", fall(a), fall(b), 0, 1)
	j.near("noise: autocorrelation at 24 h, about the mean of these days", "1", a.ACF[24], b.ACF[24], tolACF24)
	j.add("noise: correlation of neighbours, less the area's median", "1", a.Own, b.Own, -tolResidual, tolResidual)
	return sides[Noise]{a, b}
}

// space judges the correlation of the means in space, over the pairs of places
// of which the fit saw at most one. Where they are few, what was measured is
// itself uncertain by more than real cities differ.
func (j *judge) space() sides[[]Bin] {
	const normal95 = 1.96
	seen := make([]bool, j.city.Places())
	for _, p := range j.split.FitPlaces {
		seen[p] = true
	}
	real := unseenCorrelogram(j.city, seen)
	made := unseenCorrelogram(j.whole[0], seen)
	for _, c := range j.whole[1:] {
		for i, b := range unseenCorrelogram(c, seen) {
			made[i].Value += b.Value
		}
	}
	for i := range made {
		made[i].Value /= float64(len(j.whole))
	}
	errs := standardErrors(j.city, seen)
	var last sides[float64]
	n := 0
	for _, d := range []float64{1, 2, 5} {
		a, enough := at(real, d)
		b, _ := at(made, d)
		what := fmt.Sprintf("space: correlation of log means at distance %g", d)
		if !enough {
			j.skipped = append(j.skipped, fmt.Sprintf("%s: fewer than %d pairs of places", what, enoughPairs))
			continue
		}
		se, _ := at(errs, d)
		j.near(what, "1", a, b, math.Max(tolRho, clamp(normal95*se, 0, 1)))
		if n++; n > 1 {
			j.add(what+", fall from the one before", "1", last.real-a, last.made-b, 0, 1)
		}
		last = sides[float64]{a, b}
	}
	return sides[[]Bin]{real, made}
}

// unseenCorrelogram returns the correlation of the logs of the means by
// distance, over pairs of which at most one place was seen.
func unseenCorrelogram(c *City, seen []bool) []Bin {
	p := c.pairsUpTo(edges[len(edges)-1], func(i, j int) bool { return !seen[i] || !seen[j] })
	return p.correlogram(Logs(c.Means(c.AllDays())))
}

// standardErrors returns those of unseenCorrelogram, by the jackknife: every
// twentieth place is left out in turn. A bin that is not always there has none.
func standardErrors(c *City, seen []bool) []Bin {
	const groups = 20
	whole := unseenCorrelogram(c, seen)
	values := make([][]float64, len(whole))
	for g := range groups {
		rest, _ := divide(c.Places(), func(p int) bool { return p%groups == g })
		of := make([]bool, len(rest))
		for i, p := range rest {
			of[i] = seen[p]
		}
		bins := unseenCorrelogram(c.Only(rest), of)
		for i, w := range whole {
			if v, ok := at(bins, w.From); ok {
				values[i] = append(values[i], v)
			}
		}
	}
	for i := range whole {
		whole[i].Value = math.NaN()
		if len(values[i]) == groups {
			whole[i].Value = math.Sqrt(stat.PopVariance(values[i], nil) * (groups - 1))
		}
	}
	return whole
}

// days judges the held-out places on the held-out days alone.
func (j *judge) days() {
	held := j.split.HeldDays
	j.classes(held, "held-out days")
	hours := j.hoursOf(held)
	j.shape("held-out days: whole area, ", at168(j.held.Total(held), hours), at168(j.meanTotal(held), hours))
	j.miss(held)
}

// miss judges by how much a held-out weekday differs from the mean of the
// weekdays of the fit.
func (j *judge) miss(held []int) {
	f := func(c *City) float64 { return c.Miss(j.split.FitDays, held) }
	real := f(j.held)
	j.near("held-out days: median deviation from the mean of the other weekdays", "1", real, j.over(f), tolCV*real)
}

// Miss returns the median over places of the median over hours of
// |traffic/mean - 1| on some weekdays, about the mean of other weekdays.
func (c *City) Miss(from, on []int) float64 {
	from, on = c.weekdays(from), c.weekdays(on)
	return medianOver(c.Hours, func(row []float64) float64 {
		var x []float64
		for h := range hoursPerDay {
			m := 0.0
			for _, d := range from {
				m += row[d*hoursPerDay+h] / float64(len(from))
			}
			for _, d := range on {
				if m > 0 {
					x = append(x, math.Abs(row[d*hoursPerDay+h]/m-1))
				}
			}
		}
		return median(x)
	})
}
