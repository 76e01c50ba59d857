package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// serve8 writes the kernel that finds the best of some links for eight lanes:
// that with the largest weight*gain above 0, the first of equals, among those
// whose gain is not below the least of their cell.
func serve8() {
	one := GLOBL("serveOne", RODATA|NOPTR)
	DATA(0, U32(1))
	TEXT("serve8", NOSPLIT, "func(best *int32, cell *int32, gain *uint16, links int, weight, least *float32)")
	Pragma("noescape")
	Doc("serve8 writes, for eight lanes, which of the links is the best, -1 if none is.")
	cell, gain, links := Load(Param("cell"), GP64()), Load(Param("gain"), GP64()), Load(Param("links"), GP64())
	weight, least := Load(Param("weight"), GP64()), Load(Param("least"), GP64())
	c := GP64()
	best, at, now, step := YMM(), YMM(), YMM(), YMM()
	w, g, m, l := YMM(), YMM(), YMM(), YMM()
	VXORPS(best, best, best)
	VPCMPEQD(at, at, at)
	VPXOR(now, now, now)
	VPBROADCASTD(one.Offset(0), step)
	Label("link")
	TESTQ(links, links)
	JZ(LabelRef("done"))
	MOVLQSX(Mem{Base: cell}, c)
	VBROADCASTSS(Mem{Base: weight, Index: c, Scale: 4}, w)
	VBROADCASTSS(Mem{Base: least, Index: c, Scale: 4}, l)
	VPMOVZXWD(Mem{Base: gain}, g)
	VPSLLD(Imm(16), g, g)
	VMULPS(g, w, w)
	VCMPPS(Imm(0x1d), l, g, g)    // gain >= least
	VCMPPS(Imm(0x1e), best, w, m) // weight*gain > best
	VANDPS(g, m, m)
	VBLENDVPS(m, w, best, best)
	VBLENDVPS(m, now, at, at)
	VPADDD(step, now, now)
	ADDQ(Imm(4), cell)
	ADDQ(Imm(16), gain)
	DECQ(links)
	JMP(LabelRef("link"))
	Label("done")
	to := Load(Param("best"), GP64())
	VMOVDQU(at, Mem{Base: to})
	VZEROUPPER()
	RET()
}
