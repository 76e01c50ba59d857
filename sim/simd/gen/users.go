package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// less is VCMPPS's predicate that is false where a side is no number.
const less = 0x11

// users8 writes the kernel of simd.Sectors.UsersTo. It multiplies and adds apart,
// as its twin does, so that both give the same bits. Lanes
// without a server look up that of another link, and have a yield of 0.
func users8() {
	none := GLOBL("usersNone", RODATA|NOPTR)
	DATA(0, U32(0xffff))
	TEXT("users8", NOSPLIT, "func(sums, throughput, flow *float32, sectors int, asked *float32, rowOff, row *int32, need *float32, linkOff, cell *int32, server *uint16, share, yield *float32, slow, poor float32)")
	Pragma("noescape")
	Doc("users8 reckons what the users of sectors of eight lanes get. There must be a sector.")
	sums, throughput, flow := Load(Param("sums"), GP64()), Load(Param("throughput"), GP64()), Load(Param("flow"), GP64())
	asked, rowOff, linkOff := Load(Param("asked"), GP64()), Load(Param("rowOff"), GP64()), Load(Param("linkOff"), GP64())
	row, need := Load(Param("row"), GP64()), Load(Param("need"), GP64())
	server, share := Load(Param("server"), GP64()), Load(Param("share"), GP64())
	slow, poor, outside, zero := broadcast("slow"), broadcast("poor"), YMM(), YMM()
	VBROADCASTSS(none.Offset(0), outside)
	VXORPS(zero, zero, zero)
	links, count, t := AllocLocal(32), GP64(), GP64()
	Load(Param("sectors"), count)

	Label("sector")
	// What the lanes need, in whichever row.
	first, last, sum := GP64(), GP64(), YMM()
	MOVLQSX(Mem{Base: rowOff}, first)
	MOVLQSX(Mem{Base: rowOff, Disp: 4}, last)
	VXORPS(sum, sum, sum)
	SUBQ(last, first) // counts up to 0
	JGE(LabelRef("added"))
	LEAQ(Mem{Base: row, Index: last, Scale: 4}, last)
	Label("row")
	MOVLQSX(Mem{Base: last, Index: first, Scale: 4}, t)
	SHLQ(Imm(5), t)
	VADDPS(Mem{Base: need, Index: t, Scale: 1}, sum, sum)
	INCQ(first)
	JNZ(LabelRef("row"))
	Label("added")

	// Who serves them, and what is to be had there.
	lost, served, index, mask := YMM(), YMM(), YMM(), YMM()
	VPMOVZXWD(Mem{Base: server}, index)
	VPCMPEQD(outside, index, lost)
	VPCMPEQD(served, served, served)
	VPXOR(lost, served, served)
	VPBROADCASTD(Mem{Base: linkOff}, mask)
	VPADDD(mask, index, index)
	VPAND(served, index, index) // any link for those without
	VMOVDQU(index, links)
	Load(Param("cell"), first)
	Load(Param("yield"), last)
	part, rate := pairs(func(lane int) Mem {
		MOVLQSX(links.Offset(4*lane), t)
		MOVLQSX(Mem{Base: first, Index: t, Scale: 4}, t)
		return Mem{Base: last, Index: t, Scale: 8}
	})
	VANDPS(served, part, part)
	VANDPS(served, rate, rate)
	VDIVPS(sum, rate, rate)
	VCMPPS(Imm(less), sum, zero, mask) // 0 < need
	VANDPS(mask, rate, rate)
	VMOVUPS(rate, Mem{Base: throughput})

	// What becomes of what they ask for.
	asks, got, over, out, below, bad := YMM(), YMM(), YMM(), YMM(), YMM(), YMM()
	VMOVUPS(Mem{Base: share}, out)
	VBROADCASTSS(Mem{Base: asked}, asks)
	VMULPS(out, asks, asks)
	VMOVUPS(asks, Mem{Base: flow})
	VMULPS(part, asks, got)
	VSUBPS(got, asks, over)
	VANDPS(served, over, over)
	VANDPS(lost, out, out)
	VANDPS(lost, asks, asks)
	VCMPPS(Imm(less), slow, rate, below)
	VCMPPS(Imm(less), poor, rate, bad)
	VANDPS(got, below, below)
	VANDPS(got, bad, bad)
	VHADDPS(over, got, got)
	VHADDPS(out, asks, asks)
	VHADDPS(bad, below, below)
	VHADDPS(asks, got, got)
	VHADDPS(zero, below, below)
	VPERM2F128(Imm(0x20), below, got, asks)
	VPERM2F128(Imm(0x31), below, got, out)
	VADDPS(out, asks, asks)
	VMOVUPS(asks, Mem{Base: sums})

	for _, p := range []reg.Register{asked, rowOff, linkOff} {
		ADDQ(Imm(4), p)
	}
	ADDQ(Imm(16), server)
	for _, p := range []reg.Register{sums, throughput, flow, share} {
		ADDQ(Imm(32), p)
	}
	DECQ(count)
	JNZ(LabelRef("sector"))
	VZEROUPPER()
	RET()
}

// pairs loads the two values that each lane has, side by side, where at says, and
// returns the first and the second ones. A gather takes three times as long.
func pairs(at func(lane int) Mem) (first, second reg.VecVirtual) {
	var two [2]reg.VecVirtual // lanes 0, 1, 4, 5 and 2, 3, 6, 7
	for i := range two {
		two[i] = YMM()
		high := XMM()
		for half, x := range []reg.VecVirtual{two[i].AsX().(reg.VecVirtual), high} {
			VMOVSD(at(4*half+2*i), x)
			VMOVHPS(at(4*half+2*i+1), x, x)
		}
		VINSERTF128(Imm(1), high, two[i], two[i])
	}
	first, second = YMM(), YMM()
	VSHUFPS(Imm(0x88), two[1], two[0], first)
	VSHUFPS(Imm(0xdd), two[1], two[0], second)
	return first, second
}
