package rng

import (
	"math/bits"
	"math/rand/v2"
)

// Stream reads the words of a Key in order. It satisfies the Source interface
// of math/rand/v2, so the distributions of gonum take it. A Stream is not safe
// for concurrent use.
type Stream struct {
	key  Key
	next uint64 // index of the next word
	odd  uint64 // the second word of the current block
}

var _ rand.Source = (*Stream)(nil)

// Skip goes on to word i of the key.
func (s *Stream) Skip(i uint64) {
	if s.next = i; i&1 == 1 {
		_, s.odd = philox(i>>1, s.key.lane, s.key.key)
	}
}

// Uint64 returns the next word: the n-th call returns key.Uint64(n).
func (s *Stream) Uint64() uint64 {
	i := s.next
	s.next++
	if i&1 == 1 {
		return s.odd
	}
	a, b := philox(i>>1, s.key.lane, s.key.key)
	s.odd = b
	return a
}

// Float64 returns a uniform value in the open interval (0, 1), from one word.
func (s *Stream) Float64() float64 { return unit(s.Uint64()) }

// Norm returns a standard normal value, from one word.
func (s *Stream) Norm() float64 { return normal(s.Uint64()) }

// IntN returns a uniform integer in [0, n). It panics if n <= 0. The method is
// Lemire's multiplication with rejection (ACM TOMACS 29(1), 2019), written
// out here so that results do not depend on the Go release.
func (s *Stream) IntN(n int) int {
	if n <= 0 {
		panic("rng: IntN needs n > 0")
	}
	m := uint64(n)
	hi, lo := bits.Mul64(s.Uint64(), m)
	if lo < m {
		for reject := -m % m; lo < reject; {
			hi, lo = bits.Mul64(s.Uint64(), m)
		}
	}
	return int(hi)
}

// Perm returns a uniform permutation of 0..n-1. It panics if n < 0.
func (s *Stream) Perm(n int) []int {
	if n < 0 {
		panic("rng: Perm needs n >= 0")
	}
	p := make([]int, n)
	for i := range p {
		j := s.IntN(i + 1)
		p[i] = p[j]
		p[j] = i
	}
	return p
}
