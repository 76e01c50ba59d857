package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// greater is VCMPPS's predicate that is false where a side is no number.
const greater = 0x1e

// broadcast returns a register full of a parameter.
func broadcast(name string) VecVirtual {
	at, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	all := YMM()
	VBROADCASTSS(at.Addr, all)
	return all
}

// margins writes the head of a loop over the eights of a list, to which each
// adds its margins, with the mask of those above 0.
func margins(slope, zero VecVirtual) (offset GPVirtual, load, margin, mask VecVirtual) {
	list, eights := Load(Param("list"), GP64()), Load(Param("eights"), GP64())
	loads, price := Load(Param("load"), GP64()), Load(Param("price"), GP64())
	offset, load, margin, mask = GP64(), YMM(), YMM(), YMM()
	Label("next")
	DECQ(eights)
	JL(LabelRef("end"))
	MOVLQSX(Mem{Base: list}, offset)
	SHLQ(Imm(5), offset)
	VMOVUPS(Mem{Base: loads}, load)
	VMOVUPS(Mem{Base: price, Index: offset, Scale: 1}, margin)
	VFNMADD231PS(slope, load, margin)
	VCMPPS(Imm(greater), zero, margin, mask)
	ADDQ(Imm(4), list)
	ADDQ(Imm(32), loads)
	return offset, load, margin, mask
}

// earn8 writes the kernel of simd.Earn.
func earn8() {
	TEXT("earn8", NOSPLIT, "func(list *int32, eights int, load, price, demand *float32, slope float32) (earned, loaded float32)")
	Pragma("noescape")
	Doc("earn8 adds up (price - slope*load)*demand and load*demand where the margin is above 0.")
	slope, demand := broadcast("slope"), Load(Param("demand"), GP64())
	zero, earned, loaded := YMM(), YMM(), YMM()
	VXORPS(zero, zero, zero)
	VXORPS(earned, earned, earned)
	VXORPS(loaded, loaded, loaded)
	offset, load, margin, mask := margins(slope, zero)
	VANDPS(mask, margin, margin)
	VANDPS(mask, load, load)
	asked := YMM()
	VMOVUPS(Mem{Base: demand, Index: offset, Scale: 1}, asked)
	VFMADD231PS(asked, margin, earned)
	VFMADD231PS(asked, load, loaded)
	JMP(LabelRef("next"))
	Label("end")
	for _, sum := range []struct {
		of   VecVirtual
		name string
	}{{earned, "earned"}, {loaded, "loaded"}} {
		high, low := XMM(), sum.of.AsX()
		VEXTRACTF128(Imm(1), sum.of, high)
		VADDPS(high, low, low)
		VMOVHLPS(low, low, high)
		VADDPS(high, low, low)
		VMOVSHDUP(low, high)
		VADDSS(high, low, low)
		Store(low, Return(sum.name))
	}
	VZEROUPPER()
	RET()
}

// take8 writes the kernel of simd.Take.
func take8() {
	TEXT("take8", NOSPLIT, "func(list *int32, eights int, load, price, taken *float32, slope, share float32)")
	Pragma("noescape")
	Doc("take8 adds share to taken where price - slope*load is above 0.")
	slope, share, taken := broadcast("slope"), broadcast("share"), Load(Param("taken"), GP64())
	zero := YMM()
	VXORPS(zero, zero, zero)
	offset, _, _, mask := margins(slope, zero)
	VANDPS(share, mask, mask)
	VADDPS(Mem{Base: taken, Index: offset, Scale: 1}, mask, mask)
	VMOVUPS(mask, Mem{Base: taken, Index: offset, Scale: 1})
	JMP(LabelRef("next"))
	Label("end")
	VZEROUPPER()
	RET()
}
