package traffic

import (
	"math"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/rng"
	"hibernet/traffic/trace"
)

const (
	gridRows, gridCols = 28, 24 // the Beijing grid
	gridSideM          = 1000
)

// gridPlaces puts one urban sector in the middle of each square.
func gridPlaces(rows, cols int) Places {
	var p Places
	for r := range rows {
		for c := range cols {
			p.X = append(p.X, (float64(c)+0.5)*gridSideM)
			p.Y = append(p.Y, (float64(r)+0.5)*gridSideM)
			p.Area = append(p.Area, 1)
		}
	}
	return p
}

// scatteredPlaces puts sectors anywhere in a rectangle, three to a site.
func scatteredPlaces(n int, widthM, heightM float64, seed uint64) Places {
	s := rng.Root(seed).Stream()
	var p Places
	for i := range n {
		x, y := s.Float64()*widthM, s.Float64()*heightM
		if i%3 > 0 {
			x, y = p.X[i-1], p.Y[i-1]
		}
		p.X, p.Y, p.Area = append(p.X, x), append(p.Y, y), append(p.Area, uint8(i/3%4))
	}
	return p
}

// squareSpec is the demand of grid squares that hold all base stations, as on
// the Beijing grid: less noisy and less unequal than single sectors.
func squareSpec() Spec {
	s := DefaultSpec()
	s.Mean.Shape = 1.5
	s.Noise.CV = 0.17
	s.Interpolation = "step"
	s.WithinHour.Enabled = false
	return s
}

func mustNew(t testing.TB, spec Spec, p Places, series *trace.Series, seed uint64) *Source {
	t.Helper()
	s, err := New(spec, p, series, rng.Root(seed))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hourly samples hours at their middle: [sectors][hours].
func hourly(s *Source, hours int) [][]float64 {
	out := make([][]float64, s.Len())
	for i := range out {
		out[i] = make([]float64, hours)
	}
	dst := make([]float32, s.Len())
	for h := range hours {
		s.DemandTo(dst, des.Time(h)*des.Hour+30*des.Minute)
		for i, v := range dst {
			out[i][h] = float64(v)
		}
	}
	return out
}

// gridSeries is a trace of side x side squares with a different course each;
// squares whose index is a multiple of seven are silent.
func gridSeries(side, steps, stepS int) *trace.Series {
	s := &trace.Series{HasPosition: true, SideM: gridSideM, StepS: stepS, Unit: trace.UnitBitPerS, Steps: steps}
	for p := range side * side {
		s.ID = append(s.ID, string(rune('a'+p/26))+string(rune('a'+p%26)))
		s.X = append(s.X, 5000+float64(p%side)*gridSideM)
		s.Y = append(s.Y, -3000+float64(p/side)*gridSideM)
		for t := range steps {
			v := 1e6 * float64(p+1) * (1.1 + math.Sin(float64(t*(p+3))/9))
			if p%7 == 0 {
				v = 0
			}
			s.Values = append(s.Values, float32(v))
		}
	}
	return s
}
