package baseline

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// By hand: the taker's load times the largest growth ahead, at least 1, against
// 0.2 for a cell that is awake and 0.3 for one that sleeps.
func TestForecastByHand(t *testing.T) {
	s := sleepSchema()
	p, err := NewForecast(DefaultForecastSpec())
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		cell
		taker, now float64
		ahead      [3]float64
		want       string
	}{
		{cell{}, 0.15, 0.1, [3]float64{0.1, 0.1, 0.1}, "deep_sleep"},
		{cell{}, 0.15, 0.1, [3]float64{0.1, 0.1, 0.14}, "full"},                          // 0.21 in the fourth interval
		{cell{state: "deep_sleep"}, 0.15, 0.1, [3]float64{0.1, 0.1, 0.14}, "deep_sleep"}, // but not yet 0.3
		{cell{state: "deep_sleep"}, 0.15, 0.1, [3]float64{0.1, 0.21, 0.1}, "full"},
		{cell{}, 0.25, 0.1, [3]float64{0.05, 0.05, 0.05}, "full"}, // now it is too high still
		{cell{coverage: true}, 0, 0.1, [3]float64{}, "full"},
		{cell{}, 0.15, 0, [3]float64{0.1, 0, 0}, "full"},
		{cell{}, 0.15, 0, [3]float64{}, "deep_sleep"},
		{cell{forbidden: []string{"deep_sleep"}}, 0.1, 0.1, [3]float64{}, "full"},
	}
	var cells []cell
	var want []string
	for _, r := range rows {
		cells, want = append(cells, r.cell), append(want, r.want)
	}
	b := batch(t, s, cells...)
	for i, r := range rows {
		for name, raw := range map[string]float64{
			"candidate_load_if_asleep": r.taker, "sector_load": r.now,
			"forecast_load_1": r.ahead[0], "forecast_load_2": r.ahead[1], "forecast_load_4": r.ahead[2],
		} {
			c, _ := s.Column(name)
			b.Obs[i*len(s.Fields)+c] = s.Fields[c].Scaled(raw)
		}
	}
	reset(t, p, s, len(rows), 1)
	if got := act(t, p, s, b); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestForecastSpecFaults(t *testing.T) {
	text := errors.Join(ForecastSpec{SleepBelow: 2, WakeAbove: 0.1}.Validate()...).Error()
	for _, want := range []string{"sleep_below: allowed above 0 to 1, got 2", "wake_above: allowed above sleep_below (2) to 1, got 0.1", "state: "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
}
