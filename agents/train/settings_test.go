package train

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestBoundsNameWhatIsOutside(t *testing.T) {
	for _, c := range []struct {
		bound Bound
		want  string // "" for none
	}{
		{Bound{Path: "a", Value: 0, Lo: 0, Hi: 1}, ""},
		{Bound{Path: "a", Value: 1, Lo: 0, Hi: 1}, ""},
		{Bound{Path: "a", Value: 0, Lo: 0, Hi: 1, Open: true}, "net.a: allowed 0 to 1 (the first excluded), got 0"},
		{Bound{Path: "a", Value: 2, Lo: 0, Hi: 1}, "net.a: allowed 0 to 1, got 2"},
		{Bound{Path: "a", Value: math.NaN(), Lo: 0, Hi: 1}, "net.a: allowed 0 to 1, got NaN"},
	} {
		got := ""
		if err := errors.Join(Section("net", Bounds([]Bound{c.bound}))...); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v: %q, want %q", c.bound, got, c.want)
		}
	}
}

func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		schedule  string
		iteration int
		want      float64
	}{{Linear, 0, 1}, {Linear, 1, 0.75}, {Linear, 4, 0}, {Constant, 3, 1}} {
		if got := Left(c.schedule, c.iteration, 4); got != c.want || len(CheckSchedule(c.schedule)) > 0 {
			t.Errorf("%s, iteration %d of 4: %g left, want %g", c.schedule, c.iteration, got, c.want)
		}
	}
	if errs := CheckSchedule("cosine"); len(errs) != 1 || !strings.Contains(errs[0].Error(), `schedule: allowed "linear", "constant", got "cosine"`) {
		t.Errorf("errors %v", errs)
	}
}

func TestUpdatesStopAtTheFirstFault(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	full, made := errors.New("full"), 0
	err := Updates(ctx, 5, func(u int) error {
		if made++; u == 2 {
			return full
		}
		return nil
	})
	if made != 3 || !errors.Is(err, full) || err.Error() != "gradient step 2: full" {
		t.Errorf("%d steps, error %v", made, err)
	}
	cancel()
	if err := Updates(ctx, 5, func(int) error { made++; return nil }); made != 3 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d steps, error %v after a cancel", made, err)
	}
}

func TestRowsWithoutAnActionAreNamed(t *testing.T) {
	mask := []bool{true, true, false, false, false, true}
	for _, c := range []struct {
		actions  []int32
		want     string
		diverged bool
	}{
		{[]int32{0, 0, 1}, "", false},
		{[]int32{0, -1, -1}, "row 1: the mask allows no action", false},
		{[]int32{0, 0, -1}, "row 2: a value is not finite: training diverged", true},
	} {
		err := CheckChosen(c.actions, mask, "value")
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) || errors.Is(err, ErrDiverged) != c.diverged {
			t.Errorf("actions %v: error %v, want %q", c.actions, err, c.want)
		}
	}
	if now := Clock(nil).Now(); now != 0 || Clock(func() time.Duration { return 3 }).Now() != 3 {
		t.Errorf("without a clock it is %v", now)
	}
}
