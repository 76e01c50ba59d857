package baseline

import (
	"errors"
	"fmt"
	"math"

	"hibernet/agents"
	"hibernet/env"
)

var (
	_ agents.Selective = (*Schedule)(nil)
	_ agents.Parallel  = (*Schedule)(nil)
)

// ScheduleSpec says when and how deep capacity cells sleep.
type ScheduleSpec struct {
	FromH    float64 `yaml:"from_h" doc:"start of the sleeping window, local time" unit:"h" min:"0" lt:"24"`
	ToH      float64 `yaml:"to_h" doc:"end of the sleeping window, excluded; may be before from_h: the window then spans midnight" unit:"h" min:"0" max:"24"`
	State    string  `yaml:"state" doc:"power state inside the window" enum:"carrier_sleep,deep_sleep,dormant"`
	Fallback string  `yaml:"fallback" doc:"power state where the mask forbids state; full where it forbids both" enum:"carrier_sleep,deep_sleep,dormant"`
}

// DefaultScheduleSpec returns 00:00 to 06:00 in deep sleep, else carrier
// sleep.
func DefaultScheduleSpec() ScheduleSpec {
	return ScheduleSpec{FromH: 0, ToH: 6, State: "deep_sleep", Fallback: "carrier_sleep"}
}

// Validate returns every broken relation, each named by its path.
func (s ScheduleSpec) Validate() []error {
	var errs []error
	if !(s.FromH >= 0 && s.FromH < 24) {
		errs = append(errs, fmt.Errorf("from_h: allowed 0 to below 24, got %g", s.FromH))
	}
	if !(s.ToH >= 0 && s.ToH <= 24) {
		errs = append(errs, fmt.Errorf("to_h: allowed 0 to 24, got %g", s.ToH))
	}
	if s.FromH == s.ToH || s.FromH == 0 && s.ToH == 24 {
		errs = append(errs, fmt.Errorf("to_h: the window must be neither empty nor the whole day, got %g to %g", s.FromH, s.ToH))
	}
	return append(append(errs, checkSleep("state", s.State)...), checkSleep("fallback", s.Fallback)...)
}

// sleepStates are the power states in which a cell serves nobody, lightest
// first.
var sleepStates = [...]string{"carrier_sleep", "deep_sleep", "dormant"}

func checkSleep(path, state string) []error {
	for _, s := range sleepStates {
		if s == state {
			return nil
		}
	}
	return []error{fmt.Errorf("%s: allowed %q, got %q", path, sleepStates, state)}
}

// Schedule puts every capacity cell to sleep between two hours of the day,
// whatever its load; coverage cells stay on. It reads the columns hour and
// is_coverage.
type Schedule struct {
	spec            ScheduleSpec
	table           table
	hour, coverage  column
	state, fallback int
	covers          float32 // observation of is_coverage from which a cell is of the coverage layer
	asleep          bool    // the present step is inside the window
}

// NewSchedule returns the rule, or all faults of its spec.
func NewSchedule(spec ScheduleSpec) (*Schedule, error) {
	if err := errors.Join(spec.Validate()...); err != nil {
		return nil, err
	}
	return &Schedule{spec: spec}, nil
}

// Name implements agents.Policy.
func (*Schedule) Name() string { return "schedule" }

// Columns implements agents.Selective.
func (*Schedule) Columns() []string { return []string{"hour", "is_coverage"} }

// SetWorkers implements agents.Parallel.
func (p *Schedule) SetWorkers(n int) { p.table.workers = n }

// Reset implements agents.Policy.
func (p *Schedule) Reset(s env.Schema, rows int, _ uint64) (err error) {
	if err := p.table.reset(s, rows, true, p.choose); err != nil {
		return err
	}
	if p.state, err = actionIndex(s, p.spec.State); err != nil {
		return err
	}
	if p.fallback, err = actionIndex(s, p.spec.Fallback); err != nil {
		return err
	}
	if err := findColumns(s, []struct {
		name string
		dst  *column
	}{{"hour", &p.hour}, {"is_coverage", &p.coverage}}); err != nil {
		return err
	}
	p.covers, err = p.coverage.least(func(x float64) bool { return x >= 0.5 })
	return err
}

// ActTo implements agents.Policy.
func (p *Schedule) ActTo(dst []int32, b *env.Batch) (err error) {
	if err := p.table.check(dst, b); err != nil {
		return err
	}
	if len(dst) == 0 {
		return nil
	}
	p.asleep = p.spec.inside(p.hour.raw(b.Obs, 0)) // the clock is the same for all rows
	return p.table.act(dst, b)
}

func (p *Schedule) choose(lo, hi int) int {
	t := &p.table
	if !p.asleep {
		return t.fill(lo, hi)
	}
	obs, mask := t.batch.Obs, t.batch.Mask
	for row := lo; row < hi; row++ {
		a := int32(p.state)
		if obs[row*t.stride+p.coverage.index] >= p.covers {
			a = int32(t.full)
		}
		if !mask[row*t.width+int(a)] {
			if a == int32(p.state) && mask[row*t.width+p.fallback] {
				a = int32(p.fallback)
			} else if a = t.fallback(row); a < 0 {
				return row
			}
		}
		t.dst[row] = a
	}
	return -1
}

// inside compares to the hundredth of a second: an hour that came through a
// scaled float32 is off by up to a few milliseconds.
func (s ScheduleSpec) inside(hour float64) bool {
	now, from, to := seconds(hour), seconds(s.FromH), seconds(s.ToH)
	if from < to {
		return now >= from && now < to
	}
	return now >= from || now < to
}

// seconds returns hours in seconds, to the hundredth.
func seconds(hour float64) float64 { return math.Round(hour*360000) / 100 }
