package fit

import (
	"cmp"
	"fmt"
	"slices"

	"hibernet/sim/rng"
)

// Split says what a fit may see: it is made from FitPlaces on FitDays alone.
type Split struct {
	FitDays, HeldDays     []int // days of the city, ascending
	FitPlaces, HeldPlaces []int // places of the city, ascending
}

// MaxHeldDays is the largest number of days of seven that can be held out:
// two weekdays and a day of the weekend are left to fit to.
const MaxHeldDays = 4

// NewSplit holds out so many days of every seven and about that share of the
// places, drawn by a key. Of the days one is a weekday, the next of the
// weekend, and further ones weekdays. Whether a place is held out depends on
// its id alone and not on the others.
func NewSplit(c *City, heldDays int, heldPlaces float64, key rng.Key) (Split, error) {
	var s Split
	if heldDays < 1 || heldDays > MaxHeldDays {
		return s, fmt.Errorf("days held out of seven: allowed 1 to %d, got %d", MaxHeldDays, heldDays)
	}
	if !(heldPlaces > 0 && heldPlaces < 1) {
		return s, fmt.Errorf("share of places held out: must exceed 0 and be below 1, got %g", heldPlaces)
	}
	held := make([]bool, c.Days)
	for first := 0; first+daysPerWeek <= c.Days; first += daysPerWeek {
		for _, d := range drawDays(c, first, heldDays, key.Named("days").At(uint64(first))) {
			held[d] = true
		}
	}
	s.FitDays, s.HeldDays = divide(c.Days, func(d int) bool { return held[d] })
	places := key.Named("places")
	s.FitPlaces, s.HeldPlaces = divide(c.Places(), func(p int) bool { return places.Named(c.ID[p]).Float64(0) < heldPlaces })
	for _, part := range []struct {
		what string
		n    int
	}{{"fit to", len(s.FitPlaces)}, {"judge on", len(s.HeldPlaces)}} {
		if part.n < minPlaces {
			return s, fmt.Errorf("%d places to %s; %d are needed: there are %d, and %g of them are held out", part.n, part.what, minPlaces, c.Places(), heldPlaces)
		}
	}
	return s, nil
}

// drawDays draws n of the seven days from first on.
func drawDays(c *City, first, n int, key rng.Key) []int {
	var week, weekend []int
	for d := first; d < first+daysPerWeek; d++ {
		if c.weekend(d) {
			weekend = append(weekend, d)
		} else {
			week = append(week, d)
		}
	}
	shuffle := func(days []int, name string) {
		k := key.Named(name)
		slices.SortFunc(days, func(a, b int) int { return cmp.Compare(k.Uint64(uint64(a)), k.Uint64(uint64(b))) })
	}
	shuffle(week, "week")
	shuffle(weekend, "weekend")
	if n == 1 {
		return week[:1]
	}
	return append(weekend[:1:1], week[:n-1]...)
}

// divide returns the numbers below n for which held is false, and the others.
func divide(n int, held func(int) bool) (kept, out []int) {
	for i := range n {
		if held(i) {
			out = append(out, i)
		} else {
			kept = append(kept, i)
		}
	}
	return kept, out
}
