package traffic

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed profiles.yaml
var profilesYAML []byte

// Class is a weekly profile class.
type Class uint8

// The five classes, in the order of the measured data.
const (
	Residential Class = iota
	Mixed
	Office
	Transport
	Leisure
	NumClasses = 5
)

// String returns the class's name.
func (c Class) String() string {
	switch c {
	case Residential:
		return "residential"
	case Mixed:
		return "mixed"
	case Office:
		return "office"
	case Transport:
		return "transport"
	case Leisure:
		return "leisure"
	}
	return fmt.Sprintf("class(%d)", uint8(c))
}

// classOf returns the class of a name.
func classOf(name string) (Class, bool) {
	for c := range Class(NumClasses) {
		if c.String() == name {
			return c, true
		}
	}
	return 0, false
}

const (
	hoursPerDay  = 24
	daysPerWeek  = 7
	hoursPerWeek = hoursPerDay * daysPerWeek
)

// profiles is the measured data of profiles.yaml, checked and normalised.
type profiles struct {
	relativeMean [NumClasses]float64
	week         [NumClasses][hoursPerWeek]float64 // mean 1
	spread       [NumClasses][hoursPerDay]float64  // sd of the log
	noiseByHour  [hoursPerDay]float64              // mean 1
}

// WeeklyProfile returns the class's measured demand by hour of the week,
// Monday 00:00 first, divided by its mean.
func WeeklyProfile(c Class) ([hoursPerWeek]float64, error) {
	p, err := measuredProfiles()
	if err != nil {
		return [hoursPerWeek]float64{}, err
	}
	if c >= NumClasses {
		return [hoursPerWeek]float64{}, fmt.Errorf("traffic: no profile class %d; there are %d", c, NumClasses)
	}
	return p.week[c], nil
}

// measuredProfiles returns the data of profiles.yaml, which are read once.
var measuredProfiles = sync.OnceValues(func() (*profiles, error) { return readProfiles(profilesYAML) })

// readProfiles decodes the profile data strictly and normalises it.
func readProfiles(data []byte) (*profiles, error) {
	var file struct {
		NoiseByHour []float64 `yaml:"noise_by_hour"`
		Classes     []struct {
			Name         string      `yaml:"name"`
			Share        float64     `yaml:"share"`
			RelativeMean float64     `yaml:"relative_mean"`
			Profile      [][]float64 `yaml:"profile"`
			Spread       []float64   `yaml:"spread"`
		} `yaml:"classes"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	if len(file.Classes) != NumClasses {
		return nil, fmt.Errorf("profiles: %d classes, want %d", len(file.Classes), NumClasses)
	}
	p := new(profiles)
	if err := copyPositive(p.noiseByHour[:], file.NoiseByHour); err != nil {
		return nil, fmt.Errorf("profiles: noise_by_hour: %w", err)
	}
	scaleToMeanOne(p.noiseByHour[:])
	for i, c := range file.Classes {
		if want := Class(i).String(); c.Name != want {
			return nil, fmt.Errorf("profiles: classes[%d].name: %q, want %q", i, c.Name, want)
		}
		if len(c.Profile) != daysPerWeek {
			return nil, fmt.Errorf("profiles: %s: %d days, want %d", c.Name, len(c.Profile), daysPerWeek)
		}
		for d, day := range c.Profile {
			if err := copyPositive(p.week[i][d*hoursPerDay:(d+1)*hoursPerDay], day); err != nil {
				return nil, fmt.Errorf("profiles: %s.profile[%d]: %w", c.Name, d, err)
			}
		}
		scaleToMeanOne(p.week[i][:])
		if err := copyPositive(p.spread[i][:], c.Spread); err != nil {
			return nil, fmt.Errorf("profiles: %s.spread: %w", c.Name, err)
		}
		p.relativeMean[i] = c.RelativeMean
	}
	return p, nil
}

// with returns the profiles with those of a valid Spec in the place of the
// measured ones.
func (p *profiles) with(own []Profile) *profiles {
	q := *p
	for _, o := range own {
		c, ok := classOf(o.Class)
		if !ok {
			panic("traffic: a profile of no class was not refused")
		}
		for d, day := range o.Days() {
			copy(q.week[c][d*hoursPerDay:], day)
		}
		scaleToMeanOne(q.week[c][:])
		copy(q.spread[c][:], o.Spread)
		q.relativeMean[c] = o.RelativeMean
	}
	return &q
}

// copyPositive copies src to dst and refuses another length or a value that
// is not positive and finite.
func copyPositive(dst, src []float64) error {
	if len(src) != len(dst) {
		return fmt.Errorf("%d values, want %d", len(src), len(dst))
	}
	for i, v := range src {
		if !(v > 0) || math.IsInf(v, 0) {
			return fmt.Errorf("value %d is %g; must be positive and finite", i, v)
		}
		dst[i] = v
	}
	return nil
}

// scaleToMeanOne divides x by its mean.
func scaleToMeanOne(x []float64) {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	for i := range x {
		x[i] *= float64(len(x)) / sum
	}
}
