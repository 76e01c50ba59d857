package oracle

import (
	"math"

	"hibernet/sim/simd"
)

// How the slope at which a cell is just full is sought: until it lies between two,
// with steps that begin at a part firstStride of it and grow by the factor
// strideGrowth, then between them, with so many looks at most or until the load is
// nearEnough the room. The next round goes on from there.
const (
	mostLooks    = 5
	firstStride  = 0.1
	strideGrowth = 3
	nearEnough   = 0.01
	// A first guess is this part of what the cell earns by a load of 1.
	firstGuess = 0.3
	// Room that costs less than this part of what the cell earns is free.
	freeBelow = 1e-5
)

// fill is a state's knapsack at the prices.
type fill struct {
	worth     float64 // W, at least what the state can earn
	low, high look    // what it takes together
}

// look is the knapsack at a slope.
type look struct {
	slope float32 // W a load of 1: of the state, and of its room
	load  float64 // of the bins that are worth it
	share float32 // how much of them is taken
}

// fill looks for the slope at which the bins that are worth it fill cell c in
// state k, beginning at the slope of the last round. It ends as soon as the state
// cannot earn more than beat.
func (d *dual) fill(c int, k int32, beat float64) fill {
	var (
		o           = &d.net.Options[k]
		base, slope = down(o.SlopeW), max(d.now.slope[k], down(o.SlopeW))
		f           = fill{worth: math.Inf(1)}
		low, high   bool
		stride      = float32(firstStride)
	)
	for looks := 1; ; looks++ {
		worth, earned, load := d.look(c, k, slope)
		if worth < f.worth {
			f.worth, d.now.slope[k] = worth, slope
		}
		at := look{slope: slope, load: load}
		if load > o.Room {
			f.low, low = at, true
		} else {
			f.high, high = at, true
		}
		free, full := slope == base && load <= o.Room, math.Abs(load-o.Room) < nearEnough*o.Room
		if free || full || f.worth <= beat || looks == mostLooks {
			break
		}
		room := slope - base
		switch {
		case low && high:
			part := float32((f.low.load - o.Room) / (f.low.load - f.high.load))
			room = f.low.slope - base + (f.high.slope-f.low.slope)*min(max(part, 0.1), 0.9)
		case low && room == 0:
			room = firstGuess * float32(earned/load)
		case low:
			room *= 1 + stride
		default:
			room /= 1 + stride
		}
		if stride *= strideGrowth; float64(room)*o.Room < freeBelow*earned {
			room = 0
		}
		if slope = base + room; low && high && (slope <= f.low.slope || slope >= f.high.slope) {
			break // no number lies between them
		}
	}
	switch {
	case !low:
		f.high.share = 1
	case !high:
		f.low.share = float32(o.Room / f.low.load)
	default:
		f.low.share = float32((o.Room - f.high.load) / (f.low.load - f.high.load))
		f.high.share = 1 - f.low.share
	}
	return f
}

// look returns what the state can earn at most, W, as a slope tells it, what its
// bins earn at that slope, and their load.
func (d *dual) look(c int, k int32, slope float32) (worth, earned, load float64) {
	o, eights := &d.net.Options[k], d.eightsOf(c)
	e, l := simd.Earn(eights, d.load[k], d.now.bin, d.demand, slope)
	earned = float64(e) * (1 + float64(len(eights)+8)*0x1p-23)
	return earned + max(float64(slope)-o.SlopeW, 0)*o.Room, earned, float64(l)
}
