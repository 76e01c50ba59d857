package envtest

import (
	"fmt"

	"hibernet/env"
	"hibernet/sim/rng"
)

// The ration of NewRation: what sleeping loses at each of the levels of
// demand, which are equally likely, and how much may be lost on average.
const (
	rationLevels  = 3
	rationHorizon = 16
	rationLimit   = 0.1
)

var rationLost = [rationLevels]float64{0, 0.1, 0.6}

// NewRation returns the smallest task in which the best policy under a limit
// must randomise. Each step shows one of three levels of demand, drawn anew.
// To sleep pays 1 and loses 0, 0.1 or 0.6 of the demand, which is the cost of
// the guard lost_share; to stay awake pays and loses nothing. The mean cost
// must not exceed Limit, 0.1 a step.
//
// The best policy spends the limit where it buys most: it always sleeps at the
// two lower levels, for 0.1/3 a step, and at the highest with the probability
// q for which 0.6 q/3 is what is left, q = 1/3. An episode terminates after 16
// steps: Best is 16*(1+1+1/3)/3; Naive, the best that does not randomise,
// stays awake at the highest level: 16*2/3.
func NewRation(rows int) (*Toy, error) {
	s := env.Schema{
		Environment: "toy_ration",
		Actions:     []env.Action{{Name: "awake", Doc: "pays and loses nothing"}, {Name: "sleep", Doc: "pays 1, loses demand"}},
		Guards:      []env.Guard{{Name: "lost_share", Unit: "1", Doc: "share of the demand that is lost"}},
	}
	for i := range rationLevels {
		s.Fields = append(s.Fields, flag(fmt.Sprintf("level_%d", i), "1 if this is the level of demand"))
	}
	t, err := newToy(rows, rationHorizon, terminates, s, &ration{keys: make([]rng.Key, max(rows, 0))})
	if err != nil {
		return nil, err
	}
	left := rationLimit*rationLevels - rationLost[0] - rationLost[1]
	t.limit = rationLimit
	t.best = rationHorizon * (2 + left/rationLost[2]) / rationLevels
	t.naive = rationHorizon * 2.0 / rationLevels
	return t, nil
}

type ration struct{ keys []rng.Key }

func (g *ration) level(row, step int) int {
	return int(g.keys[row].Uint64(uint64(step)) % rationLevels)
}

func (g *ration) begin(row int, key rng.Key) { g.keys[row] = key }

func (g *ration) move(row, step, action int) (reward, cost float64) {
	if action == 0 {
		return 0, 0
	}
	return 1, rationLost[g.level(row, step)]
}

func (g *ration) obsTo(row, step int, dst []float32) { oneHot(dst, g.level(row, step)) }
func (g *ration) maskTo(_, _ int, dst []bool)        { allow(dst) }

// twoLimit is what NewTwoCellsGuarded may lose a step, on average.
const twoLimit = 0.05

// NewTwoCellsGuarded returns the task of NewTwoCells with a limit in place of
// a price: the reward is minus the energy, lost demand is the cost of the
// guard lost, and its mean must not exceed Limit, 0.05 a step.
//
// Best is the optimum over all policies, randomised ones included: the minimum
// over prices of (value of the best policy at that price + price * limit *
// steps), which by the strong duality of constrained Markov decision processes
// (Altman, Constrained Markov Decision Processes, 1999, chapter 3) is the best
// reward under the limit. The minimum lies at a price at which two plain
// policies are equally good, one within the limit and one beyond, so the best
// policy randomises between them. Naive keeps both cells awake.
func NewTwoCellsGuarded(rows int) (*Toy, error) {
	guards := []env.Guard{{Name: "lost", Unit: "1", Doc: "demand that is lost"}}
	t, err := newTwoCells(rows, "toy_two_cells_guarded", guards)
	if err != nil {
		return nil, err
	}
	t.limit = twoLimit
	t.best, _ = dualTwoCells(twoLimit)
	naive, _ := solveTwoCells(0, keepsBoth)
	t.naive = naive.start()
	return t, nil
}

// dualTwoCells returns the best expected return of an episode whose mean cost
// is within limit, and the price of lost demand at which it is found. The dual
// is convex in the price: it is searched by thirds.
func dualTwoCells(limit float64) (best, price float64) {
	dual := func(price float64) float64 {
		value, _ := solveTwoCells(price, twoAllowed)
		return value.start() + price*limit*twoHorizon
	}
	lo, hi := 0.0, 100.0 // at 100 a unit nothing is lost that can be saved
	for range 80 {
		a, b := lo+(hi-lo)/3, hi-(hi-lo)/3
		if dual(a) <= dual(b) {
			hi = b
		} else {
			lo = a
		}
	}
	return dual(lo), lo
}
