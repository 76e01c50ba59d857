package radio

import (
	"math"
	"testing"

	"hibernet/sim/rng"
)

func TestElementPattern(t *testing.T) {
	p := ElementPattern()
	for _, c := range []struct{ off, down, want float64 }{
		{0, 0, 8},
		{32.5, 0, 5},       // half the half-power width: 12 x 0.25 = 3 dB
		{0, 32.5, 5},       // the same in elevation
		{32.5, 32.5, 2},    // both
		{180, 0, -22},      // front to back 30 dB
		{180, 90, -22},     // the sum is capped, too
		{-327.5, 0, 5},     // = 32.5
		{360 + 65, 0, -4},  // 12 dB at the full width
		{-65 - 720, 0, -4}, // mirror image
	} {
		near(t, "gain", p.GainDBi(c.off, c.down, 0), c.want, 1e-9)
	}
	near(t, "tilted boresight", p.GainDBi(0, 9, 9), 8, 1e-12)
}

func TestSectorPatternProperties(t *testing.T) {
	p := SectorPattern{MaxGainDBi: 15, HorizontalDeg: 65, VerticalDeg: 10, SideLobeDB: 20, FrontBackDB: 30}
	for off := -400.0; off <= 400; off += 7 {
		for down := -90.0; down <= 90; down += 5 {
			g := p.GainDBi(off, down, 6)
			if g > 15 || g < 15-30 {
				t.Fatalf("gain %g at (%g, %g) outside [max - front/back, max]", g, off, down)
			}
			near(t, "symmetry in azimuth", p.GainDBi(-off, down, 6), g, 1e-9)
		}
	}
}

func TestWrapDeg(t *testing.T) {
	for _, c := range [][2]float64{{0, 0}, {180, -180}, {-180, -180}, {190, -170}, {-190, 170}, {725, 5}, {-725, -5}} {
		near(t, "wrap", WrapDeg(c[0]), c[1], 1e-12)
	}
}

func TestArrayGain(t *testing.T) {
	near(t, "64 chains", ArrayGainDB(64), 18.0618, 1e-4)
	near(t, "halving", ArrayGainDB(64)-ArrayGainDB(32), 3.0103, 1e-4)
}

// kT at 290 K is -173.975 dBm/Hz; 360 kHz and 9 dB make -109.412 dBm.
func TestThermalNoise(t *testing.T) {
	near(t, "PRB at 30 kHz", WToDBm(ThermalNoiseW(PRBBandwidthHz(30), 9)), -109.41216, 1e-3)
	near(t, "dBm round trip", WToDBm(DBmToW(-87.5)), -87.5, 1e-9)
}

// 273 x 12 x 30 kHz = 98.28 MHz, of which 52/70 is downlink and 0.86 data.
func TestUsableBandwidth(t *testing.T) {
	near(t, "n78", UsableBandwidthHz(273, 30, 52.0/70, 0.14), 98.28e6*52/70*0.86, 1e-3)
}

func TestRateCurve(t *testing.T) {
	r := RateCurve{Alpha: 0.6, CapBpsHz: 4.4}     // TR 36.942 Annex A
	near(t, "10 dB", r.BpsHz(10), 2.075659, 1e-6) // 0.6 log2 11
	near(t, "zero", r.BpsHz(0), 0, 0)
	near(t, "below the cap", r.BpsHz(160), 4.398, 2e-3) // the cap is met at 2^(4.4/0.6)-1 = 160.27
	near(t, "the cap", r.BpsHz(161), 4.4, 0)
	near(t, "four layers", RateCurve{0.65, 7.4063}.LayersBpsHz(10, 4), 4.699123, 1e-6) // 4 x 0.65 log2 3.5
}

func TestRateCurveProperties(t *testing.T) {
	r := RateCurve{Alpha: 0.65, CapBpsHz: 7.4063}
	last := -1.0
	for sinr := 0.0; sinr < 1e6; sinr = sinr*1.1 + 1e-4 {
		s := r.BpsHz(sinr)
		if s < last || s > 7.4063 || s > math.Log2(1+sinr)+1e-12 {
			t.Fatalf("at %g: %g falls, passes the cap or Shannon's bound", sinr, s)
		}
		// Splitting power over layers never costs rate: log is concave.
		if sinr > 0 && r.LayersBpsHz(sinr, 2) < s-1e-12 {
			t.Fatalf("at %g: two layers give less than one", sinr)
		}
		last = s
	}
}

// The load model's curve is this one.
func TestLoadModelUsesTheRateCurve(t *testing.T) {
	spec := DefaultSpec()
	curve := RateCurve{spec.RateAlpha, spec.RateCapBpsHz}
	for _, sinr := range []float32{1e-3, 0.1, 1, 30, 1e3, 1e6} {
		links := &Links{Bins: 1, Off: []int32{0, 1}, Cell: []int32{0}, Gain: []uint16{PackGain(0x1p-30)}}
		cells := &Cells{
			Carrier: []uint8{0}, TxRBW: []float32{sinr}, BandwidthHz: []float32{1e7}, BeamGain: []float32{1}, LeakGain: []float32{1}, NoiseRBW: []float32{0x1p-30},
			Layers: []float32{2}, PRBs: []float32{1}, PriorityDB: []float32{0}, MinRSRPDBm: []float32{-150},
		}
		m, err := NewModel(spec, links, cells, []float32{1}, 1)
		if err != nil {
			t.Fatal(err)
		}
		st := NewState(cells)
		m.Associate(st)
		m.Solve([]float32{0}, []float32{1})
		want := 1e7 * curve.LayersBpsHz(float64(sinr), 2)
		near(t, "rate", float64(m.Rate()[0])/want, 1, 1e-4)
	}
}

func TestShadowCorrelation(t *testing.T) {
	near(t, "one distance", ShadowAutocorrelation(UMa, true, -37), math.Exp(-1), 1e-12)
	key, n := rng.Root(5), 200000
	var xx, yy, xy float64
	for i := range n {
		common := key.Named("common").Norm(uint64(i))
		x := JoinShadow(InterSiteCorrelation, common, key.Named("a").Norm(uint64(i)))
		y := JoinShadow(InterSiteCorrelation, common, key.Named("b").Norm(uint64(i)))
		xx, yy, xy = xx+x*x, yy+y*y, xy+x*y
	}
	// Standard errors at n = 200,000 are 0.003 and less.
	near(t, "variance", xx/float64(n), 1, 0.015)
	near(t, "variance", yy/float64(n), 1, 0.015)
	near(t, "correlation", xy/math.Sqrt(xx*yy), 0.5, 0.015)
}
