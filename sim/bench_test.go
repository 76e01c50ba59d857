package sim

import (
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/power"
)

// BenchmarkInterval steps 3,000 cells through control intervals of 15 minutes
// with epochs of 5, a third of the capacity cells going to sleep or waking in
// each.
func BenchmarkInterval(b *testing.B) {
	const sectors = 1500
	n := network(b, DefaultSpec(), power.DefaultSpec(), towers(sectors), 2)
	demand := make(constant, sectors)
	for s := range demand {
		demand[s] = float32(1e7 * (1 + s%20))
	}
	must(b, n.Start(0, demand))
	at, intervals := des.Time(0), 0
	for b.Loop() {
		n.BeginInterval()
		for c := 1; c < 2*sectors; c += 2 {
			state := power.Full
			if (c/2+intervals)%3 == 0 {
				state = power.Sleep
			}
			must(b, n.Request(c, state))
		}
		at += 15 * des.Minute
		must(b, n.RunUntil(at))
		intervals++
	}
	solves, iterations := n.SolveCounts()
	b.ReportMetric(float64(intervals)*2*sectors/b.Elapsed().Seconds(), "cell-steps/s")
	b.ReportMetric(float64(solves)/float64(intervals), "solves/interval")
	b.ReportMetric(float64(iterations)/float64(solves), "iterations/solve")
}
