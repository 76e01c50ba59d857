package ppo

import (
	"fmt"
	"math"

	"hibernet/env"
)

// scores sums rewards as the environment gives them, over all its rows.
type scores struct {
	running  []float64 // [environment's rows] since the episode began
	total    float64   // all rewards of the rollout
	finished float64   // sum over the episodes that ended
	episodes int       // row-episodes that ended
}

func (s *scores) add(b *env.Batch) error {
	for row, reward := range b.Reward {
		if reward != reward || math.IsInf(float64(reward), 0) {
			return fmt.Errorf("row %d: the reward is not finite (%g)", row, reward)
		}
		s.total += float64(reward)
		s.running[row] += float64(reward)
		if b.Terminated[row] || b.Truncated[row] {
			s.finished += s.running[row]
			s.running[row] = 0
			s.episodes++
		}
	}
	return nil
}

// mean returns the mean return of the row-episodes that ended, or of the
// whole rollout where none did.
func (s *scores) mean() float64 {
	if s.episodes > 0 {
		return s.finished / float64(s.episodes)
	}
	return s.total / float64(len(s.running))
}
