package scenarios

import (
	"context"
	"errors"
	"fmt"
	"math"

	"hibernet/agents/oracle"
	"hibernet/env/sleep"
	"hibernet/env/variation"
	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/kpi"
	"hibernet/sim/power"
	"hibernet/sim/radio"
	"hibernet/traffic"
)

// DropLimit is how much traffic may be dropped over a seed's episodes. A limit
// that is not there is +Inf.
type DropLimit struct {
	SharePct    float64 // of what is offered, %
	EpisodeGbit float64 // an episode, on average
}

// NoDropLimit allows any drops.
func NoDropLimit() DropLimit { return DropLimit{SharePct: math.Inf(1), EpisodeGbit: math.Inf(1)} }

// Guarded returns the limit that guards put on drops where always-on drops a
// share alwaysPct and an amount alwaysGbit an episode. Guards on other figures
// are left out: without them a bound is lower, and still a bound.
func Guarded(guards []kpi.Guard, alwaysPct, alwaysGbit float64) DropLimit {
	limit := NoDropLimit()
	for _, g := range guards {
		switch g.Figure {
		case "dropped_pct":
			limit.SharePct = min(limit.SharePct, g.Limit(alwaysPct))
		case "dropped_gbit":
			limit.EpisodeGbit = min(limit.EpisodeGbit, g.Limit(alwaysGbit))
		}
	}
	return limit
}

// rateSlack is by how much the vector kernels' rates may exceed those of the
// formulas: their logarithm is good to a few millionths.
const rateSlack = 1 + 1e-4

// Bound returns energy in kWh that no policy can go below on the episodes of a
// seed of the evaluation while it keeps the limit on drops and runs behind the
// scenario's shield: see oracle.Network.Bound. Where the shield keeps the
// coverage layer awake, the bound does so too.
//
// It is an error where the bound would not hold: where things may break, or
// traffic waits, or transitions are rounded to less than they take.
func (w *World) Bound(ctx context.Context, seed uint64, limit DropLimit, opt oracle.Options) (kWh float64, err error) {
	n, err := w.Network()
	if err != nil {
		return 0, err
	}
	if err := w.boundable(n); err != nil {
		return 0, fmt.Errorf("scenario %s: bound: %w", w.Scenario.Name, err)
	}
	relaxed := w.relax(n)
	task := w.task(seed)
	offered, err := offeredBit(ctx, task)
	if err != nil {
		return 0, err
	}
	task.DropBit = w.limitBit(offered, limit)
	result, err := relaxed.Bound(ctx, task, opt)
	if err != nil {
		return 0, err
	}
	return result.EnergyJ / joulePerKWh, nil
}

// boundable returns why the bound would not hold.
func (w *World) boundable(n *sim.Network) error {
	spec := w.Scenario.Network
	if n.HasFaults() {
		return errors.New("faults: the bound does not hold where cells break down")
	}
	if spec.Overload != sim.OverloadDrop {
		return fmt.Errorf("network.overload: the bound needs %s, got %s: waiting traffic is not of one epoch", sim.OverloadDrop, spec.Overload)
	}
	if spec.TransitionGridS > 0 {
		return fmt.Errorf("network.transition_grid_s: the bound needs 0, got %g s: a wake-up that is rounded to nothing serves before it is paid for", spec.TransitionGridS)
	}
	shift := w.Scenario.Shift
	shift.SensorNoiseSD, shift.SensorLostShare = 0, 0 // what a policy reads moves no bound
	if shift != variation.DefaultSpec() {
		return errors.New("shift: the bound is for the traffic, faults and powers that the scenario has without it")
	}
	return nil
}

// task describes the episodes of a seed, one after the other.
func (w *World) task(seed uint64) oracle.Task {
	sc := w.Scenario
	days := sc.Split.Days(Evaluate)
	each := int(math.Round(sc.Sleep.EpisodeH * 3600 / sc.Network.EpochS))
	return oracle.Task{
		Epochs: each * len(days), EpochS: sc.Network.EpochS, Sectors: w.Topology.Sectors(),
		Open: func() oracle.Demand {
			sources := make([]*traffic.Source, len(days))
			return func(dst []float32, epoch int) {
				e := epoch / each
				key, start := sleep.SequentialEpisode(seed, e, days)
				if sources[e] == nil {
					sources[e] = w.Demand.Reseeded(key)
					sources[e].SetWorkers(1)
				}
				sources[e].DemandTo(dst, start+des.Time(epoch%each)*sc.Network.Epoch())
			}
		},
	}
}

// offeredBit returns all traffic of a task.
func offeredBit(ctx context.Context, task oracle.Task) (float64, error) {
	demand, rate, sum := task.Open(), make([]float32, task.Sectors), 0.0
	for t := range task.Epochs {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		demand(rate, t)
		for _, r := range rate {
			sum += float64(r) * task.EpochS
		}
	}
	return sum, nil
}

// relax describes the network for the bound.
func (w *World) relax(n *sim.Network) *oracle.Network {
	t := w.Topology
	cells, bins := t.NumCells(), t.Sectors()*t.Bins()
	net := &oracle.Network{
		ConstantW: n.SitesW(), BinSector: make([]int32, bins), BinShare: t.BinShare,
		MustServe: make([]bool, cells), LinkOff: make([]int32, cells+1), OptionOff: make([]int32, cells+1),
		Options: make([]oracle.Option, 0, cells),
	}
	for b := range net.BinSector {
		net.BinSector[b] = int32(b / t.Bins())
	}
	gains := w.linkCells(net)
	for c := range cells {
		least := math.Inf(1)
		for s := power.Full; s < power.NumStates; s++ {
			if state, ok := n.CellState(c, s); ok && !s.Awake() {
				least = min(least, state.IdleW)
			}
		}
		net.MustServe[c] = math.IsInf(least, 1) || w.Scenario.Shield.AlwaysOnCoverage && t.Carriers[t.CellCarrier[c]].Coverage
		if net.MustServe[c] {
			least = 0
		}
		net.ConstantW += least
		for s := power.Full; s < power.NumStates; s++ {
			if state, ok := n.CellState(c, s); ok && s.Awake() {
				net.Options = append(net.Options, w.option(c, state, least, gains[net.LinkOff[c]:net.LinkOff[c+1]]))
			}
		}
		net.OptionOff[c+1] = int32(len(net.Options))
	}
	return net
}

// linkCells lists the bins that each cell can reach in its full state, and
// returns the gains of these links.
func (w *World) linkCells(net *oracle.Network) (gains []float32) {
	t := w.Topology
	visit := func(f func(cell, bin int, gain float32)) {
		for s := range t.Sectors() {
			for l := int(t.Links.Off[s]); l < int(t.Links.Off[s+1]); l++ {
				for b := range t.Bins() {
					if gain := t.Links.At(l, b); w.reaches(int(t.Links.Cell[l]), gain, 1) {
						f(int(t.Links.Cell[l]), s*t.Bins()+b, gain)
					}
				}
			}
		}
	}
	visit(func(cell, _ int, _ float32) { net.LinkOff[cell+1]++ })
	for c := range t.NumCells() {
		net.LinkOff[c+1] += net.LinkOff[c]
	}
	at := append([]int32(nil), net.LinkOff...)
	net.LinkBin, gains = make([]int32, at[len(at)-1]), make([]float32, at[len(at)-1])
	visit(func(cell, bin int, gain float32) {
		net.LinkBin[at[cell]], gains[at[cell]] = int32(bin), gain
		at[cell]++
	})
	return gains
}

// reaches says whether a cell at a share of its power may serve a bin: more
// readily, by rounding, than the model does.
func (w *World) reaches(c int, gain float32, share float64) bool {
	cells, kind := &w.Topology.Cells, w.Topology.Cells.KindOf(int32(c))
	rx := float64(cells.TxRBW[kind]) * share / radio.SubcarriersPerPRB * float64(gain)
	return rx*rateSlack >= math.Pow(10, (float64(cells.MinRSRPDBm[kind])-30)/10)
}

// option describes an awake state of a cell: the load of a bit at a bin is that
// without any interference. The solver of the load coupling may leave a load
// short of the fixed point by its tolerance, which the option grants.
func (w *World) option(c int, state sim.CellState, asleepW float64, gains []float32) oracle.Option {
	cells, kind, spec := &w.Topology.Cells, w.Topology.Cells.KindOf(int32(c)), w.Scenario.Radio
	curve := radio.RateCurve{Alpha: spec.RateAlpha, CapBpsHz: spec.RateCapBpsHz}
	o := oracle.Option{
		OpenW: state.IdleW - asleepW - state.SlopeW*spec.Tolerance, SlopeW: state.SlopeW, Room: 1 + spec.Tolerance,
		LoadPerBit: make([]float32, len(gains)),
	}
	hz := float64(cells.BandwidthHz[kind]) * float64(state.Capacity)
	for l, gain := range gains {
		o.LoadPerBit[l] = float32(math.Inf(1))
		if w.reaches(c, gain, state.Power) {
			snr := float64(cells.TxRBW[kind]) * state.Power * float64(cells.BeamGain[kind]) * float64(gain) / float64(cells.NoiseRBW[kind])
			o.LoadPerBit[l] = float32(1 / (hz * curve.LayersBpsHz(snr, float64(state.Layers)) * rateSlack))
		}
	}
	return o
}
