package published

import (
	"math"

	"hibernet/sim"
	"hibernet/sim/des"
	"hibernet/sim/rng"
)

// kind is a kind of file by how soon it must be there.
type kind struct {
	budget des.Time
	share  float64 // of the traffic
}

// fileBit and fileKinds are the files of the environment of Cai et al. (GitHub
// tztsai/Energy-Efficient-5G-RL, traffic/config.py and the first Monday of
// data/cluster_traffic_profiles.csv; read).
const fileBit = 1.5e6

var fileKinds = []kind{
	{50 * des.Millisecond, 0.02}, {150 * des.Millisecond, 0.30}, {300 * des.Millisecond, 0.68},
}

// files is demand made of single files: those of a kind begin at random
// (Poisson) at the rate of the source, and each asks for the lowest rate that
// meets its budget as long as it has.
type files struct {
	source sim.DemandSource
	epoch  des.Time // traffic epoch of the network
	key    rng.Key
}

// DemandTo implements sim.DemandSource.
func (f files) DemandTo(dst []float32, at des.Time) {
	f.source.DemandTo(dst, at)
	now := int64(at / f.epoch)
	for s, mean := range dst {
		sum := 0.0
		for k, kind := range fileKinds {
			begun := float64(mean) * kind.share * f.epoch.Seconds() / fileBit // in an epoch
			key := f.key.At(uint64(s)).At(uint64(k))
			for back := range int64(math.Ceil(kind.budget.Seconds() / f.epoch.Seconds())) {
				// The last epoch of a file may be a part of one.
				part := min(1, float64(kind.budget-des.Time(back)*f.epoch)/float64(f.epoch))
				sum += part * float64(poisson(begun, key.Float64(uint64(now-back)))) * fileBit / kind.budget.Seconds()
			}
		}
		dst[s] = float32(sum)
	}
}

// poisson returns the number that a Poisson variable of a small mean does not
// exceed with probability u.
func poisson(mean, u float64) int {
	n, p := 0, math.Exp(-mean)
	for sum := p; u >= sum && p > 0; sum += p {
		n++
		p *= mean / float64(n)
	}
	return n
}
