package rng

import "hibernet/sim/simd"

// Keys are several keys whose words of one index are wanted at the same time:
// of each they have the bits that the Key has by itself. The zero value has none.
type Keys struct {
	key, lane, words []uint64
}

// Reset leaves no keys.
func (k *Keys) Reset() { k.key, k.lane, k.words = k.key[:0], k.lane[:0], k.words[:0] }

// Add adds a key as the last one.
func (k *Keys) Add(key Key) {
	k.key, k.lane, k.words = append(k.key, key.key), append(k.lane, key.lane), append(k.words, 0)
}

// Float64sTo sets dst [keys] to the values that Key.Float64(i) has.
func (k *Keys) Float64sTo(dst []float64, i uint64) {
	for j, w := range k.at(i, len(dst)) {
		dst[j] = unit(w)
	}
}

// NormsTo sets dst [keys] to the values that Key.Norm(i) has.
func (k *Keys) NormsTo(dst []float64, i uint64) { normsTo(dst, k.at(i, len(dst))) }

// at returns word i of each of n keys, until the next call.
func (k *Keys) at(i uint64, n int) []uint64 {
	if n != len(k.key) {
		panic("rng: Keys: dst and keys differ in length")
	}
	simd.PhiloxTo(k.words, k.key, k.lane, i>>1, i&1 == 1)
	return k.words
}
