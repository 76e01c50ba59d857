package oracle

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"

	"hibernet/sim/rng"
)

// knapsack returns the most that a state can earn, in double precision, by filling
// the cell with its bins in falling order of worth.
func knapsack(n *Network, c int, k int32, price []float32, demand []float64) float64 {
	o, links := &n.Options[k], n.LinkBin[n.LinkOff[c]:n.LinkOff[c+1]]
	var pick []int
	for l, j := range links {
		if float64(price[j]) > o.SlopeW*float64(o.LoadPerBit[l]) {
			pick = append(pick, l)
		}
	}
	slices.SortFunc(pick, func(a, b int) int {
		return cmp.Compare(price[links[b]]/o.LoadPerBit[b], price[links[a]]/o.LoadPerBit[a])
	})
	gain, room := 0.0, o.Room
	for _, l := range pick {
		j, w := links[l], float64(o.LoadPerBit[l])
		x := min(demand[j], room/w)
		gain += x * (float64(price[j]) - o.SlopeW*w)
		room -= x * w
	}
	return gain
}

// Whatever the prices and the slope that the search for it begins at, what a state
// is said to earn is at least its knapsack, and after some rounds about that; what
// it takes does not overfill it.
func TestFillIsAtLeastTheKnapsack(t *testing.T) {
	worst, full := 0.0, 0
	for seed := range uint64(100) {
		r := rng.Root(seed).Named("fill").Stream()
		n := randomNetwork(r, 4, 3+int(seed%20))
		d, sector := newDual(newMarket(n)), randomDemand(r, n.Bins(), 0.2+2*r.Float64())
		demand := make([]float64, n.Bins())
		for j := range demand {
			demand[j] = float64(sector[j])
			d.demand[j] = sector[j]
		}
		d.now.set(d.start)
		for round := range 12 {
			for j := range demand {
				if round < 3 {
					d.now.bin[j] = float32(200 * r.Float64() * r.Float64())
				}
			}
			for c := range n.Cells() {
				for k := n.OptionOff[c]; k < n.OptionOff[c+1]; k++ {
					f, want := d.fill(c, k, 0), knapsack(n, c, k, d.now.bin, demand)
					if f.worth < want {
						t.Fatalf("seed %d, round %d: cell %d in state %d earns %.9g, said to be at most %.9g", seed, round, c, k, want, f.worth)
					}
					if load := f.low.load*float64(f.low.share) + f.high.load*float64(f.high.share); load > n.Options[k].Room*(1+nearEnough) {
						t.Fatalf("seed %d: cell %d in state %d takes a load of %g", seed, c, k, load)
					}
					if round == 11 {
						worst = max(worst, f.worth/max(want, 1e-9)-1)
					}
					if f.low.share > 0 {
						full++
					}
				}
			}
		}
	}
	if worst > 0.01 || full < 1000 {
		t.Errorf("after twelve rounds a knapsack is said to be worth %g more than it is; %d were full", worst, full)
	}
}

// A bound that is cut short in the middle is an error.
func TestBoundEndsWithItsContext(t *testing.T) {
	r := rng.Root(5).Named("cut").Stream()
	n := randomNetwork(r, 5, 6)
	demand := randomDemand(r, 6, 1)
	for _, after := range []int{1, 5, 14, 60} { // among the samples, and after them
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		_, err := n.Bound(ctx, Task{Epochs: 50, EpochS: 300, Sectors: 6, DropBit: 500, Open: func() Demand {
			return func(dst []float32, _ int) { copy(dst, demand) }
		}}, Options{Workers: 1, Progress: func(int, int) {
			if calls++; calls == after {
				cancel()
			}
		}})
		cancel()
		if !errors.Is(err, context.Canceled) || calls > after {
			t.Errorf("cancelled after %d epochs: error %v after %d", after, err, calls)
		}
	}
}

// Progress ends at its total.
func TestProgressOfTheBound(t *testing.T) {
	r := rng.Root(6).Named("progress").Stream()
	n, demand, last, of := randomNetwork(r, 5, 6), randomDemand(r, 6, 1), 0, 0
	_, err := n.Bound(context.Background(), Task{Epochs: 101, EpochS: 300, Sectors: 6, DropBit: 500, Open: func() Demand {
		return func(dst []float32, _ int) { copy(dst, demand) }
	}}, Options{Workers: 3, Progress: func(done, total int) { last, of = max(last, done), total }})
	if err != nil || last != of || of == 0 {
		t.Errorf("error %v, progress %d of %d", err, last, of)
	}
}

// BenchmarkEpoch bounds one epoch of 2,000 cells with three states and forty bins
// each in reach, from the prices of the one before.
func BenchmarkEpoch(b *testing.B) {
	const cells, reach = 2000, 40
	r := rng.Root(7).Named("bench").Stream()
	bins := cells * 4
	n := &Network{LinkOff: []int32{0}, OptionOff: []int32{0}, MustServe: make([]bool, cells)}
	for j := range bins {
		n.BinSector, n.BinShare = append(n.BinSector, int32(j)), append(n.BinShare, 1)
	}
	for c := range cells {
		first := min(c*4, bins-reach)
		for l := range reach {
			n.LinkBin = append(n.LinkBin, int32(first+l))
		}
		for k := range 3 {
			o := Option{OpenW: 300 / float64(1+k), SlopeW: 200 / float64(1+k), Room: 1, LoadPerBit: make([]float32, reach)}
			for l := range o.LoadPerBit {
				o.LoadPerBit[l] = float32((0.02 + 0.2*r.Float64()) * float64(1+k))
			}
			n.Options = append(n.Options, o)
		}
		n.LinkOff, n.OptionOff = append(n.LinkOff, int32(len(n.LinkBin))), append(n.OptionOff, int32(len(n.Options)))
	}
	m := newMarket(n)
	d, at := newDual(m), m.newPrices()
	at.set(m.start)
	demands := [][]float32{randomDemand(r, bins, 1), randomDemand(r, bins, 1)}
	d.epoch(context.Background(), demands[0], 1e4, at, cold)
	i := 0
	for b.Loop() {
		i++
		d.epoch(context.Background(), demands[i%2], 1e4, at, warm)
	}
	b.ReportMetric(float64(cells*warm.rounds)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mcellrounds/s")
}
