package topology

import (
	"math"
	"testing"

	"hibernet/sim/rng"
)

// The defaults of an array's data beams follow from its antennas: a beam of 64
// elements of 8 dBi, and the mean gain that energy conservation leaves over
// the solid angle of the sector.
func TestBeamGainsFollowFromTheAntennas(t *testing.T) {
	c := DefaultCarriers()["n41"]
	beam := 8 + 10*math.Log10(64) - c.GainDBi
	sphere := 4 * math.Pi * math.Pow(180/math.Pi, 2) // square degrees
	leak := 10*math.Log10(sphere/(c.HBeamDeg*c.VBeamDeg)) - c.GainDBi
	if math.Abs(c.BeamGainDB-beam) > 0.1 || math.Abs(c.LeakGainDB-leak) > 0.1 {
		t.Errorf("beam and leak gain are %g and %g dB, the antennas give %.2f and %.2f", c.BeamGainDB, c.LeakGainDB, beam, leak)
	}
	spec := DefaultSpec()
	top, err := Build(spec, rng.Root(1), Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for cell, k := range top.CellCarrier {
		c := &top.Carriers[k]
		for _, g := range []struct {
			name string
			got  float32
			db   float64
		}{{"BeamGain", top.Cells.BeamGain[top.CellCarrier[cell]], c.BeamGainDB}, {"LeakGain", top.Cells.LeakGain[top.CellCarrier[cell]], c.LeakGainDB}} {
			if math.Abs(10*math.Log10(float64(g.got))-g.db) > 1e-4 {
				t.Fatalf("cell %d of %s: %s = %g, want %g dB", cell, c.Name, g.name, g.got, g.db)
			}
		}
	}
}
