package search

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"hibernet/sim/rng"
)

// initialStep is the first step size in the unit cube: 0.3 of the range
// (N. Hansen, The CMA Evolution Strategy: A Tutorial, arXiv:1604.00772v2,
// appendix A: the optimum should lie within the first mean plus or minus three
// of these).
const initialStep = 0.3

// leastStep is the standard deviation below which, in every direction, points
// are taken to have come together.
const leastStep = 1e-9

// CMAES draws generations of points, each from what came out of those before,
// by covariance matrix adaptation. It follows Hansen's tutorial step by step;
// the numbers in brackets are those of its equations, and the constants are
// those of its table 1 with positive weights only.
//
// gonum has the method as optimize.CmaEsChol (v0.17.0), but draws its points
// without the step size that it adapts: on the bowl of this package's tests it
// found less than as many uniform draws.
type CMAES struct {
	dim, pop int
	stream   *rng.Stream

	weights                   []float64
	muEff, cc, cs, c1, cmu, d float64
	chi                       float64 // expected length of a standard normal vector

	mean, pc, ps []float64
	step         float64
	cov          *mat.SymDense
	basis        mat.Dense // eigenvectors of cov
	scale        []float64 // square roots of its eigenvalues
	asked        [][]float64
	generation   int
}

// Population returns the usual size of a generation: 4 + 3 ln(dim) (48).
func Population(dim int) int { return 4 + int(3*math.Log(float64(dim))) }

// NewCMAES begins in the middle of the unit cube. pop is the number of points
// of a generation, at least 4; 0 takes Population(dim).
func NewCMAES(dim, pop int, seed uint64) *CMAES {
	if pop == 0 {
		pop = Population(dim)
	}
	c := &CMAES{
		dim: dim, pop: pop, stream: rng.Root(seed).Named("search.cmaes").Stream(),
		mean: make([]float64, dim), pc: make([]float64, dim), ps: make([]float64, dim),
		scale: make([]float64, dim), step: initialStep, cov: mat.NewSymDense(dim, nil),
	}
	for i := range dim {
		c.mean[i] = 0.5
		c.cov.SetSym(i, i, 1)
	}
	c.constants()
	return c
}

// constants sets what depends on the numbers of dimensions and points only.
func (c *CMAES) constants() {
	n, sum, squares := float64(c.dim), 0.0, 0.0
	for i := range c.pop / 2 {
		w := math.Log((float64(c.pop)+1)/2) - math.Log(float64(i+1)) // (49)
		c.weights = append(c.weights, w)
		sum += w
	}
	for i := range c.weights {
		c.weights[i] /= sum
		squares += c.weights[i] * c.weights[i]
	}
	c.muEff = 1 / squares                                                        // (8)
	c.cs = (c.muEff + 2) / (n + c.muEff + 5)                                     // (55)
	c.d = 1 + 2*math.Max(0, math.Sqrt((c.muEff-1)/(n+1))-1) + c.cs               // (55)
	c.cc = (4 + c.muEff/n) / (n + 4 + 2*c.muEff/n)                               // (56)
	c.c1 = 2 / ((n+1.3)*(n+1.3) + c.muEff)                                       // (57)
	c.cmu = math.Min(1-c.c1, 2*(0.25+c.muEff+1/c.muEff-2)/((n+2)*(n+2)+c.muEff)) // (58)
	c.chi = math.Sqrt(n) * (1 - 1/(4*n) + 1/(21*n*n))
}

// Ask returns the points of the next generation, or nil when they have come
// together and there is nothing left to learn. Coordinates may lie outside of
// the unit cube.
func (c *CMAES) Ask() [][]float64 {
	var eigen mat.EigenSym
	if !eigen.Factorize(c.cov, true) {
		return nil
	}
	eigen.VectorsTo(&c.basis)
	widest := 0.0
	for i, v := range eigen.Values(nil) {
		c.scale[i] = math.Sqrt(math.Max(v, 1e-30)) // rounding may take it below 0
		widest = math.Max(widest, c.step*c.scale[i])
	}
	if !(widest > leastStep) || math.IsInf(widest, 0) {
		return nil
	}
	c.asked = make([][]float64, c.pop)
	for k := range c.asked {
		z := mat.NewVecDense(c.dim, nil)
		for i := range c.dim {
			z.SetVec(i, c.scale[i]*c.stream.Norm())
		}
		var y mat.VecDense
		y.MulVec(&c.basis, z) // (39)
		c.asked[k] = make([]float64, c.dim)
		for i := range c.dim {
			c.asked[k][i] = c.mean[i] + c.step*y.AtVec(i) // (40)
		}
	}
	points := make([][]float64, c.pop)
	for k := range points {
		points[k] = append([]float64(nil), c.asked[k]...)
	}
	return points
}

// Tell says what came out of the points of the last generation. Only their
// order counts.
func (c *CMAES) Tell(scores []Score) {
	best := Order(scores)[:len(c.weights)]
	move := mat.NewVecDense(c.dim, nil) // (41), in steps
	ys := make([]*mat.VecDense, len(best))
	for place, k := range best {
		ys[place] = mat.NewVecDense(c.dim, nil)
		for i := range c.dim {
			ys[place].SetVec(i, (c.asked[k][i]-c.mean[i])/c.step)
		}
		move.AddScaledVec(move, c.weights[place], ys[place])
	}
	for i := range c.dim {
		c.mean[i] += c.step * move.AtVec(i) // (42)
	}
	c.generation++
	c.adaptStep(move)
	length := norm(c.ps)
	h := 0.0
	if length/math.Sqrt(1-math.Pow(1-c.cs, 2*float64(c.generation))) < (1.4+2/float64(c.dim+1))*c.chi {
		h = 1
	}
	for i := range c.dim { // (45)
		c.pc[i] = (1-c.cc)*c.pc[i] + h*math.Sqrt(c.cc*(2-c.cc)*c.muEff)*move.AtVec(i)
	}
	keep := 1 - c.c1 - c.cmu + (1-h)*c.c1*c.cc*(2-c.cc)
	for i := range c.dim { // (47)
		for j := i; j < c.dim; j++ {
			v := keep*c.cov.At(i, j) + c.c1*c.pc[i]*c.pc[j]
			for place, y := range ys {
				v += c.cmu * c.weights[place] * y.AtVec(i) * y.AtVec(j)
			}
			c.cov.SetSym(i, j, v)
		}
	}
	c.step *= math.Exp(c.cs / c.d * (length/c.chi - 1)) // (44)
}

// adaptStep turns the path of the mean, without the shape of the covariance,
// on by one generation (43).
func (c *CMAES) adaptStep(move *mat.VecDense) {
	var turned, white mat.VecDense
	turned.MulVec(c.basis.T(), move)
	for i := range c.dim {
		turned.SetVec(i, turned.AtVec(i)/c.scale[i])
	}
	white.MulVec(&c.basis, &turned)
	for i := range c.dim {
		c.ps[i] = (1-c.cs)*c.ps[i] + math.Sqrt(c.cs*(2-c.cs)*c.muEff)*white.AtVec(i)
	}
}

func norm(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum)
}
