package simd

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func FuzzCellSums(f *testing.F) {
	f.Add(uint64(1), uint8(3))
	f.Add(uint64(2), uint8(8))
	f.Add(uint64(3), uint8(77))
	f.Fuzz(func(t *testing.T, seed uint64, length uint8) {
		r, n := rand.New(rand.NewPCG(seed, 5)), int(length)
		vector := func(most float32) []float32 {
			v := make([]float32, n)
			for i := range v {
				v[i] = most * r.Float32() * float32(r.IntN(3)) / 2
			}
			return v
		}
		energy, serving, yield := make([]float64, n), make([]bool, n), make([]Yield, n)
		for c := range energy {
			energy[c], serving[c], yield[c] = 1e6*r.Float64(), r.IntN(2) == 0, Yield{r.Float32(), r.Float32()}
		}
		load, asked := vector(1), vector(1e9)
		got := CellSums{vector(1e6), vector(900), vector(900), vector(1e12), vector(1e12)}
		want := CellSums{slices.Clone(got.EnergyJ), slices.Clone(got.LoadS), slices.Clone(got.AwakeS), slices.Clone(got.AskedBit), slices.Clone(got.ServedBit)}
		total := got.Add(energy, load, serving, asked, yield, 123.456)
		eights := n &^ (Lanes - 1)
		var twin CellTotal
		for _, part := range [][2]int{{0, eights}, {eights, n}} {
			lo, hi := part[0], part[1]
			to := want.cut(lo, hi)
			more := to.addPortable(energy[lo:hi], load[lo:hi], serving[lo:hi], asked[lo:hi], yield[lo:hi], 123.456)
			twin = CellTotal{twin.EnergyJ + more.EnergyJ, twin.LoadS + more.LoadS, twin.ServedBit + more.ServedBit}
		}
		if total != twin {
			t.Errorf("%v, the twin's is %v", total, twin)
		}
		for i, pair := range [][2][]float32{
			{got.EnergyJ, want.EnergyJ}, {got.LoadS, want.LoadS}, {got.AwakeS, want.AwakeS}, {got.AskedBit, want.AskedBit}, {got.ServedBit, want.ServedBit},
		} {
			if !slices.Equal(pair[0], pair[1]) {
				t.Errorf("sums %d: %v, the twin's are %v", i, pair[0], pair[1])
			}
		}
	})
}

// Nine cells by hand: the odd ones serve.
func TestCellSumsByHand(t *testing.T) {
	const n = 9
	sums := CellSums{make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)}
	energy, load, serving, asked, yield := make([]float64, n), make([]float32, n), make([]bool, n), make([]float32, n), make([]Yield, n)
	for c := range n {
		energy[c], load[c], serving[c], asked[c], yield[c].Part = float64(c), 0.5, c%2 == 1, float32(10*c), 0.25
		sums.EnergyJ[c], sums.ServedBit[c] = 100, 1
	}
	if got, want := sums.Add(energy, load, serving, asked, yield, 2), (CellTotal{36, 9, 180}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	for c := range n {
		got := [...]float32{sums.EnergyJ[c], sums.LoadS[c], sums.AwakeS[c], sums.AskedBit[c], sums.ServedBit[c]}
		if want := [...]float32{100 + float32(c), 1, float32(c % 2 * 2), float32(20 * c), 1 + float32(5*c)}; got != want {
			t.Errorf("cell %d: %v, want %v", c, got, want)
		}
	}
}
