package mlp

import (
	"hibernet/sim/shard"
	"hibernet/sim/simd"
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
type buffers struct{ a, b []float32 }

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
		s.free <- &buffers{a: make([]float32, size), b: make([]float32, size)}
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
		DenseTo(y, x, n.W[l], n.B[l], rows, in, out)
		if l < last {
			Activate(y, n.Activation)
		}
		x = y
		here, there = there, here
	}
}

// DenseTo writes x*w + b to y: x is [rows][in], w [in][out], b [out] and y
// [rows][out], row-major. An element's value does not depend on the number of
// rows. It panics when a length does not match.
func DenseTo(y, x, w, b []float32, rows, in, out int) {
	if len(y) != rows*out || len(x) != rows*in || len(w) != in*out || len(b) != out {
		panic("mlp: DenseTo with slices of other lengths")
	}
	simd.MulTo(
		simd.Matrix{Data: y, Row: out, Col: 1},
		simd.Matrix{Data: b, Row: 0, Col: 1},
		simd.Matrix{Data: x, Row: in, Col: 1},
		simd.Matrix{Data: w, Row: out, Col: 1}, rows, out, in)
}

// Activate applies an activation to each value of y. Linear leaves them as
// they are.
func Activate(y []float32, activation string) {
	switch activation {
	case ReLU:
		simd.ReLU(y)
	case Tanh:
		simd.Tanh(y)
	}
}
