package traffic

import (
	"math"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/stat"

	"hibernet/sim/des"
	"hibernet/sim/rng"
	"hibernet/sim/shard"
)

// The bands below are those within which LTE cells observed for 1 to 1.5 years
// differ from one another.

// inBand fails unless lo <= got <= hi, and logs the value.
func inBand(t *testing.T, what string, got, lo, hi float64) {
	t.Helper()
	t.Logf("%-44s %8.4f   [%g, %g]", what, got, lo, hi)
	if !(got >= lo && got <= hi) {
		t.Errorf("%s: got %g, want %g to %g", what, got, lo, hi)
	}
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
		l.drawSpread(prof, 1, rng.Root(1), shard.New(1))
		for h, f := range l.spread {
			sum, logs := 0.0, make([]float64, n)
			for i, v := range f {
				x := float64(unpackFactor(v))
				sum += x
				logs[i] = math.Log(x)
			}
			what := c.String() + " at " + strconv.Itoa(h) + " h: "
			inBand(t, what+"mean factor", sum/n, 0.96, 1.04)
			inBand(t, what+"sd of its log over the measured", stat.StdDev(logs, nil)/prof.spread[c][h], 0.8, 1.15)
		}
	}
}

// TestDriftIsSlow looks at the drift alone, across the days on which one
// pattern is replaced by the next.
func TestDriftIsSlow(t *testing.T) {
	const columns = 4000
	n := newHourNoise(NoiseSpec{DriftShare: 1}, rng.Root(1), span{hi: columns - 1, city: columns - 1})
	day := func(d int64) []float64 {
		z := make([]float32, columns)
		for from := 0; from < columns; from += noiseBlock {
			n.zTo(z[from:min(from+noiseBlock, columns)], from, d*hoursPerDay+5)
		}
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
		c := newAR1(rng.Root(1), span{hi: 1, city: -1}, phi).coef
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

func average(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	return stat.Mean(x, nil)
}

// logs returns the logarithms.
func logs(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Log(v)
	}
	return out
}

func autocorrelation(x []float64, lag int) float64 {
	m := average(x)
	num, den := 0.0, 0.0
	for t, v := range x {
		den += (v - m) * (v - m)
		if t+lag < len(x) {
			num += (v - m) * (x[t+lag] - m)
		}
	}
	return num / den
}
