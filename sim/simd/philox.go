package simd

// PhiloxTo writes a word of the Philox4x32-10 block of one counter under many
// keys (Salmon et al., SC'11): the i-th under key[i], with lane[i] as the upper
// half of the counter; the first word of the block, or the second. A block is
// two words of 64 bits, each of two of 32, low word first. It is exact.
//
// It panics where the slices differ in length.
func PhiloxTo(dst, key, lane []uint64, counter uint64, second bool) {
	if len(key) != len(dst) || len(lane) != len(dst) {
		panic("simd: philox: slices of other lengths")
	}
	whole := 0
	if Vector {
		whole = len(dst) / Lanes * Lanes
		philoxEights(dst[:whole], key, lane, counter, second)
	}
	philoxPortable(dst[whole:], key[whole:], lane[whole:], counter, second)
}

// The two multipliers, and the Weyl increments of the keys.
const (
	philoxMul0, philoxMul1   = 0xD2511F53, 0xCD9E8D57
	philoxWeyl0, philoxWeyl1 = 0x9E3779B9, 0xBB67AE85
	philoxRounds             = 10
)

// philoxPortable is what the kernel computes.
func philoxPortable(dst, key, lane []uint64, counter uint64, second bool) {
	for i := range dst {
		c0, c1, c2, c3 := uint32(counter), uint32(counter>>32), uint32(lane[i]), uint32(lane[i]>>32)
		k0, k1 := uint32(key[i]), uint32(key[i]>>32)
		for range philoxRounds {
			p0, p1 := uint64(philoxMul0)*uint64(c0), uint64(philoxMul1)*uint64(c2)
			c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
			k0, k1 = k0+philoxWeyl0, k1+philoxWeyl1
		}
		if dst[i] = uint64(c1)<<32 | uint64(c0); second {
			dst[i] = uint64(c3)<<32 | uint64(c2)
		}
	}
}
