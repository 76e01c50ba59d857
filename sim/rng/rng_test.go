package rng

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// The philox4x32 lines with 10 rounds of Random123's tests/kat_vectors:
// counter and key words, then the block.
func TestKnownAnswers(t *testing.T) {
	for _, v := range []struct {
		c0, c1, c2, c3, k0, k1, r0, r1, r2, r3 uint64
	}{
		{0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
		{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
		{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
	} {
		lo, hi := philox(v.c1<<32|v.c0, v.c3<<32|v.c2, v.k1<<32|v.k0)
		if lo != v.r1<<32|v.r0 || hi != v.r3<<32|v.r2 {
			t.Errorf("counter %08x %08x %08x %08x: got %016x %016x", v.c0, v.c1, v.c2, v.c3, lo, hi)
		}
	}
}

// The words of a few keys, fixed: a change here changes every published run.
func TestKeysAreFrozen(t *testing.T) {
	k := Root(42).Named("demand").At(7).At(3)
	got := []uint64{Root(0).Uint64(0), k.Uint64(0), k.Uint64(1), k.Uint64(math.MaxUint64)}
	want := []uint64{0xb7d38b9a0d8b014c, 0x9351c82039ee182d, 0xdbe65db6dcba1f19, 0x47dd11cef55a4492}
	if !slices.Equal(got, want) {
		t.Errorf("got %#x, want %#x", got, want)
	}
}

func TestStreamReadsTheWordsOfItsKey(t *testing.T) {
	k := Root(1).Named("stream")
	s := k.Stream()
	for i := range uint64(101) {
		switch i % 3 {
		case 0:
			if got, want := s.Uint64(), k.Uint64(i); got != want {
				t.Fatalf("word %d: %#x, want %#x", i, got, want)
			}
		case 1:
			if got, want := s.Float64(), k.Float64(i); got != want {
				t.Fatalf("uniform %d: %v, want %v", i, got, want)
			}
		default:
			if got, want := s.Norm(), k.Norm(i); got != want {
				t.Fatalf("normal %d: %v, want %v", i, got, want)
			}
		}
	}
}

func TestEndsOfTheInterval(t *testing.T) {
	lo, hi := unit(0), unit(math.MaxUint64)
	if lo != 0x1p-53 || hi != 1-0x1p-53 {
		t.Errorf("uniform reaches from %v to %v", lo, hi)
	}
	a, b := normal(0), normal(math.MaxUint64)
	if a != -b || !(b > 8 && b < 8.3) {
		t.Errorf("normal reaches from %v to %v", a, b)
	}
	if m := normal(1<<63) + normal(1<<63-1); m != 0 {
		t.Errorf("normal is not symmetric about its middle: %v", m)
	}
}

// ks returns sqrt(n) times the one-sample Kolmogorov-Smirnov distance of x,
// which it sorts, to a distribution. Above 1.95 lies 0.1 % of samples.
func ks(x []float64, cdf func(float64) float64) float64 {
	slices.Sort(x)
	n, d := float64(len(x)), 0.0
	for i, v := range x {
		f := cdf(v)
		d = max(d, f-float64(i)/n, float64(i+1)/n-f)
	}
	return d * math.Sqrt(n)
}

const samples = 200_000

// ksLimit is the 0.1 % critical value; the seeds are fixed, so the tests do
// not flake.
const ksLimit = 1.95

func TestUniformAndNormal(t *testing.T) {
	draw := map[string]func(k Key, i uint64) (u, z float64){
		"words of one key": func(k Key, i uint64) (float64, float64) { return k.Float64(i), k.Norm(i) },
		"word 0 of many children": func(k Key, i uint64) (float64, float64) {
			return k.At(i).Float64(0), k.At(i).Norm(0)
		},
		"last word of many children": func(k Key, i uint64) (float64, float64) {
			return k.At(i).Float64(math.MaxUint64), k.At(i).Norm(math.MaxUint64)
		},
	}
	for name, f := range draw {
		k := Root(2).Named(name)
		u, z := make([]float64, samples), make([]float64, samples)
		for i := range u {
			u[i], z[i] = f(k, uint64(i))
		}
		if d := ks(u, distuv.UnitUniform.CDF); d > ksLimit {
			t.Errorf("%s: uniform: sqrt(n)*D = %v", name, d)
		}
		if d := ks(z, distuv.UnitNormal.CDF); d > ksLimit {
			t.Errorf("%s: normal: sqrt(n)*D = %v", name, d)
		}
		if m, s := stat.MeanStdDev(z, nil); math.Abs(m) > 4/math.Sqrt(samples) || math.Abs(s-1) > 4/math.Sqrt(2*samples) {
			t.Errorf("%s: normal: mean %v, deviation %v", name, m, s)
		}
	}
}

// The sum of two independent uniforms has a triangular distribution, and they
// are uncorrelated; so must be siblings, parent and child, and lagged words.
func TestIndependenceOfRelatives(t *testing.T) {
	k := Root(3)
	a, b := k.Named("a"), k.Named("b")
	for name, pair := range map[string]func(i uint64) (float64, float64){
		"names":           func(i uint64) (float64, float64) { return a.Float64(i), b.Float64(i) },
		"neighbours":      func(i uint64) (float64, float64) { return a.At(2 * i).Float64(0), a.At(2*i + 1).Float64(0) },
		"one bit apart":   func(i uint64) (float64, float64) { return a.At(i).Float64(5), a.At(i ^ 1<<63).Float64(5) },
		"parent, child":   func(i uint64) (float64, float64) { return a.Float64(i), a.At(i).Float64(i) },
		"index, name":     func(i uint64) (float64, float64) { return a.At(0).Float64(i), a.Named("").Float64(i) },
		"adjacent words":  func(i uint64) (float64, float64) { return a.Float64(2 * i), a.Float64(2*i + 1) },
		"adjacent seeds":  func(i uint64) (float64, float64) { return Root(2 * i).Float64(0), Root(2*i + 1).Float64(0) },
		"swapped indices": func(i uint64) (float64, float64) { return a.At(i).At(i + 1).Float64(0), a.At(i + 1).At(i).Float64(0) },
	} {
		x, y, sum := make([]float64, samples), make([]float64, samples), make([]float64, samples)
		for i := range x {
			x[i], y[i] = pair(uint64(i))
			sum[i] = x[i] + y[i]
		}
		if r := stat.Correlation(x, y, nil); math.Abs(r) > 4/math.Sqrt(samples) {
			t.Errorf("%s: correlation %v", name, r)
		}
		triangle := distuv.NewTriangle(0, 2, 1, nil)
		if d := ks(sum, triangle.CDF); d > ksLimit {
			t.Errorf("%s: sum is not triangular: sqrt(n)*D = %v", name, d)
		}
	}
}

func TestKeysDoNotCollide(t *testing.T) {
	seen := map[Key]bool{}
	count := 0
	add := func(k Key) { seen[k] = true; count++ }
	for s := range uint64(20) {
		r := Root(s)
		add(r)
		for _, n := range []string{"", "a", "b", "ab", "ba", "demand", "shadowing"} {
			add(r.Named(n))
			for i := range uint64(50) {
				add(r.Named(n).At(i))
				add(r.Named(n).At(i).Named(n))
			}
		}
	}
	if len(seen) != count {
		t.Errorf("%d keys, %d distinct", count, len(seen))
	}
}

func TestIntN(t *testing.T) {
	s := Root(4).Stream()
	for _, n := range []int{1, 2, 3, 7, 100} {
		obs, exp := make([]float64, n), make([]float64, n)
		for range 1000 * n {
			v := s.IntN(n)
			if v < 0 || v >= n {
				t.Fatalf("IntN(%d) = %d", n, v)
			}
			obs[v]++
		}
		for i := range exp {
			exp[i] = 1000
		}
		if n == 1 {
			continue
		}
		if p := 1 - (distuv.ChiSquared{K: float64(n - 1)}).CDF(stat.ChiSquare(obs, exp)); p < 1e-3 {
			t.Errorf("IntN(%d): chi-square p = %v", n, p)
		}
	}
	// A range that rejects about half of all words, and the largest one.
	half := 0
	const big = 3 << 61
	for range 10_000 {
		if s.IntN(big) < big/2 {
			half++
		}
	}
	if math.Abs(float64(half)-5000) > 200 {
		t.Errorf("IntN(3<<61): %d of 10000 in the lower half", half)
	}
	if v := s.IntN(math.MaxInt); v < 0 {
		t.Errorf("IntN(MaxInt) = %d", v)
	}
}

func TestPerm(t *testing.T) {
	s := Root(5).Stream()
	if p := s.Perm(0); len(p) != 0 {
		t.Errorf("Perm(0) = %v", p)
	}
	count := map[[3]int]float64{}
	for range 6000 {
		p := s.Perm(3)
		count[[3]int(p)]++
		slices.Sort(p)
		if !slices.Equal(p, []int{0, 1, 2}) {
			t.Fatalf("not a permutation: %v", p)
		}
	}
	for p, n := range count {
		if len(count) != 6 || math.Abs(n-1000) > 120 {
			t.Errorf("permutation %v drawn %v times of 6000 (%d kinds)", p, n, len(count))
		}
	}
}

func TestPanics(t *testing.T) {
	for name, f := range map[string]func(*Stream){
		"IntN(0)":  func(s *Stream) { s.IntN(0) },
		"IntN(-1)": func(s *Stream) { s.IntN(-1) },
		"Perm(-1)": func(s *Stream) { s.Perm(-1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f(Root(0).Stream())
		}()
	}
}

func TestSourceForGonum(t *testing.T) {
	d := distuv.Gamma{Alpha: 2.5, Beta: 1, Src: Root(6).Stream()}
	x := make([]float64, 20_000)
	for i := range x {
		x[i] = d.Rand()
	}
	if s := ks(x, d.CDF); s > ksLimit {
		t.Errorf("gamma from a Stream: sqrt(n)*D = %v", s)
	}
}

func TestAllocations(t *testing.T) {
	k := Root(7)
	s := k.Stream()
	var sink float64
	allocs := testing.AllocsPerRun(100, func() {
		sink += k.Named("x").At(3).Norm(1) + s.Float64() + float64(s.IntN(9))
	})
	if allocs != 0 || math.IsNaN(sink) {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkKeyUint64(b *testing.B) {
	k, s := Root(1), uint64(0)
	for i := range b.N {
		s += k.Uint64(uint64(i))
	}
	sinkWord = s
}

func BenchmarkKeyNorm(b *testing.B) {
	k, s := Root(1), 0.0
	for i := range b.N {
		s += k.Norm(uint64(i))
	}
	sinkFloat = s
}

func BenchmarkKeyAtNorm(b *testing.B) {
	k, s := Root(1), 0.0
	for i := range b.N {
		s += k.At(uint64(i)).Norm(0)
	}
	sinkFloat = s
}

func BenchmarkStreamUint64(b *testing.B) {
	r, s := Root(1).Stream(), uint64(0)
	for range b.N {
		s += r.Uint64()
	}
	sinkWord = s
}

// Results of benchmarks go here, so that the compiler keeps the work.
var (
	sinkWord  uint64
	sinkFloat float64
)

func TestSkipGoesToAWord(t *testing.T) {
	key := Root(5).Named("skip")
	for _, i := range []uint64{0, 1, 2, 7, 100, 1 << 40} {
		s := key.Stream()
		s.Uint64()
		s.Skip(i)
		for j := range uint64(3) {
			if got, want := s.Uint64(), key.Uint64(i+j); got != want {
				t.Errorf("word %d after a skip to %d: %x, want %x", j, i, got, want)
			}
		}
	}
}
