package trace

import (
	"fmt"
	"math"
	"time"
)

// weekS is the length of a week in seconds.
const weekS = 7 * 86400

// AreaNames are the area classes in the order of their indices.
var AreaNames = [...]string{"dense_urban", "urban", "suburban", "rural"}

// areaIndex returns the class of a name, or false.
func areaIndex(name string) (uint8, bool) {
	for i, n := range AreaNames {
		if n == name {
			return uint8(i), true
		}
	}
	return 0, false
}

// Series is the traffic of places over equal time steps, without holes.
type Series struct {
	// ID names the places; unique, not empty.
	ID []string
	// X and Y are positions in metres (x east, y north), one a place; nil
	// unless HasPosition.
	X, Y []float64
	// HasPosition says whether positions are known.
	HasPosition bool
	// Area is the class of each place, an index into AreaNames; nil when
	// unknown.
	Area []uint8
	// SideM is the side of a grid square in metres; 0 when the places are not
	// squares of a grid.
	SideM float64
	// Start is the wall time of step 0 as 2006-01-02T15:04:05, or empty when
	// only its place in the week is known.
	Start string
	// TimeZone is the IANA name of the wall clock, or empty when unknown.
	TimeZone string
	// StepS is the length of a step in seconds.
	StepS int
	// StartWeekday is the weekday of step 0 (0 is Monday).
	StartWeekday int
	// StartS is the second of the week of step 0, in [0, 604800).
	StartS int
	// Unit is one of UnitBit, UnitBitPerS, UnitLoad, UnitRelative.
	Unit string
	// Steps is the number of steps.
	Steps int
	// Values are the values, place by place: Values[p*Steps+t].
	Values []float32
}

// Places returns the number of places.
func (s *Series) Places() int { return len(s.ID) }

// Row returns the values of place p, Steps long. The slice aliases Values.
func (s *Series) Row(p int) []float32 {
	return s.Values[p*s.Steps : (p+1)*s.Steps : (p+1)*s.Steps]
}

// Validate reports the first broken invariant of the Series.
func (s *Series) Validate() error {
	if err := s.validateShape(); err != nil {
		return err
	}
	if err := validateIDs(s.ID); err != nil {
		return err
	}
	for _, a := range s.Area {
		if int(a) >= len(AreaNames) {
			return fmt.Errorf("area %d: allowed 0 to %d", a, len(AreaNames)-1)
		}
	}
	if s.HasPosition {
		for p := range s.ID {
			if !finite(s.X[p]) || !finite(s.Y[p]) {
				return fmt.Errorf("place %q: position (%g, %g) is not finite", s.ID[p], s.X[p], s.Y[p])
			}
		}
	}
	signed := s.Unit == UnitRelative
	for i, v := range s.Values {
		if f := float64(v); !finite(f) || f < 0 && !signed {
			return fmt.Errorf("place %q, step %d: value %g: allowed finite numbers from 0 up", s.ID[i/s.Steps], i%s.Steps, v)
		}
	}
	return nil
}

func (s *Series) validateShape() error {
	n := len(s.ID)
	switch {
	case n == 0:
		return fmt.Errorf("no places")
	case s.Steps < 1:
		return fmt.Errorf("steps %d: allowed from 1 up", s.Steps)
	case len(s.Values) != n*s.Steps:
		return fmt.Errorf("%d values for %d places of %d steps", len(s.Values), n, s.Steps)
	case s.StepS < 1 || s.StepS > weekS:
		return fmt.Errorf("step_s %d: allowed 1 to %d", s.StepS, weekS)
	case s.StartS < 0 || s.StartS >= weekS:
		return fmt.Errorf("start_s %d: allowed 0 to %d", s.StartS, weekS-1)
	case s.StartWeekday != s.StartS/86400:
		return fmt.Errorf("start_weekday %d does not agree with start_s %d", s.StartWeekday, s.StartS)
	case s.HasPosition && (len(s.X) != n || len(s.Y) != n):
		return fmt.Errorf("%d and %d coordinates for %d places", len(s.X), len(s.Y), n)
	case !s.HasPosition && (len(s.X) != 0 || len(s.Y) != 0):
		return fmt.Errorf("coordinates without HasPosition")
	case s.Area != nil && len(s.Area) != n:
		return fmt.Errorf("%d area classes for %d places", len(s.Area), n)
	case !finite(s.SideM) || s.SideM < 0:
		return fmt.Errorf("side_m %g: allowed from 0 up", s.SideM)
	case !canonicalUnit(s.Unit):
		return fmt.Errorf("unit %q: allowed %s, %s, %s, %s", s.Unit, UnitBit, UnitBitPerS, UnitLoad, UnitRelative)
	}
	return s.validateStart()
}

// validateStart checks that the wall time of step 0, if known, falls on the
// stated second of the week.
func (s *Series) validateStart() error {
	if s.Start == "" {
		return nil
	}
	t, err := time.Parse(wallLayout, s.Start)
	if err != nil {
		return fmt.Errorf("start %q: allowed a time like 2006-01-02T15:04:05", s.Start)
	}
	if got := secondOfWeek(t.Unix()); got != int64(s.StartS) {
		return fmt.Errorf("start %s is second %d of its week, start_s says %d", s.Start, got, s.StartS)
	}
	return nil
}

func validateIDs(ids []string) error {
	seen := make(map[string]bool, len(ids))
	for i, id := range ids {
		if id == "" {
			return fmt.Errorf("place %d has an empty id", i)
		}
		if seen[id] {
			return fmt.Errorf("id %q comes twice", id)
		}
		seen[id] = true
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// wallLayout is how wall times are written.
const wallLayout = "2006-01-02T15:04:05"

// mondayOffsetS shifts Unix time, whose zero is a Thursday, to weeks that
// begin on Monday.
const mondayOffsetS = 3 * 86400

// secondOfWeek returns the second of the week (Monday 00:00 is 0) of a wall
// time given in seconds since 1970 as if the wall clock were UTC.
func secondOfWeek(wall int64) int64 { return mod(wall+mondayOffsetS, weekS) }

// mod is the remainder that is never negative.
func mod(a, b int64) int64 {
	if r := a % b; r >= 0 {
		return r
	} else {
		return r + b
	}
}

// floorDiv is the quotient rounded down.
func floorDiv(a, b int64) int64 { return (a - mod(a, b)) / b }
