package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// narrow writes a kernel that computes one tile of so many rows and up to 8
// columns, those whose mask is set: the few of a network's last layer, for which
// a tile of 16 columns would work twice as long. What it computes, and in which
// order, is as in tile.
func narrow(rows int) {
	name := fmt.Sprintf("tile%dx8Masked", rows)
	TEXT(name, NOSPLIT, "func(terms int, a *float32, aRow, aCol int, b *float32, bRow int, from *float32, fromRow int, c *float32, cRow int, mask *int32)")
	Pragma("noescape")
	Doc(name + " computes a tile of a product; see narrow in gen.")
	aRow, aCol := Load(Param("aRow"), GP64()), Load(Param("aCol"), GP64())
	b, bRow := Load(Param("b"), GP64()), Load(Param("bRow"), GP64())
	// Every third row has a pointer of its own: an address has scale 1 and 2 only.
	var base []reg.GPVirtual
	for i := 0; i < rows; i += 3 {
		p := GP64()
		if i == 0 {
			Load(Param("a"), p)
		} else {
			LEAQ(Mem{Base: base[len(base)-1], Index: aRow, Scale: 2}, p)
			ADDQ(aRow, p)
		}
		base = append(base, p)
	}
	acc := make([]reg.VecVirtual, rows)
	for i := range acc {
		acc[i] = YMM()
		VXORPS(acc[i], acc[i], acc[i])
	}
	mask, row, element, at, k := YMM(), YMM(), YMM(), GP64(), GP64()
	Load(Param("mask"), at)
	VMOVUPS(Mem{Base: at}, mask)
	Load(Param("terms"), k)
	TESTQ(k, k)
	JZ(LabelRef("done"))
	Label("loop")
	VMASKMOVPS(Mem{Base: b}, mask, row)
	for i := range acc {
		from := Mem{Base: base[i/3]}
		if i%3 > 0 {
			from.Index, from.Scale = aRow, uint8(i%3)
		}
		VBROADCASTSS(from, element)
		VFMADD231PS(row, element, acc[i])
	}
	for _, p := range base {
		ADDQ(aCol, p)
	}
	ADDQ(bRow, b)
	DECQ(k)
	JNZ(LabelRef("loop"))
	Label("done")
	from, c, fromRow, cRow := GP64(), GP64(), GP64(), GP64()
	Load(Param("from"), from)
	Load(Param("c"), c)
	Load(Param("fromRow"), fromRow)
	Load(Param("cRow"), cRow)
	for _, sum := range acc {
		VMASKMOVPS(Mem{Base: from}, mask, row)
		VADDPS(row, sum, sum)
		VMASKMOVPS(sum, mask, Mem{Base: c})
		ADDQ(fromRow, from)
		ADDQ(cRow, c)
	}
	VZEROUPPER()
	RET()
}
