package simd

// termsAtOnce terms of a product go into a tile before the next tile is taken:
// what they touch of a and b (termsAtOnce x 16 x 4 bytes a row of tiles) stays
// in the second-level cache.
const termsAtOnce = 256

// Matrix is a view of float32 values: element (i, j) is Data[i*Row+j*Col]. A
// row-major matrix has Col 1, its transpose Row 1.
type Matrix struct {
	Data     []float32
	Row, Col int
}

// at returns the values from element (i, j) on.
func (m Matrix) at(i, j int) []float32 { return m.Data[i*m.Row+j*m.Col:] }

// holds says whether a matrix of so many rows and columns lies inside Data.
func (m Matrix) holds(rows, columns int) bool {
	return rows == 0 || columns == 0 || m.Row >= 0 && m.Col >= 0 && (rows-1)*m.Row+(columns-1)*m.Col < len(m.Data)
}

// MulAdd adds the product of a [m][terms] and b [terms][n] to c [m][n]. Rows of
// b and c must be contiguous (Col 1); a may be transposed. For a given element
// the terms are added in blocks of 256, each in order from zero, whatever m
// and n. It panics when a matrix lies outside its data.
func MulAdd(c, a, b Matrix, m, n, terms int) {
	if b.Col != 1 || c.Col != 1 {
		panic("simd: MulAdd needs contiguous rows of b and c")
	}
	if !a.holds(m, terms) || !b.holds(terms, n) || !c.holds(m, n) {
		panic("simd: MulAdd with a matrix outside its data")
	}
	if m == 0 || n == 0 {
		return
	}
	for from := 0; from < terms; from += termsAtOnce {
		count := min(termsAtOnce, terms-from)
		mulAdd(c, Matrix{a.at(0, from), a.Row, a.Col}, Matrix{b.at(from, 0), b.Row, 1}, m, n, count)
	}
}

// mulAddPortable is what the tiles compute.
func mulAddPortable(c, a, b Matrix, m, n, terms int) {
	var sum [16]float32
	for i := range m {
		for j := 0; j < n; j += len(sum) {
			width := min(len(sum), n-j)
			acc := sum[:width]
			clear(acc)
			for k := range terms {
				v := a.Data[i*a.Row+k*a.Col]
				row := b.at(k, j)[:width]
				for x, w := range row {
					acc[x] += v * w
				}
			}
			row := c.at(i, j)[:width]
			for x, v := range acc {
				row[x] += v
			}
		}
	}
}
