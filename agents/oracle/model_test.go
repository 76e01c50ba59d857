package oracle

import (
	"errors"
	"math"
	"strings"
	"testing"

	"hibernet/sim/rng"
)

// randomModel makes a model whose deeper states save energy, drop more and cost
// something to leave.
func randomModel(r *rng.Stream, steps, states, noises int) *Model {
	m := &Model{Steps: steps, States: states, Noises: noises, First: make([]float64, noises), Next: make([]float64, noises*noises)}
	normal := func(law []float64) {
		sum := 0.0
		for i := range law {
			law[i] = 0.1 + r.Float64()
			sum += law[i]
		}
		for i := range law {
			law[i] /= sum
		}
	}
	normal(m.First)
	for i := range noises {
		normal(m.Next[i*noises : (i+1)*noises])
	}
	for range steps {
		for noise := range noises {
			load := r.Float64() * float64(1+noise)
			for from := range states {
				for to := range states {
					o := Outcome{EnergyJ: 100 - 20*float64(to) + 30*load + 10*r.Float64(), DropBit: float64(to) * load * r.Float64()}
					if from > to {
						o.EnergyJ += 5
					}
					if r.Float64() < 0.05 && to != from {
						o.EnergyJ = math.Inf(1)
					}
					m.Outcomes = append(m.Outcomes, o)
				}
			}
		}
	}
	return m
}

// plans calls f with every sequence of n digits below base.
func plans(n, base int, f func([]int)) {
	digits := make([]int, n)
	for {
		f(digits)
		i := 0
		for ; i < n; i++ {
			if digits[i]++; digits[i] < base {
				break
			}
			digits[i] = 0
		}
		if i == n {
			return
		}
	}
}

func play(m *Model, path, states []int) (energyJ, dropBit float64) {
	at := m.Start
	for t, to := range states {
		o := m.at(t, path[t], at)[to]
		energyJ, dropBit, at = energyJ+o.EnergyJ, dropBit+o.DropBit, to
	}
	return energyJ, dropBit
}

// Two cells (four joint states) and five steps: the plan is the best of all
// 4^5 sequences, under limits from none to one that nothing keeps.
func TestExactIsTheBestOfAllSequences(t *testing.T) {
	for seed := range uint64(60) {
		r := rng.Root(seed).Named("exact").Stream()
		m := randomModel(r, 5, 4, 2)
		path := []int{0, 1, 1, 0, 1}
		limit := 6 * r.Float64() * r.Float64()
		switch seed % 10 {
		case 0:
			limit = math.Inf(1)
		case 1:
			limit = 0
		}
		best := math.Inf(1)
		plans(m.Steps, m.States, func(states []int) {
			if e, d := play(m, path, states); d <= limit {
				best = min(best, e)
			}
		})
		plan, err := Exact(m, path, limit)
		if math.IsInf(best, 1) {
			if !errors.Is(err, ErrInfeasible) {
				t.Errorf("seed %d: %+v, %v for a limit that nothing keeps", seed, plan, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(plan.EnergyJ-best) > 1e-9*best || plan.DropBit > limit {
			t.Errorf("seed %d: %g J, %g bit; the best sequence needs %g J at a limit of %g", seed, plan.EnergyJ, plan.DropBit, best, limit)
		}
		if e, d := play(m, path, plan.States); math.Abs(e-plan.EnergyJ) > 1e-9*e || math.Abs(d-plan.DropBit) > 1e-9 {
			t.Errorf("seed %d: the plan %v comes to %g J, %g bit, not %g, %g", seed, plan.States, e, d, plan.EnergyJ, plan.DropBit)
		}
	}
}

// tree returns the best expectation of a policy that sees past noises, by trying
// every decision at every node of the tree of pasts.
func tree(m *Model, step, noise, from int, price float64) float64 {
	if step == m.Steps {
		return 0
	}
	best := math.Inf(1)
	for to := range m.States {
		sum := 0.0
		for n, p := range m.law(noise) {
			sum += p * (m.at(step, n, from)[to].priced(price) + tree(m, step+1, n, to, price))
		}
		best = min(best, sum)
	}
	return best
}

// expected returns the mean over all paths of what f says of a path.
func expected(m *Model, f func(path []int) float64) float64 {
	sum := 0.0
	plans(m.Steps, m.Noises, func(path []int) {
		p, before := 1.0, -1
		for _, n := range path {
			p *= m.law(before)[n]
			before = n
		}
		sum += p * f(path)
	})
	return sum
}

// The strategy's value is that of the tree of all pasts and what it reaches when
// played; the clairvoyant needs less on average, and a fixed rule more.
func TestCausalLiesBetweenClairvoyantAndRules(t *testing.T) {
	lead := 0.0
	for seed := range uint64(30) {
		m := randomModel(rng.Root(seed).Named("causal").Stream(), 4, 3, 3)
		price := float64(seed)
		s, err := Causal(m, price)
		if err != nil {
			t.Fatal(err)
		}
		if want := tree(m, 0, -1, m.Start, price); math.Abs(s.Value-want) > 1e-9*want {
			t.Errorf("seed %d: value %g, the tree has %g", seed, s.Value, want)
		}
		played := expected(m, func(path []int) float64 {
			at, noise, sum := m.Start, -1, 0.0
			for step, n := range path {
				to := s.Decide(step, noise, at)
				sum += m.at(step, n, at)[to].priced(price)
				at, noise = to, n
			}
			return sum
		})
		if math.Abs(played-s.Value) > 1e-9*played {
			t.Errorf("seed %d: the strategy comes to %g, not %g", seed, played, s.Value)
		}
		oracle := expected(m, func(path []int) float64 {
			v, err := Clairvoyant(m, path, price)
			if err != nil {
				t.Fatal(err)
			}
			return v
		})
		stay := expected(m, func(path []int) float64 {
			e, d := play(m, path, make([]int, m.Steps))
			return e + price*d
		})
		if oracle > s.Value*(1+1e-12) || s.Value > stay*(1+1e-12) {
			t.Errorf("seed %d: clairvoyant %g, causal %g, always on %g", seed, oracle, s.Value, stay)
		}
		lead = max(lead, s.Value-oracle)
	}
	if lead < 1 {
		t.Errorf("knowing the future is worth %g J at most: the models show nothing", lead)
	}
}

func TestModelRefuses(t *testing.T) {
	good := func() *Model { return randomModel(rng.Root(1).Stream(), 2, 2, 2) }
	for name, c := range map[string]struct {
		change func(*Model)
		want   string
	}{
		"no steps":  {func(m *Model) { m.Steps = 0 }, "needs steps"},
		"start":     {func(m *Model) { m.Start = 2 }, "start 2, allowed 0..1"},
		"outcomes":  {func(m *Model) { m.Outcomes = m.Outcomes[1:] }, "15 outcomes, want 16"},
		"laws":      {func(m *Model) { m.First = nil }, "laws of 0 and 4"},
		"law":       {func(m *Model) { m.Next[3] += 0.5 }, "law after noise 1: adds up to 1.5"},
		"negative":  {func(m *Model) { m.First[0] = -1 }, "probability -1"},
		"undefined": {func(m *Model) { m.Outcomes[3].EnergyJ = math.NaN() }, "outcome 3 is NaN J"},
	} {
		m := good()
		c.change(m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	for _, path := range [][]int{{0}, {0, 2}} {
		if _, err := Exact(good(), path, 1); err == nil {
			t.Errorf("path %v is taken", path)
		}
	}
}
