package kpi

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// binRatio is the width of a bin, the error that a quantile may have.
var binRatio = math.Pow(10, 1.0/BinsPerDecade)

func TestQuantileAgainstSorting(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 2, 10, 5000} {
		var h Hist
		x, w := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i] = math.Exp(3 + 1.5*r.NormFloat64())
			w[i] = r.ExpFloat64()
			h.Add(x[i], w[i])
		}
		if m := stat.Mean(x, w); math.Abs(h.Mean()-m) > 1e-9*m {
			t.Errorf("n=%d: mean %v, want %v", n, h.Mean(), m)
		}
		stat.SortWeighted(x, w)
		for _, q := range []float64{0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 1} {
			got, want := h.Quantile(q), stat.Quantile(q, stat.Empirical, x, w)
			if got < want/binRatio || got > want*binRatio {
				t.Errorf("n=%d: quantile %v is %v, want %v", n, q, got, want)
			}
		}
	}
}

// Within one bin the weight is taken to be spread evenly in the logarithm.
func TestQuantileInterpolatesGeometrically(t *testing.T) {
	var h Hist
	h.Add(1.001, 4) // in the bin that begins at 1
	for q, want := range map[float64]float64{0: 1, 0.25: math.Pow(binRatio, 0.25), 0.5: math.Sqrt(binRatio), 1: binRatio} {
		if got := h.Quantile(q); math.Abs(got-want) > 1e-12 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	h.Add(0.001, 4)
	if a, b := h.Quantile(0.5), h.Quantile(0.5+1e-12); a > 0.001*binRatio || b < 1 {
		t.Errorf("the gap between two bins must be jumped over: %v, %v", a, b)
	}
}

func TestQuantileIsMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var h Hist
	for range 300 {
		h.Add(math.Exp(6*r.NormFloat64()), r.Float64())
	}
	h.Add(0, 5)
	h.Add(1e9, 5)
	last := 0.0
	for q := 0.0; q <= 1; q += 1.0 / 1024 {
		v := h.Quantile(q)
		if !(v >= last) {
			t.Fatalf("quantile %v is %v, below %v", q, v, last)
		}
		last = v
	}
	if last != HistMax {
		t.Errorf("quantile 1 is %v, want %v", last, HistMax)
	}
}

func TestOuterBuckets(t *testing.T) {
	var h Hist
	for _, v := range []float64{0, -5, HistMin / 2, -math.MaxFloat64} {
		h.Reset()
		h.Add(v, 1)
		if got := h.Quantile(0.5); got != 0 {
			t.Errorf("%v reads as %v, want 0", v, got)
		}
	}
	for _, v := range []float64{HistMax, 1e300} {
		h.Reset()
		h.Add(v, 1)
		if got := h.Quantile(0.5); got != HistMax {
			t.Errorf("%v reads as %v, want %v", v, got, HistMax)
		}
	}
	for v := HistMin; v < HistMax; v *= 1.0037 {
		h.Reset()
		h.Add(v, 1)
		if got := h.Quantile(0.5); got < v/binRatio || got > v*binRatio {
			t.Fatalf("%v reads as %v", v, got)
		}
	}
}

func TestEmptyHistIsUndefined(t *testing.T) {
	var h Hist
	h.Add(5, 0)
	for _, v := range []float64{h.Quantile(0.5), h.Mean()} {
		if !math.IsNaN(v) {
			t.Errorf("of no weight: %v, want NaN", v)
		}
	}
	h.Add(5, 1)
	for _, q := range []float64{-0.1, 1.1, math.NaN()} {
		if v := h.Quantile(q); !math.IsNaN(v) {
			t.Errorf("quantile %v: %v, want NaN", q, v)
		}
	}
}

func TestMergeIsDeterministicAndComplete(t *testing.T) {
	build := func() (all, merged Hist) {
		r := rand.New(rand.NewPCG(3, 3))
		for range 7 {
			var part Hist
			for range 100 {
				v, w := math.Exp(r.NormFloat64()), r.Float64()
				part.Add(v, w)
				all.Add(v, w)
			}
			merged.Merge(&part)
		}
		return all, merged
	}
	all, merged := build()
	if _, again := build(); again != merged {
		t.Error("two merges in the same order differ")
	}
	if math.Abs(all.Weight()-merged.Weight()) > 1e-9 || math.Abs(all.Quantile(0.3)-merged.Quantile(0.3)) > 1e-9 {
		t.Errorf("weight %v and %v, quantile %v and %v", all.Weight(), merged.Weight(), all.Quantile(0.3), merged.Quantile(0.3))
	}
}

func TestBadValuesPanic(t *testing.T) {
	for _, c := range [][2]float64{{math.NaN(), 1}, {math.Inf(1), 1}, {1, -1}, {1, math.NaN()}, {1, math.Inf(1)}} {
		func() {
			defer func() {
				if s, ok := recover().(string); !ok || !strings.HasPrefix(s, "kpi: ") {
					t.Errorf("Add(%v, %v): recovered %v", c[0], c[1], s)
				}
			}()
			new(Hist).Add(c[0], c[1])
		}()
	}
}

func FuzzHist(f *testing.F) {
	f.Add(1.0, 1.0, 0.5)
	f.Add(0.0, 2.0, 0.0)
	f.Add(999999.9999999999, 1e-300, 1.0)
	f.Fuzz(func(t *testing.T, v, w, q float64) {
		if !(w > 0) || w > 1e300 || math.IsNaN(v) || math.IsInf(v, 0) || !(q >= 0 && q <= 1) {
			t.Skip()
		}
		var h Hist
		h.Add(v, w)
		h.Add(v, w)
		got, want := h.Quantile(q), min(v, HistMax)
		if v < HistMin {
			want = 0
		}
		if got < want/(binRatio*(1+1e-12)) || got > want*binRatio*(1+1e-12) {
			t.Fatalf("%v reads as %v", v, got)
		}
	})
}

func sample() *Totals {
	t := NewTotals(Shape{Cells: 4, Sectors: 2, States: 3, Carriers: 2, ShieldCauses: []string{"coverage", "min_time"}})
	t.DurationS = 86400
	t.OfferedBit, t.ServedBit, t.DroppedBit, t.QueuedBit = 10e9, 8e9, 1.5e9, 0.5e9
	copy(t.StateJ, []float64{2e6, 1e6, 0.2e6})
	copy(t.CarrierJ, []float64{1.2e6, 2.1e6})
	t.TransitionJ, t.SiteJ, t.EnergyJ = 0.1e6, 0.3e6, 3.6e6
	copy(t.StateS, []float64{86400, 86400, 172800})
	t.CellS, t.LoadS, t.OverloadCellS = 4*86400, 86400, 7200
	t.OutageShareS = 1200
	t.Switches, t.Epochs, t.UnconvergedEpochs = 12, 288, 2
	copy(t.ShieldCounts, []int64{5, 7})
	t.Throughput.Add(10, 1)
	t.Throughput.Add(30, 3)
	return t
}

func figure(t *testing.T, tot *Totals, name string) float64 {
	t.Helper()
	for _, v := range tot.Figures() {
		if v.Def.Name == name {
			return v.Value
		}
	}
	t.Fatalf("no figure %q", name)
	return 0
}

func TestFigures(t *testing.T) {
	tot := sample()
	for name, want := range map[string]float64{
		"energy_kwh": 1, "offered_gbit": 10, "served_gbit": 8, "dropped_gbit": 1.5, "queued_gbit": 0.5, "dropped_pct": 15,
		"throughput_mean_mbps": 25, "outage_min": 10, "switches_per_cell_day": 3, "load_mean": 0.25, "overload_cell_h": 2,
		"energy_per_gbit_kwh": 0.125, "unconverged_epochs": 2, "shield_total": 12, "shield_coverage": 5, "shield_min_time": 7,
	} {
		if got := figure(t, tot, name); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if p5, p50 := figure(t, tot, "throughput_p5_mbps"), figure(t, tot, "throughput_p50_mbps"); math.Abs(p5-10) > 0.2 || math.Abs(p50-30) > 0.6 {
		t.Errorf("throughput: 5th percentile %v, median %v", p5, p50)
	}
	if traffic, energy := tot.Imbalance(); traffic > 1e-15 || energy > 1e-15 {
		t.Errorf("imbalance: traffic %v, energy %v", traffic, energy)
	}
}

func TestUndefinedFiguresAreNaN(t *testing.T) {
	tot := NewTotals(Shape{})
	tot.EnergyJ = 5
	for _, name := range []string{"dropped_pct", "throughput_p5_mbps", "throughput_mean_mbps", "outage_min", "load_mean", "energy_per_gbit_kwh", "switches_per_cell_day"} {
		if v := figure(t, tot, name); !math.IsNaN(v) {
			t.Errorf("%s over nothing is %v, want NaN", name, v)
		}
	}
}

func TestDefs(t *testing.T) {
	ds, figs := Defs(), sample().Figures()
	if len(figs) != len(ds)+2 {
		t.Fatalf("%d figures, %d definitions and 2 causes", len(figs), len(ds))
	}
	seen := map[string]bool{}
	for i, f := range figs {
		d := f.Def
		if i < len(ds) && d != ds[i] {
			t.Errorf("figure %d is %s, want %s", i, d.Name, ds[i].Name)
		}
		if seen[d.Name] || d.Unit == "" || !strings.HasSuffix(d.Doc, ".") {
			t.Errorf("definition %+v", d)
		}
		seen[d.Name] = true
		if got, ok := Find(d.Name); !ok || got != d {
			t.Errorf("Find(%q) = %+v, %v", d.Name, got, ok)
		}
	}
	ds[0].Name = "changed"
	if Defs()[0].Name != "energy_kwh" {
		t.Error("Defs must return a copy")
	}
	for _, name := range []string{"", "shield_", "energy"} {
		if _, ok := Find(name); ok {
			t.Errorf("Find(%q) must fail", name)
		}
	}
	for d, want := range map[Direction]string{Lower: "lower", Higher: "higher", Neutral: "neutral"} {
		if d.String() != want {
			t.Errorf("direction %d is %q", d, d)
		}
	}
}

// Each side of the books, spoilt by one part in a thousand, must show.
func TestImbalanceShowsEachError(t *testing.T) {
	for name, spoil := range map[string]func(*Totals){
		"served":     func(t *Totals) { t.ServedBit -= 1e7 },
		"queued":     func(t *Totals) { t.QueuedBit = 0 },
		"total":      func(t *Totals) { t.EnergyJ *= 1.001 },
		"state":      func(t *Totals) { t.StateJ[1] = 0 },
		"carrier":    func(t *Totals) { t.CarrierJ[0] += 1e5 },
		"transition": func(t *Totals) { t.TransitionJ = 0 },
		"site":       func(t *Totals) { t.SiteJ = 0 },
	} {
		tot := sample()
		spoil(tot)
		if a, b := tot.Imbalance(); max(a, b) < 5e-4 {
			t.Errorf("%s: imbalance %v and %v", name, a, b)
		}
	}
}

func TestTotalsMergeAndReset(t *testing.T) {
	a, b := sample(), sample()
	a.Merge(b)
	for name, factor := range map[string]float64{"energy_kwh": 2, "offered_gbit": 2, "dropped_pct": 1, "load_mean": 1, "outage_min": 2, "shield_total": 2, "unconverged_epochs": 2, "overload_cell_h": 2} {
		if got, want := figure(t, a, name), factor*figure(t, b, name); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if traffic, energy := a.Imbalance(); traffic > 1e-15 || energy > 1e-15 {
		t.Errorf("imbalance after a merge: %v, %v", traffic, energy)
	}
	a.Reset()
	empty := NewTotals(Shape{Cells: 4, Sectors: 2, States: 3, Carriers: 2, ShieldCauses: []string{"coverage", "min_time"}})
	if !slices.Equal(a.StateJ, empty.StateJ) || !slices.Equal(a.ShieldCounts, empty.ShieldCounts) || a.EnergyJ != 0 ||
		a.Throughput != empty.Throughput || a.Cells != 4 || len(a.ShieldCauses) != 2 || a.Switches != 0 || a.StateS[2] != 0 {
		t.Errorf("after Reset: %+v", a)
	}
	defer func() {
		if recover() == nil {
			t.Error("merging unequal shapes must panic")
		}
	}()
	a.Merge(NewTotals(Shape{States: 1}))
}

func TestAllocations(t *testing.T) {
	var h, o Hist
	tot := sample()
	if n := testing.AllocsPerRun(100, func() { h.Add(3, 1); o.Merge(&h); tot.Merge(tot); tot.Reset() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHistAdd(b *testing.B) {
	var h Hist
	for i := range b.N {
		h.Add(float64(i%1000)+0.5, 1)
	}
}

// A value goes into the bin that its logarithm says, but for values that
// single precision cannot tell from an edge.
func TestAddAllTakesTheBinsOfAdd(t *testing.T) {
	var values, weights []float32
	for v := 1e-4; v < 1e7; v *= 1.00037 {
		values, weights = append(values, float32(v)), append(weights, 1)
	}
	values, weights = append(values, 0, -1, 1e-3, 1e6, 5), append(weights, 1, 1, 1, 1, 0)
	var fast, slow Hist
	fast.AddAll(values, weights, 2)
	for i, v := range values {
		if w := weights[i]; w > 0 {
			slow.Add(float64(v), 2*float64(w))
		}
	}
	moved := 0.0
	for i := range fast.weight {
		moved += math.Abs(fast.weight[i]-slow.weight[i]) / 4
	}
	if moved > 2 {
		t.Errorf("%g of %d values are in another bin", moved, len(values))
	}
	if fast.total != slow.total || math.Abs(fast.sum/slow.sum-1) > 1e-12 {
		t.Errorf("weight %g and sum %g, want %g and %g", fast.total, fast.sum, slow.total, slow.sum)
	}
	for _, bad := range [][2]float32{{float32(math.NaN()), 1}, {float32(math.Inf(1)), 1}, {1, -1}, {1, float32(math.NaN())}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("value %g with weight %g was taken", bad[0], bad[1])
				}
			}()
			fast.AddAll(bad[:1], bad[1:], 1)
		}()
	}
}
