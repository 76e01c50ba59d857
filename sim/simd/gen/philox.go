package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The multipliers, and the increments of the keys: in the low half of each lane of
// 64 bits.
var philoxMul, philoxWeyl = [2]uint64{0xD2511F53, 0xCD9E8D57}, [2]uint64{0x9E3779B9, 0xBB67AE85}

const philoxRounds = 10

// philox8 writes the kernel of simd.PhiloxTo: two chains of four keys, so that
// one multiplies while the other waits. A number of 32 bits is the low half of a
// lane of 64; what is in the high half does no harm before the end, since VPMULUDQ
// does not look at it.
func philox8() {
	weyl := GLOBL("philoxWeyl", RODATA|NOPTR)
	for i := range 8 {
		DATA(8*i, U64(philoxWeyl[i/4]))
	}
	TEXT("philox8", NOSPLIT, "func(dst, key, lane *uint64, eights int, counter uint64, second int)")
	Pragma("noescape")
	Doc("philox8 writes a word of the block of a counter under eights of keys.")
	var factor [2]VecVirtual
	for i, value := range philoxMul {
		general, low := GP64(), XMM()
		factor[i] = YMM()
		MOVQ(Imm(value), general)
		VMOVQ(general, low)
		VPBROADCASTQ(low, factor[i])
	}
	dst, key, lane := Load(Param("dst"), GP64()), Load(Param("key"), GP64()), Load(Param("lane"), GP64())
	eights, second := Load(Param("eights"), GP64()), Load(Param("second"), GP64())
	counter, err := Param("counter").Resolve()
	if err != nil {
		panic(err)
	}

	Label("next")
	DECQ(eights)
	JL(LabelRef("end"))
	var c [2][4]VecVirtual
	var k [2][2]VecVirtual
	for half := range 2 {
		for i := range c[half] {
			c[half][i] = YMM()
		}
		k[half] = [2]VecVirtual{YMM(), YMM()}
		at := 32 * half
		VPBROADCASTQ(counter.Addr, c[half][0])
		VPSRLQ(Imm(32), c[half][0], c[half][1])
		VMOVDQU(Mem{Base: lane, Disp: at}, c[half][2])
		VPSRLQ(Imm(32), c[half][2], c[half][3])
		VMOVDQU(Mem{Base: key, Disp: at}, k[half][0])
		VPSRLQ(Imm(32), k[half][0], k[half][1])
	}
	for round := range philoxRounds {
		for half := range 2 {
			c, k := &c[half], &k[half]
			if round > 0 {
				VPADDD(weyl.Offset(0), k[0], k[0])
				VPADDD(weyl.Offset(32), k[1], k[1])
			}
			VPXOR(k[0], c[1], c[1])
			VPXOR(k[1], c[3], c[3])
			VPMULUDQ(factor[0], c[0], c[0])
			VPMULUDQ(factor[1], c[2], c[2])
			// c0 and c2 hold the products p0 and p1: the next c0 is p1's upper half
			// with c1, the next c2 is p0's with c3; the next c1 and c3 are p1 and p0.
			up := YMM()
			VPSRLQ(Imm(32), c[2], up)
			VPXOR(up, c[1], c[1])
			VPSRLQ(Imm(32), c[0], up)
			VPXOR(up, c[3], c[3])
			*c = [4]VecVirtual{c[1], c[2], c[3], c[0]}
		}
	}
	TESTQ(second, second)
	JNZ(LabelRef("second"))
	for half := range 2 {
		storePair(c[half][0], c[half][1], Mem{Base: dst, Disp: 32 * half})
	}
	JMP(LabelRef("stored"))
	Label("second")
	for half := range 2 {
		storePair(c[half][2], c[half][3], Mem{Base: dst, Disp: 32 * half})
	}
	Label("stored")
	ADDQ(Imm(64), dst)
	ADDQ(Imm(64), key)
	ADDQ(Imm(64), lane)
	JMP(LabelRef("next"))
	Label("end")
	VZEROUPPER()
	RET()
}

// storePair stores lanes of 64 bits made of the low halves of two registers.
func storePair(low, high VecVirtual, at Mem) {
	word := YMM()
	VPSLLQ(Imm(32), high, word)
	VPBLENDD(Imm(0x55), low, word, word)
	VMOVDQU(word, at)
}
