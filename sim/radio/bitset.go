package radio

import "math/bits"

// bitset is a set of small numbers, a bit each. A number goes into it without
// asking whether it is there: which of a block's rows wait follows no pattern
// that a processor could foresee.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (s bitset) set(i uint16) { s[i/64] |= 1 << (i % 64) }

func (s bitset) has(i int) bool { return s[i/64]>>(i%64)&1 != 0 }

func (s bitset) any() bool {
	for _, w := range s {
		if w != 0 {
			return true
		}
	}
	return false
}

func (s bitset) count() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// add puts in what is in another set of as many numbers.
func (s bitset) add(other bitset) {
	for k, w := range other {
		s[k] |= w
	}
}

// takeTo empties the set and appends what was in it to list, ascending.
func (s bitset) takeTo(list []uint16) []uint16 {
	for k, w := range s {
		s[k] = 0
		for ; w != 0; w &= w - 1 {
			list = append(list, uint16(k*64+bits.TrailingZeros64(w)))
		}
	}
	return list
}
