package simd

// Tanh replaces each value of y by its hyperbolic tangent: the rational minimax
// approximation of degree 13/6 on [-7.9, 7.9] that Eigen uses for float32
// (generic_fast_tanh_float), within 4e-7 of the exact value. NaN stays NaN. A
// value's result depends on nothing but the value.
func Tanh(y []float32) {
	whole := len(y) &^ 7
	tanhBlocks(y[:whole])
	if rest := y[whole:]; len(rest) > 0 {
		var last [8]float32
		copy(last[:], rest)
		tanhBlocks(last[:])
		copy(rest, last[:])
	}
}

// ReLU replaces each value of y by the larger of it and 0. NaN stays NaN.
func ReLU(y []float32) {
	whole := len(y) &^ 7
	reluBlocks(y[:whole])
	reluPortable(y[whole:])
}

// TanhSlopeTo writes to dst the gradient before a tanh: that after it, grad,
// times 1-y*y, where y is what Tanh gave. It panics when lengths differ.
func TanhSlopeTo(dst, y, grad []float32) {
	slopes(dst, y, grad)
	whole := len(y) &^ 7
	tanhSlopeBlocks(dst[:whole], y[:whole], grad[:whole])
	tanhSlopePortable(dst[whole:], y[whole:], grad[whole:])
}

// ReLUSlopeTo writes to dst the gradient before a ReLU: that after it, grad,
// where y, what ReLU gave, is above 0, else 0. dst may be grad. It panics when
// lengths differ.
func ReLUSlopeTo(dst, y, grad []float32) {
	slopes(dst, y, grad)
	whole := len(y) &^ 7
	reluSlopeBlocks(dst[:whole], y[:whole], grad[:whole])
	reluSlopePortable(dst[whole:], y[whole:], grad[whole:])
}

func slopes(dst, y, grad []float32) {
	if len(dst) != len(y) || len(grad) != len(y) {
		panic("simd: slope of slices of other lengths")
	}
}

// tanhSlopePortable is what the kernel computes.
func tanhSlopePortable(dst, y, grad []float32) {
	for i, v := range y {
		dst[i] = grad[i] * (1 - v*v)
	}
}

// reluSlopePortable is what the kernel computes. dst may be grad.
func reluSlopePortable(dst, y, grad []float32) {
	for i, v := range y {
		g := grad[i]
		if !(v > 0) {
			g = 0
		}
		dst[i] = g
	}
}

func reluPortable(y []float32) {
	for i, v := range y {
		y[i] = max(v, 0)
	}
}

// tanhPortable is what the kernel computes.
func tanhPortable(y []float32) {
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
