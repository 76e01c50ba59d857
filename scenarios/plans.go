package scenarios

import (
	"context"
	"fmt"
	"math"

	"hibernet/agents/oracle"
	"hibernet/env/sleep"
	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/power"
)

// maxOutcomes bounds how many control intervals a table of Plans may take.
const maxOutcomes = 2_000_000

// Plans lists the joint power states of a small network, each a state a cell,
// and plays every control interval of the first episode of an evaluation seed
// from each into each: the model in which oracle.Exact finds the clairvoyant
// optimum among plans of these states. choices [cells] are the states that each
// cell may be in; the first joint state takes the first of each, full for all,
// in which an episode begins.
//
// The outcomes are the simulator's own, from a network that stands still in the
// state before (but for the tolerance of its load coupling, as each interval
// begins from no load), without shield: plans that it would refuse are in the
// model, if the choices have them.
func (w *World) Plans(ctx context.Context, seed uint64, choices [][]power.State) (*oracle.Model, [][]power.State, error) {
	n, err := w.Network()
	if err != nil {
		return nil, nil, err
	}
	if err := w.boundable(n); err != nil {
		return nil, nil, fmt.Errorf("scenario %s: plans: %w", w.Scenario.Name, err)
	}
	joint, err := w.jointStates(n, choices)
	if err != nil {
		return nil, nil, err
	}
	steps := int(math.Round(w.Scenario.Sleep.EpisodeH * 3600 / w.Scenario.Network.ControlS))
	if count := steps * len(joint) * len(joint); count > maxOutcomes {
		return nil, nil, fmt.Errorf("scenario %s: plans: %d joint states over %d steps make %d intervals, at most %d are played", w.Scenario.Name, len(joint), steps, count, maxOutcomes)
	}
	m := &oracle.Model{Steps: steps, States: len(joint), Noises: 1, First: []float64{1}, Next: []float64{1}}
	key, start := sleep.SequentialEpisode(seed, 0, w.Scenario.Split.Days(Evaluate))
	source := quietBefore{w.Demand.Reseeded(key), start}
	for t := range steps {
		source.until = start + des.Time(t)*w.Scenario.Network.Control()
		if err := w.playAll(ctx, n, source, joint, &m.Outcomes); err != nil {
			return nil, nil, err
		}
	}
	return m, joint, nil
}

// playAll appends the outcomes of one interval from each joint state into each.
func (w *World) playAll(ctx context.Context, n *sim.Network, source quietBefore, joint [][]power.State, to *[]oracle.Outcome) error {
	for _, from := range joint {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, next := range joint {
			o, err := w.interval(n, source, from, next)
			if err != nil {
				return err
			}
			*to = append(*to, o)
		}
	}
	return nil
}

// quietBefore is a demand without traffic before a time, in which a network may
// settle.
type quietBefore struct {
	sim.DemandSource
	until des.Time
}

// DemandTo implements sim.DemandSource.
func (q quietBefore) DemandTo(dst []float32, at des.Time) {
	if at < q.until {
		clear(dst)
		return
	}
	q.DemandSource.DemandTo(dst, at)
}

// jointStates lists all combinations of the choices, the first cell's changing
// slowest, and checks that each can settle within a control interval.
func (w *World) jointStates(n *sim.Network, choices [][]power.State) ([][]power.State, error) {
	if len(choices) != w.Topology.NumCells() {
		return nil, fmt.Errorf("scenario %s: plans: choices for %d of %d cells", w.Scenario.Name, len(choices), w.Topology.NumCells())
	}
	joint := [][]power.State{nil}
	for c, states := range choices {
		if len(states) == 0 || states[0] != power.Full {
			return nil, fmt.Errorf("scenario %s: plans: cell %d: the first choice must be %s", w.Scenario.Name, c, power.Full)
		}
		var longer [][]power.State
		for _, j := range joint {
			for _, s := range states {
				data := n.Profile(c).States[s]
				if !data.Available || des.Time(data.EntryUs+data.ExitUs) > w.Scenario.Network.Control() {
					return nil, fmt.Errorf("scenario %s: plans: cell %d: %s is not there or does not settle within network.control_s", w.Scenario.Name, c, s)
				}
				longer = append(longer, append(append([]power.State(nil), j...), s))
			}
		}
		if joint = longer; len(joint) > maxOutcomes {
			return nil, fmt.Errorf("scenario %s: plans: too many joint states", w.Scenario.Name)
		}
	}
	return joint, nil
}

// interval plays one control interval, from a network that has settled in the
// states before it.
func (w *World) interval(n *sim.Network, source quietBefore, from, to []power.State) (oracle.Outcome, error) {
	control := w.Scenario.Network.Control()
	request := func(states []power.State) error {
		for c, s := range states {
			if err := n.Request(c, s); err != nil {
				return err
			}
		}
		return nil
	}
	if err := n.Start(source.until-control, source); err != nil {
		return oracle.Outcome{}, err
	}
	if err := request(from); err != nil {
		return oracle.Outcome{}, err
	}
	if err := n.RunUntil(source.until); err != nil {
		return oracle.Outcome{}, err
	}
	n.BeginInterval()
	if err := request(to); err != nil {
		return oracle.Outcome{}, err
	}
	if err := n.RunUntil(source.until + control); err != nil {
		return oracle.Outcome{}, err
	}
	v, o := n.View(), oracle.Outcome{EnergyJ: n.SitesW() * control.Seconds()}
	for c := range v.EnergyJ {
		o.EnergyJ += float64(v.EnergyJ[c]) + float64(v.TransitionJ[c])
	}
	for _, d := range v.DroppedBit {
		o.DropBit += float64(d)
	}
	return o, nil
}
