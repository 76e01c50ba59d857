// Command gen writes the assembly of package simd. It is a module of its own,
// so that the generator's dependency stays out of the program:
//
//	cd sim/simd/gen && go run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg simd
package main

import (
	. "github.com/mmcloughlin/avo/build"
)

func main() {
	ConstraintExpr("amd64,!purego")
	for _, rows := range []int{6, 4, 2, 1} {
		tile(rows, false)
		tile(rows, true)
	}
	for _, rows := range []int{12, 4, 2, 1} {
		narrow(rows)
	}
	tanh()
	relu()
	tanhSlope()
	reluSlope()
	exp()
	adam()
	gather()
	serve8()
	hear8()
	need8()
	home8()
	settle8()
	earn8()
	take8()
	users8()
	tally8()
	cells8()
	philox8()
	Generate()
}
