package scenarios

import (
	"hibernet/env/sleep"
	"hibernet/env/variation"
	"hibernet/sim"
	"hibernet/sim/fault"
	"hibernet/sim/rng"
)

// Environment returns a new sleep environment over a network of its own, on
// the days of a phase: drawn at random for training, one after the other for
// judging. Its seed is that of its first Reset: equal seeds give equal traffic
// in every environment of the world and its phase. columns names the columns of
// the observation, nil for all: see agents.Columns. observe, if not nil, is
// called after every Reset and Step; without it the network keeps no sums of
// single cells (sim.Network.CellTotals), as nobody is there to read them.
//
// What varies between episodes beside the demand's noise depends on the phase:
// section randomise for training, section shift for judging. It depends on the
// episode's key only, not on workers or actions.
func (w *World) Environment(phase Phase, columns []string, observe func(*sleep.Moment) error) (*sleep.Env, error) {
	varies, order := w.Scenario.Randomise, sleep.Random
	if phase == Evaluate {
		varies, order = w.Scenario.Shift, sleep.Sequential
	}
	n, err := w.newNetwork(faultsOf(w.Scenario.Faults, varies), observe != nil)
	if err != nil {
		return nil, err
	}
	forecaster, err := w.forecaster()
	if err != nil {
		return nil, err
	}
	cfg := sleep.Config{
		Network: n, Forecaster: forecaster,
		Demand:  func(episode rng.Key) sim.DemandSource { return w.demand(varies, episode) },
		Days:    w.Scenario.Split.Days(phase),
		Order:   order,
		Shield:  w.Scenario.Shield,
		History: w.History,
		Columns: columns,
		Observe: observe,
		Workers: w.workers,
	}
	if varies.StaticPowerSD > 0 || varies.LoadPowerSD > 0 {
		static, load := make([]float64, len(w.Profiles)), make([]float64, len(w.Profiles))
		cfg.Prepare = func(n *sim.Network, episode rng.Key) {
			varies.Draw(episode).PowerTo(static, load)
			n.SetPowerError(static, load)
		}
	}
	spec := w.Scenario.Sleep
	if varies.SensorNoiseSD > 0 {
		spec.Sensor.NoiseSD = varies.SensorNoiseSD
	}
	if varies.SensorLostShare > 0 {
		spec.Sensor.LostShare = varies.SensorLostShare
	}
	return sleep.New(spec, cfg)
}

// demand returns the traffic of an episode.
func (w *World) demand(varies variation.Spec, episode rng.Key) sim.DemandSource {
	d, demand := varies.Draw(episode), w.Demand.Reseeded(episode)
	if d.Growth != 1 {
		demand = demand.Scaled(d.Growth)
	}
	if d.Surges {
		demand = demand.Surging(d.SurgesPerDay)
	}
	demand.SetWorkers(w.workers)
	return demand
}

// faultsOf returns the faults of the scenario as the variation has them.
func faultsOf(spec fault.Spec, varies variation.Spec) fault.Spec {
	if varies.FaultFactor == 0 {
		return spec
	}
	spec.Random = true
	for _, r := range []*fault.Rates{&spec.RadioUnit, &spec.Baseband, &spec.Mains} {
		r.MTBFH /= varies.FaultFactor
	}
	return spec
}

// Network returns a new network over the world, not yet started. Its demand
// is the caller's to choose: a Clone of Demand, or Demand.Reseeded.
func (w *World) Network() (*sim.Network, error) { return w.newNetwork(w.Scenario.Faults, true) }

// newNetwork is Network with other faults, with or without the sums of each cell.
func (w *World) newNetwork(faults fault.Spec, cellTotals bool) (*sim.Network, error) {
	site := w.Scenario.Power
	site.Overrides = nil // they are in the profiles
	return sim.New(w.Scenario.Network, sim.Parts{
		Topology: w.Topology, Radio: w.Scenario.Radio, Site: site, Profiles: w.Profiles,
		Faults: faults,
		Key:    rng.Root(w.Scenario.Seed).Named("network"), Workers: w.workers, NoCellTotals: !cellTotals,
		GuardThroughputMbps: w.guard,
	})
}
