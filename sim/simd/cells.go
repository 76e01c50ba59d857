package simd

// CellSums are what has added up of some cells, each [n].
type CellSums struct {
	EnergyJ, LoadS, AwakeS, AskedBit, ServedBit []float32
}

// CellTotal is what a piece of time has added of all cells.
type CellTotal struct {
	EnergyJ, LoadS, ServedBit float64
}

// Add adds a piece of time of so many seconds, in which each cell [n] draws
// energyJ in all, has a load, serves or does not, and is asked for bit/s of which
// it serves yield's part. The vector kernel and the portable one give the same
// bits.
func (to *CellSums) Add(energyJ []float64, load []float32, serving []bool, asked []float32, yield []Yield, seconds float64) CellTotal {
	n := len(energyJ)
	for _, sums := range [...][]float32{to.EnergyJ, to.LoadS, to.AwakeS, to.AskedBit, to.ServedBit, load, asked} {
		if len(sums) != n {
			panic("simd: CellSums with slices of other lengths")
		}
	}
	if len(serving) != n || len(yield) != n {
		panic("simd: CellSums with slices of other lengths")
	}
	var whole CellTotal
	eights := n &^ (Lanes - 1)
	if eights > 0 {
		first := to.cut(0, eights)
		whole = first.add(energyJ[:eights], load[:eights], serving[:eights], asked[:eights], yield[:eights], seconds)
	}
	last := to.cut(eights, n)
	rest := last.addPortable(energyJ[eights:], load[eights:], serving[eights:], asked[eights:], yield[eights:], seconds)
	return CellTotal{whole.EnergyJ + rest.EnergyJ, whole.LoadS + rest.LoadS, whole.ServedBit + rest.ServedBit}
}

// cut returns the cells [lo, hi).
func (to *CellSums) cut(lo, hi int) CellSums {
	return CellSums{to.EnergyJ[lo:hi], to.LoadS[lo:hi], to.AwakeS[lo:hi], to.AskedBit[lo:hi], to.ServedBit[lo:hi]}
}

// addPortable is what the kernel computes, in the order of its sums.
func (to *CellSums) addPortable(energyJ []float64, load []float32, serving []bool, asked []float32, yield []Yield, seconds float64) CellTotal {
	var allJ, allLoadS, allServed [Lanes]float64
	for c, j := range energyJ {
		busy, bit := float64(load[c])*seconds, float64(asked[c])*seconds
		served := bit * float64(yield[c].Part)
		to.EnergyJ[c] += float32(j)
		to.LoadS[c] += float32(busy)
		if serving[c] {
			to.AwakeS[c] += float32(seconds)
		}
		to.AskedBit[c] += float32(bit)
		to.ServedBit[c] += float32(served)
		allJ[c%Lanes] += j
		allLoadS[c%Lanes] += float64(busy) // rounded: not fused with the product
		allServed[c%Lanes] += float64(served)
	}
	return CellTotal{crosswise(&allJ), crosswise(&allLoadS), crosswise(&allServed)}
}
