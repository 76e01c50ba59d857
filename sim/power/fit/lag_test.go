package fit

import (
	"context"
	"math"
	"reflect"
	"testing"

	"hibernet/sim/rng"
)

// TestPairsAgainstBruteForce joins by looking at every pair.
func TestPairsAgainstBruteForce(t *testing.T) {
	s := rng.Root(3).Stream()
	for range 200 {
		var st Station
		for step := range 30 {
			if s.Float64() < 0.7 {
				st.At = append(st.At, step)
			}
			if s.Float64() < 0.7 {
				st.EnergyAt = append(st.EnergyAt, step)
			}
		}
		for lag := -6; lag <= 6; lag++ {
			var want [][2]int
			for i, e := range st.EnergyAt {
				for j, l := range st.At {
					if l == e+lag {
						want = append(want, [2]int{i, j})
					}
				}
			}
			if got := st.pairs(lag); !reflect.DeepEqual(got, want) {
				t.Fatalf("lag %d: pairs %v, want %v", lag, got, want)
			}
		}
	}
}

// TestEveryLagIsFound shifts the clocks by each lag.
func TestEveryLagIsFound(t *testing.T) {
	for lag := -6; lag <= 6; lag++ {
		p := newPlant(4, 72)
		p.lag, p.noise = lag, 0.05
		for i, l := range lagsOf(t, p.data()) {
			if l.Steps != lag || l.ByBatch || l.Odds < sureOdds {
				t.Errorf("lag %d, station %d: found %+v", lag, i, l)
			}
		}
	}
}

// TestUnclearStationsFollowTheirBatch gives stations that cannot tell: too few
// readings, or a load that does not vary.
func TestUnclearStationsFollowTheirBatch(t *testing.T) {
	p := newPlant(8, 72)
	p.lag = 2
	d := p.data()
	few, flat := &d.Stations[6], &d.Stations[7]
	few.EnergyAt, few.Energy = few.EnergyAt[20:60], few.Energy[20:60]
	few.EnergyAt = append(few.EnergyAt[:5:5], few.EnergyAt[35:]...)
	few.Energy = append(few.Energy[:5:5], few.Energy[35:]...)
	for i := range flat.Load {
		flat.Load[i] = 0.3 + 1e-3*rng.Root(9).Norm(uint64(i))
	}
	clear(flat.Act)
	for i := range flat.Energy {
		flat.Energy[i] = 16 * (1 + 0.1*rng.Root(8).Norm(uint64(i)))
	}
	lags := lagsOf(t, d)
	for _, i := range []int{6, 7} {
		if l := lags[i]; l.Steps != 2 || !l.ByBatch {
			t.Errorf("station %d: %+v", i, l)
		}
	}
	if lags[6].Batch != lags[0].Batch {
		t.Fatalf("batches %q and %q", lags[6].Batch, lags[0].Batch)
	}
}

// TestClearStationKeepsItsLag lets one station differ from its batch.
func TestClearStationKeepsItsLag(t *testing.T) {
	p, q := newPlant(8, 72), newPlant(8, 72)
	p.lag, q.lag = 1, -3
	d := p.data()
	d.Stations[5] = q.data().Stations[5]
	for i, l := range lagsOf(t, d) {
		want := 1
		if i == 5 {
			want = -3
		}
		if l.Steps != want || l.ByBatch {
			t.Errorf("station %d: %+v", i, l)
		}
	}
}

// TestNoEvidenceMeansNoLag leaves clocks as labelled where no station can tell.
func TestNoEvidenceMeansNoLag(t *testing.T) {
	for i, l := range lagsOf(t, newPlant(3, 15).data()) {
		if l.Steps != 0 || !l.ByBatch || l.score != nil {
			t.Errorf("station %d: %+v", i, l)
		}
	}
}

func TestPosterior(t *testing.T) {
	p := posterior([]float64{-1000, -1001}, []float64{0.5, 0.5})
	near(t, "posterior", p[0], 1/(1+math.Exp(-1)), 1e-12)
	near(t, "sum", p[0]+p[1], 1, 1e-12)
	if argmax([]float64{1, 1, 1}) != 1 {
		t.Error("of equal lags the middlemost is none")
	}
}

func lagsOf(t *testing.T, d *Data) []Lag {
	t.Helper()
	told := 0
	lags, err := findLags(context.Background(), d, 6, func(int) { told++ })
	if err != nil || told != len(d.Stations) {
		t.Fatalf("error %v, told %d times", err, told)
	}
	return lags
}
