package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tally8 writes the kernel of simd.Buckets.TallyTo. It multiplies and adds apart,
// as its twin does, so that both give the same bits.
func tally8() {
	TEXT("tally8", NOSPLIT, "func(bucket *uint16, scaled *float64, values, weights *float32, blocks int, scale float64, from, last int32, table *float32) (total, sum float64, faults int)")
	Pragma("noescape")
	Doc("tally8 finds the buckets of 8*blocks values and scales their weights. There must be a block.")
	bucket, scaled := Load(Param("bucket"), GP64()), Load(Param("scaled"), GP64())
	values, weights := Load(Param("values"), GP64()), Load(Param("weights"), GP64())
	table, blocks := Load(Param("table"), GP64()), Load(Param("blocks"), GP64())
	places, place, zero := AllocLocal(32), GP64(), YMM()
	VXORPS(zero, zero, zero)
	parameter := func(name string) Mem {
		at, err := Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		return at.Addr
	}
	scale, from, last := YMM(), YMM(), YMM()
	VBROADCASTSD(parameter("scale"), scale)
	VBROADCASTSS(parameter("from"), from)
	VBROADCASTSS(parameter("last"), last)
	total, sum := [2]reg.VecVirtual{YMM(), YMM()}, [2]reg.VecVirtual{YMM(), YMM()}
	fine := YMM()
	for _, v := range append(total[:], sum[:]...) {
		VXORPS(v, v, v)
	}
	VPCMPEQD(fine, fine, fine)

	Label("next")
	x, w, in, mask := YMM(), YMM(), YMM(), YMM()
	VMOVUPS(Mem{Base: values}, x)
	VPSRAD(Imm(16), x, in)
	VPSUBD(from, in, in)
	VPMAXSD(zero, in, in)
	VPMINSD(last, in, in)
	VMOVDQU(in, places)
	edge, of := pairs(func(lane int) Mem {
		MOVLQSX(places.Offset(4*lane), place)
		return Mem{Base: table, Index: place, Scale: 8}
	})
	VCMPPS(Imm(2), x, edge, mask) // edge <= x: -1
	VPSUBD(mask, of, in)
	high := XMM()
	VEXTRACTI128(Imm(1), in, high)
	VPACKUSDW(high, in.AsX(), high)
	VMOVDQU(high, Mem{Base: bucket})

	VMOVUPS(Mem{Base: weights}, w)
	VCMPPS(Imm(4), zero, w, mask) // w != 0
	VANDPS(mask, x, x)
	VCMPPS(Imm(2), w, zero, mask) // 0 <= w
	VANDPS(mask, fine, fine)
	for _, v := range []reg.VecVirtual{x, w} {
		VSUBPS(v, v, mask)               // no number unless v is finite
		VCMPPS(Imm(7), mask, mask, mask) // a number
		VANDPS(mask, fine, fine)
	}
	for half := range 2 {
		wide, product := YMM(), YMM()
		VCVTPS2PD(w.AsX(), wide)
		VCVTPS2PD(x.AsX(), product)
		if half == 0 {
			VEXTRACTF128(Imm(1), w, w.AsX())
			VEXTRACTF128(Imm(1), x, x.AsX())
		}
		VMULPD(scale, wide, wide)
		VMOVUPD(wide, Mem{Base: scaled, Disp: 32 * half})
		VADDPD(wide, total[half], total[half])
		VMULPD(wide, product, product)
		VADDPD(product, sum[half], sum[half])
	}
	ADDQ(Imm(16), bucket)
	ADDQ(Imm(64), scaled)
	ADDQ(Imm(32), values)
	ADDQ(Imm(32), weights)
	DECQ(blocks)
	JNZ(LabelRef("next"))

	across(total, "total")
	across(sum, "sum")
	faults := GP64()
	VMOVMSKPS(fine, faults.As32())
	XORL(Imm(0xff), faults.As32())
	Store(faults, Return("faults"))
	VZEROUPPER()
	RET()
}
