package traffic

import (
	"math"
	"slices"
	"sync"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// fullSpec switches everything on.
func fullSpec() Spec {
	s := DefaultSpec()
	s.GrowthPerYear = 0.3
	s.RandomSurges.PerDay = 4
	s.RandomSurges.RadiusM = 1500
	s.Surges = []SurgeSpec{{XM: 3000, YM: 3000, RadiusM: 2000, Factor: 5, StartH: 20, RampMin: 30, PlateauMin: 60}}
	s.Holidays = []Holiday{{FirstDay: 2, Days: 1, Profile: "sunday", Residential: 1.3, Mixed: 1, Office: 0.5, Transport: 0.8, Leisure: 2}}
	return s
}

func TestDemandDoesNotDependOnOrder(t *testing.T) {
	p := scatteredPlaces(60, 5000, 5000, 1)
	series := gridSeries(5, 7*24, 3600)
	for _, kind := range []string{"synthetic", "trace"} {
		spec, trc := fullSpec(), series
		spec.Source, spec.Trace.HourlyNoise = kind, true
		if kind == "synthetic" {
			trc = nil
		}
		src := mustNew(t, spec, p, trc, 7)
		var times []des.Time
		for at := -6 * des.Hour; at < 5*des.Day; at += 25 * des.Minute {
			times = append(times, at)
		}
		ordered := make([][]float32, len(times))
		for i, at := range times {
			ordered[i] = make([]float32, src.Len())
			src.DemandTo(ordered[i], at)
		}
		got := make([]float32, src.Len())
		for name, other := range map[string]*Source{
			"same": src, "clone": src.Clone(), "new": mustNew(t, spec, p, trc, 7), "reseeded": src.Reseeded(rng.Root(7)),
		} {
			for _, i := range rng.Root(3).Stream().Perm(len(times)) {
				other.DemandTo(got, times[i])
				for k := range got {
					if math.Float32bits(got[k]) != math.Float32bits(ordered[i][k]) {
						t.Fatalf("%s, %s source, %v, sector %d: got %g, in order %g", kind, name, times[i], k, got[k], ordered[i][k])
					}
				}
			}
		}
	}
}

func TestDemandDoesNotDependOnWorkers(t *testing.T) {
	p := scatteredPlaces(2000, 20000, 20000, 1)
	want, got := make([]float32, len(p.X)), make([]float32, len(p.X))
	mustNew(t, fullSpec(), p, nil, 7).DemandTo(want, 30*des.Hour)
	for _, workers := range []int{2, 5} {
		src, err := NewOn(workers, fullSpec(), p, nil, rng.Root(7))
		if err != nil {
			t.Fatal(err)
		}
		if src.DemandTo(got, 30*des.Hour); !slices.Equal(got, want) {
			t.Errorf("the demand on %d workers is another", workers)
		}
	}
}

func TestDemandIsFiniteAndNotNegative(t *testing.T) {
	p := scatteredPlaces(300, 20000, 20000, 2)
	spec := fullSpec()
	spec.Noise.CV, spec.WithinHour.CV, spec.Noise.MeanExponent, spec.Mean.Shape = 2, 2, -1, 0.3
	src := mustNew(t, spec, p, nil, 5)
	dst := make([]float32, src.Len())
	for at := des.Time(0); at < 14*des.Day; at += 35 * des.Minute {
		src.DemandTo(dst, at)
		for i, v := range dst {
			if !(v >= 0) || math.IsInf(float64(v), 0) {
				t.Fatalf("sector %d at %v: %g", i, at, v)
			}
		}
	}
}

func TestClonesRunTogether(t *testing.T) {
	src := mustNew(t, fullSpec(), scatteredPlaces(60, 5000, 5000, 1), nil, 7)
	var wait sync.WaitGroup
	got := make([][]float32, 4)
	for k := range got {
		clone := src.Clone()
		got[k] = make([]float32, src.Len())
		wait.Go(func() {
			for at := des.Time(0); at <= des.Day; at += des.Hour {
				clone.DemandTo(got[k], at)
			}
		})
	}
	wait.Wait()
	for k := range got {
		if !slices.Equal(got[k], got[0]) {
			t.Errorf("clone %d differs from clone 0", k)
		}
	}
}

// FuzzNew looks for settings that pass the checks and yet fail, panic or give
// demand that is not a number.
func FuzzNew(f *testing.F) {
	f.Add(0.45, 0.08, 0.2, 0.285, 1.25, 5, 0.34, 3.0, 0.5)
	f.Add(0.9, 0.0, 1.0, 2.0, 0.3, 1, 2.0, 0.0, 1.0)
	f.Add(0.0, 1.0, 0.0, 0.0, 20.0, 30, 0.0, 10.0, 0.0)
	p := scatteredPlaces(12, 3000, 3000, 1)
	f.Fuzz(func(t *testing.T, phi, day, drift, cv, shape float64, step int, within, surges, common float64) {
		spec := DefaultSpec()
		spec.Noise.HourPhi, spec.Noise.DayShare, spec.Noise.DriftShare, spec.Noise.CV = phi, day, drift, cv
		spec.Noise.CommonShare, spec.Mean.Shape = common, shape
		spec.WithinHour.StepMin, spec.WithinHour.CV, spec.RandomSurges.PerDay = step, within, surges
		valid := len(spec.Validate()) == 0
		src, err := New(spec, p, nil, rng.Root(1))
		if valid != (err == nil) {
			t.Fatalf("valid %v, but New: %v", valid, err)
		}
		if err != nil || surges > 50 {
			return
		}
		dst := make([]float32, src.Len())
		for _, at := range []des.Time{0, 20 * des.Hour, 6*des.Day + 23*des.Hour} {
			src.DemandTo(dst, at)
			for i, v := range dst {
				if !(v >= 0) || math.IsInf(float64(v), 0) {
					t.Fatalf("sector %d at %v: %g", i, at, v)
				}
			}
		}
	})
}

func TestDemandToDoesNotAllocate(t *testing.T) {
	p := scatteredPlaces(300, 5000, 5000, 1)
	spec := fullSpec()
	spec.RandomSurges.PerDay = 0
	synthetic := mustNew(t, spec, p, nil, 7)
	spec.Source = "trace"
	for name, src := range map[string]*Source{"synthetic": synthetic, "trace": mustNew(t, spec, p, gridSeries(5, 7*24, 3600), 7)} {
		dst := make([]float32, src.Len())
		at := des.Time(0)
		if n := testing.AllocsPerRun(500, func() {
			src.DemandTo(dst, at)
			at += 5 * des.Minute
		}); n != 0 {
			t.Errorf("%s: %g allocations a call", name, n)
		}
	}
}
