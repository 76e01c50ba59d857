package simd

// GatherTo copies the rows of src [..][width] with the given numbers to dst
// [len(rows)][width], one after the other. It panics when dst has another length
// or a row lies outside src.
func GatherTo(dst, src []float32, width int, rows []int32) {
	if width < 1 || len(dst) != width*len(rows) {
		panic("simd: GatherTo with slices of other lengths")
	}
	held := uint32(len(src) / width)
	for _, r := range rows {
		if uint32(r) >= held {
			panic("simd: GatherTo of a row outside src")
		}
	}
	gather(dst, src, width, rows)
}

// gatherPortable is what the kernel does.
func gatherPortable(dst, src []float32, width int, rows []int32) {
	for k, r := range rows {
		copy(dst[k*width:(k+1)*width], src[int(r)*width:])
	}
}
