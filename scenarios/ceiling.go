package scenarios

import (
	"context"
	"errors"
	"fmt"
	"math"

	"hibernet/agents/oracle"
	"hibernet/env/sleep"
	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/traffic"
)

// ErrTooLarge is returned by Ceiling where a network or its demand is not small
// and simple enough for dynamic programming.
var ErrTooLarge = errors.New("no ceiling")

// Ceiling is what the best policies of a small network need, by seed.
type Ceiling struct {
	// ExactKWh is the clairvoyant optimum: the least energy of the seed's episodes
	// under its limit with all traffic known.
	ExactKWh map[uint64]float64
	// CausalKWh is what the best strategy that sees the past only comes to: its
	// energy, and its drops beyond the seed's limit at the price at which that
	// limit just holds in expectation. Its mean over seeds estimates the least
	// expected energy of such a policy; on one seed it may be below ExactKWh.
	CausalKWh map[uint64]float64
	// PricePerBit is that price, J.
	PricePerBit float64
}

// ceilingNoises is the number of values in the place of the noise: odd, so that
// the middle one is the mean, and reaching to 2.8 standard deviations.
const ceilingNoises = 9

// Ceiling works out what the best policies need on the evaluation's episodes of
// each seed, under a limit for each. See Plans for how outcomes are found; the
// states are all that the environment offers. The strategy knows the noise of the
// first hour, as an observation at the episode's begin tells it, and then that of
// past intervals. It is of a network without the shield's dwell times, which would
// only cost energy.
//
// It is ErrTooLarge where joint states are too many or the demand's noise is not
// one chain (traffic.Source.Chain).
func (w *World) Ceiling(ctx context.Context, seeds []uint64, limits map[uint64]DropLimit) (*Ceiling, error) {
	p, err := w.newPlanner(ctx)
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", w.Scenario.Name, err)
	}
	model, err := p.chainModel()
	if err != nil {
		return nil, err
	}
	bits, mean := map[uint64]float64{}, 0.0
	for _, seed := range seeds {
		offered, err := offeredBit(ctx, w.task(seed))
		if err != nil {
			return nil, err
		}
		bits[seed] = w.limitBit(offered, limits[seed])
		mean += bits[seed] / float64(len(seeds))
	}
	strategy, price, err := oracle.Ceiling(ctx, model, mean)
	if err != nil {
		return nil, err
	}
	out := &Ceiling{ExactKWh: map[uint64]float64{}, CausalKWh: map[uint64]float64{}, PricePerBit: price}
	for _, seed := range seeds {
		real, seen, err := p.seedModel(seed)
		if err != nil {
			return nil, err
		}
		best, err := oracle.Exact(real, make([]int, real.Steps), bits[seed])
		if err != nil {
			return nil, err
		}
		played, err := strategy.Play(real, make([]int, real.Steps), seen)
		if err != nil {
			return nil, err
		}
		out.ExactKWh[seed] = best.EnergyJ / joulePerKWh
		out.CausalKWh[seed] = (played.EnergyJ + price*(played.DropBit-bits[seed])) / joulePerKWh
	}
	return out, nil
}

// limitBit returns the traffic that may be dropped of what is offered over a
// seed's episodes.
func (w *World) limitBit(offered float64, limit DropLimit) float64 {
	return max(0, min(limit.SharePct/100*offered, limit.EpisodeGbit*1e9*float64(len(w.Scenario.Split.EvaluateDays))))
}

const joulePerKWh = 3.6e6

// planner makes the models of a world's evaluation days, one after the other.
// Before each day is a step without outcome that tells the noise of its first
// hour, as the observation does that an episode begins with.
type planner struct {
	ctx     context.Context
	w       *World
	n       *sim.Network
	joint   [][]power.State
	chain   oracle.Chain
	days    []int
	each    int // control intervals of an episode
	perHour int
}

func (w *World) newPlanner(ctx context.Context) (*planner, error) {
	n, err := w.Network()
	if err != nil {
		return nil, err
	}
	spec := w.Scenario.Network
	phi, err := w.Demand.Chain()
	switch {
	case w.boundable(n) != nil:
		return nil, fmt.Errorf("%w: %w", ErrTooLarge, w.boundable(n))
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrTooLarge, err)
	case spec.EpochS != spec.ControlS || math.Mod(3600, spec.ControlS) != 0:
		return nil, fmt.Errorf("%w: network.epoch_s: must equal control_s and divide an hour, so that nothing is decided in between, got %g and %g s", ErrTooLarge, spec.EpochS, spec.ControlS)
	}
	p := &planner{
		ctx: ctx, w: w, n: n, days: w.Scenario.Split.Days(Evaluate),
		each:    int(math.Round(w.Scenario.Sleep.EpisodeH * 3600 / spec.ControlS)),
		perHour: int(3600 / spec.ControlS),
	}
	if p.chain, err = oracle.NewChain(phi, ceilingNoises); err != nil {
		return nil, err
	}
	if p.joint, err = w.jointStates(n, w.allChoices(n)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	if count := len(p.days) * p.each * ceilingNoises * len(p.joint) * len(p.joint); count > maxOutcomes {
		return nil, fmt.Errorf("%w: %d joint states make %d intervals, at most %d are played", ErrTooLarge, len(p.joint), count, maxOutcomes)
	}
	return p, nil
}

// allChoices lists the states that the environment offers for each cell: those of
// coverage cells that the shield lets them have.
func (w *World) allChoices(n *sim.Network) [][]power.State {
	t := w.Topology
	choices := make([][]power.State, t.NumCells())
	for c := range choices {
		stays := w.Scenario.Shield.AlwaysOnCoverage && t.Carriers[t.CellCarrier[c]].Coverage
		for s := power.Full; s < power.NumStates; s++ {
			if _, ok := n.CellState(c, s); ok && (s.Awake() || !stays) {
				choices[c] = append(choices[c], s)
			}
		}
	}
	return choices
}

// chainModel is the model in which the noise is the chain.
func (p *planner) chainModel() (*oracle.Model, error) {
	m := p.empty(p.chain)
	for _, day := range p.days {
		sources := make([]sim.DemandSource, len(p.chain.Z))
		for i, z := range p.chain.Z {
			sources[i] = p.w.Demand.WithNoise(z)
		}
		if err := p.add(m, sources, des.Time(day)*des.Day); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// seedModel is the model of the traffic that a seed's episodes have, and which
// values of the chain its noises are nearest to [steps].
func (p *planner) seedModel(seed uint64) (m *oracle.Model, seen []int, err error) {
	m = p.empty(oracle.Chain{Z: []float64{0}, First: []float64{1}, Next: []float64{1}})
	for e := range p.days {
		key, start := sleep.SequentialEpisode(seed, e, p.days)
		source := p.w.Demand.Reseeded(key)
		if err := p.add(m, []sim.DemandSource{source}, start); err != nil {
			return nil, nil, err
		}
		seen = append(seen, p.seen(source, start)...)
	}
	return m, seen, nil
}

// seen returns the nearest values to the noises of an episode's steps, the first
// of them being that of the first hour twice.
func (p *planner) seen(source *traffic.Source, start des.Time) []int {
	out := make([]int, p.each+1)
	for t := range p.each {
		if t%p.perHour == 0 {
			out[t+1] = p.chain.Nearest(source.Noise(int64(start/des.Hour) + int64(t/p.perHour)))
		} else {
			out[t+1] = out[t]
		}
	}
	out[0] = out[1]
	return out
}

func (p *planner) empty(c oracle.Chain) *oracle.Model {
	return &oracle.Model{States: len(p.joint), Noises: len(c.Z), First: c.First, Next: c.Next}
}

// add appends an episode that begins at a time to a model, under a demand for each
// noise. It begins from the first joint state, wherever the one before ended.
func (p *planner) add(m *oracle.Model, sources []sim.DemandSource, start des.Time) error {
	for range sources {
		for range p.joint {
			m.Outcomes = append(m.Outcomes, oracle.Outcome{})
			for range p.joint[1:] {
				m.Outcomes = append(m.Outcomes, oracle.Outcome{EnergyJ: math.Inf(1)})
			}
		}
	}
	m.Draws = append(m.Draws, oracle.Anew)
	for t := range p.each {
		for _, s := range sources {
			quiet := quietBefore{s, start + des.Time(t)*p.w.Scenario.Network.Control()}
			if err := p.w.playAll(p.ctx, p.n, quiet, p.joint, &m.Outcomes); err != nil {
				return err
			}
		}
		draw := oracle.Held
		if t > 0 && t%p.perHour == 0 {
			draw = oracle.Moved
		}
		m.Draws = append(m.Draws, draw)
	}
	m.Steps += p.each + 1
	return nil
}
