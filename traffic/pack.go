package traffic

import (
	"math"

	"hibernet/sim/rng"
)

// What is drawn once and kept for each sector is kept in 16 bits: a draw from a
// distribution that is known to some percent needs no more digits.

// leastFactor is the smallest factor that fits, 2^-16; the largest one is just
// below 2^16.
const leastFactor = 111 << 23 // as bits of a float32

// packFactor keeps a positive factor to 12 binary digits: within 0.025 %. What
// lies outside of what fits becomes the nearest that does.
func packFactor(x float32) uint16 {
	const half = 1 << 11
	bits := max(math.Float32bits(x), leastFactor) - leastFactor
	return uint16(min((bits+half)>>12, math.MaxUint16))
}

func unpackFactor(x uint16) float32 { return math.Float32frombits(uint32(x)<<12 + leastFactor) }

// normalStep is the step in which a standard normal number is kept, which
// bounds it to 8 standard deviations.
const normalStep = 1.0 / 4096

// packNormals fills dst with the normals of the words from first on, as numbers
// of steps.
func packNormals(dst []int16, key rng.Key, first int) {
	var z [256]float32
	for len(dst) > 0 {
		n := min(len(z), len(dst))
		key.NormsTo(z[:n], uint64(first))
		for i, v := range z[:n] {
			dst[i] = packNormal(v)
		}
		dst, first = dst[n:], first+n
	}
}

func packNormal(z float32) int16 {
	steps := math.Floor(float64(z)/normalStep + 0.5)
	return int16(min(max(steps, -math.MaxInt16), math.MaxInt16))
}
