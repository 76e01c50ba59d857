package traffic

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// ownProfile is a course that is twice as high at the weekend as on weekdays.
func ownProfile(class string) Profile {
	flat := func(v float64) []float64 { return slices.Repeat([]float64{v}, hoursPerDay) }
	return Profile{
		Class: class, RelativeMean: 3, Spread: flat(0.001),
		Monday: flat(1), Tuesday: flat(1), Wednesday: flat(1), Thursday: flat(1), Friday: flat(1), Saturday: flat(2), Sunday: flat(2),
	}
}

// TestOwnProfiles replaces the course of one class and leaves the others.
func TestOwnProfiles(t *testing.T) {
	spec := squareSpec()
	spec.Noise.CV = 0
	p := gridPlaces(gridRows, gridCols)
	plain := mustNew(t, spec, p, nil, 1)
	spec.Profiles = []Profile{ownProfile("office")}
	own := mustNew(t, spec, p, nil, 1)
	if plain.prof == own.prof || plain.prof.relativeMean[Office] == 3 {
		t.Fatal("the measured profiles were changed")
	}
	a, b := hourly(plain, hoursPerWeek), hourly(own, hoursPerWeek)
	var mean [NumClasses][]float64
	for i := range a {
		class := own.Class(i)
		mean[class] = append(mean[class], own.mean[i])
		m, n := average(a[i]), average(b[i])
		for h := range a[i] {
			want := a[i][h] / m
			if class == Office {
				if want = 7.0 / 9; h >= 5*hoursPerDay {
					want *= 2
				}
			}
			if got := b[i][h] / n; math.Abs(got/want-1) > 0.01 {
				t.Fatalf("sector %d (%s), hour %d: %g of the mean, want %g", i, class, h, got, want)
			}
		}
	}
	if r := average(mean[Office]) / average(mean[Residential]) * own.prof.relativeMean[Residential]; math.Abs(r/3-1) > 0.25 {
		t.Errorf("office sectors carry %g times the city's mean, want about 3", r)
	}
}

func TestBadProfiles(t *testing.T) {
	for want, change := range map[string]func(*Profile){
		`profiles[0].class: must be one of the classes, got "villa"`:         func(p *Profile) { p.Class = "villa" },
		"profiles[0].relative_mean: must exceed 0 and not exceed 100, got 0": func(p *Profile) { p.RelativeMean = 0 },
		"profiles[0].sunday: must have 24 values, got 23":                    func(p *Profile) { p.Sunday = p.Sunday[1:] },
		"profiles[0].monday[3]: must exceed 0 and not exceed 1e+06, got NaN": func(p *Profile) { p.Monday[3] = math.NaN() },
		"profiles[0].friday[23]: must exceed 0 and not exceed 1e+06, got 0":  func(p *Profile) { p.Friday[23] = 0 },
		"profiles[0].spread[1]: must exceed 0 and not exceed 5, got 6":       func(p *Profile) { p.Spread[1] = 6 },
		`profiles[1].class: "mixed" stands in profiles[0] already`:           func(*Profile) {},
	} {
		p := ownProfile("mixed")
		change(&p)
		spec := DefaultSpec()
		spec.Profiles = []Profile{p}
		if strings.HasPrefix(want, "profiles[1]") {
			spec.Profiles = append(spec.Profiles, ownProfile("mixed"))
		}
		if faults := errors.Join(spec.Validate()...); faults == nil || faults.Error() != want {
			t.Errorf("got %v, want %q", faults, want)
		}
	}
}
