package trace

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// minRun is how many equal distances between times, one after the other, show
// that a place is counted in steps of that length. Scattered gaps make single
// long distances, hardly four equal ones in a row.
const minRun = 4

// grid is the common axis of steps.
type grid struct {
	t0, step int64
	n        int
	resample bool    // values are spread over the steps by overlap
	native   []int64 // the steps that were found, ascending
}

// timeSpan is the first and last time that rows of the file name, also rows
// whose value is missing, with their lines.
type timeSpan struct {
	first, last         int64
	firstLine, lastLine int64
}

// add takes the time of a row.
func (s *timeSpan) add(t, line int64) {
	if s.firstLine == 0 || t < s.first {
		s.first, s.firstLine = t, line
	}
	if s.lastLine == 0 || t > s.last {
		s.last, s.lastLine = t, line
	}
}

// gridFinder collects the distances between times.
type gridFinder struct {
	timeSpan
	values int64
	runs   map[int64]string // step shown by a run: a place that shows it
	counts map[int64]int64  // all distances
}

func newGridFinder(s timeSpan) *gridFinder {
	return &gridFinder{timeSpan: s, runs: make(map[int64]string), counts: make(map[int64]int64)}
}

// observe takes the values of one place in order of time.
func (f *gridFinder) observe(id string, values []obs) {
	f.values += int64(len(values))
	prev, run := int64(0), 0
	for i, o := range values {
		if i == 0 || o.t == values[i-1].t {
			continue
		}
		d := o.t - values[i-1].t
		f.counts[d]++
		if d != prev {
			prev, run = d, 0
		}
		if run++; run == minRun {
			if _, ok := f.runs[d]; !ok {
				f.runs[d] = id
			}
		}
	}
}

// native returns the steps that runs show, or else the most frequent distance
// (the smallest of equally frequent ones); none when there is one time only.
func (f *gridFinder) native() []int64 {
	var steps []int64
	for d := range f.runs {
		steps = append(steps, d)
	}
	if len(steps) == 0 && len(f.counts) > 0 {
		best := int64(math.MaxInt64)
		for d, n := range f.counts {
			if n > f.counts[best] || n == f.counts[best] && d < best {
				best = d
			}
		}
		steps = append(steps, best)
	}
	slices.Sort(steps)
	return steps
}

// mixedStepError says why the values have no common grid.
func (f *gridFinder) mixedStepError(name string, g *grid, asked int, stray *obs, line int64) error {
	if stray != nil {
		return fmt.Errorf("%s: line %d: time %s does not lie on the grid of %d s steps: set on-mixed-step to resample, or give another step",
			name, line, wallText(stray.t), g.step)
	}
	parts := make([]string, len(g.native))
	for i, d := range g.native {
		parts[i] = fmt.Sprintf("%d s", d)
		if id := f.runs[d]; id != "" {
			parts[i] += fmt.Sprintf(" (place %q)", cut(id))
		}
	}
	want := "one step"
	if asked > 0 {
		want = fmt.Sprintf("steps of %d s", asked)
	}
	return fmt.Errorf("%s: the values are in steps of %s, where %s is allowed: set on-mixed-step to resample, or to gap if values are missing", name, strings.Join(parts, " and "), want)
}

// wallText writes an axis time for messages.
func wallText(t int64) string { return time.Unix(t, 0).UTC().Format(wallLayout) }

// findGrid chooses the grid of the values in st, or fails when the policy
// forbids to resample.
func (t *trafficReader) findGrid(st store) (*grid, error) {
	p, o, stepS := &t.p, &t.o, t.m.StepS
	f := newGridFinder(t.span)
	var buf []obs
	for i := range st.places() {
		buf = st.gather(i, buf)
		f.observe(st.id(i), buf)
	}
	if f.values == 0 {
		return nil, fmt.Errorf("%s: no row holds a value that can be used: %s", o.Name, t.rep.Values.causes())
	}
	g := &grid{step: int64(stepS), native: f.native()}
	if g.step == 0 && len(g.native) == 0 {
		return nil, fmt.Errorf("%s: %w", o.Name, badSetting("step_s", "must be given, as all values have the same time"))
	}
	uniform := len(g.native) <= 1 && (g.step == 0 || len(g.native) == 0 || len(f.runs) == 0 || g.native[0] == g.step)
	switch {
	case g.step > 0:
	case p.OnMixedStep == Gap:
		g.step = g.native[0]
	default:
		g.step = g.native[len(g.native)-1] // the coarsest
	}
	var stray *obs
	line := int64(0)
	if uniform || p.OnMixedStep == Gap {
		stray, line = strayValue(st, f.first, g.step)
		uniform = stray == nil
	}
	if !uniform && p.OnMixedStep != Resample {
		return nil, f.mixedStepError(o.Name, g, stepS, stray, line)
	}
	end := f.last + g.step
	if g.resample = !uniform; g.resample {
		end = g.coveredUntil(st)
	}
	return g, g.span(f, end, st.places(), o)
}

// An axis of more than minSparse steps, of which not one in maxEmptiness holds
// a value, comes from a wrong date (a zero of Unix time, say), not from gaps.
const (
	minSparse    = 1 << 17
	maxEmptiness = 1000
)

// span sets the first step and the number of steps.
func (g *grid) span(f *gridFinder, end int64, places int, o *Options) error {
	if g.step > weekS {
		return fmt.Errorf("%s: step_s: the values are %d s apart, allowed up to a week (%d s)", o.Name, g.step, weekS)
	}
	g.t0 = f.first
	n := (end - g.t0) / g.step
	if g.resample { // whole steps only, at multiples of the step since midnight
		g.t0 = -floorDiv(-f.first, g.step) * g.step
		if n = floorDiv(end-g.t0, g.step); n < 1 {
			return fmt.Errorf("%s: step_s: the values do not cover one whole step of %d s", o.Name, g.step)
		}
	}
	bound := o.MaxValues / int64(places)
	if n > minSparse && n > maxEmptiness*(f.values/int64(places)+1) {
		bound = 0 // nearly nothing there: some date is wrong
	}
	if n > bound || n > math.MaxInt32 {
		return fmt.Errorf("%s: %d steps of %d s for %d places with %d values, allowed %d: the times run from %s (line %d) to %s (line %d)",
			o.Name, n, g.step, places, f.values, o.MaxValues, wallText(f.first), f.firstLine, wallText(f.last), f.lastLine)
	}
	g.n = int(n)
	return nil
}

// coveredUntil returns the end of the latest value.
func (g *grid) coveredUntil(st store) int64 {
	var buf []obs
	var dur []int64
	end := int64(math.MinInt64)
	for i := range st.places() {
		buf = st.gather(i, buf)
		dur = g.durations(dur, buf)
		if n := len(buf); n > 0 {
			end = max(end, buf[n-1].t+dur[n-1])
		}
	}
	return end
}

// strayValue returns the first value off the grid that begins at first.
func strayValue(st store, first, step int64) (*obs, int64) {
	var buf []obs
	for i := range st.places() {
		buf = st.gather(i, buf)
		for j := range buf {
			if mod(buf[j].t-first, step) != 0 {
				o := buf[j]
				return &o, st.line(o.ref)
			}
		}
	}
	return nil, 0
}
