package simd

// ServeTo finds the best link for each of eight lanes: that with the largest
// product of its cell's weight and its gain, above 0, the first of equals, among
// those with a gain of at least their cell's least. gain [links*Lanes] is
// bfloat16; weight and least are by cell. best is the place of a link in cell
// [links], -1 if there is none. The cells must lie inside weight and least: only
// the other lengths are checked.
func ServeTo(best *[Lanes]int32, cell []int32, gain []uint16, weight, least []float32) {
	if len(gain) != len(cell)*Lanes || len(weight) != len(least) {
		panic("simd: ServeTo with slices of other lengths")
	}
	serve(best, cell, gain, weight, least)
}

// servePortable is what the kernel computes.
func servePortable(best *[Lanes]int32, cell []int32, gain []uint16, weight, least []float32) {
	for lane := range best {
		most := float32(0)
		best[lane] = -1
		for l, c := range cell {
			g := FromBF16(gain[l*Lanes+lane])
			if x := g * weight[c]; x > most && g >= least[c] {
				best[lane], most = int32(l), x
			}
		}
	}
}
