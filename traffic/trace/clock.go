package trace

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// timeFormat is a named way to write a time.
type timeFormat struct {
	name    string
	layouts []string // of package time; empty: a Unix time in units of scale
	scale   int64    // of a second
	doc     string
}

// timeFormats in the order in which "auto" tries them.
var timeFormats = [...]timeFormat{
	{"iso", []string{
		"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04",
		time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00",
		"2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST", "2006/01/02 15:04:05", "2006/01/02 15:04",
		"20060102T150405", "20060102 150405", "2006-01-02",
	}, 0, "2023-01-31 18:00:00, with T, without seconds, with an offset"},
	{"us", []string{"1/2/2006 15:04:05", "1/2/2006 15:04", "1/2/2006 3:04:05 PM", "1/2/2006 3:04 PM", "1/2/2006"}, 0, "1/31/2023 18:00"},
	{"eu", []string{
		"2/1/2006 15:04:05", "2/1/2006 15:04", "2/1/2006", "2.1.2006 15:04:05", "2.1.2006 15:04", "2.1.2006",
		"2-1-2006 15:04:05", "2-1-2006 15:04", "2-1-2006",
	}, 0, "31/1/2023 18:00 or 31.1.2023 18:00"},
	{"unix", nil, 1, "seconds since 1970 (UTC)"},
	{"unix_ms", nil, 1e3, "milliseconds since 1970"},
	{"unix_us", nil, 1e6, "microseconds since 1970"},
	{"unix_ns", nil, 1e9, "nanoseconds since 1970"},
}

// TimeFormats returns the names of the time formats and an example of each.
func TimeFormats() (names, docs []string) {
	for _, f := range timeFormats {
		names, docs = append(names, f.name), append(docs, f.doc)
	}
	return names, docs
}

// clockReader turns texts into wall times.
type clockReader struct {
	zone    *time.Location
	formats []timeFormat // those that may apply
	auto    bool
	last    string // layout that matched last, tried first
}

func newClockReader(format string, zone *time.Location) *clockReader {
	c := &clockReader{zone: zone}
	if format == "" || format == "auto" {
		c.auto = true
		for _, f := range timeFormats {
			if f.layouts != nil {
				c.formats = append(c.formats, f)
			}
		}
		return c
	}
	for _, f := range timeFormats {
		if f.name == format {
			c.formats = []timeFormat{f}
			return c
		}
	}
	c.formats = []timeFormat{{name: format, layouts: []string{format}}}
	return c
}

// wall returns the wall time of text in seconds since 1970 as if the wall
// clock were UTC; fractions of a second are cut off.
func (c *clockReader) wall(text string) (int64, error) {
	if c.last != "" {
		if t, err := time.Parse(c.last, text); err == nil {
			return c.toWall(t, c.last), nil
		}
	}
	for _, f := range c.formats {
		if f.layouts == nil {
			return c.unix(text, f.scale)
		}
		for _, layout := range f.layouts {
			t, err := time.Parse(layout, text)
			if err != nil {
				continue
			}
			if c.auto && f.name == "us" {
				month, day := slashed(text)
				if month == day {
					return c.toWall(t, layout), nil // says nothing about the order
				}
				if day <= 12 {
					return 0, fmt.Errorf("time %q may be month/day or day/month: give the time format, us or eu", cut(text))
				}
			}
			if c.auto && f.name != "iso" {
				c.formats, c.auto = []timeFormat{f}, false
			}
			c.last = layout
			return c.toWall(t, layout), nil
		}
	}
	return 0, fmt.Errorf("time %q cannot be read, allowed %s", cut(text), c.allowed())
}

func (c *clockReader) allowed() string {
	parts := make([]string, len(c.formats))
	for i, f := range c.formats {
		parts[i] = f.name
		if f.doc != "" {
			parts[i] += " (" + f.doc + ")"
		}
	}
	return strings.Join(parts, ", ")
}

// toWall drops the zone of a time: an instant is first seen on the clock of
// c.zone, a time written without an offset is taken as it stands.
func (c *clockReader) toWall(t time.Time, layout string) int64 {
	if strings.Contains(layout, "07") || strings.Contains(layout, "MST") {
		return c.instant(t)
	}
	return t.Unix()
}

func (c *clockReader) instant(t time.Time) int64 {
	_, offset := t.In(c.zone).Zone()
	return t.Unix() + int64(offset)
}

func (c *clockReader) unix(text string, scale int64) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		f, ferr := strconv.ParseFloat(text, 64)
		if ferr != nil || math.Abs(f) > 9e18 || math.IsNaN(f) {
			return 0, fmt.Errorf("time %q is not a number, allowed Unix time in 1/%d s", cut(text), scale)
		}
		n = int64(math.Floor(f))
	}
	s := floorDiv(n, scale)
	if s < minUnix || s > maxUnix {
		return 0, fmt.Errorf("time %q lies outside the years 1 to 9999", cut(text))
	}
	return c.instant(time.Unix(s, 0)), nil
}

// The first and last second of the years that a Series can start in.
const minUnix, maxUnix = -62135596800, 253402300799

// slashed returns the first two numbers of a date that parsed as a/b/year.
func slashed(text string) (a, b int) {
	first, rest, _ := strings.Cut(text, "/")
	second, _, _ := strings.Cut(rest, "/")
	a, _ = strconv.Atoi(first)
	b, _ = strconv.Atoi(second)
	return a, b
}

// repeatedHour says whether a wall time comes twice on the clock of zone,
// because it is put back.
func repeatedHour(wall int64, zone *time.Location) bool {
	w := time.Unix(wall, 0).UTC()
	t := time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), 0, zone)
	for _, d := range [...]time.Duration{-time.Hour, time.Hour, -30 * time.Minute, 30 * time.Minute} {
		o := t.Add(d)
		if o.Hour() == t.Hour() && o.Minute() == t.Minute() && o.Day() == t.Day() {
			return true
		}
	}
	return false
}
