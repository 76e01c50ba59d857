package traffic

import (
	"math"
	"slices"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// quietSpec has no noise, so that quotients of demand are exact factors.
func quietSpec() Spec {
	s := squareSpec()
	s.Noise.CV = 0
	return s
}

func TestSurgeHasItsShapeInTimeAndSpace(t *testing.T) {
	p := gridPlaces(9, gridCols)
	spec := quietSpec()
	plain := mustNew(t, spec, p, nil, 1)
	spec.Surges = []SurgeSpec{
		{XM: 4500, YM: 4500, RadiusM: 2000, Factor: 5, StartH: 10, RampMin: 30, PlateauMin: 60},
		{XM: 500, YM: 500, RadiusM: 10, Factor: 0.5, StartH: 11, RampMin: 0, PlateauMin: 30},
		{XM: 4500, YM: 4500, RadiusM: 100, Factor: 2, StartH: 11, RampMin: 0, PlateauMin: 30},
	}
	src := mustNew(t, spec, p, nil, 1)
	a, b := make([]float32, src.Len()), make([]float32, src.Len())
	for minute := 9 * 60; minute < 13*60; minute += 5 {
		at := des.Time(minute) * des.Minute
		plain.DemandTo(a, at)
		src.DemandTo(b, at)
		for i := range a {
			want := 1.0
			if math.Hypot(p.X[i]-4500, p.Y[i]-4500) <= 2000 {
				// Trapezoid: up 10:00 to 10:30, flat to 11:30, down to 12:00.
				up, down := float64(minute-600)/30, float64(720-minute)/30
				want = 1 + 4*math.Max(0, math.Min(1, math.Min(up, down)))
			}
			if short := minute >= 660 && minute < 690; short && i == 0 {
				want *= 0.5
			} else if short && i == 4*gridCols+4 {
				want *= 2
			}
			if got := float64(b[i] / a[i]); math.Abs(got-want) > 1e-5 {
				t.Fatalf("square %d at %v: factor %g, want %g", i, at, got, want)
			}
		}
	}
}

func TestRandomSurges(t *testing.T) {
	p := gridPlaces(12, 12)
	spec := quietSpec()
	plain := mustNew(t, spec, p, nil, 1)
	spec.RandomSurges = RandomSpec{PerDay: 3, FactorMin: 4, FactorMax: 4, RadiusM: 10, RampMin: 0,
		PlateauMinMin: 60, PlateauMaxMin: 60, FromHour: 20, ToHour: 23.9}
	src := mustNew(t, spec, p, nil, 1)
	a, b := make([]float32, src.Len()), make([]float32, src.Len())
	const days = 60
	minutes, afterMidnight := 0.0, 0
	hit := make([]bool, src.Len())
	for m := 0; m < days*24*60; m += 10 {
		at := des.Time(m) * des.Minute
		plain.DemandTo(a, at)
		src.DemandTo(b, at)
		for i := range a {
			f := float64(b[i] / a[i])
			// One, or a power of the factor where events meet.
			if e := math.Log(f) / math.Log(4); math.Abs(e-math.Round(e)) > 1e-4 {
				t.Fatalf("square %d at %v: factor %g", i, at, f)
			} else {
				minutes += 10 * math.Round(e)
				hit[i] = hit[i] || e > 0.5
			}
			if hour := m / 60 % 24; f > 1.1 && hour > 0 && hour < 20 {
				t.Fatalf("an event at %v, outside 20:00 to 00:54", at)
			} else if f > 1.1 && hour == 0 {
				afterMidnight++
			}
		}
	}
	// 180 events expected, Poisson: four standard deviations are 54.
	inBand(t, "events of an hour in 60 days", minutes/60, 180-54, 180+54)
	venues := 0.0
	for _, h := range hit {
		if h {
			venues++
		}
	}
	// 180 events on 144 squares leave 144 exp(-180/144) = 41 untouched.
	inBand(t, "squares that were a venue", venues, 85, 120)
	if afterMidnight == 0 {
		t.Error("no event lasted past midnight")
	}
	other := src.Reseeded(rng.Root(2))
	same := true
	for m := 20 * 60; m < 24*60; m += 10 {
		src.DemandTo(a, des.Time(m)*des.Minute)
		other.DemandTo(b, des.Time(m)*des.Minute)
		for i := range a {
			same = same && a[i] == b[i]
		}
	}
	if same {
		t.Error("another key gives the same random surges")
	}
}

func TestHoliday(t *testing.T) {
	p := gridPlaces(12, 12)
	spec := quietSpec()
	spec.Interpolation = "linear"
	plain := mustNew(t, spec, p, nil, 1)
	spec.Holidays = []Holiday{{FirstDay: 1, Days: 2, Profile: "sunday", Residential: 1.3, Mixed: 1, Office: 0.5, Transport: 0.8, Leisure: 2}}
	src := mustNew(t, spec, p, nil, 1)
	factor := spec.Holidays[0].factors()
	a, b := make([]float32, src.Len()), make([]float32, src.Len())
	for _, day := range []int{0, 1, 2, 3} {
		// At noon both neighbouring hours belong to the same day.
		plain.DemandTo(a, des.Time(day)*des.Day+12*des.Hour)
		if day == 1 || day == 2 {
			plain.DemandTo(a, 6*des.Day+12*des.Hour)
		}
		src.DemandTo(b, des.Time(day)*des.Day+12*des.Hour)
		for i := range a {
			want := 1.0
			if day == 1 || day == 2 {
				want = factor[src.Class(i)]
			}
			if got := float64(b[i] / a[i]); math.Abs(got-want) > 1e-5 {
				t.Fatalf("day %d, %v square %d: factor %g, want %g", day, src.Class(i), i, got, want)
			}
		}
	}
}

func TestGrowthAndScale(t *testing.T) {
	spec := quietSpec()
	p := gridPlaces(3, 3)
	plain := mustNew(t, spec, p, nil, 1)
	spec.GrowthPerYear = 0.5
	grown := mustNew(t, spec, p, nil, 1).Scaled(2).Scaled(1.5)
	a, b := make([]float32, plain.Len()), make([]float32, plain.Len())
	// 364 days on, the same hour of the week.
	at := 364*des.Day + 10*des.Hour
	plain.DemandTo(a, at)
	grown.DemandTo(b, at)
	want := 3 * math.Pow(1.5, at.Hours()/8760)
	for i := range a {
		if got := float64(b[i] / a[i]); math.Abs(got/want-1) > 1e-5 {
			t.Errorf("sector %d: %g, want %g", i, got, want)
		}
	}
	plain.MeanBps(a)
	grown.MeanBps(b)
	if math.Abs(float64(b[0]/a[0])-3) > 1e-6 {
		t.Errorf("scaled mean: factor %g, want 3", b[0]/a[0])
	}
	grown.Scaled(0).DemandTo(b, at)
	if b[0] != 0 {
		t.Errorf("scaled by 0: %g", b[0])
	}
}

// TestSurging: the number of surges of a source, its clones and its other
// realisations is the one that was asked for, and taking it back gives the
// source again.
func TestSurging(t *testing.T) {
	p := scatteredPlaces(300, 5000, 5000, 1)
	p.Keep = true
	plain := mustNew(t, DefaultSpec(), p, nil, 5)
	many := plain.Surging(40)
	at := func(s *Source) []float32 {
		dst := make([]float32, s.Len())
		s.DemandTo(dst, 14*des.Hour)
		return dst
	}
	calm, busy := at(plain), at(many)
	raised := 0
	for i := range calm {
		if busy[i] < calm[i] {
			t.Fatalf("sector %d: %g bit/s with surges, %g without", i, busy[i], calm[i])
		}
		if busy[i] > calm[i] {
			raised++
		}
	}
	if raised == 0 || raised == len(calm) {
		t.Errorf("surges raise %d of %d sectors", raised, len(calm))
	}
	for name, same := range map[string]*Source{"a clone": many.Clone(), "scaled by one": many.Scaled(1), "reseeded": many.Reseeded(rng.Root(5)), "asked for again": plain.Surging(40)} {
		if !slices.Equal(at(same), busy) {
			t.Errorf("%s differs", name)
		}
	}
	if !slices.Equal(at(many.Surging(0)), calm) {
		t.Error("without surges it is not the same source again")
	}
}
