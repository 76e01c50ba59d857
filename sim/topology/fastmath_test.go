package topology

import (
	"math"
	"testing"

	"hibernet/sim/radio"
)

func TestFastForms(t *testing.T) {
	for db := -299.0; db < 100; db += 0.0137 {
		if got, want := dbToLinear(db), math.Pow(10, db/10); math.Abs(got/want-1) > 1e-7 {
			t.Fatalf("10^(%g/10) = %g, want %g", db, got, want)
		}
	}
	for x := 1e-6; x < 1e12; x *= 1.0037 {
		if got, want := log10Of(x), math.Log10(x); math.Abs(got-want) > 1e-9 {
			t.Fatalf("lg %g = %.12g, want %.12g", x, got, want)
		}
	}
	for deg := -180.0; deg <= 180; deg += 0.0173 {
		x, y := math.Sincos(deg * math.Pi / 180)
		for _, r := range []float64{1e-3, 1, 3e5} {
			if got, want := angleDeg(r*x, r*y, r), azimuthDeg(r*x, r*y); math.Abs(got-want) > 1e-9 {
				t.Fatalf("angle of (%g, %g) = %.9g, want %.9g", r*x, r*y, got, want)
			}
		}
	}
	if got := angleDeg(0, 0, 0); got != 0 {
		t.Errorf("angle of nothing = %g", got)
	}
	for deg := -539.9; deg < 540; deg += 0.0731 {
		if got, want := halfTurn(deg), radio.WrapDeg(deg); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%g degrees wrap to %g, want %g", deg, got, want)
		}
	}
}
