package ppo

import "math"

// Constants of Adam (Kingma and Ba, arXiv:1412.6980). Epsilon is 1e-5 as in
// the public implementations of PPO, not the paper's 1e-8.
const (
	adamBeta1   = 0.9
	adamBeta2   = 0.999
	adamEpsilon = 1e-5
)

// adam is the state of the optimiser.
type adam struct {
	steps  int
	m1, m2 []float32 // [parameters] decaying means of the gradient and its square
}

// step moves theta against gradient.
func (a *adam) step(theta, gradient []float32, rate float64) {
	a.steps++
	t := float64(a.steps)
	scale := float32(rate * math.Sqrt(1-math.Pow(adamBeta2, t)) / (1 - math.Pow(adamBeta1, t)))
	epsilon := float32(adamEpsilon * math.Sqrt(1-math.Pow(adamBeta2, t)))
	for i, g := range gradient {
		a.m1[i] = adamBeta1*a.m1[i] + (1-adamBeta1)*g
		a.m2[i] = adamBeta2*a.m2[i] + (1-adamBeta2)*g*g
		theta[i] -= scale * a.m1[i] / (float32(math.Sqrt(float64(a.m2[i]))) + epsilon)
	}
}

// clipNorm scales gradient down to at most limit and returns its norm before.
func clipNorm(gradient []float32, limit float64) float64 {
	var sum float64
	for _, g := range gradient {
		sum += float64(g) * float64(g)
	}
	norm := math.Sqrt(sum)
	if norm > limit {
		factor := float32(limit / norm)
		for i := range gradient {
			gradient[i] *= factor
		}
	}
	return norm
}

func (a *adam) clone() adam {
	return adam{steps: a.steps, m1: append([]float32(nil), a.m1...), m2: append([]float32(nil), a.m2...)}
}
