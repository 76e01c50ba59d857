package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// expConstants are, in order: the ends of the range, log2(e), the two parts of
// ln(2), the polynomial, highest power first, and 1; see expPortable for their
// source.
var expConstants = []float32{
	-87.33654, 88.02969, 1.44269504088896341, 0.693359375, -2.12194440e-4,
	1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1,
}

// exp writes a kernel that replaces 8*blocks values by their exponentials.
func exp() {
	data := GLOBL("expData", RODATA|NOPTR)
	for i, v := range expConstants {
		DATA(4*i, U32(math.Float32bits(v)))
	}
	bias := GLOBL("expBias", RODATA|NOPTR)
	DATA(0, U32(127))
	TEXT("exp8", NOSPLIT, "func(y *float32, blocks int)")
	Pragma("noescape")
	Doc("exp8 replaces 8*blocks values by their exponentials.")
	y, blocks := Load(Param("y"), GP64()), Load(Param("blocks"), GP64())
	c := make([]reg.VecVirtual, len(expConstants)-2) // the range's ends are read from memory: registers run out
	for i := range c {
		c[i] = YMM()
		VBROADCASTSS(data.Offset(4*(i+2)), c[i])
	}
	perOctave, high2, low2, poly, one := c[0], c[1], c[2], c[3:9], c[9]
	x, n, p, t, awake := YMM(), YMM(), YMM(), YMM(), YMM()
	Label("next")
	TESTQ(blocks, blocks)
	JZ(LabelRef("end"))
	VMOVUPS(Mem{Base: y}, x)
	VBROADCASTSS(data.Offset(0), t)
	VCMPPS(Imm(5), t, x, awake) // not x < low
	// MIN and MAX return their second source, here x, if either is NaN.
	VMAXPS(x, t, x)
	VBROADCASTSS(data.Offset(4), t)
	VMINPS(x, t, x)
	VMULPS(perOctave, x, n)
	VROUNDPS(Imm(8), n, n)
	VFNMADD231PS(n, high2, x)
	VFNMADD231PS(n, low2, x)
	VMOVAPS(poly[0], p)
	for _, k := range poly[1:] {
		VFMADD213PS(k, x, p)
	}
	VMULPS(x, x, t)
	VFMADD213PS(x, t, p)
	VADDPS(one, p, p)
	VCVTPS2DQ(n, n)
	VPBROADCASTD(bias.Offset(0), t)
	VPADDD(t, n, n)
	VPSLLD(Imm(23), n, n)
	VMULPS(n, p, p)
	VANDPS(awake, p, p)
	VMOVUPS(p, Mem{Base: y})
	ADDQ(Imm(32), y)
	DECQ(blocks)
	JMP(LabelRef("next"))
	Label("end")
	VZEROUPPER()
	RET()
}
