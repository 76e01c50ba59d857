package fit

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"hibernet/sim/rng"
	"hibernet/traffic/trace"
)

// series is a grid of side x side squares with traffic from a generated city,
// as an import would give it.
func series(side, days, stepS, startS int) *trace.Series {
	per := secondsAnH / stepS
	s := &trace.Series{
		HasPosition: true, SideM: 500, StepS: stepS, StartS: startS, StartWeekday: startS / 86400,
		Unit: trace.UnitBit, Steps: days * hoursPerDay * per,
	}
	key := rng.Root(9)
	for p := range side * side {
		s.ID = append(s.ID, fmt.Sprintf("r%dc%d", p/side, p%side))
		s.X, s.Y = append(s.X, float64(p%side)*500), append(s.Y, float64(p/side)*500)
		for t := range s.Steps {
			h := float64((startS/stepS+t)/per%hoursPerDay) + 1
			s.Values = append(s.Values, float32(1e6*h*float64(p+1)*(0.9+0.2*key.At(uint64(p)).Float64(uint64(t)))))
		}
	}
	return s
}

func TestFromSeriesAddsStepsUp(t *testing.T) {
	// Four quarters of an hour, from Tuesday 18:00: the rest of Tuesday is no
	// whole day and is left out.
	s := series(8, 9, 900, 86400+18*3600)
	c, err := FromSeries(s)
	if err != nil {
		t.Fatal(err)
	}
	if c.Places() != 64 || c.Days != 8 || c.Weekday != 2 || c.UnitM != 500 || c.Bps != 1.0/3600 {
		t.Errorf("%d places, %d days from weekday %d, unit %g m, %g bit/s", c.Places(), c.Days, c.Weekday, c.UnitM, c.Bps)
	}
	skip := 6 * 4
	for p := range 64 {
		for h := range c.Days * hoursPerDay {
			want := 0.0
			for q := range 4 {
				want += float64(s.Row(p)[skip+4*h+q])
			}
			if math.Abs(c.Hours[p][h]/want-1) > 1e-9 {
				t.Fatalf("place %d, hour %d: %g, want %g", p, h, c.Hours[p][h], want)
			}
		}
	}
	s.Unit = trace.UnitBitPerS
	rate, err := FromSeries(s)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := rate.Hours[3][5], c.Hours[3][5]/4; math.Abs(got/want-1) > 1e-9 || rate.Bps != 1 {
		t.Errorf("a rate of %g, want the mean %g", got, want)
	}
}

func TestFromSeriesLeavesSilentPlacesOut(t *testing.T) {
	s := series(8, 7, 3600, 0)
	clear(s.Row(5))
	for h := range 100 { // of 168
		s.Row(9)[h] = 0
	}
	for h := range 80 {
		s.Row(10)[h] = 0
	}
	c, err := FromSeries(s)
	if err != nil {
		t.Fatal(err)
	}
	if c.Silent != 2 || c.Places() != 62 || c.ID[5] != "r0c6" || c.ID[8] != "r1c2" {
		t.Errorf("%d silent, %d places, %q and %q", c.Silent, c.Places(), c.ID[5], c.ID[8])
	}
}

func TestFromSeriesRefuses(t *testing.T) {
	for want, change := range map[string]func(*trace.Series){
		"no positions":          func(s *trace.Series) { s.HasPosition, s.X, s.Y, s.SideM = false, nil, nil, 0 },
		"do not divide an hour": func(s *trace.Series) { s.StepS = 7200 },
		"6 whole days; a fit needs 7": func(s *trace.Series) {
			s.StartS = 3600
		},
		"begins 1800 s into a day":   func(s *trace.Series) { s.StartS = 1800 },
		"39 places with traffic":     func(s *trace.Series) { clear(s.Values[39*s.Steps:]) },
		"is negative":                func(s *trace.Series) { s.Unit = trace.UnitRelative; s.Values[7] = -1 },
		"share their position":       func(s *trace.Series) { s.SideM = 0; clear(s.X); clear(s.Y) },
		"64 places of 168 steps":     func(s *trace.Series) { s.Values = s.Values[1:] },
		"is not finite":              func(s *trace.Series) { s.X[3] = math.NaN() },
		"allowed finite numbers fro": func(s *trace.Series) { s.Values[9] = float32(math.Inf(1)) },
	} {
		s := series(8, 7, 3600, 0)
		change(s)
		if _, err := FromSeries(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestPatchesHangTogether(t *testing.T) {
	s := series(8, 7, 3600, 0)
	for p := range s.ID { // the right half is moved away by a square and a half
		if p%8 >= 4 {
			s.X[p] += 750
		}
	}
	c, err := FromSeries(s)
	if err != nil {
		t.Fatal(err)
	}
	for p, k := range c.Patch {
		if (k == 1) != (p%8 >= 4) || k > 1 {
			t.Errorf("%s is in patch %d", c.ID[p], k)
		}
	}
	s.SideM = 0 // scattered places: one patch, and the median distance as unit
	if c, err = FromSeries(s); err != nil || c.UnitM != 500 || c.Patch[63] != 0 {
		t.Errorf("unit %g m, %v", c.UnitM, err)
	}
}

func TestSplitHoldsOut(t *testing.T) {
	c := Grid(20, 20, 21, 1000)
	for n := 1; n <= MaxHeldDays; n++ {
		s, err := NewSplit(c, n, 0.3, rng.Root(uint64(n)))
		if err != nil {
			t.Fatal(err)
		}
		if len(s.HeldDays) != 3*n || len(s.FitDays) != 21-3*n || len(s.FitPlaces)+len(s.HeldPlaces) != 400 {
			t.Errorf("%d held out of seven: %+v", n, s)
		}
		if held := len(s.HeldPlaces); held < 90 || held > 150 {
			t.Errorf("%d places held out, want about 120", held)
		}
		for week := range 3 {
			var work, end int
			for _, d := range s.FitDays {
				if d/7 == week {
					if c.weekend(d) {
						end++
					} else {
						work++
					}
				}
			}
			if work < 2 || end < 1 {
				t.Errorf("%d held out of seven: %d weekdays and %d days of the weekend are left of week %d", n, work, end, week)
			}
		}
	}
	// Whether a place is held out does not depend on the others.
	whole, err := NewSplit(c, 2, 0.5, rng.Root(1))
	if err != nil {
		t.Fatal(err)
	}
	part, err := NewSplit(c.Only(whole.HeldPlaces), 2, 0.5, rng.Root(1))
	if err == nil || len(part.HeldPlaces) != len(whole.HeldPlaces) {
		t.Errorf("of the held-out places %d of %d are held out again (%v)", len(part.HeldPlaces), len(whole.HeldPlaces), err)
	}
	for _, bad := range []struct {
		days  int
		share float64
	}{{0, 0.5}, {5, 0.5}, {2, 0}, {2, 1}, {2, math.NaN()}, {2, 0.99}} {
		if _, err := NewSplit(c, bad.days, bad.share, rng.Root(1)); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}
