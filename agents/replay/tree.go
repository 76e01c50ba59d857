package replay

// Tree holds values of at least 0 and finds the one in which a given point of
// their running sum lies, both in logarithmic time. A parent is always the sum
// of its two children as they are now, never changed by a difference: so the
// tree depends on the present values only, and rounding does not gather.
type Tree struct {
	leaves int       // a power of two
	sums   []float64 // [2*leaves] node i has the children 2i and 2i+1
}

// NewTree returns a tree of n values, all 0.
func NewTree(n int) *Tree {
	leaves := 1
	for leaves < n {
		leaves *= 2
	}
	return &Tree{leaves: leaves, sums: make([]float64, 2*leaves)}
}

// Set changes value i.
func (t *Tree) Set(i int, value float64) {
	i += t.leaves
	t.sums[i] = value
	for i /= 2; i > 0; i /= 2 {
		t.sums[i] = t.sums[2*i] + t.sums[2*i+1]
	}
}

// At returns value i.
func (t *Tree) At(i int) float64 { return t.sums[t.leaves+i] }

// Sum returns the sum of all values.
func (t *Tree) Sum() float64 { return t.sums[1] }

// Find returns the value i in which point lies: the sum of those before i is
// at most point, with i itself it is above. A point at or beyond the sum gives
// the last value that is not 0.
func (t *Tree) Find(point float64) int {
	i := 1
	for i < t.leaves {
		left := t.sums[2*i]
		if i *= 2; point >= left && t.sums[i+1] > 0 {
			point -= left
			i++
		}
	}
	return i - t.leaves
}
