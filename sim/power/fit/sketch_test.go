package fit

import (
	"context"
	"reflect"
	"testing"

	"hibernet/sim/rng"
)

// Of a course that repeats every day all hours are kept, however long it is.
func TestThinKeepsAllHours(t *testing.T) {
	for _, days := range []int{60, 1200, 1201, 24 * 50, 9999} {
		x := make([]float64, 24*days)
		for i := range x {
			x[i] = float64(i % 24)
		}
		var count [24]int
		kept := thin(x)
		for _, hour := range kept {
			count[int(hour)]++
		}
		for hour, n := range count {
			if want := len(kept) / 24; n < want/2 || n > 2*want {
				t.Errorf("%d days: %d of %d points are of hour %d", days, n, len(kept), hour)
			}
		}
	}
}

// A fit reads the readings and changes none of them.
func TestFitLeavesTheDataAlone(t *testing.T) {
	p := &plant{truth: truth{level: 15, slope: 30, saving: 0.5, noise: 0.01}, stations: 12, hours: 120, key: rng.Root(3)}
	d, want := p.data(), p.data()
	if _, err := Fit(context.Background(), d, DefaultOptions()); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(d.Stations, want.Stations) {
		t.Error("the readings are not what they were before the fit")
	}
}
