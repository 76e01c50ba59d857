package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tile writes a kernel that adds a product to a tile of so many rows and 16
// columns: c += a*b over k terms. a is read one element at a time with any row
// and column stride, so that it may be transposed; rows of b and c are
// contiguous. The masked kernel touches only the columns whose mask is set.
// Strides are in bytes. Each element's terms are added in the order of k.
func tile(rows int, masked bool) {
	name, mask := fmt.Sprintf("tile%dx16", rows), ""
	if masked {
		name, mask = name+"Masked", ", mask *int32"
	}
	TEXT(name, NOSPLIT, "func(terms int, a *float32, aRow, aCol int, b *float32, bRow int, c *float32, cRow int"+mask+")")
	Pragma("noescape")
	Doc(name + " adds a product to a tile; see tile in gen.")
	k := Load(Param("terms"), GP64())
	a0 := Load(Param("a"), GP64())
	aRow, aCol := Load(Param("aRow"), GP64()), Load(Param("aCol"), GP64())
	b, bRow := Load(Param("b"), GP64()), Load(Param("bRow"), GP64())
	c, cRow := Load(Param("c"), GP64()), Load(Param("cRow"), GP64())

	acc := make([][2]reg.VecVirtual, rows)
	for i := range acc {
		for j := range acc[i] {
			acc[i][j] = YMM()
			VXORPS(acc[i][j], acc[i][j], acc[i][j])
		}
	}
	// Rows 3 to 5 hang on a second pointer: an address has scale 1 and 2 only.
	a3 := GP64()
	if rows > 3 {
		LEAQ(Mem{Base: a0, Index: aRow, Scale: 2}, a3)
		ADDQ(aRow, a3)
	}
	element := func(i int) Mem {
		base := a0
		if i >= 3 {
			base = a3
		}
		if i%3 == 0 {
			return Mem{Base: base}
		}
		return Mem{Base: base, Index: aRow, Scale: uint8(i % 3)}
	}
	b0, b1, ai := YMM(), YMM(), YMM()
	load := func(j int, from reg.Register, to reg.VecVirtual) {
		at := Mem{Base: from, Disp: 32 * j}
		if !masked {
			VMOVUPS(at, to)
			return
		}
		// All 16 registers are taken: the mask passes through that of the
		// elements of a.
		VMOVUPS(Mem{Base: maskPointer(), Disp: 32 * j}, ai)
		VMASKMOVPS(at, ai, to)
	}
	Label("loop")
	TESTQ(k, k)
	JZ(LabelRef("done"))
	load(0, b, b0)
	load(1, b, b1)
	for i := range acc {
		VBROADCASTSS(element(i), ai)
		VFMADD231PS(b0, ai, acc[i][0])
		VFMADD231PS(b1, ai, acc[i][1])
	}
	ADDQ(aCol, a0)
	if rows > 3 {
		ADDQ(aCol, a3)
	}
	ADDQ(bRow, b)
	DECQ(k)
	JMP(LabelRef("loop"))
	Label("done")
	for i := range acc {
		for j := range acc[i] {
			load(j, c, b0)
			VADDPS(b0, acc[i][j], acc[i][j])
			at := Mem{Base: c, Disp: 32 * j}
			if masked {
				VMOVUPS(Mem{Base: maskPointer(), Disp: 32 * j}, ai)
				VMASKMOVPS(acc[i][j], ai, at)
			} else {
				VMOVUPS(acc[i][j], at)
			}
		}
		ADDQ(cRow, c)
	}
	VZEROUPPER()
	RET()
}

// maskPointer loads the mask's address again: the loop needs every register.
func maskPointer() reg.GPVirtual {
	p := GP64()
	Load(Param("mask"), p)
	return p
}
