package report

import (
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// box is a filled rectangle in data coordinates.
type box struct {
	x0, x1, y0, y1 float64
	color          color.Color
}

// boxes draws bars, stacks, grids and colour bars. It implements plot.Plotter.
type boxes []box

// Plot draws the boxes, clipped to the panel.
func (b boxes) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, r := range b {
		corners := []vg.Point{{X: x(r.x0), Y: y(r.y0)}, {X: x(r.x1), Y: y(r.y0)}, {X: x(r.x1), Y: y(r.y1)}, {X: x(r.x0), Y: y(r.y1)}}
		c.FillPolygon(r.color, c.ClipPolygonXY(corners))
	}
}

// rules draws thin lines across the panel at data values. It implements
// plot.Plotter.
type rules struct {
	at       []float64
	vertical bool
	style    draw.LineStyle
}

// Plot draws the lines that fall into the panel.
func (r rules) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, v := range r.at {
		if r.vertical {
			if px := x(v); c.ContainsX(px) {
				c.StrokeLine2(r.style, px, c.Min.Y, px, c.Max.Y)
			}
		} else if py := y(v); c.ContainsY(py) {
			c.StrokeLine2(r.style, c.Min.X, py, c.Max.X, py)
		}
	}
}

func gridStyle() draw.LineStyle { return draw.LineStyle{Color: gridGrey, Width: thinWidth} }

// addGrid adds the light lines at the major ticks of the axes asked for.
func addGrid(p *plot.Plot, x, y bool) {
	g := plotter.NewGrid()
	g.Horizontal, g.Vertical = gridStyle(), gridStyle()
	if !x {
		g.Vertical.Color = nil
	}
	if !y {
		g.Horizontal.Color = nil
	}
	p.Add(g)
}

// addLine adds a polyline; stretches of NaN are left out.
func addLine(p *plot.Plot, x, y []float64, sty draw.LineStyle) error {
	var run plotter.XYs
	flush := func() error {
		if len(run) == 1 { // a line of one point would not show
			p.Add(points{{x: run[0].X, y: run[0].Y, color: sty.Color}})
		} else if len(run) > 1 {
			line, err := plotter.NewLine(run)
			if err != nil {
				return err
			}
			line.LineStyle = sty
			p.Add(line)
		}
		run = nil
		return nil
	}
	for i := range x {
		if finite(y[i]) {
			run = append(run, plotter.XY{X: x[i], Y: y[i]})
		} else if err := flush(); err != nil {
			return err
		}
	}
	return flush()
}

// named is a labelled point with the half widths of its intervals.
type named struct {
	x, y, dx, dy float64
	label        string
	color        color.Color
}

// points draws labelled points with their error bars; each label takes the
// first place around its point where it covers neither another label nor a
// point nor a bar. It implements plot.Plotter.
type points []named

// Plot draws the points and then their labels.
func (n points) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	var taken []vg.Rectangle
	for _, q := range n {
		at := vg.Point{X: x(q.x), Y: y(q.y)}
		c.DrawGlyph(draw.GlyphStyle{Color: q.color, Radius: glyphSize, Shape: draw.CircleGlyph{}}, at)
		taken = append(taken, around(at, glyphSize, glyphSize),
			around(at, x(q.x+q.dx)-at.X, 1), around(at, 1, y(q.y+q.dy)-at.Y))
	}
	sty := textStyle(smallSize, ink)
	sty.XAlign, sty.YAlign = text.XCenter, text.YCenter
	for _, q := range n {
		at := vg.Point{X: x(q.x), Y: y(q.y)}
		w, h := sty.Width(q.label)/2, sty.Font.Size/2
		place, far := freePlace(c.Rectangle, at, w, h, taken)
		if far {
			end := vg.Point{X: min(max(at.X, place.X-w), place.X+w), Y: place.Y}
			c.StrokeLine2(draw.LineStyle{Color: axisGrey, Width: thinWidth}, at.X, at.Y, end.X, end.Y)
		}
		taken = append(taken, around(place, w, h))
		c.FillText(sty, place, q.label)
	}
}

// freePlace returns the centre of a label of half size (w, h) near at: beside
// it, or some rows above or below, where far says that the label needs a line
// to its point. Where all places are taken it is the first one.
func freePlace(within vg.Rectangle, at vg.Point, w, h vg.Length, taken []vg.Rectangle) (place vg.Point, far bool) {
	const gap = glyphSize + 3
	for _, row := range []vg.Length{0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5} {
		for _, side := range []vg.Length{1, -1, 0} {
			place := vg.Point{X: at.X + side*(gap+w), Y: at.Y + row*(2*h+3)}
			r := around(place, w+2, h+1)
			ok := r.Min.X >= within.Min.X && r.Max.X <= within.Max.X && r.Min.Y >= within.Min.Y && r.Max.Y <= within.Max.Y
			for _, other := range taken {
				ok = ok && !overlap(r, other)
			}
			if ok {
				return place, row*row > 1
			}
		}
	}
	return vg.Point{X: at.X + gap + w, Y: at.Y}, false
}

func around(p vg.Point, w, h vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: p.X - w, Y: p.Y - h}, Max: vg.Point{X: p.X + w, Y: p.Y + h}}
}

func overlap(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// short formats v with about three significant digits and without zeros at the
// end, for titles and labels.
func short(v float64) string {
	switch {
	case !finite(v):
		return "n/a"
	case v != 0 && math.Abs(v) < 0.1:
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	text := strconv.FormatFloat(v, 'f', digits(v/100), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// counted spells a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// digits returns the decimals that show v with one significant digit, 0 to 6.
func digits(v float64) int {
	if v = math.Abs(v); v == 0 || !finite(v) {
		return 0
	}
	return min(max(int(-math.Floor(math.Log10(v))), 0), 6)
}

// plusMinus formats a value with its interval, both to the interval's second
// digit, or the value alone.
func plusMinus(v, ci float64) string {
	if !finite(v) || !finite(ci) {
		return short(v)
	}
	d := digits(ci / 10)
	return strconv.FormatFloat(v, 'f', d, 64) + " ± " + strconv.FormatFloat(ci, 'f', d, 64)
}

// evenTicks puts about five ticks at multiples of 1, 2 or 5 times a power of
// ten, all with the same number of decimals. It implements plot.Ticker.
type evenTicks struct{}

// Ticks returns the ticks from low to high.
func (evenTicks) Ticks(low, high float64) []plot.Tick {
	if !finite(low) || !finite(high) || low >= high {
		return []plot.Tick{{Value: low, Label: short(low)}}
	}
	step := evenStep((high - low) / 5)
	var ticks []plot.Tick
	for k := math.Ceil(low/step - 1e-9); k*step <= high+1e-9*step; k++ {
		if k == 0 {
			k = 0 // not the negative zero that Ceil returns
		}
		text := strconv.FormatFloat(k*step, 'g', 3, 64)
		if step >= 1e-4 && math.Abs(high) < 1e6 {
			text = strconv.FormatFloat(k*step, 'f', digits(step), 64)
		}
		ticks = append(ticks, plot.Tick{Value: k * step, Label: text})
	}
	return ticks
}

// evenStep returns the step of 1, 2 or 5 times a power of ten that is nearest
// above 0.7 times s.
func evenStep(s float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(s)))
	for _, m := range []float64{1, 2, 5} {
		if s <= 1.4*m*power {
			return m * power
		}
	}
	return 10 * power
}

// scaled returns the factor and unit in which values up to largest are best
// read: steps of 1000 from unit, spelt as given.
func scaled(largest float64, units ...string) (factor float64, unit string) {
	factor = 1
	for i, u := range units {
		if math.Abs(largest)*factor < 1000 || i == len(units)-1 {
			return factor, u
		}
		factor /= 1000
	}
	return factor, ""
}

// upTo returns an axis end a little above the largest value, 1 if there is none.
func upTo(values ...float64) float64 {
	top := 0.0
	for _, v := range values {
		if finite(v) {
			top = math.Max(top, v)
		}
	}
	if top == 0 {
		return 1
	}
	return 1.08 * top
}
