package evaluate

import (
	"math"
	"strings"
	"testing"
)

// Savings of 0.1, 0.2 and 0.3: mean 0.2, standard deviation 0.1, half width
// 4.303 * 0.1 / sqrt(3) (Student's t for two degrees of freedom).
func TestOverTrainingsByHand(t *testing.T) {
	nan := Number(math.NaN())
	c := Comparison{Verdicts: []Verdict{
		{Policy: "always_on", GapClosed: nan},
		{Policy: "x/seed-1", Saving: 0.1, GapClosed: nan, Guards: []GuardVerdict{{}, {Broken: true}}},
		{Policy: "x/seed-2", Saving: 0.2, GapClosed: nan},
		{Policy: "x/seed-3", Saving: 0.3, GapClosed: nan, Guards: []GuardVerdict{{}}},
	}}
	c.Over("x", []string{"x/seed-1", "x/seed-2", "x/seed-3"})
	c.Over("y", []string{"x/seed-3"})
	x, y := c.Trainings[0], c.Trainings[1]
	if math.Abs(float64(x.Saving)-0.2) > 1e-12 || math.Abs(float64(x.SavingCI)-0.24841) > 1e-4 || x.Broken != 1 || !math.IsNaN(float64(x.GapClosed)) {
		t.Errorf("three trainings: %+v", x)
	}
	if y.Saving != 0.3 || !math.IsNaN(float64(y.SavingCI)) {
		t.Errorf("one training: %+v", y)
	}
	var b strings.Builder
	if err := c.WriteTrainings(&b); err != nil {
		t.Fatal(err)
	}
	want := `
mean over  trainings  saving           gap closed  broke a guard
x          3          20.00 ± 24.84 %  -           1
y          1          30.00 %          -           0
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
