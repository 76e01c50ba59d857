package traffic

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// The estimators below are applied alike to generated demand and to the real
// Beijing grid. A city is [squares][168 hours]; silent squares are nil.

// city is a grid of gridRows x gridCols squares.
type city [][]float64

// means returns the squares with traffic and their means.
func (c city) means() (squares []int, mean []float64) {
	for i, row := range c {
		if m := average(row); m > 0 {
			squares, mean = append(squares, i), append(mean, m)
		}
	}
	return squares, mean
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

const weekdays = 5

// cvByHour returns a square's coefficient of variation over the five weekdays
// at each hour of the day; NaN where an hour carries nothing.
func cvByHour(row []float64) (cv [hoursPerDay]float64) {
	for h := range cv {
		var x [weekdays]float64
		for d := range x {
			x[d] = row[d*hoursPerDay+h]
		}
		m, sd := stat.MeanStdDev(x[:], nil)
		cv[h] = sd / m
	}
	return cv
}

// noiseFigures are a city's figures of hour-to-hour noise.
type noiseFigures struct {
	cv              float64 // median over squares of the square's median over hours
	cvHour          [hoursPerDay]float64
	nightOverDay    float64
	exponent        float64 // of the CV against the mean
	acf             [4]float64
	neighbours      float64 // correlation of neighbours' residuals less the city's median
	neighboursWhole float64
}

func (c city) noise() noiseFigures {
	var f noiseFigures
	squares, mean := c.means()
	byHour := make([][]float64, hoursPerDay)
	var own, ownMean []float64
	for k, i := range squares {
		cv := cvByHour(c[i])
		var ok []float64
		for h, v := range cv {
			if !math.IsNaN(v) {
				byHour[h], ok = append(byHour[h], v), append(ok, v)
			}
		}
		if len(ok) > 0 { // a square may have traffic at the weekend only
			own, ownMean = append(own, median(ok)), append(ownMean, mean[k])
		}
	}
	for h := range byHour {
		f.cvHour[h] = median(byHour[h])
	}
	f.cv = median(own)
	f.nightOverDay = average(f.cvHour[2:5]) / average(f.cvHour[17:22])
	var lm, lc []float64
	for k, v := range own {
		if v > 0 {
			lm, lc = append(lm, math.Log(ownMean[k])), append(lc, math.Log(v))
		}
	}
	_, f.exponent = stat.LinearRegression(lm, lc, nil, false)
	res := c.residuals()
	f.acf = medianACF(res)
	f.neighboursWhole = neighbourCorrelation(res)
	for t := range weekdays * hoursPerDay {
		var x []float64
		for _, r := range res {
			if r != nil {
				x = append(x, r[t])
			}
		}
		m := median(x)
		for _, r := range res {
			if r != nil {
				r[t] -= m
			}
		}
	}
	f.neighbours = neighbourCorrelation(res)
	return f
}

// residuals returns log(traffic / own weekday-hour mean) over the weekdays;
// nil for a square with an empty hour.
func (c city) residuals() [][]float64 {
	out := make([][]float64, len(c))
	for i, row := range c {
		if len(row) == 0 || slices.Min(row) <= 0 {
			continue
		}
		r := make([]float64, weekdays*hoursPerDay)
		for h := range hoursPerDay {
			sum := 0.0
			for d := range weekdays {
				sum += row[d*hoursPerDay+h]
			}
			for d := range weekdays {
				r[d*hoursPerDay+h] = math.Log(row[d*hoursPerDay+h] / (sum / weekdays))
			}
		}
		out[i] = r
	}
	return out
}

// medianACF returns the median autocorrelation at lags 0 to 3.
func medianACF(res [][]float64) (acf [4]float64) {
	for lag := range acf {
		var x []float64
		for _, r := range res {
			if r != nil {
				x = append(x, autocorrelation(r, lag))
			}
		}
		acf[lag] = median(x)
	}
	return acf
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

// neighbourCorrelation is the mean correlation of side-by-side squares.
func neighbourCorrelation(res [][]float64) float64 {
	var x []float64
	for i := range res {
		for _, j := range neighbours(i) {
			if j > i && res[i] != nil && res[j] != nil {
				x = append(x, stat.Correlation(res[i], res[j], nil))
			}
		}
	}
	return average(x)
}

func neighbours(i int) []int {
	var out []int
	r, c := i/gridCols, i%gridCols
	for _, d := range [][2]int{{0, 1}, {1, 0}, {0, -1}, {-1, 0}} {
		if y, x := r+d[0], c+d[1]; y >= 0 && y < gridRows && x >= 0 && x < gridCols {
			out = append(out, y*gridCols+x)
		}
	}
	return out
}

// spatialCorrelation is the correlation of log means of pairs whose distance
// in squares lies in [lo, hi), about the city's own mean and variance.
func (c city) spatialCorrelation(lo, hi float64) float64 {
	squares, mean := c.means()
	l := logs(mean)
	m, sd := stat.MeanStdDev(l, nil)
	sum, n := 0.0, 0
	for a, i := range squares {
		for b, j := range squares[:a] {
			d := math.Hypot(float64(i/gridCols-j/gridCols), float64(i%gridCols-j%gridCols))
			if d >= lo && d < hi {
				sum += (l[a] - m) * (l[b] - m)
				n++
			}
		}
	}
	return sum / float64(n) / (sd * sd)
}

// peakToMean is the median over squares of the week's peak over its mean.
func (c city) peakToMean() float64 {
	squares, mean := c.means()
	var x []float64
	for k, i := range squares {
		x = append(x, slices.Max(c[i])/mean[k])
	}
	return median(x)
}

// beijing reads the real grid, or skips the test.
func beijing(t *testing.T) city {
	t.Helper()
	f, err := os.Open("../../shared/data/npdiff_grids/MobileBJ_hourly.csv.gz")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the Beijing grid is not here: ../shared/data/npdiff_grids/MobileBJ_hourly.csv.gz beside the repository")
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	const first = 3 // step, dow, hour
	c := make(city, gridRows*gridCols)
	for _, row := range rows[1:] {
		for i := range c {
			v, err := strconv.ParseFloat(row[first+i], 64)
			if err != nil {
				t.Fatal(err)
			}
			c[i] = append(c[i], v)
		}
	}
	return c
}

// ks is the Kolmogorov-Smirnov distance of two samples.
func ks(a, b []float64) float64 {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return stat.KolmogorovSmirnov(a, nil, b, nil)
}
