package sim

import (
	"math"
	"slices"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/power"
	"hibernet/sim/radio"
	"hibernet/sim/simd"
	"hibernet/sim/topology"
)

// eights are towers whose sectors have eight bins, each with less of their own
// cells and more of the next sector's than the one before; the last one hears
// nobody.
func eights(sectors int) *topology.Topology {
	const bins = simd.Lanes
	t := towers(sectors)
	t.Links.Bins, t.Links.Gain, t.BinShare = bins, nil, nil
	t.BinX, t.BinY, t.BinIndoor = make([]float32, sectors*bins), make([]float32, sectors*bins), make([]bool, sectors*bins)
	for s := range sectors {
		for _, c := range t.Links.Cell[t.Links.Off[s]:t.Links.Off[s+1]] {
			for b := range bins {
				gain := gainNear / math.Pow(4, float64(b))
				if int(t.CellSector[c]) != s {
					gain = gainFar / 128 * math.Pow(8, float64(b))
				}
				if b == bins-1 {
					gain = 0x1p-90
				}
				t.Links.Gain = append(t.Links.Gain, radio.PackGain(float32(gain)))
			}
		}
		for b := range bins {
			t.BinShare = append(t.BinShare, float32(b+1)/36)
		}
	}
	return t
}

// The kernel and the way for any number of bins agree, in sectors of which some
// are overloaded, some slow and all have a bin in outage.
func TestUsersToAgreesWithUsersOf(t *testing.T) {
	const sectors = 2*atOnce + 3
	spec := DefaultSpec()
	spec.TargetThroughputMbps = 20
	n := network(t, spec, bare(), eights(sectors), 1)
	n.guardMbps = 5
	demand := make(constant, sectors)
	for s := range demand {
		demand[s] = float32(2e8 * (1 + s%16))
	}
	must(t, n.Start(0, demand))
	for c := 1; c < 2*sectors; c += 6 {
		must(t, n.Request(c, power.Sleep))
	}
	must(t, n.RunUntil(des.Minute))
	var all simd.Served
	var got, want users
	for lo := 0; lo < sectors; lo += atOnce {
		hi := min(lo+atOnce, sectors)
		n.usersTo(&got, lo, hi)
		for s := lo; s < hi; s++ {
			from, to := (s-lo)*simd.Lanes, (s-lo+1)*simd.Lanes
			sum := n.usersOf(want.mbps[from:to], want.flow[from:to], s, [2]float32{20, 5})
			if !slices.Equal(got.mbps[from:to], want.mbps[from:to]) || !slices.Equal(got.flow[from:to], want.flow[from:to]) {
				t.Fatalf("sector %d: %v Mbit/s of %v, want %v of %v", s, got.mbps[from:to], got.flow[from:to], want.mbps[from:to], want.flow[from:to])
			}
			of := got.sums[s-lo]
			for _, pair := range [][2]float32{{of.Served, sum.Served}, {of.Over, sum.Over}, {of.Lost, sum.Lost}, {of.Outage, sum.Outage}, {of.Slow, sum.Slow}, {of.Poor, sum.Poor}} {
				near(t, "a sum", float64(pair[0]), float64(pair[1]), 1e-6)
			}
			all.Served, all.Over, all.Lost = all.Served+sum.Served, all.Over+sum.Over, all.Lost+sum.Lost
			all.Slow, all.Poor = all.Slow+sum.Slow, all.Poor+sum.Poor
		}
	}
	if all.Over == 0 || all.Lost == 0 || all.Poor == 0 || all.Slow <= all.Poor || all.Slow >= all.Served {
		t.Errorf("%+v: the test tests too little", all)
	}
}

// What the view shows of each sector in an interval is what becomes of its traffic
// then, and nothing of the interval before.
func TestSectorSumsOfAnInterval(t *testing.T) {
	const sectors = 2*atOnce + 3
	for _, overload := range []string{OverloadDrop, OverloadQueue} {
		spec := DefaultSpec()
		spec.Overload, spec.TargetThroughputMbps = overload, 20
		n := network(t, spec, bare(), eights(sectors), 1)
		demand := make(constant, sectors)
		for s := range demand {
			demand[s] = float32(2e8 * (1 + s%16))
		}
		must(t, n.Start(0, demand))
		must(t, n.RunUntil(spec.Epoch()+des.Minute)) // what waits from the first epoch is on its way
		var u users
		for range 2 {
			queue := slices.Clone(n.queue)
			n.BeginInterval()
			must(t, n.RunUntil(n.now+des.Minute))
			v, seconds := n.View(), des.Minute.Seconds()
			for s := range sectors {
				n.usersTo(&u, s, s+1)
				sum := u.sums[0]
				dropped := sum.Lost
				if overload == OverloadDrop {
					dropped += sum.Over
				} else {
					waits := queue[s] + (float64(sum.Over)-n.drain[s])*seconds
					near(t, "traffic that waits", n.queue[s], max(waits, 0), 1e-9)
				}
				for _, pair := range [][2]float32{
					{v.OfferedBit[s], demand[s]}, {v.ServedInBit[s], sum.Served}, {v.DroppedBit[s], dropped}, {v.SlowBit[s], sum.Slow}, {v.OutageS[s], sum.Outage},
				} {
					near(t, "a sum of the view", float64(pair[0]), float64(pair[1])*seconds, 1e-6)
				}
			}
		}
	}
}
