package simd

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Of nine bins in two eights the cell reaches four: one is not worth its load,
// and one is where the cell draws nothing.
func TestEarnByHand(t *testing.T) {
	inf := float32(math.Inf(1))
	price, demand, load := make([]float32, 24), make([]float32, 24), slices.Repeat([]float32{inf}, 16)
	copy(price[8:], []float32{3, 1, 9, 9})
	copy(demand[8:], []float32{2, 5, 7, 7})
	price[16], demand[16] = 8, 0.5
	load[0], load[1], load[8] = 0.5, 0.5, 1
	if earned, loaded := Earn([]int32{1, 2}, load, price, demand, 4); earned != 4 || loaded != 1.5 { // (3-2)*2 + (8-4)*0.5
		t.Errorf("earned %v by a load of %v, want 4 by 1.5", earned, loaded)
	}
	if earned, loaded := Earn([]int32{1, 2}, load, price, demand, 0); earned != 15 || loaded != 4 {
		t.Errorf("for nothing: earned %v by a load of %v, want 15 by 4", earned, loaded)
	}
	taken := make([]float32, 24)
	taken[8] = 1
	Take([]int32{1, 2}, load, price, taken, 4, 0.25)
	want := make([]float32, 24)
	want[8], want[16] = 1.25, 0.25
	if !slices.Equal(taken, want) {
		t.Errorf("taken %v, want %v", taken, want)
	}
}

func TestEarnRefusesListsOutsideTheBins(t *testing.T) {
	for name, list := range map[string][]int32{"before": {-1}, "behind": {2}, "of another length": {0, 1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a list %s is not refused", name)
				}
			}()
			Earn(list, make([]float32, 8), make([]float32, 16), make([]float32, 16), 1)
		}()
	}
}

// FuzzEarn holds both forms to the sums in double precision, by the error that
// Earn promises, and Take to its twin.
func FuzzEarn(f *testing.F) {
	f.Add(uint64(1), uint8(3))
	f.Add(uint64(2), uint8(90))
	f.Fuzz(func(t *testing.T, seed uint64, length uint8) {
		r, list := rand.New(rand.NewPCG(seed, 3)), []int32(nil)
		for i := range int32(length) {
			if r.IntN(3) > 0 {
				list = append(list, i)
			}
		}
		price, demand := make([]float32, int(length)*Lanes), make([]float32, int(length)*Lanes)
		for j := range price {
			price[j], demand[j] = r.Float32()*1e-6, r.Float32()*1e7
		}
		load, slope := make([]float32, len(list)*Lanes), 100*r.Float32()*float32(r.IntN(3))
		var earned, loaded float64
		for i := range load {
			j := int(list[i/Lanes])*Lanes + i%Lanes
			switch r.IntN(4) {
			case 0:
				load[i] = float32(math.Inf(1))
			case 1: // all but as dear as it is worth
				load[i] = price[j] / max(slope, 1)
			default:
				load[i] = r.Float32() * 1e-8
			}
			if m := float64(price[j]) - float64(slope)*float64(load[i]); m > 0 {
				earned += m * float64(demand[j])
				loaded += float64(load[i]) * float64(demand[j])
			}
		}
		slack := float64(len(list)+8) / (1 << 23)
		for name, earn := range map[string]func([]int32, []float32, []float32, []float32, float32) (float32, float32){"Earn": Earn, "twin": earnPortable} {
			e, l := earn(list, load, price, demand, slope)
			if math.Abs(float64(e)-earned) > slack*earned || math.Abs(float64(l)-loaded) > slack*loaded {
				t.Fatalf("%s: earned %v by a load of %v, exactly %v by %v", name, e, l, earned, loaded)
			}
		}
		taken, twin := slices.Clone(demand), slices.Clone(demand)
		Take(list, load, price, taken, slope, 0.25)
		takePortable(list, load, price, twin, slope, 0.25)
		if !slices.Equal(taken, twin) {
			t.Fatal("taken differs from the twin's")
		}
	})
}
