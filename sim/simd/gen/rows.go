package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// rowsAhead is how many rows before its turn a row is fetched: the time of a
// fetch from memory over that of copying a row out of the cache.
const rowsAhead = 12

// gather writes a kernel that copies n rows of src, whose numbers are listed, to
// dst, one after the other. A row has bytes of them, at least 32. Rows lie
// anywhere: they are fetched into the cache ahead of their turn.
func gather() {
	TEXT("gather8", NOSPLIT, "func(dst, src *float32, bytes int, rows *int32, n int)")
	Pragma("noescape")
	Doc("gather8 copies n rows of src, of at least 32 bytes each, to dst.")
	dst, src, bytes := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("bytes"), GP64())
	rows, n := Load(Param("rows"), GP64()), Load(Param("n"), GP64())
	row, at, ahead, end := GP64(), GP64(), GP64(), GP64()
	x := YMM()

	Label("row")
	TESTQ(n, n)
	JZ(LabelRef("done"))
	CMPQ(n, Imm(rowsAhead))
	JLE(LabelRef("copy"))
	MOVLQSX(Mem{Base: rows, Disp: 4 * rowsAhead}, ahead)
	IMULQ(bytes, ahead)
	ADDQ(src, ahead)
	LEAQ(Mem{Base: ahead, Index: bytes, Scale: 1, Disp: -1}, end)
	Label("fetch")
	PREFETCHT0(Mem{Base: ahead})
	ADDQ(Imm(64), ahead)
	CMPQ(ahead, end)
	JLT(LabelRef("fetch"))
	PREFETCHT0(Mem{Base: end})

	Label("copy")
	MOVLQSX(Mem{Base: rows}, row)
	IMULQ(bytes, row)
	ADDQ(src, row)
	MOVQ(bytes, at)
	SUBQ(Imm(32), at)
	// The last block first: where bytes is no multiple of 32, another one
	// overlaps with it.
	VMOVUPS(Mem{Base: row, Index: at, Scale: 1}, x)
	VMOVUPS(x, Mem{Base: dst, Index: at, Scale: 1})
	Label("block")
	TESTQ(at, at)
	JLE(LabelRef("next"))
	VMOVUPS(Mem{Base: row}, x)
	VMOVUPS(x, Mem{Base: dst})
	ADDQ(Imm(32), row)
	ADDQ(Imm(32), dst)
	SUBQ(Imm(32), at)
	JMP(LabelRef("block"))
	Label("next")
	ADDQ(at, dst) // which is not above 0: by how much the blocks went past the row, less one block
	ADDQ(Imm(32), dst)
	ADDQ(Imm(4), rows)
	DECQ(n)
	JMP(LabelRef("row"))
	Label("done")
	VZEROUPPER()
	RET()
}
