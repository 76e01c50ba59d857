package tune

import (
	"math"

	"hibernet/agents/baseline"
)

// dimensions of the unit cube that settings are points of.
const dimensions = 7

// Ranges of the settings (ours: from never to nearly always). Loads are sought by
// their logarithm, as the guards bind at a few percent in one network and at half
// in another.
const (
	leastLoad  = 0.01
	mostHoldS  = 3600
	mostDwellS = 7200
)

// decode returns the settings of a point; coordinates beyond the cube count as at
// its edge.
//
//	0  own_sleep_below, logarithmic      4  wake_after_s
//	1  candidate_sleep_below, likewise   5  dwell_s
//	2  candidate_wake_above, where       6  state, in equal parts
//	   between that and 1
//	3  sleep_after_s
//
// Times go with the square, so that short ones are not missed.
func decode(p []float64) baseline.ClassThresholds {
	u := func(i int) float64 { return min(max(p[i], 0), 1) }
	states := []string{"carrier_sleep", "deep_sleep", "dormant"}
	// A little below 1 leaves room for a wake-up threshold above it.
	candidate := min(math.Pow(leastLoad, 1-u(1)), 0.98)
	return baseline.ClassThresholds{
		OwnSleepBelow:       math.Pow(leastLoad, 1-u(0)),
		CandidateSleepBelow: candidate,
		CandidateWakeAbove:  candidate + (1-candidate)*(0.01+0.99*u(2)),
		SleepAfterS:         math.Round(mostHoldS * u(3) * u(3)),
		WakeAfterS:          math.Round(mostHoldS * u(4) * u(4)),
		DwellS:              math.Round(mostDwellS * u(5) * u(5)),
		State:               states[min(int(u(6)*float64(len(states))), len(states)-1)],
	}
}
