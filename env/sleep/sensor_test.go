package sleep

import (
	"math"
	"testing"

	"hibernet/env"
	"hibernet/sim/rng"
)

// Readings have the stated error and loss; a lost report is the last known.
func TestSensorStatistics(t *testing.T) {
	const cells = 20000
	s := newSensor(Sensor{NoiseSD: 0.2, LostShare: 0.25}, cells)
	s.begin(rng.Root(1))
	load, last := make([]float32, cells), make([]float32, cells)
	for c := range load {
		load[c], last[c] = 0.4, 0.9
	}
	s.readCells(7, 0, load, last, 900)
	lost, sum, square := 0.0, 0.0, 0.0
	for c, x := range load {
		if s.age[c] > 0 {
			lost++
			if x != 0.9 || s.age[c] != 900 {
				t.Fatalf("cell %d: lost, reading %v, age %v s", c, x, s.age[c])
			}
			continue
		}
		e := float64(x)/0.4 - 1
		sum, square = sum+e, square+e*e
	}
	n := cells - lost
	if share := lost / cells; math.Abs(share-0.25) > 0.012 {
		t.Errorf("share lost %v, want 0.25", share)
	}
	if mean, sd := sum/n, math.Sqrt(square/n); math.Abs(mean) > 0.006 || math.Abs(sd-0.2) > 0.005 {
		t.Errorf("relative error %v +- %v, want 0 +- 0.2", mean, sd)
	}
	s.readCells(8, 0, load, last, 900)
	twice := 0.0
	for _, age := range s.age {
		if age == 1800 {
			twice++
		}
	}
	if share := twice / cells; math.Abs(share-0.0625) > 0.006 {
		t.Errorf("lost twice in a row: %v, want 0.0625", share)
	}
}

// Noise moves what is observed and nothing else: with the same actions, traffic,
// rewards, costs and figures are those of exact readings.
func TestNoiseTouchesObservationsOnly(t *testing.T) {
	type outcome struct{ obs, reward, cost []float32 }
	run := func(s Sensor) (o outcome) {
		w := small()
		w.spec.EpisodeH, w.spec.Sensor = 6, s
		play(t, w.must(t), 3, randomly(9), func(_ int, b *env.Batch) {
			o.obs, o.reward, o.cost = append(o.obs, b.Obs...), append(o.reward, b.Reward...), append(o.cost, b.Cost...)
		})
		return o
	}
	exact, noisy := run(Sensor{}), run(Sensor{NoiseSD: 0.3})
	for i, x := range exact.reward {
		if noisy.reward[i] != x {
			t.Fatalf("reward %d: %v with noise, %v without", i, noisy.reward[i], x)
		}
	}
	for i, x := range exact.cost {
		if noisy.cost[i] != x {
			t.Fatalf("cost %d: %v with noise, %v without", i, noisy.cost[i], x)
		}
	}
	touched := map[int]bool{}
	for i, x := range exact.obs {
		if noisy.obs[i] != x {
			touched[i%numColumns] = true
		}
	}
	for col, f := range NewSchema().Fields {
		switch col {
		case colOwnLoad, colSectorLoad, colForecast1, colNeighbourMean, colLoadLag1, colAroundSector, colOwnIfFull:
			if !touched[col] {
				t.Errorf("%s is exact", f.Name)
			}
		case colHour, colUsualNow, colSlowShare, colDropShare, colAwakeShare, colTimeInState, colState0, colAroundDrop:
			if touched[col] {
				t.Errorf("%s is noisy", f.Name)
			}
		}
	}
}

// A cell whose reports are lost for longer than max_age_s is made safe: the
// shield has no eyes there. With fewer losses nothing happens.
func TestLostReportsMakeCellsSafe(t *testing.T) {
	stale := func(maxAgeS float64) float64 {
		w := small()
		w.spec.EpisodeH, w.spec.Sensor.LostShare = 6, 0.5
		w.change = func(c *Config) { c.Shield.MaxAgeS = maxAgeS }
		e := w.must(t)
		play(t, e, 3, randomly(9), func(int, *env.Batch) {
			for c, age := range e.sensor.age {
				// The last decision was made by the reports of the interval before.
				if age > float32(maxAgeS)+1800 && !e.view.Target[c].Awake() {
					t.Fatalf("cell %d sleeps unseen for %v s", c, age)
				}
			}
		})
		return figure(t, e, "shield_stale_input")
	}
	if often, never := stale(900), stale(86400); often == 0 || never != 0 {
		t.Errorf("%v interventions at 900 s, %v at a day", often, never)
	}
}
