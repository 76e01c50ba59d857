package traffic

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/rng"
	"hibernet/traffic/trace"
)

// traceSpec lays a trace down with nothing added.
func traceSpec() Spec {
	s := DefaultSpec()
	s.Source = "trace"
	s.WithinHour.Enabled = false
	return s
}

// bruteOwner is the slow twin of placeFinder on a grid of side x side squares
// at the origin: the square by division, or the nearest centre.
func bruteOwner(side int, x, y float64) (place int, inside bool) {
	c, r := int(math.Floor(x/gridSideM)), int(math.Floor(y/gridSideM))
	if c >= 0 && c < side && r >= 0 && r < side {
		return r*side + c, true
	}
	best := math.Inf(1)
	for p := range side * side {
		d := math.Hypot(x-(float64(p%side)+0.5)*gridSideM, y-(float64(p/side)+0.5)*gridSideM)
		if d < best {
			best, place = d, p
		}
	}
	return place, false
}

func TestTraceIsConserved(t *testing.T) {
	const side = 8
	series := gridSeries(side, 7*24, 3600)
	// Some sectors lie outside the grid, some squares hold none.
	p := scatteredPlaces(90, side*gridSideM*1.1, side*gridSideM, 4)
	for _, interpolation := range []string{"step", "linear"} {
		spec := traceSpec()
		spec.Interpolation = interpolation
		src := mustNew(t, spec, p, series, 9)
		dst := make([]float32, src.Len())
		places := make([]float64, series.Places())
		for at := des.Time(0); at < 8*des.Day; at += 20 * des.Minute {
			src.DemandTo(dst, at)
			got, want := 0.0, 0.0
			for _, v := range dst {
				got += float64(v)
			}
			tracePlaces(places, series, at, interpolation)
			for _, v := range places {
				want += v
			}
			if math.Abs(got/want-1) > 1e-6 {
				t.Fatalf("%s, %v: sectors sum to %g, the trace to %g", interpolation, at, got, want)
			}
		}
		if o := src.Overlay(); o.MovedPlaces == 0 || o.Outside == 0 || o.SilentPlaces != 10 || !(o.MovedShare > 0 && o.MovedShare < 1) {
			t.Errorf("the test should meet moved places, sectors outside and ten silent places; got %+v", o)
		}
	}
}

// tracePlaces is the slow twin of the places' course in time.
func tracePlaces(dst []float64, s *trace.Series, at des.Time, interpolation string) {
	hour := int64(at / des.Hour)
	f := float64(at%des.Hour) / float64(des.Hour)
	for p := range dst {
		v := func(h int64) float64 { return float64(s.Row(p)[(h+int64(s.Steps))%int64(s.Steps)]) }
		a, b, c := v(hour-1), v(hour), v(hour+1)
		if interpolation == "step" {
			dst[p] = b
			continue
		}
		l, r := math.Min(math.Sqrt(a*b), 2*math.Min(a, b)), math.Min(math.Sqrt(b*c), 2*math.Min(b, c))
		m := 2*b - (l+r)/2
		if f < 0.5 {
			dst[p] = l + (m-l)*2*f
		} else {
			dst[p] = m + (r-m)*(2*f-1)
		}
	}
}

func TestTraceGoesToTheSectorsOfItsSquare(t *testing.T) {
	const side = 6
	series := gridSeries(side, 7*24, 3600)
	p := scatteredPlaces(900, side*gridSideM, side*gridSideM, 5)
	src := mustNew(t, traceSpec(), p, series, 9)
	dst := make([]float32, src.Len())
	src.DemandTo(dst, 30*des.Minute)
	occupied, err := Occupied(series, TraceSpec{})
	if err != nil {
		t.Fatal(err)
	}
	bySquare := make([]float64, side*side)
	hasSector := make([]bool, side*side)
	for i := range p.X {
		want, _ := bruteOwner(side, p.X[i], p.Y[i])
		if src.Place(i) != want {
			t.Fatalf("sector %d at (%g, %g): square %d, want %d", i, p.X[i], p.Y[i], src.Place(i), want)
		}
		if busy := want%7 != 0; occupied(p.X[i], p.Y[i]) != busy {
			t.Errorf("square %d: occupied %v, want %v", want, !busy, busy)
		}
		bySquare[want] += float64(dst[i])
		hasSector[want] = true
	}
	places := make([]float64, side*side)
	tracePlaces(places, series, 30*des.Minute, "linear")
	moved := src.Overlay().MovedPlaces
	for q, want := range places {
		if hasSector[q] && moved == 0 && math.Abs(bySquare[q]-want) > 1e-6*want {
			t.Errorf("square %d: its sectors get %g, it has %g", q, bySquare[q], want)
		}
	}
	if moved != 0 {
		t.Fatalf("the test needs a sector in every square with traffic; %d have none", moved)
	}
	if occupied(-1, 500) || occupied(500, side*gridSideM+1) {
		t.Error("a position outside the grid is not occupied")
	}
}

func TestTraceOriginMovesTheGrid(t *testing.T) {
	series := gridSeries(4, 24*7, 3600)
	spec := traceSpec()
	spec.Trace.OriginXM, spec.Trace.OriginYM = -10000, 2000
	p := Places{X: []float64{-10000 + 1500}, Y: []float64{2000 + 2500}, Area: []uint8{0}}
	if got := mustNew(t, spec, p, series, 1).Place(0); got != 2*4+1 {
		t.Errorf("square %d, want 9", got)
	}
}

// TestTraceClock follows a trace whose value is its own step.
func TestTraceClock(t *testing.T) {
	const week = 7 * 24
	for _, c := range []struct {
		name               string
		steps, stepS, from int // from: hour of the week of step 0
		at                 des.Time
		want               float32
	}{
		{"begins on Monday", week, 3600, 0, 5 * des.Hour, 5},
		{"second week repeats", week, 3600, 0, 7*des.Day + 5*des.Hour, 5},
		{"begins on Wednesday: Monday is five days in", week, 3600, 48, 0, 120},
		{"begins on Wednesday, at Wednesday", week, 3600, 48, 2 * des.Day, 0},
		{"two weeks from Tuesday: first Monday", 2 * week, 3600, 24, 0, 144},
		{"two weeks from Tuesday: goes round", 2 * week, 3600, 24, 8 * des.Day, 336 - 168 + 168},
		{"rest of a week is not played", week + 30, 3600, 0, 7 * des.Day, 0},
		{"two days from 06:00", 48, 3600, 6, 0, 18},
		{"two days repeat", 48, 3600, 6, 2*des.Day + des.Hour, 19},
		{"half hours", 2 * week, 1800, 0, des.Hour + 40*des.Minute, 3},
		{"six-hour steps", 28, 21600, 0, des.Day, 4},
		{"before time zero", week, 3600, 0, -des.Hour, 167},
	} {
		series := gridSeries(1, c.steps, c.stepS)
		for s := range series.Values {
			series.Values[s] = float32(s)
		}
		series.StartS, series.StartWeekday = c.from*3600, c.from/24
		spec := traceSpec()
		spec.Interpolation = "step"
		src := mustNew(t, spec, Places{X: []float64{1}, Y: []float64{1}, Area: []uint8{0}}, series, 1)
		got := make([]float32, 1)
		src.DemandTo(got, c.at)
		if want := float32(math.Mod(float64(c.want), float64(c.steps))); got[0] != want {
			t.Errorf("%s: step %g, want %g", c.name, got[0], want)
		}
	}
}

func TestTraceUnits(t *testing.T) {
	series := gridSeries(3, 7*24, 3600)
	p := gridPlaces(3, 3)
	mean := func(unit string, mbps float64) float64 {
		s := *series
		s.Unit = unit
		spec := traceSpec()
		spec.Trace.MeanMbps = mbps
		src := mustNew(t, spec, p, &s, 1)
		dst := make([]float32, src.Len())
		src.MeanBps(dst)
		sum, n := 0.0, 0.0
		for _, v := range dst {
			if sum += float64(v); v > 0 {
				n++
			}
		}
		return sum / n
	}
	if got, want := mean(trace.UnitBit, 0)*3600, mean(trace.UnitBitPerS, 0); math.Abs(got/want-1) > 1e-6 {
		t.Errorf("bits per step: %g, as a rate %g", got, want)
	}
	if got := mean(trace.UnitRelative, 12); math.Abs(got/12e6-1) > 1e-6 {
		t.Errorf("mean %g, want 12e6", got)
	}
	s := *series
	s.Unit = trace.UnitRelative
	if _, err := New(traceSpec(), p, &s, rng.Root(1)); err == nil || !strings.Contains(err.Error(), "trace.mean_mbps") {
		t.Errorf("relative units without a mean: %v", err)
	}
}

func TestTraceClassIsThatOfItsProfile(t *testing.T) {
	series := gridSeries(3, 7*24, 3600)
	series.StartS, series.StartWeekday = 48*3600, 2
	for q := range series.Places() {
		week, err := WeeklyProfile(Class(q % NumClasses))
		if err != nil {
			t.Fatal(err)
		}
		for h := range week {
			series.Row(q)[h] = float32(week[(h+48)%hoursPerWeek] * float64(q+1))
		}
	}
	src := mustNew(t, traceSpec(), gridPlaces(3, 3), series, 1)
	for i := range src.Len() {
		if got := src.Class(i); got != Class(i%NumClasses) {
			t.Errorf("square %d: %v, want %v", i, got, Class(i%NumClasses))
		}
	}
}

func TestTraceFaults(t *testing.T) {
	p := gridPlaces(2, 2)
	for _, c := range []struct {
		want string
		mend func(s *trace.Series)
	}{
		{"no positions", func(s *trace.Series) { s.HasPosition, s.X, s.Y = false, nil, nil }},
		{"no place carries traffic", func(s *trace.Series) { clear(s.Values) }},
		{"cover at least a day", func(s *trace.Series) { s.StepS = 60 }},
		{"divide a day", func(s *trace.Series) { s.StepS = 5000 }},
		{"start_weekday", func(s *trace.Series) { s.StartWeekday = 3 }},
		{"demand must not be negative", func(s *trace.Series) { s.Unit = trace.UnitRelative; s.Values[3] = -1 }},
	} {
		series := gridSeries(2, 7*24, 3600)
		c.mend(series)
		spec := traceSpec()
		spec.Trace.MeanMbps = 1
		if _, err := New(spec, p, series, rng.Root(1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.want, err)
		}
	}
}

func TestTraceOfBeijing(t *testing.T) {
	const name = "../../shared/data/npdiff_grids/MobileBJ_hourly.csv.gz"
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the Beijing grid is not here: " + name + " from this folder")
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	series, _, err := trace.ReadCSV(context.Background(), f, trace.Mapping{SideM: gridSideM}, trace.Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	p := Places{}
	occupied, err := Occupied(series, TraceSpec{})
	if err != nil {
		t.Fatal(err)
	}
	all := scatteredPlaces(3000, gridCols*gridSideM, gridRows*gridSideM, 8)
	for i := range all.X {
		if occupied(all.X[i], all.Y[i]) {
			p.X, p.Y, p.Area = append(p.X, all.X[i]), append(p.Y, all.Y[i]), append(p.Area, 1)
		}
	}
	spec := traceSpec()
	spec.Interpolation, spec.Trace.MeanMbps = "step", 30
	src := mustNew(t, spec, p, series, 1)
	o := src.Overlay()
	t.Logf("%d sectors, %+v", src.Len(), o)
	if o.SilentSectors != 0 || o.Outside != 0 {
		t.Errorf("kept sectors must lie in squares with traffic: %+v", o)
	}
	sum := 0.0
	for _, row := range hourly(src, hoursPerWeek) {
		for _, v := range row {
			sum += v
		}
	}
	inBand(t, "mean over sectors and week, Mbit/s", sum/hoursPerWeek/float64(src.Len())/1e6, 30*(1-1e-5), 30*(1+1e-5))
}
