package sim

import (
	"math"
	"testing"

	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// job is one file transfer of the reference simulation.
type job struct {
	class   int
	left    float64 // bit
	arrived float64 // s
}

// processorSharing simulates an M/G/1 processor-sharing queue flow by flow:
// Poisson arrivals of files of mean size bits in two classes with equal
// shares, each served at its class's rate divided by the number present. It
// returns the busy share of time and each class's mean bits per mean second
// of transfer.
func processorSharing(key rng.Key, arrivals float64, meanBits float64, rate [2]float64, files int, size func(s *rng.Stream) float64) (busy float64, throughput [2]float64) {
	s := key.Stream()
	var present []job
	var now, busyTime float64
	var bits, seconds [2]float64
	next := -math.Log(s.Float64()) / arrivals
	for done := 0; done < files; {
		// The next event: an arrival, or the first of those present to finish.
		first, at := -1, next
		for i, j := range present {
			if end := now + j.left*float64(len(present))/rate[j.class]; end < at {
				first, at = i, end
			}
		}
		if n := float64(len(present)); n > 0 {
			busyTime += at - now
			for i := range present {
				present[i].left -= (at - now) * rate[present[i].class] / n
			}
		}
		now = at
		if first < 0 {
			class := 0
			if s.Float64() < 0.5 {
				class = 1
			}
			b := size(s) * meanBits
			bits[class] += b
			present = append(present, job{class, b, now})
			next = now - math.Log(s.Float64())/arrivals
			continue
		}
		seconds[present[first].class] += now - present[first].arrived
		present = append(present[:first], present[first+1:]...)
		done++
	}
	return busyTime / now, [2]float64{bits[0] / seconds[0], bits[1] / seconds[1]}
}

// A single cell with two kinds of users against the flow-level simulation of
// its queue: load and user throughput, whatever the law of the file sizes.
func TestSingleCellMatchesProcessorSharing(t *testing.T) {
	const meanBits = 4e6 // the 0.5 MB file of FTP model 3, 3GPP TR 38.864 Table A-2
	sizes := map[string]func(*rng.Stream) float64{
		"constant":    func(*rng.Stream) float64 { return 1 },
		"exponential": func(s *rng.Stream) float64 { return -math.Log(s.Float64()) },
		"two-point": func(s *rng.Stream) float64 {
			if s.Float64() < 0.1 {
				return 7
			}
			return 1.0 / 3
		},
	}
	for name, size := range sizes {
		for _, load := range []float64{0.2, 0.5, 0.8} {
			n := network(t, DefaultSpec(), bare(), towers(1), 1)
			must(t, n.Start(0, constant{1}))
			rate := [2]float64{float64(n.Rate()[0]), float64(n.Rate()[1])}
			demand := load / (0.5/rate[0] + 0.5/rate[1])
			must(t, n.Start(0, constant{float32(demand)}))
			must(t, n.RunUntil(des.Minute))
			near(t, "load", float64(n.View().Load[1]), load, 1e-5)
			busy, want := processorSharing(rng.Root(1).Named(name), demand/meanBits, meanBits, rate, 200000, size)
			near(t, name+": busy share", busy, load, 0.03)
			var u users
			n.usersTo(&u, 0, 1)
			for class := range want {
				// 200,000 files at load 0.8 leave a standard error of about 2 %.
				near(t, name+": user throughput, Mbit/s", float64(u.mbps[class]), want[class]*1e-6, 0.08)
			}
		}
	}
}
