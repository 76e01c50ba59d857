package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The parts of simd.Groups.NeedTo are kernels of their own: the sums over links
// and the logarithm each have a long chain of dependent operations, and only
// neighbours in the same loop hide it. Each goes through a list of groups, by
// their places in the arrays that it is given.

// ahead is how many groups before its turn a group is fetched: 14 bring no more.
const ahead = 8

// hear8 writes the kernel that adds up what the links of each group send. Links
// are taken in pairs, one in each half of a vector: the gains of eight lanes
// twice are sixteen words, of which those of the even lanes are moved into
// place by a shift and those of the odd lanes by a mask. So each half has sums
// of its own until the end, as each pair's first and second link would.
func hear8() {
	var words []uint32
	halves := func(lower, upper uint32) { // as words of 16 bits
		for i := range 8 {
			words = append(words, []uint32{lower, upper}[i/4]*0x10001)
		}
	}
	halves(0, 1)
	halves(2, 3)
	halves(4, 4)
	halves(1, 1)
	words = append(words, 0, 4, 1, 5, 2, 6, 3, 7)
	data := GLOBL("hearData", RODATA|NOPTR)
	for i, w := range words {
		DATA(4*i, U32(w))
	}
	constant := func(i int) reg.VecVirtual {
		v := YMM()
		VMOVDQU(data.Offset(32*i), v)
		return v
	}
	TEXT("hear8", NOSPLIT, "func(sum *float32, list *uint16, groups int, first *int32, links *uint8, server *int8, noise *float32, cell, gain *uint16, weight, signal *float32)")
	Pragma("noescape")
	Doc("hear8 sets each lane's sum to noise + weight*gain over the group's links but the lane's server. There must be a group.")
	list, count := Load(Param("list"), GP64()), Load(Param("groups"), GP64())
	first, server, noise := Load(Param("first"), GP64()), Load(Param("server"), GP64()), Load(Param("noise"), GP64())
	cell, gain, weight := Load(Param("cell"), GP64()), Load(Param("gain"), GP64()), Load(Param("weight"), GP64())
	k, at, n, t, u := GP64(), GP64(), GP64(), GP64(), GP64()
	pairs, four, one, lanes, odd := [2]reg.VecVirtual{constant(0), constant(1)}, constant(2), constant(3), constant(4), YMM()
	VPCMPEQD(odd, odd, odd)
	VPSLLD(Imm(16), odd, odd)
	even, uneven, serves := YMM(), YMM(), YMM() // serves: less the links that are done
	add := func(w, x, y reg.VecVirtual) {
		VPSLLD(Imm(16), x, y)
		VPAND(odd, x, x)
		VFMADD231PS(w, y, even)
		VFMADD231PS(w, x, uneven)
	}
	LEAQ(Mem{Base: list, Index: count, Scale: 2}, list)
	NEGQ(count)
	Label("group")
	MOVWQZX(Mem{Base: list, Index: count, Scale: 2}, k)
	VBROADCASTSS(Mem{Base: noise, Index: k, Scale: 4}, even.AsX())
	VMOVAPS(even, uneven)
	VPBROADCASTQ(Mem{Base: server, Index: k, Scale: 8}, serves.AsX())
	VPMOVSXBW(serves.AsX(), serves)
	Load(Param("links"), t)
	MOVBLZX(Mem{Base: t, Index: k, Scale: 1}, n.As32())
	// at is where the link's cell is, in bytes: its gains are at eight times that.
	MOVL(Mem{Base: first, Index: k, Scale: 4}, at.As32())
	ADDQ(at, at)
	// What the kernels touch of a group to come is on its way meanwhile.
	MOVQ(count, t)
	ADDQ(Imm(ahead), t)
	CMOVQGE(count, t)
	MOVWQZX(Mem{Base: list, Index: t, Scale: 2}, t)
	MOVQ(t, u)
	PREFETCHT0(Mem{Base: server, Index: u, Scale: 8})
	SHLQ(Imm(5), u)
	base := GP64()
	Load(Param("sum"), base)
	PREFETCHT0(Mem{Base: base, Index: u, Scale: 1})
	Load(Param("signal"), base)
	PREFETCHT0(Mem{Base: base, Index: u, Scale: 1})
	MOVL(Mem{Base: first, Index: t, Scale: 4}, t.As32())
	ADDQ(t, t)
	PREFETCHT0(Mem{Base: cell, Index: t, Scale: 1})
	for line := range 3 {
		PREFETCHT0(Mem{Base: gain, Index: t, Scale: 8, Disp: 64 * line})
	}
	SUBL(Imm(4), n.As32())
	JL(LabelRef("few"))
	Label("four")
	for pair := range 2 {
		w, other, x, y := YMM(), YMM(), YMM(), YMM()
		MOVWLZX(Mem{Base: cell, Index: at, Scale: 1, Disp: 4 * pair}, t.As32())
		MOVWLZX(Mem{Base: cell, Index: at, Scale: 1, Disp: 4*pair + 2}, u.As32())
		VBROADCASTSS(Mem{Base: weight, Index: t, Scale: 4}, w)
		VBROADCASTSS(Mem{Base: weight, Index: u, Scale: 4}, other)
		VPBLENDD(Imm(0xf0), other, w, w)
		VPCMPEQW(pairs[pair], serves, x)
		VPANDN(Mem{Base: gain, Index: at, Scale: 8, Disp: 32 * pair}, x, x)
		add(w, x, y)
	}
	VPSUBW(four, serves, serves)
	ADDQ(Imm(8), at)
	SUBL(Imm(4), n.As32())
	JGE(LabelRef("four"))
	Label("few")
	ADDL(Imm(4), n.As32())
	JZ(LabelRef("heard"))
	Label("one")
	// The rest one by one, in the lower half: the upper one adds zeros.
	w, x, y := YMM(), YMM(), YMM()
	MOVWLZX(Mem{Base: cell, Index: at, Scale: 1}, t.As32())
	VBROADCASTSS(Mem{Base: weight, Index: t, Scale: 4}, w)
	VPCMPEQW(pairs[0].AsX(), serves.AsX(), x.AsX())
	VPANDN(Mem{Base: gain, Index: at, Scale: 8}, x.AsX(), x.AsX())
	add(w, x, y)
	VPSUBW(one, serves, serves)
	ADDQ(Imm(2), at)
	SUBL(Imm(1), n.As32())
	JNZ(LabelRef("one"))
	Label("heard")
	upper, sum := YMM(), YMM()
	VPERM2F128(Imm(0x20), uneven, even, sum)
	VPERM2F128(Imm(0x31), uneven, even, upper)
	VADDPS(upper, sum, sum)
	VPERMPS(sum, lanes, sum)
	Load(Param("sum"), t)
	SHLQ(Imm(5), k)
	VMOVUPS(sum, Mem{Base: t, Index: k, Scale: 1})
	INCQ(count)
	JNZ(LabelRef("group"))
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
	TEXT("need8", NOSPLIT, "func(sum, signal *float32, server *int8, list *uint16, groups int, ceiling float32)")
	Pragma("noescape")
	Doc("need8 replaces sums by 1 / min(log2(1 + signal/sum), ceiling), 0 where no link serves, two groups at a time.")
	sum, signal, server := Load(Param("sum"), GP64()), Load(Param("signal"), GP64()), Load(Param("server"), GP64())
	list, count := Load(Param("list"), GP64()), Load(Param("groups"), GP64())
	k := [together]reg.GPVirtual{GP64(), GP64()}
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
	x, y, lost, exponent, p, mask := several(), several(), several(), several(), several(), several()
	Label("next")
	SUBQ(Imm(together), count)
	JL(LabelRef("odd"))
	each(func(i int) { MOVWQZX(Mem{Base: list, Disp: 2 * i}, k[i]) })
	ADDQ(Imm(2*together), list)
	Label("both")
	each(func(i int) { SHLQ(Imm(5), k[i]) })
	each(func(i int) { VMOVUPS(Mem{Base: signal, Index: k[i], Scale: 1}, x[i]) })
	each(func(i int) { VDIVPS(Mem{Base: sum, Index: k[i], Scale: 1}, x[i], x[i]) })
	each(func(i int) { VADDPS(unit, x[i], y[i]) })
	// What 1+x loses to rounding counts where x is small: up to y = 2.
	each(func(i int) { VSUBPS(unit, y[i], lost[i]) })
	each(func(i int) { VSUBPS(lost[i], x[i], lost[i]) })
	each(func(i int) { VCMPPS(Imm(1), data.Offset(two), y[i], mask[i]) }) // y < 2
	each(func(i int) { VANDPS(mask[i], lost[i], lost[i]) })
	// y = 2^exponent (1+f) with 1+f in [sqrt(1/2), sqrt(2)); f takes the place of y.
	each(func(i int) { VPSUBD(data.Offset(root), y[i], exponent[i]) })
	each(func(i int) { VPSRAD(Imm(23), exponent[i], exponent[i]) })
	each(func(i int) { VPSLLD(Imm(23), exponent[i], mask[i]) })
	each(func(i int) { VPSUBD(mask[i], y[i], y[i]) })
	each(func(i int) { VSUBPS(unit, y[i], y[i]) })
	each(func(i int) { VCVTDQ2PS(exponent[i], exponent[i]) })
	last := len(log2Over) - 1
	each(func(i int) { VMOVUPS(data.Offset(poly+32*last), p[i]) })
	for j := last - 1; j >= 0; j-- {
		each(func(i int) { VFMADD213PS(data.Offset(poly+32*j), y[i], p[i]) })
	}
	each(func(i int) { VFMADD213PS(exponent[i], y[i], p[i]) })
	each(func(i int) { VFMADD231PS(data.Offset(log2e), lost[i], p[i]) })
	each(func(i int) { VMINPS(ceiling, p[i], p[i]) })
	each(func(i int) { VDIVPS(p[i], unit, x[i]) })
	// The sign of the server says whether there is one.
	each(func(i int) { SHRQ(Imm(2), k[i]) })
	each(func(i int) { VPMOVSXBD(Mem{Base: server, Index: k[i], Scale: 1}, mask[i]) })
	each(func(i int) { VPSRAD(Imm(31), mask[i], mask[i]) })
	each(func(i int) { VANDNPS(x[i], mask[i], x[i]) })
	each(func(i int) { SHLQ(Imm(2), k[i]) })
	each(func(i int) { VMOVUPS(x[i], Mem{Base: sum, Index: k[i], Scale: 1}) })
	JMP(LabelRef("next"))
	// A last group alone is taken twice: both write the same.
	Label("odd")
	INCQ(count) // from -1 if one is left
	JNZ(LabelRef("end"))
	each(func(i int) { MOVWQZX(Mem{Base: list}, k[i]) })
	JMP(LabelRef("both"))
	Label("end")
	VZEROUPPER()
	RET()
}

// home8 writes the kernel that adds up the needs of some lanes of each group,
// pairwise.
func home8() {
	TEXT("home8", NOSPLIT, "func(home, need, share *float32, eight *int32, server, own *int8, list *uint16, groups int)")
	Pragma("noescape")
	Doc("home8 adds up, for each group, share times need of the lanes that its own link serves.")
	out, need := Load(Param("home"), GP64()), Load(Param("need"), GP64())
	share, eight, at := Load(Param("share"), GP64()), Load(Param("eight"), GP64()), GP64()
	server, own := Load(Param("server"), GP64()), Load(Param("own"), GP64())
	list, groups, k, lane := Load(Param("list"), GP64()), Load(Param("groups"), GP64()), GP64(), GP64()
	x, s, h := YMM(), YMM(), YMM()
	low, high := XMM(), XMM()
	Label("next")
	DECQ(groups)
	JL(LabelRef("end"))
	MOVWQZX(Mem{Base: list}, k)
	ADDQ(Imm(2), list)
	MOVQ(k, lane)
	SHLQ(Imm(3), lane)
	VPMOVSXBD(Mem{Base: server, Index: lane, Scale: 1}, s)
	VPBROADCASTB(Mem{Base: own, Index: k, Scale: 1}, high)
	VPMOVSXBD(high, h)
	VPCMPEQD(s, h, h)
	VANDPS(Mem{Base: need, Index: lane, Scale: 4}, h, x)
	MOVLQSX(Mem{Base: eight, Index: k, Scale: 4}, at)
	SHLQ(Imm(5), at)
	VMULPS(Mem{Base: share, Index: at, Scale: 1}, x, x)
	VEXTRACTF128(Imm(1), x, high)
	VADDPS(x.AsX(), high, low)
	VMOVHLPS(low, low, high)
	VADDPS(low, high, low)
	VMOVSHDUP(low, high)
	VADDSS(high, low, low)
	VMOVSS(low, Mem{Base: out, Index: k, Scale: 4})
	JMP(LabelRef("next"))
	Label("end")
	VZEROUPPER()
	RET()
}
