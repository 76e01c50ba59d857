package validation

import (
	"math"
	"testing"

	"hibernet/sim/radio"
	"hibernet/sim/rng"
)

func agree(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.9g, want %.9g within %g", what, got, want, tolerance)
	}
}

func TestExtremeKeepsTheWorst(t *testing.T) {
	e := extreme{tol: 0.5, claim: Claim{"q", "1", "s", Derived}}
	e.add(1, 1.1, "a")
	e.add(2, 2.6, "b")
	e.add(3, 3.2, "c")
	if r := e.row(); r.Pass || r.Got != 2.6 || r.Quantity != "q, worst of 3: b" {
		t.Errorf("got %+v, want the pair b to fail", r)
	}
	e.add(4, math.NaN(), "d")
	e.add(5, 100, "e")
	if r := e.row(); r.Pass || !math.IsNaN(r.Got) {
		t.Errorf("got %+v, want the pair that is no number", r)
	}
}

// Worked by hand: d3D of 100 m and 23.5 m is 102.7241 m, lg 2.0116722;
// 28 + 22 x 2.0116722 + 6.0206 and 13.54 + 39.08 x 2.0116722 + 6.0206.
func TestDropPathLossByHand(t *testing.T) {
	agree(t, "UMa LOS", dropLossDB("uma", true, 2, 25, 1.5, 100), 78.2774, 1e-3)
	agree(t, "UMa NLOS", dropLossDB("uma", false, 2, 25, 1.5, 100), 98.1768, 1e-3)
	agree(t, "both branches of UMa at the breakpoint of 320 m", dropLossDB("uma", true, 2, 25, 1.5, 320.001), dropLossDB("uma", true, 2, 25, 1.5, 320), 1e-4)
	agree(t, "both branches of 3D-UMi at the breakpoint of 120 m", dropLossDB("3d-umi", true, 2, 10, 1.5, 120.001), dropLossDB("3d-umi", true, 2, 10, 1.5, 120), 1e-3)
	agree(t, "probability of line of sight", dropLOS("uma", 1.5, 100), 0.347671, 1e-6)
	agree(t, "the same at 23 m", dropLOS("uma", 23, 100), 0.570796, 1e-6)
}

func TestDropAntennaByHand(t *testing.T) {
	for _, c := range []struct{ off, down, want float64 }{
		{0, 0, 8}, {32.5, 0, 5}, {0, -32.5, 5}, {180, 0, -22}, {395, 0, 8 - 12*35*35/(65.0*65)},
	} {
		agree(t, "gain", element.gainDBi(c.off, c.down), c.want, 1e-9)
	}
}

// The environment of a terminal at 22.5 m is 12, 15, 18 or 21 m high, or 1 m.
func TestDropEnvironment(t *testing.T) {
	d, s, seen := dropSpec{Scenario: "uma"}, rng.Root(1).Stream(), map[float64]int{}
	const n = 20000
	for range n {
		seen[d.environment(s, 22.5, 200)]++
	}
	for _, h := range []float64{12, 15, 18, 21} {
		want := (1 - 1/(1+tallC(22.5, 200))) / 4
		agree(t, "share of a height", float64(seen[h])/n, want, 0.01)
	}
	if len(seen) != 5 {
		t.Errorf("heights %v, want 1, 12, 15, 18, 21", seen)
	}
}

// Two users by hand: the second hears its server 10 dB above each of 2 others.
func TestDropSINR(t *testing.T) {
	d := &dropSpec{PowerRBW: 2, NoiseRBW: 0.2}
	p := &dropped{spec: d, best: []int{1}, gains: [][]float64{{0.1, 1, 0.1}}}
	agree(t, "geometry", p.sinr(1, false)[0], 5, 1e-12)
	agree(t, "SINR at half load", p.sinr(0.5, true)[0], 2/(0.2+0.2), 1e-12)
	agree(t, "coupling loss", p.couplingLossDB()[0], 0, 1e-12)
}

// One cell without interference: rho = demand/(B n alpha log2(1 + SNR/n)).
func TestExactNetworkOneCell(t *testing.T) {
	links, cells := gainLinks([][]float64{{10}}, []uint8{0})
	cells.Layers[0], cells.BandwidthHz[0] = 2, 1e6
	e := newExact(links, cells, radio.NewState(cells), ones(1), []float64{1e6}, radio.DefaultSpec())
	rho, gap := e.solve()
	agree(t, "load", rho[0], 1/(2*0.65*math.Log2(6)), 1e-11)
	agree(t, "gap", gap, 0, exactGap)
}

// Two different cells whose coupling is linear: far below the noise the rate
// is B alpha log2 e g/(rho h + n), so rho_i = a_i (rho_k h + n) with a_i =
// d ln 2/(B alpha g). A beam of -60 dB keeps the signals that low.
func TestExactNetworkTwoLinearCells(t *testing.T) {
	const own, h, beam = 4.0, 3.0, 1e-6
	const g = own * beam
	links, cells := gainLinks([][]float64{{own, h}, {h, own}}, []uint8{0, 0})
	cells.BeamGain[0], cells.BeamGain[1] = beam, beam
	a := []float64{0.1, 0.05}
	demand := make([]float64, 2)
	for i := range a {
		demand[i] = a[i] * 0.65 * g / math.Ln2
	}
	e := newExact(links, cells, radio.NewState(cells), ones(2), demand, radio.DefaultSpec())
	rho, _ := e.solve()
	det := 1 - a[0]*a[1]*h*h
	agree(t, "first load", rho[0], a[0]*(1+a[1]*h)/det, 1e-6)
	agree(t, "second load", rho[1], a[1]*(1+a[0]*h)/det, 1e-6)
	agree(t, "spectral radius", e.spectralRadius(), h*math.Sqrt(a[0]*a[1]), 1e-9)
}

func TestExactNetworkServers(t *testing.T) {
	links, cells := gainLinks([][]float64{{1, 2, 0.5}}, []uint8{0, 0, 1})
	st := radio.NewState(cells)
	server := func() int {
		return newExact(links, cells, st, ones(1), []float64{1}, radio.DefaultSpec()).server[0]
	}
	if got := server(); got != 1 {
		t.Errorf("link %d serves, want the strongest, 1", got)
	}
	st.CIODB[2] = 6.1
	if got := server(); got != 2 {
		t.Errorf("link %d serves, want 2 with its offset", got)
	}
	clear(st.Serving)
	if got := server(); got != -1 {
		t.Errorf("link %d serves, want none when all sleep", got)
	}
}

// By hand: 20 MHz x 1.5 layers x 0.65 x log2(1 + 100/1.5) and log2(1 + 10/1.5).
func TestTowerRates(t *testing.T) {
	rate, capacity := towerRates()
	agree(t, "near", rate[0], 118_567_300, 500)
	agree(t, "far", rate[1], 57_302_700, 500)
	agree(t, "capacity", capacity, 1/(0.75/rate[0]+0.25/rate[1]), 1e-3)
}

func TestSizeLawsHaveMeanOne(t *testing.T) {
	for _, law := range sizeLaws() {
		s, sum := rng.Root(2).Stream(), 0.0
		const n = 400_000
		for range n {
			sum += law.draw(s)
		}
		agree(t, law.name, sum/n, 1, 0.01)
	}
}

func TestSharersLeaveInOrder(t *testing.T) {
	s := rng.Root(3).Stream()
	var heap []sharer
	for range 500 {
		heap = pushSharer(heap, sharer{end: s.Float64()})
	}
	for last := 0.0; len(heap) > 0; heap = popSharer(heap) {
		if heap[0].end < last {
			t.Fatalf("%g after %g", heap[0].end, last)
		}
		last = heap[0].end
	}
}

// One cell of two bins: busy share rho, throughput R (1 - rho) in each bin, in
// both simulations.
func TestFlowSimulationsMatchOneSharedCell(t *testing.T) {
	top := tower()
	rate, capacity := towerRates()
	e := newExact(&top.Links, &top.Cells, radio.NewState(&top.Cells), top.BinShare, []float64{0.6 * capacity}, radio.DefaultSpec())
	for name, tally := range map[string]*flowTally{
		"mean":    meanInterference(e, []float64{0}, sizeLaws()[1], 1e6, rng.Root(4), 400_000, 1),
		"instant": instantaneous(e, sizeLaws()[1], 1e6, rng.Root(5), 400_000),
	} {
		agree(t, name+": busy share", tally.busy[0], 0.6, 0.006)
		for b := range rate {
			agree(t, name+": throughput", tally.bits[b]/tally.seconds[b]/(0.4*rate[b]), 1, 0.03)
		}
	}
}

// Two cells that slow each other down while busy, with exponential files, are
// a Markov chain of the two numbers of flows (coupled processors): its
// stationary distribution, cut at 60 flows, gives the busy share.
func TestInstantaneousMatchesCoupledProcessors(t *testing.T) {
	const own, other, cut = 20.0, 4.0, 60
	links, cells := gainLinks([][]float64{{own, other}, {other, own}}, []uint8{0, 0})
	spec := radio.DefaultSpec()
	alone, both := 0.65*math.Log2(1+own), 0.65*math.Log2(1+own/(1+other))
	arrivals := 0.6 * both // of files of mean size 1
	e := newExact(links, cells, radio.NewState(cells), ones(2), []float64{arrivals, arrivals}, spec)
	got := instantaneous(e, sizeLaws()[0], 1, rng.Root(6), 400_000)
	p := make([]float64, (cut+1)*(cut+1))
	p[0] = 1
	scale := 1 / (2*arrivals + 2*alone) // uniformisation
	for range 4000 {
		next := make([]float64, len(p))
		for i := range cut + 1 {
			for j := range cut + 1 {
				w, rate := p[i*(cut+1)+j], alone
				if i > 0 && j > 0 {
					rate = both
				}
				stay := 1.0
				for _, move := range []struct {
					di, dj int
					rate   float64
				}{{1, 0, arrivals}, {0, 1, arrivals}, {-1, 0, rate}, {0, -1, rate}} {
					ni, nj := i+move.di, j+move.dj
					if ni >= 0 && nj >= 0 && ni <= cut && nj <= cut {
						next[ni*(cut+1)+nj] += w * move.rate * scale
						stay -= move.rate * scale
					}
				}
				next[i*(cut+1)+j] += w * stay
			}
		}
		p = next
	}
	busy := 0.0
	for i := 1; i <= cut; i++ {
		for j := range cut + 1 {
			busy += p[i*(cut+1)+j]
		}
	}
	agree(t, "busy share of the first cell", got.busy[0], busy, 0.01)
	agree(t, "busy share of the second cell", got.busy[1], busy, 0.01)
}

// The rounds of selfConsistent end where the exact coupling does.
func TestSelfConsistentEndsAtTheFixedPoint(t *testing.T) {
	links, cells := gainLinks([][]float64{{20, 4}, {4, 20}}, []uint8{0, 0})
	e := newExact(links, cells, radio.NewState(cells), ones(2), []float64{0.7, 0.9}, radio.DefaultSpec())
	want, _ := e.solve()
	got := selfConsistent(e, sizeLaws()[0], 1, rng.Root(7), 300_000, 1)
	for c := range want {
		agree(t, "busy share", got.busy[c], want[c], 0.01)
	}
}
