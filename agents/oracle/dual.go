package oracle

import (
	"cmp"
	"math"
	"slices"
)

// How often the prices of an epoch are improved: from scratch, and from those of
// the epoch before. Any number gives a bound; on random networks of the tests it
// is then within half a percent of the linear relaxation on average.
const (
	coldRounds = 60
	warmRounds = 16
)

// Steps of the prices: a bin that is served too little by a whole becomes dearer
// by the factor e^step, from the first step at the beginning to lastStep at the
// end.
const (
	coldStep = 0.5
	warmStep = 0.15
	lastStep = 0.01
	// A bin that many cells would serve gets cheaper as if by two too many.
	mostExcess = 2
)

// dual works out the bound of one epoch at a time. It is for one goroutine.
//
// The relaxation: in the epoch cell i is in state k for a share y_ik of the time,
// serves the bit/s x_ikj of bin j, and z_j is dropped,
//
//	minimise    sum OpenW_ik y_ik + sum SlopeW_ik w_ikj x_ikj + dropPrice sum z_j
//	subject to  sum_ik x_ikj + z_j = d_j             (prices u_j)
//	            x_ikj <= d_j y_ik,  sum_j w_ikj x_ikj <= Room y_ik
//	            sum_k y_ik <= 1, = 1 for a cell that must serve
//
// with w the load of a bit/s. For any prices 0 <= u_j <= dropPrice weak duality
// gives the bound
//
//	sum_j d_j u_j - sum_i max_k (K_ik(u) - OpenW_ik), at least 0 for a cell that may sleep
//
// where K_ik is the knapsack max sum_j (u_j - SlopeW w_j) x_j with x_j <= d_j and
// sum w_j x_j <= Room: filled by falling u_j/w_j. Facility location by the prices
// of its customers is D. Erlenkotter, A dual-based procedure for uncapacitated
// facility location, Operations Research 26(6), 1978; with the knapsacks it is
// the Lagrangian relaxation of A. M. Geoffrion and R. McBride, AIIE Transactions
// 10(1), 1978 (recalled).
type dual struct {
	net     *Network
	demand  []float64 // [bins] bit/s
	price   []float64 // [bins] W a bit/s
	served  []float64 // [bins] share that the cells would serve at the price
	settled []float64 // [bins] the best prices of the epoch
	start   []float64 // [bins] least power of a bit/s at a cell that is full

	take []float64 // [most links of a cell] share of the bin in the best knapsack
	try  []float64 // likewise, in the present one
	pick []int32   // its links by falling value, if not all fit
}

func newDual(net *Network) *dual {
	bins, most := net.Bins(), 0
	for c := range net.Cells() {
		most = max(most, int(net.LinkOff[c+1]-net.LinkOff[c]))
	}
	d := &dual{
		net: net, demand: make([]float64, bins), price: make([]float64, bins), served: make([]float64, bins), settled: make([]float64, bins), start: make([]float64, bins),
		take: make([]float64, most), try: make([]float64, most), pick: make([]int32, 0, most),
	}
	for j := range d.start {
		d.start[j] = math.Inf(1)
	}
	for c := range net.Cells() {
		links := net.LinkBin[net.LinkOff[c]:net.LinkOff[c+1]]
		for k := net.OptionOff[c]; k < net.OptionOff[c+1]; k++ {
			o := &net.Options[k]
			perLoad := o.SlopeW
			if !net.MustServe[c] {
				perLoad += max(o.OpenW, 0) / o.Room
			}
			for l, j := range links {
				if w := float64(o.LoadPerBit[l]); !math.IsInf(w, 1) {
					d.start[j] = min(d.start[j], perLoad*w)
				}
			}
		}
	}
	return d
}

// epoch returns the bound of the power above the constant one, W, with dropped
// traffic priced at dropPrice W a bit/s. sector holds the offered rates, bit/s
// [sectors]. warm says that the prices of the epoch before, at the same dropPrice,
// are still there to go on from.
func (d *dual) epoch(sector []float32, dropPrice float64, warm bool) (powerW float64) {
	n, rounds, step := d.net, coldRounds, coldStep
	if warm {
		rounds, step = warmRounds, warmStep
	}
	for j, s := range n.BinSector {
		d.demand[j] = float64(sector[s]) * float64(n.BinShare[j])
		switch {
		case !warm:
			d.price[j] = min(d.start[j], dropPrice)
		case d.settled[j] > 0: // from 0 no factor leads away
			d.price[j] = d.settled[j]
		}
	}
	best := math.Inf(-1)
	decay := math.Pow(lastStep/step, 1/float64(rounds-1))
	for range rounds {
		if v := d.value(); v > best {
			best = v
			copy(d.settled, d.price)
		}
		for j := range d.price {
			if lack := max(1-d.served[j], -mostExcess); lack != 0 {
				d.price[j] = min(d.price[j]*math.Exp(step*lack), dropPrice)
			}
		}
		step *= decay
	}
	return best
}

// value returns the bound at the present prices and sets served.
func (d *dual) value() float64 {
	n := d.net
	total := 0.0
	for j, u := range d.price {
		total += d.demand[j] * u
	}
	clear(d.served)
	for c := range n.Cells() {
		links := n.LinkBin[n.LinkOff[c]:n.LinkOff[c+1]]
		gain, open := 0.0, false
		if n.MustServe[c] {
			gain = math.Inf(-1)
		}
		for k := n.OptionOff[c]; k < n.OptionOff[c+1]; k++ {
			o := &n.Options[k]
			if g := d.knapsack(o, links) - o.OpenW; g > gain {
				gain, open = g, true
				d.take, d.try = d.try, d.take
			}
		}
		total -= gain
		if open {
			for l, j := range links {
				d.served[j] += d.take[l]
			}
		}
	}
	return total
}

// knapsack returns the most that a cell in a state can earn at the prices, and
// sets try to the shares of its bins that it then serves.
func (d *dual) knapsack(o *Option, links []int32) float64 {
	gain, load := 0.0, 0.0
	d.pick = d.pick[:0]
	for l, j := range links {
		d.try[l] = 0
		w := float64(o.LoadPerBit[l])
		if earn := d.price[j] - o.SlopeW*w; earn > 0 {
			d.try[l] = 1
			gain += earn * d.demand[j]
			load += w * d.demand[j]
			d.pick = append(d.pick, int32(l))
		}
	}
	if load <= o.Room {
		return gain
	}
	slices.SortFunc(d.pick, func(a, b int32) int {
		va, vb := d.price[links[a]]/float64(o.LoadPerBit[a]), d.price[links[b]]/float64(o.LoadPerBit[b])
		if c := cmp.Compare(vb, va); c != 0 {
			return c
		}
		return cmp.Compare(a, b)
	})
	gain, room := 0.0, o.Room
	for _, l := range d.pick {
		j, w := links[l], float64(o.LoadPerBit[l])
		need := w * d.demand[j]
		share := 1.0
		if need > room {
			share = room / need
		}
		d.try[l] = share
		gain += share * d.demand[j] * (d.price[j] - o.SlopeW*w)
		room -= share * need
	}
	return gain
}
