package oracle

import (
	"context"
	"math"

	"hibernet/sim/simd"
)

// mostExcess: a bin that many cells would serve gets cheaper as if by two too many.
const mostExcess = 2

// effort is how often the prices of an epoch are improved, and by which steps: a
// bin that is served too little by a whole becomes dearer by the factor e^step,
// from the first step at the beginning to the last one at the end. Any gives a
// bound.
type effort struct {
	rounds      int
	first, last float64
}

// Efforts from scratch, from the prices of the same epoch at another price of
// dropping, and from those of the epoch before. On random networks of the tests
// the first is within half a percent of the linear relaxation on average.
var (
	cold   = effort{60, 0.5, 0.01}
	repeat = effort{20, 0.3, 0.01}
	warm   = effort{16, 0.2, 0.01}
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
// sum w_j x_j <= Room. It is not filled but priced: for any slope s >= SlopeW
//
//	K_ik <= (s - SlopeW) Room + sum_j max(u_j - s w_j, 0) d_j
//
// with equality at the best s, where the bins that are worth it fill the cell; for
// s < SlopeW the sum alone is a bound.
//
// Prices, slopes and sums of a cell are of single precision, which the bound
// allows for: prices and slopes may be any, demands are rounded down (who serves
// less needs no more), and sums are taken as larger by what simd.Earn may be off.
//
// Facility location by the prices of its customers is D. Erlenkotter, A dual-based
// procedure for uncapacitated facility location, Operations Research 26(6), 1978;
// with the knapsacks it is the Lagrangian relaxation of A. M. Geoffrion and
// R. McBride, AIIE Transactions 10(1), 1978 (recalled).
type dual struct {
	*market
	now, best *prices
	demand    []float32 // [lanes] bit/s
	taken     []float32 // [lanes] share that the cells would serve at the price
	factor    []float32 // [lanes] by which the price changes
}

func newDual(m *market) *dual {
	d := &dual{market: m, now: m.newPrices(), best: m.newPrices()}
	d.demand, d.taken, d.factor = make([]float32, m.lanes()), make([]float32, m.lanes()), make([]float32, m.lanes())
	return d
}

// epoch returns the bound of the power above the constant one, W, with dropped
// traffic priced at dropPrice W a bit/s, and improves the prices from, which may be
// those of another epoch or price of dropping. sector holds the offered rates,
// bit/s [sectors]. It is cut short when ctx ends.
func (d *dual) epoch(ctx context.Context, sector []float32, dropPrice float64, from *prices, by effort) (powerW float64) {
	most := down(dropPrice)
	for j, s := range d.net.BinSector {
		d.demand[j] = down(float64(sector[s]) * float64(d.net.BinShare[j]))
	}
	d.now.set(from)
	for j, u := range d.now.bin {
		d.now.bin[j] = min(u, most)
	}
	best, step, decay := math.Inf(-1), by.first, math.Pow(by.last/by.first, 1/float64(by.rounds-1))
	for range by.rounds {
		if ctx.Err() != nil {
			break
		}
		if v := d.value(); v > best {
			best = v
			d.best.set(d.now)
		}
		d.improve(float32(step), most)
		step *= decay
	}
	from.set(d.best)
	return best
}

// improve makes bins that are served too little dearer, and others cheaper.
func (d *dual) improve(step, most float32) {
	for j, t := range d.taken {
		d.factor[j] = step * max(1-t, -mostExcess)
	}
	simd.Exp(d.factor)
	for j, f := range d.factor {
		d.now.bin[j] = min(d.now.bin[j]*f, most)
	}
}

// value returns the bound at the present prices, sets taken, and improves the
// slopes.
func (d *dual) value() float64 {
	total := 0.0
	for j, u := range d.now.bin {
		total += float64(d.demand[j]) * float64(u)
	}
	total *= 1 - float64(len(d.demand))*0x1p-52 // what adding up may have put on top
	clear(d.taken)
	for c, must := range d.net.MustServe {
		var open fill
		at, gain := int32(-1), 0.0
		if must {
			gain = math.Inf(-1)
		}
		for k := d.net.OptionOff[c]; k < d.net.OptionOff[c+1]; k++ {
			openW := d.net.Options[k].OpenW
			f := d.fill(c, k, gain+openW)
			if g := f.worth - openW; g > gain {
				at, gain, open = k, g, f
			}
		}
		total -= gain
		if at >= 0 {
			d.take(c, at, open)
		}
	}
	return total
}

// take adds what the cell serves to taken.
func (d *dual) take(c int, k int32, f fill) {
	for _, part := range [...]look{f.low, f.high} {
		if part.share > 0 {
			simd.Take(d.eightsOf(c), d.load[k], d.now.bin, d.taken, part.slope, part.share)
		}
	}
}

// down returns the largest number of single precision that is at most x.
func down(x float64) float32 {
	f := float32(x)
	if float64(f) > x {
		f = math.Nextafter32(f, float32(math.Inf(-1)))
	}
	return f
}
