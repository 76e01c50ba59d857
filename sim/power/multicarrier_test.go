package power

import (
	"math"
	"math/rand/v2"
	"testing"
)

// sharedUnit returns a unit of three carriers, the first two on the same
// amplifiers.
func sharedUnit() Unit {
	var shares [NumStates]StateShares
	for s := Full; s <= DTX; s++ {
		shares[s] = StateShares{Chain: 1, Power: 1, Time: 1}
	}
	shares[HalfTRX].Chain, shares[QuarterTRX].Chain, shares[Backoff].Power, shares[DTX].Time = 0.5, 0.25, 0.5, 0.5
	return Unit{
		SupervisorW: 100, DeepW: 80, BasebandW: 120, Chains: 64, ChainW: 1.5, PAW: 2,
		Carriers: []UnitCarrier{
			{OwnW: 30, TxW: 200, Eta: 0.4, PA: 0, Shares: shares},
			{OwnW: 20, TxW: 100, Eta: 0.5, PA: 0, Shares: shares},
			{OwnW: 25, TxW: 160, Eta: 0.32, PA: 1, Shares: shares},
		},
	}
}

// The carriers' parts add up to the unit's power; a deeper sleep of any carrier
// never costs more, nor does less load.
func TestUnitConservesAndFalls(t *testing.T) {
	const seed = 20240611
	r := rand.New(rand.NewPCG(seed, 1))
	u := sharedUnit()
	for range 2000 {
		states, loads, dst := make([]State, 3), make([]float64, 3), make([]float64, 3)
		for i := range states {
			states[i], loads[i] = State(r.IntN(NumStates)), r.Float64()
		}
		total := u.PowerTo(dst, states, loads)
		near(t, "sum of the parts", dst[0]+dst[1]+dst[2], total, 1e-9)
		i := r.IntN(3)
		if states[i].Awake() {
			loads[i] /= 2
		}
		if s := max(Sleep, states[i]+1); s < NumStates {
			states[i] = s
		}
		if after := u.PowerTo(dst, states, loads); after > total+1e-9 {
			t.Errorf("seed %d: carrier %d down to %v raises the unit from %v to %v W", seed, i, states[i], total, after)
		}
	}
}

// Switching off one of two carriers on an amplifier saves its own part only;
// the second then takes the amplifier down.
func TestUnitSharesAmplifiers(t *testing.T) {
	u := sharedUnit()
	power := func(states ...State) float64 {
		return u.PowerTo(make([]float64, 3), states, make([]float64, 3))
	}
	const static = 64 * 3.5
	all := power(Full, Full, Full)
	near(t, "all awake", all, 300+2*static+75, 1e-9)
	near(t, "one of two asleep saves its own part", all-power(Full, Sleep, Full), 20, 1e-9)
	near(t, "dormant saves no more", all-power(Full, Dormant, Full), 20, 1e-9)
	near(t, "both asleep take the amplifier", all-power(Sleep, Sleep, Full), 50+static, 1e-9)
	near(t, "half of the chains need both", all-power(HalfTRX, Full, Full), 0, 1e-9)
	near(t, "half of the chains on both", all-power(HalfTRX, HalfTRX, Full), static/2, 1e-9)
	near(t, "all deeply asleep", power(DeepSleep, Dormant, DeepSleep), 180, 1e-9)
	near(t, "all dormant", power(Dormant, Dormant, Dormant), 100, 1e-9)
}

// An anchor, a carrier added to it and what the unit draws beyond their sum make
// the unit, whatever either does.
func TestAnchorAndAddedMakeTheUnit(t *testing.T) {
	anchor, added := find(t, "shared-64t-anchor"), find(t, "shared-64t-added")
	f := sharedForm{SupervisorW: 118.44, DeepW: 95.41, BasebandW: 115.15, ChainW: 2, PAW: 2.6, OwnW: 34.6, TxW: 240, Eta: 0.464}
	u := f.unit(&entry{TRX: 64}, &anchor.States)
	dst := make([]float64, 2)
	load := func(s State, rho float64) float64 {
		if s.Awake() {
			return rho
		}
		return 0
	}
	for _, a := range []State{Full, HalfTRX, QuarterTRX, Backoff, Sleep, DeepSleep, Dormant} {
		for _, s := range []State{Full, HalfTRX, QuarterTRX, Backoff, Sleep} {
			ra, rs := load(a, 0.7), load(s, 0.3)
			partner := s
			if !s.Awake() && !a.Awake() {
				partner = Dormant // the added carrier is as deep as the anchor
			}
			total := u.PowerTo(dst, []State{a, partner}, []float64{ra, rs})
			got := anchor.PowerW(a, ra) + added.PowerW(s, rs) + anchor.StandInW(a, []State{s})
			near(t, "anchor "+a.String()+" and "+s.String(), got, total, 1e-9)
		}
	}
	near(t, "two added", anchor.StandInW(Dormant, []State{QuarterTRX, HalfTRX}), 329-118.44+32*4.6, 1e-9)
	field := find(t, "field-64t")
	for _, s := range []State{Full, Sleep, DeepSleep, Dormant} {
		near(t, "the anchor is field-64t taken apart: "+s.String(), anchor.PowerW(s, 0), field.PowerW(s, 0), 0.01)
	}
}

func TestContiguous(t *testing.T) {
	p := find(t, "tr38864-cat1-set1")
	u := Contiguous{Profiles: []Profile{p, p, p}}
	dst := make([]float64, 3)
	full := p.PowerW(Full, 1)
	near(t, "three full carriers", u.PowerTo(dst, []State{Full, Full, Full}, []float64{1, 1, 1}), 2.4*full, 1e-9)
	near(t, "by Aggregate", Aggregate([]float64{full, full, full}, []bool{true, true, true}), 2.4*full, 1e-9)
	u.PowerTo(dst, []State{Sleep, Full, Full}, []float64{0, 1, 1})
	near(t, "the first awake carrier counts fully", dst[1], full, 1e-9)
	if w := u.PowerTo(dst, []State{Dormant, Full, Full}, []float64{0, 1, 1}); !math.IsNaN(w) {
		t.Errorf("a state that is not offered: %v W", w)
	}
}

func TestUnitPanicsOnLengths(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("want a panic for slices of other lengths")
		}
	}()
	u := sharedUnit()
	u.PowerTo(make([]float64, 2), make([]State, 3), make([]float64, 3))
}
