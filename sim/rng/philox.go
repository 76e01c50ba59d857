package rng

// Constants of Philox4x32 (Salmon et al., SC'11, section 4.3 and the
// Random123 header philox.h): the two multipliers and the Weyl increments of
// the key schedule (the golden ratio and sqrt(3)-1, in units of 2^-32).
const (
	mul0  = 0xD2511F53
	mul1  = 0xCD9E8D57
	weyl0 = 0x9E3779B9
	weyl1 = 0xBB67AE85
)

// rounds is the number of rounds the authors recommend; seven already pass
// TestU01's BigCrush.
const rounds = 10

// philox returns the Philox4x32-10 block of the counter (lo, hi) under key,
// each 64-bit argument being two 32-bit words of the original, low word
// first. The result is packed alike.
func philox(lo, hi, key uint64) (uint64, uint64) {
	c0, c1 := uint32(lo), uint32(lo>>32)
	c2, c3 := uint32(hi), uint32(hi>>32)
	k0, k1 := uint32(key), uint32(key>>32)
	for range rounds {
		p0 := uint64(mul0) * uint64(c0)
		p1 := uint64(mul1) * uint64(c2)
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0 += weyl0
		k1 += weyl1
	}
	return uint64(c1)<<32 | uint64(c0), uint64(c3)<<32 | uint64(c2)
}
