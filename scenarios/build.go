package scenarios

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"hibernet/agents"
	"hibernet/agents/baseline"
	"hibernet/env/sleep"
	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/rng"
	"hibernet/sim/topology"
	"hibernet/traffic"
	"hibernet/traffic/forecast"
)

// World is what a scenario describes, ready to be simulated. It does not
// change: the networks and environments that it makes share its topology and
// may be used by one goroutine each, at the same time.
type World struct {
	// Scenario is what the world was built from.
	Scenario Scenario
	// Topology is the network's plan, without the places of its bins.
	Topology *topology.Topology
	// Profiles are the power profiles of the topology's carriers, with the
	// scenario's overrides applied.
	Profiles []power.Profile
	// Demand is the scaled demand. Take a Clone of it, or Reseeded, and ask
	// that: a source serves one goroutine at a time, and this one is shared.
	Demand *traffic.Source
	// Scaling says how the demand was scaled.
	Scaling Scaling

	workers int
	guard   float64          // Mbit/s, see Guarding; 0: none
	history func() []float32 // made when first asked for
	law     func() (*forecast.Law, error)
}

// Build builds the world of a scenario with its opened data. workers is the
// number of goroutines of each pass over the network; it does not change the
// result. It stops soon after ctx ends. Errors begin with the path of the
// setting at fault where there is one.
func Build(ctx context.Context, sc Scenario, in Inputs, workers int) (*World, error) {
	w := &World{Scenario: sc, workers: max(workers, 1)}
	if err := w.build(ctx, in); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", sc.Name, err)
	}
	return w, nil
}

func (w *World) build(ctx context.Context, in Inputs) error {
	sc := w.Scenario
	if errs := sc.Validate(); len(errs) > 0 {
		return errors.Join(errs...)
	}
	if err := in.check(sc); err != nil {
		return err
	}
	root := rng.Root(sc.Seed)
	sites, err := in.sites(sc)
	if err != nil {
		return err
	}
	opt := topology.Options{
		Keep: in.keep(sc, root.Named("sites")), Sites: sites,
		Workers: w.workers, Cancelled: ctx.Err,
	}
	if w.Topology, err = topology.Build(sc.Topology, root.Named("topology"), opt); err != nil {
		return err
	}
	t := w.Topology
	in.report("topology", "%d sites, %d sectors, %d cells", t.Sites(), t.Sectors(), t.NumCells())
	if err := sim.CheckFaults(sc.Faults, t); err != nil {
		return fmt.Errorf("faults.%w", err)
	}
	if err := w.findProfiles(in); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	p := places(t)
	p.Keep = sc.Randomise.SurgesPerDay > 0 || sc.Shift.SurgesPerDay > 0
	if w.Demand, err = traffic.NewOn(w.workers, sc.Traffic, p, in.Series, root.Named("traffic")); err != nil {
		return err
	}
	t.ForgetBins() // gains and traffic tell all that follows from them
	in.report("traffic", "%s", describe(w.Demand.Overlay()))
	if err := w.scaleDemand(ctx, in); err != nil {
		return err
	}
	demand := w.Demand
	w.history = sync.OnceValue(func() []float32 {
		return sleep.History(demand.Reseeded(root.Named("history")), t.Sectors(), sc.Split.Days(Train))
	})
	w.law = sync.OnceValues(func() (*forecast.Law, error) {
		return forecast.Fit(forecast.Past{
			Demand: demand.Reseeded(root.Named("forecast")), Sectors: t.Sectors(), Days: sc.Split.Days(Train), Control: sc.Network.Control(),
			Usual: func(dst []float32, at des.Time) { sleep.UsualTo(dst, w.history(), at) },
		})
	})
	return ctx.Err()
}

// forecaster returns a new one of the kind that is set, nil for the environment's
// own.
func (w *World) forecaster() (sleep.Forecaster, error) {
	if w.Scenario.Sleep.Forecaster != sleep.LearnedForecaster {
		return nil, nil
	}
	law, err := w.law()
	if err != nil {
		return nil, fmt.Errorf("scenario %s: sleep.forecaster: %w", w.Scenario.Name, err)
	}
	return law.Forecaster(), nil
}

// places says where the sectors are: where their users are, that is at the
// mean of their position bins.
func places(t *topology.Topology) traffic.Places {
	p := traffic.Places{X: make([]float64, t.Sectors()), Y: make([]float64, t.Sectors()), Area: make([]uint8, t.Sectors())}
	for s := range t.Sectors() {
		p.X[s], p.Y[s] = t.SectorCentre(s)
		p.Area[s] = uint8(t.SiteArea[t.SectorSite[s]])
	}
	return p
}

// describe says how a trace came to lie over the sectors.
func describe(o traffic.Overlay) string {
	if o.Places == 0 {
		return "synthetic demand"
	}
	return fmt.Sprintf("%d places (%d without traffic); %d without a sector, with %.1f %% of the traffic, moved to the nearest one",
		o.Places, o.SilentPlaces, o.MovedPlaces, 100*o.MovedShare)
}

// scaleDemand brings the demand to the wanted load.
func (w *World) scaleDemand(ctx context.Context, in Inputs) error {
	t, sc := w.Topology, w.Scenario
	w.Scaling = Scaling{Factor: 1}
	if sc.Load.TargetMean == 0 {
		return nil
	}
	s, err := newSample(w.Demand.Clone(), sc.Radio, t, sc.Load.Cells, t.NumCells() > largeNetwork, w.workers)
	if err != nil {
		return err
	}
	w.Scaling, err = s.scale(ctx, sc.Load, func(now Scaling) {
		in.report("load", "round %d: demand x %.4g gives a mean load of %.4f", now.Rounds, now.Factor, now.MeanLoad)
	})
	if err != nil {
		return err
	}
	w.Demand = w.Demand.Scaled(w.Scaling.Factor)
	return nil
}

// History returns each sector's usual offered rate by hour of the day, bit/s
// [24*sectors], hour-major, of the training days: what a policy may know. It
// is the world's own, for reading only, and made at the first call.
func (w *World) History() []float32 { return w.history() }

// WithWorkers returns the world with another number of goroutines for each
// pass of the networks and environments that it makes: fewer when several are
// stepped at the same time.
func (w *World) WithWorkers(workers int) *World {
	other := *w
	other.workers = max(workers, 1)
	return &other
}

// Guarding returns the world with the cost of a guard on the 5th percentile of
// the user throughput told by a limit, Mbit/s: it is then the traffic below that
// limit in place of the scenario's target. Nothing else changes.
func (w *World) Guarding(mbps float64) *World {
	other := *w
	other.guard = mbps
	return &other
}

// Workers returns the number of goroutines for each pass.
func (w *World) Workers() int { return w.workers }

// Baseline returns a new policy that follows the named rule with the
// scenario's settings: always_on, schedule, threshold, forecast or random.
func (w *World) Baseline(name string) (agents.Policy, error) {
	p, err := baseline.New(name, w.Scenario.Baselines)
	if err != nil {
		return nil, err
	}
	agents.SetWorkers(p, w.workers)
	return p, nil
}
