// Package sleep is the environment in which policies learn to put cells to
// sleep: package env's contract over a sim.Network.
//
// A row is a cell, an action the power state that the cell shall be in for
// the next control interval. The wishes of all rows pass the shield (package
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
)

// Name and Version of the environment in its schema. Any change that can move
// learning or evaluation (observation, mask, reward, dynamics, power numbers)
// raises Version.
const (
	Name    = "sleep"
	Version = 4
)

// Spec holds the settings of the environment. The shield's are separate.
type Spec struct {
	EpisodeH          float64 `yaml:"episode_h" doc:"length of an episode, a whole number of control intervals" unit:"h" min:"0.01" max:"8760"`
	Currency          string  `yaml:"currency" doc:"currency of the prices, for display" minlen:"1"`
	EnergyPricePerKWh float64 `yaml:"energy_price_per_kwh" doc:"price of electricity" unit:"1/kWh" gt:"0" max:"1000"`
	DropPricePerGbit  float64 `yaml:"drop_price_per_gbit" doc:"price of traffic that is dropped" unit:"1/Gbit" min:"0" max:"1000000"`
	SlowPricePerGbit  float64 `yaml:"slow_price_per_gbit" doc:"price of traffic served below the target user throughput" unit:"1/Gbit" min:"0" max:"1000000"`
	Mask              bool    `yaml:"mask" doc:"tell policies which actions are allowed and refuse others; false, for comparison: all are allowed, one that the mask would forbid leaves the cell as it is and is counted with the shield's interventions as masked"`
	SwitchPrice       float64 `yaml:"switch_price" doc:"price of one change of a cell's power state: wear and signalling" unit:"1" min:"0" max:"1000000"`
}

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
