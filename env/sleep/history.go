package sleep

import (
	"fmt"
	"math"

	"hibernet/sim"
	"hibernet/sim/des"
)

// History returns the mean offered rate of each sector by hour of the day, in
// bit/s, [24*sectors] hour-major, over the given days of src (0 = Monday of
// the first week). It is what an operator's counters of past weeks give; take
// it from days that a policy may know, never from those it is judged on.
func History(src sim.DemandSource, sectors int, days []int) []float32 {
	const perHour = 2
	sum, now := make([]float64, sectors), make([]float32, sectors)
	out := make([]float32, 24*sectors)
	for hour := range 24 {
		clear(sum)
		for _, day := range days {
			for i := range perHour {
				src.DemandTo(now, des.Time(day)*des.Day+des.Time(hour*perHour+i)*des.Hour/perHour)
				for s, x := range now {
					sum[s] += float64(x)
				}
			}
		}
		for s, x := range sum {
			out[hour*sectors+s] = float32(x / float64(perHour*max(len(days), 1)))
		}
	}
	return out
}

// setHistory checks and keeps the history.
func (p *plan) setHistory(history []float32) error {
	sectors := p.topo.Sectors()
	if len(history) != 24*sectors {
		return fmt.Errorf("history: %d values, 24 hours of %d sectors need %d", len(history), sectors, 24*sectors)
	}
	p.history, p.usualMean = history, make([]float32, sectors)
	for i, x := range history {
		if !(x >= 0) || math.IsInf(float64(x), 0) {
			return fmt.Errorf("history: hour %d, sector %d: %v bit/s", i/sectors, i%sectors, x)
		}
		p.usualMean[i%sectors] += x / 24
	}
	return nil
}
