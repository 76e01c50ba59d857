package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// cells8 writes the kernel of simd.CellSums.Add. It multiplies and adds apart, as
// its twin does, so that both give the same bits.
func cells8() {
	TEXT("cells8", NOSPLIT, "func(energyJ, loadS, awakeS, askedBit, servedBit *float32, energy *float64, load *float32, serving *bool, asked, yield *float32, blocks int, seconds float64, piece float32) (allJ, allLoadS, allServed float64)")
	Pragma("noescape")
	Doc("cells8 adds a piece of time to the sums of 8*blocks cells. There must be a block.")
	var to [5]reg.Register // loadS and so on, in the order of the sums below
	for i, name := range []string{"energyJ", "loadS", "askedBit", "servedBit", "awakeS"} {
		to[i] = Load(Param(name), GP64())
	}
	energy, load, serving := Load(Param("energy"), GP64()), Load(Param("load"), GP64()), Load(Param("serving"), GP64())
	asked, yield, blocks := Load(Param("asked"), GP64()), Load(Param("yield"), GP64()), Load(Param("blocks"), GP64())
	at, i, seconds, zero, piece := Param("seconds"), GP64(), YMM(), YMM(), broadcast("piece")
	dt, err := at.Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSD(dt.Addr, seconds)
	VXORPS(zero, zero, zero)
	var all [3][2]reg.VecVirtual // energy, load, served; halves
	for k := range all {
		all[k] = [2]reg.VecVirtual{YMM(), YMM()}
		for _, v := range all[k] {
			VXORPS(v, v, v)
		}
	}
	XORQ(i, i) // four bytes a cell

	Label("next")
	// The parts of eight yields, in order.
	parts, more := YMM(), YMM()
	VMOVUPS(Mem{Base: yield}, parts)
	VSHUFPS(Imm(0x88), Mem{Base: yield, Disp: 32}, parts, parts)
	VPERMPD(Imm(0xd8), parts, parts)
	for half := range 2 {
		x, j, sum := YMM(), YMM(), XMM()
		add := func(k int) { // x to the sums k
			VCVTPD2PSY(x, sum)
			VADDPS(Mem{Base: to[k], Index: i, Scale: 1, Disp: 16 * half}, sum, sum)
			VMOVUPS(sum, Mem{Base: to[k], Index: i, Scale: 1, Disp: 16 * half})
		}
		VMOVUPD(Mem{Base: energy, Disp: 32 * half}, x)
		VADDPD(x, all[0][half], all[0][half])
		add(0)
		VCVTPS2PD(Mem{Base: load, Index: i, Scale: 1, Disp: 16 * half}, x)
		VMULPD(seconds, x, x)
		VADDPD(x, all[1][half], all[1][half])
		add(1)
		VCVTPS2PD(Mem{Base: asked, Index: i, Scale: 1, Disp: 16 * half}, x)
		VMULPD(seconds, x, x)
		add(2)
		if half == 1 {
			VEXTRACTF128(Imm(1), parts, parts.AsX())
		}
		VCVTPS2PD(parts.AsX(), j)
		VMULPD(j, x, x)
		VADDPD(x, all[2][half], all[2][half])
		add(3)
	}
	VPMOVZXBD(Mem{Base: serving}, more)
	VPCMPGTD(zero, more, more)
	VANDPS(piece, more, more)
	VADDPS(Mem{Base: to[4], Index: i, Scale: 1}, more, more)
	VMOVUPS(more, Mem{Base: to[4], Index: i, Scale: 1})
	ADDQ(Imm(32), i)
	ADDQ(Imm(64), energy)
	ADDQ(Imm(64), yield)
	ADDQ(Imm(8), serving)
	DECQ(blocks)
	JNZ(LabelRef("next"))

	for k, name := range []string{"allJ", "allLoadS", "allServed"} {
		across(all[k], name)
	}
	VZEROUPPER()
	RET()
}

// across adds up eight numbers, halves and then quarters, and returns the sum under
// a name.
func across(halves [2]reg.VecVirtual, name string) {
	low, high := halves[0], XMM()
	VADDPD(halves[1], low, low)
	VEXTRACTF128(Imm(1), low, high)
	VADDPD(high, low.AsX(), low.AsX())
	VUNPCKHPD(low.AsX(), low.AsX(), high)
	VADDSD(high, low.AsX(), low.AsX())
	Store(low.AsX(), Return(name))
}
