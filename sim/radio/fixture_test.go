package radio

import (
	"math"
	"math/rand/v2"
	"testing"
)

// network is a small random network for tests; its gains span 60 dB.
type network struct {
	links  *Links
	cells  *Cells
	share  []float32
	demand []float32
}

// randomNetwork makes a network of sectors with a cell on each of carriers,
// each sector a candidate of cells of up to `near` other sectors.
func randomNetwork(r *rand.Rand, sectors, carriers, near, bins int) network {
	n := sectors * carriers
	cells := &Cells{}
	for c := range n {
		cells.Carrier = append(cells.Carrier, uint8(c%carriers))
		cells.TxRBW = append(cells.TxRBW, 0.2+0.8*r.Float32())
		cells.BandwidthHz = append(cells.BandwidthHz, 2e7*(1+3*r.Float32()))
		cells.BeamGain = append(cells.BeamGain, 1+3*r.Float32())
		cells.LeakGain = append(cells.LeakGain, 0.3+0.7*r.Float32())
		cells.NoiseRBW = append(cells.NoiseRBW, 1e-14)
		cells.Layers = append(cells.Layers, 1+float32(r.IntN(4)))
		cells.PRBs = append(cells.PRBs, 100)
		cells.PriorityDB = append(cells.PriorityDB, float32(6*(c%carriers)))
		cells.MinRSRPDBm = append(cells.MinRSRPDBm, -105)
	}
	links := &Links{Bins: bins, Off: []int32{0}}
	net := network{links: links, cells: cells}
	for s := range sectors {
		others := r.Perm(sectors)
		for k := range carriers {
			links.Cell = append(links.Cell, int32(s*carriers+k))
			for _, o := range others[:min(near, sectors)] {
				if o != s {
					links.Cell = append(links.Cell, int32(o*carriers+k))
				}
			}
		}
		links.Off = append(links.Off, int32(len(links.Cell)))
		for l := int(links.Off[s]); l < int(links.Off[s+1]); l++ {
			own := int(links.Cell[l])/carriers == s
			for range bins {
				db := -110 - 30*r.Float64()
				if own {
					db = -85 - 30*r.Float64()
				}
				links.Gain = append(links.Gain, PackGain(float32(math.Pow(10, db/10))))
			}
		}
		for range bins {
			net.share = append(net.share, 1/float32(bins))
		}
		net.demand = append(net.demand, 1e7+9e7*r.Float32())
	}
	return net
}

// bandNetwork makes a network of one carrier in which each of so many
// candidates is among the nearest sectors.
func bandNetwork(r *rand.Rand, sectors, candidates int) network {
	net := randomNetwork(r, candidates, 1, candidates, 8)
	cells, links := net.cells, &Links{Bins: 8, Off: []int32{0}}
	grow := func(v *[]float32) {
		for len(*v) < sectors {
			*v = append(*v, (*v)[len(*v)%candidates])
		}
	}
	for _, v := range []*[]float32{&cells.TxRBW, &cells.BandwidthHz, &cells.BeamGain, &cells.LeakGain, &cells.NoiseRBW, &cells.Layers, &cells.PRBs, &cells.PriorityDB, &cells.MinRSRPDBm, &net.demand} {
		grow(v)
	}
	cells.Carrier = make([]uint8, sectors)
	net.share = nil
	for s := range sectors {
		for i := range candidates {
			c := (s + sectors + (i+1)/2*(1-2*(i%2))) % sectors
			links.Cell = append(links.Cell, int32(c))
			for range links.Bins {
				db := -110 - 30*r.Float64()
				if c == s {
					db = -85 - 30*r.Float64()
				}
				links.Gain = append(links.Gain, PackGain(float32(math.Pow(10, db/10))))
			}
		}
		links.Off = append(links.Off, int32(len(links.Cell)))
		for range links.Bins {
			net.share = append(net.share, 1.0/8)
		}
	}
	net.links = links
	return net
}

func newModel(t testing.TB, spec Spec, net network, workers int) *Model {
	t.Helper()
	m, err := NewModel(spec, net.links, net.cells, net.share, workers)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func tight() Spec {
	spec := DefaultSpec()
	spec.Tolerance, spec.MaxIterations = 1e-6, 5000
	return spec
}

// referenceLoads is the slow twin of Solve: float64, one cell at a time, from
// the given start, to 1e-12.
func referenceLoads(m *Model, st *State, demand []float32, start float64) []float64 {
	rho := make([]float64, len(m.cells.Carrier))
	for c := range rho {
		rho[c] = start
	}
	bins := m.links.Bins
	for range 100000 {
		worst := 0.0
		for c := range rho {
			f := 0.0
			for s := range m.links.Sectors() {
				for b := range bins {
					if l := m.Server(s*bins + b); l >= 0 && int(m.links.Cell[l]) == c {
						f += float64(demand[s]) * float64(m.share[s*bins+b]) / referenceRate(m, st, rho, s, b, int(l))
					}
				}
			}
			f = min(f, 1)
			worst = max(worst, math.Abs(f-rho[c]))
			rho[c] = f
		}
		if worst < 1e-12 {
			break
		}
	}
	return rho
}

func referenceRate(m *Model, st *State, rho []float64, s, b, serving int) float64 {
	server := m.links.Cell[serving]
	noise := float64(m.cells.NoiseRBW[server])
	for l := int(m.links.Off[s]); l < int(m.links.Off[s+1]); l++ {
		k := m.links.Cell[l]
		if l == serving || m.cells.Carrier[k] != m.cells.Carrier[server] || !st.Serving[k] {
			continue
		}
		noise += rho[k] * float64(st.Capacity[k]*m.cells.LeakGain[k]*m.cells.TxRBW[k]*st.Power[k]*m.links.At(l, b))
	}
	layers := float64(st.Layers[server])
	sinr := float64(m.cells.BeamGain[server]*m.cells.TxRBW[server]*st.Power[server]*m.links.At(serving, b)) / noise
	efficiency := min(m.spec.RateAlpha*math.Log2(1+sinr/layers), m.spec.RateCapBpsHz)
	return float64(m.cells.BandwidthHz[server]*st.Capacity[server]) * layers * efficiency
}
