package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The parts of simd.Groups.NeedTo are kernels of their own: the sums over links
// and the logarithm each have a long chain of dependent operations, and only
// neighbours in the same loop hide it.

// hear8 writes the kernel that adds up what the links of each group send.
func hear8() {
	TEXT("hear8", NOSPLIT, "func(sum *float32, groups int, off, cell *int32, gain *uint16, weight, noise *float32)")
	Pragma("noescape")
	Doc("hear8 sets each lane's sum to noise + weight*gain over the group's links. cell and gain point to the first link of the first group.")
	out, count := Load(Param("sum"), GP64()), Load(Param("groups"), GP64())
	off, noise := Load(Param("off"), GP64()), Load(Param("noise"), GP64())
	cell, gain, weight := Load(Param("cell"), GP64()), Load(Param("gain"), GP64()), Load(Param("weight"), GP64())
	t, n := GP64(), GP64()
	hear := func(after int, sum reg.VecVirtual) {
		w, g := YMM(), YMM()
		MOVL(Mem{Base: cell, Disp: 4 * after}, t.As32())
		VBROADCASTSS(Mem{Base: weight, Index: t, Scale: 4}, w)
		VPMOVZXWD(Mem{Base: gain, Disp: 16 * after}, g)
		VPSLLD(Imm(16), g, g)
		VFMADD231PS(w, g, sum)
	}
	sum, more := YMM(), YMM()
	Label("group")
	DECQ(count)
	JL(LabelRef("end"))
	VBROADCASTSS(Mem{Base: noise}, sum)
	VXORPS(more, more, more)
	MOVL(Mem{Base: off, Disp: 4}, n.As32())
	SUBL(Mem{Base: off}, n.As32())
	// Four links at a time, into two sums.
	SUBL(Imm(4), n.As32())
	JL(LabelRef("few"))
	Label("four")
	for after := range 4 {
		hear(after, []reg.VecVirtual{sum, more}[after%2])
	}
	ADDQ(Imm(16), cell)
	ADDQ(Imm(64), gain)
	SUBL(Imm(4), n.As32())
	JGE(LabelRef("four"))
	Label("few")
	ADDL(Imm(4), n.As32())
	JZ(LabelRef("heard"))
	Label("one")
	hear(0, sum)
	ADDQ(Imm(4), cell)
	ADDQ(Imm(16), gain)
	SUBL(Imm(1), n.As32())
	JNZ(LabelRef("one"))
	Label("heard")
	VADDPS(more, sum, sum)
	VMOVUPS(sum, Mem{Base: out})
	ADDQ(Imm(32), out)
	ADDQ(Imm(4), off)
	ADDQ(Imm(4), noise)
	JMP(LabelRef("group"))
	Label("end")
	VZEROUPPER()
	RET()
}

// log2Over is a polynomial for log2(1+f)/f on [sqrt(1/2)-1, sqrt(2)-1], lowest
// power first: the Chebyshev interpolant of degree 9, computed with 60 digits;
// its relative error is below 5e-9.
var log2Over = []float32{1.44269504, -0.721347354, 0.48089852, -0.360696542, 0.288552561, -0.239608122, 0.204857648, -0.191388377, 0.184760334, -0.107497894}

// together is how many vectors need8 works on at once.
const together = 2

// need8 writes the kernel that turns sums into needs, in place.
func need8() {
	// Each constant fills a vector, to be an operand in memory; as bits, since
	// the assembler would take a whole number for an integer.
	words := []uint32{math.Float32bits(1), math.Float32bits(2), 0x3f3504f3, math.Float32bits(math.Log2E)}
	const one, two, root, log2e, poly = 0, 32, 64, 96, 128 // root: the bits of sqrt(1/2)
	for _, c := range log2Over {
		words = append(words, math.Float32bits(c))
	}
	data := GLOBL("needData", RODATA|NOPTR)
	for i, w := range words {
		for lane := range 8 {
			DATA(32*i+4*lane, U32(w))
		}
	}
	TEXT("need8", NOSPLIT, "func(sum, signal, scale *float32, rounds int, ceiling float32)")
	Pragma("noescape")
	Doc("need8 replaces sums by scale / min(log2(1 + signal/sum), ceiling), 16 at a time.")
	sum, signal, scale := Load(Param("sum"), GP64()), Load(Param("signal"), GP64()), Load(Param("scale"), GP64())
	rounds := Load(Param("rounds"), GP64())
	unit, ceiling := YMM(), YMM()
	VMOVUPS(data.Offset(one), unit)
	at, err := Param("ceiling").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(at.Addr, ceiling)
	type vectors [together]reg.VecVirtual
	several := func() (v vectors) {
		for i := range v {
			v[i] = YMM()
		}
		return v
	}
	each := func(f func(i int)) {
		for i := range together {
			f(i)
		}
	}
	x, y, lost, k, p, mask := several(), several(), several(), several(), several(), several()
	Label("next")
	DECQ(rounds)
	JL(LabelRef("end"))
	each(func(i int) { VMOVUPS(Mem{Base: signal, Disp: 32 * i}, x[i]) })
	each(func(i int) { VDIVPS(Mem{Base: sum, Disp: 32 * i}, x[i], x[i]) })
	each(func(i int) { VADDPS(unit, x[i], y[i]) })
	// What 1+x loses to rounding counts where x is small: up to y = 2.
	each(func(i int) { VSUBPS(unit, y[i], lost[i]) })
	each(func(i int) { VSUBPS(lost[i], x[i], lost[i]) })
	each(func(i int) { VCMPPS(Imm(1), data.Offset(two), y[i], mask[i]) }) // y < 2
	each(func(i int) { VANDPS(mask[i], lost[i], lost[i]) })
	// y = 2^k (1+f) with 1+f in [sqrt(1/2), sqrt(2)); f takes the place of y.
	each(func(i int) { VPSUBD(data.Offset(root), y[i], k[i]) })
	each(func(i int) { VPSRAD(Imm(23), k[i], k[i]) })
	each(func(i int) { VPSLLD(Imm(23), k[i], mask[i]) })
	each(func(i int) { VPSUBD(mask[i], y[i], y[i]) })
	each(func(i int) { VSUBPS(unit, y[i], y[i]) })
	each(func(i int) { VCVTDQ2PS(k[i], k[i]) })
	last := len(log2Over) - 1
	each(func(i int) { VMOVUPS(data.Offset(poly+32*last), p[i]) })
	for j := last - 1; j >= 0; j-- {
		each(func(i int) { VFMADD213PS(data.Offset(poly+32*j), y[i], p[i]) })
	}
	each(func(i int) { VFMADD213PS(k[i], y[i], p[i]) })
	each(func(i int) { VFMADD231PS(data.Offset(log2e), lost[i], p[i]) })
	each(func(i int) { VMINPS(ceiling, p[i], p[i]) })
	each(func(i int) { VMOVUPS(Mem{Base: scale, Disp: 32 * i}, x[i]) })
	each(func(i int) { VDIVPS(p[i], x[i], x[i]) })
	each(func(i int) { VMOVUPS(x[i], Mem{Base: sum, Disp: 32 * i}) })
	ADDQ(Imm(32*together), sum)
	ADDQ(Imm(32*together), signal)
	ADDQ(Imm(32*together), scale)
	JMP(LabelRef("next"))
	Label("end")
	VZEROUPPER()
	RET()
}

// home8 writes the kernel that adds up the needs of some lanes of each group,
// pairwise.
func home8() {
	TEXT("home8", NOSPLIT, "func(home, need *float32, server, own *int8, groups int)")
	Pragma("noescape")
	Doc("home8 adds up, for each group, the needs of the lanes that its own link serves.")
	out, need := Load(Param("home"), GP64()), Load(Param("need"), GP64())
	server, own, groups := Load(Param("server"), GP64()), Load(Param("own"), GP64()), Load(Param("groups"), GP64())
	x, s, h := YMM(), YMM(), YMM()
	low, high := XMM(), XMM()
	Label("next")
	DECQ(groups)
	JL(LabelRef("end"))
	VPMOVSXBD(Mem{Base: server}, s)
	VPBROADCASTB(Mem{Base: own}, high)
	VPMOVSXBD(high, h)
	VPCMPEQD(s, h, h)
	VANDPS(Mem{Base: need}, h, x)
	VEXTRACTF128(Imm(1), x, high)
	VADDPS(x.AsX(), high, low)
	VMOVHLPS(low, low, high)
	VADDPS(low, high, low)
	VMOVSHDUP(low, high)
	VADDSS(high, low, low)
	VMOVSS(low, Mem{Base: out})
	ADDQ(Imm(32), need)
	ADDQ(Imm(8), server)
	ADDQ(Imm(1), own)
	ADDQ(Imm(4), out)
	JMP(LabelRef("next"))
	Label("end")
	VZEROUPPER()
	RET()
}
