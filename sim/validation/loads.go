package validation

import (
	"math"

	"hibernet/sim/radio"
	"hibernet/sim/rng"
)

// exactNetwork is the load coupling written out in double precision from its
// equations (doc of radio.Model.Solve), with nothing kept from one evaluation
// to the next. It shares no code with the load model.
type exactNetwork struct {
	links  *radio.Links
	cells  *radio.Cells
	state  *radio.State
	share  []float32
	demand []float64 // [sectors] bit/s
	alpha  float64
	limit  float64 // bit/s/Hz
	server []int   // [bins] link, -1 in outage
	// dither moves each gain by up to what its rounding may have done.
	dither bool
}

// newExact returns the network with each bin's server, found by trying all
// links in decibels.
func newExact(links *radio.Links, cells *radio.Cells, st *radio.State, share []float32, demand []float64, spec radio.Spec) *exactNetwork {
	e := &exactNetwork{links: links, cells: cells, state: st, share: share, demand: demand, alpha: spec.RateAlpha, limit: spec.RateCapBpsHz}
	for s := range links.Sectors() {
		for b := range links.Bins {
			e.server = append(e.server, e.serverOf(s, b))
		}
	}
	return e
}

// serverOf returns the link of the largest received power + priority + offset
// among those that reach their least power.
func (e *exactNetwork) serverOf(s, b int) int {
	best, bestDB := -1, math.Inf(-1)
	for l := int(e.links.Off[s]); l < int(e.links.Off[s+1]); l++ {
		c := e.links.Cell[l]
		rsrp := 10*math.Log10(e.received(l, b)/12) + 30
		if !e.state.Serving[c] || rsrp < float64(e.cells.MinRSRPDBm[e.cells.KindOf(int32(c))]) {
			continue
		}
		if db := rsrp + float64(e.cells.PriorityDB[e.cells.KindOf(int32(c))]) + float64(e.state.CIODB[c]); db > bestDB {
			best, bestDB = l, db
		}
	}
	return best
}

// gain returns the gain of link l in bin b.
func (e *exactNetwork) gain(l, b int) float64 {
	gain := float64(e.links.At(l, b))
	if e.dither {
		const half = 1.0 / 256 // half a unit in the last of eight binary digits
		gain *= 1 + half*(2*rng.Root(1).Named("rounding").At(uint64(l)).Float64(uint64(b))-1)
	}
	return gain
}

// received returns the power of a resource block of link l in bin b, W.
func (e *exactNetwork) received(l, b int) float64 {
	c := e.links.Cell[l]
	return float64(e.cells.TxRBW[e.cells.KindOf(int32(c))]) * float64(e.state.Power[c]) * e.gain(l, b)
}

// rate returns the bit/s of a user alone in bin b of sector s under loads rho.
func (e *exactNetwork) rate(rho []float64, s, b int) float64 {
	server := e.server[s*e.links.Bins+b]
	if server < 0 {
		return 0
	}
	c := e.links.Cell[server]
	rest := float64(e.cells.NoiseRBW[e.cells.KindOf(int32(c))])
	for l := int(e.links.Off[s]); l < int(e.links.Off[s+1]); l++ {
		k := e.links.Cell[l]
		if l != server && e.cells.Carrier[k] == e.cells.Carrier[c] && e.state.Serving[k] {
			rest += rho[k] * float64(e.state.Capacity[k]) * float64(e.cells.LeakGain[e.cells.KindOf(int32(k))]) * float64(e.cells.TxRBW[e.cells.KindOf(int32(k))]) * float64(e.state.Power[k]) * e.gain(l, b)
		}
	}
	layers := float64(e.state.Layers[c])
	sinr := float64(e.cells.BeamGain[e.cells.KindOf(int32(c))]) * e.received(server, b) / rest
	efficiency := math.Min(e.alpha*math.Log1p(sinr/layers)/math.Ln2, e.limit)
	return float64(e.cells.BandwidthHz[e.cells.KindOf(int32(c))]) * float64(e.state.Capacity[c]) * layers * efficiency
}

// offered returns f(rho), the unclipped load of each cell.
func (e *exactNetwork) offered(rho []float64) []float64 {
	out := make([]float64, len(rho))
	for s := range e.links.Sectors() {
		for b := range e.links.Bins {
			if l := e.server[s*e.links.Bins+b]; l >= 0 {
				out[e.links.Cell[l]] += e.demand[s] * float64(e.share[s*e.links.Bins+b]) / e.rate(rho, s, b)
			}
		}
	}
	return out
}

// exactGap is how close the two sides of a bracket must come.
const exactGap = 1e-11

// solve returns the fixed point of min(f, 1), known to exactGap: iterated from
// all cells idle it rises to the solution, from all cells full it falls, so it
// lies between the two. gap is how far apart they are in the end.
func (e *exactNetwork) solve() (rho []float64, gap float64) {
	n := len(e.cells.Carrier)
	low, high := make([]float64, n), make([]float64, n)
	for c := range high {
		high[c] = 1
	}
	for range 20000 {
		gap = 0
		fl, fh := e.offered(low), e.offered(high)
		for c := range low {
			low[c], high[c] = math.Min(fl[c], 1), math.Min(fh[c], 1)
			gap = math.Max(gap, math.Abs(high[c]-low[c]))
		}
		if gap < exactGap {
			break
		}
	}
	for c := range low {
		low[c] = (low[c] + high[c]) / 2
	}
	return low, gap
}

// spectralRadius returns that of the matrix H of the coupling's limit at large
// loads, H_ik = ln 2/(alpha B_i) sum over the bins j of i of d_j p_k g_kj /
// (p_i g_ij) (k other than i), by the power method: the unclipped coupling
// without a cap has a solution if and only if it is below 1. Layers share the
// power, so they cancel.
func (e *exactNetwork) spectralRadius() float64 {
	n := len(e.cells.Carrier)
	h := make([]float64, n*n)
	for s := range e.links.Sectors() {
		for b := range e.links.Bins {
			server := e.server[s*e.links.Bins+b]
			if server < 0 {
				continue
			}
			i := e.links.Cell[server]
			scale := math.Ln2 / (e.alpha * float64(e.cells.BandwidthHz[e.cells.KindOf(int32(i))]) * float64(e.state.Capacity[i])) *
				e.demand[s] * float64(e.share[s*e.links.Bins+b]) / (float64(e.cells.BeamGain[e.cells.KindOf(int32(i))]) * e.received(server, b))
			for l := int(e.links.Off[s]); l < int(e.links.Off[s+1]); l++ {
				k := e.links.Cell[l]
				if l != server && e.cells.Carrier[k] == e.cells.Carrier[i] && e.state.Serving[k] {
					h[int(i)*n+int(k)] += scale * float64(e.state.Capacity[k]) * float64(e.cells.LeakGain[e.cells.KindOf(int32(k))]) * e.received(l, b)
				}
			}
		}
	}
	// H + 1 has the same vectors and no cycles, so that the method settles.
	v, radius := make([]float64, n), 0.0
	for i := range v {
		v[i] = 1
	}
	for range 3000 {
		next, norm := make([]float64, n), 0.0
		for i := range next {
			next[i] = v[i]
			for k := range v {
				next[i] += h[i*n+k] * v[k]
			}
			norm = math.Max(norm, next[i])
		}
		for i := range next {
			v[i] = next[i] / norm
		}
		radius = norm - 1
	}
	return radius
}
