package rng

import "math"

// Domain separators, so that the words of a key, its children by index and
// its children by name come from three unrelated Philox keys. They are the
// first 64-bit words of the fractional parts of sqrt(5), sqrt(7) and sqrt(11):
// any distinct constants would do.
const (
	domainRoot  = 0x3C6EF372FE94F82B
	domainIndex = 0xA54FF53A5F1D36F1
	domainName  = 0x510E527FADE682D1
)

// Key names one random sequence of 2^64 words. It is a comparable value; the
// zero Key is valid but is nobody's child: start from Root.
type Key struct {
	key, lane uint64
}

// Root returns the key from which all keys of a run with this seed descend.
func Root(seed uint64) Key {
	k, l := philox(seed, 0, domainRoot)
	return Key{key: k, lane: l}
}

// Named returns the independent child of k for a purpose.
func (k Key) Named(purpose string) Key {
	// FNV-1a, 64 bits: purposes are a few dozen constants.
	h := uint64(14695981039346656037)
	for i := range len(purpose) {
		h ^= uint64(purpose[i])
		h *= 1099511628211
	}
	a, b := philox(h, k.lane, k.key^domainName)
	return Key{key: a, lane: b}
}

// At returns the independent child of k with index i (an entity, a step).
func (k Key) At(i uint64) Key {
	a, b := philox(i, k.lane, k.key^domainIndex)
	return Key{key: a, lane: b}
}

// Uint64 returns word i of the key, uniform over all 64-bit values.
func (k Key) Uint64(i uint64) uint64 {
	a, b := philox(i>>1, k.lane, k.key)
	if i&1 == 0 {
		return a
	}
	return b
}

// Float64 returns a uniform value made of word i. It lies in the open
// interval (0, 1): the values are (n + 1/2)/2^52, so a logarithm or a quantile
// function may be taken of it and of its complement without a guard.
func (k Key) Float64(i uint64) float64 { return unit(k.Uint64(i)) }

// Norm returns a standard normal value made of word i alone, by the inverse
// of the distribution function; its magnitude is at most about 8.2.
func (k Key) Norm(i uint64) float64 { return normal(k.Uint64(i)) }

// Stream returns a reader that starts at word 0 of the key.
func (k Key) Stream() *Stream { return &Stream{key: k} }

// unit maps a word to (n + 1/2)/2^52 with n its upper 52 bits: exact.
func unit(w uint64) float64 { return (float64(w>>12) + 0.5) * 0x1p-52 }

// normal maps a word to a standard normal value. 2u-1 is exact in float64,
// and symmetric about zero.
func normal(w uint64) float64 { return math.Sqrt2 * math.Erfinv(2*unit(w)-1) }
