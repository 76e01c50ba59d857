package simd

import "math"

// AdamBy are the numbers of a step of Adam (Kingma and Ba, arXiv:1412.6980):
// the means m1 of the gradient and m2 of its square become Keep times
// themselves plus Take times the new one; a parameter moves by
// Scale*m1/(sqrt(m2)+Epsilon).
type AdamBy struct{ Keep1, Take1, Keep2, Take2, Scale, Epsilon float32 }

// Adam moves theta against gradient. Both forms give the same bits. It panics
// when lengths differ.
func Adam(theta, m1, m2, gradient []float32, by AdamBy) {
	if n := len(gradient); len(theta) != n || len(m1) != n || len(m2) != n {
		panic("simd: Adam over slices of other lengths")
	}
	whole := len(gradient) &^ 7
	adamBlocks(theta[:whole], m1[:whole], m2[:whole], gradient[:whole], &by)
	adamPortable(theta[whole:], m1[whole:], m2[whole:], gradient[whole:], &by)
}

// adamPortable is what the kernel computes. The conversions keep a compiler
// from rounding once where the kernel rounds twice.
func adamPortable(theta, m1, m2, gradient []float32, by *AdamBy) {
	for i, g := range gradient {
		m1[i] = float32(by.Keep1*m1[i]) + float32(by.Take1*g)
		m2[i] = float32(by.Keep2*m2[i]) + float32(by.Take2*g*g)
		theta[i] -= by.Scale * m1[i] / (float32(math.Sqrt(float64(m2[i]))) + by.Epsilon)
	}
}
