package evaluate

import (
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
)

// Trainings is what the policies of several trainings of the same kind come
// to: their means, and 95 % intervals over trainings, of which each policy is
// one draw whatever the number of seeds that it was judged on.
type Trainings struct {
	Name        string   `json:"name"`
	Policies    []string `json:"policies"`
	Saving      Number   `json:"saving"`     // mean of Verdict.Saving
	SavingCI    Number   `json:"saving_ci"`  // half width, null for one training
	GapClosed   Number   `json:"gap_closed"` // mean of Verdict.GapClosed
	GapClosedCI Number   `json:"gap_closed_ci"`
	Broken      int      `json:"guards_broken"` // how many policies broke a guard on a seed
}

// Over adds the policies of a group of trainings to the comparison. It panics
// when one of them was not compared.
func (c *Comparison) Over(name string, policies []string) {
	t := Trainings{Name: name, Policies: policies}
	var saving, gap []float64
	for _, p := range policies {
		i := slices.IndexFunc(c.Verdicts, func(v Verdict) bool { return v.Policy == p })
		if i < 0 {
			panic("evaluate: Over of a policy that was not compared")
		}
		v := c.Verdicts[i]
		saving, gap = append(saving, float64(v.Saving)), append(gap, float64(v.GapClosed))
		if slices.ContainsFunc(v.Guards, func(g GuardVerdict) bool { return g.Broken }) {
			t.Broken++
		}
	}
	number := func(x []float64) (Number, Number) {
		mean, half := MeanInterval(x)
		return Number(mean), Number(half)
	}
	t.Saving, t.SavingCI = number(saving)
	t.GapClosed, t.GapClosedCI = number(gap)
	c.Trainings = append(c.Trainings, t)
}

// WriteTrainings writes the table of Trainings, nothing without one.
func (c *Comparison) WriteTrainings(out io.Writer) error {
	if len(c.Trainings) == 0 {
		return nil
	}
	percent := func(mean, half Number) string {
		switch {
		case math.IsNaN(float64(mean)):
			return "-"
		case math.IsNaN(float64(half)):
			return fmt.Sprintf("%.2f %%", 100*mean)
		}
		return fmt.Sprintf("%.2f ± %.2f %%", 100*mean, 100*half)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nmean over\ttrainings\tsaving\tgap closed\tbroke a guard")
	for _, t := range c.Trainings {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%d\n", t.Name, len(t.Policies), percent(t.Saving, t.SavingCI), percent(t.GapClosed, t.GapClosedCI), t.Broken)
	}
	return w.Flush()
}
