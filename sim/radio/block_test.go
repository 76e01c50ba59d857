package radio

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// unsettle changes something about each of so many random cells.
func (n network) unsettle(r *rand.Rand, st *State, cells int) {
	for range cells {
		switch c := r.IntN(len(n.cells.Carrier)); r.IntN(3) {
		case 0:
			st.Serving[c] = !st.Serving[c]
		case 1:
			st.Power[c] = []float32{1, 0.5, 0.25}[r.IntN(3)]
		case 2:
			st.CIODB[c] = float32(r.IntN(13) - 6)
		}
	}
}

// Blocks that take turns come to what they come to all at once, whatever was
// before, and to the same bits for any number of workers.
func TestTurnsReachTheSameSolution(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 19))
	net := randomNetwork(r, 5000, 2, 6, 8)
	once, st, want := newModel(t, tight(), net, 2), NewState(net.cells), make([]float32, 10000)
	var turns []*Model
	var loads [][]float32
	for _, workers := range []int{1, 2, 7} {
		m := newModel(t, tight(), net, workers)
		m.turns = 4
		turns, loads = append(turns, m), append(loads, make([]float32, len(want)))
	}
	demand := make([]float32, 5000)
	for round := range 6 {
		for s := range demand {
			demand[s] = net.demand[s] * (0.2 + r.Float32())
		}
		once.Reset()
		once.Associate(st)
		clear(want)
		if stats := once.Solve(want, demand); !stats.Converged {
			t.Fatalf("round %d: not converged: %+v", round, stats)
		}
		for i, m := range turns {
			m.Associate(st)
			if stats := m.Solve(loads[i], demand); !stats.Converged {
				t.Fatalf("round %d: in turns not converged: %+v", round, stats)
			}
			for c, got := range loads[i] {
				if math.Abs(float64(got-want[c])) > 1e-4 {
					t.Fatalf("round %d, %d workers: cell %d load = %v in turns, %v at once", round, m.pool.Workers(), c, got, want[c])
				}
				if first := loads[0][c]; math.Float32bits(got) != math.Float32bits(first) {
					t.Fatalf("round %d, %d workers: cell %d load = %x, with one worker %x", round, m.pool.Workers(), c, got, first)
				}
			}
		}
		net.unsettle(r, st, 500)
	}
}

// Where little moves, rows and cells are reckoned one by one: to the solution
// of a fresh model, which reckons all of them.
func TestWhatMovesAloneIsSettled(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 31))
	net := bandNetwork(r, 2000, 8)
	st, load, want := NewState(net.cells), make([]float32, 2000), make([]float32, 2000)
	for c := 0; c < 2000; c += 3 { // others serve their bins
		st.Serving[c] = false
	}
	used := newModel(t, tight(), net, 1)
	used.Associate(st)
	used.Solve(load, net.demand)
	for round := range 20 {
		for range 3 {
			// About the borders of blocks, which must hear of each other.
			net.demand[512*(1+r.IntN(3))+r.IntN(8)-4] *= 0.3 + 1.4*r.Float32()
		}
		stats := used.Solve(load, net.demand)
		if sweeps := float64(stats.CellIterations) / 2000; sweeps > 1 {
			t.Fatalf("round %d: %.2f sweeps, so that nothing was reckoned alone", round, sweeps)
		}
		fresh := newModel(t, tight(), net, 1)
		fresh.Associate(st)
		clear(want)
		fresh.Solve(want, net.demand)
		for c := range want {
			if math.Abs(float64(load[c]-want[c])) > 2e-5 {
				t.Fatalf("round %d: cell %d load = %v, a fresh model gives %v", round, c, load[c], want[c])
			}
		}
		for i := range used.blocks {
			b := &used.blocks[i]
			for k, s := range b.stands {
				near := &used.blocks[b.near[s.near]]
				if got, want, full := b.weight[len(b.own)+k], near.weight[s.cell], near.full[s.cell]; math.Abs(float64(got-want)) > 2e-6*float64(full) {
					t.Fatalf("round %d: block %d takes cell %d of block %d for %v, it sends %v", round, i, s.cell, b.near[s.near], got, want)
				}
			}
			for j, got := range b.offered {
				if want := used.offerOne(b, j); math.Abs(float64(got-want)) > 1e-6*float64(want) {
					t.Fatalf("round %d: block %d cell %d: offered %v, its bins ask for %v", round, i, j, got, want)
				}
			}
		}
	}
}

// The number of turns says which blocks there are in each, every one in one.
func TestEveryBlockHasOneTurn(t *testing.T) {
	for _, blocks := range []int{1, 2, fewTurns - 1, fewTurns, fewTurns + 1, fewTurns + 2, fewTurns + 3} {
		m := &Model{blocks: make([]block, blocks), turns: turnsOf(blocks)}
		var seen []int
		for m.turn = range m.turns {
			for i := range m.blocksOfTurn() {
				seen = append(seen, m.blockOfTurn(i))
			}
		}
		slices.Sort(seen)
		for i := range blocks {
			if len(seen) != blocks || seen[i] != i {
				t.Fatalf("%d blocks in %d turns: %v", blocks, m.turns, seen)
			}
		}
	}
}

// Lists of guests that were mended are those that are made at once, and so are
// the loads' last bits.
func TestMendedGuestsAreThoseMadeAtOnce(t *testing.T) {
	for _, bins := range []int{8, 11} {
		r := rand.New(rand.NewPCG(23, uint64(bins)))
		net := randomNetwork(r, 1200, 2, 6, bins)
		used, st := newModel(t, DefaultSpec(), net, 2), NewState(net.cells)
		for round := range 12 {
			used.Associate(st)
			fresh := newModel(t, DefaultSpec(), net, 1)
			fresh.Associate(st)
			for i := range fresh.blocks {
				a, b := &used.blocks[i], &fresh.blocks[i]
				if !slices.Equal(a.guests, b.guests) || !slices.Equal(a.guestOff, b.guestOff) {
					t.Fatalf("%d bins, round %d, block %d: other guests than those of a fresh model", bins, round, i)
				}
				same := func(x, y outer) bool { return x.guest == y.guest && x.weight == y.weight && x.cell == y.cell }
				if !slices.EqualFunc(a.out, b.out, same) || !slices.Equal(a.outOff, b.outOff) {
					t.Fatalf("%d bins, round %d, block %d: other guests of other blocks than those of a fresh model", bins, round, i)
				}
				if !slices.Equal(a.full, b.full) || !slices.Equal(a.perHz, b.perHz) {
					t.Fatalf("%d bins, round %d, block %d: other cells than those of a fresh model", bins, round, i)
				}
				checkGuests(t, used, i)
			}
			net.unsettle(r, st, []int{1, 30, 600}[round%3])
		}
	}
}

// checkGuests holds the lists of a block against the servers of its bins.
func checkGuests(t *testing.T, m *Model, i int) {
	b, want := &m.blocks[i], 0
	for row := b.row; row < b.row+b.rows; row++ {
		for lane, server := range m.rows.Server[row*8 : row*8+8] {
			if server < 0 || server == m.rows.Home[row] {
				continue
			}
			want++
			c, at := m.heardAt(row)[server], int(row-b.row)*8+lane
			if int(c) < len(b.own) {
				if _, ok := slices.BinarySearch(b.guests, guestOf(int(c), at)); !ok {
					t.Fatalf("block %d: lane %d of cell %d is not among the guests", i, at, c)
				}
				continue
			}
			cell := b.halo[int(c)-len(b.own)]
			if !slices.ContainsFunc(b.out, func(g outer) bool {
				near := &m.blocks[b.near[g.server()]]
				return g.lane() == at && near.own[g.cell] == cell
			}) {
				t.Fatalf("block %d: lane %d of cell %d is not among the guests of other blocks", i, at, cell)
			}
		}
	}
	if len(b.guests)+len(b.out) != want {
		t.Fatalf("block %d: %d guests and %d of other blocks, want %d together", i, len(b.guests), len(b.out), want)
	}
}

func TestBitset(t *testing.T) {
	r := rand.New(rand.NewPCG(29, 29))
	for _, n := range []int{1, 63, 64, 65, 1000} {
		s, other := newBitset(n), newBitset(n)
		var want []uint16
		for i := range n {
			if r.IntN(3) == 0 {
				want = append(want, uint16(i))
				[]bitset{s, other}[r.IntN(2)].set(uint16(i))
			}
		}
		s.add(other)
		if s.count() != len(want) || s.any() != (len(want) > 0) {
			t.Errorf("%d of %d: count %d, any %v", len(want), n, s.count(), s.any())
		}
		for i := range n {
			if s.has(i) != slices.Contains(want, uint16(i)) {
				t.Errorf("has %d of %d: %v", i, n, s.has(i))
			}
		}
		if got := s.takeTo(nil); !slices.Equal(got, want) || s.any() {
			t.Errorf("of %d: took %v, want %v", n, got, want)
		}
	}
}
