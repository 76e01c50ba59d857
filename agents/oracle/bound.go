package oracle

import (
	"context"
	"fmt"
	"math"
)

// Demand tells the traffic of one epoch: it writes each sector's offered rate,
// bit/s, to dst [sectors]. It serves one goroutine.
type Demand func(dst []float32, epoch int)

// Task is what a bound is wanted of: a time of Epochs epochs, over which at
// most DropBit may be dropped.
type Task struct {
	Epochs  int
	EpochS  float64
	Sectors int
	DropBit float64 // +Inf where nothing limits it
	// Open returns a Demand for one goroutine. All tell the same.
	Open func() Demand
}

// Options of Bound.
type Options struct {
	Workers int // goroutines, at least 1; they change no bit of the result
	// Progress, if not nil, is called after each epoch at a price, one call at a
	// time. done and total count rounds, which all take about as long.
	Progress func(done, total int)
}

// Result is a bound on the energy.
type Result struct {
	EnergyJ float64 // no plan that keeps the limit needs less
	// PricePerBit is the energy that dropping a bit is priced at, J. Any price
	// gives a bound; this one is about the best.
	PricePerBit float64
}

// The search for the price of dropping looks at one epoch in searchStride, and
// narrows the logarithm of the price by golden sections. From the prices that it
// leaves in these epochs, those of all others follow one after the other, away
// from it in both directions. So it is part of what fixes the bits of a result.
const (
	searchStride = 48
	searchRounds = 12
)

// Bound returns a lower bound on the energy of every plan that drops at most
// task.DropBit: whatever the plan knows, however it shares bins among cells,
// whenever it switches. It relaxes interference (rates are the highest that a
// bin can have), the choice of the serving cell (free among those in reach),
// transitions and dwell times (free), and within an epoch allows shares of
// states. With a limit on drops over the whole time it is
//
//	max over p >= 0 of  sum_t bound_t(p) - p DropBit
//
// where bound_t prices a dropped bit at p; the maximum is sought, but each p
// gives a bound.
func (n *Network) Bound(ctx context.Context, task Task, opt Options) (Result, error) {
	if err := n.Validate(); err != nil {
		return Result{}, err
	}
	if task.Epochs < 1 || !(task.EpochS > 0) || !(task.DropBit >= 0) || opt.Workers < 1 {
		return Result{}, fmt.Errorf("oracle: needs epochs >= 1 of some length, drops >= 0 and workers >= 1, got %d of %g s, %g bit, %d",
			task.Epochs, task.EpochS, task.DropBit, opt.Workers)
	}
	free := n.ConstantW * task.EpochS * float64(task.Epochs)
	floor := n.floorW() * task.EpochS * float64(task.Epochs)
	low, high := n.priceRange()
	if math.IsInf(task.DropBit, 1) || high == 0 {
		return Result{EnergyJ: free + floor}, nil
	}
	s := newSearch(newMarket(n), task, opt)
	first := cold
	price, err := golden(math.Log(low), math.Log(high), searchRounds, func(logPrice float64) (float64, error) {
		p := math.Exp(logPrice)
		sum, err := s.samples(ctx, p, first)
		first = repeat
		return sum*task.EpochS - p*task.DropBit, err
	})
	if err != nil {
		return Result{}, err
	}
	p := math.Exp(price)
	sum, err := s.all(ctx, p)
	if err != nil {
		return Result{}, err
	}
	return Result{EnergyJ: max(sum*task.EpochS-p*task.DropBit, floor) + free, PricePerBit: p}, nil
}

// floorW returns the power above the constant one with no traffic at all: of the
// cells that must serve.
func (n *Network) floorW() float64 {
	sum := 0.0
	for c, must := range n.MustServe {
		least := math.Inf(1)
		for _, o := range n.Options[n.OptionOff[c]:n.OptionOff[c+1]] {
			least = min(least, o.OpenW)
		}
		if must {
			sum += least
		} else {
			sum += min(least, 0)
		}
	}
	return sum
}

// priceRange returns between which prices of a bit that of dropping is sought:
// from the least energy that a bit can take to a thousand times the most, at
// which a cell is opened for a thousandth of a load.
func (n *Network) priceRange() (low, high float64) {
	low = math.Inf(1)
	for c := range n.Cells() {
		for _, o := range n.Options[n.OptionOff[c]:n.OptionOff[c+1]] {
			for _, w := range o.LoadPerBit {
				if w := float64(w); !math.IsInf(w, 1) {
					low = min(low, o.SlopeW*w)
					high = max(high, 1000*(o.SlopeW+max(o.OpenW, 0))*w)
				}
			}
		}
	}
	return max(min(low, high), high*1e-12), high
}

// golden returns about where a concave function on [low, high] is largest, after
// evaluating it rounds times.
func golden(low, high float64, rounds int, f func(float64) (float64, error)) (float64, error) {
	ratio := (math.Sqrt(5) - 1) / 2
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	fa, err := f(a)
	if err != nil {
		return 0, err
	}
	fb, err := f(b)
	for i := 2; i < rounds && err == nil; i++ {
		if fa >= fb {
			high, b, fb = b, a, fa
			a = high - ratio*(high-low)
			fa, err = f(a)
		} else {
			low, a, fa = a, b, fb
			b = low + ratio*(high-low)
			fb, err = f(b)
		}
	}
	if fa >= fb {
		return a, err
	}
	return b, err
}
