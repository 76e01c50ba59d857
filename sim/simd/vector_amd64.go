//go:build amd64 && !purego

package simd

import "golang.org/x/sys/cpu"

// Vector says whether vector kernels are in use.
var Vector = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// firstOf holds 16 set masks and 16 unset ones: from 16-n on, the first n of 16
// columns are set.
var firstOf = [32]int32{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}

func mulAdd(c, a, b Matrix, m, n, terms int) {
	if !Vector {
		mulAddPortable(c, a, b, m, n, terms)
		return
	}
	const size = 4 // bytes of a float32
	aRow, aCol, bRow, cRow := a.Row*size, a.Col*size, b.Row*size, c.Row*size
	for i := 0; i < m; {
		rows, plain, masked := tile(m - i)
		from := &a.at(i, 0)[0]
		for j := 0; j < n; j += 16 {
			if n-j >= 16 {
				plain(terms, from, aRow, aCol, &b.at(0, j)[0], bRow, &c.at(i, j)[0], cRow)
			} else {
				masked(terms, from, aRow, aCol, &b.at(0, j)[0], bRow, &c.at(i, j)[0], cRow, &firstOf[16-(n-j)])
			}
		}
		i += rows
	}
}

// kernel and maskedKernel are the forms of the tiles in assembly.
type (
	kernel       = func(terms int, a *float32, aRow, aCol int, b *float32, bRow int, c *float32, cRow int)
	maskedKernel = func(terms int, a *float32, aRow, aCol int, b *float32, bRow int, c *float32, cRow int, mask *int32)
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

// reluBlocks takes a multiple of 8 values.
func reluBlocks(y []float32) {
	if !Vector || len(y) == 0 {
		reluPortable(y)
		return
	}
	relu8(&y[0], len(y)/8)
}

// atOnce groups go through one kernel before the next one takes them: what they
// touch stays in the nearest cache.
const atOnce = 64

func (g *Groups) needTo(need, home, weight []float32, ceiling float32, lo, hi int) {
	if !Vector {
		g.needPortable(need, home, weight, ceiling, lo, hi)
		return
	}
	for k := lo; k < hi; k += atOnce {
		n := min(atOnce, hi-k)
		first := g.Off[k]
		var cell *int32
		var gain *uint16
		if int(first) < len(g.Cell) {
			cell, gain = &g.Cell[first], &g.Gain[first*Lanes]
		}
		sum, signal, scale := need[(k-lo)*Lanes:(k-lo+n)*Lanes], g.Signal[k*Lanes:(k+n)*Lanes], g.Scale[k*Lanes:(k+n)*Lanes]
		hear8(&sum[0], n, &g.Off[k], cell, gain, &weight[0], &g.Noise[k])
		even := n &^ 1
		need8(&sum[0], &signal[0], &scale[0], even/2, ceiling)
		if even < n {
			last := even * Lanes
			var pair [3][2 * Lanes]float32
			copy(pair[0][:], sum[last:])
			copy(pair[1][:], signal[last:])
			copy(pair[2][:], scale[last:])
			for b := Lanes; b < 2*Lanes; b++ {
				pair[0][b], pair[1][b] = 1, 1
			}
			need8(&pair[0][0], &pair[1][0], &pair[2][0], 1, ceiling)
			copy(sum[last:], pair[0][:Lanes])
		}
		home8(&home[k-lo], &sum[0], &g.Server[k*Lanes], &g.Home[k], n)
	}
}
