package report

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"hibernet/results/record"
)

// training draws return, entropy, KL divergence and explained variance by
// iteration, one line a training.
func (in *input) trainingCurve() (*drawing, string, error) {
	panels := [2][2]struct{ figure, label string }{
		{{record.FigureReturn, "return (reward)"}, {record.FigureEntropy, "entropy (nat)"}},
		{{record.FigureKL, "KL divergence (nat)"}, {record.FigureExplainedVariance, "explained variance (1)"}},
	}
	var runs []string
	for _, c := range in.training {
		if !slices.Contains(runs, c.label) && c.figure == record.FigureReturn {
			runs = append(runs, c.label)
		}
	}
	if len(runs) == 0 {
		return nil, in.without(record.TableEpisodes), nil
	}
	d := &drawing{name: "training", title: in.trainingTitle(runs[0]), subtitle: in.scenarios(), width: 8 * 72, height: 4.5 * 72}
	for _, r := range runs {
		sty := seriesLine(in.colorIndex(r))
		d.legend = append(d.legend, entry{label: r, color: sty.Color, line: true, dash: sty.Dashes})
	}
	grid := make([][]*plot.Plot, len(panels))
	for i, row := range panels {
		for _, panel := range row {
			x := ""
			if i == len(panels)-1 {
				x = "training iteration"
			}
			p := newPlot(x, panel.label)
			addGrid(p, false, true)
			if err := in.curves(p, runs, panel.figure); err != nil {
				return nil, "", err
			}
			grid[i] = append(grid[i], p)
		}
	}
	d.body = func(c draw.Canvas) error {
		drawPanels(c, grid)
		return nil
	}
	return d, "", nil
}

// curves adds the lines of one figure of all runs to p.
func (in *input) curves(p *plot.Plot, runs []string, figure string) error {
	low, high, last := math.Inf(1), math.Inf(-1), 0.0
	for _, c := range in.training {
		if c.figure != figure || !slices.Contains(runs, c.label) {
			continue
		}
		if err := addLine(p, c.iteration, c.value, seriesLine(in.colorIndex(c.label))); err != nil {
			return err
		}
		for j, v := range c.value {
			if finite(v) {
				low, high = math.Min(low, v), math.Max(high, v)
			}
			last = math.Max(last, c.iteration[j])
		}
	}
	if low > high { // no curve has the figure: an empty panel that says so
		low, high = 0, 1
		p.Title.Text = "not recorded"
	}
	p.X.Min, p.X.Max = 0, math.Max(last, 1)
	p.Y.Min, p.Y.Max = widened([]float64{low, high}, 0.06)
	return nil
}

// trainingTitle states how the return moved: mean of the first and of the last
// tenth of the iterations.
func (in *input) trainingTitle(run string) string {
	for _, c := range in.training {
		if c.label != run || c.figure != record.FigureReturn {
			continue
		}
		values := slices.DeleteFunc(slices.Clone(c.value), func(v float64) bool { return !finite(v) })
		if len(values) == 0 {
			break
		}
		n := max(len(values)/10, 1)
		from, to := mean(values[:n]), mean(values[len(values)-n:])
		word := "rises"
		if to < from {
			word = "falls"
		}
		return fmt.Sprintf("The return %s from %s to %s in %s", word, short(from), short(to), counted(len(c.value), "iteration"))
	}
	return "The training recorded no finite return"
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}
