//go:build !amd64 || purego

package simd

// Vector says whether vector kernels are in use.
const Vector = false

func mulTo(c, from, a, b Matrix, m, n, terms int) { mulToPortable(c, from, a, b, m, n, terms) }

func tanhBlocks(y []float32) { tanhPortable(y) }

func adamBlocks(theta, m1, m2, gradient []float32, by *AdamBy) {
	adamPortable(theta, m1, m2, gradient, by)
}

func gather(dst, src []float32, width int, rows []int32) { gatherPortable(dst, src, width, rows) }

func serve(best *[Lanes]int32, cell []int32, gain []uint16, weight, least []float32) {
	servePortable(best, cell, gain, weight, least)
}

func expBlocks(y []float32) { expPortable(y) }

func reluBlocks(y []float32) { reluPortable(y) }

func tanhSlopeBlocks(dst, y, grad []float32) { tanhSlopePortable(dst, y, grad) }

func reluSlopeBlocks(dst, y, grad []float32) { reluSlopePortable(dst, y, grad) }

func (g *Groups) need(need, home, weight []float32, ceiling float32, lo int, list []uint16) {
	g.needPortable(need, home, weight, ceiling, lo, list)
}

func (l *Loads) settleBlocks(int, float32) (float32, int) { panic("no vectors") }

func earnEights(_ []int32, _, _, _ []float32, _ float32) (float32, float32) { panic("no vectors") }

func takeEights(_ []int32, _, _, _ []float32, _, _ float32) { panic("no vectors") }

func (g *Sectors) users(sums []Served, throughput, flow []float32, lo int, asked []float32, yield []Yield, targets [2]float32) {
	g.usersPortable(sums, throughput, flow, lo, asked, yield, targets)
}

func (b *Buckets) tally(bucket []uint16, scaled []float64, values, weights []float32, scale float64) (total, sum float64, ok bool) {
	return b.tallyPortable(bucket, scaled, values, weights, scale)
}

func (to *CellSums) add(energyJ []float64, load []float32, serving []bool, asked []float32, yield []Yield, seconds float64) CellTotal {
	return to.addPortable(energyJ, load, serving, asked, yield, seconds)
}

func philoxEights(dst, key, lane []uint64, counter uint64, second bool) {
	philoxPortable(dst, key, lane, counter, second)
}
