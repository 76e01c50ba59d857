package traffic

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hibernet/sim/rng"
)

func TestDefaultSpecIsValid(t *testing.T) {
	for name, s := range map[string]Spec{"default": DefaultSpec(), "full": fullSpec(), "squares": squareSpec()} {
		if faults := s.Validate(); len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	good := fullSpec()
	for _, c := range []struct {
		want []string // beginnings of the messages, in order
		harm func(s *Spec)
	}{
		{[]string{`source: must be one of ["synthetic" "trace"], got "web"`}, func(s *Spec) { s.Source = "web" }},
		{[]string{"interpolation:", "growth_per_year:"}, func(s *Spec) { s.Interpolation, s.GrowthPerYear = "", math.NaN() }},
		{[]string{"mean.urban_mbps: must lie in 0 to 1e+06, got -1"}, func(s *Spec) { s.Mean.UrbanMbps = -1 }},
		{[]string{"mean.family:", "mean.shape:"}, func(s *Spec) { s.Mean.Family, s.Mean.Shape = "normal", 0 }},
		{[]string{"mean.nugget:", "mean.range_m:"}, func(s *Spec) { s.Mean.Nugget, s.Mean.RangeM = 1.1, 0 }},
		{[]string{"classes.rural: the shares must sum to 1, got 1.5"}, func(s *Spec) { s.Classes.Rural.Office += 0.5 }},
		{[]string{"classes.urban.office:", "classes.urban:"}, func(s *Spec) { s.Classes.Urban.Office = -1 }},
		{[]string{"classes.spread:"}, func(s *Spec) { s.Classes.Spread = math.Inf(1) }},
		{[]string{"noise.hour_phi:"}, func(s *Spec) { s.Noise.HourPhi = 1 }},
		{[]string{"noise.drift_share: with day_share (0.7)"}, func(s *Spec) { s.Noise.DayShare, s.Noise.DriftShare = 0.7, 0.4 }},
		{[]string{"within_hour.step_min: must divide 60"}, func(s *Spec) { s.WithinHour.StepMin = 7 }},
		{[]string{"within_hour.step_min:", "within_hour.cv:"}, func(s *Spec) { s.WithinHour.StepMin, s.WithinHour.CV = 0, -1 }},
		{[]string{"trace.within_place_shape:"}, func(s *Spec) { s.Trace.WithinShape = 0 }},
		{[]string{"surges[0].factor: must exceed 0"}, func(s *Spec) { s.Surges[0].Factor = 0 }},
		{[]string{"surges[0].plateau_min: an event needs"}, func(s *Spec) { s.Surges[0].RampMin, s.Surges[0].PlateauMin = 0, 0 }},
		{[]string{"random_surges.factor_max: must not be below factor_min (3), got 2"}, func(s *Spec) { s.RandomSurges.FactorMax = 2 }},
		{[]string{"random_surges.plateau_max_min: with two ramps"}, func(s *Spec) { s.RandomSurges.PlateauMaxMin = 1440 }},
		{[]string{"random_surges.to_hour:"}, func(s *Spec) { s.RandomSurges.ToHour = 1 }},
		{[]string{"holidays[0].days:", "holidays[0].profile:"}, func(s *Spec) { s.Holidays[0].Days, s.Holidays[0].Profile = 0, "monday" }},
		{[]string{"holidays[0].office: must exceed 0"}, func(s *Spec) { s.Holidays[0].Office = 0 }},
		{[]string{"holidays[1]: overlaps holidays[0] (days 2 to 2)"}, func(s *Spec) { s.Holidays = append(s.Holidays, s.Holidays[0]) }},
	} {
		s := good
		s.Surges, s.Holidays = slices.Clone(good.Surges), slices.Clone(good.Holidays)
		c.harm(&s)
		faults := s.Validate()
		if len(faults) != len(c.want) {
			t.Errorf("want %q, got %v", c.want, faults)
			continue
		}
		for i, f := range faults {
			if !strings.HasPrefix(f.Error(), c.want[i]) {
				t.Errorf("want %q, got %q", c.want[i], f)
			}
		}
		if _, err := New(s, gridPlaces(2, 2), nil, rng.Root(1)); err == nil {
			t.Errorf("New takes a Spec with %q", c.want)
		}
	}
}

// TestEveryNumberIsBounded holds the settings to their convention: a key, a
// text, and for numbers a unit and both bounds.
func TestEveryNumberIsBounded(t *testing.T) {
	var walk func(typ reflect.Type, path string)
	walk = func(typ reflect.Type, path string) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			at := path + "." + f.Name
			if f.Tag.Get("yaml") == "" || f.Tag.Get("doc") == "" {
				t.Errorf("%s: no yaml or doc tag", at)
			}
			kind := f.Type
			if kind.Kind() == reflect.Slice {
				kind = kind.Elem()
			}
			switch kind.Kind() {
			case reflect.Struct:
				walk(kind, at)
			case reflect.String:
				if f.Tag.Get("enum") == "" {
					t.Errorf("%s: no enum tag", at)
				}
			case reflect.Bool:
			default:
				if f.Tag.Get("unit") == "" || f.Tag.Get("min")+f.Tag.Get("gt") == "" || f.Tag.Get("max")+f.Tag.Get("lt") == "" {
					t.Errorf("%s: no unit or bound", at)
				}
			}
		}
	}
	walk(reflect.TypeFor[Spec](), "Spec")
}

func TestNewRefusesBadPlaces(t *testing.T) {
	for want, p := range map[string]Places{
		"no sectors":        {},
		"equally many":      {X: []float64{1}, Y: []float64{1}},
		"must be finite":    {X: []float64{math.NaN()}, Y: []float64{1}, Area: []uint8{0}},
		"allowed 0 to 3":    {X: []float64{1}, Y: []float64{1}, Area: []uint8{4}},
		"must be finite, 2": {X: []float64{1}, Y: []float64{math.Inf(1)}, Area: []uint8{0}},
	} {
		want, _, _ = strings.Cut(want, ",")
		if _, err := New(DefaultSpec(), p, nil, rng.Root(1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	spec := DefaultSpec()
	if _, err := New(spec, gridPlaces(1, 1), gridSeries(1, 24, 3600), rng.Root(1)); err == nil {
		t.Error("a synthetic source takes a series")
	}
	spec.Source = "trace"
	if _, err := New(spec, gridPlaces(1, 1), nil, rng.Root(1)); err == nil {
		t.Error("a trace source takes no series")
	}
}

func TestProfilesAreReadStrictly(t *testing.T) {
	text := string(profilesYAML)
	for want, bad := range map[string]string{
		"field shares not found": strings.Replace(text, "    share:", "    shares:", 1),
		"want \"residential\"":   strings.Replace(text, "residential", "homes", 1),
		"23 values, want 24":     strings.Replace(text, "[0.799, ", "[", 1),
		"must be positive":       strings.Replace(text, "[0.799, ", "[0, ", 1),
		"6 days, want 7":         strings.Replace(text, text[strings.Index(text, "      - ["):strings.Index(text, "      - [0.783")], "", 1),
	} {
		if _, err := readProfiles([]byte(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	p, err := readProfiles(profilesYAML)
	if err != nil {
		t.Fatal(err)
	}
	for c := range p.week {
		if m := average(p.week[c][:]); math.Abs(m-1) > 1e-12 {
			t.Errorf("%v: mean %g, want 1", Class(c), m)
		}
	}
}

func TestFewSectorsHaveTheConfiguredMean(t *testing.T) {
	for n := range 5 {
		p := scatteredPlaces(n+1, 1000, 1000, 3)
		for i := range p.Area {
			p.Area[i] = 3
		}
		src := mustNew(t, DefaultSpec(), p, nil, 1)
		if got, want := average(src.mean), DefaultSpec().Mean.RuralMbps*1e6; math.Abs(got/want-1) > 1e-12 {
			t.Errorf("%d sectors: mean %g, want %g", n+1, got, want)
		}
	}
	spec := DefaultSpec()
	spec.Mean.RuralMbps = 0
	p := Places{X: []float64{1}, Y: []float64{1}, Area: []uint8{3}}
	dst := make([]float32, 1)
	mustNew(t, spec, p, nil, 1).DemandTo(dst, 0)
	if dst[0] != 0 {
		t.Errorf("no demand configured, got %g", dst[0])
	}
}
