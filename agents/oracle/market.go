package oracle

import (
	"math"
	"slices"

	"hibernet/sim/simd"
)

// market is a network laid out for simd.Earn: bins in eights, of which each cell
// has those with a link, and for each state the loads of all their bins.
type market struct {
	net    *Network
	off    []int32     // [cells+1] the eights of cell c are [off[c], off[c+1])
	eights []int32     // ascending for each cell
	load   [][]float32 // [options][lanes of the cell's eights] load of each bit/s, +Inf out of reach
	start  *prices
}

// prices are what a round improves.
type prices struct {
	bin   []float32 // [lanes] W a bit/s
	slope []float32 // [options] W a load of 1, with the price of room in a full cell
}

func (p *prices) set(q *prices) {
	copy(p.bin, q.bin)
	copy(p.slope, q.slope)
}

func (m *market) newPrices() *prices {
	return &prices{bin: make([]float32, m.lanes()), slope: make([]float32, len(m.net.Options))}
}

// lanes returns the number of bins, rounded up to eights.
func (m *market) lanes() int { return (m.net.Bins() + simd.Lanes - 1) / simd.Lanes * simd.Lanes }

func (m *market) eightsOf(c int) []int32 { return m.eights[m.off[c]:m.off[c+1]] }

// newMarket lays a network out. Prices start from the least power of a bit/s at a
// cell that is full, those of bins that nobody reaches from +Inf: what is dropped
// there is paid for in full.
func newMarket(net *Network) *market {
	m := &market{net: net, off: make([]int32, net.Cells()+1), load: make([][]float32, len(net.Options))}
	m.start = m.newPrices()
	for j := range m.start.bin {
		m.start.bin[j] = float32(math.Inf(1))
	}
	for c := range net.Cells() {
		links, first := net.LinkBin[net.LinkOff[c]:net.LinkOff[c+1]], len(m.eights)
		for _, j := range links {
			m.eights = append(m.eights, j/simd.Lanes)
		}
		slices.Sort(m.eights[first:])
		m.eights = m.eights[:first+len(slices.Compact(m.eights[first:]))]
		m.off[c+1] = int32(len(m.eights))
		for k := net.OptionOff[c]; k < net.OptionOff[c+1]; k++ {
			m.lay(c, k, links)
		}
	}
	return m
}

// lay lays out the loads of state k of cell c and lets prices start no higher than
// by it.
func (m *market) lay(c int, k int32, links []int32) {
	o, eights := &m.net.Options[k], m.eightsOf(c)
	load := slices.Repeat([]float32{float32(math.Inf(1))}, len(eights)*simd.Lanes)
	perLoad := o.SlopeW
	if !m.net.MustServe[c] {
		perLoad += max(o.OpenW, 0) / o.Room
	}
	for l, j := range links {
		w := o.LoadPerBit[l]
		at, _ := slices.BinarySearch(eights, j/simd.Lanes)
		load[at*simd.Lanes+int(j%simd.Lanes)] = w
		if !math.IsInf(float64(w), 1) {
			m.start.bin[j] = min(m.start.bin[j], float32(perLoad)*w)
		}
	}
	m.load[k], m.start.slope[k] = load, down(o.SlopeW)
}
