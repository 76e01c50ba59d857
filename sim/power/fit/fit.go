package fit

import (
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// Fit aligns the clocks of the readings and fits each type of station. The
// same data and options give the same bits. It ends early with ctx's error.
func Fit(ctx context.Context, d *Data, o Options) (*Result, error) {
	if err := o.check(d); err != nil {
		return nil, err
	}
	tell := func(done, total int, note string) {
		if o.Progress != nil {
			o.Progress(done, total, note)
		}
	}
	lags, err := findLags(ctx, d, o.MaxLag, func(done int) { tell(done, len(d.Stations), "clocks") })
	if err != nil {
		return nil, err
	}
	groups, left := d.groups(lags, o.MinRows)
	r := &Result{
		StepS: d.StepS, Unit: d.Unit, TimeFormat: d.TimeFormat, Columns: d.Columns, Details: d.Details,
		Tallies: d.account(lags, left), Warnings: append([]string{}, d.Warnings...), Clocks: d.clocks(lags, groups),
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("no station has %d rows in which load and energy belong together; what was read:\n%s", o.MinRows, r.account())
	}
	var table, own judged
	for i := range groups {
		tell(i, len(groups), groups[i].name)
		t, v, stations, err := d.fitType(ctx, &groups[i], lags, &o)
		if err != nil {
			return nil, err
		}
		table.join(&v.table)
		own.join(&v.own)
		r.Types = append(r.Types, t)
		r.Stations = append(r.Stations, stations...)
	}
	r.Table, r.Own = table.errors(), own.errors()
	tell(1, 1, "")
	return r, nil
}

// account returns the tables' accounts as text.
func (r *Result) account() string {
	var lines []string
	for i := range r.Tallies {
		lines = append(lines, r.Tallies[i].String())
	}
	return strings.Join(lines, "\n")
}

// fitType fits one type.
func (d *Data) fitType(ctx context.Context, g *group, lags []Lag, o *Options) (Type, verdict, []StationFit, error) {
	terms := d.termsOf(g.members, lags, o.Additive)
	s := d.sampleOf(g.members, lags, terms)
	f := fitSample(s)
	table := newTypeTable(f.m.level, f.scale, d.details(g.members))
	first := &d.Stations[g.members[0]]
	t := Type{
		Name: g.name, Cells: len(first.Cells), Chains: d.chains(g), Stations: len(g.members), Rows: s.rows(),
		Level: table.level, Details: table.details,
	}
	t.Mean = stat.Mean(f.m.level, nil)
	if len(g.members) > 1 && t.Mean > 0 {
		t.LevelCV = stat.StdDev(f.m.level, nil) / t.Mean
	}
	const ignored = 0.1
	for _, w := range f.weight {
		if w < ignored {
			t.Outliers++
		}
	}
	e := f.estimates(o, g.name)
	t.Slope = e[:len(f.m.slope)]
	for i := range terms {
		t.Terms = append(t.Terms, f.describe(i, e[len(f.m.slope)+i]))
	}
	t.Seen = d.seen(g, s, f, &table)
	v, err := d.judge(ctx, g, s, lags, o)
	if err != nil {
		return t, v, nil, err
	}
	t.Table, t.Own = v.table.errors(), v.own.errors()
	t.Sketch = d.sketch(g, f, lags, &v, t.Level)
	return t, v, d.stationFits(g, f, lags), nil
}

// seen judges the type table on the stations it was made of: what remains is
// what their description does not tell, not what others add.
func (d *Data) seen(g *group, s *sample, f *regression, table *typeTable) Errors {
	var j judged
	for i, m := range g.members {
		from, to := s.start[i], s.start[i+1]
		j.add(s.y[from:to], f.m.predictAll(s, table.of(d.Stations[m].Detail), from, to))
	}
	return j.errors()
}

// describe returns a term of the fit.
func (f *regression) describe(i int, e Estimate) Term {
	t := Term{Name: f.s.terms[i].name, Cell: f.s.terms[i].cell, Modes: f.s.terms[i].modes, Additive: f.s.terms[i].additive, Effect: e}
	for _, x := range f.s.act[i] {
		if x >= activeFrom {
			t.Rows++
		}
	}
	if !t.Additive {
		t.Dose, t.Bend = f.doses(i)
	}
	return t
}

// chains returns the chains of the cells of a type, if they are all the same.
func (d *Data) chains(g *group) int {
	n := d.Stations[g.members[0]].Cells[0].Chains
	for _, m := range g.members {
		for _, c := range d.Stations[m].Cells {
			if c.Chains != n {
				return 0
			}
		}
	}
	return n
}

// stationFits lists the stations of a type.
func (d *Data) stationFits(g *group, f *regression, lags []Lag) []StationFit {
	var out []StationFit
	for i, m := range g.members {
		st := &d.Stations[m]
		var j judged
		from, to := f.s.start[i], f.s.start[i+1]
		j.add(f.s.y[from:to], f.m.predictAll(f.s, f.m.level[i], from, to))
		out = append(out, StationFit{
			ID: st.ID, Type: st.Type, Detail: st.Detail, Lag: lags[m], Rows: to - from, Level: f.m.level[i], MAPE: j.mape[0],
		})
	}
	return out
}

// clocks counts the lags of the stations that are fitted.
func (d *Data) clocks(lags []Lag, groups []group) []Clock {
	var out []Clock
	total := map[string]int{}
	count := map[[2]any]int{}
	for _, g := range groups {
		for _, m := range g.members {
			l := &lags[m]
			total[l.Batch]++
			key := [2]any{l.Batch, l.Steps}
			at, ok := count[key]
			if !ok {
				at = len(out)
				count[key] = at
				out = append(out, Clock{Batch: l.Batch, LagSteps: l.Steps})
			}
			out[at].Stations++
			if l.ByBatch {
				out[at].ByBatch++
			}
		}
	}
	for i := range out {
		out[i].Share = float64(out[i].Stations) / float64(total[out[i].Batch])
	}
	sortClocks(out)
	return out
}

// account completes the tables' accounts by what aligning and fitting leave
// out; left holds the causes of stations that were not fitted.
func (d *Data) account(lags []Lag, left map[int]string) []Tally {
	out := make([]Tally, len(d.Tallies))
	for i := range d.Tallies {
		out[i] = d.Tallies[i].clone()
	}
	leave := func(table int, cause string, n int, id string) {
		out[table].drop(cause, n, "station "+id)
		out[table].Used -= n
	}
	for i := range d.Stations {
		st := &d.Stations[i]
		pairs := len(st.pairs(lags[i].Steps))
		leave(d.loads, NoEnergy, (len(st.At)-pairs)*len(st.Cells), st.ID)
		if d.energies != d.loads {
			leave(d.energies, NoLoad, len(st.Energy)-pairs, st.ID)
		}
		cause, skipped := left[i]
		if !skipped {
			continue
		}
		leave(d.loads, cause, pairs*len(st.Cells), st.ID)
		if d.energies != d.loads {
			leave(d.energies, cause, pairs, st.ID)
		}
		if d.cells >= 0 {
			if cause == FewReadings && pairs == 0 {
				cause = NoReading
			}
			leave(d.cells, cause, len(st.Cells), st.ID)
		}
	}
	return out
}
