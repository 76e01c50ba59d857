package shield

import (
	"cmp"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// twin is the shield written down plainly: it looks at every cell and every
// position in each Filter and keeps nothing that it can work out again.
type twin struct {
	*network
	awake []bool
	since []int64
	wakes []int
	day   int64
	cause []Cause
	count [NumCauses]int64
	held  []bool
}

func newTwin(w *network, cells Cells) *twin {
	n := len(w.dst)
	t := &twin{network: w, awake: slices.Repeat([]bool{true}, n), since: slices.Repeat([]int64{math.MinInt64 / 2}, n),
		wakes: make([]int, n), cause: make([]Cause, n), held: make([]bool, n)}
	for c := range n {
		t.held[c] = cells.AlwaysOn[c] || w.spec.AlwaysOnCoverage && cells.Coverage[c]
	}
	return t
}

func (t *twin) filter(dst []uint8, in *input) {
	if day := dayOf(in.NowUs); day != t.day {
		t.day = day
		clear(t.wakes)
	}
	for c := range dst {
		if in.Down[c] {
			continue
		}
		if in.Helping[c] && !t.awake[c] && t.ladder.Awake[in.Target[c]] {
			t.count[EmergencyWake]++
			t.see(c, true, in.NowUs)
		}
		if !in.Busy[c] {
			t.see(c, t.ladder.Awake[in.Present[c]], in.NowUs)
		}
	}
	for c := range dst {
		dst[c], t.cause[c] = t.alone(c, in)
	}
	if t.spec.KeepCoverage {
		t.cover(dst, in)
	}
	for c := range dst {
		t.count[t.cause[c]]++
		if !in.Down[c] {
			t.see(c, t.ladder.Awake[dst[c]], in.NowUs)
		}
	}
}

func (t *twin) see(c int, awake bool, now int64) {
	if awake != t.awake[c] {
		t.awake[c], t.since[c] = awake, now
		if awake {
			t.wakes[c]++
		}
	}
}

func (t *twin) alone(c int, in *input) (uint8, Cause) {
	wish, present := in.Wish[c], in.Present[c]
	if in.Down[c] || in.Busy[c] {
		return in.Target[c], because(wish != in.Target[c], Transition)
	}
	for _, x := range []float32{in.Load[c], in.Pressure[c], in.AgeS[c] / float32(t.spec.MaxAgeS)} {
		if !(x >= 0 && x <= 1) {
			return safe, because(wish != safe, StaleInput)
		}
	}
	if !t.available(c, wish) {
		return safe, InvalidWish
	}
	was, will, limit := t.ladder.Awake[present], t.ladder.Awake[wish], float32(t.spec.EmergencyLoad)
	dwell := t.spec.MinOffS
	if t.awake[c] {
		dwell = t.spec.MinOnS
	}
	dwells := float64(in.NowUs-t.since[c])/1e6 < dwell
	switch {
	case t.held[c] && !will && was:
		return present, AlwaysOn
	case t.held[c] && !will:
		return safe, AlwaysOn
	case !was && in.Pressure[c] >= limit:
		return safe, because(wish != safe, EmergencyWake)
	case was && !will && (in.Pressure[c] >= limit || in.Helping[c]):
		return present, EmergencyWake
	case was && wish != safe && in.Load[c] >= limit:
		return safe, EmergencyWake
	case was == will || t.held[c]:
		return wish, None
	case will && dwells:
		return present, MinOffTime
	case dwells:
		return present, MinOnTime
	case !will && t.wakes[c] >= t.spec.MaxWakesPerDay:
		return present, WakeBudget
	}
	return wish, None
}

// cover is the coverage rule: holes are mended, then wishes to reach less far
// are granted one after the other.
func (t *twin) cover(dst []uint8, in *input) {
	reach := make([]float32, len(dst)) // throughout the decision
	for c := range dst {
		if in.Serving[c] {
			reach[c] = t.reach(c, in.Present[c])
		}
		if in.Busy[c] {
			reach[c] = min(reach[c], t.reach(c, dst[c]))
		}
	}
	covers := func(l link) bool { return reach[l.cell] >= l.need }
	for _, links := range t.positions {
		comes := func(l link) bool {
			c := l.cell
			return !in.Down[c] && t.ladder.Awake[dst[c]] && (in.Busy[c] || dst[c] != in.Present[c]) && t.reach(int(c), dst[c]) >= l.need
		}
		if slices.ContainsFunc(links, covers) || slices.ContainsFunc(links, comes) {
			continue
		}
		links = slices.Clone(links)
		slices.SortStableFunc(links, func(a, b link) int { return cmp.Compare(a.need, b.need) })
		for _, l := range links {
			c := l.cell
			mends := !t.ladder.Awake[in.Present[c]] || in.Serving[c] && in.Present[c] != safe
			if !in.Busy[c] && !in.Down[c] && mends {
				dst[c], t.cause[c] = safe, because(in.Wish[c] != safe, CoverageRepair)
				break
			}
		}
	}
	var order []int
	for c := range dst {
		if !in.Busy[c] && t.reach(c, dst[c]) < reach[c] {
			order = append(order, c)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(in.Load[a], in.Load[b]) })
	for _, c := range order {
		was := reach[c]
		reach[c] = t.reach(c, dst[c])
		for _, links := range t.positions {
			held := func(l link) bool { return int(l.cell) == c && was >= l.need || covers(l) }
			if slices.ContainsFunc(links, held) && !slices.ContainsFunc(links, covers) {
				dst[c], t.cause[c], reach[c] = in.Present[c], CoverageHole, was
				break
			}
		}
	}
}

// wild gives a network random wishes and a random course: cells are in
// transition for a while, fail, are woken by others, and observations fail.
func (w *network) wild(random *rand.Rand, calm int) {
	rarely := func(n int) bool { return random.IntN(n*calm) == 0 }
	w.in.NowUs += int64(random.IntN(150)) * second
	for c, to := range w.dst {
		if w.in.Down[c] = w.in.Down[c] && random.IntN(3) > 0 || rarely(20); w.in.Down[c] {
			w.in.Present[c], w.in.Target[c], w.in.Busy[c], w.in.Serving[c] = full, full, random.IntN(2) == 0, false
			continue
		}
		w.in.Target[c] = to
		w.in.Busy[c] = to != w.in.Present[c] && random.IntN(3) > 0
		if !w.in.Busy[c] {
			w.in.Present[c] = to
		}
		if w.in.Helping[c] = rarely(10); w.in.Helping[c] {
			w.in.Present[c], w.in.Target[c] = full, full
		}
		w.in.Serving[c] = w.ladder.Awake[w.in.Present[c]]
	}
	for c := range w.dst {
		w.in.Wish[c] = w.in.Target[c]
		if rarely(2) {
			w.in.Wish[c] = uint8(random.IntN(5))
		}
		w.in.Load[c], w.in.Pressure[c] = float32(random.IntN(9))/8, float32(random.IntN(9))/8
		if rarely(30) {
			w.in.Load[c], w.in.AgeS[c] = float32(math.NaN()), 200*random.Float32()
		}
	}
}

// The shield and its twin decide the same over the course of days: with
// networks of many small and of large shards, few and many changes at a time,
// one and two words a sector.
func TestFilterIsItsTwin(t *testing.T) {
	acted := 0
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 9))
		n := []int{5, 40, 1200}[seed%3]
		spec := Spec{KeepCoverage: seed%5 > 0, AlwaysOnCoverage: seed%2 == 0, MinOnS: 100, MinOffS: 200, MaxWakesPerDay: 5,
			EmergencyLoad: 0.9, MaxAgeS: 100}
		cells := plain(n)
		for c := range n {
			cells.Class[c], cells.Coverage[c], cells.AlwaysOn[c] = uint8(random.IntN(2)), random.IntN(9) == 0, random.IntN(50) == 0
		}
		positions := make([][]link, 2*n)
		for p := range positions {
			for k := range random.IntN(5) {
				c := int32((p/2 + k*k) % n)
				if !slices.ContainsFunc(positions[p], func(l link) bool { return l.cell == c }) {
					positions[p] = append(positions[p], link{c, []float32{0.2, 0.5, 0.7, 1}[random.IntN(4)]})
				}
			}
		}
		// The links of a sector are listed by cell, so that ties are the same.
		for p := range positions {
			slices.SortFunc(positions[p], func(a, b link) int { return cmp.Compare(a.cell, b.cell) })
		}
		w := packed(t, spec, cells, positions, []int{1, 8, 16}[seed/3%3])
		w.in.Down, w.in.Helping = make([]bool, n), make([]bool, n)
		plainly, want := newTwin(w, cells), make([]uint8, n)
		for step := range 40 {
			w.wild(random, []int{1, 20, 200}[seed/9%3])
			in := w.in
			if seed%4 == 1 { // all observations are fresh
				clear(w.in.AgeS)
				in.AgeS = nil
			}
			w.Filter(w.dst, &in)
			plainly.filter(want, &w.in)
			for c := range want {
				if w.dst[c] != want[c] || w.Cause(c) != plainly.cause[c] {
					t.Fatalf("seed %d, step %d, cell %d: decision %d (%v), twin %d (%v)", seed, step, c, w.dst[c], w.Cause(c), want[c], plainly.cause[c])
				}
			}
			last := -1
			for c := range w.Acted {
				if c <= last {
					t.Fatalf("seed %d, step %d: cell %d is listed after %d", seed, step, c, last)
				}
				for last++; last < c; last++ {
					if w.dst[last] != w.in.Target[last] {
						t.Fatalf("seed %d, step %d: cell %d is to change and not listed", seed, step, last)
					}
				}
				acted++
			}
		}
		if got, want := w.Counts(), [NumCauses - 1]int64(plainly.count[1:]); !reflect.DeepEqual(got, want) {
			t.Errorf("seed %d: counts %v, twin %v", seed, got, want)
		}
		for c := range want {
			if w.WakesLeft(c) != max(0, spec.MaxWakesPerDay-plainly.wakes[c]) {
				t.Errorf("seed %d, cell %d: %d wake-ups left, twin made %d", seed, c, w.WakesLeft(c), plainly.wakes[c])
			}
		}
	}
	if acted == 0 {
		t.Error("nothing was decided: the test is void")
	}
}
