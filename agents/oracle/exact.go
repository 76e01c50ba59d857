package oracle

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Plan is a sequence of joint states and what it comes to.
type Plan struct {
	States  []int // [steps]
	EnergyJ float64
	DropBit float64
}

// ErrInfeasible is returned where no plan keeps the limit.
var ErrInfeasible = errors.New("oracle: no plan keeps the limit on dropped traffic")

// maxLabels bounds how many partial plans Exact keeps at a step: more than a
// network of a few cells needs for a day, and what memory holds.
const maxLabels = 4_000_000

// label is a partial plan that ends in a state.
type label struct {
	energyJ, dropBit float64
	state            int32
	parent           int32 // index among the labels of the step before
}

// Exact returns the plan of least energy among those that drop at most dropBit
// when the noise takes the given path [steps], which the planner knows: the
// clairvoyant optimum of the model, exactly.
//
// It is dynamic programming with labels: of the partial plans that end in the
// same state only those stay that no other beats in both energy and drops, and
// of these only those that can still beat a plan already found. For that each is
// completed by the least of energy plus drops at a price, for a few prices: by
// weak duality no completion that keeps the limit is cheaper. It returns an
// error that says so where more than 4 million labels would be needed.
func Exact(m *Model, path []int, dropBit float64) (Plan, error) {
	if err := m.Validate(); err != nil {
		return Plan{}, err
	}
	if err := m.checkPath(path); err != nil {
		return Plan{}, err
	}
	x := exact{m: m, path: path, limit: dropBit, best: Plan{EnergyJ: math.Inf(1)}}
	x.findPrices()
	return x.search()
}

type exact struct {
	m      *Model
	path   []int
	limit  float64
	prices []float64
	toGo   [][]float64 // [prices][(steps+1)*states] least energy + price drops from a state on
	best   Plan        // found on the way
}

// exactPrices is how often the price is halved between one that keeps the limit
// and one that does not: the best of these prices is then within a millionth.
const exactPrices = 20

// findPrices seeks the price of a dropped bit at which the cheapest plan just
// keeps the limit, and keeps the prices tried, from both sides of it.
func (x *exact) findPrices() {
	low, high := 0.0, 0.0
	if x.tryPrice(0) {
		return // the limit does not bind
	}
	if dropless := x.tryPrice(math.Inf(1)); !dropless {
		return // nothing keeps the limit
	}
	for high = 1e-12; !x.tryPrice(high) && high < 1e12; high *= 10 {
		low = high
	}
	for range exactPrices {
		if mid := (low + high) / 2; x.tryPrice(mid) {
			high = mid
		} else {
			low = mid
		}
	}
}

// tryPrice works out the costs to go at a price, follows the cheapest plan and
// says whether it keeps the limit. At an infinite price it follows the plan of
// least drops and keeps no costs.
func (x *exact) tryPrice(price float64) bool {
	value := func(o Outcome) float64 { return o.priced(price) }
	if math.IsInf(price, 1) {
		value = func(o Outcome) float64 {
			if math.IsInf(o.EnergyJ, 1) {
				return o.EnergyJ
			}
			return o.DropBit
		}
	}
	toGo, plan := follow(x.m, x.path, value)
	if plan.States == nil {
		return false
	}
	if !math.IsInf(price, 1) {
		x.prices, x.toGo = append(x.prices, price), append(x.toGo, toGo)
	}
	if plan.DropBit > x.limit {
		return false
	}
	if plan.EnergyJ < x.best.EnergyJ {
		x.best = plan
	}
	return true
}

// follow returns the least sums of a value from every step and state on, and the
// plan that reaches it from the start; its States are nil if there is none.
func follow(m *Model, path []int, value func(Outcome) float64) ([]float64, Plan) {
	toGo := make([]float64, (m.Steps+1)*m.States)
	choice := make([]int, m.Steps*m.States)
	for t := m.Steps - 1; t >= 0; t-- {
		next := toGo[(t+1)*m.States:]
		for s := range m.States {
			best := math.Inf(1)
			for to, o := range m.at(t, path[t], s) {
				if v := value(o) + next[to]; v < best {
					best, choice[t*m.States+s] = v, to
				}
			}
			toGo[t*m.States+s] = best
		}
	}
	if math.IsInf(toGo[m.Start], 1) {
		return toGo, Plan{}
	}
	plan := Plan{States: make([]int, m.Steps)}
	s := m.Start
	for t := range m.Steps {
		to := choice[t*m.States+s]
		o := m.at(t, path[t], s)[to]
		plan.States[t], s = to, to
		plan.EnergyJ += o.EnergyJ
		plan.DropBit += o.DropBit
	}
	return toGo, plan
}

// search goes through the steps with all labels that may lead to the best plan.
func (x *exact) search() (Plan, error) {
	m := x.m
	steps := make([][]label, m.Steps+1)
	steps[0] = []label{{state: int32(m.Start), parent: -1}}
	for t := range m.Steps {
		var next []label
		for i, l := range steps[t] {
			for to, o := range m.at(t, x.path[t], int(l.state)) {
				n := label{l.energyJ + o.EnergyJ, l.dropBit + o.DropBit, int32(to), int32(i)}
				if n.dropBit <= x.limit && x.mayBeat(n, t+1) {
					next = append(next, n)
				}
			}
		}
		steps[t+1] = pareto(next)
		if len(steps[t+1]) > maxLabels {
			return Plan{}, fmt.Errorf("oracle: the model is too large for an exact plan: more than %d partial plans at step %d", maxLabels, t)
		}
	}
	end := -1
	for i, l := range steps[m.Steps] {
		if l.energyJ < x.best.EnergyJ {
			x.best.EnergyJ, x.best.DropBit, end = l.energyJ, l.dropBit, i
		}
	}
	if math.IsInf(x.best.EnergyJ, 1) {
		return Plan{}, ErrInfeasible
	}
	if end >= 0 {
		x.best.States = make([]int, m.Steps)
		for t := m.Steps; t > 0; t-- {
			l := steps[t][end]
			x.best.States[t-1], end = int(l.state), int(l.parent)
		}
	}
	return x.best, nil
}

// mayBeat says whether a label after so many steps can still lead to a plan
// that keeps the limit and needs less than the best one found.
func (x *exact) mayBeat(l label, steps int) bool {
	if math.IsInf(l.energyJ, 1) {
		return false
	}
	for i, p := range x.prices {
		if least := l.energyJ + x.toGo[i][steps*x.m.States+int(l.state)] - p*(x.limit-l.dropBit); least >= x.best.EnergyJ {
			return false
		}
	}
	return true
}

// pareto drops the labels that another of the same state is at least as good as
// in both respects. The order of what is left depends on the labels alone.
func pareto(labels []label) []label {
	slices.SortFunc(labels, func(a, b label) int {
		return cmp.Or(cmp.Compare(a.state, b.state), cmp.Compare(a.energyJ, b.energyJ), cmp.Compare(a.dropBit, b.dropBit), cmp.Compare(a.parent, b.parent))
	})
	kept := labels[:0]
	for i, l := range labels {
		if i > 0 && len(kept) > 0 && kept[len(kept)-1].state == l.state && kept[len(kept)-1].dropBit <= l.dropBit {
			continue
		}
		kept = append(kept, l)
	}
	return kept
}
