package simd

import "math"

// Settle sets offered [n] to foreign [n] + offered*perHz [n], load [n] to
// min(offered, 1) and the first n of weight to load*full [n]. It returns the largest change of a load, and how many weights
// differ from known [n] by more than unheard*full or have become 0. The vector
// kernel and the portable one give the same bits.
func Settle(offered, foreign, perHz, load, weight, full, known []float32, unheard float32) (change float32, moved int) {
	n := len(offered)
	if len(foreign) != n || len(perHz) != n || len(load) != n || len(weight) < n || len(full) != n || len(known) != n {
		panic("simd: Settle with slices of other lengths")
	}
	whole := 0
	if Vector && n >= Lanes {
		whole = n &^ (Lanes - 1)
		change, moved = settleBlocks(offered, foreign, perHz, load, weight, full, known, whole/Lanes, unheard)
	}
	rest, more := settlePortable(offered[whole:], foreign[whole:], perHz[whole:], load[whole:], weight[whole:], full[whole:], known[whole:], unheard)
	return max(change, rest), moved + more
}

// settlePortable is what the kernel computes.
func settlePortable(offered, foreign, perHz, load, weight, full, known []float32, unheard float32) (change float32, moved int) {
	for j, asked := range offered {
		f := foreign[j] + float32(asked*perHz[j])
		offered[j] = f
		if f > 1 {
			f = 1
		}
		change = max(change, size(f-load[j]))
		w := f * full[j]
		load[j], weight[j] = f, w
		if d := size(w - known[j]); d > unheard*full[j] || w == 0 && d != 0 {
			moved++
		}
	}
	return change, moved
}

// size returns |x|, without a branch: the signs of changes follow no pattern.
func size(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }
