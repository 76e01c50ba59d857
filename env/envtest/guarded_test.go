package envtest

import (
	"math"
	"sync"
	"testing"
)

// besideTheKnee are the best policies at prices just above and just below the
// one of the dual's minimum: one is within the limit, one beyond it.
var besideTheKnee = sync.OnceValue(func() (p [2]struct {
	action       *[twoHorizon + 1][twoLevels][twoStates]int
	reward, cost float64 // expected, of an episode
}) {
	_, price := dualTwoCells(twoLimit)
	for i, x := range []float64{price + 1e-6, price - 1e-6} {
		_, p[i].action = solveTwoCells(x, twoAllowed)
		p[i].reward, p[i].cost = expectTwoCells(p[i].action)
	}
	return p
})

// expectTwoCells follows the distribution over states forward, step by step:
// another way than the backward induction that gave the policy.
func expectTwoCells(action *[twoHorizon + 1][twoLevels][twoStates]int) (reward, cost float64) {
	var at [twoLevels][twoStates]float64
	for level := range at {
		at[level][twoBoth] = 1.0 / twoLevels
	}
	for left := twoHorizon; left > 0; left-- {
		var next [twoLevels][twoStates]float64
		for level := range at {
			for awake, p := range at[level] {
				if p == 0 {
					continue
				}
				a := action[left][level][awake]
				energy, lost := twoStep(level, awake, a)
				reward, cost = reward-p*energy, cost+p*lost
				for to, q := range twoChain[level] {
					next[to][a] += p * q
				}
			}
		}
		at = next
	}
	return reward, cost
}

// mixture returns the share of the policy beyond the limit with which the
// limit is just spent.
func mixture() float64 {
	p := besideTheKnee()
	return (twoLimit*twoHorizon - p[0].cost) / (p[1].cost - p[0].cost)
}

// The dual bounds the return of every policy within the limit from above; a
// mixture of two policies that spends the limit reaches it: it is the optimum.
func TestTheGuardedOptimumIsReachedByAMixture(t *testing.T) {
	p, share := besideTheKnee(), mixture()
	if !(p[0].cost < twoLimit*twoHorizon-1e-3 && p[1].cost > twoLimit*twoHorizon+1e-3) {
		t.Fatalf("costs %v and %v at a limit of %v: no need to randomise", p[0].cost, p[1].cost, twoLimit*twoHorizon)
	}
	toy, err := NewTwoCellsGuarded(1)
	if err != nil {
		t.Fatal(err)
	}
	got := (1-share)*p[0].reward + share*p[1].reward
	if math.Abs(got-toy.Best()) > 1e-4 {
		t.Errorf("the mixture returns %v, the bound is %v", got, toy.Best())
	}
	if p[0].reward > toy.Best()-1e-3 {
		t.Errorf("a plain policy returns %v within the limit, the best %v: randomising buys nothing", p[0].reward, toy.Best())
	}
}

// bestGuarded plays one of the two policies in a row, in proportion.
func bestGuarded(toy *Toy, row int, obs []float32, _ []bool) int {
	p := besideTheKnee()[0]
	if float64(row)+0.5 < mixture()*float64(toy.Rows()) {
		p = besideTheKnee()[1]
	}
	left := int(math.Round(float64(obs[5]) * twoHorizon))
	return p.action[left][hot(obs[:3])][int(obs[3])+2*int(obs[4])]
}
