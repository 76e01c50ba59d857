package sleep

import (
	"testing"

	"hibernet/env"
	"hibernet/sim/power"
)

// ruleColumns are those that the threshold rule reads.
var ruleColumns = []string{"hour", "own_load", "candidate_load", "time_in_state_min", "is_coverage",
	"state_carrier_sleep", "state_deep_sleep", "state_dormant"}

// atNight returns an environment, and its last batch, at a moment at which
// most capacity cells sleep and some are about to wake.
func atNight(b *testing.B, columns []string) (*Env, *env.Batch) {
	w := small()
	w.sites, w.workers, w.spec.EpisodeH = 1000, 1, 24
	w.change = func(c *Config) { c.Columns, c.Days = columns, []int{0} }
	e := w.must(b)
	batch, seed := env.NewBatch(e), uint64(1)
	if err := e.Reset(&seed, batch); err != nil {
		b.Fatal(err)
	}
	actions := make([]int32, e.Rows())
	for step := range 3 {
		for c := range actions {
			actions[c] = 0
			if batch.Mask[c*numActions+int(power.Sleep)] && c%7 > step {
				actions[c] = int32(power.Sleep)
			} else if !batch.Mask[c*numActions] {
				actions[c] = int32(e.target[c])
			}
		}
		if err := e.Step(actions, batch); err != nil {
			b.Fatal(err)
		}
	}
	return e, batch
}

// What each part of a step costs with the columns of the threshold rule, on
// one core. Begin and guard, here without a change of a state, come once and
// once an epoch.
func BenchmarkParts(b *testing.B) {
	e, batch := atNight(b, ruleColumns)
	actions := make([]int32, e.Rows())
	for c, s := range e.target {
		actions[c] = int32(s)
	}
	e.allow()
	for c := range e.mask {
		e.mask[c] = 0xff
	}
	for _, part := range []struct {
		name string
		do   func()
	}{
		{"take", func() {
			if err := e.take(actions); err != nil {
				b.Fatal(err)
			}
		}},
		{"begin", func() {
			copy(e.wish, e.target)
			e.sensed = true
			if err := e.begin(); err != nil {
				b.Fatal(err)
			}
		}},
		{"guard", func() {
			if err := e.guard(); err != nil {
				b.Fatal(err)
			}
		}},
		{"price", func() { e.measure(); e.price(batch) }},
		{"allow", e.allow},
		{"write", func() { e.sensed = true; e.write(batch) }},
	} {
		b.Run(part.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				part.do()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(e.Rows()), "ns/cell")
		})
	}
}
