// Package simd holds the vector kernels of the hot paths. Each has a portable
// twin in Go that defines what it computes; on amd64 with AVX2 and FMA, found
// out at run time, assembly takes its place. Both add up in the same order, but
// the assembly rounds once per multiply-add, so results differ in the last
// bits: the tests state by how much. On one machine results do not depend on
// the number of workers or on how work is cut up.
//
// The assembly is generated: gen, a module of its own, writes the files whose
// names begin with kernels_ (go generate). The build tag purego leaves it out.
package simd

//go:generate sh -c "cd gen && go run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg simd"
