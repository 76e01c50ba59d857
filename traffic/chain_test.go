package traffic

import (
	"math"
	"slices"
	"strings"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// chained returns a spec whose noise is one chain.
func chained() Spec {
	s := DefaultSpec()
	s.Interpolation, s.WithinHour.Enabled = "step", false
	s.Noise = NoiseSpec{CV: 0.5, HourExponent: 1, MeanExponent: -0.2, HourPhi: 0.7, CommonShare: 1}
	return s
}

// A chained source is, in every hour, what it is with that hour's noise for good.
func TestWithNoiseIsTheSourceInAnHourOfThatNoise(t *testing.T) {
	p := Places{X: []float64{0, 500, 900}, Y: []float64{0, 100, 900}, Area: []uint8{0, 1, 1}}
	s, err := New(chained(), p, nil, rng.Root(3))
	if err != nil {
		t.Fatal(err)
	}
	s = s.Reseeded(rng.Root(9))
	if phi, err := s.Chain(); err != nil || phi != 0.7 {
		t.Fatalf("phi %g, error %v", phi, err)
	}
	got, want := make([]float32, 3), make([]float32, 3)
	sum, square, lag, before := 0.0, 0.0, 0.0, s.Noise(-1)
	const hours = 24 * 60
	for hour := range int64(hours) {
		z := s.Noise(hour)
		sum, square, lag, before = sum+z, square+z*z, lag+z*before, z
		if hour > 48 {
			continue
		}
		at := des.Time(hour)*des.Hour + 17*des.Minute
		s.DemandTo(want, at)
		s.WithNoise(z).DemandTo(got, at)
		if !slices.Equal(got, want) {
			t.Fatalf("hour %d: %v with its noise %g, %v played", hour, got, z, want)
		}
	}
	if mean, variance := sum/hours, square/hours; math.Abs(mean) > 0.2 || math.Abs(variance-1) > 0.2 || math.Abs(lag/square-0.7) > 0.06 {
		t.Errorf("mean %g, variance %g, autocorrelation %g of a chain with 0.7", mean, variance, lag/square)
	}
}

func TestNoChain(t *testing.T) {
	for want, change := range map[string]func(*Spec){
		"interpolation":     func(s *Spec) { s.Interpolation = "linear" },
		"noise.cv":          func(s *Spec) { s.Noise.CV = 0 },
		"noise.day_share":   func(s *Spec) { s.Noise.DayShare = 0.1 },
		"noise.drift_share": func(s *Spec) { s.Noise.DriftShare = 0.1 },
		"random_surges":     func(s *Spec) { s.RandomSurges.PerDay = 1 },
	} {
		spec := chained()
		change(&spec)
		s, err := New(spec, Places{X: []float64{0}, Y: []float64{0}, Area: []uint8{0}}, nil, rng.Root(3))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Chain(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
