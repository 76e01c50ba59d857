package sleep

import (
	"testing"

	"hibernet/env"
	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// What SequentialEpisode says of an episode is what the environment does.
func TestSequentialEpisode(t *testing.T) {
	w := small()
	w.spec.EpisodeH = 0.25
	days := []int{3, 6}
	var keys []rng.Key
	w.change = func(c *Config) {
		c.Days, c.Order = days, Sequential
		demand := c.Demand
		c.Demand = func(key rng.Key) sim.DemandSource { keys = append(keys, key); return demand(key) }
	}
	e := w.must(t)
	keys = nil // the maker may ask too
	seed, b := uint64(11), env.NewBatch(e)
	for i := range 3 {
		first := &seed
		if i > 0 {
			first = nil
		}
		if err := e.Reset(first, b); err != nil {
			t.Fatal(err)
		}
		key, start := SequentialEpisode(seed, i, days)
		if len(keys) != i+1 || keys[i] != key || e.start != start || start != des.Time(days[i%2])*des.Day {
			t.Errorf("episode %d: %d keys, start %v, want %v", i, len(keys), e.start, start)
		}
	}
}
