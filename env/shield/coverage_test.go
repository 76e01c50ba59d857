package shield

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// randomNetwork has up to 8 cells and 10 positions, some of them covered by
// no one, and random states that leave some positions uncovered.
func randomNetwork(t testing.TB, spec Spec, random *rand.Rand) *network {
	n := 1 + random.IntN(8)
	cells := plain(n)
	for c := range n {
		cells.Class[c] = uint8(random.IntN(2))
		cells.Coverage[c] = random.IntN(5) == 0
	}
	positions := make([][]link, random.IntN(11))
	for p := range positions {
		for _, c := range random.Perm(n)[:random.IntN(min(n, 3)+1)] {
			positions[p] = append(positions[p], link{int32(c), []float32{0.2, 0.5, 0.7, 1}[random.IntN(4)]})
		}
	}
	w := newNetwork(t, spec, cells, positions)
	for c := range n {
		w.in.Load[c] = float32(random.IntN(4)) / 4
		w.in.Pressure[c] = float32(random.IntN(4)) / 4
	}
	return w
}

// covered is the coverage rule, written down plainly: which positions have a
// cell whose reach, the least of now and after the decision, suffices.
func (w *network) covered(dst []uint8) []bool {
	out := make([]bool, len(w.positions))
	for p := range out {
		for _, l := range w.positions[p] {
			now := float32(0)
			if w.in.Serving[l.cell] {
				now = w.reach(int(l.cell), w.in.Present[l.cell])
			}
			out[p] = out[p] || min(now, w.reach(int(l.cell), dst[l.cell])) >= l.need
		}
	}
	return out
}

// checkDecision holds a decision against the two properties of the coverage
// rule.
func (w *network) checkDecision(t testing.TB) {
	t.Helper()
	kept := slices.Clone(w.in.Present) // what is under way was decided before
	for c, busy := range w.in.Busy {
		if busy {
			kept[c] = w.in.Target[c]
		}
	}
	before, after := w.covered(kept), w.covered(w.dst)
	for p := range after {
		if before[p] && !after[p] {
			t.Fatalf("position %d: covered before, not after; present %v, wish %v, decision %v", p, w.in.Present, w.in.Wish, w.dst)
		}
	}
	// Maximality: no refused wish fits into the final decision.
	for c := range w.dst {
		if w.Cause(c) != CoverageHole {
			continue
		}
		if w.dst[c] != w.in.Present[c] || w.dst[c] == w.in.Wish[c] {
			t.Fatalf("cell %d: refused from %d to %d, decision %d", c, w.in.Present[c], w.in.Wish[c], w.dst[c])
		}
		try := slices.Clone(w.dst)
		try[c] = w.in.Wish[c]
		if slices.Equal(w.covered(try), after) {
			t.Fatalf("cell %d: wish %d was refused without need; decision %v", c, w.in.Wish[c], w.dst)
		}
	}
	// Repair: a position without a cell gets one if any can be asked.
	for p := range after {
		if after[p] {
			continue
		}
		for _, l := range w.positions[p] {
			c := l.cell
			fixable := !w.in.Busy[c] && (w.in.Serving[c] && w.in.Present[c] != full || !w.ladder.Awake[w.in.Present[c]])
			if fixable && w.reach(int(c), w.dst[c]) < l.need && !w.comes(p) {
				t.Fatalf("position %d is left without a cell though cell %d could be woken: present %v, decision %v", p, c, w.in.Present, w.dst)
			}
		}
	}
}

// comes reports whether a cell of position p will cover it once the decision
// is carried out.
func (w *network) comes(p int) bool {
	for _, l := range w.positions[p] {
		moving := w.in.Busy[l.cell] || w.dst[l.cell] != w.in.Present[l.cell]
		if moving && w.reach(int(l.cell), w.dst[l.cell]) >= l.need {
			return true
		}
	}
	return false
}

func TestCoverageOnRandomNetworks(t *testing.T) {
	refused, repaired := int64(0), int64(0)
	for seed := range uint64(4000) {
		random := rand.New(rand.NewPCG(seed, 1))
		w := randomNetwork(t, freely(), random)
		for c := range w.dst {
			w.in.Wish[c] = uint8(random.IntN(4))
			if random.IntN(3) == 0 {
				w.in.Present[c] = uint8(random.IntN(3))
			}
			w.in.Target[c] = w.in.Present[c]
			w.in.Serving[c] = w.ladder.Awake[w.in.Present[c]] && random.IntN(10) > 0
			if w.in.Busy[c] = random.IntN(6) == 0; w.in.Busy[c] {
				w.in.Target[c] = uint8(random.IntN(2))
			}
		}
		w.Filter(w.dst, &w.in)
		w.checkDecision(t)
		counts := w.Counts()
		refused, repaired = refused+counts[CoverageHole-1], repaired+counts[CoverageRepair-1]
	}
	if refused < 100 || repaired < 100 {
		t.Errorf("%d wishes refused, %d repairs: the instances are too easy", refused, repaired)
	}
}

// Over a run from full in which waking takes time, every position that can
// be covered is covered at every moment.
func TestCoverageHoldsOverTime(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 2))
		spec := freely()
		spec.MinOffS, spec.MinOnS, spec.EmergencyLoad = 120, 60, 0.75
		w := randomNetwork(t, spec, random)
		all := w.covered(make([]uint8, len(w.dst)))
		for range 60 {
			w.in.NowUs += minute
			for c := range w.dst {
				w.in.Wish[c] = uint8(random.IntN(5))
				w.in.Load[c], w.in.Pressure[c] = random.Float32(), random.Float32()
			}
			w.Filter(w.dst, &w.in)
			w.checkDecision(t)
			for c, to := range w.dst { // waking takes until a later decision
				done := random.IntN(3) > 0
				wakes := w.ladder.Awake[to] && !w.ladder.Awake[w.in.Present[c]]
				w.in.Target[c], w.in.Busy[c] = to, wakes && !done
				if !w.in.Busy[c] {
					w.in.Present[c], w.in.Serving[c] = to, w.ladder.Awake[to]
				}
			}
			if !slices.Equal(w.covered(w.in.Present), all) {
				t.Fatalf("seed %d: a position lost its cells: %v", seed, w.in.Present)
			}
		}
		if n := w.Counts()[CoverageRepair-1]; n > 0 {
			t.Errorf("seed %d: %d repairs without any failure", seed, n)
		}
	}
}

// The order of the coverage rule: the cell with less load sleeps, on a tie
// the one of lower index, however the wishes come.
func TestCoverageOrder(t *testing.T) {
	pair := [][]link{{{1, 1}, {0, 1}}}
	for _, c := range []struct {
		load []float32
		want []uint8
	}{
		{[]float32{0.2, 0.1}, []uint8{full, asleep}},
		{[]float32{0.1, 0.2}, []uint8{asleep, full}},
		{[]float32{0.1, 0.1}, []uint8{asleep, full}},
	} {
		w := newNetwork(t, freely(), plain(2), pair)
		w.in.Wish, w.in.Load = []uint8{asleep, asleep}, c.load
		w.Filter(w.dst, &w.in)
		if !slices.Equal(w.dst, c.want) {
			t.Errorf("load %v: decision %v, want %v", c.load, w.dst, c.want)
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add(uint64(1), []byte{0, 1, 2, 3})
	f.Add(uint64(7), []byte{255, 2, 2, 2, 9})
	f.Fuzz(func(t *testing.T, seed uint64, wishes []byte) {
		spec := freely()
		spec.EmergencyLoad, spec.MinOffS = 0.6, 30
		w := randomNetwork(t, spec, rand.New(rand.NewPCG(seed, 3)))
		for i := 0; i+len(w.dst) <= len(wishes); i += len(w.dst) {
			copy(w.in.Wish, wishes[i:])
			w.in.NowUs += 20 * second
			w.Filter(w.dst, &w.in)
			w.checkDecision(t)
			for c, s := range w.dst {
				if !w.available(c, s) {
					t.Fatalf("cell %d: decision %d does not exist", c, s)
				}
			}
			w.carryOut()
		}
	})
}

// bigNetwork: n cells on a ring, each position covered by three neighbours.
func bigNetwork(t testing.TB, n int) *network {
	positions := make([][]link, 2*n)
	for p := range positions {
		for k := range 3 {
			positions[p] = append(positions[p], link{int32((p/2 + k) % n), 0.4})
		}
	}
	w := packed(t, freely(), plain(n), positions, 8)
	random := rand.New(rand.NewPCG(5, 6))
	for c := range n {
		w.in.Load[c], w.in.Wish[c] = random.Float32(), uint8(random.IntN(3))
	}
	return w
}

func TestFilterAllocatesNothing(t *testing.T) {
	w := bigNetwork(t, 1000)
	mask, in := make([]uint8, 1000), w.in.of()
	if n := testing.AllocsPerRun(10, func() {
		w.Shield.Filter(w.dst, in)
		w.MaskTo(mask, in)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The first Filter of an episode decides about all cells; after it, a tenth of
// them change between awake and asleep in each; or none does.
func BenchmarkFilter(b *testing.B) {
	const cells = 100_000
	run := func(b *testing.B, w *network, before func(in *Input)) {
		in := w.in.of()
		in.AgeS = nil
		b.ReportAllocs()
		for b.Loop() {
			before(in)
			w.Shield.Filter(w.dst, in)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/cells, "ns/cell")
	}
	b.Run("first", func(b *testing.B) {
		w := bigNetwork(b, cells)
		run(b, w, func(*Input) { w.Reset(0) })
	})
	b.Run("tenth", func(b *testing.B) {
		w, round := bigNetwork(b, cells), 0
		run(b, w, func(in *Input) {
			for c, s := range w.dst {
				in.Present[c], in.Target[c], in.Wish[c], in.Flags[c] = s, s, s, 0
				if w.ladder.Awake[s] {
					in.Flags[c] = Serving
				}
			}
			for c := range in.Wish {
				if c%10 == round%10 {
					in.Wish[c] = asleep * uint8(round/10%2)
				}
			}
			round++
		})
	})
	b.Run("steady", func(b *testing.B) {
		w := bigNetwork(b, cells)
		for c := range w.in.Wish {
			asleep := asleep * uint8(c%2)
			w.in.Wish[c], w.in.Present[c], w.in.Target[c], w.in.Serving[c] = asleep, asleep, asleep, asleep == 0
		}
		run(b, w, func(*Input) {})
	})
}

func BenchmarkMask(b *testing.B) {
	const cells = 100_000
	w := bigNetwork(b, cells)
	in, mask := w.in.of(), make([]uint8, cells)
	for b.Loop() {
		w.MaskTo(mask, in)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/cells, "ns/cell")
}
