package simd

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// someSectors makes sectors with up to so many rows and links each.
func someSectors(r *rand.Rand, sectors, most, cells int) (*Sectors, []float32, []Yield) {
	g, asked, yield := &Sectors{RowOff: []int32{0}, LinkOff: []int32{0}}, make([]float32, sectors), make([]Yield, cells)
	for s := range asked {
		asked[s] = 1e8 * r.Float32() * float32(r.IntN(4))
		rows, links := r.IntN(most+1), r.IntN(most+1)
		for range rows {
			g.Row = append(g.Row, int32(len(g.Row)))
		}
		for range links {
			g.Cell = append(g.Cell, int32(r.IntN(cells)))
		}
		own := make([]float32, rows*Lanes)
		for lane := range Lanes {
			server := NoServer
			if links > 0 && r.IntN(5) > 0 {
				server = r.IntN(links)
			}
			if rows > 0 && r.IntN(9) > 0 {
				own[r.IntN(rows)*Lanes+lane] = 0.1 + r.Float32()
			}
			g.Server, g.Share = append(g.Server, uint16(server)), append(g.Share, r.Float32()*float32(r.IntN(3)))
		}
		g.Need = append(g.Need, own...)
		g.RowOff, g.LinkOff = append(g.RowOff, int32(len(g.Row))), append(g.LinkOff, int32(len(g.Cell)))
	}
	// Rows lie anywhere.
	for i, j := range r.Perm(len(g.Row)) {
		a, b := g.Row[i], g.Row[j]
		for lane := range int32(Lanes) {
			g.Need[a*Lanes+lane], g.Need[b*Lanes+lane] = g.Need[b*Lanes+lane], g.Need[a*Lanes+lane]
		}
		g.Row[i], g.Row[j] = b, a
	}
	for c := range yield {
		yield[c] = Yield{min(1, 2*r.Float32()), 10 * r.Float32() * float32(r.IntN(2))}
	}
	return g, asked, yield
}

func FuzzUsersTo(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(4))
	f.Add(uint64(2), uint8(70), uint8(12))
	f.Add(uint64(3), uint8(5), uint8(0))
	f.Fuzz(func(t *testing.T, seed uint64, count, most uint8) {
		r := rand.New(rand.NewPCG(seed, 3))
		sectors := int(count) + 1
		g, asked, yield := someSectors(r, sectors, int(most)%40, 1+r.IntN(30))
		lo := r.IntN(sectors)
		n := r.IntN(sectors - lo + 1)
		type result struct {
			sums             []Served
			throughput, flow []float32
		}
		reckon := func(f func(sums []Served, throughput, flow []float32, lo int, asked []float32, yield []Yield, targets [2]float32)) result {
			x := result{make([]Served, n), slices.Repeat([]float32{-1}, n*Lanes), slices.Repeat([]float32{-1}, n*Lanes)}
			f(x.sums, x.throughput, x.flow, lo, asked[lo:lo+n], yield, [2]float32{5, 2})
			return x
		}
		got, want := reckon(g.UsersTo), reckon(g.usersPortable)
		if !slices.Equal(got.sums, want.sums) || !slices.Equal(got.throughput, want.throughput) || !slices.Equal(got.flow, want.flow) {
			t.Fatalf("sectors %d to %d: %v, the twin's are %v", lo, lo+n, got, want)
		}
	})
}

// Lanes worked by hand, in the second of two sectors: lane 0 shares its cell with
// lane 1, which needs nothing; lane 2 has a slow cell, lane 3 none, and the others
// are asked for nothing.
func TestUsersToByHand(t *testing.T) {
	g := &Sectors{
		RowOff: []int32{0, 0, 2}, Row: []int32{2, 0}, Need: make([]float32, 3*Lanes),
		LinkOff: []int32{0, 1, 3}, Cell: []int32{7, 1, 0},
		Server: slices.Repeat([]uint16{NoServer}, 2*Lanes), Share: make([]float32, 2*Lanes),
	}
	copy(g.Server[Lanes:], []uint16{0, 0, 1})
	copy(g.Share[Lanes:], []float32{0.25, 0.25, 0.25, 0.125})
	g.Need[2*Lanes], g.Need[2] = 0.5, 4
	sums, throughput, flow := make([]Served, 1), make([]float32, Lanes), make([]float32, Lanes)
	g.UsersTo(sums, throughput, flow, 1, []float32{16}, []Yield{{0.5, 8}, {1, 6}}, [2]float32{3, 2})
	if want := []float32{12, 0, 2, 0, 0, 0, 0, 0}; !slices.Equal(throughput, want) {
		t.Errorf("throughput %v, want %v", throughput, want)
	}
	if want := []float32{4, 4, 4, 2, 0, 0, 0, 0}; !slices.Equal(flow, want) {
		t.Errorf("flow %v, want %v", flow, want)
	}
	if want := (Served{Served: 10, Over: 2, Lost: 2, Outage: 0.125, Slow: 6, Poor: 4}); sums[0] != want {
		t.Errorf("%+v, want %+v", sums[0], want)
	}
}

// BenchmarkUsersTo reckons with 2000 sectors of three carriers, in runs of 32.
func BenchmarkUsersTo(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 3))
	const sectors, run = 2048, 32
	g, asked, yield := someSectors(r, sectors, 6, 3*sectors)
	sums, throughput, flow := make([]Served, run), make([]float32, run*Lanes), make([]float32, run*Lanes)
	for b.Loop() {
		for lo := 0; lo < sectors; lo += run {
			g.UsersTo(sums, throughput, flow, lo, asked[lo:lo+run], yield, [2]float32{5, 2})
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/sectors, "ns/sector")
}
