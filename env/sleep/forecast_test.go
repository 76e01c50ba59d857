package sleep

import (
	"math"
	"slices"
	"testing"

	"hibernet/env"
	"hibernet/sim/des"
)

// Worked by hand: two sectors, hour h has the usual rate 100(h+1) and 1000.
// From 02:00 to 02:15 its middle is 02:07:30, three eighths of the way from
// 01:30 to... 02:30, so the usual rate there is 200 + 0.625*100 = 262.5.
func TestSeasonalByHand(t *testing.T) {
	history := make([]float32, 24*2)
	for hour := range 24 {
		history[2*hour], history[2*hour+1] = float32(100*(hour+1)), 1000
	}
	f := NewSeasonal(history, 15*des.Minute)
	f.Begin(2 * des.Hour)
	f.Observe(2*des.Hour+15*des.Minute, []float32{525, 10}) // twice the usual; a hundredth, taken for a third
	got := make([]float32, 2)
	for ahead, want := range map[int][2]float64{
		1: {2 * 287.5, 1000.0 / 3}, // 02:15 to 02:30, middle 02:22:30: 200 + 0.875*100
		2: {2 * 312.5, 1000.0 / 3},
		4: {2 * 362.5, 1000.0 / 3},
	} {
		f.ForecastTo(got, ahead)
		for s := range got {
			if math.Abs(float64(got[s])-want[s]) > 1e-3 {
				t.Errorf("%d ahead, sector %d: %v, want %v", ahead, s, got[s], want[s])
			}
		}
	}
	// The level forgets by 0.8: (0.8*525 + 287.5)/(0.8*262.5 + 287.5).
	f.Observe(2*des.Hour+30*des.Minute, []float32{287.5, 1000})
	f.ForecastTo(got, 1)
	if want := 312.5 * (0.8*525 + 287.5) / (0.8*262.5 + 287.5); math.Abs(float64(got[0])-want) > 1e-3 {
		t.Errorf("after an ordinary interval: %v, want %v", got[0], want)
	}
	f.Begin(0)
	f.ForecastTo(got, 1)
	if want := 2400 + (100-2400)*37.5/60; math.Abs(float64(got[0])-want) > 1 {
		t.Errorf("at midnight, between 23:30 and 00:30: %v, want %v", got[0], want)
	}
}

// teller is a forecaster that tells what it was asked and told.
type teller struct {
	now      des.Time
	begun    int
	observed []float32
}

func (f *teller) Begin(now des.Time) { f.now, f.begun = now, f.begun+1 }
func (f *teller) Observe(now des.Time, offered []float32) {
	f.now, f.observed = now, append(f.observed[:0], offered...)
}
func (f *teller) ForecastTo(dst []float32, ahead int) {
	for s := range dst {
		dst[s] = float32(ahead) * f.observed[s]
	}
}

func TestForecastsAreObserved(t *testing.T) {
	w := small()
	w.spec.EpisodeH = 2
	f := &teller{}
	w.change = func(c *Config) {
		c.Forecaster = f
		c.Columns = []string{"sector_load", "forecast_load_1", "forecast_load_4"}
		c.History = func() []float32 { t.Error("the history was made for a forecaster of one's own"); return nil }
	}
	e := w.must(t)
	play(t, e, 3, awakeAlways, func(step int, b *env.Batch) {
		if f.begun != 1 || f.now != e.view.Now || !slices.Equal(f.observed, e.offered) {
			t.Fatalf("step %d: begun %d, told of %v at %v", step, f.begun, f.now, e.view.Now)
		}
		for row := range e.Rows() {
			o := b.Obs[row*3 : row*3+3]
			raw := func(i int) float64 { return e.schema.Fields[i].Raw(o[i]) }
			if load := raw(0); o[2] < ObsLimit && (math.Abs(raw(1)-load) > 1e-5 || math.Abs(raw(2)-4*load) > 1e-5) {
				t.Fatalf("step %d: forecasts %v and %v of a load of %v", step, raw(1), raw(2), load)
			}
		}
	})
}
