package radio

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// rounding is what float32 sums over some tens of terms may lose.
const rounding = 2e-5

func TestOneCellMatchesShannon(t *testing.T) {
	net := network{
		links: &Links{Bins: 1, Off: []int32{0, 1}, Cell: []int32{0}, Gain: []uint16{PackGain(0x1p-33)}},
		cells: &Cells{Carrier: []uint8{0}, TxRBW: []float32{1}, BandwidthHz: []float32{2e7}, BeamGain: []float32{1}, LeakGain: []float32{1}, NoiseRBW: []float32{0x1p-33 / 10},
			Layers: []float32{2}, PRBs: []float32{100}, PriorityDB: []float32{0}, MinRSRPDBm: []float32{-200}},
		share: []float32{1}, demand: []float32{1e7},
	}
	m, st, load := newModel(t, DefaultSpec(), net, 1), NewState(net.cells), []float32{0}
	m.Associate(st)
	stats := m.Solve(load, net.demand)
	// The signal is ten times the noise, so 5 a layer on two layers of 20 MHz.
	want := 1e7 / (2e7 * 2 * 0.65 * math.Log2(6))
	if math.Abs(float64(load[0])-want) > rounding || !stats.Converged {
		t.Errorf("load = %v (converged %v), want %v", load[0], stats.Converged, want)
	}
	if got, want := float64(m.Rate()[0]), 2e7*2*0.65*math.Log2(6); math.Abs(got/want-1) > rounding {
		t.Errorf("rate = %v, want %v bit/s", got, want)
	}
}

// Two symmetric cells: rho = d / (B alpha log2(1 + g/(rho h + n))), solved
// independently by bisection.
func TestTwoSymmetricCellsMatchBisection(t *testing.T) {
	const own, noise, bandwidth = 0x1p-30, 1e-11, 2e7 // a power of two is kept exactly
	other := float64(UnpackGain(PackGain(2e-10)))
	for _, demand := range []float64{1e6, 5e6, 1e7, 2e7, 2.6e7} {
		net := network{
			links: &Links{Bins: 1, Off: []int32{0, 2, 4}, Cell: []int32{0, 1, 1, 0}, Gain: []uint16{PackGain(own), PackGain(float32(other)), PackGain(own), PackGain(float32(other))}},
			cells: &Cells{Carrier: []uint8{0, 0}, TxRBW: []float32{1, 1}, BandwidthHz: []float32{bandwidth, bandwidth},
				BeamGain: []float32{1, 1}, LeakGain: []float32{1, 1}, NoiseRBW: []float32{noise, noise}, Layers: []float32{1, 1}, PRBs: []float32{100, 100},
				PriorityDB: []float32{0, 0}, MinRSRPDBm: []float32{-200, -200}},
			share: []float32{1, 1}, demand: []float32{float32(demand), float32(demand)},
		}
		need := func(rho float64) float64 {
			return demand / (bandwidth * 0.65 * math.Log2(1+own/(rho*other+noise)))
		}
		lo, hi := 0.0, 1.0
		for range 100 {
			if mid := (lo + hi) / 2; need(mid) > mid {
				lo = mid
			} else {
				hi = mid
			}
		}
		m, st, load := newModel(t, tight(), net, 1), NewState(net.cells), []float32{0, 0}
		m.Associate(st)
		m.Solve(load, net.demand)
		for c, got := range load {
			if math.Abs(float64(got)-lo) > rounding {
				t.Errorf("demand %g: cell %d load = %v, bisection gives %v", demand, c, got, lo)
			}
		}
	}
}

func TestSolveMatchesSlowTwinFromBelowAndAbove(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		net := randomNetwork(r, 3+r.IntN(5), 1+r.IntN(3), 4, 1+r.IntN(20))
		m, st := newModel(t, tight(), net, 1), NewState(net.cells)
		for c := range st.Serving {
			st.Serving[c] = r.IntN(4) > 0
			st.Power[c] = []float32{1, 0.5, 0.25}[r.IntN(3)]
			st.Capacity[c] = []float32{1, 0.5}[r.IntN(2)]
		}
		m.Associate(st)
		for _, scale := range []float32{0.1, 1, 10} {
			demand := make([]float32, len(net.demand))
			for i := range demand {
				demand[i] = net.demand[i] * scale
			}
			want := referenceLoads(m, st, demand, 0)
			for _, start := range []float32{0, 1} {
				load := make([]float32, len(want))
				for c := range load {
					load[c] = start
				}
				if stats := m.Solve(load, demand); !stats.Converged {
					t.Fatalf("seed %d, scale %g: not converged: %+v", seed, scale, stats)
				}
				for c := range load {
					if math.Abs(float64(load[c])-want[c]) > 1e-4 {
						t.Errorf("seed %d, scale %g, from %g: cell %d load = %v, want %v", seed, scale, start, c, load[c], want[c])
					}
				}
				for i, got := range m.Rate() {
					rate := 0.0
					if l := m.Server(i); l >= 0 {
						rate = referenceRate(m, st, want, i/net.links.Bins, i%net.links.Bins, int(l))
					}
					if math.Abs(float64(got)-rate) > 1e-3*rate {
						t.Errorf("seed %d, scale %g, from %g: bin %d gets %v bit/s, want %v", seed, scale, start, i, got, rate)
					}
				}
			}
			for c, above := range referenceLoads(m, st, demand, 1) {
				if math.Abs(above-want[c]) > 1e-9 {
					t.Errorf("seed %d: two fixed points at cell %d: %v from below, %v from above", seed, c, want[c], above)
				}
			}
		}
	}
}

// At the default tolerance of 0.001 the solution is within five times that of
// the fixed point, although small changes of load go unheard.
func TestDefaultToleranceHolds(t *testing.T) {
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 6))
		net := randomNetwork(r, 12, 1, 8, 4)
		m, st, load := newModel(t, DefaultSpec(), net, 1), NewState(net.cells), make([]float32, 12)
		m.Associate(st)
		for round := range 20 {
			demand := make([]float32, 12)
			for s := range demand {
				demand[s] = net.demand[s] * (1 + 0.02*float32(round))
			}
			m.Solve(load, demand)
			for c, want := range referenceLoads(m, st, demand, 0) {
				if math.Abs(float64(load[c])-want) > 5e-3 {
					t.Fatalf("seed %d, round %d: cell %d load = %v, want %v", seed, round, c, load[c], want)
				}
			}
		}
	}
}

func TestMoreDemandNeverLowersALoad(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	net := randomNetwork(r, 12, 2, 5, 8)
	m, st := newModel(t, tight(), net, 1), NewState(net.cells)
	m.Associate(st)
	before := make([]float32, len(net.cells.Carrier))
	for range 30 {
		load := make([]float32, len(before))
		m.Solve(load, net.demand)
		for c := range load {
			if load[c] < before[c]-rounding {
				t.Fatalf("cell %d: load fell from %v to %v when demand rose", c, before[c], load[c])
			}
		}
		copy(before, load)
		net.demand[r.IntN(len(net.demand))] *= 1.5
	}
}

func TestOverloadIsClippedAndCounted(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	net := randomNetwork(r, 4, 1, 3, 8)
	for s := range net.demand {
		net.demand[s] = 1e10
	}
	m, st, load := newModel(t, DefaultSpec(), net, 1), NewState(net.cells), make([]float32, 4)
	m.Associate(st)
	m.Solve(load, net.demand)
	for c := range load {
		if len(m.ServedBins(c)) > 0 && (load[c] != 1 || m.Offered()[c] <= 1) {
			t.Errorf("cell %d: load %v, offered %v, want 1 and more than 1", c, load[c], m.Offered()[c])
		}
	}
}

func TestSameBitsForAnyWorkerCount(t *testing.T) {
	net := randomNetwork(rand.New(rand.NewPCG(7, 7)), 1500, 2, 6, 8)
	var want []float32
	for _, workers := range []int{1, 2, 7} {
		m, st, load := newModel(t, DefaultSpec(), net, workers), NewState(net.cells), make([]float32, 3000)
		m.Associate(st)
		m.Solve(load, net.demand)
		if want == nil {
			want = load
			continue
		}
		for c := range load {
			if math.Float32bits(load[c]) != math.Float32bits(want[c]) {
				t.Fatalf("%d workers: cell %d load = %x, with one worker %x", workers, c, load[c], want[c])
			}
		}
	}
}

func TestSolveAndAssociateAllocateNothing(t *testing.T) {
	net := randomNetwork(rand.New(rand.NewPCG(9, 9)), 700, 2, 6, 8)
	m, st, load := newModel(t, DefaultSpec(), net, 2), NewState(net.cells), make([]float32, 1400)
	if got := testing.AllocsPerRun(20, func() { m.Associate(st); m.Solve(load, net.demand) }); got != 0 {
		t.Errorf("a step allocates %g times, want 0", got)
	}
}

// BenchmarkCoupling reports cell-iterations a second at 8 bins and 8
// co-channel candidates, one carrier, from empty cells to the solution. The
// candidates stand near in memory, as they do along a Hilbert curve.
func BenchmarkCoupling(b *testing.B) {
	for _, sectors := range []int{20_000, 500_000} {
		b.Run(fmt.Sprint(sectors), func(b *testing.B) {
			net := bandNetwork(rand.New(rand.NewPCG(11, 11)), sectors, 8)
			m, st, load := newModel(b, DefaultSpec(), net, 2), NewState(net.cells), make([]float32, sectors)
			m.Associate(st)
			cells, passes, solves := int64(0), 0, 0
			for b.Loop() {
				clear(load)
				stats := m.Solve(load, net.demand)
				cells, passes, solves = cells+stats.CellIterations, passes+stats.Iterations, solves+1
			}
			b.ReportMetric(float64(cells)/b.Elapsed().Seconds(), "cell-iterations/s")
			b.ReportMetric(float64(passes)/float64(solves), "passes/solve")
			b.ReportMetric(float64(cells)/float64(solves)/float64(sectors), "sweeps/solve")
		})
	}
}

// What the model remembers between calls must not show: after any history of
// states and demands the solution is that of a fresh model, to the tolerance.
func TestSolutionDoesNotDependOnWhatWasBefore(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 13))
	net := randomNetwork(r, 60, 2, 6, 8)
	used, st, load := newModel(t, tight(), net, 2), NewState(net.cells), make([]float32, 120)
	demand := make([]float32, 60)
	for round := range 40 {
		for range 5 {
			switch c := r.IntN(120); r.IntN(5) { // one thing at a time, so that none hides behind another
			case 0:
				st.Serving[c] = !st.Serving[c]
			case 1:
				st.Power[c] = []float32{1, 0.5, 0.25}[r.IntN(3)]
			case 2:
				st.Capacity[c] = []float32{1, 0.5, 0.25}[r.IntN(3)]
			case 3:
				st.Layers[c] = 1 + float32(r.IntN(4))
			case 4:
				st.CIODB[c] = float32(r.IntN(13) - 6)
			}
		}
		for s := range demand {
			if round%5 == 0 { // seldom: demand moves every load, which hides what is forgotten
				demand[s] = net.demand[s] * r.Float32()
			}
		}
		used.Associate(st)
		used.Solve(load, demand)
		fresh, want := newModel(t, tight(), net, 1), make([]float32, 120)
		fresh.Associate(st)
		fresh.Solve(want, demand)
		for c := range want {
			if math.Abs(float64(load[c]-want[c])) > 1e-4 {
				t.Fatalf("round %d: cell %d load = %v, a fresh model gives %v", round, c, load[c], want[c])
			}
		}
		for b := range net.links.Sectors() * net.links.Bins {
			if l := fresh.Server(b); used.Server(b) != l {
				t.Fatalf("round %d: bin %d is served by link %d, a fresh model gives %d", round, b, used.Server(b), l)
			}
		}
	}
}

// A cell that is asleep in a state without capacity or layers needs endless
// time for a bit, but none is asked of it.
func TestNoCapacityNoLoad(t *testing.T) {
	net := randomNetwork(rand.New(rand.NewPCG(3, 3)), 6, 2, 4, 8)
	m, st, load := newModel(t, DefaultSpec(), net, 1), NewState(net.cells), make([]float32, 12)
	st.Serving[3], st.Capacity[3] = false, 0
	m.Associate(st)
	if stats := m.Solve(load, net.demand); !stats.Converged {
		t.Errorf("not converged: %+v", stats)
	}
	for c, x := range load {
		if !(x >= 0 && x <= 1) || c == 3 && x != 0 {
			t.Errorf("cell %d has load %v", c, x)
		}
	}
}
