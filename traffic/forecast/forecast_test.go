package forecast

import (
	"math"
	"testing"

	"hibernet/env/sleep"
	"hibernet/sim/des"
	"hibernet/sim/rng"
)

var _ sleep.Forecaster = (*Forecaster)(nil)

// wave is a demand of a known law: a usual course over the day times 1 + u, where u
// is phi times itself some quarter hours back, of each sector alone, with
// innovations of standard deviation sigma.
type wave struct {
	u       [][]float32 // [quarters of the week][sectors]
	sectors int
}

const (
	phi     = 0.8
	sigma   = 0.06
	quarter = 15 * des.Minute
)

func newWave(key rng.Key, sectors, back int) *wave {
	w := &wave{sectors: sectors}
	for t := range 7 * 96 {
		u := make([]float32, sectors)
		for s := range u {
			u[s] = sigma * float32(key.At(uint64(t)).Norm(uint64(s)))
			if t >= back {
				u[s] += phi * w.u[t-back][s]
			}
		}
		w.u = append(w.u, u)
	}
	return w
}

// usual is linear between the middles of hours, as a history's course is.
func usual(s int, at des.Time) float32 {
	history := make([]float32, 24)
	for h := range history {
		history[h] = float32(1e7 * (2 + float64(s%3) - math.Cos(2*math.Pi*float64(h)/24)))
	}
	dst := make([]float32, 1)
	sleep.UsualTo(dst, history, at)
	return dst[0]
}

func usualTo(dst []float32, at des.Time) {
	for s := range 3 {
		v := usual(s, at)
		for i := s; i < len(dst); i += 3 {
			dst[i] = v
		}
	}
}

// DemandTo implements Demand: constant in a quarter, at the rate of its middle.
func (w *wave) DemandTo(dst []float32, at des.Time) {
	i := max(int(at/quarter), 0)
	usualTo(dst, des.Time(i)*quarter+quarter/2)
	for s := range dst {
		dst[s] *= 1 + w.u[i][s]
	}
}

// errorsOn returns the root mean square error, as a share of the usual rate, one
// to four intervals ahead on a day.
func errorsOn(f sleep.Forecaster, w *wave, day int) map[int]float64 {
	start, sum, count := des.Time(day)*des.Day, map[int]float64{}, map[int]float64{}
	rate, told, base := make([]float32, w.sectors), make([]float32, w.sectors), make([]float32, w.sectors)
	f.Begin(start)
	w.DemandTo(rate, start)
	f.Observe(start, rate)
	for t := range 91 {
		w.DemandTo(rate, start+des.Time(t)*quarter)
		f.Observe(start+des.Time(t+1)*quarter, rate)
		if t < 8 {
			continue // until what is known is that of intervals
		}
		for ahead := 1; ahead <= 4; ahead++ {
			f.ForecastTo(told, ahead)
			at := start + des.Time(t+ahead)*quarter
			w.DemandTo(rate, at)
			usualTo(base, at+quarter/2)
			for s := range rate {
				e := float64((told[s] - rate[s]) / base[s])
				sum[ahead] += e * e
				count[ahead]++
			}
		}
	}
	for ahead := range sum {
		sum[ahead] = math.Sqrt(sum[ahead] / count[ahead])
	}
	return sum
}

// On demand of a known law the learned forecast beats the seasonal-naive one, and
// its error is near that which no forecast is without: sigma one interval ahead and
// sigma sqrt(1 + phi^2 + phi^4 + phi^6) four ahead.
func TestLearnedBeatsNaiveAndIsNearTheLeastError(t *testing.T) {
	const sectors = 60
	p := Past{Demand: newWave(rng.Root(1), sectors, 1), Sectors: sectors, Days: []int{0, 1, 2, 4}, Control: quarter, Usual: usualTo}
	law, err := Fit(p)
	if err != nil {
		t.Fatal(err)
	}
	history := make([]float32, 24*sectors)
	for h := range 24 {
		usualTo(history[h*sectors:(h+1)*sectors], des.Time(h)*des.Hour+des.Hour/2)
	}
	fresh := newWave(rng.Root(2), sectors, 1)
	learned, naive := errorsOn(law.Forecaster(), fresh, 5), errorsOn(sleep.NewSeasonal(history, quarter), fresh, 5)
	for ahead, least := range map[int]float64{1: sigma, 4: sigma * math.Sqrt(1+math.Pow(phi, 2)+math.Pow(phi, 4)+math.Pow(phi, 6))} {
		t.Logf("%d ahead: learned %.4f, seasonal %.4f, least possible %.4f", ahead, learned[ahead], naive[ahead], least)
		if learned[ahead] > 1.03*least || learned[ahead] < 0.95*least {
			t.Errorf("%d ahead: error %.4f, the least possible is %.4f", ahead, learned[ahead], least)
		}
		if learned[ahead] > 0.95*naive[ahead] {
			t.Errorf("%d ahead: error %.4f, the naive forecast's is %.4f", ahead, learned[ahead], naive[ahead])
		}
	}
}

// Where what comes next is told by what was an hour ago, and by nothing since, each
// horizon needs another one of the four lags: sigma is the least error at all four,
// and a forecast without the right lag errs by sigma / sqrt(1 - phi^2).
func TestEachLagIsInItsPlace(t *testing.T) {
	const sectors = 60
	p := Past{Demand: newWave(rng.Root(1), sectors, lags), Sectors: sectors, Days: []int{0, 1, 2, 4}, Control: quarter, Usual: usualTo}
	law, err := Fit(p)
	if err != nil {
		t.Fatal(err)
	}
	without := sigma / math.Sqrt(1-phi*phi)
	for ahead, got := range errorsOn(law.Forecaster(), newWave(rng.Root(2), sectors, lags), 5) {
		t.Logf("%d ahead: error %.4f, least possible %.4f, without the lag %.4f", ahead, got, sigma, without)
		if got > 1.05*sigma {
			t.Errorf("%d ahead: error %.4f, the least possible is %.4f, without the lag it is %.4f", ahead, got, sigma, without)
		}
	}
}

// A day begins from the usual alone: the same forecasts come out of a second one.
func TestBeginForgets(t *testing.T) {
	w := newWave(rng.Root(1), 6, 1)
	law, err := Fit(Past{Demand: w, Sectors: 6, Days: []int{0}, Control: quarter, Usual: usualTo})
	if err != nil {
		t.Fatal(err)
	}
	f := law.Forecaster()
	first, second := errorsOn(f, w, 3), errorsOn(f, w, 3)
	if first[1] != second[1] || first[4] != second[4] {
		t.Errorf("errors %v, then %v", first, second)
	}
}

func TestForecastsAllocateNothing(t *testing.T) {
	flat := func(dst []float32, _ des.Time) {
		for s := range dst {
			dst[s] = 1e7
		}
	}
	law, err := Fit(Past{Demand: newWave(rng.Root(1), 6, 1), Sectors: 6, Days: []int{0}, Control: quarter, Usual: flat})
	if err != nil {
		t.Fatal(err)
	}
	f, rate, dst := law.Forecaster(), make([]float32, 6), make([]float32, 6)
	if n := testing.AllocsPerRun(10, func() {
		f.Begin(0)
		f.Observe(0, rate)
		f.ForecastTo(dst, 1)
	}); n != 0 {
		t.Errorf("%g allocations a step", n)
	}
}

func TestFitRefuses(t *testing.T) {
	for _, p := range []Past{{}, {Sectors: 1, Days: []int{0}, Control: 7 * des.Minute}} {
		if _, err := Fit(p); err == nil {
			t.Errorf("%+v: no error", p)
		}
	}
}
