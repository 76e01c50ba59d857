package trace

import (
	"context"
	"fmt"
	"math"
	"time"
)

// builder makes the Series from the values read: one pass over the places for
// the totals of the steps, one for the result.
type builder struct {
	ctx  context.Context
	o    *Options
	p    *Policy
	rep  *Report
	st   store
	g    *grid
	pos  []position // nil: no positions are asked for
	unit string     // canonical

	located bool // every place that is kept has a position

	dated bool
	zone  *time.Location
	holes []bool // [steps] steps to be treated as gaps

	rowUsed []bool // wide layout: rows of which a value is used
}

// ctxEvery is how many places pass between two looks at the context.
const ctxEvery = 64

// build fills s and the Report.
func (b *builder) build(s *Series) error {
	r := newPlaceRow(b.g)
	if err := b.findHoles(r); err != nil {
		return err
	}
	wide, isWide := b.st.(*wideStore)
	if isWide {
		b.rowUsed = make([]bool, len(wide.times))
	}
	for p := range b.st.places() {
		if p%ctxEvery == 0 && b.ctx.Err() != nil {
			return fmt.Errorf("%s: %w", b.o.Name, b.ctx.Err())
		}
		keep, err := b.place(r, p)
		if err != nil {
			return err
		}
		b.rep.Places.Read++
		if !keep {
			continue
		}
		b.rep.Places.Used++
		s.ID = append(s.ID, b.st.id(p))
		s.Values = append(s.Values, r.values...)
		if b.located {
			s.X, s.Y = append(s.X, b.pos[p].x), append(s.Y, b.pos[p].y)
			s.HasPosition = true
		}
	}
	s.Steps = b.g.n
	if isWide {
		b.countRows()
	}
	if len(s.ID) == 0 {
		return fmt.Errorf("%s: every place was dropped (%s): handle that otherwise, as by on-gap, on-long-gap and the longest gap to fill", b.o.Name, b.rep.Places.causes())
	}
	return nil
}

// countRows closes the account of rows of a wide file.
func (b *builder) countRows() {
	for _, used := range b.rowUsed {
		if used {
			b.rep.Rows.Used++
		} else {
			b.rep.Rows.drop(NoValueUsed, 1)
		}
	}
}

// place lays a place on the grid and applies the policy to it; r.values then
// has no gap unless the place is dropped.
func (b *builder) place(r *placeRow, p int) (keep bool, err error) {
	ft, err := b.lay(r, p)
	if err != nil {
		return false, err
	}
	b.reportFate(&ft, p)
	b.punch(r)
	filled, cause, err := b.judge(r, p)
	if err != nil {
		return false, err
	}
	n := int64(len(r.used)) + ft.merged
	if cause != "" {
		b.rep.Values.drop(cause, n)
		b.rep.Places.drop(cause, 1)
		return false, nil
	}
	b.rep.Values.Used += n
	b.rep.Merged += ft.merged
	b.rep.Filled += filled
	b.markRows(r)
	return true, nil
}

// markRows notes the rows of a wide file that the place used.
func (b *builder) markRows(r *placeRow) {
	if b.rowUsed == nil {
		return
	}
	for _, o := range r.used {
		b.rowUsed[o.ref] = true
	}
}

func (b *builder) reportFate(ft *fate, p int) {
	if ft.firstDup != nil {
		o := ft.firstDup
		b.rep.defect(Duplicate, ofValues, b.p.OnDuplicate, ft.duplicates+ft.merged,
			Example{Line: b.st.line(o.ref), ID: b.st.id(p), Value: b.when(o.t)})
		b.rep.Values.drop(Duplicate, ft.duplicates)
		b.rep.repeated += ft.repeated
	}
	if ft.offGrid > 0 {
		b.rep.defect(OffGrid, ofValues, b.p.OnMixedStep, ft.offGrid, Example{ID: b.st.id(p), Value: ft.strayAt})
	}
	if ft.partial > 0 {
		b.rep.defect(PartialStep, ofValues, Drop, ft.partial, Example{ID: b.st.id(p)})
		b.rep.Values.drop(PartialStep, ft.partial)
	}
}

// when writes an axis time for the Report.
func (b *builder) when(t int64) string {
	if b.dated {
		return wallText(t)
	}
	return fmt.Sprintf("step %d", (t-b.g.t0)/b.g.step)
}

// judge decides on the place as a whole, and fills its gaps.
func (b *builder) judge(r *placeRow, p int) (filled int64, cause string, err error) {
	id := b.st.id(p)
	if b.pos != nil && b.pos[p].drop != "" {
		return 0, b.pos[p].drop, nil
	}
	if empty(r.values) {
		if b.p.OnEmptyPlace == Fail {
			return 0, "", fmt.Errorf("%s: place %q has no traffic at all: set on-empty-place", b.o.Name, cut(id))
		}
		b.rep.defect(EmptyPlace, ofPlaces, b.p.OnEmptyPlace, 1, Example{ID: id})
		if b.p.OnEmptyPlace == Drop {
			return 0, EmptyPlace, nil
		}
	}
	if share := cover(r.values); share < b.p.MinCover {
		b.rep.defect(Sparse, ofPlaces, Drop, 1, Example{ID: id, Value: fmt.Sprintf("%.3f of the steps", share)})
		return 0, Sparse, nil
	}
	return b.fill(r.values, id)
}

// cover is the share of steps that hold a value.
func cover(values []float32) float64 {
	n := 0
	for _, v := range values {
		if v == v {
			n++
		}
	}
	return float64(n) / float64(len(values))
}

// empty says whether no value is other than zero.
func empty(values []float32) bool {
	for _, v := range values {
		if v != 0 && v == v {
			return false
		}
	}
	return true
}

// fill closes the gaps of a place. The straight line of OnGap runs between the
// values on either side.
func (b *builder) fill(values []float32, id string) (filled int64, cause string, err error) {
	n := len(values)
	for from := 0; from < n; from++ {
		if values[from] == values[from] {
			continue
		}
		to := from
		for to < n && values[to] != values[to] {
			to++
		}
		kind, action := GapStep, b.p.OnGap
		if atEnd := from == 0 || to == n; b.p.MaxGapS >= 0 && (atEnd || int64(to-from)*b.g.step > int64(b.p.MaxGapS)) {
			kind, action = LongGap, b.p.OnLongGap
		}
		b.rep.defect(kind, ofSteps, action, int64(to-from), b.gapExample(id, from, to))
		switch action {
		case Fail:
			return 0, "", fmt.Errorf("%s: place %q has no value at %s: set on-%s", b.o.Name, cut(id), b.gapExample(id, from, to).Value, gapFlag(kind))
		case Drop:
			cause = kind
		case Interpolate:
			bridge(values, from, to)
		case Zero:
			clear(values[from:to])
		}
		filled += int64(to - from)
		from = to
	}
	if cause == "" && len(values) > 0 && filled == int64(n) && values[0] != values[0] {
		cause = GapStep // nothing to interpolate from
	}
	return filled, cause, nil
}

func gapFlag(kind string) string {
	if kind == LongGap {
		return "long-gap"
	}
	return "gap"
}

func (b *builder) gapExample(id string, from, to int) Example {
	e := Example{ID: id, Value: b.when(b.g.t0 + int64(from)*b.g.step)}
	if to-from > 1 {
		e.Value = fmt.Sprintf("%d steps from %s", to-from, e.Value)
	}
	return e
}

// bridge interpolates values[from:to]; at an end the nearest value holds, and
// without any value nothing changes.
func bridge(values []float32, from, to int) {
	if from == 0 && to == len(values) {
		return
	}
	if from == 0 {
		for i := range to {
			values[i] = values[to]
		}
		return
	}
	left := float64(values[from-1])
	right := left
	if to < len(values) {
		right = float64(values[to])
	}
	width := float64(to - from + 1)
	for i := from; i < to; i++ {
		w := float64(i-from+1) / width
		values[i] = float32(left*(1-w) + right*w)
	}
}

// minHolePlaces is how many places must have traffic before a fall of their
// total is taken for a fault of the counters: one cell may well fall silent.
const minHolePlaces = 8

// findHoles looks for steps whose total is below HoleShare of the totals
// around, two steps to either side, and notes those to be treated as gaps.
func (b *builder) findHoles(r *placeRow) error {
	totals := make([]float64, b.g.n)
	busy := 0
	for p := range b.st.places() {
		if p%ctxEvery == 0 && b.ctx.Err() != nil {
			return fmt.Errorf("%s: %w", b.o.Name, b.ctx.Err())
		}
		if _, err := b.lay(r, p); err != nil {
			return err
		}
		if !empty(r.values) {
			busy++
		}
		for t, v := range r.values {
			if v == v {
				totals[t] += float64(v)
			}
		}
	}
	if busy < minHolePlaces || b.unit == UnitRelative && hasNegative(totals) {
		return nil
	}
	b.holes = make([]bool, b.g.n)
	for t := 1; t+1 < b.g.n; t++ {
		before := math.Max(totals[t-1], totals[max(t-2, 0)])
		after := math.Max(totals[t+1], totals[min(t+2, b.g.n-1)])
		around := math.Min(before, after)
		if totals[t] >= HoleShare*around {
			continue
		}
		at := b.when(b.g.t0 + int64(t)*b.g.step)
		if b.p.OnHole == Fail {
			return fmt.Errorf("%s: at %s the total over all places falls to %.3g, around it is %.3g: set on-hole", b.o.Name, at, totals[t], around)
		}
		b.rep.defect(Hole, ofSteps, b.p.OnHole, 1, Example{Value: fmt.Sprintf("%s: total %.4g, around it %.4g", at, totals[t], around)})
		b.holes[t] = b.p.OnHole == Gap
	}
	return nil
}

func hasNegative(x []float64) bool {
	for _, v := range x {
		if v < 0 {
			return true
		}
	}
	return false
}

// punch makes gaps of the holes, and takes their values out of the account.
func (b *builder) punch(r *placeRow) {
	if b.holes == nil {
		return
	}
	for t, hole := range b.holes {
		if hole {
			r.values[t] = float32(math.NaN())
		}
	}
	kept := r.used[:0]
	for _, o := range r.used {
		if t := (o.t - b.g.t0) / b.g.step; b.holes[t] {
			b.rep.Values.drop(Hole, 1)
		} else {
			kept = append(kept, o)
		}
	}
	r.used = kept
}
