package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tanhNumerator and tanhDenominator are the coefficients of the rational
// approximation, highest power first; see tanhPortable for their source.
var (
	tanhNumerator   = []float32{-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08, 1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03}
	tanhDenominator = []float32{1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03}
)

const tanhLimit float32 = 7.90531110763549805

// tanh writes a kernel that replaces 8*blocks values by their tanh.
func tanh() {
	data := GLOBL("tanhData", RODATA|NOPTR)
	for i, v := range append(append([]float32{-tanhLimit, tanhLimit}, tanhNumerator...), tanhDenominator...) {
		DATA(4*i, F32(v))
	}
	TEXT("tanh8", NOSPLIT, "func(y *float32, blocks int)")
	Pragma("noescape")
	Doc("tanh8 replaces 8*blocks values by their tanh.")
	y, blocks := Load(Param("y"), GP64()), Load(Param("blocks"), GP64())
	next := 0
	constant := func() reg.VecVirtual {
		v := YMM()
		VBROADCASTSS(data.Offset(4*next), v)
		next++
		return v
	}
	low, high := constant(), constant()
	p := make([]reg.VecVirtual, len(tanhNumerator))
	for i := range p {
		p[i] = constant()
	}
	// The denominator's coefficients stay in memory: registers run out.
	q := func(i int) Mem { return data.Offset(4 * (2 + len(tanhNumerator) + i)) }
	x, s, up, down := YMM(), YMM(), YMM(), YMM()
	Label("next")
	TESTQ(blocks, blocks)
	JZ(LabelRef("end"))
	VMOVUPS(Mem{Base: y}, x)
	// MIN and MAX return their second source, here x, if either is NaN.
	VMINPS(x, high, x)
	VMAXPS(x, low, x)
	VMULPS(x, x, s)
	VMOVAPS(p[0], up)
	for _, c := range p[1:] {
		VFMADD213PS(c, s, up)
	}
	VBROADCASTSS(q(0), down)
	t := YMM()
	for i := range tanhDenominator[1:] {
		VBROADCASTSS(q(i+1), t)
		VFMADD213PS(t, s, down)
	}
	VMULPS(x, up, up)
	VDIVPS(down, up, up)
	VMOVUPS(up, Mem{Base: y})
	ADDQ(Imm(32), y)
	DECQ(blocks)
	JMP(LabelRef("next"))
	Label("end")
	VZEROUPPER()
	RET()
}

// relu writes a kernel that replaces 8*blocks values by the larger of them and
// 0.
func relu() {
	TEXT("relu8", NOSPLIT, "func(y *float32, blocks int)")
	Pragma("noescape")
	Doc("relu8 replaces 8*blocks values by the larger of them and 0.")
	y, blocks := Load(Param("y"), GP64()), Load(Param("blocks"), GP64())
	x, zero := YMM(), YMM()
	VXORPS(zero, zero, zero)
	Label("next")
	TESTQ(blocks, blocks)
	JZ(LabelRef("end"))
	VMOVUPS(Mem{Base: y}, x)
	VMAXPS(x, zero, x) // x if it is NaN
	VMOVUPS(x, Mem{Base: y})
	ADDQ(Imm(32), y)
	DECQ(blocks)
	JMP(LabelRef("next"))
	Label("end")
	VZEROUPPER()
	RET()
}

// tanhSlope writes a kernel that sets 8*blocks values of dst to grad*(1-y*y).
func tanhSlope() {
	one := GLOBL("oneData", RODATA|NOPTR)
	DATA(0, U32(math.Float32bits(1))) // F32(1) is written as a whole number, which the assembler takes for its bits
	var ones reg.VecVirtual
	slope("tanhSlope8", "grad*(1-y*y)", func() {
		ones = YMM()
		VBROADCASTSS(one.Offset(0), ones)
	}, func(y, grad, out reg.VecVirtual) {
		VMOVAPS(ones, out)
		VFNMADD231PS(y, y, out)
		VMULPS(grad, out, out)
	})
}

// reluSlope writes a kernel that sets 8*blocks values of dst to grad where y is
// above 0, else to 0.
func reluSlope() {
	var zero reg.VecVirtual
	slope("reluSlope8", "grad where y > 0, else 0", func() {
		zero = YMM()
		VXORPS(zero, zero, zero)
	}, func(y, grad, out reg.VecVirtual) {
		VCMPPS(Imm(1), y, zero, out) // zero < y
		VANDPS(grad, out, out)
	})
}

// slope writes a kernel over three slices: constants before the loop, body
// from y and grad to dst in it.
func slope(name, what string, constants func(), body func(y, grad, out reg.VecVirtual)) {
	TEXT(name, NOSPLIT, "func(dst, y, grad *float32, blocks int)")
	Pragma("noescape")
	Doc(name + " sets 8*blocks values of dst to " + what + ".")
	dst, y, grad := Load(Param("dst"), GP64()), Load(Param("y"), GP64()), Load(Param("grad"), GP64())
	blocks := Load(Param("blocks"), GP64())
	constants()
	a, b, out := YMM(), YMM(), YMM()
	Label("next")
	TESTQ(blocks, blocks)
	JZ(LabelRef("end"))
	VMOVUPS(Mem{Base: y}, a)
	VMOVUPS(Mem{Base: grad}, b)
	body(a, b, out)
	VMOVUPS(out, Mem{Base: dst})
	for _, p := range []reg.Register{dst, y, grad} {
		ADDQ(Imm(32), p)
	}
	DECQ(blocks)
	JMP(LabelRef("next"))
	Label("end")
	VZEROUPPER()
	RET()
}
