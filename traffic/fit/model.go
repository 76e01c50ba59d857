package fit

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"hibernet/sim/rng"
	"hibernet/traffic"
)

// Model is a generator fitted to a city.
type Model struct {
	// Spec generates such a city. It keeps the defaults of what one city
	// cannot tell; see Kept.
	Spec traffic.Spec
	// Families are all that were fitted to the means; the most likely one is
	// in Spec.
	Families []Family
	// Classes are the shapes of the classes, Members the numbers of places in
	// them; a class that the city does not have has none.
	Classes []Shape
	Members []int
	// Explained is the share of the variance of the places' weeks that their
	// classes explain.
	Explained float64
	// Targets are the figures of noise of the places and days that the model
	// was fitted to, and Reached those of the cities that it makes.
	Targets, Reached Noise
	// Levels says of which area classes the mean demand was fitted.
	Levels [len(traffic.AreaNames)]bool
	// UnitM is the city's unit of distance.
	UnitM float64
	// Kept names settings that stand at their defaults, each with the reason.
	Kept []string
}

// rareClass is the least share of the places that makes a class: the rarest
// of Beijing's holds 2.6 %. Smaller ones are single odd places.
const rareClass = 0.01

// Fit fits a generator to some days of a city. progress, if not nil, is told
// the share that is done.
func Fit(ctx context.Context, c *City, days []int, key rng.Key, progress func(float64)) (*Model, error) {
	if n := len(c.weekdays(days)); n < 2 {
		return nil, fmt.Errorf("%d weekdays to fit to; the noise needs two", n)
	}
	m := &Model{Spec: plainSpec(), UnitM: c.UnitM}
	shapes := c.usualShapes(days)
	class, err := m.fitClasses(c, shapes)
	if err != nil {
		return nil, err
	}
	if err := m.fitMeans(c, days, class); err != nil {
		return nil, err
	}
	m.setProfiles(shapes, class)
	const fields = 0.5 // of the time
	if err := m.fitFields(ctx, c, days, class, key.Named("fields"), scaled(progress, 0, fields)); err != nil {
		return nil, err
	}
	m.Targets = c.Noise(days)
	if err := m.fitNoise(ctx, c, days, key.Named("noise"), scaled(progress, fields, 1)); err != nil {
		return nil, err
	}
	m.Kept = kept(c)
	return m, nil
}

// scaled returns a progress that covers a part of another; nil of nil.
func scaled(progress func(float64), from, to float64) func(float64) {
	if progress == nil {
		return nil
	}
	return func(share float64) { progress(from + share*(to-from)) }
}

// plainSpec is the default demand as hourly means: without a course or noise
// inside the hour, which hourly data cannot tell.
func plainSpec() traffic.Spec {
	s := traffic.DefaultSpec()
	s.Interpolation = "step"
	s.WithinHour.Enabled = false
	return s
}

// fitClasses finds the classes and their shares.
func (m *Model) fitClasses(c *City, shapes []Shape) (class []int, err error) {
	start, err := measuredShapes()
	if err != nil {
		return nil, err
	}
	m.Classes, class = commonClasses(shapes, start)
	m.Members = make([]int, len(m.Classes))
	for _, k := range class {
		m.Members[k]++
	}
	m.Explained = explained(shapes, m.Classes, class)
	cl := &m.Spec.Classes
	for a, mix := range []*traffic.Mix{&cl.DenseUrban, &cl.Urban, &cl.Suburban, &cl.Rural} {
		*mix = mixOf(class, func(i int) bool { return int(c.Area[i]) == a })
	}
	return class, nil
}

// mixOf returns the shares of the classes among the places that count, or
// among all if too few do.
func mixOf(class []int, counts func(i int) bool) traffic.Mix {
	var n, all [traffic.NumClasses]float64
	sum := 0.0
	for i, k := range class {
		all[k]++
		if counts(i) {
			n[k]++
			sum++
		}
	}
	if sum < minPlaces {
		n, sum = all, float64(len(class))
	}
	return traffic.Mix{Residential: n[0] / sum, Mixed: n[1] / sum, Office: n[2] / sum, Transport: n[3] / sum, Leisure: n[4] / sum}
}

// fitMeans fits the family and the shape of the means and, where the unit is
// one of traffic, their level.
func (m *Model) fitMeans(c *City, days []int, class []int) error {
	means := c.Means(days)
	rest, relative := withoutClass(means, class, c.Area, len(m.Classes))
	best, all, err := bestFamily(rest)
	if err != nil {
		return err
	}
	m.Families = all
	m.Spec.Mean.Family, m.Spec.Mean.Shape = best.Name, best.Shape
	for k := range m.Classes {
		if m.Members[k] > 0 {
			m.Spec.Profiles = append(m.Spec.Profiles, traffic.Profile{Class: traffic.Class(k).String(), RelativeMean: relative[k]})
		}
	}
	if c.Bps > 0 {
		s := &m.Spec.Mean
		for a, mbps := range []*float64{&s.DenseUrbanMbps, &s.UrbanMbps, &s.SuburbanMbps, &s.RuralMbps} {
			if v := meanOfArea(means, c.Area, uint8(a)); v > 0 {
				*mbps, m.Levels[a] = v*c.Bps/1e6, true
			}
		}
	}
	return nil
}

func meanOfArea(means []float64, areas []uint8, area uint8) float64 {
	var in []float64
	for i, a := range areas {
		if a == area {
			in = append(in, means[i])
		}
	}
	if len(in) == 0 {
		return 0
	}
	return stat.Mean(in, nil)
}

// setProfiles writes the shapes and the spreads of the classes into the Spec.
func (m *Model) setProfiles(shapes []Shape, class []int) {
	spread := spreads(shapes, m.Classes, class)
	for i := range m.Spec.Profiles {
		p := &m.Spec.Profiles[i]
		k := classIndex(p.Class)
		for d, day := range []*[]float64{&p.Monday, &p.Tuesday, &p.Wednesday, &p.Thursday, &p.Friday, &p.Saturday, &p.Sunday} {
			*day = rounded(m.Classes[k][d*hoursPerDay:(d+1)*hoursPerDay], leastDemand)
		}
		p.Spread = rounded(spread[k][:], leastSpread)
	}
}

// What a file can hold: a shape with four decimals, above zero.
const (
	decimals    = 1e4
	leastDemand = 1e-4
	leastSpread = 1e-3
)

// rounded rounds to four decimals, but not below least.
func rounded(x []float64, least float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Max(math.Round(v*decimals)/decimals, least)
	}
	return out
}

func classIndex(name string) int {
	for k := range traffic.NumClasses {
		if traffic.Class(k).String() == name {
			return k
		}
	}
	panic("fit: a class of no name")
}

// Generate makes the model's city at the places and on the days of another.
func (m *Model) Generate(at *City, key rng.Key) (*City, error) {
	src, err := traffic.New(m.Spec, at.places(), nil, key)
	if err != nil {
		return nil, fmt.Errorf("generate a city: %w", err)
	}
	return at.Sample(src), nil
}
