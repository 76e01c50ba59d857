package trace

import (
	"fmt"
	"math"
	"slices"
)

// placeRow is one place laid on the grid: scratch space that is used for one
// place after the other.
type placeRow struct {
	values []float32 // [steps]; NaN where there is none
	used   []obs     // the values that went in, in order of time
	buf    []obs
	dur    []int64   // resampling: seconds that each used value stands for
	cover  []float64 // [steps]; resampling: seconds of the step that are covered
	sum    []float64 // [steps]; resampling: volume, or value times seconds
}

func newPlaceRow(g *grid) *placeRow {
	r := &placeRow{values: make([]float32, g.n)}
	if g.resample {
		r.cover, r.sum = make([]float64, g.n), make([]float64, g.n)
	}
	return r
}

// fate is what became of the values of a place on the way to the grid.
type fate struct {
	duplicates int64 // dropped
	merged     int64 // used, but added to or averaged with another
	partial    int64 // dropped: their step is not covered
	offGrid    int64 // resampled values whose time is not the start of a step
	firstDup   *obs
	strayAt    string // the first of offGrid
	repeated   int64  // duplicates in the hour that comes twice
}

// lay puts the values of place p on the grid.
func (b *builder) lay(r *placeRow, p int) (fate, error) {
	r.buf = b.st.gather(p, r.buf)
	var ft fate
	if err := b.merge(r, p, &ft); err != nil {
		return ft, err
	}
	nan := float32(math.NaN())
	for i := range r.values {
		r.values[i] = nan
	}
	if b.g.resample {
		b.spread(r, &ft)
		return ft, nil
	}
	for _, o := range r.used {
		r.values[(o.t-b.g.t0)/b.g.step] = o.v
	}
	return ft, nil
}

// merge makes one value of those with equal time.
func (b *builder) merge(r *placeRow, p int, ft *fate) error {
	r.used = r.used[:0]
	for i := 0; i < len(r.buf); {
		j := i + 1
		for j < len(r.buf) && r.buf[j].t == r.buf[i].t {
			j++
		}
		same := r.buf[i:j]
		i = j
		if len(same) == 1 {
			r.used = append(r.used, same[0])
			continue
		}
		if b.p.OnDuplicate == Fail {
			return fmt.Errorf("%s: line %d: a second value for place %q at %s (the first is in line %d), allowed one: set on-duplicate",
				b.o.Name, b.st.line(same[1].ref), cut(b.st.id(p)), wallText(same[1].t), b.st.line(same[0].ref))
		}
		b.count(same, ft)
		r.used = append(r.used, b.one(same))
	}
	return nil
}

func (b *builder) count(same []obs, ft *fate) {
	n := int64(len(same) - 1)
	if b.p.OnDuplicate == Sum || b.p.OnDuplicate == Mean {
		ft.merged += n
	} else {
		ft.duplicates += n
	}
	if ft.firstDup == nil {
		o := same[1]
		ft.firstDup = &o
	}
	if b.dated && repeatedHour(same[0].t, b.zone) {
		ft.repeated += n
	}
}

// one applies OnDuplicate to values of equal time.
func (b *builder) one(same []obs) obs {
	o := same[0]
	switch b.p.OnDuplicate {
	case Last:
		o = same[len(same)-1]
	case Sum, Mean:
		sum := 0.0
		for _, s := range same {
			sum += float64(s.v)
		}
		if b.p.OnDuplicate == Mean {
			sum /= float64(len(same))
		}
		o.v = float32(min(sum, math.MaxFloat32))
	}
	return o
}

// spread resamples: a value belongs to the time from its stamp to its stamp
// plus its own step, and gives each step of the grid its overlapping part. For
// volumes that part is a share of the volume, so the total is conserved; for
// rates, loads and relative values the result is the mean over time. A step
// that is covered only in part is a gap.
func (b *builder) spread(r *placeRow, ft *fate) {
	clear(r.cover)
	clear(r.sum)
	r.dur = b.g.durations(r.dur, r.used)
	for i, o := range r.used {
		d := r.dur[i]
		if mod(o.t-b.g.t0, b.g.step) != 0 || d != b.g.step {
			if ft.offGrid++; ft.offGrid == 1 {
				ft.strayAt = fmt.Sprintf("%d s from %s", d, b.when(o.t))
			}
		}
		b.eachStep(o.t, d, func(s int, overlap float64) {
			r.cover[s] += overlap
			if b.unit == UnitBit {
				r.sum[s] += float64(o.v) * overlap / float64(d)
			} else {
				r.sum[s] += float64(o.v) * overlap
			}
		})
	}
	step := float64(b.g.step)
	for s, c := range r.cover {
		if c != step {
			continue
		}
		v := r.sum[s]
		if b.unit != UnitBit {
			v /= step
		}
		r.values[s] = float32(v)
	}
	b.dropPartial(r, ft)
}

// dropPartial takes out the values of which no part reached a whole step.
func (b *builder) dropPartial(r *placeRow, ft *fate) {
	kept := r.used[:0]
	for i, o := range r.used {
		reached := false
		b.eachStep(o.t, r.dur[i], func(s int, _ float64) {
			reached = reached || r.values[s] == r.values[s]
		})
		if reached {
			kept = append(kept, o)
		} else {
			ft.partial++
		}
	}
	r.used = kept
}

// eachStep calls do for every step of the grid that the d seconds from t
// overlap, with the seconds of overlap.
func (b *builder) eachStep(t, d int64, do func(s int, overlap float64)) {
	for at := max(t, b.g.t0); at < t+d; {
		s := (at - b.g.t0) / b.g.step
		end := min(b.g.t0+(s+1)*b.g.step, t+d)
		if s >= int64(b.g.n) {
			return
		}
		do(int(s), float64(end-at))
		at = end
	}
}

// durations returns the step of each value of a place, in dst: the time to the
// next value when that is one of the steps found in the file, or else the step
// before it (a gap follows, or the end); never so long that values overlap.
func (g *grid) durations(dst []int64, values []obs) []int64 {
	dst = dst[:0]
	last := g.finest()
	for i := len(values) - 2; i >= 0; i-- {
		if d := values[i+1].t - values[i].t; slices.Contains(g.native, d) {
			last = d // ends as the first step of the place
		}
	}
	for i, o := range values {
		room := int64(math.MaxInt64)
		if i+1 < len(values) {
			room = values[i+1].t - o.t
			if slices.Contains(g.native, room) {
				last = room
			}
		}
		dst = append(dst, min(last, room))
	}
	return dst
}

// finest is the smallest step found in the file.
func (g *grid) finest() int64 {
	if len(g.native) == 0 {
		return g.step
	}
	return g.native[0]
}
