package simd

import (
	"math"
	"testing"
)

// TestExp holds both forms to the exact function over the range, for every
// length about a block.
func TestExp(t *testing.T) {
	for name, exp := range map[string]func([]float32){"Exp": Exp, "twin": expPortable} {
		worst := 0.0
		for n := range 400 {
			y := make([]float32, n%40)
			for i := range y {
				y[i] = float32(-87.3 + 175.3*float64(i*400+n)/float64(40*400))
			}
			want := append([]float32(nil), y...)
			exp(y)
			for i, x := range want {
				exact := math.Exp(float64(x))
				worst = max(worst, math.Abs(float64(y[i])-exact)/exact)
			}
		}
		if !(worst <= 3e-7) {
			t.Errorf("%s: largest relative error %g, want at most 3e-7", name, worst)
		}
	}
}

func TestExpOfSpecialValues(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, exp := range map[string]func([]float32){"Exp": Exp, "twin": expPortable} {
		y := []float32{nan, -inf, -1e9, 0, inf, 1000, -88, nan, nan}
		exp(y)
		for _, i := range []int{0, 7, 8} {
			if y[i] == y[i] {
				t.Errorf("%s: NaN became %v", name, y[i])
			}
		}
		if y[1] != 0 || y[2] != 0 || y[3] != 1 || y[6] != 0 {
			t.Errorf("%s: exp of -Inf, -1e9, 0, -88: %v %v %v %v, want 0 0 1 0", name, y[1], y[2], y[3], y[6])
		}
		if !(y[4] > 1e38) || y[4] != y[5] || y[4] > math.MaxFloat32 {
			t.Errorf("%s: exp of +Inf and 1000: %v %v, want the same large number", name, y[4], y[5])
		}
	}
}

func FuzzExp(f *testing.F) {
	f.Add(float32(0.5), 3)
	f.Add(float32(-87.4), 8)
	f.Fuzz(func(t *testing.T, x float32, n int) {
		y := make([]float32, 1+(n&63))
		for i := range y {
			y[i] = x
		}
		twin := append([]float32(nil), y...)
		Exp(y)
		expPortable(twin)
		for i := range y {
			if math.Abs(float64(y[i]-twin[i])) > 3e-7*math.Abs(float64(twin[i])) || (y[i] != y[i]) != (x != x) {
				t.Fatalf("exp(%v): got %v, the twin's is %v", x, y[i], twin[i])
			}
		}
	})
}

func BenchmarkExp(b *testing.B) {
	y := make([]float32, 4096)
	for b.Loop() {
		for i := range y {
			y[i] = float32(i&15) - 16
		}
		Exp(y)
	}
	b.ReportMetric(float64(len(y))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mvalues/s")
}
