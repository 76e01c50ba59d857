package traffic

import (
	"math"
	"testing"

	"hibernet/sim/rng"
)

func TestPackedFactors(t *testing.T) {
	for e := -15.9; e < 15.99; e += 0.013 {
		x := float32(math.Exp2(e))
		if got := unpackFactor(packFactor(x)); math.Abs(float64(got/x)-1) > 2.5e-4 {
			t.Errorf("%v becomes %v", x, got)
		}
	}
	for _, c := range []struct{ x, want float32 }{{0, 0x1p-16}, {1e-30, 0x1p-16}, {1, 1}, {1e30, 0x1.ffep15}} {
		if got := unpackFactor(packFactor(c.x)); got != c.want {
			t.Errorf("%v becomes %v, want %v", c.x, got, c.want)
		}
	}
}

func TestPackedNormals(t *testing.T) {
	key := rng.Root(3)
	packed, plain := make([]int16, 1000), make([]float32, 1000)
	packNormals(packed, key, 17)
	key.NormsTo(plain, 17)
	for i, z := range plain {
		if got := float64(packed[i]) * normalStep; math.Abs(got-float64(z)) > normalStep/2+1e-6 {
			t.Fatalf("normal %d: %v becomes %v", i, z, got)
		}
	}
	if packNormal(9) != math.MaxInt16 || packNormal(-9) != -math.MaxInt16 {
		t.Error("normals past what fits are not bounded")
	}
}
