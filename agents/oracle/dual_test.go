package oracle

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"

	"hibernet/sim/rng"
)

// linear solves the relaxation that dual bounds, by the simplex method.
func linear(t *testing.T, n *Network, demand []float32, dropPrice float64) float64 {
	t.Helper()
	type row map[int]float64
	var (
		cost  []float64
		rows  []row
		right []float64
	)
	variable := func(c float64) int { cost = append(cost, c); return len(cost) - 1 }
	equal := func(r row, b float64) { rows, right = append(rows, r), append(right, b) }
	atMost := func(r row, b float64) { r[variable(0)] = 1; equal(r, b) }
	meet := make([]row, n.Bins())
	for j := range meet {
		meet[j] = row{variable(dropPrice): 1}
	}
	for c := range n.Cells() {
		one := row{}
		for _, o := range n.Options[n.OptionOff[c]:n.OptionOff[c+1]] {
			y := variable(o.OpenW)
			one[y] = 1
			room := row{y: -o.Room}
			for l, w := range o.LoadPerBit {
				if math.IsInf(float64(w), 1) {
					continue
				}
				j := n.LinkBin[int(n.LinkOff[c])+l]
				x := variable(o.SlopeW * float64(w))
				meet[j][x], room[x] = 1, float64(w)
				atMost(row{x: 1, y: -float64(demand[j])}, 0)
			}
			atMost(room, 0)
		}
		if n.MustServe[c] {
			equal(one, 1)
		} else {
			atMost(one, 1)
		}
	}
	for j, r := range meet {
		equal(r, float64(demand[j]))
	}
	a := mat.NewDense(len(rows), len(cost), nil)
	for i, r := range rows {
		for v, x := range r {
			a.Set(i, v, x)
		}
	}
	best, _, err := lp.Simplex(cost, a, right, 1e-10, nil)
	if err != nil {
		t.Fatal(err)
	}
	return best
}

// On random networks from idle to overloaded the dual is never above the linear
// relaxation and near it: within half a percent on average.
func TestDualIsAtMostTheLinearRelaxation(t *testing.T) {
	worst, sum, count := 0.0, 0.0, 0
	for seed := range uint64(200) {
		r := rng.Root(seed).Named("dual").Stream()
		n := randomNetwork(r, 2+int(seed%4), 3+int(seed%5))
		if err := n.Validate(); err != nil {
			t.Fatal(err)
		}
		demand := randomDemand(r, n.Bins(), 0.2+2*r.Float64())
		price := 20 * math.Exp(3*r.Float64())
		want := linear(t, n, demand, price)
		ctx, m := context.Background(), newMarket(n)
		at := m.newPrices()
		at.set(m.start)
		got := newDual(m).epoch(ctx, demand, price, at, cold)
		if got > want+1e-6*math.Abs(want) {
			t.Errorf("seed %d: bound %g is above the linear relaxation's %g", seed, got, want)
		}
		gap := (want - got) / want
		d := newDual(m)
		at.set(m.start)
		d.epoch(ctx, randomDemand(r, n.Bins(), 1), price, at, cold)
		if got := d.epoch(ctx, demand, price, at, warm); got > want+1e-6*math.Abs(want) {
			t.Errorf("seed %d: from the prices of another epoch %g, above the linear relaxation's %g", seed, got, want)
		}
		worst, sum, count = max(worst, gap), sum+gap, count+1
	}
	t.Logf("gap to the linear relaxation: mean %.3f %%, worst %.3f %%", 100*sum/float64(count), 100*worst)
	if sum/float64(count) > 0.005 || worst > 0.15 {
		t.Errorf("the gap is %g on average and %g at worst", sum/float64(count), worst)
	}
}

// The bound of many epochs does not depend on the workers, keeps below what a
// plan needs that serves all, and ends with its context.
func TestBoundIsTheSameForAnyWorkers(t *testing.T) {
	r := rng.Root(3).Named("bound").Stream()
	n := randomNetwork(r, 5, 6)
	n.ConstantW = 70
	demands := make([][]float32, 40)
	for i := range demands {
		demands[i] = randomDemand(r, 6, 1)
	}
	task := Task{Epochs: len(demands), EpochS: 300, Sectors: 6, DropBit: 500, Open: func() Demand {
		return func(dst []float32, epoch int) { copy(dst, demands[epoch]) }
	}}
	want, err := n.Bound(context.Background(), task, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{2, 3, 7} {
		if got, err := n.Bound(context.Background(), task, Options{Workers: workers}); err != nil || got != want {
			t.Errorf("%d workers: %+v, %v; one: %+v", workers, got, err, want)
		}
	}
	free := task
	free.DropBit = math.Inf(1)
	if idle, _ := n.Bound(context.Background(), free, Options{Workers: 1}); !(idle.EnergyJ < want.EnergyJ) {
		t.Errorf("with no limit %g J, with one %g J", idle.EnergyJ, want.EnergyJ)
	}
	sum := 0.0 // at a price at which nobody drops
	for _, d := range demands {
		sum += (n.ConstantW + linear(t, n, d, 1e4)) * task.EpochS
	}
	if !(want.EnergyJ <= sum) || want.EnergyJ < 0.8*sum {
		t.Errorf("bound %g J, serving all in shares %g J", want.EnergyJ, sum)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := n.Bound(ctx, task, Options{Workers: 2}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	n.LinkBin[0] = 99
	if _, err := n.Bound(context.Background(), task, Options{Workers: 1}); err == nil || !strings.Contains(err.Error(), "links: bin 99") {
		t.Errorf("error %v", err)
	}
}

// TestLooserLimitsNeverRaiseTheBound: what may be dropped lowers the bound, and
// where a share of every epoch may be dropped, the plan that drops that share of
// every bin needs at least the bound.
func TestLooserLimitsNeverRaiseTheBound(t *testing.T) {
	r := rng.Root(4).Named("limits").Stream()
	n := randomNetwork(r, 5, 6)
	demand := randomDemand(r, 6, 1)
	offered := 0.0
	for _, d := range demand {
		offered += float64(d) * 300 * 24
	}
	last := math.Inf(1)
	for _, share := range []float64{0, 0.1, 0.3, 0.6, 1} {
		got, err := n.Bound(context.Background(), Task{Epochs: 24, EpochS: 300, Sectors: 6, DropBit: share * offered, Open: func() Demand {
			return func(dst []float32, _ int) { copy(dst, demand) }
		}}, Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		served := make([]float32, len(demand))
		for i, d := range demand {
			served[i] = d * float32(1-share)
		}
		plan := (n.ConstantW + linear(t, n, served, 1e4)) * 300 * 24
		if !(got.EnergyJ <= last*(1+1e-9)) || !(got.EnergyJ <= plan*(1+1e-6)) {
			t.Errorf("%g of the traffic may be dropped: bound %g J, with less %g J, a plan that keeps the limit %g J", share, got.EnergyJ, last, plan)
		}
		last = got.EnergyJ
	}
}
