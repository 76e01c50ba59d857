package fit

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"hibernet/sim/des"
	"hibernet/traffic"
	"hibernet/traffic/trace"
)

const (
	hoursPerDay  = 24
	daysPerWeek  = 7
	hoursPerWeek = hoursPerDay * daysPerWeek
	firstWeekend = 5 // Saturday
	secondsAnH   = 3600
)

// City is hourly traffic of places over whole days; every place has some.
// Measured and generated cities are both this, so that every figure comes from
// one estimator.
type City struct {
	ID   []string  // of the places
	X, Y []float64 // m
	Area []uint8   // index into traffic.AreaNames
	// UnitM is the distance that counts as one: the side of a grid square, or
	// the median distance between nearest neighbours.
	UnitM float64
	// Patch numbers the connected parts of a grid. Distances between parts
	// are not used: where patches of a city were published without their
	// places, the importer laid them out by itself.
	Patch []int
	// Weekday is that of the first day (0 is Monday), Days the number of days.
	Weekday, Days int
	// Hours is the traffic [places][24 Days].
	Hours [][]float64
	// Silent counts the places that were left out, because they carry nothing
	// in more than half of the hours.
	Silent int
	// Bps turns a value into bit/s; 0 where the unit is not one of traffic.
	Bps float64
}

// The least that a city must have for anything to be fitted to it: a whole
// week, and places enough for the shares of five classes.
const (
	minDays   = 7
	minPlaces = 40
)

// FromSeries returns the whole days of a series, hour by hour, without the
// places that carry nothing in more than half of the hours. The steps must divide an hour.
func FromSeries(s *trace.Series) (*City, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if !s.HasPosition {
		return nil, errors.New("the places have no positions, which their correlation in space needs")
	}
	if secondsAnH%s.StepS != 0 {
		return nil, fmt.Errorf("steps of %d s do not divide an hour", s.StepS)
	}
	per := secondsAnH / s.StepS
	intoDay := s.StartS % (hoursPerDay * secondsAnH)
	if intoDay%s.StepS != 0 {
		return nil, fmt.Errorf("the series begins %d s into a day, which steps of %d s do not divide", intoDay, s.StepS)
	}
	skip, weekday := 0, s.StartWeekday
	if intoDay > 0 {
		skip, weekday = (hoursPerDay*secondsAnH-intoDay)/s.StepS, (weekday+1)%daysPerWeek
	}
	days := max(s.Steps-skip, 0) / (per * hoursPerDay)
	if days < minDays {
		return nil, fmt.Errorf("%d whole days; a fit needs %d", days, minDays)
	}
	c := &City{Weekday: weekday, Days: days, Bps: bpsOf(s.Unit)}
	for p := range s.ID {
		row := s.Row(p)[skip:]
		hours, busy := make([]float64, days*hoursPerDay), 0
		for t := range hours {
			for _, v := range row[t*per : (t+1)*per] {
				if v < 0 {
					return nil, fmt.Errorf("place %q: value %g is negative", s.ID[p], v)
				}
				hours[t] += float64(v)
			}
			if hours[t] > 0 {
				busy++
			}
		}
		if 2*busy < len(hours) {
			c.Silent++
			continue
		}
		c.add(s, p, hours)
	}
	if c.Places() < minPlaces {
		return nil, fmt.Errorf("%d places with traffic; a fit needs %d", c.Places(), minPlaces)
	}
	if s.Unit != trace.UnitBit { // rates and loads are means over the hour
		for _, row := range c.Hours {
			for t := range row {
				row[t] /= float64(per)
			}
		}
	}
	c.UnitM = s.SideM
	if c.UnitM == 0 {
		if c.UnitM = c.spacing(); c.UnitM == 0 {
			return nil, errors.New("more than half of the places share their position with another")
		}
		c.Patch = make([]int, c.Places())
	} else {
		c.Patch = c.patches()
	}
	return c, nil
}

// add appends a place.
func (c *City) add(s *trace.Series, p int, hours []float64) {
	area := uint8(urban)
	if s.Area != nil {
		area = s.Area[p]
	}
	c.ID, c.X, c.Y = append(c.ID, s.ID[p]), append(c.X, s.X[p]), append(c.Y, s.Y[p])
	c.Area, c.Hours = append(c.Area, area), append(c.Hours, hours)
}

// bpsOf returns the bit/s that an hour's value of a unit stands for.
func bpsOf(unit string) float64 {
	switch unit {
	case trace.UnitBit:
		return 1.0 / secondsAnH
	case trace.UnitBitPerS:
		return 1
	}
	return 0
}

// Places returns the number of places.
func (c *City) Places() int { return len(c.Hours) }

// spacing returns the median distance to the nearest other place.
func (c *City) spacing() float64 {
	near := make([]float64, c.Places())
	for i := range near {
		near[i] = math.Inf(1)
		for j := range near {
			if i != j {
				near[i] = math.Min(near[i], math.Hypot(c.X[i]-c.X[j], c.Y[i]-c.Y[j]))
			}
		}
	}
	return median(near)
}

// patches numbers the parts of a grid that hang together by sides or corners.
func (c *City) patches() []int {
	patch := make([]int, c.Places())
	for i := range patch {
		patch[i] = -1
	}
	next := 0
	for i := range patch {
		if patch[i] >= 0 {
			continue
		}
		patch[i] = next
		for todo := []int{i}; len(todo) > 0; {
			a := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for b := range patch {
				if patch[b] < 0 && c.distance(a, b) < 1.5 {
					patch[b] = next
					todo = append(todo, b)
				}
			}
		}
		next++
	}
	return patch
}

// distance returns the distance of two places in units.
func (c *City) distance(i, j int) float64 {
	return math.Hypot(c.X[i]-c.X[j], c.Y[i]-c.Y[j]) / c.UnitM
}

// Only returns the city with some of its places. Rows are shared.
func (c *City) Only(places []int) *City {
	o := *c
	o.ID, o.X, o.Y, o.Area, o.Patch, o.Hours = nil, nil, nil, nil, nil, nil
	for _, p := range places {
		o.ID, o.X, o.Y = append(o.ID, c.ID[p]), append(o.X, c.X[p]), append(o.Y, c.Y[p])
		o.Area, o.Patch, o.Hours = append(o.Area, c.Area[p]), append(o.Patch, c.Patch[p]), append(o.Hours, c.Hours[p])
	}
	return &o
}

// AllDays returns the numbers of all days.
func (c *City) AllDays() []int {
	days := make([]int, c.Days)
	for d := range days {
		days[d] = d
	}
	return days
}

// weekend says whether a day is a Saturday or a Sunday.
func (c *City) weekend(day int) bool { return c.dayOfWeek(day) >= firstWeekend }

func (c *City) dayOfWeek(day int) int { return (c.Weekday + day) % daysPerWeek }

// weekdays returns those of the days that are Monday to Friday.
func (c *City) weekdays(days []int) []int {
	return slices.DeleteFunc(slices.Clone(days), c.weekend)
}

// places returns the places as package traffic takes them.
func (c *City) places() traffic.Places {
	return traffic.Places{X: c.X, Y: c.Y, Area: c.Area}
}

// Sample returns the city that a source makes at the places and on the days
// of this one. The source must have been made for these places.
func (c *City) Sample(src *traffic.Source) *City {
	if src.Len() != c.Places() {
		panic("fit: Sample: the source has another number of sectors")
	}
	o := *c
	o.Hours = make([][]float64, c.Places())
	for i := range o.Hours {
		o.Hours[i] = make([]float64, c.Days*hoursPerDay)
	}
	o.Bps = 1
	demand := make([]float32, c.Places())
	from := des.Time(c.Weekday) * hoursPerDay * des.Hour
	for t := range c.Days * hoursPerDay {
		src.DemandTo(demand, from+des.Time(t)*des.Hour+des.Hour/2)
		for i, v := range demand {
			o.Hours[i][t] = float64(v)
		}
	}
	return &o
}
