package sleep

import "hibernet/sim/power"

const (
	jouleAKWh = 3.6e6
	bitAGbit  = 1e9
)

// Cost is what one sector cost in one control interval, in the currency of
// the Spec.
type Cost struct {
	Energy float64 // of its cells' radio units, transitions and overhead included
	Drop   float64 // of the sector's traffic that was dropped
	Slow   float64 // of its traffic served below the target user throughput
	Switch float64 // of its cells' changes of power state
}

// Total returns the sum.
func (c Cost) Total() float64 { return c.Energy + c.Drop + c.Slow + c.Switch }

// price works out the costs of the last interval and writes the rewards. All
// rows of a sector get the same one: which of its cells caused a drop cannot
// be told apart, and the cells of a sector save and suffer together.
func (e *Env) price(reward []float32) {
	t, v := e.net.Topology(), e.view
	for s := range e.cost {
		var joule float64
		var switches int32
		lo, hi := t.SectorCellOff[s], t.SectorCellOff[s+1]
		for c := lo; c < hi; c++ {
			joule += v.EnergyJ[c] + v.TransitionJ[c]
			switches += v.Switches[c]
		}
		e.cost[s] = Cost{
			Energy: joule / jouleAKWh * e.spec.EnergyPricePerKWh,
			Drop:   v.DroppedBit[s] / bitAGbit * e.spec.DropPricePerGbit,
			Slow:   v.SlowBit[s] / bitAGbit * e.spec.SlowPricePerGbit,
			Switch: float64(switches) * e.spec.SwitchPrice,
		}
		r := float32(-e.cost[s].Total() / e.scale)
		for c := lo; c < hi; c++ {
			reward[c] = r
		}
	}
}

// rewardScale returns the cost of the energy that an average sector draws in
// one control interval with all radio units at full load, supply overhead
// left out: the always-on network's reward in a busy interval is about -1.
func (e *Env) rewardScale() float64 {
	sum := 0.0
	for c := range e.wish {
		sum += e.net.Profile(c).PowerW(power.Full, 1)
	}
	return sum / float64(len(e.cost)) * e.net.Spec().ControlS / jouleAKWh * e.spec.EnergyPricePerKWh
}

// RewardScale returns the money that a reward of -1 stands for.
func (e *Env) RewardScale() float64 { return e.scale }
