package sleep

import (
	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// SequentialEpisode returns what the traffic of an episode follows from, for who
// must know it without playing: the key that Config.Demand is called with and
// the time at which the episode begins, of the episode-th after a Reset with
// seed in an environment that takes its days one after the other.
func SequentialEpisode(seed uint64, episode int, days []int) (traffic rng.Key, start des.Time) {
	return rng.Root(seed).Named("sleep").At(uint64(episode)).Named("traffic"), des.Time(days[episode%len(days)]) * des.Day
}
