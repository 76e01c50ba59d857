package baseline

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"hibernet/agents"
	"hibernet/env"
)

var ladder = []string{"full", "half_trx", "quarter_trx", "backoff", "dtx", "carrier_sleep", "deep_sleep", "dormant"}

// sleepSchema has the columns that the rules read, with scales of their own,
// in an order of no meaning.
func sleepSchema() env.Schema {
	s := env.Schema{Environment: "sleep", Version: 1, Fields: []env.Field{
		{Name: "candidate_load", Offset: 0.5, Scale: 0.5}, {Name: "dow", Scale: 7}, {Name: "hour", Offset: 12, Scale: 12},
		{Name: "own_load", Scale: 1}, {Name: "is_coverage", Scale: 1}, {Name: "time_in_state_min", Scale: 60},
		{Name: "candidate_load_if_asleep", Scale: 0.5}, {Name: "sector_load", Scale: 0.1},
		{Name: "forecast_load_1", Scale: 0.1}, {Name: "forecast_load_2", Scale: 0.1}, {Name: "forecast_load_4", Scale: 0.1},
	}}
	for _, name := range ladder {
		s.Fields = append(s.Fields, env.Field{Name: "state_" + name, Scale: 1})
		s.Actions = append(s.Actions, env.Action{Name: name})
	}
	return s
}

// cell is what one row observes, in units.
type cell struct {
	hour, own, candidate, sinceMin float64
	coverage                       bool
	state                          string
	forbidden                      []string
}

func batch(t *testing.T, s env.Schema, cells ...cell) *env.Batch {
	t.Helper()
	n, width := len(cells), len(s.Fields)
	b := &env.Batch{Obs: make([]float32, n*width), FinalObs: make([]float32, n*width), Mask: make([]bool, n*len(s.Actions)),
		Reward: make([]float32, n), Terminated: make([]bool, n), Truncated: make([]bool, n)}
	for row, c := range cells {
		put := func(name string, raw float64) {
			i, ok := s.Column(name)
			if !ok {
				t.Fatalf("no column %s", name)
			}
			b.Obs[row*width+i] = s.Fields[i].Scaled(raw)
		}
		put("hour", c.hour)
		put("own_load", c.own)
		put("candidate_load", c.candidate)
		put("time_in_state_min", c.sinceMin)
		put("is_coverage", 0)
		if c.coverage {
			put("is_coverage", 1)
		}
		for i, a := range s.Actions {
			put("state_"+a.Name, 0)
			b.Mask[row*len(s.Actions)+i] = !slices.Contains(c.forbidden, a.Name)
		}
		if c.state == "" {
			c.state = "full"
		}
		put("state_"+c.state, 1)
	}
	return b
}

func reset(t *testing.T, p agents.Policy, s env.Schema, rows int, seed uint64) {
	t.Helper()
	if err := p.Reset(s, rows, seed); err != nil {
		t.Fatal(err)
	}
}

// act returns the names of the actions.
func act(t *testing.T, p agents.Policy, s env.Schema, b *env.Batch) []string {
	t.Helper()
	dst := make([]int32, len(b.Reward))
	if err := p.ActTo(dst, b); err != nil {
		t.Fatal(err)
	}
	if err := env.CheckActions(dst, b.Mask, len(s.Actions)); err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(dst))
	for i, a := range dst {
		names[i] = s.Actions[a].Name
	}
	return names
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("actions %v, want %v", got, want)
	}
}

func TestAlwaysOn(t *testing.T) {
	s, p := sleepSchema(), &AlwaysOn{}
	reset(t, p, s, 3, 1)
	want(t, act(t, p, s, batch(t, s,
		cell{hour: 3},
		cell{state: "dormant", forbidden: []string{"full"}},
		cell{state: "dormant", forbidden: ladder[:7]},
	)), "full", "half_trx", "dormant")
}

func TestScheduleWindow(t *testing.T) {
	s := sleepSchema()
	for _, c := range []struct {
		from, to, hour float64
		asleep         bool
	}{
		{0, 6, 0, true}, {0, 6, 5.75, true}, {0, 6, 6, false}, {0, 6, 23.75, false}, {0, 6, 12, false},
		{22, 5, 22, true}, {22, 5, 23.9, true}, {22, 5, 0, true}, {22, 5, 4.9, true}, {22, 5, 5, false}, {22, 5, 21.75, false},
		{1.1, 24, 1.1, true}, {1.1, 24, 23.99, true}, {1.1, 24, 1, false},
	} {
		spec := DefaultScheduleSpec()
		spec.FromH, spec.ToH = c.from, c.to
		p, err := NewSchedule(spec)
		if err != nil {
			t.Fatal(err)
		}
		reset(t, p, s, 1, 1)
		got := act(t, p, s, batch(t, s, cell{hour: c.hour, own: 1}))[0]
		if (got == "deep_sleep") != c.asleep {
			t.Errorf("window %g to %g at %g h: %s", c.from, c.to, c.hour, got)
		}
	}
}

func TestScheduleFallsBack(t *testing.T) {
	s := sleepSchema()
	p, err := NewSchedule(DefaultScheduleSpec())
	if err != nil {
		t.Fatal(err)
	}
	reset(t, p, s, 4, 1)
	want(t, act(t, p, s, batch(t, s,
		cell{hour: 3},
		cell{hour: 3, forbidden: []string{"deep_sleep"}},
		cell{hour: 3, forbidden: []string{"deep_sleep", "carrier_sleep"}},
		cell{hour: 3, coverage: true},
	)), "deep_sleep", "carrier_sleep", "full", "full")
}

func threshold(t *testing.T, edit func(*ThresholdSpec)) *Threshold {
	t.Helper()
	spec := DefaultThresholdSpec()
	if edit != nil {
		edit(&spec)
	}
	p, err := NewThreshold(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestThresholdConditions(t *testing.T) {
	s, p := sleepSchema(), threshold(t, nil)
	cells := func(hour float64) []cell {
		return []cell{
			{hour: hour, own: 0.1, candidate: 0.5, sinceMin: 15},                                            // both low
			{hour: hour, own: 0.31, candidate: 0.5, sinceMin: 15},                                           // own load too high
			{hour: hour, own: 0.1, candidate: 0.71, sinceMin: 15},                                           // candidate too high
			{hour: hour, own: 0.1, candidate: 0.5, sinceMin: 1.9},                                           // has not dwelt
			{hour: hour, own: 0.1, candidate: 0.5, sinceMin: 2},                                             // has just dwelt
			{hour: hour, own: 0.1, candidate: 0.5, sinceMin: 15, coverage: true},                            // coverage
			{hour: hour, candidate: 0.79, sinceMin: 15, state: "carrier_sleep"},                             // hysteresis
			{hour: hour, candidate: 0.81, sinceMin: 15, state: "carrier_sleep"},                             // wakes
			{hour: hour, candidate: 0.81, sinceMin: 1, state: "carrier_sleep"},                              // has not dwelt
			{hour: hour, candidate: 0.79, sinceMin: 15, state: "dormant"},                                   // stays where it is
			{hour: hour, own: 0.1, candidate: 0.5, sinceMin: 15, forbidden: []string{"carrier_sleep"}},      // mask
			{hour: hour, candidate: 0.5, sinceMin: 15, state: "dormant", forbidden: []string{"dormant"}},    // changes depth
			{hour: hour, candidate: 0.9, sinceMin: 15, state: "carrier_sleep", forbidden: []string{"full"}}, // cannot wake fully
			{hour: hour, own: 0.1, candidate: 0.5, sinceMin: 15, state: "half_trx"},                         // awake, reduced
			{hour: hour, own: 0.5, candidate: 0.5, sinceMin: 15, state: "half_trx"},                         // back to full
		}
	}
	first := cells(23.75)
	reset(t, p, s, len(first), 1)
	if got := act(t, p, s, batch(t, s, first...)); slices.Contains(got[:6], "carrier_sleep") {
		t.Errorf("first step: %v, but nothing has been held yet", got)
	}
	want(t, act(t, p, s, batch(t, s, cells(0)...)), // a quarter of an hour later, past midnight
		"carrier_sleep", "full", "full", "full", "carrier_sleep", "full", "carrier_sleep", "full", "carrier_sleep", "dormant",
		"full", "carrier_sleep", "half_trx", "carrier_sleep", "full")
}

// With control intervals shorter than the durations a condition must hold
// over several.
func TestThresholdDurations(t *testing.T) {
	s := sleepSchema()
	p := threshold(t, func(spec *ThresholdSpec) { spec.WakeAfterS = 50 })
	reset(t, p, s, 1, 1)
	at := func(second int, own, candidate float64, state string) string {
		return act(t, p, s, batch(t, s, cell{hour: float64(second) / 3600, own: own, candidate: candidate, sinceMin: 30, state: state}))[0]
	}
	var got []string
	for i, own := range []float64{0.1, 0.1, 0.1, 0.5, 0.1, 0.1, 0.1, 0.1} { // every 20 s
		got = append(got, at(20*i, own, 0.5, "full"))
	}
	want(t, got, "full", "full", "full", "full", "full", "full", "carrier_sleep", "carrier_sleep")
	got = got[:0]
	for i, candidate := range []float64{0.9, 0.9, 0.75, 0.9, 0.9, 0.9} {
		got = append(got, at(200+20*i, 0, candidate, "carrier_sleep"))
	}
	want(t, got, "full", "full", "carrier_sleep", "carrier_sleep", "carrier_sleep", "full")
}

// In control intervals of 20 ms a condition holds over as many as it takes.
func TestThresholdShortIntervals(t *testing.T) {
	s := sleepSchema()
	p := threshold(t, func(spec *ThresholdSpec) { spec.SleepAfterS, spec.DwellS = 0.1, 0 })
	reset(t, p, s, 1, 1)
	var got []string
	for i := range 8 {
		hour := 23.9 + float64(i)*0.02/3600
		got = append(got, act(t, p, s, batch(t, s, cell{hour: hour, own: 0.1, candidate: 0.1, state: "full"}))[0])
	}
	want(t, got, "full", "full", "full", "full", "full", "carrier_sleep", "carrier_sleep", "carrier_sleep")
}

func TestRandomIsUniformOverTheMask(t *testing.T) {
	s, p := sleepSchema(), &Random{}
	const rows = 3000
	cells := make([]cell, rows)
	for i := range cells {
		cells[i].forbidden = []string{"half_trx", "dtx", "dormant", "full", "backoff"}
	}
	b := batch(t, s, cells...)
	reset(t, p, s, rows, 9)
	first := act(t, p, s, b)
	counts := map[string]int{}
	for _, name := range first {
		counts[name]++
	}
	for _, name := range []string{"quarter_trx", "carrier_sleep", "deep_sleep"} {
		if sd := math.Sqrt(rows * 2. / 9); math.Abs(float64(counts[name])-rows/3) > 4*sd {
			t.Errorf("%s drawn %d times in %d, want a third within 4 x %.0f", name, counts[name], rows, sd)
		}
	}
	second := act(t, p, s, b)
	if slices.Equal(first, second) {
		t.Error("two steps draw the same actions")
	}
	reset(t, p, s, rows, 9)
	if !slices.Equal(act(t, p, s, b), first) {
		t.Error("the same seed draws other actions")
	}
	reset(t, p, s, rows, 10)
	if slices.Equal(act(t, p, s, b), first) {
		t.Error("another seed draws the same actions")
	}
}

func TestNewKnowsItsNames(t *testing.T) {
	for _, name := range Names() {
		p, err := New(name, DefaultSpec())
		if err != nil || p.Name() != name {
			t.Errorf("New(%q): %v, %v", name, p, err)
		}
	}
	if _, err := New("sometimes_on", DefaultSpec()); err == nil || !strings.Contains(err.Error(), "have always_on, schedule, threshold, forecast, random") {
		t.Errorf("error %v does not list the names", err)
	}
}

func TestMissingNamesAreErrors(t *testing.T) {
	for _, c := range []struct{ policy, column, action string }{
		{"always_on", "", "full"}, {"schedule", "hour", ""}, {"schedule", "is_coverage", ""}, {"schedule", "", "deep_sleep"}, {"schedule", "", "carrier_sleep"},
		{"threshold", "hour", ""}, {"threshold", "own_load", ""}, {"threshold", "candidate_load", ""}, {"threshold", "time_in_state_min", ""},
		{"threshold", "is_coverage", ""}, {"threshold", "state_carrier_sleep", ""}, {"threshold", "", "carrier_sleep"}, {"threshold", "", "full"},
	} {
		s := sleepSchema()
		s.Fields = slices.DeleteFunc(s.Fields, func(f env.Field) bool { return f.Name == c.column })
		s.Actions = slices.DeleteFunc(s.Actions, func(a env.Action) bool { return a.Name == c.action })
		p, err := New(c.policy, DefaultSpec())
		if err != nil {
			t.Fatal(err)
		}
		missing := `"` + c.column + c.action + `"`
		if err := p.Reset(s, 1, 1); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("%s without %s: error %v", c.policy, missing, err)
		}
	}
}

func TestActErrors(t *testing.T) {
	s := sleepSchema()
	for _, name := range Names() {
		p, err := New(name, DefaultSpec())
		if err != nil {
			t.Fatal(err)
		}
		b := batch(t, s, cell{}, cell{forbidden: ladder})
		if err := p.ActTo(make([]int32, 2), b); err == nil || !strings.Contains(err.Error(), "before Reset") {
			t.Errorf("%s: ActTo before Reset: %v", name, err)
		}
		reset(t, p, s, 2, 1)
		if err := p.ActTo(make([]int32, 3), b); err == nil || !strings.Contains(err.Error(), "3 rows after a Reset for 2") {
			t.Errorf("%s: another number of rows: %v", name, err)
		}
		if err := p.ActTo(make([]int32, 2), b); err == nil || !strings.Contains(err.Error(), "row 1: the mask allows no action") {
			t.Errorf("%s: an empty mask: %v", name, err)
		}
	}
}

func TestActAllocatesNothing(t *testing.T) {
	s := sleepSchema()
	b := batch(t, s, make([]cell, 500)...)
	dst := make([]int32, 500)
	for _, name := range Names() {
		p, err := New(name, DefaultSpec())
		if err != nil {
			t.Fatal(err)
		}
		reset(t, p, s, 500, 1)
		if got := testing.AllocsPerRun(10, func() {
			if err := p.ActTo(dst, b); err != nil {
				t.Error(err)
			}
		}); got != 0 {
			t.Errorf("%s: ActTo allocates %g times, want 0", name, got)
		}
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	if errs := DefaultSpec().Validate(); len(errs) > 0 {
		t.Fatalf("the defaults are faulty: %v", errs)
	}
	nan := math.NaN()
	bad := Spec{
		Schedule:  ScheduleSpec{FromH: 25, ToH: nan, State: "full", Fallback: "off"},
		Threshold: ThresholdSpec{OwnSleepBelow: 2, CandidateSleepBelow: 0.9, SleepAfterS: -1, CandidateWakeAbove: 0.8, WakeAfterS: nan, DwellS: 1e9, State: ""},
	}
	text := errors.Join(bad.Validate()...).Error()
	for _, want := range []string{
		"schedule.from_h: ", "schedule.to_h: ", "schedule.state: ", "schedule.fallback: ", "threshold.own_sleep_below: ", "threshold.sleep_after_s: ",
		"threshold.wake_after_s: ", "threshold.dwell_s: ", "threshold.candidate_sleep_below: must be below", "threshold.state: ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no fault begins with %q in:\n%s", want, text)
		}
	}
	if _, err := New("always_on", bad); err == nil {
		t.Error("New accepts a faulty spec")
	}
	empty := DefaultScheduleSpec()
	empty.FromH, empty.ToH = 5, 5
	if _, err := NewSchedule(empty); err == nil || !strings.Contains(err.Error(), "neither empty nor the whole day") {
		t.Errorf("an empty window: %v", err)
	}
	if _, err := NewThreshold(ThresholdSpec{}); err == nil {
		t.Error("NewThreshold accepts an empty spec")
	}
}
