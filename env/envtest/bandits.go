package envtest

import (
	"fmt"

	"hibernet/env"
	"hibernet/sim/rng"
)

const (
	identitySymbols = 4
	identityHorizon = 16
)

// NewIdentity returns the contextual bandit of n = 4 symbols: each step shows
// one, drawn anew, and pays 1 for the action of the same number, else 0.
// Ability: the policy gradient has the right sign, in every row. An episode
// terminates after 16 steps. Best 16; Naive (a fixed action or a random one) 4.
func NewIdentity(rows int) (*Toy, error) {
	s := env.Schema{Environment: "toy_identity"}
	for i := range identitySymbols {
		s.Fields = append(s.Fields, flag(fmt.Sprintf("symbol_%d", i), "1 if this is the symbol shown"))
		s.Actions = append(s.Actions, env.Action{Name: fmt.Sprintf("choose_%d", i), Doc: "names this symbol"})
	}
	t, err := newToy(rows, identityHorizon, terminates, s, &identity{keys: make([]rng.Key, max(rows, 0))})
	if err != nil {
		return nil, err
	}
	t.best, t.naive = identityHorizon, identityHorizon/identitySymbols
	return t, nil
}

type identity struct{ keys []rng.Key }

func (g *identity) symbol(row, step int) int {
	return int(g.keys[row].Uint64(uint64(step)) % identitySymbols)
}

func (g *identity) begin(row int, key rng.Key) { g.keys[row] = key }

func (g *identity) move(row, step, action int) (reward, cost float64) {
	if action == g.symbol(row, step) {
		return 1, 0
	}
	return 0, 0
}

func (g *identity) obsTo(row, step int, dst []float32) { oneHot(dst, g.symbol(row, step)) }
func (g *identity) maskTo(_, _ int, dst []bool)        { allow(dst) }

const maskHorizon = 16

// NewMask returns a game of three actions that pay 2 (tempt), 1 (good) and 0
// (bad). In every second step, beginning at the first or the second by the
// row's seed, tempt is masked; the observation does not tell, so only the
// mask can. Ability: actions and their probabilities are those of the masked
// distribution. An episode terminates after 16 steps. Best 24; Naive (good
// throughout) 16.
func NewMask(rows int) (*Toy, error) {
	s := env.Schema{
		Environment: "toy_mask",
		Fields:      []env.Field{flag("bias", "always 1")},
		Actions: []env.Action{
			{Name: "tempt", Doc: "pays 2, masked in every second step"},
			{Name: "good", Doc: "pays 1"},
			{Name: "bad", Doc: "pays 0"},
		},
	}
	t, err := newToy(rows, maskHorizon, terminates, s, &masked{odd: make([]bool, max(rows, 0))})
	if err != nil {
		return nil, err
	}
	t.best, t.naive = maskHorizon/2*(2+1), maskHorizon
	return t, nil
}

type masked struct{ odd []bool }

func (g *masked) begin(row int, key rng.Key) { g.odd[row] = key.Uint64(0)&1 == 1 }
func (g *masked) move(_, _, action int) (reward, cost float64) {
	return float64(2 - action), 0
}
func (g *masked) obsTo(_, _ int, dst []float32) { dst[0] = 1 }
func (g *masked) maskTo(row, step int, dst []bool) {
	allow(dst)
	dst[0] = (step%2 == 1) == g.odd[row]
}
