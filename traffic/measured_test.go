package traffic_test

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"

	"hibernet/sim/rng"
	"hibernet/traffic"
	"hibernet/traffic/fit"
	"hibernet/traffic/trace"
)

// The bands below are those within which real cities differ from one another:
// the Beijing grid (NPDiff, IJCAI 2025), the SD squares (UoMo, KDD 2025), 5G
// cells of the ITU challenge data (2023). The estimators are those of package
// fit, applied alike to generated demand and to the real grid.

const (
	gridRows, gridCols = 28, 24 // the Beijing grid
	gridSideM          = 1000
)

// inBand fails unless lo <= got <= hi, and logs the value.
func inBand(t *testing.T, what string, got, lo, hi float64) {
	t.Helper()
	t.Logf("%-44s %8.4f   [%g, %g]", what, got, lo, hi)
	if !(got >= lo && got <= hi) {
		t.Errorf("%s: got %g, want %g to %g", what, got, lo, hi)
	}
}

// gridSource is a source at the squares of a grid.
func gridSource(t *testing.T, spec traffic.Spec, seed uint64) (*traffic.Source, *fit.City) {
	t.Helper()
	frame := fit.Grid(gridRows, gridCols, 7, gridSideM)
	src, err := traffic.New(spec, traffic.Places{X: frame.X, Y: frame.Y, Area: frame.Area}, nil, rng.Root(seed))
	if err != nil {
		t.Fatal(err)
	}
	return src, frame
}

func gridCity(t *testing.T, seed uint64) (*traffic.Source, *fit.City) {
	t.Helper()
	src, frame := gridSource(t, fit.SquareSpec(), seed)
	return src, frame.Sample(src)
}

// longRun returns the sectors' long-run means.
func longRun(src *traffic.Source) []float64 {
	bps, out := make([]float32, src.Len()), make([]float64, src.Len())
	src.MeanBps(bps)
	for i, v := range bps {
		out[i] = float64(v)
	}
	return out
}

func sigmaOfLog(x []float64) float64 { return stat.StdDev(fit.Logs(x), nil) }

func TestCityMeans(t *testing.T) {
	spec := fit.SquareSpec()
	src, c := gridCity(t, 1)
	mean := c.Means(c.AllDays())
	// A Weibull's log has standard deviation pi/sqrt(6)/shape.
	inBand(t, "sd of log mean, less configured", sigmaOfLog(mean)-math.Pi/math.Sqrt(6)/spec.Mean.Shape, -0.12, 0.12)
	configured := spec.Mean.UrbanMbps * 1e6
	inBand(t, "long-run mean over configured", stat.Mean(longRun(src), nil)/configured, 1-1e-6, 1+1e-6)
	inBand(t, "one week's mean over configured", stat.Mean(mean, nil)/configured, 0.98, 1.02)
	spec.Classes.MeanWeight = 0
	for _, f := range []struct {
		family       string
		shape, sigma float64
	}{
		// The variance of the log of a gamma is its trigamma: pi^2/6 - 1 at 2.
		{"gamma", 2, math.Sqrt(math.Pi*math.Pi/6 - 1)},
		{"lognormal", 1.25, 0.8},
	} {
		spec.Mean.Family, spec.Mean.Shape = f.family, f.shape
		g, _ := gridSource(t, spec, 1)
		inBand(t, f.family+": sd of log mean", sigmaOfLog(longRun(g)), 0.96*f.sigma, 1.04*f.sigma)
		inBand(t, f.family+": mean over configured", stat.Mean(longRun(g), nil)/configured, 1-1e-6, 1+1e-6)
	}
}

func TestCityClassShapes(t *testing.T) {
	// Four cities together, so that the rarest class has 60 members.
	var sum [traffic.NumClasses]fit.Shape
	var n [traffic.NumClasses]float64
	for seed := range uint64(4) {
		src, c := gridCity(t, seed)
		for i, s := range c.Shapes(c.AllDays(), 1) {
			k := src.Class(i)
			n[k]++
			for h, v := range s {
				sum[k][h] += v
			}
		}
	}
	for k := range sum {
		want, err := traffic.WeeklyProfile(traffic.Class(k))
		if err != nil {
			t.Fatal(err)
		}
		rmse := 0.0
		for h := range want {
			sum[k][h] /= n[k]
			rmse += (sum[k][h] - want[h]) * (sum[k][h] - want[h]) / float64(len(want))
		}
		name := traffic.Class(k).String()
		inBand(t, name+": correlation with the measured week", stat.Correlation(sum[k][:], want[:], nil), 0.95, 1)
		// Real cities: 0.15. Ours has many members in all classes but the
		// last, so its mean must come nearer to the shape it was drawn from.
		most := 0.04
		if traffic.Class(k) == traffic.Leisure {
			most = 0.15
		}
		inBand(t, name+": RMSE", math.Sqrt(rmse), 0, most)
	}
	mix := fit.SquareSpec().Classes.Urban
	for k, share := range []float64{mix.Residential, mix.Mixed, mix.Office, mix.Transport, mix.Leisure} {
		inBand(t, traffic.Class(k).String()+": share less configured", n[k]/(4*gridRows*gridCols)-share, -0.002, 0.002)
	}
}

func TestCityNoise(t *testing.T) {
	_, c := gridCity(t, 1)
	n := c.Noise(c.AllDays())
	inBand(t, "median CV about the profile", n.CV, 0.8*0.126, 1.2*0.126)
	inBand(t, "CV night over evening", n.NightOverDay, 2, 4)
	inBand(t, "exponent of CV against mean", n.Exponent, -0.45, -0.25)
	inBand(t, "ACF lag 1 (one week)", n.ACF[1], 0.35, 0.52)
	inBand(t, "ACF lag 2 (one week)", n.ACF[2], 0.12, n.ACF[1])
	inBand(t, "ACF lag 3 (one week)", n.ACF[3], 0.05, n.ACF[2])
	inBand(t, "residual correlation of neighbours, less city", n.Own, -0.05, 0.15)
	inBand(t, "residual correlation of neighbours, whole", n.Neighbours, 0.01, 0.15)
	inBand(t, "weekly peak over mean, median", c.PeakToMean(), 1.7, 2.7)
}

// TestSectorsResemble5GCells holds the default settings against 670 5G cells
// of the ITU challenge data: residual CV per cell (all hours together) 0.188,
// 0.285, 0.435 at the 10th, 50th and 90th percentile; weekly peak over mean
// 2.53 at the median.
func TestSectorsResemble5GCells(t *testing.T) {
	spec := traffic.DefaultSpec()
	spec.Interpolation, spec.WithinHour.Enabled = "step", false
	src, frame := gridSource(t, spec, 1)
	c := frame.Sample(src)
	var cv []float64
	for _, row := range c.Hours {
		sum := 0.0
		for h := range 24 {
			var x [5]float64
			for d := range x {
				x[d] = row[24*d+h]
			}
			m, sd := stat.MeanStdDev(x[:], nil)
			sum += sd * sd / (m * m) / 24
		}
		cv = append(cv, math.Sqrt(sum))
	}
	slices.Sort(cv)
	for _, q := range [...]struct{ p, want float64 }{{0.1, 0.188}, {0.5, 0.285}, {0.9, 0.435}} {
		inBand(t, "CV of a sector", stat.Quantile(q.p, stat.LinInterp, cv, nil), 0.8*q.want, 1.2*q.want)
	}
	inBand(t, "weekly peak over mean, median", c.PeakToMean(), 1.7, 2.7)
	inBand(t, "ACF lag 1 (one week)", c.Noise(c.AllDays()).ACF[1], 0.35, 0.52)
}

// nearest returns the value of the bin that holds a distance.
func nearest(bins []fit.Bin, d float64) float64 {
	for _, b := range bins {
		if d >= b.From && d < b.To {
			return b.Value
		}
	}
	return math.NaN()
}

func TestCityCorrelatesInSpace(t *testing.T) {
	// One city's correlation scatters by about 0.05: take the mean of twelve.
	const cities = 12
	var rho, same [4]float64
	var neighbours []float64
	for seed := range uint64(cities) {
		src, frame := gridSource(t, fit.SquareSpec(), 100+seed)
		means := frame.Correlogram(fit.Logs(longRun(src)))
		class := make([]int, src.Len())
		for i := range class {
			class[i] = int(src.Class(i))
		}
		alike := frame.SameClass(class)
		for k, d := range []float64{1, 2, 5, 12.5} {
			rho[k] += nearest(means, d) / cities
			same[k] += nearest(alike, d) / cities
		}
		neighbours = append(neighbours, nearest(means, 1))
	}
	inBand(t, "correlation of log means at 1 square", rho[0], 0.3, 0.5)
	// Left alone, a field of this range scatters by 0.1 over this area.
	inBand(t, "its sd between cities", stat.StdDev(neighbours, nil), 0, 0.07)
	inBand(t, "at 2 squares", rho[1], 0.2, rho[0])
	inBand(t, "at 5 squares", rho[2], 0.15, rho[1]-0.02)
	inBand(t, "at 12 squares", rho[3], -0.15, 0.1)
	inBand(t, "neighbours share a class", same[0], 0.36, 0.46)
	inBand(t, "at 5 squares", same[2], 0.31, same[0])
	inBand(t, "at 12 squares", same[3], 0.24, 0.34)
}

// beijing reads the real grid, or skips the test.
func beijing(t *testing.T) *fit.City {
	t.Helper()
	const name = "../../shared/data/npdiff_grids/MobileBJ_hourly.csv.gz"
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the Beijing grid is not here: " + name + " from this folder")
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	series, _, err := trace.ReadCSV(context.Background(), f, trace.Mapping{SideM: gridSideM}, trace.Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	c, err := fit.FromSeries(series)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCityResemblesBeijing(t *testing.T) {
	real := beijing(t)
	src, gen := gridCity(t, 1)
	all := real.AllDays()
	inBand(t, "KS distance of the means", fit.KS(real.Means(all), longRun(src)), 0, 0.08)
	inBand(t, "sd of log mean less Beijing's", sigmaOfLog(longRun(src))-sigmaOfLog(real.Means(all)), -0.12, 0.12)
	a, b := real.Noise(all), gen.Noise(all)
	inBand(t, "CV over Beijing's", b.CV/a.CV, 0.8, 1.2)
	for h := range a.ByHour {
		inBand(t, "CV over Beijing's by hour", b.ByHour[h]/a.ByHour[h], 0.75, 1.25)
	}
	inBand(t, "ACF lag 1 less Beijing's", b.ACF[1]-a.ACF[1], -0.12, 0.12)
	inBand(t, "weekly peak over mean, over Beijing's", gen.PeakToMean()/real.PeakToMean(), 0.85, 1.15)
	x, y := gen.Total(all), real.Total(all)
	inBand(t, "correlation of the cities' weeks", stat.Correlation(x[:], y[:], nil), 0.99, 1)
}
