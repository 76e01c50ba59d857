package report

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hibernet/sim/validation"
)

// SVG draws a figure of plain numbers in the common style. The same figure
// gives the same bytes. Values that are not finite, and those at or below 0 on
// a logarithmic axis, leave gaps; series of unequal lengths are an error.
func SVG(f validation.Figure) ([]byte, error) {
	d, err := plotted(f)
	if err != nil {
		return nil, err
	}
	return d.svg()
}

// PNG draws what SVG draws, as PNG.
func PNG(f validation.Figure) ([]byte, error) {
	d, err := plotted(f)
	if err != nil {
		return nil, err
	}
	return d.png()
}

// Size of the panel of a figure.
const (
	panelWidth  = 7 * 72
	panelHeight = 3.3 * 72
)

// bandAlpha is the opacity of bands: two that overlap still tell lines apart.
const bandAlpha = 0x30

// cloudAbove is the number of points above which they are drawn smaller.
const cloudAbove = 400

// plotted builds the drawing of a figure: bands first, then clouds of many
// points, lines, and few points, so that nothing is hidden behind an area; the
// legend stands above the panel.
func plotted(f validation.Figure) (*drawing, error) {
	for _, s := range f.Series {
		if err := checkSeries(s); err != nil {
			return nil, fmt.Errorf("figure %s: series %q: %w", f.Name, s.Name, err)
		}
	}
	p := newPlot(f.XLabel, f.YLabel)
	setRanges(p, f)
	addGrid(p, true, true)
	d := &drawing{name: f.Name, title: f.Title, width: panelWidth, height: panelHeight}
	looks := looksOf(f.Series)
	for i, s := range f.Series {
		if s.Lo != nil && !s.Points {
			p.Add(band{s, shade(looks[i].index)})
		}
	}
	for layer := range 3 {
		for i, s := range f.Series {
			if layerOf(s) == layer {
				p.Add(trail{s, seriesLine(looks[i].index)})
			}
		}
	}
	d.legend = legendOf(f.Series, looks)
	d.body = func(c draw.Canvas) error {
		drawPanels(c, [][]*plot.Plot{{p}})
		return nil
	}
	return d, nil
}

// look is how a series is drawn.
type look struct {
	index int    // of colour and dashes
	pair  bool   // a line that points belong to
	role  string // of points that belong to a line: "simulated" of "20 ms, simulated"
}

// looksOf gives each series a colour of its own, except that points named
// "LINE, ROLE" take that of the line LINE before them.
func looksOf(series []validation.Series) []look {
	looks := make([]look, len(series))
	next := 0
	for i, s := range series {
		line := slices.IndexFunc(series[:i], func(o validation.Series) bool {
			return s.Points && !o.Points && o.Name != "" && strings.HasPrefix(s.Name, o.Name+", ")
		})
		if line < 0 {
			looks[i].index = next
			next++
			continue
		}
		looks[line].pair = true
		looks[i] = look{index: looks[line].index, role: strings.TrimPrefix(s.Name, series[line].Name+", ")}
	}
	return looks
}

// legendOf returns an entry for each named series, one for each pair of a line
// and its points, and one for each role of such points.
func legendOf(series []validation.Series, looks []look) []entry {
	var legend, roles []entry
	for i, s := range series {
		k := looks[i]
		switch {
		case s.Name == "":
		case k.role == "":
			e := entry{label: s.Name, color: seriesColor(k.index), line: !s.Points, dash: seriesLine(k.index).Dashes, dot: s.Points || k.pair}
			if s.Lo != nil && !s.Points {
				e.band = shade(k.index)
			}
			legend = append(legend, e)
		case !slices.ContainsFunc(roles, func(e entry) bool { return e.label == k.role }):
			roles = append(roles, entry{label: k.role, color: softInk, dot: true})
		}
	}
	return append(legend, roles...)
}

// layerOf returns which of the series are drawn first.
func layerOf(s validation.Series) int {
	switch {
	case s.Points && len(s.X) > cloudAbove:
		return 0
	case !s.Points:
		return 1
	}
	return 2
}

func checkSeries(s validation.Series) error {
	for _, v := range []struct {
		name   string
		values []float64
	}{{"Y", s.Y}, {"Lo", s.Lo}, {"Hi", s.Hi}} {
		if len(v.values) != len(s.X) && (v.name == "Y" || v.values != nil) {
			return fmt.Errorf("%s has %d values, X has %d", v.name, len(v.values), len(s.X))
		}
	}
	if (s.Lo == nil) != (s.Hi == nil) {
		return fmt.Errorf("has one of Lo and Hi")
	}
	return nil
}

// shade is the colour of the i-th series' band.
func shade(i int) color.Color {
	r, g, b, _ := seriesColor(i).RGBA()
	return color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), bandAlpha}
}

// band is the area between Lo and Hi of a series. It implements plot.Plotter.
type band struct {
	validation.Series
	color color.Color
}

// Plot draws each stretch without gaps as one polygon, clipped to the panel.
func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	var low, high []vg.Point
	flush := func() {
		if len(low) > 1 {
			slices.Reverse(high)
			c.FillPolygon(b.color, c.ClipPolygonXY(append(low, high...)))
		}
		low, high = nil, nil
	}
	for i, v := range b.X {
		// A lower end that a logarithmic axis cannot show is below the panel.
		lo, hi := max(b.Lo[i], p.Y.Min), b.Hi[i]
		if !shown(p.X, v) || !shown(p.Y, lo) || !shown(p.Y, hi) {
			flush()
			continue
		}
		low = append(low, vg.Point{X: x(v), Y: y(lo)})
		high = append(high, vg.Point{X: x(v), Y: y(hi)})
	}
	flush()
}

// trail draws a series as a line, or as points with bars from Lo to Hi. It
// implements plot.Plotter.
type trail struct {
	validation.Series
	style draw.LineStyle
}

// Plot draws the series.
func (k trail) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	var runs [][]vg.Point // stretches without gaps
	gap := true
	for i, v := range k.X {
		if !shown(p.X, v) || !shown(p.Y, k.Y[i]) {
			gap = true
			continue
		}
		if gap {
			runs, gap = append(runs, nil), false
		}
		last := len(runs) - 1
		runs[last] = append(runs[last], vg.Point{X: x(v), Y: y(k.Y[i])})
	}
	if !k.Points {
		c.StrokeLines(k.style, c.ClipLinesXY(runs...)...)
		// A stretch of one point would not show as a line.
		runs = slices.DeleteFunc(runs, func(run []vg.Point) bool { return len(run) > 1 })
	} else if k.Lo != nil {
		k.bars(c, p)
	}
	k.dots(c, runs)
}

// dots draws points as one path: a cloud of thousands stays a small file.
func (k trail) dots(c draw.Canvas, runs [][]vg.Point) {
	radius := dotSize
	if len(k.X) > cloudAbove {
		radius /= 2
	}
	var path vg.Path
	for _, run := range runs {
		for _, at := range run {
			if c.Contains(at) {
				path.Move(vg.Point{X: at.X + radius, Y: at.Y})
				path.Arc(at, radius, 0, 2*math.Pi)
				path.Close()
			}
		}
	}
	if len(path) > 0 {
		c.SetColor(k.style.Color)
		c.Fill(path)
	}
}

// bars draws the interval of each point.
func (k trail) bars(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	sty := draw.LineStyle{Color: k.style.Color, Width: 0.9}
	for i, v := range k.X {
		lo, hi := max(k.Lo[i], p.Y.Min), min(k.Hi[i], p.Y.Max)
		if !shown(p.X, v) || !shown(p.Y, lo) || !shown(p.Y, hi) {
			continue
		}
		at, cap := x(v), dotSize
		c.StrokeLine2(sty, at, y(lo), at, y(hi))
		c.StrokeLine2(sty, at-cap, y(lo), at+cap, y(lo))
		c.StrokeLine2(sty, at-cap, y(hi), at+cap, y(hi))
	}
}
