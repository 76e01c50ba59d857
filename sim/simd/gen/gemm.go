package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tile writes a kernel that computes tiles of so many rows and 16 columns, side
// by side: c = from + a*b over k terms. a is read one element at a time with any
// row and column stride, so that it may be transposed; rows of b, from and c are
// contiguous, and from may be c, or one row (stride 0). The masked kernel
// computes one tile and touches only the columns whose mask is set. Strides are
// in bytes. Each element's terms are added in the order of k, from zero.
func tile(rows int, masked bool) {
	name, count, mask := fmt.Sprintf("tile%dx16", rows), ", panels", ""
	if masked {
		name, count, mask = name+"Masked", "", ", mask *int32"
	}
	TEXT(name, NOSPLIT, "func(terms"+count+" int, a *float32, aRow, aCol int, b *float32, bRow int, from *float32, fromRow int, c *float32, cRow int"+mask+")")
	Pragma("noescape")
	Doc(name + " computes tiles of a product; see tile in gen.")
	aRow, aCol := Load(Param("aRow"), GP64()), Load(Param("aCol"), GP64())
	bRow := Load(Param("bRow"), GP64())
	tiles := []reg.GPVirtual{ // where the present tile begins
		Load(Param("b"), GP64()).(reg.GPVirtual), Load(Param("from"), GP64()).(reg.GPVirtual), Load(Param("c"), GP64()).(reg.GPVirtual),
	}
	var panels reg.Register
	if !masked {
		panels = Load(Param("panels"), GP64())
	}

	Label("panel")
	acc := make([][2]reg.VecVirtual, rows)
	for i := range acc {
		for j := range acc[i] {
			acc[i][j] = YMM()
			VXORPS(acc[i][j], acc[i][j], acc[i][j])
		}
	}
	a0, a3, b, k := GP64(), GP64(), GP64(), GP64()
	Load(Param("a"), a0)
	// Rows 3 to 5 hang on a second pointer: an address has scale 1 and 2 only.
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
	MOVQ(tiles[0], b)
	Load(Param("terms"), k)
	TESTQ(k, k)
	JZ(LabelRef("done"))
	Label("loop")
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
	JNZ(LabelRef("loop"))

	Label("done")
	from, c, fromRow, cRow := GP64(), GP64(), GP64(), GP64()
	MOVQ(tiles[1], from)
	MOVQ(tiles[2], c)
	Load(Param("fromRow"), fromRow)
	Load(Param("cRow"), cRow)
	for i := range acc {
		for j := range acc[i] {
			load(j, from, b0)
			VADDPS(b0, acc[i][j], acc[i][j])
			at := Mem{Base: c, Disp: 32 * j}
			if masked {
				VMOVUPS(Mem{Base: maskPointer(), Disp: 32 * j}, ai)
				VMASKMOVPS(acc[i][j], ai, at)
			} else {
				VMOVUPS(acc[i][j], at)
			}
		}
		ADDQ(fromRow, from)
		ADDQ(cRow, c)
	}
	if !masked {
		for _, p := range tiles {
			ADDQ(Imm(64), p)
		}
		DECQ(panels)
		JNZ(LabelRef("panel"))
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
