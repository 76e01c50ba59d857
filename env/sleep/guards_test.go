package sleep

import (
	"math"
	"testing"

	"hibernet/env"
)

// stressed is a world where sleeping cells at random drops, slows and opens
// holes: too few sites, more traffic than they carry, no mercy of the shield.
func stressed(workers int) world {
	w := small()
	w.isdM, w.workers = 900, workers
	w.spec.EpisodeH = 6
	w.change = func(c *Config) {
		c.Shield.EmergencyLoad, c.Shield.KeepCoverage, c.Shield.AlwaysOnCoverage = 1, false, false
	}
	return w
}

// meanCosts plays an episode and returns the mean of each cost over sectors
// and steps.
func meanCosts(t *testing.T, e *Env) (mean [numGuards]float64) {
	off := e.net.Topology().SectorCellOff
	play(t, e, 5, randomly(2), func(step int, b *env.Batch) {
		for s := range e.sectors {
			for g := range mean {
				first := b.Cost[int(off[s])*numGuards+g]
				for c := off[s]; c < off[s+1]; c++ {
					if b.Cost[int(c)*numGuards+g] != first {
						t.Fatalf("step %d: cells of sector %d have different costs of %s", step, s, guards[g].Name)
					}
				}
				mean[g] += float64(first) / float64(e.sectors*e.steps)
			}
		}
	})
	return mean
}

func TestMeanCostsAreTheFigures(t *testing.T) {
	e := stressed(1).must(t)
	mean, totals := meanCosts(t, e), e.Totals()
	busy := totals.OfferedBit / (e.meanBit * float64(e.sectors*e.steps))
	for g, want := range map[int]float64{
		guardDropped: figure(t, e, "dropped_pct") * busy,
		guardOutage:  figure(t, e, "outage_min"),
	} {
		if !(want > 0.1) || math.Abs(mean[g]-want) > 1e-5*want {
			t.Errorf("%s: mean cost %v, want %v (above 0.1)", guards[g].Name, mean[g], want)
		}
	}
}

// The throughput's cost must pass 5 % where the figure passes the target: at a
// target just below the figure less than 5 % is slower, just above it more.
func TestSlowShareIsFiveAtTheFigure(t *testing.T) {
	w := small()
	w.spec.EpisodeH = 6
	play := func(target float64) (share, p5 float64) {
		w.network.TargetThroughputMbps = target
		e := w.must(t)
		mean, totals := meanCosts(t, e), e.Totals()
		return mean[guardThroughput] * e.meanBit * float64(e.sectors*e.steps) / totals.OfferedBit, totals.Throughput.Quantile(0.05)
	}
	_, p5 := play(1)
	if !(p5 > 0) {
		t.Fatalf("5th percentile %v: nothing to tell apart", p5)
	}
	below, _ := play(p5 * 0.96)
	above, _ := play(p5 * 1.04)
	if !(below <= 5 && above >= 5 && above-below < 2) {
		t.Errorf("slow share %v below and %v above the 5th percentile %v, want 5 between", below, above, p5)
	}
	// A limit of its own tells the same cost, whatever the target.
	w.guard = p5 * 1.04
	if got, _ := play(1); got != above {
		t.Errorf("slow share %v with a limit of %v, %v with such a target", got, w.guard, above)
	}
	w.guard = 1
	if got, _ := play(p5 * 1.04); got >= below {
		t.Errorf("slow share %v with a limit of 1 Mbit/s, %v with a target of %v", got, below, p5*0.96)
	}
}

func TestCostsAreTheSameForAnyNumberOfWorkers(t *testing.T) {
	one, many := meanCosts(t, stressed(1).must(t)), meanCosts(t, stressed(3).must(t))
	if one != many {
		t.Errorf("mean costs %v by one worker, %v by three", one, many)
	}
}
