package trace

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ReadCSV reads traffic from CSV text, plain or gzip, in either layout.
//
// The Report is not nil whenever the header could be read, also beside an
// error: it then holds what was counted so far. Errors name the file, the
// line, the column, the value and what is allowed.
func ReadCSV(ctx context.Context, r io.Reader, m Mapping, o Options) (*Series, *Report, error) {
	return importTraffic(ctx, m, o, func(o Options) (table, error) { return openCSV(ctx, r, m.Delimiter, o) })
}

// ReadParquet reads traffic from a foreign Parquet file of flat columns, in
// either layout; numbers of any width, texts and timestamps are understood.
// Lines in the Report are rows counted from 1. For our own files use
// ReadSeries.
func ReadParquet(ctx context.Context, r io.ReaderAt, size int64, m Mapping, o Options) (*Series, *Report, error) {
	return importTraffic(ctx, m, o, func(o Options) (table, error) { return openParquetTable(ctx, r, size, o) })
}

// IsParquet says whether a file that begins with head (4 bytes or more) is
// Parquet; what is not Parquet is read as CSV.
func IsParquet(head []byte) bool { return bytes.HasPrefix(head, []byte("PAR1")) }

// trafficReader is one import under way.
type trafficReader struct {
	o    Options
	p    Policy
	m    checkedMapping
	rep  *Report
	cols *columnSet
	when *when
	keep rowFilter

	span    timeSpan
	metres  bool // positions of a long file are in metres
	located bool // every place that is kept has a position
}

func importTraffic(ctx context.Context, m Mapping, o Options, open func(Options) (table, error)) (s *Series, rep *Report, err error) {
	o = o.withDefaults()
	t := &trafficReader{o: o}
	if t.p, err = o.Policy.resolve(false); err != nil {
		return nil, nil, fmt.Errorf("%s: policy: %w", o.Name, err)
	}
	if t.m, err = m.checked(); err != nil {
		return nil, nil, fmt.Errorf("%s: mapping: %w", o.Name, err)
	}
	tab, err := open(o)
	if err != nil {
		return nil, nil, err
	}
	t.rep = &Report{Source: o.Name}
	if s, err = t.read(ctx, tab); err != nil {
		return nil, t.rep, err
	}
	return s, t.rep, nil
}

// read reads all rows, then builds the Series.
func (t *trafficReader) read(ctx context.Context, tab table) (*Series, error) {
	t.cols = &columnSet{name: t.o.Name, names: tab.header()}
	t.when = newWhen(t.cols, &t.m)
	t.keep = newRowFilter(t.cols, t.m.Filter)
	if t.cols.err != nil {
		return nil, t.cols.err
	}
	var st store
	var pos []position
	var err error
	if t.wide() {
		t.rep.Layout = LayoutWide
		st, err = t.readWide(tab)
	} else {
		t.rep.Layout = LayoutLong
		st, pos, err = t.readLong(tab)
	}
	if err != nil {
		return nil, err
	}
	t.rep.Columns = t.cols.taken
	t.rep.SHA256 = tab.digest()
	return t.finish(ctx, st, pos)
}

// finish makes the Series of the values read.
func (t *trafficReader) finish(ctx context.Context, st store, pos []position) (*Series, error) {
	g, err := t.findGrid(st)
	if err != nil {
		return nil, err
	}
	s := &Series{SideM: 0, StepS: int(g.step), Unit: t.m.unit.canonical}
	if pos, err = t.locate(st, pos, s); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, o: &t.o, p: &t.p, rep: t.rep, st: st, g: g, pos: pos, located: t.located,
		unit: t.m.unit.canonical, dated: t.when.dated(), zone: t.m.zone}
	if err := b.build(s); err != nil {
		return nil, err
	}
	if t.rep.Layout == LayoutLong {
		t.rep.Rows.Used = t.rep.Values.Used
		for _, c := range t.rep.Values.Dropped {
			t.rep.Rows.drop(c.Cause, c.N)
		}
	}
	s.StartS = int(mod(g.t0, weekS))
	if b.dated {
		s.StartS = int(secondOfWeek(g.t0))
		s.Start = wallText(g.t0)
		s.TimeZone = t.m.zone.String()
	}
	s.StartWeekday = s.StartS / 86400
	t.describe(s)
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", t.o.Name, err)
	}
	return s, nil
}

// describe writes what resulted into the Report.
func (t *trafficReader) describe(s *Series) {
	r := t.rep
	r.Steps, r.StepS, r.Unit = s.Steps, s.StepS, s.Unit
	r.Start = s.Start
	if r.Start == "" {
		days := [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
		r.Start = fmt.Sprintf("%s %02d:%02d", days[s.StartWeekday], s.StartS%86400/3600, s.StartS%3600/60)
	}
	sum := 0.0
	for _, v := range s.Values {
		sum += float64(v)
	}
	r.Mean = sum / float64(len(s.Values))
	if r.repeated > 0 {
		r.note("%d duplicates lie in the hour that comes twice when the clock of %s is put back", r.repeated, t.m.zone)
	}
	if n := r.Count(Hole); n > 0 && t.p.OnHole == Keep {
		r.note("%d steps look like counters that were not read: on-hole gap fills them", n)
	}
	slices.SortStableFunc(r.Defects, func(a, b Defect) int { return kindOrder(a.Kind) - kindOrder(b.Kind) })
}

// kindOrder is the order of kinds of defect in a Report.
func kindOrder(kind string) int {
	return slices.Index([]string{RaggedRow, BadTime, EmptyID, Missing, NonNumeric, Negative, AboveOne, Duplicate,
		OffGrid, PartialStep, Hole, EmptyPlace, Sparse, NoLocation, Outside, SamePosition, GapStep, LongGap}, kind)
}

// wide decides on the layout: wide when asked, or when columns are squares of
// a grid. Any other file is taken for long, as guessing would make places of
// whatever numbers a long file holds beside its value.
func (t *trafficReader) wide() bool {
	switch {
	case t.m.Layout == LayoutLong || t.m.Value != "" || len(t.m.ID) > 0:
		return false
	case t.m.Layout == LayoutWide || len(t.m.Columns) > 0:
		return true
	}
	return t.m.grid != nil && slices.ContainsFunc(t.cols.names, t.m.grid.MatchString)
}

// badRow handles a row that cannot be used at all; n is its number of values.
func (t *trafficReader) badRow(kind string, line, n int64, e Example, why error) error {
	if t.p.OnBadRow == Fail {
		at := ""
		if e.Column != "" {
			at = fmt.Sprintf(", column %q", e.Column)
		}
		return fmt.Errorf("%s: line %d%s: %w", t.o.Name, line, at, why)
	}
	e.Line = line
	t.rep.defect(kind, ofRows, Drop, 1, e)
	t.dropRow(kind, n)
	return nil
}

func (t *trafficReader) dropRow(cause string, n int64) {
	t.rep.Values.drop(cause, n)
	if t.rep.Layout == LayoutWide {
		t.rep.Rows.drop(cause, 1)
	}
}

// start checks the shape and the time of a row. It returns use = false for a
// row that is left out.
func (t *trafficReader) start(row []string, line, n int64) (at int64, use bool, err error) {
	t.rep.Rows.Read++
	t.rep.Values.Read += n
	if len(row) != len(t.cols.names) {
		why := fmt.Errorf("%d fields, allowed %d as in the header", len(row), len(t.cols.names))
		return 0, false, t.badRow(RaggedRow, line, n, Example{Value: fmt.Sprintf("%d fields", len(row))}, why)
	}
	if !t.keep.keeps(row) {
		t.dropRow(Filtered, n)
		return 0, false, nil
	}
	at, e, err := t.when.at(row)
	if err != nil {
		return 0, false, t.badRow(BadTime, line, n, e, err)
	}
	return at, true, nil
}

// value reads one value in the canonical unit. ok is false for one that is
// missing or dropped, and is then accounted for.
func (t *trafficReader) value(text, id string, col int, line int64) (v float32, ok bool, err error) {
	text = strings.TrimSpace(text)
	e := Example{Line: line, ID: id, Column: t.cols.names[col], Value: text}
	if missing(text) {
		t.rep.defect(Missing, ofValues, Gap, 1, e)
		t.rep.Values.drop(Missing, 1)
		return 0, false, nil
	}
	number := text
	if t.m.DecimalComma {
		number = strings.Replace(text, ",", ".", 1)
	}
	x, perr := strconv.ParseFloat(number, 64)
	x *= t.m.unit.factor
	if perr != nil || math.IsNaN(x) || math.Abs(x) > math.MaxFloat32 {
		if t.p.OnNonNumeric == Fail {
			return 0, false, fmt.Errorf("%s: line %d, column %q: %q is not allowed, finite numbers are: set on-non-numeric", t.o.Name, line, e.Column, cut(text))
		}
		t.rep.defect(NonNumeric, ofValues, Gap, 1, e)
		t.rep.Values.drop(NonNumeric, 1)
		return 0, false, nil
	}
	return t.sign(x, e)
}

// sign applies OnNegative, and counts loads above 1.
func (t *trafficReader) sign(x float64, e Example) (float32, bool, error) {
	if t.m.unit.canonical == UnitLoad && x > 1 {
		t.rep.defect(AboveOne, ofValues, Keep, 1, e)
	}
	if x >= 0 || t.m.unit.canonical == UnitRelative {
		return float32(x + 0), true, nil
	}
	switch t.p.OnNegative {
	case Fail:
		return 0, false, fmt.Errorf("%s: line %d, column %q: %q is negative, allowed from 0 up: set on-negative", t.o.Name, e.Line, e.Column, cut(e.Value))
	case Zero:
		t.rep.defect(Negative, ofValues, Zero, 1, e)
		t.rep.Changed++
		return 0, true, nil
	}
	t.rep.defect(Negative, ofValues, Drop, 1, e)
	t.rep.Values.drop(Negative, 1)
	return 0, false, nil
}

// missing says whether a field is one of the usual ways to write nothing.
func missing(text string) bool {
	switch text {
	case "", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "-":
		return true
	}
	return false
}
