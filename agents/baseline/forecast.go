package baseline

import (
	"errors"
	"fmt"

	"hibernet/agents"
	"hibernet/env"
)

var (
	_ agents.Selective = (*Forecast)(nil)
	_ agents.Parallel  = (*Forecast)(nil)
)

// ForecastSpec says how a rule plans sleep from forecasts. The values are ours.
type ForecastSpec struct {
	SleepBelow float64 `yaml:"sleep_below" doc:"a capacity cell sleeps if the cell that takes over is forecast to stay below this load in all intervals looked at" unit:"1" gt:"0" max:"1"`
	WakeAbove  float64 `yaml:"wake_above" doc:"and wakes if it is forecast to exceed this in one of them; above sleep_below" unit:"1" gt:"0" max:"1"`
	State      string  `yaml:"state" doc:"power state to sleep in" enum:"carrier_sleep,deep_sleep,dormant"`
}

// DefaultForecastSpec returns 20 % to sleep and 30 % to wake, in deep sleep.
func DefaultForecastSpec() ForecastSpec {
	return ForecastSpec{SleepBelow: 0.2, WakeAbove: 0.3, State: "deep_sleep"}
}

// Validate returns every broken relation, each named by its path.
func (s ForecastSpec) Validate() []error {
	var errs []error
	if !(s.SleepBelow > 0 && s.SleepBelow <= 1) {
		errs = append(errs, fmt.Errorf("sleep_below: allowed above 0 to 1, got %g", s.SleepBelow))
	}
	if !(s.WakeAbove > s.SleepBelow && s.WakeAbove <= 1) {
		errs = append(errs, fmt.Errorf("wake_above: allowed above sleep_below (%g) to 1, got %g", s.SleepBelow, s.WakeAbove))
	}
	return append(errs, checkSleep("state", s.State)...)
}

// Forecast is a rule that looks ahead: a capacity cell sleeps while the cell that
// would take over is forecast to stay below a load for the coming hour, and wakes
// before it is forecast to exceed another. The taker's load to come is
//
//	candidate_load_if_asleep * max over k of forecast_load_k / sector_load
//
// with the intervals k that the environment forecasts: the taker's load with the
// cell asleep, grown as the sector's traffic is forecast to grow, at least 1.
// Coverage cells stay on.
//
// It reads the columns is_coverage, candidate_load_if_asleep, sector_load,
// forecast_load_1, _2 and _4, and state_<name> of the sleep states that the
// environment has.
type Forecast struct {
	spec                 ForecastSpec
	table                table
	coverage, taker, now column
	ahead                [3]column
	sleep                int
	asleep               []column
}

// forecastColumns are the forecasts that the rule looks at.
var forecastColumns = [3]string{"forecast_load_1", "forecast_load_2", "forecast_load_4"}

// NewForecast returns the rule, or all faults of its spec.
func NewForecast(spec ForecastSpec) (*Forecast, error) {
	if err := errors.Join(spec.Validate()...); err != nil {
		return nil, err
	}
	return &Forecast{spec: spec}, nil
}

// Name implements agents.Policy.
func (*Forecast) Name() string { return "forecast" }

// Columns implements agents.Selective.
func (*Forecast) Columns() []string {
	columns := append([]string{"is_coverage", "candidate_load_if_asleep", "sector_load"}, forecastColumns[:]...)
	for _, name := range sleepStates {
		columns = append(columns, "state_"+name)
	}
	return columns
}

// SetWorkers implements agents.Parallel.
func (p *Forecast) SetWorkers(n int) { p.table.workers = n }

// Reset implements agents.Policy.
func (p *Forecast) Reset(s env.Schema, rows int, _ uint64) (err error) {
	if err := p.table.reset(s, rows, true, p.choose); err != nil {
		return err
	}
	if p.sleep, err = actionIndex(s, p.spec.State); err != nil {
		return err
	}
	p.asleep = p.asleep[:0]
	for _, name := range sleepStates {
		if c, err := findColumn(s, "state_"+name); err == nil {
			p.asleep = append(p.asleep, c)
		}
	}
	return findColumns(s, []struct {
		name string
		dst  *column
	}{
		{"is_coverage", &p.coverage}, {"candidate_load_if_asleep", &p.taker}, {"sector_load", &p.now},
		{forecastColumns[0], &p.ahead[0]}, {forecastColumns[1], &p.ahead[1]}, {forecastColumns[2], &p.ahead[2]},
	})
}

// ActTo implements agents.Policy.
func (p *Forecast) ActTo(dst []int32, b *env.Batch) error {
	if err := p.table.check(dst, b); err != nil {
		return err
	}
	return p.table.act(dst, b)
}

func (p *Forecast) choose(lo, hi int) int {
	t := &p.table
	for row := lo; row < hi; row++ {
		obs, a := t.batch.Obs, t.full
		if p.coverage.raw(obs, row) < 0.5 {
			limit := p.spec.SleepBelow
			for _, c := range p.asleep {
				if c.raw(obs, row) >= 0.5 {
					limit = p.spec.WakeAbove // it sleeps on up to here
				}
			}
			if p.load(obs, row) < limit {
				a = p.sleep
			}
		}
		if !t.batch.Mask[row*t.width+a] {
			if a = int(t.fallback(row)); a < 0 {
				return row
			}
		}
		t.dst[row] = int32(a)
	}
	return -1
}

// load returns what the taker's load is forecast to come to with the cell asleep.
func (p *Forecast) load(obs []float32, row int) float64 {
	now, most := p.now.raw(obs, row), 0.0
	for _, c := range p.ahead {
		most = max(most, c.raw(obs, row))
	}
	if now <= 0 {
		if most > 0 {
			return 1 // from nothing to something: no ratio tells how much
		}
		return 0
	}
	return p.taker.raw(obs, row) * max(most/now, 1)
}
