package fit

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"hibernet/sim/rng"
)

// TestPairs compares the bins with a plain search.
func TestPairs(t *testing.T) {
	c := Grid(7, 9, 7, 250)
	for p := range c.Patch { // two patches
		if p%9 > 4 {
			c.Patch[p] = 1
		}
	}
	values := make([]float64, c.Places())
	for i := range values {
		values[i] = rng.Root(1).Norm(uint64(i))
	}
	for _, b := range c.Correlogram(values) {
		n := 0.0
		for i := range values {
			for j := range i {
				d := math.Hypot(c.X[i]-c.X[j], c.Y[i]-c.Y[j]) / 250
				if c.Patch[i] == c.Patch[j] && d >= b.From && d < b.To {
					n++
				}
			}
		}
		if n != b.Pairs || b.Distance < b.From || b.Distance >= b.To {
			t.Errorf("%+v: %g pairs", b, n)
		}
	}
	if v, ok := at(c.Correlogram(values), 1); !ok || math.Abs(v) > 0.25 {
		t.Errorf("independent values: correlation %g of neighbours", v)
	}
	if _, ok := at(c.Correlogram(values), 100); ok {
		t.Error("there are pairs at distance 100")
	}
}

// TestFieldNearest puts the closed form in and gets its parameters back.
func TestFieldNearest(t *testing.T) {
	c := Grid(20, 20, 7, 1000)
	table, err := c.rangeTable()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range [][2]float64{{0.2, 3}, {0.5, 8}, {0.05, 20}} {
		whole := 0.0
		for i := range c.Places() {
			for j := range c.Places() {
				whole += math.Exp(-c.distance(i, j)/want[1]) / float64(c.Places()*c.Places())
			}
		}
		close(t, "mean over all pairs", table.at(want[1]), whole, 0.004)
		m := (1 - want[0]) * whole
		bins := slices.Clone(c.Correlogram(c.X))
		for k := range bins {
			bins[k].Value = ((1-want[0])*math.Exp(-bins[k].Distance/want[1]) - m) / (1 - m)
		}
		nugget, rangeU := fieldNearest(bins, table)
		close(t, "nugget", nugget, want[0], 0.02)
		close(t, "range", rangeU/want[1], 1, 0.1)
	}
}

func TestSameProbability(t *testing.T) {
	shares := []float64{0.5, 0.2, 0, 0.3}
	close(t, "independent", sameProbability(0, shares), 0.25+0.04+0.09, 0.002)
	close(t, "nearly equal", sameProbability(0.9999, shares), 1, 0.02)
	// Two halves: 1/2 + asin(rho)/pi (Sheppard).
	for _, rho := range []float64{0.2, 0.5, 0.8} {
		close(t, "halves", sameProbability(rho, []float64{0.5, 0.5}), 0.5+math.Asin(rho)/math.Pi, 0.003)
	}
	bins := []Bin{{Value: sameProbability(0.37, shares)}, {Value: 0}, {Value: 1}}
	got := latentCorrelation(bins, shares)
	close(t, "and back", got[0].Value, 0.37, 0.005)
	if got[1].Value > 0 || got[2].Value < 0.95 {
		t.Errorf("outside: %g and %g", got[1].Value, got[2].Value)
	}
}

// TestFieldsOfGeneratedCities holds the closed form to what the generator
// makes where nothing bends it: many cities, no classes.
func TestFieldsOfGeneratedCities(t *testing.T) {
	m := &Model{Spec: SquareSpec()}
	m.Spec.Classes.MeanWeight = 0
	m.Spec.Mean.Family, m.Spec.Mean.Shape = "lognormal", 2 // its log is the normal field itself
	m.Spec.Mean.Nugget, m.Spec.Mean.RangeM = 0.3, 6000
	c := Grid(16, 16, 7, 1000)
	bins, _, err := m.drawFields(c, c.pairsUpTo(fitReach, allPairs), rng.Root(2))
	if err != nil {
		t.Fatal(err)
	}
	table, err := c.rangeTable()
	if err != nil {
		t.Fatal(err)
	}
	mean := 0.7 * table.at(6)
	for _, b := range bins {
		close(t, "correlation", b.Value, (0.7*math.Exp(-b.Distance/6)-mean)/(1-mean), 0.08)
	}
}

func TestClassesAreFound(t *testing.T) {
	start, err := measuredShapes()
	if err != nil {
		t.Fatal(err)
	}
	// Three of the five classes, and one odd place.
	var shapes []Shape
	var want []int
	key := rng.Root(3)
	for i := range 300 {
		k := []int{0, 2, 3}[i%3]
		s := start[k]
		for h := range s {
			s[h] *= math.Exp(0.2 * key.At(uint64(i)).Norm(uint64(h)))
		}
		s.normalise()
		shapes, want = append(shapes, s), append(want, k)
	}
	odd := start[4]
	shapes = append(shapes, odd)
	classes, class := commonClasses(shapes, start)
	if !slices.Equal(class[:300], want) {
		t.Error("places were put into other classes than they were made from")
	}
	if !math.IsNaN(classes[4][0]) || class[300] == 4 {
		t.Error("one odd place makes a class")
	}
	for _, k := range []int{0, 2, 3} {
		for h := range classes[k] {
			close(t, "shape", classes[k][h]/start[k][h], 1, 0.1)
		}
	}
	if e := explained(shapes, classes, class); e < 0.5 || e > 1 {
		t.Errorf("the classes explain %g of the variance", e)
	}
	spread := spreads(shapes[:300], classes, class[:300])
	// The mean of seven days of independent deviations.
	close(t, "spread", spread[0][12], 0.2/math.Sqrt(7), 0.02)
}

func TestDistanceTo(t *testing.T) {
	d := distuv.Uniform{Min: 0, Max: 1}
	close(t, "even", distanceTo([]float64{0.125, 0.875, 0.375, 0.625}, d), 0.125, 1e-12)
	close(t, "one sided", distanceTo([]float64{0.9, 1}, d), 0.9, 1e-12)
	close(t, "two samples", KS([]float64{1, 1, 2}, []float64{4, 2, 2}), 0, 1e-12)
}
