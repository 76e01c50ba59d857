package simd

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// mulAddExact is the product in float64 with the sum of the terms' sizes.
func mulAddExact(c, a, b Matrix, i, j, terms int) (sum, size float64) {
	sum = float64(c.Data[i*c.Row+j])
	size = math.Abs(sum)
	for k := range terms {
		v := float64(a.Data[i*a.Row+k*a.Col]) * float64(b.Data[k*b.Row+j])
		sum += v
		size += math.Abs(v)
	}
	return sum, size
}

func filled(r *rand.Rand, rows, columns, pad int) Matrix {
	m := Matrix{Data: make([]float32, rows*(columns+pad)), Row: columns + pad, Col: 1}
	for i := range m.Data {
		m.Data[i] = float32(r.NormFloat64())
	}
	return m
}

// TestMulAdd compares with float64 for all shapes about the tiles' edges: the
// error stays below terms x 2^-24 of the sum of the terms' sizes, and what lies
// between the rows is not touched.
func TestMulAdd(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, m := range []int{1, 2, 5, 6, 7, 12, 13} {
		for _, n := range []int{1, 3, 8, 15, 16, 17, 31, 33, 64} {
			for _, terms := range []int{0, 1, 2, 39, 256, 257, 600} {
				for _, transposed := range []bool{false, true} {
					a := filled(r, m, max(terms, 1), 3)
					if transposed {
						a = filled(r, max(terms, 1), m, 3)
						a.Row, a.Col = 1, a.Row
					}
					check(t, a, filled(r, max(terms, 1), n, 5), filled(r, m, n, 2), m, n, terms)
				}
			}
		}
	}
}

func check(t *testing.T, a, b, c Matrix, m, n, terms int) {
	t.Helper()
	was := Matrix{append([]float32(nil), c.Data...), c.Row, 1}
	portable := Matrix{append([]float32(nil), c.Data...), c.Row, 1}
	MulAdd(c, a, b, m, n, terms)
	for from := 0; from < terms; from += termsAtOnce {
		mulToPortable(portable, portable, Matrix{a.at(0, from), a.Row, a.Col}, Matrix{b.at(from, 0), b.Row, 1}, m, n, min(termsAtOnce, terms-from))
	}
	for i := range m {
		for j := range c.Row {
			got := float64(c.Data[i*c.Row+j])
			if j >= n {
				if got != float64(was.Data[i*c.Row+j]) {
					t.Fatalf("%dx%dx%d: wrote past the row at (%d, %d)", m, n, terms, i, j)
				}
				continue
			}
			want, size := mulAddExact(was, a, b, i, j, terms)
			bound := float64(terms+2) * 0x1p-24 * size
			if !(math.Abs(got-want) <= bound) {
				t.Fatalf("%dx%dx%d: (%d, %d) is %v, want %v +- %v", m, n, terms, i, j, got, want, bound)
			}
			if twin := float64(portable.Data[i*c.Row+j]); !(math.Abs(got-twin) <= bound) {
				t.Fatalf("%dx%dx%d: (%d, %d) is %v, the twin's is %v", m, n, terms, i, j, got, twin)
			}
		}
	}
}

// TestMulAddByPieces holds rows to the same bits whatever is computed with
// them.
func TestMulAddByPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const m, n, terms = 29, 40, 300
	a, b := filled(r, m, terms, 0), filled(r, terms, n, 0)
	whole, pieces := filled(r, m, n, 0), Matrix{}
	pieces = Matrix{append([]float32(nil), whole.Data...), whole.Row, 1}
	MulAdd(whole, a, b, m, n, terms)
	for lo := 0; lo < m; lo += 7 {
		MulAdd(Matrix{pieces.at(lo, 0), n, 1}, Matrix{a.at(lo, 0), terms, 1}, b, min(7, m-lo), n, terms)
	}
	for i := range whole.Data {
		if whole.Data[i] != pieces.Data[i] {
			t.Fatalf("value %d: %v in one piece, %v in several", i, whole.Data[i], pieces.Data[i])
		}
	}
}

// TestMulToFromARow holds a product that begins with the same row everywhere to
// the bits of one added to copies of that row.
func TestMulToFromARow(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{1, 12, 16, 40, 64} {
		for _, terms := range []int{0, 3, 300} {
			const m = 15
			a, b, row := filled(r, m, max(terms, 1), 0), filled(r, max(terms, 1), n, 1), filled(r, 1, n, 0)
			got, want := filled(r, m, n, 2), filled(r, m, n, 2)
			for i := range m {
				copy(want.at(i, 0)[:n], row.Data)
			}
			MulAdd(want, a, b, m, n, terms)
			row.Row = 0
			MulTo(got, row, a, b, m, n, terms)
			for i := range m {
				if !slices.Equal(got.at(i, 0)[:n], want.at(i, 0)[:n]) {
					t.Fatalf("%dx%dx%d: row %d is %v, want %v", m, n, terms, i, got.at(i, 0)[:n], want.at(i, 0)[:n])
				}
			}
		}
	}
}

func TestMulAddPanicsOutsideData(t *testing.T) {
	short := Matrix{make([]float32, 10), 4, 1}
	for name, f := range map[string]func(){
		"a":          func() { MulAdd(filled16(), short, filled16(), 4, 4, 4) },
		"b":          func() { MulAdd(filled16(), filled16(), short, 4, 4, 4) },
		"c":          func() { MulAdd(short, filled16(), filled16(), 4, 4, 4) },
		"transposed": func() { MulAdd(filled16(), filled16(), Matrix{make([]float32, 16), 1, 4}, 4, 4, 4) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func filled16() Matrix { return Matrix{make([]float32, 16), 4, 1} }

func FuzzMulAdd(f *testing.F) {
	f.Add(uint8(6), uint8(16), uint16(39), uint64(1), false)
	f.Add(uint8(1), uint8(1), uint16(300), uint64(2), true)
	f.Fuzz(func(t *testing.T, m, n uint8, terms uint16, seed uint64, transposed bool) {
		r := rand.New(rand.NewPCG(seed, 0))
		rows, columns, k := int(m)%40, int(n)%80, int(terms)%700
		a := filled(r, max(rows, 1), max(k, 1), 1)
		if transposed {
			a = filled(r, max(k, 1), max(rows, 1), 1)
			a.Row, a.Col = 1, a.Row
		}
		check(t, a, filled(r, max(k, 1), max(columns, 1), 2), filled(r, max(rows, 1), max(columns, 1), 1), rows, columns, k)
	})
}

// BenchmarkMulAdd gives floating-point operations a second of one goroutine.
func BenchmarkMulAdd(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, s := range []struct {
		name        string
		m, n, terms int
		transposed  bool
	}{
		{"forward-64x64x39", 64, 64, 39, false},
		{"forward-4096x64x64", 4096, 64, 64, false},
		{"forward-64x64x55", 64, 64, 55, false},
		{"outputs-64x12x64", 64, 12, 64, false},
		{"back-64x64x12", 64, 64, 12, false},
		{"weights-55x64x64", 55, 64, 64, true},
		{"weights-64x64x4096", 64, 64, 4096, true},
		{"square-512", 512, 512, 512, false},
	} {
		b.Run(s.name, func(b *testing.B) {
			x := filled(r, s.m, s.terms, 0)
			if s.transposed {
				x = filled(r, s.terms, s.m, 0)
				x.Row, x.Col = 1, x.Row
			}
			y, c := filled(r, s.terms, s.n, 0), filled(r, s.m, s.n, 0)
			for b.Loop() {
				MulAdd(c, x, y, s.m, s.n, s.terms)
			}
			flop := 2 * float64(s.m) * float64(s.n) * float64(s.terms)
			b.ReportMetric(flop*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
