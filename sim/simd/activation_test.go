package simd

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTanh holds the approximation to the exact function over its range and
// past it, for every length about a block.
func TestTanh(t *testing.T) {
	worst := 0.0
	for n := range 40 {
		y := make([]float32, n)
		for i := range y {
			y[i] = float32(-12 + 24*float64(i*41+n)/float64(40*41))
		}
		want := append([]float32(nil), y...)
		Tanh(y)
		for i, x := range want {
			worst = max(worst, math.Abs(float64(y[i])-math.Tanh(float64(x))))
		}
	}
	if worst > 4e-7 {
		t.Errorf("largest error %g, want at most 4e-7", worst)
	}
}

func TestTanhOfSpecialValues(t *testing.T) {
	y := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, 1e-30, float32(math.NaN()), 100, -100, float32(math.NaN())}
	Tanh(y)
	for _, i := range []int{0, 5, 8} {
		if y[i] == y[i] {
			t.Errorf("NaN became %v", y[i])
		}
	}
	for i, want := range map[int]float64{1: 1, 2: -1, 3: 0, 4: 1e-30, 6: 1, 7: -1} {
		if math.Abs(float64(y[i])-want) > 4e-7 {
			t.Errorf("value %d: got %v, want %v", i, y[i], want)
		}
	}
}

func FuzzTanh(f *testing.F) {
	f.Add(float32(0.5), 3)
	f.Fuzz(func(t *testing.T, x float32, n int) {
		y := make([]float32, 1+(n&63))
		for i := range y {
			y[i] = x
		}
		twin := append([]float32(nil), y...)
		Tanh(y)
		tanhPortable(twin)
		for i := range y {
			if math.Abs(float64(y[i]-twin[i])) > 3e-7 || (y[i] != y[i]) != (x != x) {
				t.Fatalf("tanh(%v): got %v, the twin's is %v", x, y[i], twin[i])
			}
		}
	})
}

func BenchmarkTanh(b *testing.B) {
	y := make([]float32, 4096)
	for b.Loop() {
		for i := range y {
			y[i] = float32(i&15) - 8
		}
		Tanh(y)
	}
	b.ReportMetric(float64(len(y))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mvalues/s")
}

func TestReLU(t *testing.T) {
	for n := range 20 {
		y, want := make([]float32, n), make([]float32, n)
		for i := range y {
			y[i] = float32(i%5) - 2
			want[i] = max(y[i], 0)
		}
		ReLU(y)
		for i := range y {
			if y[i] != want[i] {
				t.Fatalf("%d values: value %d is %v, want %v", n, i, y[i], want[i])
			}
		}
	}
	y := make([]float32, 9)
	y[3], y[8] = float32(math.NaN()), float32(math.NaN())
	if ReLU(y); y[3] == y[3] || y[8] == y[8] {
		t.Errorf("NaN became %v, %v", y[3], y[8])
	}
}

// TestSlopes compares with the twins: a value is one multiply-subtract and one
// product, so within 2^-22 of the gradient's size.
func TestSlopes(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	for n := range 50 {
		y, grad := make([]float32, n), make([]float32, n)
		for i := range y {
			y[i], grad[i] = float32(2*r.Float64()-1), float32(r.NormFloat64())
			if i%7 == 3 {
				y[i] = 0
			}
		}
		for name, pair := range map[string][2]func(dst, y, grad []float32){
			"tanh": {TanhSlopeTo, tanhSlopePortable},
			"relu": {ReLUSlopeTo, reluSlopePortable},
		} {
			got, want := make([]float32, n), make([]float32, n)
			pair[0](got, y, grad)
			pair[1](want, y, grad)
			for i := range want {
				if !(math.Abs(float64(got[i]-want[i])) <= 0x1p-22*math.Abs(float64(grad[i]))) {
					t.Fatalf("%s: value %d of %d: %v, want %v", name, i, n, got[i], want[i])
				}
			}
		}
	}
}

// A gradient is replaced where it stands, in whole blocks and in the rest.
func TestSlopesInPlace(t *testing.T) {
	for _, n := range []int{3, 8, 19} {
		y, grad := make([]float32, n), make([]float32, n)
		for i := range y {
			y[i], grad[i] = float32(i%3)-1, float32(i+1)/16
		}
		for name, slope := range map[string]func(dst, y, grad []float32){"relu": ReLUSlopeTo, "tanh": TanhSlopeTo} {
			apart, inPlace := make([]float32, n), slices.Clone(grad)
			slope(apart, y, grad)
			slope(inPlace, y, inPlace)
			if !slices.Equal(apart, inPlace) {
				t.Errorf("%s of %d values: %v in place, %v apart", name, n, inPlace, apart)
			}
		}
	}
}
