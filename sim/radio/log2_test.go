package radio

import (
	"math"
	"testing"
)

func TestLog2MatchesTheLibrary(t *testing.T) {
	for exponent := -9.0; exponent < 12; exponent += 0.0013 {
		x := math.Pow(10, exponent)
		got, want := log2(1+x), math.Log1p(x)/math.Ln2
		if math.Abs(got-want) > 2e-11 {
			t.Fatalf("log2(1 + %g) = %.12g, want %.12g", x, got, want)
		}
	}
	if got := log2(1); math.Abs(got) > 2e-11 {
		t.Errorf("log2(1) = %g, want 0", got)
	}
}

func BenchmarkLog2(b *testing.B) {
	sum, y := 0.0, 1.0
	for b.Loop() {
		sum += log2(y)
		y += 0.37
	}
	_ = sum
}
