package simd

import "math"

// Lanes is the number of position bins that a group of Groups holds.
const Lanes = 8

// Groups are sets of eight position bins (lanes) with the candidate cells that
// they hear on one carrier. Shapes: G groups, L links. Groups may lie in another
// order than their links, and share links.
type Groups struct {
	First  []int32   // [G] links of group k are [First[k], First[k]+Links[k])
	Links  []uint8   // [G] how many, at most 127
	Cell   []uint16  // [L] the link's cell, an index into the weights
	Gain   []uint16  // [L*Lanes] path gain, linear, bfloat16
	Server []int8    // [G*Lanes] which of the group's links serves the lane, whose gain does not count as heard; -1 = none of them
	Signal []float32 // [G*Lanes] signal of the server per layer, in the unit of Noise; 1 without server
	Noise  []float32 // [G] noise, in the unit of weight times gain
	Eight  []int32   // [G] the group's lanes are those of Share [Eight*Lanes, (Eight+1)*Lanes)
	Share  []float32 // of each lane in what its group is offered; groups may have the same
	Home   []int8    // [G] which of the group's links is its own cell; -2 = none
}

// NeedTo computes for the groups [lo, hi) what each lane needs of its server,
//
//	need = 1 / min(log2(1 + signal / (noise + sum over links but the server of weight * gain)), ceiling)
//
// into need [(hi-lo)*Lanes], 0 without server, and the sum of share * need over
// the lanes that the group's own cell serves into home [hi-lo]. weight is per cell: what it sends
// on average. A group's result depends on nothing but the group and the
// weights. The arguments must fit each other: only lengths are checked.
func (g *Groups) NeedTo(need, home, weight []float32, ceiling float32, lo, hi int) {
	g.checkNeed(need, home, lo, hi)
	for ; lo < hi; lo += atOnce {
		n := min(atOnce, hi-lo)
		g.need(need, home, weight, ceiling, lo, upTo[:n])
		need, home = need[n*Lanes:], home[n:]
	}
}

// NeedAt is NeedTo for those of the groups [lo, hi) that are listed, less lo.
// The others keep what they have in need and home.
func (g *Groups) NeedAt(need, home, weight []float32, ceiling float32, lo, hi int, list []uint16) {
	g.checkNeed(need, home, lo, hi)
	for len(list) > 0 {
		n := min(atOnce, len(list))
		g.need(need, home, weight, ceiling, lo, list[:n])
		list = list[n:]
	}
}

func (g *Groups) checkNeed(need, home []float32, lo, hi int) {
	if lo < 0 || hi < lo || hi > len(g.First) || len(need) != (hi-lo)*Lanes || len(home) != hi-lo {
		panic("simd: NeedTo with slices of other lengths")
	}
}

// atOnce groups go through one kernel before the next one takes them: what they
// touch stays in the nearest cache.
const atOnce = 64

// upTo lists the numbers from 0 on.
var upTo = func() (list [atOnce]uint16) {
	for i := range list {
		list[i] = uint16(i)
	}
	return list
}()

// needPortable is what the kernels compute, for the groups lo + list.
func (g *Groups) needPortable(need, home, weight []float32, ceiling float32, lo int, list []uint16) {
	for _, j := range list {
		k := lo + int(j)
		var sum, own [Lanes]float32
		for b := range sum {
			sum[b] = g.Noise[k]
		}
		server := g.Server[k*Lanes : (k+1)*Lanes]
		for i := range int(g.Links[k]) {
			l := int(g.First[k]) + i
			w := weight[g.Cell[l]]
			for b, gain := range g.Gain[l*Lanes : (l+1)*Lanes] {
				if int(server[b]) != i {
					sum[b] += w * FromBF16(gain)
				}
			}
		}
		for b := range sum {
			n := float32(0)
			if server[b] >= 0 {
				efficiency := float32(math.Log1p(float64(g.Signal[k*Lanes+b]/sum[b])) / math.Ln2)
				n = 1 / min(efficiency, ceiling)
			}
			need[int(j)*Lanes+b] = n
			if server[b] == g.Home[k] {
				own[b] = n * g.Share[int(g.Eight[k])*Lanes+b]
			}
		}
		// In the order of the kernel: halves, then quarters.
		for half := Lanes / 2; half > 0; half /= 2 {
			for b := range half {
				own[b] += own[b+half]
			}
		}
		home[j] = own[0]
	}
}

// ToBF16 rounds a float32 to the nearest bfloat16, ties to even. x must not be
// NaN.
func ToBF16(x float32) uint16 {
	bits := math.Float32bits(x)
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

// FromBF16 returns the value of a bfloat16.
func FromBF16(x uint16) float32 { return math.Float32frombits(uint32(x) << 16) }
