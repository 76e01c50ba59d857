package replay

import (
	"math"
	"testing"

	"hibernet/sim/rng"
)

// Of 40 transitions each is among the 8 that are kept in a fifth of 4000
// samples: within 5 standard deviations of a binomial.
func TestReservoirIsAnEvenSample(t *testing.T) {
	const all, kept, trials = 40, 8, 4000
	var times [all]int
	for trial := range trials {
		m := New(Shape{Capacity: kept, Fields: 1, Actions: 1})
		r := NewReservoir(m, rng.Root(2).At(uint64(trial)))
		for i := range all {
			r.Add(Transition{Obs: []float32{float32(i)}, Mask: []bool{true}, Next: []float32{0}, NextMask: []bool{true}})
		}
		if r.Seen() != all || m.Len() != kept {
			t.Fatalf("seen %d, kept %d", r.Seen(), m.Len())
		}
		for i := range kept {
			times[int(m.At(i).Obs[0])]++
		}
	}
	p := float64(kept) / all
	for i, n := range times {
		if d := math.Abs(float64(n) - trials*p); d > 5*math.Sqrt(trials*p*(1-p)) {
			t.Errorf("transition %d was kept %d times, want about %g", i, n, trials*p)
		}
	}
}

func TestChecksumTellsMemoriesApart(t *testing.T) {
	fill := func(reward float32) *Memory {
		m := New(Shape{Capacity: 2, Fields: 1, Actions: 1})
		m.Add(Transition{Obs: []float32{1}, Mask: []bool{true}, Reward: reward, Next: []float32{0}, NextMask: []bool{true}})
		return m
	}
	one, same, other := fill(1).Checksum(), fill(1).Checksum(), fill(2).Checksum()
	if one != same || one == other {
		t.Error("equal memories have equal checksums, others not")
	}
}
