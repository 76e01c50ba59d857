package oracle

import (
	"math"

	"hibernet/sim/rng"
)

// randomNetwork makes a network of some cells with one or two awake states and
// as many bins of one sector each; about a fifth of the links are out of reach.
func randomNetwork(r *rng.Stream, cells, bins int) *Network {
	n := &Network{LinkOff: []int32{0}, OptionOff: []int32{0}}
	for j := range bins {
		n.BinSector = append(n.BinSector, int32(j))
		n.BinShare = append(n.BinShare, 1)
	}
	for c := range cells {
		n.MustServe = append(n.MustServe, c == 0)
		for j := range bins {
			n.LinkBin = append(n.LinkBin, int32(j))
		}
		for k := range 1 + c%2 {
			o := Option{OpenW: 20 + 80*r.Float64(), SlopeW: 10 + 100*r.Float64(), Room: 1, LoadPerBit: make([]float32, bins)}
			for j := range o.LoadPerBit {
				o.LoadPerBit[j] = float32((0.05 + 0.5*r.Float64()) * float64(1+k))
				if r.Float64() < 0.2 {
					o.LoadPerBit[j] = float32(math.Inf(1))
				}
			}
			n.Options = append(n.Options, o)
		}
		n.LinkOff = append(n.LinkOff, int32(len(n.LinkBin)))
		n.OptionOff = append(n.OptionOff, int32(len(n.Options)))
	}
	return n
}

func randomDemand(r *rng.Stream, bins int, scale float64) []float32 {
	d := make([]float32, bins)
	for j := range d {
		d[j] = float32(scale * r.Float64())
	}
	return d
}
