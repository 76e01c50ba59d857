package des

import (
	"fmt"
	"math"
)

// Time is a point in simulated time or a span of it, in microseconds. As a
// point it counts from Monday 00:00 local time.
type Time int64

// Spans of time.
const (
	Microsecond Time = 1
	Millisecond      = 1000 * Microsecond
	Second           = 1000 * Millisecond
	Minute           = 60 * Second
	Hour             = 60 * Minute
	Day              = 24 * Hour
)

// Seconds returns t in seconds.
func (t Time) Seconds() float64 { return float64(t) / float64(Second) }

// Hours returns t in hours.
func (t Time) Hours() float64 { return float64(t) / float64(Hour) }

// String formats t as days and a clock, "2d03:04:05", with the fraction of a
// second behind it if there is one.
func (t Time) String() string {
	sign, u := "", uint64(t)
	if t < 0 {
		sign, u = "-", -u
	}
	day, us := u/uint64(Day), u%uint64(Day)
	h, us := us/uint64(Hour), us%uint64(Hour)
	m, us := us/uint64(Minute), us%uint64(Minute)
	s, us := us/uint64(Second), us%uint64(Second)
	if us == 0 {
		return fmt.Sprintf("%s%dd%02d:%02d:%02d", sign, day, h, m, s)
	}
	return fmt.Sprintf("%s%dd%02d:%02d:%02d.%06d", sign, day, h, m, s, us)
}

// FromSeconds returns s seconds as a Time, rounded to the nearest microsecond
// with halves away from zero. Values beyond the range of Time, about 292,000
// years, become its ends; NaN becomes 0.
func FromSeconds(s float64) Time {
	us := math.Round(s * float64(Second))
	switch {
	case us != us:
		return 0
	case us >= math.MaxInt64:
		return math.MaxInt64
	case us <= math.MinInt64:
		return math.MinInt64
	}
	return Time(us)
}
