package search

import (
	"math"
	"reflect"
	"testing"
)

func TestOrderPutsConstraintsFirst(t *testing.T) {
	nan := math.NaN()
	scores := []Score{{5, 0}, {1, 2}, {nan, 0}, {3, 0}, {0, 1}, {3, 0}, {nan, 1}, {2, math.Inf(1)}}
	if got, want := Order(scores), []int{3, 5, 0, 4, 1, 7, 2, 6}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := Survivors(scores, 3), []int{3, 5}; !reflect.DeepEqual(got, want) {
		t.Errorf("survivors %v, want %v", got, want)
	}
	if got := Survivors(scores[:2], 3); !reflect.DeepEqual(got, []int{0}) {
		t.Errorf("one of two survives, got %v", got)
	}
}

func TestUniform(t *testing.T) {
	a := Uniform(1000, 3, 7)
	if !reflect.DeepEqual(a[:10], Uniform(10, 3, 7)) {
		t.Error("the first points depend on how many are asked for")
	}
	if reflect.DeepEqual(a[0], Uniform(1, 3, 8)[0]) {
		t.Error("another seed gives the same point")
	}
	var mean [3]float64
	for _, p := range a {
		for d, u := range p {
			if u <= 0 || u >= 1 {
				t.Fatalf("%g is outside of the cube", u)
			}
			mean[d] += u / 1000
		}
	}
	for d, m := range mean { // five standard errors
		if math.Abs(m-0.5) > 5/math.Sqrt(12*1000) {
			t.Errorf("dimension %d: mean %g", d, m)
		}
	}
}

// best minimises f with a budget of generations and returns the best point.
func best(f func([]float64) Score, dim, generations int, seed uint64) (point []float64, value float64, trials int) {
	c := NewCMAES(dim, 0, seed)
	value = math.Inf(1)
	for range generations {
		points := c.Ask()
		if points == nil {
			break
		}
		scores := make([]Score, len(points))
		for i, p := range points {
			scores[i] = f(p)
			if trials++; scores[i].Feasible() && scores[i].Value < value {
				point, value = p, scores[i].Value
			}
		}
		c.Tell(scores)
	}
	return point, value, trials
}

// A bowl with axes of unequal length, its bottom away from the middle.
func bowl(x []float64) Score {
	sum := 0.0
	for d, v := range x {
		w := v - 0.3 - 0.1*float64(d)
		sum += math.Pow(10, float64(d)) * w * w
	}
	return Score{Value: sum}
}

func TestCMAESFindsTheBottom(t *testing.T) {
	for seed := range uint64(5) {
		p, v, n := best(bowl, 3, 60, seed)
		uniform := math.Inf(1)
		for _, q := range Uniform(n, 3, seed) {
			uniform = min(uniform, bowl(q).Value)
		}
		t.Logf("seed %d: %g at %.3f after %d trials; uniform draws %g", seed, v, p, n, uniform)
		if v > 1e-5 || v > uniform/10 {
			t.Errorf("seed %d: %g at %v; as many uniform draws found %g", seed, v, p, uniform)
		}
	}
}

// The lowest point that keeps x0 + x1 >= 1.2 of a bowl around 0.3, 0.4.
func TestCMAESKeepsConstraints(t *testing.T) {
	p, v, _ := best(func(x []float64) Score {
		s := Score{Value: (x[0]-0.3)*(x[0]-0.3) + (x[1]-0.4)*(x[1]-0.4)}
		s.Violation = math.Max(0, 1.2-x[0]-x[1])
		return s
	}, 2, 60, 1)
	if math.Abs(p[0]-0.55) > 0.01 || math.Abs(p[1]-0.65) > 0.01 {
		t.Errorf("%g at %v, want 0.125 at [0.55 0.65]", v, p)
	}
}

func TestCMAESRepeats(t *testing.T) {
	a, _, _ := best(bowl, 2, 5, 3)
	b, _, _ := best(bowl, 2, 5, 3)
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%v and %v", a, b)
	}
}
