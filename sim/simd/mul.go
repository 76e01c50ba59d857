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

// MulAdd adds the product of a [m][terms] and b [terms][n] to c [m][n]: it is
// MulTo from c.
func MulAdd(c, a, b Matrix, m, n, terms int) { MulTo(c, c, a, b, m, n, terms) }

// MulTo writes the sum of from [m][n] and of the product of a [m][terms] and
// b [terms][n] to c [m][n]. from may be c; with Row 0 it is one row, added to
// each. Rows of b, from and c must be contiguous (Col 1); a may be transposed.
// For a given element the terms are added in blocks of 256, each in order from
// zero, whatever m and n. It panics when a matrix lies outside its data.
func MulTo(c, from, a, b Matrix, m, n, terms int) {
	if b.Col != 1 || c.Col != 1 || from.Col != 1 {
		panic("simd: MulTo needs contiguous rows of b, from and c")
	}
	if !a.holds(m, terms) || !b.holds(terms, n) || !from.holds(m, n) || !c.holds(m, n) {
		panic("simd: MulTo with a matrix outside its data")
	}
	if m == 0 || n == 0 {
		return
	}
	if terms == 0 {
		for i := range m {
			copy(c.at(i, 0)[:n], from.at(i, 0)[:n])
		}
		return
	}
	for k := 0; k < terms; k += termsAtOnce {
		count := min(termsAtOnce, terms-k)
		mulTo(c, from, Matrix{a.at(0, k), a.Row, a.Col}, Matrix{b.at(k, 0), b.Row, 1}, m, n, count)
		from = c
	}
}

// mulToPortable is what the tiles compute.
func mulToPortable(c, from, a, b Matrix, m, n, terms int) {
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
			row, begin := c.at(i, j)[:width], from.at(i, j)[:width]
			for x, v := range acc {
				row[x] = begin[x] + v
			}
		}
	}
}
