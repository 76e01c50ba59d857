package trace

import (
	"cmp"
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

// gridFinder collects the distances between times.
type gridFinder struct {
	first, last int64
	firstRef    uint32
	lastRef     uint32
	any         bool
	runs        map[int64]string // step shown by a run: a place that shows it
	counts      map[int64]int64  // all distances
}

func newGridFinder() *gridFinder {
	return &gridFinder{runs: make(map[int64]string), counts: make(map[int64]int64)}
}

// add takes the values of one place in order of time.
func (f *gridFinder) add(id string, values []obs) {
	prev, run := int64(0), 0
	for i, o := range values {
		if !f.any || o.t < f.first {
			f.first, f.firstRef = o.t, o.ref
		}
		if !f.any || o.t > f.last {
			f.last, f.lastRef = o.t, o.ref
		}
		f.any = true
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
func (f *gridFinder) mixedStepError(name string, asked int64, native []int64, stray *obs, line int64) error {
	if stray != nil {
		return fmt.Errorf("%s: line %d: time %s does not lie on the grid of %d s steps: set on-mixed-step to resample, or give another step_s",
			name, line, wallText(stray.t), cmp.Or(asked, native[0]))
	}
	parts := make([]string, len(native))
	for i, d := range native {
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
func findGrid(st store, stepS int, p *Policy, o *Options, rep *Report) (*grid, error) {
	f := newGridFinder()
	var buf []obs
	for i := range st.places() {
		buf = st.gather(i, buf)
		f.add(st.id(i), buf)
	}
	if !f.any {
		return nil, fmt.Errorf("%s: no row holds a value that can be used: %s", o.Name, rep.Values.causes())
	}
	g := &grid{step: int64(stepS), native: f.native()}
	if g.step == 0 && len(g.native) == 0 {
		return nil, fmt.Errorf("%s: step_s: must be given, as all values have the same time", o.Name)
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
		return nil, f.mixedStepError(o.Name, int64(stepS), g.native, stray, line)
	}
	g.resample = !uniform
	return g, g.span(f, st, o)
}

// span sets the first step and the number of steps.
func (g *grid) span(f *gridFinder, st store, o *Options) error {
	if g.step > weekS {
		return fmt.Errorf("%s: step_s: the values are %d s apart, allowed up to a week (%d s)", o.Name, g.step, weekS)
	}
	g.t0 = f.first
	n := floorDiv(f.last-g.t0, g.step) + 1
	if g.resample { // whole steps only, at multiples of the step since midnight
		g.t0 = -floorDiv(-f.first, g.step) * g.step
		if n = floorDiv(f.last+g.finest()-g.t0, g.step); n < 1 {
			return fmt.Errorf("%s: step_s: the values do not cover one whole step of %d s", o.Name, g.step)
		}
	}
	if places := int64(st.places()); n > o.MaxValues/places || n > math.MaxInt32 {
		return fmt.Errorf("%s: %d steps of %d s for %d places, allowed %d values: the times run from %s (line %d) to %s (line %d)",
			o.Name, n, g.step, places, o.MaxValues, wallText(f.first), st.line(f.firstRef), wallText(f.last), st.line(f.lastRef))
	}
	g.n = int(n)
	return nil
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
