package traffic

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/stat"

	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// The bands below are those within which real cities differ from one another:
// the Beijing grid (NPDiff, IJCAI 2025), the SD squares (UoMo, KDD 2025), 5G
// cells of the ITU challenge data (2023), and LTE cells observed for 1 to 1.5
// years.

// inBand fails unless lo <= got <= hi, and logs the value.
func inBand(t *testing.T, what string, got, lo, hi float64) {
	t.Helper()
	t.Logf("%-44s %8.4f   [%g, %g]", what, got, lo, hi)
	if !(got >= lo && got <= hi) {
		t.Errorf("%s: got %g, want %g to %g", what, got, lo, hi)
	}
}

func gridCity(t *testing.T, seed uint64) (*Source, city) {
	src := mustNew(t, squareSpec(), gridPlaces(gridRows, gridCols), nil, seed)
	return src, city(hourly(src, hoursPerWeek))
}

func TestCityMeans(t *testing.T) {
	spec := squareSpec()
	src, c := gridCity(t, 1)
	_, mean := c.means()
	// A Weibull's log has standard deviation pi/sqrt(6)/shape.
	sigma := math.Pi / math.Sqrt(6) / spec.Mean.Shape
	inBand(t, "sd of log mean, less configured", stat.StdDev(logs(mean), nil)-sigma, -0.12, 0.12)
	configured := spec.Mean.UrbanMbps * 1e6
	inBand(t, "long-run mean over configured", average(src.mean)/configured, 1-1e-9, 1+1e-9)
	inBand(t, "one week's mean over configured", average(mean)/configured, 0.98, 1.02)
	gamma := spec
	gamma.Mean.Family, gamma.Mean.Shape, gamma.Classes.MeanWeight = "gamma", 2, 0
	g := mustNew(t, gamma, gridPlaces(gridRows, gridCols), nil, 1)
	// The variance of the log of a gamma is its trigamma: pi^2/6 - 1 at 2.
	inBand(t, "gamma: sd of log mean", stat.StdDev(logs(g.mean), nil), 0.96*math.Sqrt(math.Pi*math.Pi/6-1), 1.04*math.Sqrt(math.Pi*math.Pi/6-1))
	inBand(t, "gamma: mean over configured", average(g.mean)/configured, 1-1e-9, 1+1e-9)
}

func TestCityClassShapes(t *testing.T) {
	// Four cities together, so that the rarest class has 60 members.
	var sum [NumClasses][hoursPerWeek]float64
	var n [NumClasses]float64
	for seed := range uint64(4) {
		src, c := gridCity(t, seed)
		for i, row := range c {
			m := average(row)
			n[src.Class(i)]++
			for h, v := range row {
				sum[src.Class(i)][h] += v / m
			}
		}
	}
	for k := range sum {
		want, err := WeeklyProfile(Class(k))
		if err != nil {
			t.Fatal(err)
		}
		got, rmse := make([]float64, hoursPerWeek), 0.0
		for h := range got {
			got[h] = sum[k][h] / n[k]
			rmse += (got[h] - want[h]) * (got[h] - want[h]) / hoursPerWeek
		}
		name := Class(k).String()
		inBand(t, name+": correlation with the measured week", stat.Correlation(got, want[:], nil), 0.95, 1)
		// Real cities: 0.15. Ours has many members in all classes but the
		// last, so its mean must come nearer to the shape it was drawn from.
		most := 0.04
		if Class(k) == Leisure {
			most = 0.15
		}
		inBand(t, name+": RMSE", math.Sqrt(rmse), 0, most)
	}
	shares := squareSpec().Classes.Urban.shares()
	for k, s := range shares {
		inBand(t, Class(k).String()+": share less configured", n[k]/(4*gridRows*gridCols)-s, -0.002, 0.002)
	}
}

func TestCityNoise(t *testing.T) {
	_, c := gridCity(t, 1)
	f := c.noise()
	inBand(t, "median CV about the profile", f.cv, 0.8*0.126, 1.2*0.126)
	inBand(t, "CV night over evening", f.nightOverDay, 2, 4)
	inBand(t, "exponent of CV against mean", f.exponent, -0.45, -0.25)
	inBand(t, "ACF lag 1 (one week)", f.acf[1], 0.35, 0.52)
	inBand(t, "ACF lag 2 (one week)", f.acf[2], 0.12, f.acf[1])
	inBand(t, "ACF lag 3 (one week)", f.acf[3], 0.05, f.acf[2])
	inBand(t, "residual correlation of neighbours, less city", f.neighbours, -0.05, 0.15)
	inBand(t, "residual correlation of neighbours, whole", f.neighboursWhole, 0.01, 0.15)
	inBand(t, "weekly peak over mean, median", c.peakToMean(), 1.7, 2.7)
}

func TestDeviationsKeepTheClassProfile(t *testing.T) {
	prof, err := readProfiles(profilesYAML)
	if err != nil {
		t.Fatal(err)
	}
	const n = 6000
	for c := Residential; c <= Transport; c++ {
		l := &lasting{class: make([]Class, n)}
		for i := range l.class {
			l.class[i] = c
		}
		l.drawSpread(prof, 1, rng.Root(1))
		for h, f := range l.spread {
			sum, logs := 0.0, make([]float64, n)
			for i, v := range f {
				sum += float64(v)
				logs[i] = math.Log(float64(v))
			}
			what := c.String() + " at " + strconv.Itoa(h) + " h: "
			inBand(t, what+"mean factor", sum/n, 0.96, 1.04)
			inBand(t, what+"sd of its log over the measured", stat.StdDev(logs, nil)/prof.spread[c][h], 0.8, 1.15)
		}
	}
}

// TestSectorsResemble5GCells holds the default settings against 670 5G cells
// of the ITU challenge data: residual CV per cell (all hours together) 0.188,
// 0.285, 0.435 at the 10th, 50th and 90th percentile; weekly peak over mean
// 2.53 at the median.
func TestSectorsResemble5GCells(t *testing.T) {
	spec := DefaultSpec()
	spec.Interpolation, spec.WithinHour.Enabled = "step", false
	c := city(hourly(mustNew(t, spec, gridPlaces(gridRows, gridCols), nil, 1), hoursPerWeek))
	var cv []float64
	for _, row := range c {
		sum := 0.0
		for _, v := range cvByHour(row) {
			sum += v * v / hoursPerDay
		}
		cv = append(cv, math.Sqrt(sum))
	}
	slices.Sort(cv)
	for _, q := range [...]struct{ p, want float64 }{{0.1, 0.188}, {0.5, 0.285}, {0.9, 0.435}} {
		inBand(t, "CV of a sector", stat.Quantile(q.p, stat.LinInterp, cv, nil), 0.8*q.want, 1.2*q.want)
	}
	inBand(t, "weekly peak over mean, median", c.peakToMean(), 1.7, 2.7)
	f := c.noise()
	inBand(t, "ACF lag 1 (one week)", f.acf[1], 0.35, 0.52)
}

// TestDriftIsSlow looks at the drift alone, across the days on which one
// pattern is replaced by the next.
func TestDriftIsSlow(t *testing.T) {
	const columns = 4000
	n := newHourNoise(NoiseSpec{DriftShare: 1}, rng.Root(1), columns-1)
	day := func(d int64) []float64 {
		z := make([]float32, columns)
		n.zTo(z, d*hoursPerDay+5)
		out := make([]float64, columns)
		for i, v := range z {
			out[i] = float64(v)
		}
		return out
	}
	// Four standard errors of a variance and of a correlation near 0.975.
	first := day(0)
	for d := range int64(3 * driftDays) {
		inBand(t, "variance", stat.Variance(day(d), nil), 0.91, 1.09)
		inBand(t, "correlation with the next day", stat.Correlation(day(d), day(d+1), nil), 0.96, 1)
		if d >= 2*driftDays {
			inBand(t, "correlation after two weeks", stat.Correlation(first, day(d), nil), -0.07, 0.07)
		}
	}
}

func TestCityCorrelatesInSpace(t *testing.T) {
	// One city's correlation scatters by about 0.05: take the mean of twelve.
	const cities = 12
	var rho [4]float64
	var nearest []float64
	same := [3]float64{}
	for seed := range uint64(cities) {
		src := mustNew(t, squareSpec(), gridPlaces(gridRows, gridCols), nil, 100+seed)
		c := make(city, src.Len())
		for i, m := range src.mean {
			c[i] = []float64{m}
		}
		for k, d := range [...][2]float64{{1, 1.01}, {2, 2.01}, {4.5, 5.5}, {12, 13}} {
			rho[k] += c.spatialCorrelation(d[0], d[1]) / cities
		}
		nearest = append(nearest, c.spatialCorrelation(1, 1.01))
		for k, d := range [...]int{1, 5, 20} {
			same[k] += sameClass(src.class, d) / cities
		}
	}
	inBand(t, "correlation of log means at 1 square", rho[0], 0.3, 0.5)
	// Left alone, a field of this range scatters by 0.1 over this area.
	inBand(t, "its sd between cities", stat.StdDev(nearest, nil), 0, 0.07)
	inBand(t, "at 2 squares", rho[1], 0.2, rho[0])
	inBand(t, "at 5 squares", rho[2], 0.15, rho[1]-0.02)
	inBand(t, "at 12 squares", rho[3], -0.15, 0.1)
	inBand(t, "neighbours share a class", same[0], 0.36, 0.46)
	inBand(t, "at 5 squares", same[1], 0.31, same[0])
	inBand(t, "at 20 squares", same[2], 0.2, 0.33)
}

// sameClass is the share of pairs a distance apart along a row or a column
// that share a class.
func sameClass(class []Class, d int) float64 {
	same, n := 0.0, 0.0
	for i := range class {
		for _, ok := range []struct {
			inside bool
			j      int
		}{{i%gridCols+d < gridCols, i + d}, {i/gridCols+d < gridRows, i + d*gridCols}} {
			if ok.inside {
				n++
				if class[i] == class[ok.j] {
					same++
				}
			}
		}
	}
	return same / n
}

// TestNoiseOverMonths reads 40 weeks, as the LTE cells were read: the residual
// of the log about the median week.
func TestNoiseOverMonths(t *testing.T) {
	spec := squareSpec()
	spec.Noise.HourExponent, spec.Noise.CV = 0, 0.3
	const weeks = 40
	src := mustNew(t, spec, gridPlaces(6, 6), nil, 3)
	var acf [25]float64
	var mean, variance, between float64
	rows := hourly(src, weeks*hoursPerWeek)
	for i, row := range rows {
		mean += average(row) / src.mean[i] / float64(len(rows))
		r := residualsOverWeeks(row)
		for _, lag := range []int{1, 2, 3, 6, 12, 24} {
			acf[lag] += autocorrelation(r, lag) / float64(len(rows))
		}
		days := make([]float64, len(r)/hoursPerDay)
		for d := range days {
			days[d] = average(r[d*hoursPerDay : (d+1)*hoursPerDay])
		}
		variance += stat.Variance(r, nil)
		between += stat.Variance(days, nil)
	}
	inBand(t, "ACF lag 1 h", acf[1], 0.35, 0.52)
	inBand(t, "ACF lag 2 h", acf[2], 0.15, acf[1])
	inBand(t, "ACF lag 3 h", acf[3], 0.08, acf[2])
	inBand(t, "ACF lag 12 h", acf[12], -0.07, 0.1)
	inBand(t, "ACF lag 24 h", acf[24], 0.1, 0.35)
	inBand(t, "share of variance between days", between/variance, 0.1, 0.22)
	inBand(t, "long-run mean over expected", mean, 0.99, 1.01)
}

// residualsOverWeeks returns the log about the median week.
func residualsOverWeeks(row []float64) []float64 {
	r := logs(row)
	for h := range hoursPerWeek {
		var x []float64
		for t := h; t < len(r); t += hoursPerWeek {
			x = append(x, r[t])
		}
		m := median(x)
		for t := h; t < len(r); t += hoursPerWeek {
			r[t] -= m
		}
	}
	return r
}

func TestARTermsFollowTheProcess(t *testing.T) {
	// The finite sum's own autocorrelation, from its coefficients.
	for _, phi := range []float64{0, 0.2, 0.45, 0.9} {
		c := newAR1(rng.Root(1), 1, phi).coef
		for lag := range 2 * len(c) {
			got := 0.0
			for k := 0; k+lag < len(c); k++ {
				got += float64(c[k]) * float64(c[k+lag])
			}
			if want := math.Pow(phi, float64(lag)); math.Abs(got-want) > arTail {
				t.Errorf("phi %g, lag %d: autocorrelation %g, want %g within %g", phi, lag, got, want, arTail)
			}
		}
	}
}

func TestCityResemblesBeijing(t *testing.T) {
	real := beijing(t)
	src, gen := gridCity(t, 1)
	_, realMean := real.means()
	scaled := func(x []float64) []float64 {
		m, out := average(x), make([]float64, len(x))
		for i, v := range x {
			out[i] = v / m
		}
		return out
	}
	inBand(t, "KS distance of the means", ks(scaled(realMean), scaled(src.mean)), 0, 0.08)
	inBand(t, "sd of log mean less Beijing's", stat.StdDev(logs(src.mean), nil)-stat.StdDev(logs(realMean), nil), -0.12, 0.12)
	a, b := real.noise(), gen.noise()
	inBand(t, "CV over Beijing's", b.cv/a.cv, 0.8, 1.2)
	for h := range a.cvHour {
		inBand(t, "CV over Beijing's by hour", b.cvHour[h]/a.cvHour[h], 0.75, 1.25)
	}
	inBand(t, "ACF lag 1 less Beijing's", b.acf[1]-a.acf[1], -0.12, 0.12)
	inBand(t, "weekly peak over mean, over Beijing's", gen.peakToMean()/real.peakToMean(), 0.85, 1.15)
	total := func(c city) []float64 {
		sum := make([]float64, hoursPerWeek)
		for _, row := range c {
			for h, v := range row {
				sum[h] += v
			}
		}
		return scaled(sum)
	}
	inBand(t, "correlation of the cities' weeks", stat.Correlation(total(gen), total(real), nil), 0.99, 1)
}

func TestHourKeepsItsMean(t *testing.T) {
	// Linear inside the hour, with noise inside the hour: over the whole week
	// the samples' mean is the held hours' mean (the trapezoid rule is exact
	// on a piecewise linear course); the noise inside the hour is off here,
	// and shown to keep the hour's mean by TestWithinHour.
	spec := squareSpec()
	p := gridPlaces(5, 5)
	held := hourly(mustNew(t, spec, p, nil, 2), hoursPerWeek)
	spec.Interpolation = "linear"
	src := mustNew(t, spec, p, nil, 2)
	a, b := make([]float32, src.Len()), make([]float32, src.Len())
	for h := range hoursPerWeek {
		sum := make([]float64, src.Len())
		const pieces = 12
		for k := range pieces {
			at := des.Time(h)*des.Hour + des.Time(k)*5*des.Minute
			src.DemandTo(a, at)
			// An instant before the next sample is still in this hour.
			src.DemandTo(b, at+5*des.Minute-1)
			for i := range a {
				sum[i] += (float64(a[i]) + float64(b[i])) / 2 / pieces
			}
		}
		for i := range sum {
			if math.Abs(sum[i]/held[i][h]-1) > 1e-4 {
				t.Fatalf("square %d, hour %d: mean %g, held %g", i, h, sum[i], held[i][h])
			}
		}
	}
}

func TestWithinHour(t *testing.T) {
	spec := squareSpec()
	spec.Noise.CV = 0
	spec.WithinHour = WithinSpec{Enabled: true, StepMin: 5, CV: 0.34, Phi: 0.2}
	p := gridPlaces(10, 10)
	src := mustNew(t, spec, p, nil, 2)
	spec.WithinHour.Enabled = false
	plain := mustNew(t, spec, p, nil, 2)
	a, b := make([]float32, src.Len()), make([]float32, src.Len())
	var ss, lag, n float64
	for h := range 24 {
		last := make([]float64, src.Len())
		sum := make([]float64, src.Len())
		for k := range 12 {
			at := des.Time(h)*des.Hour + des.Time(k)*5*des.Minute
			src.DemandTo(a, at)
			plain.DemandTo(b, at)
			for i := range a {
				f := float64(a[i]/b[i]) - 1
				sum[i] += f
				ss, lag, n = ss+f*f, lag+f*last[i], n+1
				last[i] = f
			}
		}
		for i := range sum {
			if math.Abs(sum[i]) > 1e-4 {
				t.Fatalf("hour %d, square %d: factors have mean %g, want 1", h, i, 1+sum[i]/12)
			}
		}
	}
	inBand(t, "CV inside the hour", math.Sqrt(ss/n), 0.32, 0.36)
	// Taking out the hour's mean lowers 0.2 by about 1/12.
	inBand(t, "ACF inside the hour, one step", lag/ss*12/11, 0.02, 0.2)
}
