// Package sleep is the environment in which policies learn to put cells to
// sleep: package env's contract over a sim.Network.
//
// A row is a cell, an action the power state that the cell shall be in for
// the next control interval, or a step of its offset or layer priority. The wishes of all rows pass the shield (package
// env/shield), what it grants is asked of the network, time passes for one
// control interval, epoch by epoch so that the shield's emergency rules can
// act in between, and what happened is written as observation, mask and
// reward. README.md has the observation table and the reward's formula; the
// tables in it are made by ObservationTable and ActionTable.
//
// An episode begins at 00:00 of one of the given days with every cell awake
// and lasts Spec.EpisodeH hours. It never terminates: the horizon truncates
// it, and the value of what follows must be bootstrapped.
//
// The same seed gives the same episodes whatever the actions, bit for bit,
// for any number of workers. Units are those of package sim (s, bit, J, W);
// money is in Spec.Currency.
package sleep

import (
	"fmt"
	"math"

	"hibernet/sim"
)

// Name and Version of the environment in its schema. Any change that can move
// learning or evaluation (observation, mask, reward, dynamics, power numbers)
// raises Version.
const (
	Name    = "sleep"
	Version = 5
)

// Spec holds the settings of the environment. The shield's are separate.
type Spec struct {
	EpisodeH          float64  `yaml:"episode_h" doc:"length of an episode, a whole number of control intervals" unit:"h" min:"0.01" max:"8760"`
	Currency          string   `yaml:"currency" doc:"currency of the prices, for display" minlen:"1"`
	EnergyPricePerKWh float64  `yaml:"energy_price_per_kwh" doc:"price of electricity" unit:"1/kWh" gt:"0" max:"1000"`
	DropPricePerGbit  float64  `yaml:"drop_price_per_gbit" doc:"price of traffic that is dropped" unit:"1/Gbit" min:"0" max:"1000000"`
	SlowPricePerGbit  float64  `yaml:"slow_price_per_gbit" doc:"price of traffic served below the target user throughput" unit:"1/Gbit" min:"0" max:"1000000"`
	Mask              bool     `yaml:"mask" doc:"tell policies which actions are allowed and refuse others; false, for comparison: all are allowed, one that the mask would forbid leaves the cell as it is and is counted with the shield's interventions as masked"`
	SwitchPrice       float64  `yaml:"switch_price" doc:"price of one change of a cell's power state: wear and signalling" unit:"1" min:"0" max:"1000000"`
	CIOStepDB         float64  `yaml:"cio_step_db" doc:"by how much the actions cio_down and cio_up move a cell's individual offset; 0 masks them" unit:"dB" min:"0" max:"6"`
	CIOLimitDB        float64  `yaml:"cio_limit_db" doc:"how far they may move it from 0, either way" unit:"dB" min:"0" max:"6"`
	LayerStepDB       float64  `yaml:"layer_step_db" doc:"by how much the actions layer_down and layer_up move a cell's layer priority; 0 masks them" unit:"dB" min:"0" max:"40"`
	LayerLimitDB      float64  `yaml:"layer_limit_db" doc:"how far they may move it from the carrier's, either way" unit:"dB" min:"0" max:"40"`
	Sensor            Sensor   `yaml:"sensor" doc:"what the observation's readings suffer"`
	Forecaster        string   `yaml:"forecaster" doc:"who foretells the sectors' rates in the observation: the usual rate at the time of day scaled by how the last hours ran, or an autoregression learned once on the training days" enum:"seasonal,learned"`
	Without           []string `yaml:"without" doc:"groups of observation columns that a policy is trained without: neighbours, lags, usual, forecast, class, steering"`
}

// Sensor says what the load readings in the observation suffer: those of the
// cells' loads and of the sectors' offered rates, and all columns that are
// worked out from them. The counters of dropped and slow traffic, the states,
// the reward and the costs are exact.
type Sensor struct {
	NoiseSD   float64 `yaml:"noise_sd" doc:"standard deviation of the relative error of a reading, drawn anew for each cell, sector and interval" unit:"1" min:"0" max:"1"`
	LostShare float64 `yaml:"lost_share" doc:"probability that a cell's or a sector's report of an interval is lost: the last known reading stands, and the shield counts the cell's age" unit:"1" min:"0" max:"0.99"`
}

// The forecasters.
const (
	SeasonalForecaster = "seasonal" // Seasonal
	LearnedForecaster  = "learned"  // Config.Forecaster must bring it
)

// leastStepDB is the least step of an offset, if there are any.
const leastStepDB = 0.5

// DefaultSpec returns a day of Chinese prices.
//
// Electricity 0.75 CNY/kWh is what operators paid in Zhenjiang in 2021
// (secondary source: press). A gigabit of mobile data sold for roughly 0.4 CNY
// then (3 CNY/GB; recalled, unverified): a dropped one is priced at that, the
// revenue lost, and a slow one at a quarter of it. Dropping 1 % of the traffic
// of a busy sector then costs somewhat more than all of its energy. A switch
// costs what a 64T unit saves in about one minute of sleep (ours).
func DefaultSpec() Spec {
	return Spec{
		EpisodeH:          24,
		Currency:          "CNY",
		Mask:              true,
		EnergyPricePerKWh: 0.75,
		DropPricePerGbit:  0.4,
		SlowPricePerGbit:  0.1,
		SwitchPrice:       0.005,
		CIOLimitDB:        sim.MaxCIODB,
		LayerLimitDB:      sim.MaxPriorityDB,
		Forecaster:        SeasonalForecaster,
	}
}

// Validate returns every fault of the settings.
func (s Spec) Validate() []error {
	var faults []error
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	bad(s.EpisodeH >= 0.01 && s.EpisodeH <= 8760, "episode_h: must be in [0.01, 8760] h, got %g", s.EpisodeH)
	bad(s.Currency != "", "currency: must not be empty")
	bad(s.EnergyPricePerKWh > 0 && s.EnergyPricePerKWh <= 1000, "energy_price_per_kwh: must be in (0, 1000], got %g", s.EnergyPricePerKWh)
	for _, f := range []struct {
		key   string
		value float64
	}{
		{"drop_price_per_gbit", s.DropPricePerGbit},
		{"slow_price_per_gbit", s.SlowPricePerGbit},
		{"switch_price", s.SwitchPrice},
	} {
		bad(f.value >= 0 && f.value <= 1e6, "%s: must be in [0, 1000000], got %g", f.key, f.value)
	}
	for _, f := range []struct {
		key              string
		step, limit, max float64
	}{
		{"cio", s.CIOStepDB, s.CIOLimitDB, sim.MaxCIODB},
		{"layer", s.LayerStepDB, s.LayerLimitDB, sim.MaxPriorityDB},
	} {
		bad(f.limit >= 0 && f.limit <= f.max, "%s_limit_db: must be in [0, %g] dB, got %g", f.key, f.max, f.limit)
		bad(f.step == 0 || f.step >= leastStepDB && f.step <= f.limit, "%s_step_db: must be 0 or in [%g, %s_limit_db = %g] dB, got %g", f.key, leastStepDB, f.key, f.limit, f.step)
	}
	bad(s.Sensor.NoiseSD >= 0 && s.Sensor.NoiseSD <= 1, "sensor.noise_sd: must be in [0, 1], got %g", s.Sensor.NoiseSD)
	bad(s.Sensor.LostShare >= 0 && s.Sensor.LostShare <= 0.99, "sensor.lost_share: must be in [0, 0.99], got %g", s.Sensor.LostShare)
	bad(s.Forecaster == SeasonalForecaster || s.Forecaster == LearnedForecaster, "forecaster: must be %s or %s, got %q", SeasonalForecaster, LearnedForecaster, s.Forecaster)
	if _, err := ColumnsWithout(s.Without); err != nil {
		faults = append(faults, fmt.Errorf("without: %w", err))
	}
	return faults
}

// steps returns the number of control intervals in an episode.
func (s Spec) steps(controlS float64) (int, error) {
	n := s.EpisodeH * 3600 / controlS
	if n < 1 || math.Abs(n-math.Round(n)) > 1e-9*n {
		return 0, fmt.Errorf("episode_h: must be a whole number of control intervals of %g s, got %g h", controlS, s.EpisodeH)
	}
	return int(math.Round(n)), nil
}

// Order says which day an episode takes.
type Order uint8

// Orders of days.
const (
	Random     Order = iota // drawn evenly by the episode's seed
	Sequential              // one after the other, from the first, round and round
)
