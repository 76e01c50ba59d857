package envtest

import (
	"hibernet/env"
	"hibernet/sim/rng"
)

const (
	delayHorizon = 8
	delayBribe   = 0.3
)

// NewDelay returns a game in which a side, left or right, is shown at the
// first step only. Choosing that side in the first step pays 1 at the end, 7
// steps later; choosing the other pays 0.3 at once. Actions in later steps do
// nothing. Ability: credit over time (advantages with bootstrapping, a
// discount near 1). An episode terminates after 8 steps. Best 1; Naive
// (greedy for the present reward) 0.3.
func NewDelay(rows int) (*Toy, error) {
	s := env.Schema{
		Environment: "toy_delay",
		Fields: []env.Field{
			flag("cue_left", "1 in the first step if the side is left"),
			flag("cue_right", "1 in the first step if the side is right"),
			flag("owed", "1 if the payment at the end is due"),
			{Name: "steps_left", Unit: "1", Doc: "steps to the end of the episode", Scale: delayHorizon},
		},
		Actions: []env.Action{{Name: "left", Doc: "chooses left"}, {Name: "right", Doc: "chooses right"}},
	}
	n := max(rows, 0)
	t, err := newToy(rows, delayHorizon, terminates, s, &delay{side: make([]int, n), owed: make([]bool, n)})
	if err != nil {
		return nil, err
	}
	t.best, t.naive = 1, delayBribe
	return t, nil
}

type delay struct {
	side []int
	owed []bool
}

func (g *delay) begin(row int, key rng.Key) {
	g.side[row], g.owed[row] = int(key.Uint64(0)&1), false
}

func (g *delay) move(row, step, action int) (reward, cost float64) {
	switch {
	case step == 0 && action == g.side[row]:
		g.owed[row] = true
	case step == 0:
		return delayBribe, 0
	case step == delayHorizon-1 && g.owed[row]:
		return 1, 0
	}
	return 0, 0
}

func (g *delay) obsTo(row, step int, dst []float32) {
	clear(dst)
	if step == 0 {
		dst[g.side[row]] = 1
	}
	if g.owed[row] {
		dst[2] = 1
	}
	dst[3] = float32(delayHorizon-step) / delayHorizon
}

func (g *delay) maskTo(_, _ int, dst []bool) { allow(dst) }

const (
	truncationHorizon = 10
	truncationCold    = -5.0 // reward of the first step
)

// NewTruncation returns an endless task that is looked at for 10 steps. It
// begins cold, where the first step costs 5 whatever is done, and is warm for
// ever after, where work pays 1 and idle 0. The time is not observed.
// Ability: at a truncation the value of what follows is bootstrapped, and
// from the final observation (warm) and not from the first of the next
// episode (cold). The values that a critic should learn under the best
// policy, and those that it learns by taking a truncation for a termination,
// are TruncationValue and TruncationValueIfTerminated. Best 4; Naive (idle
// throughout) -5. It has no randomness: all seeds give the same episodes.
func NewTruncation(rows int) (*Toy, error) {
	s := env.Schema{
		Environment: "toy_truncation",
		Fields: []env.Field{
			flag("cold", "1 before the first step of an episode"),
			flag("warm", "1 after it"),
		},
		Actions: []env.Action{{Name: "idle", Doc: "pays 0"}, {Name: "work", Doc: "pays 1 when warm"}},
	}
	t, err := newToy(rows, truncationHorizon, truncates, s, truncation{})
	if err != nil {
		return nil, err
	}
	t.best, t.naive = truncationCold+(truncationHorizon-1), truncationCold
	return t, nil
}

// TruncationValue returns the discounted values of the two states of
// NewTruncation when work is always chosen: warm = 1/(1-gamma), cold = -5 +
// gamma*warm. gamma is in [0,1).
func TruncationValue(gamma float64) (cold, warm float64) {
	warm = 1 / (1 - gamma)
	return truncationCold + gamma*warm, warm
}

// TruncationValueIfTerminated returns what one-step temporal-difference
// learning converges to for the same policy if the value after the last step
// is taken as 0: of the 9 warm steps of an episode only 8 are continued, so
// warm = 1/(1 - gamma*8/9). Longer returns (lambda > 0) end lower still.
func TruncationValueIfTerminated(gamma float64) (cold, warm float64) {
	const steps = truncationHorizon - 1
	warm = 1 / (1 - gamma*(steps-1)/steps)
	return truncationCold + gamma*warm, warm
}

type truncation struct{}

func (truncation) begin(int, rng.Key) {}

func (truncation) move(_, step, action int) (reward, cost float64) {
	if step == 0 {
		return truncationCold, 0
	}
	return float64(action), 0
}

func (truncation) obsTo(_, step int, dst []float32) { oneHot(dst, min(step, 1)) }
func (truncation) maskTo(_, _ int, dst []bool)      { allow(dst) }
