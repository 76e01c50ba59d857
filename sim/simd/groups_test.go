package simd

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// someGroups makes groups with as many links each as links says, over cells.
func someGroups(r *rand.Rand, groups, cells int, links func() int) (*Groups, []float32) {
	g := &Groups{First: make([]int32, groups), Links: make([]uint8, groups)}
	order := r.Perm(groups) // of the groups among the links
	slices.Sort(order)
	for i := range g.Links {
		g.Links[i] = uint8(links())
	}
	for _, k := range order {
		g.First[k] = int32(len(g.Cell))
		for range g.Links[k] {
			g.Cell = append(g.Cell, uint16(r.IntN(cells)))
			for range Lanes {
				g.Gain = append(g.Gain, ToBF16(float32(math.Pow(10, -8-5*r.Float64()))))
			}
		}
	}
	for _, links := range g.Links {
		n := int(links)
		for range Lanes {
			server, signal := int8(-1), float32(1)
			if n > 0 && r.IntN(4) > 0 {
				server = int8(r.IntN(n))
				signal = float32(math.Pow(10, -14+8*r.Float64()))
			}
			g.Server, g.Signal, g.Share = append(g.Server, server), append(g.Signal, signal), append(g.Share, r.Float32())
		}
		g.Eight = append(g.Eight, int32(r.IntN(len(g.Eight)+1)))
		g.Noise = append(g.Noise, 1e-13)
		g.Home = append(g.Home, int8(r.IntN(n+1)-2))
		if n > 0 && r.IntN(2) > 0 {
			g.Home[len(g.Home)-1] = int8(r.IntN(n))
		}
	}
	for i, h := range g.Home {
		if h == -1 {
			g.Home[i] = -2
		}
	}
	weight := make([]float32, cells)
	for c := range weight {
		weight[c] = r.Float32() * float32(r.IntN(2))
	}
	return g, weight
}

// needBound is the relative difference that the kernel may have from the
// portable twin: a few roundings of float32.
const needBound = 2e-6

func checkNeeds(t *testing.T, g *Groups, weight []float32, ceiling float32, lo, hi int) {
	t.Helper()
	need, home := make([]float32, (hi-lo)*Lanes), make([]float32, hi-lo)
	twin, twinHome := make([]float32, len(need)), make([]float32, len(home))
	g.NeedTo(need, home, weight, ceiling, lo, hi)
	listed, listedHome := make([]float32, len(need)), make([]float32, len(home))
	var list []uint16
	for k := range hi - lo {
		if k%3 != 1 {
			list = append(list, uint16(k))
		}
	}
	g.NeedAt(listed, listedHome, weight, ceiling, lo, hi, list)
	all := make([]uint16, hi-lo)
	for k := range all {
		all[k] = uint16(k)
		if k%3 == 1 {
			clear(listed[k*Lanes : (k+1)*Lanes])
			copy(listed[k*Lanes:(k+1)*Lanes], need[k*Lanes:])
			listedHome[k] = home[k]
		}
	}
	if !slices.Equal(listed, need) || !slices.Equal(listedHome, home) {
		t.Fatalf("groups %d to %d: other needs when listed", lo, hi)
	}
	g.needPortable(twin, twinHome, weight, ceiling, lo, all)
	for i := range need {
		if !(math.Abs(float64(need[i]-twin[i])) <= needBound*math.Abs(float64(twin[i]))) {
			t.Fatalf("group %d lane %d: need %v, the twin's is %v", lo+i/Lanes, i%Lanes, need[i], twin[i])
		}
	}
	for i := range home {
		if !(math.Abs(float64(home[i]-twinHome[i])) <= needBound*math.Abs(float64(twinHome[i]))) {
			t.Fatalf("group %d: home %v, the twin's is %v", lo+i, home[i], twinHome[i])
		}
	}
}

func TestNeedToMatchesTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	g, weight := someGroups(r, 400, 50, func() int { return r.IntN(12) })
	checkNeeds(t, g, weight, 7.4/0.65, 0, 400)
	checkNeeds(t, g, weight, 1e9, 3, 17)
	checkNeeds(t, g, weight, 3, 7, 7)
}

// Lanes worked by hand: signal 6, noise 1, one interferer of 0.5 x 2, so
// log2(1+3) = 2; lane 3 hears nobody but its server, so log2(16) = 4.
func TestNeedToByHand(t *testing.T) {
	g := &Groups{
		First: []int32{0}, Links: []uint8{2}, Cell: []uint16{0, 1}, Gain: make([]uint16, 2*Lanes),
		Server: []int8{0, 0, -1, 1, -1, -1, -1, -1},
		Signal: []float32{6, 6, 1, 15, 1, 1, 1, 1}, Share: append(make([]float32, Lanes), 3, 5, 7, 8, 9, 9, 9, 9),
		Noise: []float32{1}, Eight: []int32{1}, Home: []int8{0},
	}
	for b := range Lanes {
		g.Gain[Lanes+b] = ToBF16(2)
		if g.Server[b] == 0 {
			g.Gain[b] = ToBF16(3)
		}
	}
	need, home := make([]float32, Lanes), make([]float32, 1)
	g.NeedTo(need, home, []float32{7, 0.5}, 1e9, 0, 1)
	for b, want := range map[int]float64{0: 0.5, 1: 0.5, 2: 0, 3: 0.25} {
		if math.Abs(float64(need[b])-want) > 1e-6 {
			t.Errorf("lane %d needs %v, want %v", b, need[b], want)
		}
	}
	if math.Abs(float64(home[0])-4) > 1e-6 {
		t.Errorf("home %v, want 4", home[0])
	}
	if g.NeedTo(need, home, []float32{7, 0.5}, 1.6, 0, 1); math.Abs(float64(need[0])-1/1.6) > 1e-6 {
		t.Errorf("with a ceiling of 1.6: %v, want %v", need[0], 1/1.6)
	}
}

// The logarithm keeps its relative precision down to very small ratios and up
// to very large ones.
func TestNeedToOverAllRatios(t *testing.T) {
	for exponent := -30.0; exponent <= 30; exponent += 0.01 {
		g := &Groups{First: []int32{0}, Links: []uint8{0}, Cell: []uint16{0}, Gain: make([]uint16, Lanes), Server: make([]int8, Lanes),
			Signal: make([]float32, Lanes), Noise: []float32{1}, Eight: []int32{0}, Share: make([]float32, Lanes), Home: []int8{0}}
		for b := range Lanes {
			g.Signal[b] = float32(math.Pow(10, exponent))
		}
		need, home := make([]float32, Lanes), make([]float32, 1)
		g.NeedTo(need, home, []float32{0}, math.MaxFloat32, 0, 1)
		want := math.Ln2 / math.Log1p(float64(g.Signal[0]))
		if math.Abs(float64(need[0])/want-1) > 1e-6 {
			t.Fatalf("ratio 1e%.2f: need %v, want %v", exponent, need[0], want)
		}
	}
}

func FuzzNeedTo(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(9))
	f.Fuzz(func(t *testing.T, seed uint64, groups, links uint8) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := int(groups)%50 + 1
		g, weight := someGroups(r, n, 1+r.IntN(30), func() int { return int(links) % 100 })
		lo := r.IntN(n)
		checkNeeds(t, g, weight, 1+20*r.Float32(), lo, lo+r.IntN(n-lo+1))
	})
}

func TestBF16(t *testing.T) {
	for _, c := range []struct{ x, want float32 }{{1, 1}, {0, 0}, {1 + 1.0/256, 1}, {1 + 3.0/256, 1 + 4.0/256}, {-2, -2}, {1e-30, 1e-30}} {
		if got := FromBF16(ToBF16(c.x)); math.Abs(float64(got/c.want-1)) > 1.0/256 && c.want != 0 || got != c.want && c.want >= 1 {
			t.Errorf("%v becomes %v, want %v", c.x, got, c.want)
		}
	}
}

// BenchmarkNeedTo is the inner part of a pass over cells with 8 bins and 8
// co-channel candidates, in blocks that stay in the nearest caches.
func BenchmarkNeedTo(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 9))
	const groups = 1024
	g, weight := someGroups(r, groups, 2000, func() int { return 8 })
	need, home := make([]float32, groups*Lanes), make([]float32, groups)
	for b.Loop() {
		g.NeedTo(need, home, weight, 11, 0, groups)
	}
	b.ReportMetric(groups*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mgroups/s")
}
