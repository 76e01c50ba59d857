package sleep

import (
	"hibernet/env"
	"hibernet/sim/power"
	"hibernet/sim/shard"
)

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

// price works out the costs of the last interval and writes the rewards, and
// the guards' costs if the batch has room for them. All
// rows of a sector get the same one: which of its cells caused a drop cannot
// be told apart, and the cells of a sector save and suffer together.
func (e *Env) price(b *env.Batch) {
	if len(b.Cost) > 0 {
		e.expectTraffic()
	}
	e.batch = b
	e.pool.Each(shard.Count(e.sectors), e.pricePass)
	e.batch = nil // it is the caller's
}

func (e *Env) priceShard(i int) {
	reward, cost := e.batch.Reward, e.batch.Cost
	lo, hi := shard.Range(i, e.sectors)
	first, last := e.cellsOf(lo, hi)
	sector := e.net.Topology().CellSector[first:last]
	var joule [shard.Size]float64
	var switches [shard.Size]int32
	energy, transition, changes := e.view.EnergyJ[first:last], e.view.TransitionJ[first:last], e.view.Switches[first:last]
	for k, s := range sector {
		at := uint(int(s)-lo) % shard.Size
		joule[at] += float64(energy[k]) + float64(transition[k])
		switches[at] += changes[k]
	}
	var rewards [shard.Size]float32
	for s := lo; s < hi; s++ {
		rewards[s-lo] = float32(-e.cost(s, joule[s-lo], int(switches[s-lo])).Total() / e.scale)
	}
	for k, s := range sector {
		reward[first+k] = rewards[uint(int(s)-lo)%shard.Size]
	}
	if len(cost) == 0 {
		return
	}
	off := e.net.Topology().SectorCellOff
	for s := lo; s < hi; s++ {
		g := e.guardCosts(s)
		for c := off[s]; c < off[s+1]; c++ {
			*(*[numGuards]float32)(cost[int(c)*numGuards:]) = g
		}
	}
}

// costOf returns what a sector has cost in the interval of the view.
func (e *Env) costOf(s int) Cost {
	v := e.view
	var joule float64
	var switches int
	lo, hi := e.cellsOf(s, s+1)
	for c := lo; c < hi; c++ {
		joule += float64(v.EnergyJ[c]) + float64(v.TransitionJ[c])
		switches += int(v.Switches[c])
	}
	return e.cost(s, joule, switches)
}

// cost is costOf for a sector whose cells have drawn so much and changed their
// state so often.
func (e *Env) cost(s int, joule float64, switches int) Cost {
	v := e.view
	return Cost{
		Energy: joule * e.prices.Energy,
		Drop:   float64(v.DroppedBit[s]) * e.prices.Drop,
		Slow:   float64(v.SlowBit[s]) * e.prices.Slow,
		Switch: float64(switches) * e.prices.Switch,
	}
}

// prices returns what a J, a bit dropped or slow, and a switch cost.
func (s Spec) prices() Cost {
	return Cost{
		Energy: s.EnergyPricePerKWh / jouleAKWh,
		Drop:   s.DropPricePerGbit / bitAGbit, Slow: s.SlowPricePerGbit / bitAGbit, Switch: s.SwitchPrice,
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
	return sum / float64(e.sectors) * e.net.Spec().ControlS / jouleAKWh * e.spec.EnergyPricePerKWh
}

// RewardScale returns the money that a reward of -1 stands for.
func (e *Env) RewardScale() float64 { return e.scale }
