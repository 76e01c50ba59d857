package simd

import "math"

// Loads are cells whose loads follow from what they are offered. Shapes: n cells.
type Loads struct {
	Offered []float32 // [n] what is asked of a cell, but for the factor PerHz; Settle makes it Foreign + Offered*PerHz
	Foreign []float32 // [n] load that comes on top
	PerHz   []float32 // [n]
	Load    []float32 // [n] min(Offered, 1)
	Weight  []float32 // [n] Load*Full
	Full    []float32 // [n] weight of a full cell
	Known   []float32 // [n] weight that others know of
	Moved   []uint8   // [n/8 rounded up] whose weight has moved, a bit each
}

// Settle sets Offered, Load, Weight and Moved. It returns the largest change of
// a load, and how many have moved: their weights differ from Known by more than
// unheard*Full or have become 0. The vector kernel and the portable one give
// the same bits.
func (l *Loads) Settle(unheard float32) (change float32, count int) {
	n := len(l.Offered)
	if len(l.Foreign) != n || len(l.PerHz) != n || len(l.Load) != n || len(l.Weight) != n || len(l.Full) != n || len(l.Known) != n || len(l.Moved) != (n+7)/8 {
		panic("simd: Settle with slices of other lengths")
	}
	whole := 0
	if Vector && n >= Lanes {
		whole = n / Lanes * Lanes
		change, count = l.settleBlocks(whole/Lanes, unheard)
	}
	rest, more := l.settlePortable(whole, unheard)
	return max(change, rest), count + more
}

// settlePortable is what the kernel computes, for the cells from first on, a
// multiple of eight.
func (l *Loads) settlePortable(first int, unheard float32) (change float32, count int) {
	clear(l.Moved[first/8:])
	for j := first; j < len(l.Offered); j++ {
		f := l.Foreign[j] + float32(l.Offered[j]*l.PerHz[j])
		l.Offered[j] = f
		if f > 1 {
			f = 1
		}
		change = max(change, size(f-l.Load[j]))
		w := f * l.Full[j]
		l.Load[j], l.Weight[j] = f, w
		if d := size(w - l.Known[j]); d > unheard*l.Full[j] || w == 0 && d != 0 {
			count++
			l.Moved[j/8] |= 1 << (j % 8)
		}
	}
	return change, count
}

// size returns |x|, without a branch: the signs of changes follow no pattern.
func size(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }
