//go:build amd64 && !purego

package simd

import "golang.org/x/sys/cpu"

// Vector says whether vector kernels are in use.
var Vector = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// firstOf holds 16 set masks and 16 unset ones: from 16-n on, the first n of 16
// columns are set.
var firstOf = [32]int32{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}

func mulTo(c, from, a, b Matrix, m, n, terms int) {
	if !Vector {
		mulToPortable(c, from, a, b, m, n, terms)
		return
	}
	const size = 4 // bytes of a float32
	aRow, aCol, bRow, fromRow, cRow := a.Row*size, a.Col*size, b.Row*size, from.Row*size, c.Row*size
	panels, rest := n/16, n%16
	if rest > 0 && rest <= Lanes {
		mulNarrow(c, from, a, b, m, 16*panels, rest, terms)
		rest = 0
	}
	if panels+rest == 0 {
		return
	}
	for i := 0; i < m; {
		rows, plain, masked := tile(m - i)
		left := &a.at(i, 0)[0]
		if panels > 0 {
			plain(terms, panels, left, aRow, aCol, &b.Data[0], bRow, &from.at(i, 0)[0], fromRow, &c.at(i, 0)[0], cRow)
		}
		if j := 16 * panels; rest > 0 {
			masked(terms, left, aRow, aCol, &b.at(0, j)[0], bRow, &from.at(i, j)[0], fromRow, &c.at(i, j)[0], cRow, &firstOf[16-rest])
		}
		i += rows
	}
}

// mulNarrow is mulTo for the columns from j on, at most 8.
func mulNarrow(c, from, a, b Matrix, m, j, columns, terms int) {
	const size = 4 // bytes of a float32
	mask := &firstOf[16-columns]
	for i := 0; i < m; {
		rows, kernel := 1, tile1x8Masked
		switch left := m - i; {
		case left >= 12:
			rows, kernel = 12, tile12x8Masked
		case left >= 4:
			rows, kernel = 4, tile4x8Masked
		case left >= 2:
			rows, kernel = 2, tile2x8Masked
		}
		kernel(terms, &a.at(i, 0)[0], a.Row*size, a.Col*size, &b.at(0, j)[0], b.Row*size, &from.at(i, j)[0], from.Row*size, &c.at(i, j)[0], c.Row*size, mask)
		i += rows
	}
}

// kernel and maskedKernel are the forms of the tiles in assembly.
type (
	kernel       = func(terms, panels int, a *float32, aRow, aCol int, b *float32, bRow int, from *float32, fromRow int, c *float32, cRow int)
	maskedKernel = func(terms int, a *float32, aRow, aCol int, b *float32, bRow int, from *float32, fromRow int, c *float32, cRow int, mask *int32)
)

// tile returns the largest tile for so many rows.
func tile(rows int) (int, kernel, maskedKernel) {
	switch {
	case rows >= 6:
		return 6, tile6x16, tile6x16Masked
	case rows >= 4:
		return 4, tile4x16, tile4x16Masked
	case rows >= 2:
		return 2, tile2x16, tile2x16Masked
	}
	return 1, tile1x16, tile1x16Masked
}

// tanhBlocks takes a multiple of 8 values.
func tanhBlocks(y []float32) {
	if !Vector || len(y) == 0 {
		tanhPortable(y)
		return
	}
	tanh8(&y[0], len(y)/8)
}

// adamBlocks takes multiples of 8 parameters.
func adamBlocks(theta, m1, m2, gradient []float32, by *AdamBy) {
	if !Vector || len(theta) == 0 {
		adamPortable(theta, m1, m2, gradient, by)
		return
	}
	adam8(&theta[0], &m1[0], &m2[0], &gradient[0], len(theta)/8, &by.Keep1)
}

func gather(dst, src []float32, width int, rows []int32) {
	if !Vector || width < 8 || len(rows) == 0 {
		gatherPortable(dst, src, width, rows)
		return
	}
	gather8(&dst[0], &src[0], 4*width, &rows[0], len(rows))
}

func serve(best *[Lanes]int32, cell []int32, gain []uint16, weight, least []float32) {
	if !Vector || len(cell) == 0 {
		servePortable(best, cell, gain, weight, least)
		return
	}
	serve8(&best[0], &cell[0], &gain[0], len(cell), &weight[0], &least[0])
}

// expBlocks takes a multiple of 8 values.
func expBlocks(y []float32) {
	if !Vector || len(y) == 0 {
		expPortable(y)
		return
	}
	exp8(&y[0], len(y)/8)
}

// reluBlocks takes a multiple of 8 values.
func reluBlocks(y []float32) {
	if !Vector || len(y) == 0 {
		reluPortable(y)
		return
	}
	relu8(&y[0], len(y)/8)
}

// tanhSlopeBlocks takes a multiple of 8 values.
func tanhSlopeBlocks(dst, y, grad []float32) {
	if !Vector || len(y) == 0 {
		tanhSlopePortable(dst, y, grad)
		return
	}
	tanhSlope8(&dst[0], &y[0], &grad[0], len(y)/8)
}

// reluSlopeBlocks takes a multiple of 8 values.
func reluSlopeBlocks(dst, y, grad []float32) {
	if !Vector || len(y) == 0 {
		reluSlopePortable(dst, y, grad)
		return
	}
	reluSlope8(&dst[0], &y[0], &grad[0], len(y)/8)
}

func (g *Groups) need(need, home, weight []float32, ceiling float32, lo int, list []uint16) {
	if !Vector {
		g.needPortable(need, home, weight, ceiling, lo, list)
		return
	}
	var cell, gain *uint16
	if len(g.Cell) > 0 {
		cell, gain = &g.Cell[0], &g.Gain[0]
	}
	n, server := len(list), &g.Server[lo*Lanes]
	hear8(&need[0], &list[0], n, &g.First[lo], &g.Links[lo], server, &g.Noise[lo], cell, gain, &weight[0], &g.Signal[lo*Lanes])
	need8(&need[0], &g.Signal[lo*Lanes], server, &list[0], n, ceiling)
	home8(&home[0], &need[0], &g.Share[0], &g.Eight[lo], server, &g.Home[lo], &list[0], n)
}

// settleBlocks is Settle for the first blocks of eight, at least one.
func (l *Loads) settleBlocks(blocks int, unheard float32) (float32, int) {
	return settle8(&l.Offered[0], &l.Foreign[0], &l.PerHz[0], &l.Load[0], &l.Weight[0], &l.Full[0], &l.Known[0], &l.Moved[0], blocks, unheard)
}

func earnEights(list []int32, load, price, demand []float32, slope float32) (earned, loaded float32) {
	return earn8(&list[0], len(list), &load[0], &price[0], &demand[0], slope)
}

func takeEights(list []int32, load, price, taken []float32, slope, share float32) {
	take8(&list[0], len(list), &load[0], &price[0], &taken[0], slope, share)
}

func (g *Sectors) users(sums []Served, throughput, flow []float32, lo int, asked []float32, yield []Yield, targets [2]float32) {
	if !Vector || len(g.Row) == 0 || len(g.Cell) == 0 {
		g.usersPortable(sums, throughput, flow, lo, asked, yield, targets)
		return
	}
	users8(&sums[0].Served, &throughput[0], &flow[0], len(sums), &asked[0], &g.RowOff[lo], &g.Row[0], &g.Need[0],
		&g.LinkOff[lo], &g.Cell[0], &g.Server[lo*Lanes], &g.Share[lo*Lanes], &yield[0].Part, targets[0], targets[1])
}

func (b *Buckets) tally(bucket []uint16, scaled []float64, values, weights []float32, scale float64) (total, sum float64, ok bool) {
	if !Vector {
		return b.tallyPortable(bucket, scaled, values, weights, scale)
	}
	total, sum, faults := tally8(&bucket[0], &scaled[0], &values[0], &weights[0], len(values)/Lanes, scale, b.first, int32(len(b.starts)-1), &b.starts[0].edge)
	return total, sum, faults == 0
}

// add takes a multiple of Lanes cells, at least one.
func (to *CellSums) add(energyJ []float64, load []float32, serving []bool, asked []float32, yield []Yield, seconds float64) CellTotal {
	if !Vector {
		return to.addPortable(energyJ, load, serving, asked, yield, seconds)
	}
	allJ, allLoadS, allServed := cells8(&to.EnergyJ[0], &to.LoadS[0], &to.AwakeS[0], &to.AskedBit[0], &to.ServedBit[0],
		&energyJ[0], &load[0], &serving[0], &asked[0], &yield[0].Part, len(energyJ)/Lanes, seconds, float32(seconds))
	return CellTotal{allJ, allLoadS, allServed}
}

func philoxEights(dst, key, lane []uint64, counter uint64, second bool) {
	if len(dst) == 0 {
		return
	}
	half := 0
	if second {
		half = 1
	}
	philox8(&dst[0], &key[0], &lane[0], len(dst)/Lanes, counter, half)
}
