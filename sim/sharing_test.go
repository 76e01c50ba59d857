package sim

import (
	"math"
	"testing"
)

// TestSharingAgainstTheSums compares with the law summed term by term.
func TestSharingAgainstTheSums(t *testing.T) {
	for _, limit := range []float64{1, 2, 8, 64, 100, 1000} {
		for _, f := range []float64{1e-9, 0.1, 0.5, 0.9, 0.999, 1 - 2e-5, 1 - 5e-6, 1, 1 + 5e-6, 1 + 2e-5, 1.01, 1.5, 3, 50, 1e6} {
			// From the likeliest number of transfers down.
			x := min(f, 1/f)
			all, first, p := 0.0, 0.0, 1.0
			for m := 0.0; m <= limit; m++ {
				all, first, p = all+p, first+m*p, p*x
			}
			refused, number := math.Pow(x, limit)/all, first/all
			if f > 1 {
				refused, number = 1/all, limit-first/all
			}
			served, user := newSharing(int(limit)).of(f)
			if want := 1 - refused; math.Abs(served-want) > 1e-7 {
				t.Errorf("K %g, f %g: served %.9g, want %.9g", limit, f, served, want)
			}
			if want := f * (1 - refused) / number; math.Abs(user-want) > 1e-6*want+1e-12 {
				t.Errorf("K %g, f %g: user %.9g, want %.9g", limit, f, user, want)
			}
		}
	}
}

// TestSharingByHand: one place is the Erlang loss system, which refuses
// f/(1+f); two places at f = 1 refuse a third and leave a user 2/3 of the cell.
func TestSharingByHand(t *testing.T) {
	for _, c := range []struct{ limit, f, served, user float64 }{
		{1, 0.5, 2.0 / 3, 1}, {1, 3, 0.25, 1}, {2, 1, 2.0 / 3, 2.0 / 3},
		{0, 0.25, 1, 0.75}, {0, 2, 0.5, 0}, {5, 0, 1, 1},
	} {
		served, user := newSharing(int(c.limit)).of(c.f)
		if math.Abs(served-c.served) > 1e-6 || math.Abs(user-c.user) > 1e-6 {
			t.Errorf("K %g, f %g: got %g, %g, want %g, %g", c.limit, c.f, served, user, c.served, c.user)
		}
	}
}

// TestSharingTendsToNoLimit: room for many transfers is nearly any room.
func TestSharingTendsToNoLimit(t *testing.T) {
	for _, f := range []float64{0.1, 0.5, 0.9, 1.2, 2} {
		served, user := newSharing(1e5).of(f)
		wantServed, wantUser := newSharing(0).of(f)
		if math.Abs(served-wantServed) > 1e-4 || math.Abs(user-wantUser) > 1e-4 {
			t.Errorf("f %g: got %g, %g, want %g, %g", f, served, user, wantServed, wantUser)
		}
	}
}
