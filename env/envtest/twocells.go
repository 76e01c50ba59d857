package envtest

import (
	"math"

	"hibernet/env"
	"hibernet/sim/rng"
)

// The two cells of NewTwoCells. All quantities are without unit: capacity 1
// is the larger cell's, cost 1 its energy in one step.
const (
	twoHorizon   = 24
	twoWakeCost  = 0.3
	twoLostPrice = 3.0
	twoLevels    = 3
	twoStates    = 4 // sets of awake cells: bit 0 = a, bit 1 = b
	twoBoth      = 3
)

var (
	twoCapacity = [2]float64{1, 0.7}
	twoEnergy   = [2]float64{1, 0.6}
	twoDemand   = [twoLevels]float64{0.3, 0.9, 1.6}
	// twoChain[i][j] is the probability that level j follows level i.
	twoChain = [twoLevels][twoLevels]float64{{0.6, 0.4, 0}, {0.2, 0.6, 0.2}, {0, 0.4, 0.6}}
)

// NewTwoCells returns the smallest task of its kind that cannot be solved
// greedily: two cells, a larger one (capacity 1, energy 1) and a smaller one
// (0.7, 0.6), serve a demand of 0.3, 0.9 or 1.6 that moves as a Markov chain.
// The action names the cells that shall be awake in this step. One that was
// asleep draws energy at once (0.3 on top) and serves only from the next step
// on; demand above the serving capacity is lost and costs 3 a unit. At least
// one cell serves in each step: other actions are masked. Reward is minus the
// cost. An episode terminates after 24 steps, which the observation counts;
// it begins with both awake at a level drawn evenly.
//
// Best is the optimum by dynamic programming over the whole state space;
// Naive keeps both cells awake. Ability: planning under uncertainty with
// masks and delayed effects.
func NewTwoCells(rows int) (*Toy, error) {
	t, err := newTwoCells(rows, "toy_two_cells", nil)
	if err != nil {
		return nil, err
	}
	best, _ := solveTwoCells(twoLostPrice, twoAllowed)
	naive, _ := solveTwoCells(twoLostPrice, keepsBoth)
	t.best, t.naive = best.start(), naive.start()
	return t, nil
}

// newTwoCells gathers what the two tasks of two cells share.
func newTwoCells(rows int, name string, guards []env.Guard) (*Toy, error) {
	s := env.Schema{
		Environment: name,
		Fields: []env.Field{
			flag("demand_low", "1 if the demand is 0.3"),
			flag("demand_mid", "1 if the demand is 0.9"),
			flag("demand_high", "1 if the demand is 1.6"),
			flag("awake_a", "1 if cell a is awake"),
			flag("awake_b", "1 if cell b is awake"),
			{Name: "steps_left", Unit: "1", Doc: "steps to the end of the episode", Scale: twoHorizon},
		},
		Actions: []env.Action{
			{Name: "none", Doc: "both asleep; always masked"},
			{Name: "a", Doc: "only cell a awake; masked while a sleeps"},
			{Name: "b", Doc: "only cell b awake; masked while b sleeps"},
			{Name: "both", Doc: "both awake"},
		},
		Guards: guards,
	}
	n := max(rows, 0)
	g := &twoCells{keys: make([]rng.Key, n), level: make([]int, n), awake: make([]int, n), guarded: len(guards) > 0}
	return newToy(rows, twoHorizon, terminates, s, g)
}

// keepsBoth is the rule of the naive policy.
func keepsBoth(_, action int) bool { return action == twoBoth }

// twoAllowed reports whether a cell that is awake stays awake.
func twoAllowed(awake, action int) bool { return awake&action != 0 }

// twoStep returns the energy of a step and the demand that it loses.
func twoStep(level, awake, action int) (energy, lost float64) {
	capacity := 0.0
	for cell := range 2 {
		bit := 1 << cell
		if action&bit == 0 {
			continue
		}
		energy += twoEnergy[cell]
		if awake&bit == 0 {
			energy += twoWakeCost
		} else {
			capacity += twoCapacity[cell]
		}
	}
	return energy, max(0, twoDemand[level]-capacity)
}

// twoTable is indexed by steps left, demand level and set of awake cells.
type twoTable [twoHorizon + 1][twoLevels][twoStates]float64

// start returns the mean over the levels that an episode begins at.
func (t *twoTable) start() float64 {
	sum := 0.0
	for level := range twoLevels {
		sum += t[twoHorizon][level][twoBoth] / twoLevels
	}
	return sum
}

// solveTwoCells returns value and best action of every state, with lostPrice
// for each unit of lost demand, by backward induction over the actions that
// allowed permits.
func solveTwoCells(lostPrice float64, allowed func(awake, action int) bool) (value *twoTable, action *[twoHorizon + 1][twoLevels][twoStates]int) {
	value, action = new(twoTable), new([twoHorizon + 1][twoLevels][twoStates]int)
	for left := 1; left <= twoHorizon; left++ {
		for level := range twoLevels {
			for awake := 1; awake < twoStates; awake++ {
				best := math.Inf(-1)
				for a := 1; a < twoStates; a++ {
					if !allowed(awake, a) {
						continue
					}
					energy, lost := twoStep(level, awake, a)
					v := -(energy + lostPrice*lost)
					for next, p := range twoChain[level] {
						v += p * value[left-1][next][a]
					}
					if v > best {
						best, action[left][level][awake] = v, a
					}
				}
				value[left][level][awake] = best
			}
		}
	}
	return value, action
}

type twoCells struct {
	keys    []rng.Key
	level   []int
	awake   []int
	guarded bool // lost demand is a cost, not in the reward
}

// begin takes word 0 for the first level; move takes word step+1.
func (g *twoCells) begin(row int, key rng.Key) {
	g.keys[row], g.awake[row] = key, twoBoth
	g.level[row] = int(key.Uint64(0) % twoLevels)
}

func (g *twoCells) move(row, step, action int) (reward, cost float64) {
	energy, lost := twoStep(g.level[row], g.awake[row], action)
	g.awake[row] = action
	u := g.keys[row].Float64(uint64(step) + 1)
	next := 0
	for chain := twoChain[g.level[row]]; next < twoLevels-1 && u >= chain[next]; next++ {
		u -= chain[next]
	}
	g.level[row] = next
	if g.guarded {
		return -energy, lost
	}
	return -(energy + twoLostPrice*lost), 0
}

func (g *twoCells) obsTo(row, step int, dst []float32) {
	oneHot(dst[:twoLevels], g.level[row])
	dst[3] = float32(g.awake[row] & 1)
	dst[4] = float32(g.awake[row] >> 1)
	dst[5] = float32(twoHorizon-step) / twoHorizon
}

func (g *twoCells) maskTo(row, _ int, dst []bool) {
	for a := range dst {
		dst[a] = twoAllowed(g.awake[row], a)
	}
}
