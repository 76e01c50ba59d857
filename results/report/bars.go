package report

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Panel is a figure of each row of Bars.
type Panel struct {
	Label string    // of the axis, with its unit
	Value []float64 // [rows]; what is not finite is drawn as n/a
	Half  []float64 // [rows] half widths of intervals; what is not finite is drawn without one
}

func (p *Panel) add(value, half float64) {
	p.Value, p.Half = append(p.Value, value), append(p.Half, half)
}

// Widths in the drawings of Bars, in points: of a panel, and of a letter of the
// rows' names at the size of ticks.
const (
	rowPanelWidth = 180
	letterWidth   = 5.5
)

// Bars draws rows of horizontal bars, the first on top, with a panel for each
// figure, as SVG and as PNG. It is an error if a panel has not a value and an
// interval for each row.
func Bars(title, subtitle string, rows []string, panels []Panel) (svg, png []byte, err error) {
	for _, p := range panels {
		if len(p.Value) != len(rows) || len(p.Half) != len(rows) {
			return nil, nil, fmt.Errorf("panel %q: %d values and %d intervals for %d rows", p.Label, len(p.Value), len(p.Half), len(rows))
		}
	}
	d := lyingBars(rows, slices.Repeat([]color.Color{seriesColor(0)}, len(rows)), panels)
	d.title, d.subtitle = title, subtitle
	longest := 0
	for _, r := range rows {
		longest = max(longest, len([]rune(r)))
	}
	d.width = rowPanelWidth*vg.Length(len(panels)) + letterWidth*vg.Length(longest)
	if svg, err = d.svg(); err != nil {
		return nil, nil, err
	}
	png, err = d.png()
	return svg, png, err
}

// lyingBars builds the drawing of bars with a colour for each row.
func lyingBars(rows []string, colors []color.Color, panels []Panel) *drawing {
	plots := make([]*plot.Plot, len(panels))
	for j, panel := range panels {
		names := rows
		if j > 0 {
			names = make([]string, len(rows))
		}
		plots[j] = newPlot(panel.Label, "")
		panel.draw(plots[j], names, colors)
	}
	return &drawing{
		width: 9 * 72, height: 50 + 28*vg.Length(len(rows)),
		body: func(c draw.Canvas) error {
			drawPanels(c, [][]*plot.Plot{plots})
			return nil
		},
	}
}

// draw draws one bar a row, the first on top.
func (n Panel) draw(p *plot.Plot, names []string, colors []color.Color) {
	addGrid(p, true, false)
	var (
		b    boxes
		w    whiskers
		ends []float64

		missing barLabels
	)
	for i, x := range n.Value {
		y := float64(len(n.Value) - 1 - i)
		if !finite(x) {
			missing = append(missing, barLabel{y: y, text: "n/a"})
			continue
		}
		half := math.Abs(orZero(n.Half[i]))
		b = append(b, box{min(0, x), max(0, x), y - 0.32, y + 0.32, colors[i]})
		if half > 0 {
			w.XYs = append(w.XYs, plotter.XY{X: x, Y: y})
			w.x, w.y = append(w.x, half), append(w.y, 0)
		}
		ends = append(ends, x-half, x+half)
	}
	p.Add(b, missing)
	if len(w.XYs) > 0 {
		addWhiskers(p, w, true, false)
	}
	labels := slices.Clone(names)
	slices.Reverse(labels)
	nominal(&p.Y, labels)
	p.X.Min, p.X.Max = 0, upTo(ends...)
	if len(ends) > 0 {
		p.X.Min = 1.08 * min(0, slices.Min(ends))
	}
	if p.X.Min < 0 {
		p.X.Max = max(p.X.Max, -0.1*p.X.Min)
	}
}
