package published

import (
	"hibernet/agents"
	"hibernet/env"
	"hibernet/env/sleep"
	"hibernet/scenarios"
	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/kpi"
	"hibernet/sim/power"
	"hibernet/sim/rng"
	"hibernet/sim/validation"
)

// hurried is demand in which time passes faster than on the clock: a day of
// traffic within minutes, as environments have it that act every few
// milliseconds.
type hurried struct {
	source sim.DemandSource
	from   des.Time // of the traffic, at the clock's start
	start  des.Time // of the clock
	rate   int64    // traffic time over clock time
}

// DemandTo implements sim.DemandSource.
func (h hurried) DemandTo(dst []float32, at des.Time) {
	h.source.DemandTo(dst, h.from+(at-h.start)*des.Time(h.rate))
}

// outing is what an episode came to.
type outing struct {
	EnergyJ    float64 // of the whole network
	UnitJ      float64 // of the capacity layer's radio units
	OfferedBit float64
	ServedBit  float64
	SlowBit    float64                  // served below the target user throughput
	LostBit    float64                  // dropped
	HourJ      [24]float64              // of the capacity layer's radio units, by hour of the day
	StateS     [power.NumStates]float64 // cell-seconds
	CellS      float64
}

// play plays one episode of a world from a day on with a policy. demand makes
// the traffic of a seed; nil is the world's own.
func play(ctx validation.Context, w *scenarios.World, policy agents.Policy, day int, demand func(rng.Key) sim.DemandSource) (outing, error) {
	var out outing
	n, err := w.Network()
	if err != nil {
		return out, err
	}
	if demand == nil {
		demand = func(k rng.Key) sim.DemandSource { return w.Demand.Reseeded(k) }
	}
	sc := w.Scenario
	e, err := sleep.New(sc.Sleep, sleep.Config{
		Network: n, Demand: demand, Days: []int{day}, Order: sleep.Sequential, Shield: sc.Shield,
		History: w.History, Workers: ctx.Workers,
		Observe: func(m *sleep.Moment) error { out.see(m); return nil },
	})
	if err != nil {
		return out, err
	}
	seed := sc.Seed
	if _, err := agents.Rollout(ctx, e, policy, env.NewPlayBatch(e), &seed); err != nil {
		return out, err
	}
	out.add(n.Totals())
	return out, nil
}

// see adds the interval that a moment ends.
func (o *outing) see(m *sleep.Moment) {
	if m.Step == 0 {
		return
	}
	n, v := m.Network, m.Network.View()
	t := n.Topology()
	hour := int((v.Now-1)/des.Hour) % 24
	for c := range v.EnergyJ {
		if t.Carriers[t.CellCarrier[c]].Coverage {
			continue
		}
		e := v.EnergyJ[c] + v.TransitionJ[c]
		o.UnitJ += e
		o.HourJ[hour] += e
	}
	for _, slow := range v.SlowBit {
		o.SlowBit += slow
	}
}

// add takes over the episode's totals.
func (o *outing) add(t *kpi.Totals) {
	o.EnergyJ, o.CellS = t.EnergyJ, t.CellS
	o.OfferedBit, o.ServedBit, o.LostBit = t.OfferedBit, t.ServedBit, t.DroppedBit
	copy(o.StateS[:], t.StateS)
}

// poor returns the share of the traffic that was dropped or slow.
func (o *outing) poor() float64 { return (o.LostBit + o.SlowBit) / o.OfferedBit }

// bitPerJ returns the bits served for a joule.
func (o *outing) bitPerJ() float64 { return o.ServedBit / o.EnergyJ }

// merge adds another episode of the same network.
func (o *outing) merge(p *outing) {
	o.EnergyJ += p.EnergyJ
	o.UnitJ += p.UnitJ
	o.OfferedBit += p.OfferedBit
	o.ServedBit += p.ServedBit
	o.SlowBit += p.SlowBit
	o.LostBit += p.LostBit
	o.CellS += p.CellS
	for h := range o.HourJ {
		o.HourJ[h] += p.HourJ[h]
	}
	for s := range o.StateS {
		o.StateS[s] += p.StateS[s]
	}
}
