package fit

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// judged collects errors of predictions on what was held out.
type judged struct {
	mape           []float64 // by station, percent
	rows           int
	miss, measured float64
}

// add counts the predictions of one station's rows.
func (j *judged) add(y, predicted []float64) {
	if len(y) == 0 {
		return
	}
	sum := 0.0
	for i := range y {
		e := math.Abs(y[i] - predicted[i])
		sum += e / y[i]
		j.miss += e
		j.measured += y[i]
	}
	j.mape = append(j.mape, 100*sum/float64(len(y)))
	j.rows += len(y)
}

func (j *judged) join(k *judged) {
	j.mape = append(j.mape, k.mape...)
	j.rows += k.rows
	j.miss += k.miss
	j.measured += k.measured
}

func (j *judged) errors() Errors {
	e := Errors{Stations: len(j.mape), Rows: j.rows}
	if len(j.mape) > 0 {
		e.Median, e.P95 = median(j.mape), quantile(j.mape, 0.95)
		e.Mean, e.WMAPE = stat.Mean(j.mape, nil), 100*j.miss/j.measured
	}
	return e
}

// verdict is how well a type is predicted.
type verdict struct {
	table, own judged
	sketch     Sketch
}

// judge holds out each of the folds of a type's stations in turn. What is
// common to the type, and the type table, come from the other stations alone.
// A held-out station is predicted twice: at all its rows with the level of the
// type table, and after its first OwnRows rows with the level that these give.
// A type of one station has no others: its first rows must give all there is.
func (d *Data) judge(ctx context.Context, g *group, s *sample, lags []Lag, o *Options) (verdict, error) {
	var v verdict
	n := len(g.members)
	if n == 1 {
		if s.rows() > o.OwnRows {
			f := fitSample(s.head(o.OwnRows))
			v.judgeOwn(s, &f.m, 0, o)
		}
		return v, nil
	}
	order := o.key("folds", g.name).Stream().Perm(n)
	folds := min(o.Folds, n)
	for k := range folds {
		if err := ctx.Err(); err != nil {
			return v, err
		}
		var train, held []int
		for at, i := range order {
			if at%folds == k {
				held = append(held, i)
			} else {
				train = append(train, g.members[i])
			}
		}
		slices.Sort(train)
		slices.Sort(held)
		f := fitSample(d.sampleOf(train, lags, s.terms))
		table := newTypeTable(f.m.level, f.scale, d.details(train))
		for _, i := range held {
			level := table.of(d.Stations[g.members[i]].Detail)
			v.judgeTable(s, &f.m, i, level)
			v.judgeOwn(s, &f.m, i, o)
		}
	}
	return v, nil
}

// judgeTable predicts all rows of a station with a level.
func (v *verdict) judgeTable(s *sample, m *model, i int, level float64) {
	from, to := s.start[i], s.start[i+1]
	p := m.predictAll(s, level, from, to)
	v.table.add(s.y[from:to], p)
	v.sketch.Measured = append(v.sketch.Measured, s.y[from:to]...)
	v.sketch.Table = append(v.sketch.Table, p...)
}

// judgeOwn predicts a station's rows after the first ones, which give the level.
func (v *verdict) judgeOwn(s *sample, m *model, i int, o *Options) {
	from, to := s.start[i], s.start[i+1]
	own := make([]float64, to-from)
	for k := range own {
		own[k] = math.NaN()
	}
	if to-from > o.OwnRows {
		cut := from + o.OwnRows
		p := m.predictAll(s, m.ownLevel(s, from, cut), cut, to)
		v.own.add(s.y[cut:to], p)
		copy(own[o.OwnRows:], p)
	}
	v.sketch.Own = append(v.sketch.Own, own...)
}

func (m *model) predictAll(s *sample, level float64, from, to int) []float64 {
	out := make([]float64, 0, to-from)
	for row := from; row < to; row++ {
		out = append(out, m.predict(s, level, row))
	}
	return out
}

// ownLevel returns the level that rows of a station give by a median, given
// what is common to its type. Rows in which a mode leaves little of the energy
// say little of the level.
func (m *model) ownLevel(s *sample, from, to int) float64 {
	const leastLeft = 0.25
	var all, clear []float64
	for row := from; row < to; row++ {
		plain, left, add := m.parts(s, 0, row)
		v := (s.y[row]-add)/max(left, leastLeft) - plain
		all = append(all, v)
		if left >= leastLeft {
			clear = append(clear, v)
		}
	}
	if len(clear) > 0 {
		return median(clear)
	}
	return median(all)
}

// details returns what is known of stations beside their type.
func (d *Data) details(members []int) []string {
	out := make([]string, len(members))
	for i, m := range members {
		out[i] = d.Stations[m].Detail
	}
	return out
}

// head returns the first rows of a sample of one station.
func (s *sample) head(n int) *sample {
	h := &sample{station: s.station, start: []int{0, n}, step: s.step[:n], y: s.y[:n], terms: s.terms}
	for _, l := range s.load {
		h.load = append(h.load, l[:n])
	}
	for _, a := range s.act {
		h.act = append(h.act, a[:n])
	}
	return h
}
