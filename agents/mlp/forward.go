package mlp

import (
	"gonum.org/v1/gonum/blas/gonum"

	"hibernet/sim/shard"
)

const (
	// shardRows is the number of rows that one worker takes at a time.
	shardRows = 256
	// blockRows rows go through all layers together, so that their hidden
	// values (blockRows x width x 4 bytes) stay in the nearest caches.
	blockRows = 64
)

// Scratch holds the buffers and workers of ForwardTo for networks up to a
// width. It is for one caller at a time.
type Scratch struct {
	pool  *shard.Pool
	free  chan *buffers // one a worker
	width int
	call  call
	pass  func(i int) // call.shard, made once so that ForwardTo allocates nothing
}

// buffers hold one block of rows each.
type buffers struct{ a, b, columns []float32 }

type call struct {
	net    *Net
	dst, x []float32
	rows   int
	free   chan *buffers
}

// NewScratch returns a Scratch for the given networks that works with up to
// workers goroutines.
func NewScratch(workers int, nets ...*Net) *Scratch {
	s := &Scratch{pool: shard.New(workers)}
	for _, n := range nets {
		for _, w := range n.Sizes {
			s.width = max(s.width, w)
		}
	}
	s.free = make(chan *buffers, s.pool.Workers())
	for range s.pool.Workers() {
		size := blockRows * s.width
		s.free <- &buffers{a: make([]float32, size), b: make([]float32, size), columns: make([]float32, size)}
	}
	s.pass = s.call.shard
	return s
}

// ForwardTo computes the outputs of rows inputs: dst is [rows][Out], x is
// [rows][In], both row-major. It panics when a length does not match or
// scratch was made for narrower networks.
func (n *Net) ForwardTo(dst, x []float32, rows int, scratch *Scratch) {
	if len(dst) != rows*n.Out() || len(x) != rows*n.In() {
		panic("mlp: ForwardTo with buffers of another length")
	}
	for _, w := range n.Sizes {
		if w > scratch.width {
			panic("mlp: ForwardTo with the scratch of a narrower network")
		}
	}
	scratch.call = call{net: n, dst: dst, x: x, rows: rows, free: scratch.free}
	scratch.pool.Each((rows+shardRows-1)/shardRows, scratch.pass)
	scratch.call = call{}
}

func (c *call) shard(i int) {
	buf := <-c.free
	end := min((i+1)*shardRows, c.rows)
	for lo := i * shardRows; lo < end; lo += blockRows {
		hi := min(lo+blockRows, end)
		in, out := c.net.In(), c.net.Out()
		c.net.block(c.dst[lo*out:hi*out], c.x[lo*in:hi*in], hi-lo, buf)
	}
	c.free <- buf
}

// block takes one block of rows through all layers.
func (n *Net) block(dst, x []float32, rows int, buf *buffers) {
	here, there := buf.a, buf.b
	last := len(n.W) - 1
	for l := range n.W {
		in, out := n.Sizes[l], n.Sizes[l+1]
		y := here[:rows*out]
		if l == last {
			y = dst
		}
		dense(y, x, n.W[l], n.B[l], buf.columns, rows, in, out)
		if l < last {
			Activate(y, n.Activation)
		}
		x = y
		here, there = there, here
	}
}

// DenseTo writes x*w + b to y: x is [rows][in], w [in][out], b [out] and y
// [rows][out], row-major. For a given element the products are added in the
// order of the inputs, whatever the number of rows. It panics when a length
// does not match.
func DenseTo(y, x, w, b []float32, rows, in, out int) {
	if len(y) != rows*out || len(x) != rows*in || len(w) != in*out || len(b) != out {
		panic("mlp: DenseTo with slices of other lengths")
	}
	columns := make([]float32, min(rows, blockRows)*in)
	for lo := 0; lo < rows; lo += blockRows {
		hi := min(lo+blockRows, rows)
		dense(y[lo*out:hi*out], x[lo*in:hi*in], w, b, columns, hi-lo, in, out)
	}
}

// dense is DenseTo for at most blockRows rows; columns has room for them. It
// adds up the outer products of the columns of x with the rows of w: gonum's
// Sger is up to three times as fast as its Sgemm at these sizes, and starts no
// goroutines.
func dense(y, x, w, b, columns []float32, rows, in, out int) {
	for r := range rows {
		copy(y[r*out:(r+1)*out], b)
		for k, v := range x[r*in : (r+1)*in] {
			columns[k*rows+r] = v
		}
	}
	var impl gonum.Implementation
	for k := range in {
		impl.Sger(rows, out, 1, columns[k*rows:(k+1)*rows], 1, w[k*out:(k+1)*out], 1, y, out)
	}
}

// Activate applies an activation to each value of y. Linear leaves them as
// they are.
func Activate(y []float32, activation string) {
	switch activation {
	case ReLU:
		for i, v := range y {
			y[i] = max(v, 0)
		}
	case Tanh:
		tanh(y)
	}
}

// tanh replaces each x of y by tanh(x): the rational minimax approximation of
// degree 13/6 on [-7.9, 7.9] that Eigen uses for float32
// (generic_fast_tanh_float), within 4e-7 of the exact value and several times
// as fast as math.Tanh. NaN stays NaN.
func tanh(y []float32) {
	const limit = 7.90531110763549805
	for i, x := range y {
		if x > limit {
			x = limit
		} else if x < -limit {
			x = -limit
		}
		s := x * x
		p := s*-2.76076847742355e-16 + 2.00018790482477e-13
		p = p*s - 8.60467152213735e-11
		p = p*s + 5.12229709037114e-08
		p = p*s + 1.48572235717979e-05
		p = p*s + 6.37261928875436e-04
		p = p*s + 4.89352455891786e-03
		q := s*1.19825839466702e-06 + 1.18534705686654e-04
		q = q*s + 2.26843463243900e-03
		q = q*s + 4.89352518554385e-03
		y[i] = x * p / q
	}
}
