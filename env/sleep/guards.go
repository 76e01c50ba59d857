package sleep

import (
	"hibernet/env"
	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// Guards of the environment, in order.
const (
	guardDropped = iota
	guardOutage
	guardThroughput
	numGuards
)

// guards describes the costs. Their names are those of the figures (package
// kpi) that they stand for.
var guards = [numGuards]env.Guard{
	guardDropped: {Name: "dropped_pct", Unit: "%",
		Doc: "traffic of the cell's sector that was dropped in the interval, of a mean sector's traffic in a mean interval; its mean is the figure times (traffic of the episode over the usual traffic)"},
	guardOutage: {Name: "outage_min", Unit: "min",
		Doc: "share of the sector's demand in bins without coverage, by the length of an episode; its mean is the figure"},
	guardThroughput: {Name: "throughput_p5_mbps", Unit: "%",
		Doc: "traffic of the sector that was dropped or served slower than the limit that is learned under, else than the target user throughput, as dropped_pct: the figure is at least that exactly if at most 5 % of the traffic is so slow"},
}

// expectTraffic finds the usual traffic by which dropped and slow traffic are
// scaled: the mean over the hours of the days that episodes begin on (of a
// week at most) of a realisation of its own, so that the costs of a bit are
// the same in all episodes, busy or quiet, at night or at noon.
func (e *Env) expectTraffic() {
	if e.meanBit > 0 {
		return
	}
	source, rate := e.cfg.Demand(rng.Root(0).Named("sleep/history")), make([]float32, e.sectors)
	days := e.cfg.Days[:min(len(e.cfg.Days), 7)]
	sum := 0.0
	for _, day := range days {
		for hour := range 24 {
			source.DemandTo(rate, des.Time(day)*des.Day+des.Time(hour)*des.Hour)
			for _, x := range rate {
				sum += float64(x)
			}
		}
	}
	e.meanBit = max(sum/float64(24*len(days)*e.sectors), 1) * e.net.Spec().ControlS
}

// guardCosts returns the costs of a sector in the interval of the view, which
// are those of each of its cells. Like the reward they weigh a sector by its
// cells: the means that the guards speak of are over sectors.
func (e *Env) guardCosts(s int) (cost [numGuards]float32) {
	v := e.view
	dropped, slow := float64(v.DroppedBit[s]), v.SlowBit
	if v.PoorBit != nil {
		slow = v.PoorBit
	}
	cost[guardDropped] = float32(100 * dropped / e.meanBit)
	cost[guardOutage] = float32(float64(v.OutageS[s]) / 60 * float64(e.steps))
	cost[guardThroughput] = float32(100 * (dropped + float64(slow[s])) / e.meanBit)
	return cost
}
