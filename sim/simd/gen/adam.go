package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adam writes a kernel of one step of Adam over 8*blocks parameters. It rounds
// each product, as its twin does.
func adam() {
	TEXT("adam8", NOSPLIT, "func(theta, m1, m2, gradient *float32, blocks int, by *float32)")
	Pragma("noescape")
	Doc("adam8 moves 8*blocks parameters; by points to an AdamBy.")
	var at [4]reg.Register
	for i, name := range []string{"theta", "m1", "m2", "gradient"} {
		at[i] = Load(Param(name), GP64())
	}
	blocks, by := Load(Param("blocks"), GP64()), Load(Param("by"), GP64())
	var c [6]reg.VecVirtual // keep1, take1, keep2, take2, scale, epsilon
	for i := range c {
		c[i] = YMM()
		VBROADCASTSS(Mem{Base: by, Disp: 4 * i}, c[i])
	}
	g, m1, m2, t := YMM(), YMM(), YMM(), YMM()
	Label("next")
	TESTQ(blocks, blocks)
	JZ(LabelRef("end"))
	VMOVUPS(Mem{Base: at[3]}, g)
	VMULPS(Mem{Base: at[1]}, c[0], m1)
	VMULPS(g, c[1], t)
	VADDPS(t, m1, m1)
	VMOVUPS(m1, Mem{Base: at[1]})
	VMULPS(Mem{Base: at[2]}, c[2], m2)
	VMULPS(g, c[3], t)
	VMULPS(g, t, t)
	VADDPS(t, m2, m2)
	VMOVUPS(m2, Mem{Base: at[2]})
	VSQRTPS(m2, m2)
	VADDPS(c[5], m2, m2)
	VMULPS(c[4], m1, m1)
	VDIVPS(m2, m1, m1)
	VMOVUPS(Mem{Base: at[0]}, t)
	VSUBPS(m1, t, t)
	VMOVUPS(t, Mem{Base: at[0]})
	for _, p := range at {
		ADDQ(Imm(32), p)
	}
	DECQ(blocks)
	JMP(LabelRef("next"))
	Label("end")
	VZEROUPPER()
	RET()
}
