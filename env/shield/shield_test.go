package shield

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The ladder of the tests: full, reduced (half the received power), asleep,
// deeply asleep. Class 1 has no deep sleep.
const (
	full, reduced, asleep, deep = uint8(0), uint8(1), uint8(2), uint8(3)
	second                      = int64(1e6)
	minute                      = 60 * second
)

func testLadder() Ladder {
	return Ladder{
		States:    4,
		Awake:     []bool{true, true, false, false},
		Reach:     []float32{1, 0.5, 0, 0, 1, 0.5, 0, 0},
		Available: []bool{true, true, true, true, true, true, true, false},
	}
}

// input is an Input with a slice for each flag.
type input struct {
	NowUs                 int64
	Wish, Present, Target []uint8
	Busy, Serving         []bool
	Down, Helping         []bool // nil for none
	Load, Pressure, AgeS  []float32
}

// of returns what the shield takes.
func (in *input) of() *Input {
	out := &Input{NowUs: in.NowUs, Wish: in.Wish, Present: in.Present, Target: in.Target,
		Load: in.Load, Pressure: in.Pressure, AgeS: in.AgeS, Flags: make([]Flags, len(in.Busy))}
	for c := range out.Flags {
		for flag, set := range map[Flags][]bool{Busy: in.Busy, Serving: in.Serving, Down: in.Down, Helping: in.Helping} {
			if set != nil && set[c] {
				out.Flags[c] |= flag
			}
		}
	}
	return out
}

// network is a shield with an input of the right sizes: all awake, idle,
// fresh, nothing wished. Its positions are as they were given.
type network struct {
	*Shield
	in        input
	dst       []uint8
	positions [][]link
}

// Filter is the shield's, from an input.
func (w *network) Filter(dst []uint8, in *input) { w.Shield.Filter(dst, in.of()) }

// newNetwork puts positions, lists of the cells that cover each and what they
// need, into sectors of three.
func newNetwork(t testing.TB, spec Spec, cells Cells, positions [][]link) *network {
	t.Helper()
	return packed(t, spec, cells, positions, 3)
}

// packed puts positions into sectors of bins positions.
func packed(t testing.TB, spec Spec, cells Cells, positions [][]link, bins int) *network {
	t.Helper()
	n := len(cells.Class)
	words := (bins + 7) / 8
	cover := Coverage{Bins: bins, Off: []int32{0}, Least: slices.Repeat([]float32{1}, n)}
	w := &network{dst: make([]uint8, n), positions: make([][]link, len(positions)), in: input{
		Wish: make([]uint8, n), Present: make([]uint8, n), Target: make([]uint8, n), Busy: make([]bool, n),
		Serving: make([]bool, n), Load: make([]float32, n), Pressure: make([]float32, n), AgeS: make([]float32, n),
	}}
	for p := range positions {
		first := int(cover.Off[len(cover.Off)-1])
		for _, l := range positions[p] {
			at := slices.Index(cover.Cell[first:], l.cell) + first
			if at < first {
				at = len(cover.Cell)
				cover.Cell, cover.Mask = append(cover.Cell, l.cell), append(cover.Mask, make([]uint8, words)...)
				cover.Gain = append(cover.Gain, make([]uint16, bins)...)
			}
			gain := math.Float32bits(1/l.need) >> 16
			cover.Mask[at*words+p%bins/8] |= 1 << (p % bins % 8)
			cover.Gain[at*bins+p%bins] = uint16(gain)
			w.positions[p] = append(w.positions[p], link{l.cell, min(1, 1/math.Float32frombits(gain<<16))})
		}
		if p%bins == bins-1 || p == len(positions)-1 {
			cover.Off = append(cover.Off, int32(len(cover.Cell)))
		}
	}
	var err error
	if w.Shield, err = New(spec, testLadder(), cover, cells, nil); err != nil {
		t.Fatal(err)
	}
	for c := range n {
		w.in.Serving[c] = true
	}
	return w
}

type link struct {
	cell int32
	need float32
}

func plain(n int) Cells {
	return Cells{Class: make([]uint8, n), AlwaysOn: make([]bool, n), Coverage: make([]bool, n)}
}

// carryOut makes the decisions the present states, at once.
func (w *network) carryOut() {
	for c, s := range w.dst {
		w.in.Present[c], w.in.Target[c], w.in.Serving[c] = s, s, w.ladder.Awake[s]
	}
}

func (w *network) filter() string {
	w.Filter(w.dst, &w.in)
	var out []string
	for c, s := range w.dst {
		text := fmt.Sprint(s)
		if cause := w.Cause(c); cause != None {
			text += " " + cause.String()
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func freely() Spec {
	return Spec{KeepCoverage: true, MaxWakesPerDay: 100, EmergencyLoad: 1, MaxAgeS: 100}
}

// Every cause, one at a time, on a network of three cells of which cell 0
// covers what the others cover.
func TestEveryCause(t *testing.T) {
	shared := [][]link{{{0, 1}, {1, 0.1}}, {{0, 1}, {2, 0.1}}, {}}
	for _, c := range []struct {
		cause Cause
		spec  func(*Spec)
		cells func(*Cells)
		setup func(w *network)
		want  string
	}{
		{cause: None, setup: func(w *network) { w.in.Wish = []uint8{full, asleep, deep} }, want: "0, 2, 3"},
		{cause: Transition, setup: func(w *network) {
			w.in.Present[1], w.in.Busy[1], w.in.Serving[1] = asleep, true, false
			w.in.Wish[1] = deep
		}, want: "0, 0 transition, 0"},
		{cause: StaleInput, setup: func(w *network) {
			w.in.Wish = []uint8{asleep, asleep, asleep}
			w.in.AgeS[0], w.in.Load[1], w.in.Pressure[2] = 101, -0.1, 1.1
		}, want: "0 stale_input, 0 stale_input, 0 stale_input"},
		{cause: InvalidWish, cells: func(c *Cells) { c.Class[2] = 1 }, setup: func(w *network) {
			w.in.Wish = []uint8{full, 77, deep}
		}, want: "0, 0 invalid_wish, 0 invalid_wish"},
		{cause: AlwaysOn, spec: func(s *Spec) { s.AlwaysOnCoverage = true },
			cells: func(c *Cells) { c.Coverage[1], c.AlwaysOn[2] = true, true }, setup: func(w *network) {
				w.in.Wish = []uint8{full, asleep, asleep}
				w.in.Present[2] = reduced
			}, want: "0, 0 always_on, 1 always_on"},
		{cause: EmergencyWake, spec: func(s *Spec) { s.EmergencyLoad = 0.9; s.MinOffS = 1e4 }, setup: func(w *network) {
			w.in.Present[1], w.in.Serving[1], w.in.Wish[1] = asleep, false, asleep // asleep, the others are full
			w.in.Wish[2] = asleep                                                  // awake, wishes to sleep
			w.in.Pressure[1], w.in.Pressure[2] = 0.95, 0.9
			w.in.Present[0], w.in.Wish[0], w.in.Load[0] = reduced, reduced, 0.99 // reduced and itself overloaded
		}, want: "0 emergency_wake, 0 emergency_wake, 0 emergency_wake"},
		{cause: MinOffTime, spec: func(s *Spec) { s.MinOffS = 600 }, setup: func(w *network) {
			w.in.Wish[1] = asleep
			w.Filter(w.dst, &w.in)
			w.carryOut()
			w.in.NowUs, w.in.Wish[1] = 599*second, full
		}, want: "0, 2 min_off_time, 0"},
		{cause: MinOnTime, spec: func(s *Spec) { s.MinOnS = 600 }, setup: func(w *network) {
			for i, wish := range []uint8{asleep, full, asleep} {
				w.in.NowUs, w.in.Wish[1] = int64(i)*minute, wish
				if i < 2 {
					w.Filter(w.dst, &w.in)
					w.carryOut()
				}
			}
		}, want: "0, 0 min_on_time, 0"},
		{cause: WakeBudget, spec: func(s *Spec) { s.MaxWakesPerDay = 1 }, setup: func(w *network) {
			for i, wish := range []uint8{asleep, full, asleep} {
				w.in.NowUs, w.in.Wish[1] = int64(i)*minute, wish
				if i < 2 {
					w.Filter(w.dst, &w.in)
					w.carryOut()
				}
			}
		}, want: "0, 0 wake_budget, 0"},
		{cause: EmergencyWake, setup: func(w *network) { // standing in for others
			w.in.Helping = []bool{false, true, true}
			w.in.Wish = []uint8{full, asleep, reduced}
		}, want: "0, 0 emergency_wake, 1"},
		{cause: Transition, setup: func(w *network) { // failed, so that others cover for it
			w.in.Down = []bool{true, false, false}
			w.in.Serving[0], w.in.Wish = false, []uint8{asleep, asleep, full}
		}, want: "0 transition, 0 coverage_hole, 0"},
		{cause: CoverageRepair, setup: func(w *network) { // starting again, but not there yet
			w.in.Down, w.in.Busy[0] = []bool{true, false, false}, true
			w.in.Serving[0], w.in.Serving[1] = false, false
			w.in.Present[1], w.in.Wish[1] = asleep, asleep
		}, want: "0, 0 coverage_repair, 0"},
		{cause: CoverageHole, setup: func(w *network) {
			w.in.Wish = []uint8{reduced, asleep, reduced} // lowest load first: 1, then 0 and 2
			w.in.Load = []float32{0.5, 0.1, 0.6}
		}, want: "0 coverage_hole, 2, 1"},
		{cause: CoverageRepair, setup: func(w *network) {
			w.in.Present[1], w.in.Wish[1], w.in.Serving[1] = asleep, asleep, false
			w.in.Serving[0] = false // failed
		}, want: "0, 0 coverage_repair, 0"},
	} {
		t.Run(c.cause.String(), func(t *testing.T) {
			spec, cells := freely(), plain(3)
			if c.spec != nil {
				c.spec(&spec)
			}
			if c.cells != nil {
				c.cells(&cells)
			}
			w := newNetwork(t, spec, cells, shared)
			c.setup(w)
			if got := w.filter(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			counts := w.Counts()
			for i, n := range counts {
				if want := strings.Count(c.want, Causes()[i]); int(n) != want {
					t.Errorf("counted %d of %s, want %d", n, Causes()[i], want)
				}
			}
		})
	}
}

func TestBudgetIsPerDay(t *testing.T) {
	spec := freely()
	spec.MaxWakesPerDay = 2
	w := newNetwork(t, spec, plain(2), [][]link{{{0, 1}, {1, 1}}})
	day := 1440 * minute
	for i, step := range []struct {
		at         int64
		wish, want uint8
	}{
		{0, asleep, asleep}, {minute, full, full}, {2 * minute, asleep, asleep}, {3 * minute, full, full},
		{4 * minute, asleep, full}, {day - 1, asleep, full}, {day, asleep, asleep},
	} {
		w.in.NowUs, w.in.Wish[1] = step.at, step.wish
		w.Filter(w.dst, &w.in)
		w.carryOut()
		if w.dst[1] != step.want {
			t.Errorf("step %d: state %d, want %d", i, w.dst[1], step.want)
		}
	}
}

func TestForcedWakeCountsAgainstBudgetOnly(t *testing.T) {
	spec := freely()
	spec.MaxWakesPerDay, spec.EmergencyLoad = 1, 0.9
	w := newNetwork(t, spec, plain(2), [][]link{{{0, 1}, {1, 1}}})
	w.in.Wish[1] = asleep
	w.Filter(w.dst, &w.in)
	w.carryOut()
	w.in.NowUs, w.in.Pressure[1] = minute, 1
	if got := w.filter(); got != "0, 0 emergency_wake" || w.WakesLeft(1) != 0 {
		t.Errorf("got %q with %d wake-ups left", got, w.WakesLeft(1))
	}
}

// A cell that fell asleep by another hand is noticed.
func TestObservesChangesOfOthers(t *testing.T) {
	spec := freely()
	spec.MinOffS = 600
	w := newNetwork(t, spec, plain(2), [][]link{{{0, 1}, {1, 1}}})
	w.in.NowUs, w.in.Present[1], w.in.Target[1], w.in.Serving[1] = minute, asleep, asleep, false
	w.in.Wish[1] = asleep
	w.Filter(w.dst, &w.in)
	if left := w.DwellLeftS(1, 2*minute); left != 540 {
		t.Errorf("dwell left %v s, want 540", left)
	}
}

func TestMaskAgreesWithFilter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		spec := freely()
		spec.KeepCoverage, spec.MinOnS, spec.MinOffS, spec.MaxWakesPerDay = false, 100, 200, 2
		spec.AlwaysOnCoverage = random.IntN(2) == 0
		w := randomNetwork(t, spec, random)
		for range 20 {
			w.in.NowUs += int64(random.IntN(150)) * second
			n := len(w.dst)
			mask := make([]uint8, n)
			w.MaskTo(mask, w.in.of())
			for c := range n {
				if mask[c] == 0 || mask[c] >= 16 {
					t.Fatalf("cell %d: no state allowed", c)
				}
				w.in.Wish[c] = uint8(random.IntN(4))
			}
			wish := slices.Clone(w.in.Wish)
			w.Filter(w.dst, &w.in)
			for c := range n {
				if mask[c]>>wish[c]&1 == 1 != (w.dst[c] == wish[c]) {
					t.Fatalf("cell %d: mask %04b, wish %d, decision %d (%v)", c, mask[c], wish[c], w.dst[c], w.Cause(c))
				}
			}
			w.carryOut()
		}
	}
}

func TestNewRefuses(t *testing.T) {
	good := func() (Spec, Ladder, Coverage, Cells) {
		return DefaultSpec(), testLadder(), Coverage{Bins: 9, Off: []int32{0, 1}, Cell: []int32{0}, Mask: []uint8{1, 1},
			Gain: make([]uint16, 9), Least: []float32{1}}, plain(1)
	}
	for say, spoil := range map[string]func(*Spec, *Ladder, *Coverage, *Cells){
		"min_on_s":         func(s *Spec, _ *Ladder, _ *Coverage, _ *Cells) { s.MinOnS = -1 },
		"state 0":          func(_ *Spec, l *Ladder, _ *Coverage, _ *Cells) { l.Awake[0] = false },
		"reaches":          func(_ *Spec, l *Ladder, _ *Coverage, _ *Cells) { l.Reach = l.Reach[1:] },
		"8 states":         func(_ *Spec, l *Ladder, _ *Coverage, c *Cells) { l.States = 9 },
		"always on":        func(_ *Spec, _ *Ladder, _ *Coverage, c *Cells) { c.AlwaysOn = make([]bool, 2) },
		"positions a":      func(_ *Spec, _ *Ladder, c *Coverage, _ *Cells) { c.Bins = 17 },
		"2 bytes of masks": func(_ *Spec, _ *Ladder, c *Coverage, _ *Cells) { c.Gain = nil },
		"mask 0x201":       func(_ *Spec, _ *Ladder, c *Coverage, _ *Cells) { c.Mask[1] = 2 },
		"listed twice": func(_ *Spec, _ *Ladder, c *Coverage, _ *Cells) {
			c.Off[1], c.Cell, c.Mask, c.Gain = 2, []int32{0, 0}, []uint8{1, 0, 1, 0}, make([]uint16, 18)
		},
		"allowed: 16777216 times": func(_ *Spec, _ *Ladder, c *Coverage, _ *Cells) {
			c.Off, c.Cell, c.Mask, c.Gain = make([]int32, mostWords/2+2), nil, nil, nil
		},
		"offsets":        func(_ *Spec, _ *Ladder, c *Coverage, _ *Cells) { c.Off[1] = 2 },
		"link 0: cell 5": func(_ *Spec, _ *Ladder, c *Coverage, _ *Cells) { c.Cell[0] = 5 },
		"least gain 0":   func(_ *Spec, _ *Ladder, c *Coverage, _ *Cells) { c.Least[0] = 0 },
		"class 9":        func(_ *Spec, _ *Ladder, _ *Coverage, c *Cells) { c.Class[0] = 9 },
	} {
		spec, ladder, coverage, cells := good()
		spoil(&spec, &ladder, &coverage, &cells)
		if _, err := New(spec, ladder, coverage, cells, nil); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: error %v", say, err)
		}
	}
	spec, ladder, coverage, cells := good()
	if _, err := New(spec, ladder, coverage, cells, nil); err != nil {
		t.Error(err)
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	s := Spec{MinOnS: -1, MinOffS: 1e9, MaxWakesPerDay: -1, EmergencyLoad: 0, MaxAgeS: -1}
	if faults := s.Validate(); len(faults) != 5 {
		t.Errorf("%d faults: %v", len(faults), faults)
	}
	if faults := DefaultSpec().Validate(); len(faults) > 0 {
		t.Errorf("default: %v", faults)
	}
}

// A sector of more than eight positions is told once, however many words of it a
// cell covers, and not at all where it covers nothing.
func TestSectors(t *testing.T) {
	positions := make([][]link, 3*9)
	for p := range positions {
		positions[p] = []link{{1, 1}}
		if p < 9 || p == 26 { // all of the first sector, the last position of the third
			positions[p] = append(positions[p], link{0, 1})
		}
	}
	w := packed(t, DefaultSpec(), plain(2), positions, 9)
	for cell, want := range [][]int32{{0, 2}, {0, 1, 2}} {
		if got := slices.Collect(w.Sectors(cell)); !slices.Equal(got, want) {
			t.Errorf("cell %d covers something in the sectors %v, want %v", cell, got, want)
		}
	}
	for range w.Sectors(1) {
		break // and stops when asked to
	}
}
