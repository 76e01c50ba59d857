package power

import (
	"math"
	"testing"
)

// A station stepped through one SSB period in microseconds: the twin of
// SSBGapsW.
func TestSSBGapsAgainstSteps(t *testing.T) {
	asm := find(t, "asm-macro")
	modes := asm.SleepModes()
	for _, period := range []float64{5, 20, 160} {
		for _, rho := range []float64{0, 0.25, 0.5, 1} {
			const window = 2.0
			busy := rho * (period - window)
			gap := period - window - busy
			depth, least := -1, 0.0
			for i, m := range modes {
				if gap >= 2*m.ChangeMs {
					depth, least = i, m.PowerW
				}
			}
			sum := 0.0
			for us := range int(period * 1000) {
				at := (float64(us) + 0.5) / 1000
				switch {
				case at < window:
					sum += 109 + rho*141
				case at < window+busy:
					sum += 250
				case depth < 0:
					sum += 109
				default:
					sum += least
				}
			}
			near(t, "mean power", SSBGapsW(250, 109, modes, period, window, rho), sum/(period*1000), 1e-9)
		}
	}
	if find(t, "earth-macro").form != nil || len(modes) != 4 {
		t.Error("four sleep modes belong to asm-macro")
	}
}

// The line that the ladder draws from empty to full stays close to the exact
// mean: deeper modes no longer fit as the gap closes.
func TestGapLineIsClose(t *testing.T) {
	p := find(t, "asm-macro")
	for rho := 0.0; rho <= 1; rho += 0.01 {
		exact := SSBGapsW(250, 109, p.SleepModes(), 20, 5, rho)
		if d := p.PowerW(DTX, rho) - exact; math.Abs(d) > 2.5 {
			t.Errorf("load %.2f: %g W off", rho, d)
		}
	}
}

func TestDeepestMode(t *testing.T) {
	modes := []SleepMode{{PowerW: 50, ChangeMs: 0.5}, {PowerW: 10, ChangeMs: 5}}
	for _, c := range []struct {
		gap  float64
		want int
		watt float64
	}{{0.99, -1, 100}, {1, 0, 50}, {9.99, 0, 50}, {10, 1, 10}, {1e9, 1, 10}} {
		if got := DeepestMode(modes, c.gap); got != c.want {
			t.Errorf("gap %g ms: mode %d, want %d", c.gap, got, c.want)
		}
		near(t, "power in the gap", GapW(100, modes, c.gap), c.watt, 0)
	}
}

// The station of Cai et al. by hand: 64 antennas, nobody there.
func TestMIMO(t *testing.T) {
	m := MIMO{Epsilon: 8.2e-3, Eta: 0.25, PAMaxW: 3.125, ChainW: 1, SyncW: 1, FixedW: 18, TxW: 0.2,
		CodingWPerGbps: 1, BandwidthGHz: 0.02, GflopsPerW: 12.8, Coherence: 5000}
	near(t, "no load", m.NoLoadW(64), 89.5067, 1e-3)
	near(t, "amplifiers", m.LoadW(64, 0, 0), 64*0.2/(1.0082*0.25), 1e-9)
	near(t, "coding", m.LoadW(64, 0, 2)-m.LoadW(64, 0, 0), 2, 1e-9)
	p := find(t, "kth-mimo64")
	for s, share := range map[State]float64{Sleep: 0.69, DeepSleep: 0.5, Dormant: 0.29} {
		near(t, s.String(), p.PowerW(s, 0)/p.PowerW(Full, 0), share, 1e-12)
	}
	if a, b := p.States[Sleep].ExitUs, p.States[Dormant].ExitUs; a != 1000 || b != 100000 {
		t.Errorf("wake times %d, %d us", a, b)
	}
}
