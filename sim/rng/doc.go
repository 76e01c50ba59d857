// Package rng is the only source of randomness of the simulator.
//
// It is counter-based: a word is a pure function of (key, index), so any value
// can be asked for in any order, by any worker, and is always the same. Keys
// form a tree: Root(seed) is the trunk, Named makes a child by purpose
// ("shadowing", "demand") and At a child by index (cell, sector, step). Two
// different paths from the root give independent words for every practical
// purpose, and drawing from one key never moves another: a policy that draws
// more random numbers sees the same traffic.
//
// The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel
// random numbers: as easy as 1, 2, 3", SC'11), checked against the
// known-answer vectors of the authors' Random123 library. A Key holds 128 bits
// of identity, 64 in Philox's key and 64 in the upper half of its counter:
// with 64 bits alone, the 3e9 keys of 300,000 cells over 8,760 hours would
// meet with a probability of about one fifth.
//
// Keys are plain values: they may be copied, compared and shared between
// goroutines. A Stream has a position and belongs to one goroutine.
//
// The words are the same on every platform. Norm uses math.Erfinv, which is
// the same on every platform without fused multiply-add and within a few units
// in the last place elsewhere.
package rng
