package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// settle8 writes the kernel of simd.Settle. It multiplies and adds apart, as its
// twin does, so that both give the same bits.
func settle8() {
	data := GLOBL("settleData", RODATA|NOPTR)
	for i := range 16 {
		word := U32(0x3f800000) // 1
		if i >= 8 {
			word = 0x7fffffff // all but the sign
		}
		DATA(4*i, word)
	}
	TEXT("settle8", NOSPLIT, "func(offered, foreign, perHz, load, weight, full, known *float32, moved *uint8, blocks int, unheard float32) (change float32, count int)")
	Pragma("noescape")
	Doc("settle8 sets 8*blocks of offered to foreign + offered*perHz, loads to min(offered, 1) and weights to load*full, and says which have moved.")
	offered, load, weight := Load(Param("offered"), GP64()), Load(Param("load"), GP64()), Load(Param("weight"), GP64())
	foreign, perHz := Load(Param("foreign"), GP64()), Load(Param("perHz"), GP64())
	full, known, blocks := Load(Param("full"), GP64()), Load(Param("known"), GP64()), Load(Param("blocks"), GP64())
	one, size, unheard, zero := YMM(), YMM(), YMM(), YMM()
	VMOVDQU(data.Offset(0), one)
	VMOVDQU(data.Offset(32), size)
	at, err := Param("unheard").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(at.Addr, unheard)
	VXORPS(zero, zero, zero)
	change, i, count, bits, moved := YMM(), GP64(), GP64(), GP64(), Load(Param("moved"), GP64())
	VXORPS(change, change, change)
	XORQ(i, i)
	XORQ(count, count)
	Label("next")
	DECQ(blocks)
	JL(LabelRef("end"))
	f, d, w, limit, silent := YMM(), YMM(), YMM(), YMM(), YMM()
	VMOVUPS(Mem{Base: offered, Index: i, Scale: 1}, f)
	VMULPS(Mem{Base: perHz, Index: i, Scale: 1}, f, f)
	VADDPS(Mem{Base: foreign, Index: i, Scale: 1}, f, f)
	VMOVUPS(f, Mem{Base: offered, Index: i, Scale: 1})
	VMINPS(f, one, f)
	VSUBPS(Mem{Base: load, Index: i, Scale: 1}, f, d)
	VANDPS(size, d, d)
	VMAXPS(change, d, change)
	VMOVUPS(Mem{Base: full, Index: i, Scale: 1}, limit)
	VMULPS(limit, f, w)
	VMOVUPS(f, Mem{Base: load, Index: i, Scale: 1})
	VMOVUPS(w, Mem{Base: weight, Index: i, Scale: 1})
	VSUBPS(Mem{Base: known, Index: i, Scale: 1}, w, d)
	VANDPS(size, d, d)
	VMULPS(unheard, limit, limit)
	VCMPPS(Imm(1), d, limit, limit) // limit < d
	VCMPPS(Imm(0), zero, w, silent) // w = 0
	VCMPPS(Imm(4), zero, d, d)      // d != 0
	VANDPS(d, silent, silent)
	VORPS(silent, limit, limit)
	VMOVMSKPS(limit, bits.As32())
	MOVB(bits.As8(), Mem{Base: moved})
	INCQ(moved)
	POPCNTL(bits.As32(), bits.As32())
	ADDQ(bits, count)
	ADDQ(Imm(32), i)
	JMP(LabelRef("next"))
	Label("end")
	high := XMM()
	VEXTRACTF128(Imm(1), change, high)
	VMAXPS(high, change.AsX(), change.AsX())
	VMOVHLPS(change.AsX(), change.AsX(), high)
	VMAXPS(high, change.AsX(), change.AsX())
	VMOVSHDUP(change.AsX(), high)
	VMAXSS(high, change.AsX(), change.AsX())
	Store(change.AsX(), Return("change"))
	Store(count, Return("count"))
	VZEROUPPER()
	RET()
}
